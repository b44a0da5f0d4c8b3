"""CAN, cross attention network: a rival of MCSAN in Table 1 that reads the sound word by word.

Y. Lee, S. Yoon, K. Jung, "Multimodal Speech Emotion Recognition using Cross Attention with Aligned
Audio and Text", Interspeech 2020 (arXiv 2207.12895).

In: a batch whose words have times. Out: class logits, and one map over the words per modality.
Sound and text are cut into the same K steps, here words: step k of the sound is what is heard while
word k is said.

    hᵗ_k = BiLSTM states of the words
    hᵃ_k = mean, over the frames of word k, of the frames' BiLSTM states
    αᵐ = softmax_k(wₘ · tanh(Wₘ hᵐ_k + bₘ)), one for the sound and one for the text
    own:     cᵐᵐ = Σ αᵐ_k hᵐ_k
    crossed: cᵐⁿ = Σ sg(αᵐ_k) hⁿ_k, what one modality finds weighty, read in the other
    logits = [cᵃᵃ; cᵃᵗ; cᵗᵗ; cᵗᵃ] W + b

Verified (abstract): equal numbers of steps over the same spans; one global attention per modality;
the weights of each modality are applied to the other as well. No public code was found: of all
systems here, this is the one that is known least.
Remembered [M], with little confidence: sg, the stop-gradient on crossed weights;
`stop_gradient=False` leaves it out.
Chosen: everything else, from the form of the attention to a hidden size of 128, which is MCSAN's.
Sound that is heard before or between words reaches a step only through the BiLSTM. Where the word
times come from is `FeatureConfig.align`, and belongs in the row: "gold" times and "proportional"
ones are two experiments.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from mcsan_lite.errors import DataError
from mcsan_lite.features.batch import Batch, Dims, ModelOutput
from mcsan_lite.models.layers import at_least_one, masked_softmax
from mcsan_lite.models.recurrent import Recurrent, pool_frames


@dataclass(frozen=True)
class CANConfig:
    """What can be chosen in CAN. Each comment says where the default is from."""

    hidden: int = 128  # chosen: as MCSAN; per direction
    dropout: float = 0.3  # chosen: at each BiLSTM's input and before the classifier
    stop_gradient: bool = True  # remembered, with little confidence
    stride: int = 1  # chosen: MFCC frames averaged into one step of the sound, more for speed

    def __post_init__(self) -> None:
        at_least_one(hidden=self.hidden, stride=self.stride)


def within_words(word_frames: Tensor, mask: Tensor, stride: int = 1) -> Tensor:
    """Share out each word among the steps of sound in which it is said.

    Args:
        word_frames: (B, L, 2) each word's first MFCC frame, and the first one after it.
        mask: (B, T) True where a step of sound is real.
        stride: MFCC frames in one step.

    Returns:
        (B, L, T): the row of each word sums to 1 over its real steps, or is zero where it has none.
    """
    first, end = word_frames[..., :1], word_frames[..., 1:]  # (B, L, 1) each
    first_step = first // stride
    end_step = (end + stride - 1) // stride
    steps = torch.arange(mask.shape[1], device=mask.device)  # (T,)
    in_span = (steps >= first_step) & (steps < end_step) & (end > first)  # (B, L, T)
    inside = in_span & mask[:, None]
    return inside / inside.sum(-1, keepdim=True).clamp(min=1)


class CAN(nn.Module):
    """The whole network.

    Maps: "global.0.audio" and "global.0.text" (B, 1, 1, L), the weights of each modality. Both are
    over words.

    Attributes:
        frames_per_step: MFCC frames in one step of the sound.
        needs_word_frames: a batch must say which frames belong to which word.
    """

    Config = CANConfig
    needs_word_frames = True
    frames_per_step: int

    def __init__(self, dims: Dims, config: CANConfig) -> None:
        super().__init__()
        self.config = config
        self.frames_per_step = config.stride
        width = 2 * config.hidden
        bilstm = {"cell": "lstm", "both": True, "dropout": config.dropout}
        self.audio = Recurrent(dims.audio, config.hidden, **bilstm)
        self.text = Recurrent(dims.text, config.hidden, **bilstm)
        self.score = nn.ModuleDict()
        for modality in ("audio", "text"):
            self.score[modality] = nn.Sequential(
                nn.Linear(width, width), nn.Tanh(), nn.Linear(width, 1, bias=False)
            )
        self.classifier = nn.Sequential(
            nn.Dropout(config.dropout), nn.Linear(4 * width, dims.classes)
        )

    def forward(self, batch: Batch, *, need_attention: bool = False) -> ModelOutput:
        """Classify a batch of B utterances.

        Args:
            batch: audio (B, T, F), text (B, L, E) and word_frames (B, L, 2), with masks.
            need_attention: whether the maps are returned too.

        Returns:
            Logits (B, C) and the maps that were asked for.

        Raises:
            DataError: for a batch whose words have no times.
        """
        if batch.word_frames is None:
            raise DataError(
                "a batch without word times (Batch.word_frames)",
                "for each word the MFCC frames in which it is said: CAN reads sound word by word",
                "extract with FeatureConfig(align='gold'), or align='proportional' where no times "
                "are known.",
            )
        frames, frame_mask = pool_frames(batch.audio, batch.audio_mask, self.config.stride)
        share = within_words(batch.word_frames, frame_mask, self.config.stride)  # (B, L, T)
        audio = share @ self.audio(frames, frame_mask)[0]  # (B, L, T) @ (B, T, D) -> (B, L, D)
        text = self.text(batch.text, batch.text_mask)[0]  # (B, L, D)
        heard = batch.text_mask & (share > 0).any(-1)  # (B, L), words with a step of their own
        audio_weights = self._weights("audio", audio, heard)
        text_weights = self._weights("text", text, batch.text_mask)
        summaries = (
            _summary(audio_weights, audio),
            _summary(self._crossed(audio_weights), text),
            _summary(text_weights, text),
            _summary(self._crossed(text_weights), audio),
        )
        logits = self.classifier(torch.cat(summaries, -1))
        maps = {
            "global.0.audio": audio_weights[:, None].detach(),
            "global.0.text": text_weights[:, None].detach(),
        }
        return ModelOutput(logits, maps if need_attention else {})

    def _weights(self, modality: str, states: Tensor, mask: Tensor) -> Tensor:
        """(B, L, D), (B, L) -> α (B, 1, L)."""
        scores = self.score[modality](states)[..., 0]  # (B, L)
        return masked_softmax(scores, mask)[:, None]

    def _crossed(self, weights: Tensor) -> Tensor:
        """The weights as the other modality gets them."""
        return weights.detach() if self.config.stop_gradient else weights


def _summary(weights: Tensor, states: Tensor) -> Tensor:
    """(B, 1, L) @ (B, L, D) -> (B, D)."""
    return (weights @ states)[:, 0]
