"""The bricks of the paper, one equation group a brick; every one of them ignores padding.

Glossary of shapes: B batch · T MFCC frames · A pooled audio frames · L words · Q queries · K keys · D hidden · H heads.
Masks are (B, length), True where real.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F


def attend(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    key_mask: Tensor | None = None,
    *,
    scale: float | None = None,
    dropout: float = 0.0,
) -> tuple[Tensor, Tensor]:
    """Scaled dot-product attention, the core of Eq. 9, 10 and 15.

    query (..., Q, d), key (..., K, d), value (..., K, e), key_mask broadcastable to (..., Q, K).
    Returns the context (..., Q, e) and the weights (..., Q, K) *before* dropout: their rows sum to one, or to zero
    where every key is masked (an utterance without that modality), never to NaN.
    """
    scores = (
        query @ key.transpose(-2, -1) * (query.shape[-1] ** -0.5 if scale is None else scale)
    )  # (..., Q, K)
    if key_mask is not None:
        scores = scores.masked_fill(~key_mask, torch.finfo(scores.dtype).min)
    weights = scores.softmax(-1)
    if key_mask is not None:
        weights = (
            weights * key_mask
        )  # exact zeros on padding; a row without any key becomes all zero
    return F.dropout(weights, dropout) @ value if dropout else weights @ value, weights


class MultiHead(nn.Module):
    """Eq. 6 to 10 with several heads, as in Vaswani et al. 2017. `full_scale` divides by √d as printed in Eq. 9,
    instead of √(d / heads) as in the multi-head attention that the paper refers to. `uniform`: every real key weighs
    alike, the control that says what the weights themselves contribute."""

    attend = staticmethod(
        attend
    )  # an attribute, so that an experiment can put other weights in its place

    def __init__(
        self,
        hidden: int,
        heads: int,
        *,
        dropout: float = 0.0,
        full_scale: bool = False,
        uniform: bool = False,
    ) -> None:
        super().__init__()
        if hidden % heads:
            raise ValueError(
                f"Given: hidden {hidden} with {heads} heads. Expected: hidden divisible by heads. "
                f"Do: take hidden {hidden // heads * heads or heads}, or another number of heads."
            )
        self.heads, self.dropout = heads, dropout
        self.scale = 0.0 if uniform else (hidden if full_scale else hidden // heads) ** -0.5
        self.to_query, self.to_key, self.to_value = (
            nn.Linear(hidden, hidden) for _ in range(3)
        )  # Eq. 6, 7, 8
        self.merge = nn.Linear(hidden, hidden)

    def _split(self, x: Tensor) -> Tensor:
        return x.unflatten(-1, (self.heads, -1)).transpose(
            1, 2
        )  # (B, length, D) -> (B, H, length, D/H)

    def forward(self, x: Tensor, memory: Tensor, memory_mask: Tensor) -> tuple[Tensor, Tensor]:
        """x (B, Q, D) asks, memory (B, K, D) answers. Returns ΔH (B, Q, D) and the weights (B, H, Q, K)."""
        context, weights = self.attend(
            self._split(self.to_query(x)),
            self._split(self.to_key(memory)),
            self._split(self.to_value(memory)),
            memory_mask[:, None, None, :],
            scale=self.scale,
            dropout=self.dropout if self.training else 0.0,
        )
        return self.merge(
            context.transpose(1, 2).flatten(2)
        ), weights  # (B, H, Q, D/H) -> (B, Q, D)


class AttentionBlock(nn.Module):
    """Attention and feed-forward, each with residual and LayerNorm behind it: Eq. 11 to 14 when the memory is the
    other modality, Eq. 16 and 17 when it is the same one."""

    def __init__(
        self,
        hidden: int,
        heads: int,
        feedforward: int,
        *,
        dropout: float,
        full_scale: bool,
        uniform: bool = False,
    ) -> None:
        super().__init__()
        self.attention = MultiHead(
            hidden, heads, dropout=dropout, full_scale=full_scale, uniform=uniform
        )
        self.feedforward = nn.Sequential(
            nn.Linear(hidden, feedforward),
            nn.ReLU(),
            nn.Dropout(dropout),
            nn.Linear(feedforward, hidden),
        )
        self.norm_attention, self.norm_feedforward = nn.LayerNorm(hidden), nn.LayerNorm(hidden)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor, memory: Tensor, memory_mask: Tensor) -> tuple[Tensor, Tensor]:
        """x (B, Q, D), memory (B, K, D) -> updated x (B, Q, D), weights (B, H, Q, K)."""
        update, weights = self.attention(x, memory, memory_mask)
        x = self.norm_attention(x + self.dropout(update))  # Eq. 11, 12, 16
        return self.norm_feedforward(
            x + self.dropout(self.feedforward(x))
        ), weights  # Eq. 13, 14, 17


class ConvBlock(nn.Module):
    """Eq. 1: MaxPool(Conv1D(·)) over time. Padded frames are zero before the convolution and -inf before the pool,
    so that neither can see them. `same=False` is a convolution without padding: two frames shorter at kernel 3."""

    def __init__(
        self,
        inputs: int,
        hidden: int,
        kernel: int,
        *,
        pool: int,
        stride: int,
        activation: nn.Module,
        same: bool,
    ) -> None:
        super().__init__()
        self.conv = nn.Conv1d(inputs, hidden, kernel)
        self.activation, self.same = activation, same
        self.kernel, self.pool, self.stride = kernel, pool, stride

    def forward(self, x: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """x (B, T, F), mask (B, T) -> (B, T', D), (B, T') with T' = T / stride rounded up."""
        x = x.masked_fill(~mask[..., None], 0.0).transpose(1, 2)  # (B, F, T)
        if self.same:
            x = F.pad(x, ((self.kernel - 1) // 2, self.kernel // 2))
        else:  # a window counts only if all its frames are real
            lack = max(0, self.kernel - x.shape[-1])
            x, mask = F.pad(x, (0, lack)), F.pad(mask, (0, lack))[:, self.kernel - 1 :]
        x = self.activation(self.conv(x)).masked_fill(~mask[:, None], -math.inf)  # (B, D, T)
        x = F.pad(
            x, (0, self.pool - 1), value=-math.inf
        )  # a window starts at every stride-th frame that is real
        x, mask = (
            F.max_pool1d(x, self.pool, self.stride),
            mask[:, :: self.stride],
        )  # (B, D, T'), (B, T')
        return x.transpose(1, 2).masked_fill(~mask[..., None], 0.0), mask


class BiLSTMMean(nn.Module):
    """Eq. 2 and 3 (audio), 4 and 5 (text): a BiLSTM whose two directions are averaged.

    The backward direction reads each sequence reversed by its own length, which gives what packed sequences give
    without their cost on a CPU.
    """

    def __init__(self, inputs: int, hidden: int) -> None:
        super().__init__()
        self.forwards, self.backwards = (
            nn.LSTM(inputs, hidden, batch_first=True) for _ in range(2)
        )

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """x (B, T, F), mask (B, T) with its real frames first -> (B, T, D), zero on padding."""
        steps = torch.arange(x.shape[1], device=x.device).expand(mask.shape)
        mirrored = mask.sum(1, keepdim=True) - 1 - steps  # frame t <-> frame length - 1 - t
        mirrored = torch.where(mask, mirrored, steps)[
            ..., None
        ]  # (B, T, 1); padding stays where it is

        def mirror(y: Tensor) -> Tensor:
            return y.gather(1, mirrored.expand(-1, -1, y.shape[-1]))

        ahead, back = self.forwards(x)[0], mirror(self.backwards(mirror(x))[0])
        return (ahead + back) / 2 * mask[..., None]


def positions(length: int, hidden: int, *, like: Tensor) -> Tensor:
    """Sinusoidal position embedding (length, hidden) of Vaswani et al. 2017, on the device of `like`."""
    step = torch.arange(length, device=like.device, dtype=like.dtype)[:, None]
    rate = torch.exp(
        torch.arange(0, hidden, 2, device=like.device, dtype=like.dtype)
        * (-math.log(10_000.0) / hidden)
    )
    return torch.stack((torch.sin(step * rate), torch.cos(step * rate)), -1).flatten(1)[
        :, :hidden
    ]  # (length, D)


def masked_max(x: Tensor, mask: Tensor) -> Tensor:
    """Global max-pooling over real positions before Eq. 18, "P" in Fig. 1: (B, T, D) -> (B, D); zero where none is."""
    top = x.masked_fill(~mask[..., None], -math.inf).amax(1)
    return torch.where(mask.any(1, keepdim=True), top, torch.zeros_like(top))
