"""Learned alignment of sound to words: a rival of MCSAN in Table 1, of which there are two forms.

H. Xu, H. Zhang, K. Han, Y. Wang, Y. Peng, X. Li, "Learning Alignment for Multimodal Emotion
Recognition from Speech", Interspeech 2019 (arXiv 1909.05645).

In: a batch with audio and text. Out: class logits, and the map by which each word finds its sound.

The paper's model, `XuAlign`:
    sᵢ, hⱼ = BiLSTM states of the frames and of the words
    e_ji = tanh(u · sᵢ + v · hⱼ + b);  α_ji = softmaxᵢ e_ji;  s̃ⱼ = Σᵢ α_ji sᵢ
    logits from the maximum over words of BiLSTM([s̃ⱼ; hⱼ])
Verified (abstract): attention aligns frames and words, and the aligned features go into a
sequential model. Read in a third party's reproduction: GloVe, 34 low-level descriptors, hidden 100
per direction, Adam 1e-3 with beta 1 of .5 (here .9), batch 128, dropout .3. Remembered [M]: the
equations and the LSTMs. Chosen: MFCC for the descriptors, dropout at each BiLSTM's input and before
the classifier.

The model of the authors' code, `XuAlignDelta` (Delta-ML/delta, 31dfebc, multimodal_cls_model.py):
    speech -> dense 512, ReLU -> BiGRU 100;  words -> BiGRU 100
    8-head scaled dot-product attention, words ask frames;  BiGRU 100 over [attended; words]
    logits from Σ βⱼ gⱼ with βⱼ = softmaxⱼ(w · tanh(W gⱼ + b))
Verified in it: those sizes, dropout .5 after every stage and twice before the classifier, no
residual, and a LayerNorm that is built and not used. Chosen: MFCC instead of a 257-bin spectrogram,
masks over padded speech where the code has none, in its GRUs too (there only the attention over
words is masked), frozen word vectors, all words and up to 10 s of speech (the code: 100 words and
7 s). Its published 72.5 % (four classes) is monitored on session 5, which is its test set too.

In e_ji the word's own term counts only as far as the tanh bends: without tanh the softmax over
frames would cancel it, and every word would look at the same frames. And since e_ji stays within
±1, no frame weighs more than e² = 7.4 times another: this alignment is soft by construction.
`stride`, for speed, is chosen in both.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from mcsan_lite.features.batch import Batch, Dims, ModelOutput
from mcsan_lite.models.layers import MultiHead, at_least_one, masked_max, masked_softmax
from mcsan_lite.models.recurrent import Recurrent, pool_frames


@dataclass(frozen=True)
class XuAlignConfig:
    """What can be chosen in the paper's model. Each comment says where the default is from."""

    hidden: int = 100  # read in a third party's reproduction; per direction
    dropout: float = 0.3  # read in a third party's reproduction
    stride: int = 1  # MFCC frames averaged into one step: 1 as in the source, more for speed

    def __post_init__(self) -> None:
        at_least_one(hidden=self.hidden, stride=self.stride)


class XuAlign(nn.Module):
    """The paper's model.

    Map: "align.0.text_from_audio" (B, 1, L, T / stride), the weights of each word over the sound.

    Attributes:
        frames_per_step: MFCC frames in one step of the sound on the map.
    """

    Config = XuAlignConfig
    frames_per_step: int

    def __init__(self, dims: Dims, config: XuAlignConfig) -> None:
        super().__init__()
        self.config = config
        self.frames_per_step = config.stride
        width = 2 * config.hidden
        bilstm = {"cell": "lstm", "both": True, "dropout": config.dropout}
        self.audio = Recurrent(dims.audio, config.hidden, **bilstm)
        self.text = Recurrent(dims.text, config.hidden, **bilstm)
        self.from_audio = nn.Linear(width, 1)  # u and b
        self.from_text = nn.Linear(width, 1, bias=False)  # v
        self.aligned = Recurrent(2 * width, config.hidden, **bilstm)
        self.classifier = nn.Sequential(nn.Dropout(config.dropout), nn.Linear(width, dims.classes))

    def align(self, audio_states: Tensor, text_states: Tensor, frame_mask: Tensor) -> Tensor:
        """The weights of each word over the sound.

        Args:
            audio_states: s (B, T, D).
            text_states: h (B, L, D).
            frame_mask: (B, T), True where a frame is real.

        Returns:
            α (B, L, T).
        """
        from_audio = self.from_audio(audio_states).transpose(1, 2)  # (B, 1, T)
        from_text = self.from_text(text_states)  # (B, L, 1)
        scores = torch.tanh(from_audio + from_text)  # (B, L, T)
        return masked_softmax(scores, frame_mask[:, None])

    def forward(self, batch: Batch, *, need_attention: bool = False) -> ModelOutput:
        """Classify a batch of B utterances.

        Args:
            batch: audio (B, T, F) and text (B, L, E), with their masks.
            need_attention: whether the map is returned too.

        Returns:
            Logits (B, C) and the map, if it was asked for.
        """
        frames, frame_mask = pool_frames(batch.audio, batch.audio_mask, self.config.stride)
        audio_states, _ = self.audio(frames, frame_mask)
        text_states, _ = self.text(batch.text, batch.text_mask)
        weights = self.align(audio_states, text_states, frame_mask)
        pairs = torch.cat((weights @ audio_states, text_states), -1)  # (B, L, 2 D)
        states, _ = self.aligned(pairs, batch.text_mask)  # (B, L, D)
        logits = self.classifier(masked_max(states, batch.text_mask))
        maps = {"align.0.text_from_audio": weights[:, None].detach()}
        return ModelOutput(logits, maps if need_attention else {})


@dataclass(frozen=True)
class XuAlignDeltaConfig:
    """What can be chosen in the code's model. Each comment says where the default is from."""

    hidden: int = 100  # verified: code; per direction
    dense: int = 512  # verified: code, the speech layer before the GRU
    heads: int = 8  # verified: code
    dropout: float = 0.5  # verified: code
    stride: int = 1  # MFCC frames averaged into one step: 1 as in the source, more for speed

    def __post_init__(self) -> None:
        at_least_one(hidden=self.hidden, dense=self.dense, heads=self.heads, stride=self.stride)


class XuAlignDelta(nn.Module):
    """The model of the released code.

    Map: "align.0.text_from_audio" (B, H, L, T / stride), the weights of each word over the sound.

    Attributes:
        frames_per_step: MFCC frames in one step of the sound on the map.
    """

    Config = XuAlignDeltaConfig
    frames_per_step: int

    def __init__(self, dims: Dims, config: XuAlignDeltaConfig) -> None:
        super().__init__()
        self.config = config
        self.frames_per_step = config.stride
        width = 2 * config.hidden
        self.drop = nn.Dropout(config.dropout)
        self.dense = nn.Sequential(nn.Linear(dims.audio, config.dense), nn.ReLU())
        bigru = {"both": True, "start": "keras"}
        self.audio = Recurrent(config.dense, config.hidden, dropout=config.dropout, **bigru)
        self.text = Recurrent(dims.text, config.hidden, dropout=config.dropout, **bigru)
        self.align = MultiHead(width, config.heads)
        self.aligned = Recurrent(2 * width, config.hidden, **bigru)
        self.pool = nn.Sequential(
            nn.Linear(width, width), nn.Tanh(), nn.Linear(width, 1, bias=False)
        )
        self.classifier = nn.Sequential(
            nn.Dropout(config.dropout),
            nn.Dropout(config.dropout),
            nn.Linear(width, dims.classes),
        )

    def forward(self, batch: Batch, *, need_attention: bool = False) -> ModelOutput:
        """Classify a batch of B utterances.

        Args:
            batch: audio (B, T, F) and text (B, L, E), with their masks.
            need_attention: whether the map is returned too.

        Returns:
            Logits (B, C) and the map, if it was asked for.
        """
        frames, frame_mask = pool_frames(batch.audio, batch.audio_mask, self.config.stride)
        audio_states = self.drop(self.audio(self.dense(frames), frame_mask)[0])  # (B, T, D)
        text_states = self.drop(self.text(batch.text, batch.text_mask)[0])  # (B, L, D)
        attended, weights = self.align(text_states, audio_states, frame_mask)
        pairs = torch.cat((self.drop(attended), text_states), -1)  # (B, L, 2 D)
        states, _ = self.aligned(pairs, batch.text_mask)  # (B, L, D)
        share = masked_softmax(self.pool(states)[..., 0], batch.text_mask)  # β (B, L)
        summary = (share[:, None] @ states)[:, 0]  # (B, 1, L) @ (B, L, D) -> (B, D)
        maps = {"align.0.text_from_audio": weights.detach()}
        return ModelOutput(self.classifier(summary), maps if need_attention else {})
