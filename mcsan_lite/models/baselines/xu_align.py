"""Learned alignment of sound to words: H. Xu, H. Zhang, K. Han, Y. Wang, Y. Peng, X. Li, "Learning Alignment for
Multimodal Emotion Recognition from Speech", Interspeech 2019 (arXiv 1909.05645). There are two of it.

The paper's, `XuAlign`:
    sᵢ, hⱼ = BiLSTM states of the frames and of the words
    e_ji = tanh(u · sᵢ + v · hⱼ + b);  α_ji = softmaxᵢ e_ji;  s̃ⱼ = Σᵢ α_ji sᵢ;  max over words of BiLSTM([s̃ⱼ; hⱼ]) -> logits
Verified (abstract): attention aligns frames and words, the aligned features go into a sequential model. Read in a third
party's reproduction: GloVe, 34 low-level descriptors, hidden 100 a direction, Adam 1e-3 with beta 1 of .5 (here .9), batch
128, dropout .3. Remembered [M]: the equations and the LSTMs. Chosen: MFCC for the descriptors, dropout at each BiLSTM's
input and before the classifier.

The authors' code, `XuAlignDelta` (Delta-ML/delta, 31dfebc, multimodal_cls_model.py), another model:
    speech -> dense 512, ReLU -> BiGRU 100;  words -> BiGRU 100;  8-head scaled dot-product attention, words ask frames;
    BiGRU 100 over [attended; words];  Σ βⱼ gⱼ with βⱼ = softmaxⱼ(w · tanh(W gⱼ + b)) -> logits
Verified in it: those sizes, dropout .5 behind every stage and twice before the classifier, no residual, a LayerNorm that
is built and not used. Chosen: MFCC instead of a 257-bin spectrogram, masks over padded speech where the code has none,
frozen word vectors, all words and up to 10 s of speech (the code: 100 and 7 s). Its published 72.5 % (four classes) is
monitored on session 5, which is its test set too.

In e_ji the word's own term counts only as far as the tanh bends: without tanh the softmax over frames would cancel it, and
every word would look at the same frames. And since e_ji stays within ±1, no frame weighs more than e² = 7.4 times another:
this alignment is soft by construction. `stride` > 1 in both: the mean of so many MFCC frames is one step, for speed.
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
    hidden: int = 100  # read in a third party's reproduction; a direction
    dropout: float = 0.3  # read in a third party's reproduction
    stride: int = 1  # as in the source

    def __post_init__(self) -> None:
        at_least_one(hidden=self.hidden, stride=self.stride)


class XuAlign(nn.Module):
    """The paper's model. Map "align.0.text_from_audio" (B, 1, L, T / stride): each word's weights over the sound."""

    Config = XuAlignConfig

    def __init__(self, dims: Dims, config: XuAlignConfig) -> None:
        super().__init__()
        self.config = config
        both = {"cell": "lstm", "both": True, "dropout": config.dropout}
        self.audio = Recurrent(dims.audio, config.hidden, **both)
        self.text = Recurrent(dims.text, config.hidden, **both)
        self.from_audio = nn.Linear(2 * config.hidden, 1)  # u and b
        self.from_text = nn.Linear(2 * config.hidden, 1, bias=False)  # v
        self.aligned = Recurrent(4 * config.hidden, config.hidden, **both)
        self.classifier = nn.Sequential(
            nn.Dropout(config.dropout), nn.Linear(2 * config.hidden, dims.classes)
        )

    def align(self, heard: Tensor, read: Tensor, mask: Tensor) -> Tensor:
        """heard (B, T, D), read (B, L, D), mask (B, T) -> α (B, L, T)."""
        scores = torch.tanh(
            self.from_audio(heard).transpose(1, 2) + self.from_text(read)
        )  # (B, 1, T) + (B, L, 1)
        return masked_softmax(scores, mask[:, None])

    def forward(self, batch: Batch, *, need_attention: bool = False) -> ModelOutput:
        frames, frame_mask = pool_frames(batch.audio, batch.audio_mask, self.config.stride)
        heard, _ = self.audio(frames, frame_mask)
        read, _ = self.text(batch.text, batch.text_mask)
        weights = self.align(heard, read, frame_mask)
        states, _ = self.aligned(
            torch.cat((weights @ heard, read), -1), batch.text_mask
        )  # (B, L, 2 D) -> (B, L, D)
        logits = self.classifier(masked_max(states, batch.text_mask))
        return ModelOutput(
            logits, {"align.0.text_from_audio": weights[:, None].detach()} if need_attention else {}
        )


@dataclass(frozen=True)
class XuAlignDeltaConfig:
    hidden: int = 100  # verified: code; a direction
    dense: int = 512  # verified: code, the speech layer before the GRU
    heads: int = 8  # verified: code
    dropout: float = 0.5  # verified: code
    stride: int = 1  # as in the source

    def __post_init__(self) -> None:
        at_least_one(hidden=self.hidden, dense=self.dense, heads=self.heads, stride=self.stride)


class XuAlignDelta(nn.Module):
    """The released code's model. Map "align.0.text_from_audio" (B, H, L, T / stride)."""

    Config = XuAlignDeltaConfig

    def __init__(self, dims: Dims, config: XuAlignDeltaConfig) -> None:
        super().__init__()
        self.config, width = config, 2 * config.hidden
        self.drop = nn.Dropout(config.dropout)
        self.dense = nn.Sequential(nn.Linear(dims.audio, config.dense), nn.ReLU())
        self.audio = Recurrent(config.dense, config.hidden, both=True, dropout=config.dropout)
        self.text = Recurrent(dims.text, config.hidden, both=True, dropout=config.dropout)
        self.align = MultiHead(width, config.heads)
        self.aligned = Recurrent(2 * width, config.hidden, both=True)
        self.pool = nn.Sequential(
            nn.Linear(width, width), nn.Tanh(), nn.Linear(width, 1, bias=False)
        )
        twice = [nn.Dropout(config.dropout) for _ in range(2)]
        self.classifier = nn.Sequential(*twice, nn.Linear(width, dims.classes))

    def forward(self, batch: Batch, *, need_attention: bool = False) -> ModelOutput:
        frames, frame_mask = pool_frames(batch.audio, batch.audio_mask, self.config.stride)
        heard = self.drop(self.audio(self.dense(frames), frame_mask)[0])
        read = self.drop(self.text(batch.text, batch.text_mask)[0])
        attended, weights = self.align(read, heard, frame_mask)
        states, _ = self.aligned(
            torch.cat((self.drop(attended), read), -1), batch.text_mask
        )  # (B, L, D)
        share = masked_softmax(self.pool(states)[..., 0], batch.text_mask)  # (B, L)
        logits = self.classifier((share[:, None] @ states)[:, 0])
        maps = {"align.0.text_from_audio": weights.detach()}
        return ModelOutput(logits, maps if need_attention else {})
