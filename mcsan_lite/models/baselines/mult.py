"""MulT, multimodal transformer, for audio and text: the nearest public peer of MCSAN.

Y.-H. H. Tsai, S. Bai, P. P. Liang, J. Z. Kolter, L.-P. Morency, R. Salakhutdinov, "Multimodal
Transformer for Unaligned Multimodal Language Sequences", ACL 2019. It is not in MCSAN's tables.

In: a batch with audio and text. Out: class logits, and one map per block and direction.

    x̂ᵐ = Conv1D(xᵐ) without bias, to d
    zᵐ = √d x̂ᵐ + positions from 1 on, the low-level stream of every modality
    cross a->t, from y = zᵗ, block by block:
        y ← y + MultiHead(q = LN y, k = v = LN zᵃ);  y ← y + FFN(LN y);  at last LN
    memory, on each target's stream:
        √d and positions once more, blocks that ask themselves, LN;  hᵗ = its last real step
    h = [hᵗ; hᵃ];  logits = W₃ (h + W₂ ReLU(W₁ h))

Verified in the authors' code (yaohungt/Multimodal-Transformer, a670936): all of the above; keys and
values are the *low-level* zᵃ in every block; FFN 4 d; as many memory blocks as cross blocks, at
least 3; no padding mask; kernel 1, d = 30; no dropout of weights where the sound is the target; and
by default a causal mask, across modalities too: key j is hidden from query i if j ≥ i + 1 + |T_q -
T_k| (`causal=True`; here T is the own length of each utterance, so that a longer batch-mate changes
nothing).
From the paper (table of sizes): d = 40, kernels 3 (text) and 5 (audio), 4 blocks, dropouts
.3 / .25 / .1.
Chosen: two modalities, so each target has one incoming stream, of width d; one softmax over all
classes where the code has four binary tasks; 8 heads, since the paper's 10 leave 4 numbers per
head; 3 memory blocks; dropout on words alone, where the code also drops embedded streams;
convolutions that keep the length; masks on padding; `pooling="max"` as a switch; `stride`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mcsan_lite.errors import DataError, require_name
from mcsan_lite.features.batch import Batch, Dims, ModelOutput
from mcsan_lite.models.layers import MultiHead, at_least_one, masked_max
from mcsan_lite.models.recurrent import last_real, pool_frames

_MODALITIES = ("audio", "text")


@dataclass(frozen=True)
class MulTConfig:
    """What can be chosen in MulT. Each comment says where the default is from."""

    hidden: int = 40  # paper; the code's 30 does not divide by 8
    heads: int = 8  # chosen; paper 10
    layers: int = 4  # paper, cross-modal blocks
    memory: int = 3  # chosen: the least that the code takes; there max(layers, 3)
    text_kernel: int = 3  # paper; code 1
    audio_kernel: int = 5  # paper; code 1
    causal: bool = False  # chosen: words may look at later sound; True is the code
    pooling: Literal["last", "max"] = "last"  # verified: code
    text_dropout: float = 0.3  # paper, on the word vectors
    attention_dropout: float = 0.25  # paper; code .1; where words are the target
    audio_attention_dropout: float = 0.0  # verified: code; where the sound is the target
    dropout: float = 0.1  # paper, before the output; verified: code, in and after sub-layers too
    stride: int = 1  # MFCC frames averaged into one step: 1 as in the source, more for speed

    def __post_init__(self) -> None:
        at_least_one(
            hidden=self.hidden,
            heads=self.heads,
            layers=self.layers,
            memory=self.memory,
            stride=self.stride,
        )
        require_name(self.pooling, ("last", "max"), "pooling")
        for name in ("text_kernel", "audio_kernel"):
            kernel = getattr(self, name)
            if kernel % 2 == 0:
                raise DataError(f"{name}={kernel}", "an odd number", f"change {name}.")


def halved_positions(x: Tensor) -> Tensor:
    """The sinusoids of the code: steps count from 1, sines fill the first half, cosines the second.

    Args:
        x: (B, length, D), whose shape, device and type the result gets.

    Returns:
        (length, D), D even or not.
    """
    length, width = x.shape[1:]
    half = width // 2
    step = torch.arange(1, length + 1, device=x.device, dtype=x.dtype)[:, None]  # (length, 1)
    order = torch.arange(half, device=x.device, dtype=x.dtype)
    rate = torch.exp(order * (-math.log(10_000.0) / max(1, half - 1)))  # (D / 2,)
    angle = step * rate
    both = torch.cat((torch.sin(angle), torch.cos(angle)), 1)
    return F.pad(both, (0, width % 2))  # (length, D)


def visible_keys(query_mask: Tensor, key_mask: Tensor, *, causal: bool) -> Tensor:
    """Which keys each query may look at.

    Args:
        query_mask: (B, Q), True where a query is real.
        key_mask: (B, K), True where a key is real.
        causal: whether later keys are hidden; sequences of unequal length get some slack.

    Returns:
        (B, Q, K), True where a query may look.
    """
    if not causal:
        return key_mask[:, None].expand(-1, query_mask.shape[1], -1)
    query_steps = torch.arange(query_mask.shape[1], device=key_mask.device)[:, None]  # (Q, 1)
    key_steps = torch.arange(key_mask.shape[1], device=key_mask.device)  # (K,)
    slack = (query_mask.sum(1) - key_mask.sum(1)).abs()[:, None, None]  # (B, 1, 1)
    return key_mask[:, None] & (key_steps <= query_steps + slack)


class QueryMaskedHeads(MultiHead):
    """Multi-head attention in which every query has its own visible keys."""

    def forward(self, x: Tensor, memory: Tensor, visible: Tensor) -> tuple[Tensor, Tensor]:
        """Let `x` ask `memory`.

        Args:
            x: (B, Q, D).
            memory: (B, K, D).
            visible: (B, Q, K), True where a query may look.

        Returns:
            The update (B, Q, D) and the weights (B, H, Q, K).
        """
        query, key, value = self.to_query(x), self.to_key(memory), self.to_value(memory)
        context, weights = self.attend(
            self._split(query),
            self._split(key),
            self._split(value),
            visible[:, None],
            scale=self.scale,
            dropout=self.dropout if self.training else 0.0,
        )
        joined = context.transpose(1, 2).flatten(2)  # (B, H, Q, D/H) -> (B, Q, D)
        return self.merge(joined), weights


class PreNormBlock(nn.Module):
    """Attention and feed-forward, each after a LayerNorm.

    One LayerNorm serves query and key alike, as in the code.
    """

    def __init__(self, config: MulTConfig, attention_dropout: float) -> None:
        super().__init__()
        width = config.hidden
        self.attention = QueryMaskedHeads(width, config.heads, dropout=attention_dropout)
        self.norm_attention, self.norm_feedforward = nn.LayerNorm(width), nn.LayerNorm(width)
        self.feedforward = nn.Sequential(
            nn.Linear(width, 4 * width),
            nn.ReLU(),
            nn.Dropout(config.dropout),
            nn.Linear(4 * width, width),
        )
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, x: Tensor, memory: Tensor, visible: Tensor) -> tuple[Tensor, Tensor]:
        """Update `x` from `memory`.

        Args:
            x: (B, Q, D).
            memory: (B, K, D).
            visible: (B, Q, K), True where a query may look.

        Returns:
            The updated x (B, Q, D) and the weights (B, H, Q, K).
        """
        update, weights = self.attention(
            self.norm_attention(x), self.norm_attention(memory), visible
        )
        x = x + self.dropout(update)
        return x + self.dropout(self.feedforward(self.norm_feedforward(x))), weights


class MulT(nn.Module):
    """The whole network.

    Maps: "cross.0.text_from_audio", "memory.0.text", …, each (B, H, Q, K).

    Attributes:
        frames_per_step: MFCC frames in one step of the sound on a map.
    """

    Config = MulTConfig
    frames_per_step: int

    def __init__(self, dims: Dims, config: MulTConfig) -> None:
        super().__init__()
        self.config = config
        self.frames_per_step = config.stride
        width = config.hidden
        self.text_dropout = nn.Dropout(config.text_dropout)
        self.conv = nn.ModuleDict(
            {
                "audio": _same_length_conv(dims.audio, width, config.audio_kernel),
                "text": _same_length_conv(dims.text, width, config.text_kernel),
            }
        )
        self.cross = _blocks_per_modality(config, config.layers)
        self.memory = _blocks_per_modality(config, config.memory)
        self.norm = nn.ModuleDict()
        for module in ("cross", "memory"):
            for modality in _MODALITIES:
                self.norm[f"{module}_{modality}"] = nn.LayerNorm(width)
        self.residual = nn.Sequential(
            nn.Linear(2 * width, 2 * width),
            nn.ReLU(),
            nn.Dropout(config.dropout),
            nn.Linear(2 * width, 2 * width),
        )
        self.classifier = nn.Linear(2 * width, dims.classes)

    def embed(self, x: Tensor) -> Tensor:
        """√d x + positions: (B, length, D) -> (B, length, D)."""
        return math.sqrt(self.config.hidden) * x + halved_positions(x)

    def forward(self, batch: Batch, *, need_attention: bool = False) -> ModelOutput:
        """Classify a batch of B utterances.

        Args:
            batch: audio (B, T, F) and text (B, L, E), with their masks.
            need_attention: whether the maps are returned too.

        Returns:
            Logits (B, C) and the maps that were asked for.
        """
        frames, frame_mask = pool_frames(batch.audio, batch.audio_mask, self.config.stride)
        masks = {"audio": frame_mask, "text": batch.text_mask}
        words = self.text_dropout(batch.text)
        low = {
            "audio": self._low_level("audio", frames, frame_mask),
            "text": self._low_level("text", words, batch.text_mask),
        }
        text, text_maps = self._read_target("text", "audio", low, masks)
        audio, audio_maps = self._read_target("audio", "text", low, masks)
        h = torch.cat((text, audio), -1)  # (B, 2 D)
        logits = self.classifier(h + self.residual(h))
        return ModelOutput(logits, text_maps | audio_maps if need_attention else {})

    def _low_level(self, modality: str, x: Tensor, mask: Tensor) -> Tensor:
        """(B, length, F), (B, length) -> z (B, length, D)."""
        channels = (x * mask[..., None]).transpose(1, 2)  # (B, F, length)
        return self.embed(self.conv[modality](channels).transpose(1, 2))

    def _read_target(
        self, target: str, source: str, low: Mapping[str, Tensor], masks: Mapping[str, Tensor]
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """The cross and memory blocks of one target: its summary (B, D) and its maps."""
        maps = {}
        x = low[target]
        visible = visible_keys(masks[target], masks[source], causal=self.config.causal)
        for n, block in enumerate(self.cross[target]):
            x, weights = block(x, low[source], visible)
            maps[f"cross.{n}.{target}_from_{source}"] = weights.detach()
        x = self.embed(self.norm[f"cross_{target}"](x))
        visible = visible_keys(masks[target], masks[target], causal=self.config.causal)
        for n, block in enumerate(self.memory[target]):
            x, weights = block(x, x, visible)
            maps[f"memory.{n}.{target}"] = weights.detach()
        pool = last_real if self.config.pooling == "last" else masked_max
        return pool(self.norm[f"memory_{target}"](x), masks[target]), maps


def _same_length_conv(inputs: int, width: int, kernel: int) -> nn.Conv1d:
    return nn.Conv1d(inputs, width, kernel, padding=kernel // 2, bias=False)


def _blocks_per_modality(config: MulTConfig, count: int) -> nn.ModuleDict:
    """`count` blocks for each modality, which is their target."""
    dropout = {"text": config.attention_dropout, "audio": config.audio_attention_dropout}
    blocks = nn.ModuleDict()
    for modality in _MODALITIES:
        several = (PreNormBlock(config, dropout[modality]) for _ in range(count))
        blocks[modality] = nn.ModuleList(several)
    return blocks
