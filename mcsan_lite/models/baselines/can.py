"""CAN, cross attention network: Y. Lee, S. Yoon, K. Jung, "Multimodal Speech Emotion Recognition using Cross Attention with
Aligned Audio and Text", Interspeech 2020 (arXiv 2207.12895).

Sound and text are cut into the same K steps, here words: step k of the sound is what is heard while word k is said.
    hᵗ_k = BiLSTM states of the words;  hᵃ_k = mean, over the frames of word k, of the frames' BiLSTM states
    αᵐ = softmax_k(wₘ · tanh(Wₘ hᵐ_k + bₘ)), one for the sound, one for the text
    normal: cᵐᵐ = Σ αᵐ_k hᵐ_k;   crossed: cᵐⁿ = Σ sg(αᵐ_k) hⁿ_k: what one modality finds weighty, read in the other
    logits = [cᵃᵃ; cᵃᵗ; cᵗᵗ; cᵗᵃ] W + b

Verified (abstract): equal numbers of steps over the same spans; a global attention a modality; each modality's weights are
applied to the other as well. No public code was found: of all systems here this one is known least.
Remembered [M], with little confidence: sg, the stop-gradient on crossed weights; `stop_gradient=False` is without.
Chosen: everything else, from the form of the attention to a hidden size of 128, MCSAN's; sound heard before or between
words reaches a step only through the BiLSTM. Where the word times come from is `FeatureConfig.align`, and belongs in the
row: "gold" times and "proportional" ones are two experiments.
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
    hidden: int = 128  # chosen: as MCSAN; a direction
    dropout: float = 0.3  # chosen: at each BiLSTM's input and before the classifier
    stop_gradient: bool = True  # remembered, with little confidence
    stride: int = 1  # chosen; more: the mean of so many MFCC frames is one step of the sound's BiLSTM, for speed

    def __post_init__(self) -> None:
        at_least_one(hidden=self.hidden, stride=self.stride)


def within_words(word_frames: Tensor, mask: Tensor, stride: int = 1) -> Tensor:
    """word_frames (B, L, 2) first MFCC frame and the one behind the last, mask (B, T) of steps of `stride` frames ->
    (B, L, T): each word's row shares 1 out among its real steps; zero for a word that has none."""
    first, behind = (
        word_frames[..., :1] // stride,
        (word_frames[..., 1:] + stride - 1) // stride,
    )  # (B, L, 1)
    steps = torch.arange(mask.shape[1], device=mask.device)
    inside = (
        (steps >= first)
        & (steps < behind)
        & (word_frames[..., 1:] > word_frames[..., :1])
        & mask[:, None]
    )
    return inside / inside.sum(-1, keepdim=True).clamp(min=1)


class CAN(nn.Module):
    """Maps "global.0.audio" and "global.0.text" (B, 1, 1, L): each modality's weights, both over words.

    Raises DataError for a batch whose words have no times.
    """

    Config = CANConfig

    def __init__(self, dims: Dims, config: CANConfig) -> None:
        super().__init__()
        self.config, width = config, 2 * config.hidden
        self.audio = Recurrent(
            dims.audio, config.hidden, cell="lstm", both=True, dropout=config.dropout
        )
        self.text = Recurrent(
            dims.text, config.hidden, cell="lstm", both=True, dropout=config.dropout
        )
        self.score = nn.ModuleDict(
            {
                m: nn.Sequential(
                    nn.Linear(width, width), nn.Tanh(), nn.Linear(width, 1, bias=False)
                )
                for m in ("audio", "text")
            }
        )
        self.classifier = nn.Sequential(
            nn.Dropout(config.dropout), nn.Linear(4 * width, dims.classes)
        )

    def forward(self, batch: Batch, *, need_attention: bool = False) -> ModelOutput:
        if batch.word_frames is None:
            raise DataError(
                "a batch without word times (Batch.word_frames)",
                "for each word the MFCC frames in which it is said: CAN reads sound word by word",
                "extract with FeatureConfig(align='gold'), or align='proportional' where no times are known.",
            )
        frames, frame_mask = pool_frames(batch.audio, batch.audio_mask, self.config.stride)
        share = within_words(batch.word_frames, frame_mask, self.config.stride)  # (B, L, T)
        states = {
            "audio": share @ self.audio(frames, frame_mask)[0],  # (B, L, D)
            "text": self.text(batch.text, batch.text_mask)[0],
        }
        masks = {"audio": batch.text_mask & (share > 0).any(-1), "text": batch.text_mask}
        weights = {
            m: masked_softmax(self.score[m](states[m])[..., 0], masks[m])[:, None] for m in states
        }  # (B, 1, L)
        summaries = []
        for m, other in (("audio", "text"), ("text", "audio")):
            crossed = weights[m].detach() if self.config.stop_gradient else weights[m]
            summaries += [(weights[m] @ states[m])[:, 0], (crossed @ states[other])[:, 0]]
        maps = (
            {f"global.0.{m}": w[:, None].detach() for m, w in weights.items()}
            if need_attention
            else {}
        )
        return ModelOutput(self.classifier(torch.cat(summaries, -1)), maps)
