"""Self- or cross-attention, the same network otherwise: V. Rajan, A. Brutti, A. Cavallaro, "Is Cross-Attention Preferable to
Self-Attention for Multi-Modal Emotion Recognition?", ICASSP 2022. Not in MCSAN's tables; an independent study of its claim,
on five folds of the same corpus, which found no significant difference. Two modalities here, audio and text.

    hᵐ = BiGRU(xᵐ), the sound convolved to half its steps first
    self:   yᵐ = mean over time of MultiHead(q = k = v = hᵐ)
    cross:  yᵗ = mean over words of MultiHead(q = hᵗ, k = v = hᵃ);  yᵃ = mean over frames of MultiHead(q = hᵃ, k = v = hᵗ)
    logits = ([mean(yᵗ, yᵃ); standard deviation(yᵗ, yᵃ)] W₁ + b₁) W₂ + b₂

Verified in the authors' code (smartcameras/SelfCrossAttn, df62166, no licence: facts, no code; its models are trimodal):
BiGRUs of 60 a direction, 6 heads, dropout .1 on weights and .25 on word vectors, no residual, no LayerNorm, mean and
(unbiased) deviation over the modalities' vectors, 240 -> 60 -> classes without a nonlinearity; learning rate 1e-3, batch 32.
Differences, on purpose: the code's convolution takes *time steps as channels* (1000 -> 500, kernel 1), so that its "steps"
mix the whole padded clip; here it runs over time, kernel 3, every second step kept. The code has no masks, and means over
padding; here padding is invisible. Its MFCC are in effect not normalised; here they come normalised.
Chosen: the kernel, `stride`, and the two-modality form, whose own code is not public.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
from torch import nn

from mcsan_lite.errors import require_name
from mcsan_lite.features.batch import Batch, Dims, ModelOutput
from mcsan_lite.models.layers import ConvBlock, ConvSizes, MultiHead, at_least_one
from mcsan_lite.models.recurrent import Recurrent, masked_mean, pool_frames


@dataclass(frozen=True)
class SelfCrossConfig:
    attention: Literal["self", "cross"] = "cross"  # verified: the study's one difference
    hidden: int = 60  # verified: code; a direction
    heads: int = 6  # verified: code
    text_dropout: float = 0.25  # verified: code, on the word vectors
    dropout: float = 0.1  # verified: code, on the attention weights
    stride: int = 1  # as in the source; more: the mean of so many MFCC frames is one step before the convolution, for speed

    def __post_init__(self) -> None:
        at_least_one(hidden=self.hidden, heads=self.heads, stride=self.stride)
        require_name(self.attention, ("self", "cross"), "attention")


class SelfCross(nn.Module):
    """Maps "cross.0.text_from_audio" and "cross.0.audio_from_text", or "self.0.text" and "self.0.audio": (B, H, Q, K). A
    frame on the audio's axis is two strides long."""

    Config = SelfCrossConfig

    def __init__(self, dims: Dims, config: SelfCrossConfig) -> None:
        super().__init__()
        self.config, width = config, 2 * config.hidden
        self.frames_a_step = 2 * config.stride  # for the axis of a map
        sizes = ConvSizes(kernel=3, pool=1, stride=2)
        self.conv = ConvBlock(dims.audio, dims.audio, sizes, activation=nn.Identity())
        self.audio = Recurrent(dims.audio, config.hidden, both=True)
        self.text = Recurrent(dims.text, config.hidden, both=True, dropout=config.text_dropout)
        self.attention = nn.ModuleDict(
            {m: MultiHead(width, config.heads, dropout=config.dropout) for m in ("text", "audio")}
        )
        self.classifier = nn.Sequential(
            nn.Linear(2 * width, config.hidden), nn.Linear(config.hidden, dims.classes)
        )

    def forward(self, batch: Batch, *, need_attention: bool = False) -> ModelOutput:
        frames, frame_mask = self.conv(
            *pool_frames(batch.audio, batch.audio_mask, self.config.stride)
        )
        masks = {"audio": frame_mask, "text": batch.text_mask}
        states = {
            "audio": self.audio(frames, frame_mask)[0],
            "text": self.text(batch.text, batch.text_mask)[0],
        }
        ends, maps = {}, {}
        for m, other in (("text", "audio"), ("audio", "text")):
            source = other if self.config.attention == "cross" else m
            update, weights = self.attention[m](states[m], states[source], masks[source])
            ends[m] = masked_mean(update, masks[m])
            maps[
                f"cross.0.{m}_from_{other}" if self.config.attention == "cross" else f"self.0.{m}"
            ] = weights.detach()
        mean, deviation = (
            (ends["text"] + ends["audio"]) / 2,
            (ends["text"] - ends["audio"]).abs() / 2**0.5,
        )  # of two
        return ModelOutput(
            self.classifier(torch.cat((mean, deviation), -1)), maps if need_attention else {}
        )
