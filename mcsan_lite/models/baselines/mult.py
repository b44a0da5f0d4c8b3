"""MulT, multimodal transformer: Y.-H. H. Tsai, S. Bai, P. P. Liang, J. Z. Kolter, L.-P. Morency, R. Salakhutdinov,
"Multimodal Transformer for Unaligned Multimodal Language Sequences", ACL 2019. With two modalities, audio and text; not in
MCSAN's tables, the nearest public peer.

    x̂ᵐ = Conv1D(xᵐ) without bias, to d;   zᵐ = √d x̂ᵐ + sinusoidal positions, low-level, of every modality
    cross a->t, from y = zᵗ, block by block:  y ← y + MultiHead(q = LN y, k = v = LN zᵃ);  y ← y + FFN(LN y);  at last LN
    memory, on each target's stream: √d and positions once more, blocks that ask themselves, LN;  hᵗ = its last real step
    h = [hᵗ; hᵃ];  logits = W₃ (h + W₂ ReLU(W₁ h))

Verified in the authors' code (yaohungt/Multimodal-Transformer, a670936): all of the above; keys and values are the
*low-level* zᵃ in every block; FFN 4 d; as many memory as cross blocks, at least 3; no padding mask; kernel 1, d = 30, and by
default a causal mask, across modalities too: key j is hidden from query i if j ≥ i + 1 + |T_q - T_k|
(`causal=True`; here T is each utterance's own length, so that a longer batch-mate changes nothing).
From the paper (table of sizes): d = 40, kernels 3 (text) and 5 (audio), 4 blocks, dropouts .3 / .25 / .1.
Chosen: two modalities, so each target has one incoming stream, of width d; one softmax over all classes where the code has
four binary tasks; 8 heads, since 10 of the paper leave 4 numbers a head; 3 memory blocks; dropout on words alone, where the
code also drops embedded streams; convolutions that keep the length; masks on padding; `pooling="max"` as a switch; `stride`,
the mean of so many MFCC frames, for speed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn

from mcsan_lite.errors import require_name
from mcsan_lite.features.batch import Batch, Dims, ModelOutput
from mcsan_lite.models.layers import MultiHead, at_least_one, masked_max, positions
from mcsan_lite.models.recurrent import last_real, pool_frames


@dataclass(frozen=True)
class MulTConfig:
    hidden: int = 40  # paper; the code's 30 does not divide by 8
    heads: int = 8  # chosen; paper 10
    layers: int = 4  # paper, cross-modal blocks
    memory: int = 3  # chosen: the least that the code takes; there max(layers, 3)
    text_kernel: int = 3  # paper; code 1
    audio_kernel: int = 5  # paper; code 1
    causal: bool = False  # chosen: words may look at later sound; True is the code
    pooling: Literal["last", "max"] = "last"  # verified: code
    text_dropout: float = 0.3  # paper, on the word vectors
    attention_dropout: float = 0.25  # paper; code .1
    dropout: float = (
        0.1  # paper, before the output; verified: code, in and behind each sub-layer too
    )
    stride: int = 1  # as in the source

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
            if getattr(self, name) % 2 == 0:
                raise ValueError(
                    f"Given: {name}={getattr(self, name)}. Expected: an odd number. Do: change {name}."
                )


def visible(queries: Tensor, keys: Tensor, *, causal: bool) -> Tensor:
    """queries (B, Q), keys (B, K), True where real -> (B, Q, K), True where a query may look."""
    if not causal:
        return keys[:, None].expand(-1, queries.shape[1], -1)
    i = torch.arange(queries.shape[1], device=keys.device)[:, None]
    j = torch.arange(keys.shape[1], device=keys.device)
    slack = (queries.sum(1) - keys.sum(1)).abs()[:, None, None]
    return keys[:, None] & (j <= i + slack)


class Heads(MultiHead):
    """Multi-head attention in which every query has its own keys."""

    def forward(self, x: Tensor, memory: Tensor, seen: Tensor) -> tuple[Tensor, Tensor]:
        """x (B, Q, D), memory (B, K, D), seen (B, Q, K) -> update (B, Q, D), weights (B, H, Q, K)."""
        query, key, value = self.to_query(x), self.to_key(memory), self.to_value(memory)
        context, weights = self.attend(
            *map(self._split, (query, key, value)),
            seen[:, None],
            scale=self.scale,
            dropout=self.dropout if self.training else 0.0,
        )
        return self.merge(
            context.transpose(1, 2).flatten(2)
        ), weights  # (B, H, Q, D/H) -> (B, Q, D)


class Block(nn.Module):
    """Pre-norm attention and feed-forward. One LayerNorm serves query and key alike, as in the code."""

    def __init__(self, config: MulTConfig) -> None:
        super().__init__()
        d = config.hidden
        self.attention = Heads(d, config.heads, dropout=config.attention_dropout)
        self.norm_attention, self.norm_feedforward = nn.LayerNorm(d), nn.LayerNorm(d)
        self.feedforward = nn.Sequential(
            nn.Linear(d, 4 * d), nn.ReLU(), nn.Dropout(config.dropout), nn.Linear(4 * d, d)
        )
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, x: Tensor, memory: Tensor, seen: Tensor) -> tuple[Tensor, Tensor]:
        """x (B, Q, D), memory (B, K, D), seen (B, Q, K) -> x (B, Q, D), weights (B, H, Q, K)."""
        update, weights = self.attention(self.norm_attention(x), self.norm_attention(memory), seen)
        x = x + self.dropout(update)
        return x + self.dropout(self.feedforward(self.norm_feedforward(x))), weights


class MulT(nn.Module):
    """Maps "cross.0.text_from_audio", "memory.0.text", ...: (B, H, Q, K)."""

    Config = MulTConfig

    def __init__(self, dims: Dims, config: MulTConfig) -> None:
        super().__init__()
        self.config, d = config, config.hidden
        self.text_dropout = nn.Dropout(config.text_dropout)
        self.conv = nn.ModuleDict(
            {
                m: nn.Conv1d(inputs, d, kernel, padding=kernel // 2, bias=False)
                for m, inputs, kernel in (
                    ("audio", dims.audio, config.audio_kernel),
                    ("text", dims.text, config.text_kernel),
                )
            }
        )
        self.cross, self.memory = (
            nn.ModuleDict(
                {m: nn.ModuleList(Block(config) for _ in range(blocks)) for m in ("audio", "text")}
            )
            for blocks in (config.layers, config.memory)
        )
        self.norm = nn.ModuleDict(
            {
                f"{part}_{m}": nn.LayerNorm(d)
                for part in ("cross", "memory")
                for m in ("audio", "text")
            }
        )
        self.residual = nn.Sequential(
            nn.Linear(2 * d, 2 * d), nn.ReLU(), nn.Dropout(config.dropout), nn.Linear(2 * d, 2 * d)
        )
        self.classifier = nn.Linear(2 * d, dims.classes)

    def embed(self, x: Tensor) -> Tensor:
        return math.sqrt(self.config.hidden) * x + positions(x.shape[1], x.shape[2], like=x)

    def forward(self, batch: Batch, *, need_attention: bool = False) -> ModelOutput:
        frames, frame_mask = pool_frames(batch.audio, batch.audio_mask, self.config.stride)
        masks = {"audio": frame_mask, "text": batch.text_mask}
        raw = {"audio": frames, "text": self.text_dropout(batch.text)}
        low = {
            m: self.embed(self.conv[m]((x * masks[m][..., None]).transpose(1, 2)).transpose(1, 2))
            for m, x in raw.items()
        }
        maps, ends = {}, []
        for m, other in (("text", "audio"), ("audio", "text")):
            x, seen = low[m], visible(masks[m], masks[other], causal=self.config.causal)
            for n, block in enumerate(self.cross[m]):
                x, maps[f"cross.{n}.{m}_from_{other}"] = block(x, low[other], seen)
            x = self.embed(self.norm[f"cross_{m}"](x))
            seen = visible(masks[m], masks[m], causal=self.config.causal)
            for n, block in enumerate(self.memory[m]):
                x, maps[f"memory.{n}.{m}"] = block(x, x, seen)
            pool = last_real if self.config.pooling == "last" else masked_max
            ends.append(pool(self.norm[f"memory_{m}"](x), masks[m]))
        h = torch.cat(ends, -1)
        maps = {name: w.detach() for name, w in maps.items()} if need_attention else {}
        return ModelOutput(self.classifier(h + self.residual(h)), maps)
