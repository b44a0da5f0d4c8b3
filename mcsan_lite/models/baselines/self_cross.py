"""Self- or cross-attention in otherwise the same network: an independent study of MCSAN's claim.

V. Rajan, A. Brutti, A. Cavallaro, "Is Cross-Attention Preferable to Self-Attention for Multi-Modal
Emotion Recognition?", ICASSP 2022. It is not in MCSAN's tables. On five folds of the same corpus it
found no significant difference.

In: a batch with audio and text. Out: class logits, and one attention map per modality.

    hᵐ = BiGRU(xᵐ), the sound convolved to half its steps first
    self:   yᵐ = mean over time of MultiHead(q = k = v = hᵐ)
    cross:  yᵗ = mean over words of MultiHead(q = hᵗ, k = v = hᵃ)
            yᵃ = mean over frames of MultiHead(q = hᵃ, k = v = hᵗ)
    logits = ([mean(yᵗ, yᵃ); standard deviation(yᵗ, yᵃ)] W₁ + b₁) W₂ + b₂

Verified in the authors' code (smartcameras/SelfCrossAttn, df62166, no licence: facts, no code; its
models are trimodal): BiGRUs of 60 per direction; 6 heads; dropout .1 on weights and .25 on word
vectors; no residual and no LayerNorm; mean and (unbiased) deviation over the modalities' vectors;
240 -> 60 -> classes without a nonlinearity; PyTorch's own first weights (but one bias per gate
where PyTorch adds two); learning rate 1e-3, batch 32.
Different on purpose: the code's convolution takes *time steps as channels* (1000 -> 500, kernel 1),
so that its "steps" mix the whole padded clip. Here it runs over time, with kernel 3, and every
second step is kept. The code has no masks and takes means over padding; here padding is invisible.
Its MFCC are in effect not normalised; here they come normalised.
Chosen: the kernel, `stride`, and the form with two modalities, whose own code is not public.
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

_CONV_STRIDE = 2  # verified: code, half as many steps


@dataclass(frozen=True)
class SelfCrossConfig:
    """What can be chosen here. Each comment says where the default is from."""

    attention: Literal["self", "cross"] = "cross"  # verified: the study's one difference
    hidden: int = 60  # verified: code; per direction
    heads: int = 6  # verified: code
    text_dropout: float = 0.25  # verified: code, on the word vectors
    dropout: float = 0.1  # verified: code, on the attention weights
    # MFCC frames averaged into one before the convolution: 1 as in the source, more for speed.
    stride: int = 1

    def __post_init__(self) -> None:
        at_least_one(hidden=self.hidden, heads=self.heads, stride=self.stride)
        require_name(self.attention, ("self", "cross"), "attention")


class SelfCross(nn.Module):
    """The whole network.

    Maps: "cross.0.text_from_audio" and "cross.0.audio_from_text", or "self.0.text" and
    "self.0.audio", each (B, H, Q, K).

    Attributes:
        frames_per_step: MFCC frames in one step of the sound on a map: two strides, since the
            convolution keeps every second step.
    """

    Config = SelfCrossConfig
    frames_per_step: int

    def __init__(self, dims: Dims, config: SelfCrossConfig) -> None:
        super().__init__()
        self.config = config
        self.frames_per_step = _CONV_STRIDE * config.stride
        width = 2 * config.hidden
        sizes = ConvSizes(kernel=3, pool=1, stride=_CONV_STRIDE)
        self.conv = ConvBlock(dims.audio, dims.audio, sizes, activation=nn.Identity())
        audio, text = dims.audio, dims.text
        bigru = {"both": True, "start": "pytorch"}
        self.audio = Recurrent(audio, config.hidden, **bigru)
        self.text = Recurrent(text, config.hidden, dropout=config.text_dropout, **bigru)
        self.attention = nn.ModuleDict()
        for modality in ("text", "audio"):
            self.attention[modality] = MultiHead(width, config.heads, dropout=config.dropout)
        self.classifier = nn.Sequential(
            nn.Linear(2 * width, config.hidden), nn.Linear(config.hidden, dims.classes)
        )

    def forward(self, batch: Batch, *, need_attention: bool = False) -> ModelOutput:
        """Classify a batch of B utterances.

        Args:
            batch: audio (B, T, F) and text (B, L, E), with their masks.
            need_attention: whether the maps are returned too.

        Returns:
            Logits (B, C) and the maps that were asked for.
        """
        frames, frame_mask = pool_frames(batch.audio, batch.audio_mask, self.config.stride)
        frames, frame_mask = self.conv(frames, frame_mask)  # (B, T', F), (B, T')
        masks = {"audio": frame_mask, "text": batch.text_mask}
        states = {}
        states["audio"], _ = self.audio(frames, frame_mask)  # (B, T', D)
        states["text"], _ = self.text(batch.text, batch.text_mask)  # (B, L, D)
        summary, maps = {}, {}
        for modality, other in (("text", "audio"), ("audio", "text")):
            if self.config.attention == "cross":
                source, name = other, f"cross.0.{modality}_from_{other}"
            else:
                source, name = modality, f"self.0.{modality}"
            update, weights = self.attention[modality](
                states[modality], states[source], masks[source]
            )
            summary[modality] = masked_mean(update, masks[modality])  # (B, D)
            maps[name] = weights.detach()
        mean = (summary["text"] + summary["audio"]) / 2
        # The unbiased standard deviation of two numbers.
        deviation = (summary["text"] - summary["audio"]).abs() / 2**0.5
        logits = self.classifier(torch.cat((mean, deviation), -1))
        return ModelOutput(logits, maps if need_attention else {})
