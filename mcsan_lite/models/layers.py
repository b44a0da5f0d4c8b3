"""The layers of the paper, one class or function per group of equations.

None of them can see padding.

In: padded sequences (B, length, width) and their masks (B, length), True where a step is real.
Out: sequences of the same length, or shorter where a layer pools, and attention weights where a
layer attends.

Letters of the shapes: B batch, T MFCC frames, A pooled audio frames, L words, Q queries, K keys,
D hidden, H heads.

Next in the spine: `models.mcsan`, which is built from these layers.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mcsan_lite.errors import DataError


def at_least_one(**sizes: int) -> None:
    """Raise DataError for a size below 1.

    Args:
        sizes: values by the name of their setting.
    """
    for name, size in sizes.items():
        if size < 1:
            raise DataError(f"{name}={size}", "at least 1", f"change {name}.")


def masked_softmax(scores: Tensor, mask: Tensor) -> Tensor:
    """Softmax over the last axis that gives padding a weight of exactly zero.

    Args:
        scores: (..., K).
        mask: True where a key is real; it broadcasts to `scores`.

    Returns:
        Weights like `scores`. A row sums to one, or to zero where none of its keys is real; there
        is never a NaN.
    """
    scores = scores.masked_fill(~mask, torch.finfo(scores.dtype).min)
    return scores.softmax(-1) * mask


def masked_max(x: Tensor, mask: Tensor) -> Tensor:
    """Global max-pooling over the real steps, before Eq. 18 ("P" in Fig. 1).

    Args:
        x: (B, T, D).
        mask: (B, T).

    Returns:
        (B, D), zero where no step is real.
    """
    top = x.masked_fill(~mask[..., None], -math.inf).amax(1)
    return torch.where(mask.any(1, keepdim=True), top, torch.zeros_like(top))


def mirror(x: Tensor, mask: Tensor) -> Tensor:
    """Reverse each sequence by its own length.

    Padding stays where it is, and mirroring twice gives the original.

    Args:
        x: (B, T, D).
        mask: (B, T), real steps first.

    Returns:
        (B, T, D).
    """
    steps = torch.arange(x.shape[1], device=x.device).expand(mask.shape)  # (B, T)
    mirrored = mask.sum(1, keepdim=True) - 1 - steps  # frame t <-> frame length - 1 - t
    index = torch.where(mask, mirrored, steps)
    return x.gather(1, index[..., None].expand(-1, -1, x.shape[-1]))


def positions(length: int, hidden: int, *, like: Tensor) -> Tensor:
    """Sinusoidal position embedding, section 3.5 of Vaswani et al. 2017, "Attention Is All You
    Need".

    Args:
        length: how many positions.
        hidden: numbers per position.
        like: a tensor whose device and type the result gets.

    Returns:
        (length, hidden).
    """
    where = {"device": like.device, "dtype": like.dtype}
    step = torch.arange(length, **where)[:, None]  # (length, 1)
    even = torch.arange(0, hidden, 2, **where)
    rate = torch.exp(even * (-math.log(10_000.0) / hidden))  # (hidden / 2,)
    angle = step * rate
    pairs = torch.stack((torch.sin(angle), torch.cos(angle)), -1)
    return pairs.flatten(1)[:, :hidden]  # (length, hidden / 2, 2) -> (length, hidden)


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

    Args:
        query: (..., Q, d).
        key: (..., K, d).
        value: (..., K, e).
        key_mask: True where a key is real; it broadcasts to (..., Q, K).
        scale: factor of the scores; None: 1 / √d.
        dropout: share of the weights that is dropped before they meet the values.

    Returns:
        The context (..., Q, e) and the weights (..., Q, K) *before* dropout. A row of weights sums
        to one, or to zero where every key is masked: an utterance without that modality gives
        zeros, never NaN.
    """
    if scale is None:
        scale = query.shape[-1] ** -0.5
    scores = query @ key.transpose(-2, -1) * scale  # (..., Q, K)
    weights = scores.softmax(-1) if key_mask is None else masked_softmax(scores, key_mask)
    used = F.dropout(weights, dropout) if dropout else weights
    return used @ value, weights


class MultiHead(nn.Module):
    """Eq. 6 to 10 with several heads, as in Vaswani et al. 2017.

    Attributes:
        heads: how many; each works on hidden / heads numbers.
        scale: factor of the scores before the softmax.
        attend: the function that attends. An experiment can put other weights in its place.
    """

    attend = staticmethod(attend)

    def __init__(
        self,
        hidden: int,
        heads: int,
        *,
        dropout: float = 0.0,
        full_scale: bool = False,
        uniform: bool = False,
    ) -> None:
        """Make the four linear maps.

        Args:
            hidden: numbers per step, D.
            heads: a divisor of `hidden`.
            dropout: share of the attention weights that is dropped in training.
            full_scale: divide the scores by √d, as the paper prints it, instead of √(d / heads), as
                in the multi-head attention that the paper refers to.
            uniform: every real key weighs the same, a control that shows what the weights
                contribute.

        Raises:
            DataError: where `heads` does not divide `hidden`.
        """
        super().__init__()
        if hidden % heads:
            nearest = hidden // heads * heads or heads
            raise DataError(
                f"hidden {hidden} with {heads} heads",
                "hidden divisible by heads",
                f"take hidden {nearest}, or another number of heads.",
            )
        self.heads, self.dropout = heads, dropout
        self.scale = (hidden if full_scale else hidden // heads) ** -0.5
        if uniform:
            self.scale = 0.0  # all scores are then equal
        self.to_query = nn.Linear(hidden, hidden)  # Eq. 6
        self.to_key = nn.Linear(hidden, hidden)  # Eq. 7
        self.to_value = nn.Linear(hidden, hidden)  # Eq. 8
        self.merge = nn.Linear(hidden, hidden)

    def _split(self, x: Tensor) -> Tensor:
        """(B, length, D) -> (B, H, length, D / H)"""
        return x.unflatten(-1, (self.heads, -1)).transpose(1, 2)

    def forward(self, x: Tensor, memory: Tensor, memory_mask: Tensor) -> tuple[Tensor, Tensor]:
        """Let every step of `x` ask `memory`.

        Args:
            x: (B, Q, D), which asks.
            memory: (B, K, D), which answers.
            memory_mask: (B, K).

        Returns:
            ΔH (B, Q, D) and the weights (B, H, Q, K).
        """
        context, weights = self.attend(
            self._split(self.to_query(x)),
            self._split(self.to_key(memory)),
            self._split(self.to_value(memory)),
            memory_mask[:, None, None, :],
            scale=self.scale,
            dropout=self.dropout if self.training else 0.0,
        )
        context = context.transpose(1, 2).flatten(2)  # (B, H, Q, D / H) -> (B, Q, D)
        return self.merge(context), weights


class AttentionBlock(nn.Module):
    """Attention, then feed-forward, each followed by its residual and LayerNorm.

    Eq. 11 to 14 when the memory is the other modality, Eq. 16 and 17 when it is the same one.
    """

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
        """Make the layers.

        Args:
            hidden: numbers per step, D.
            heads: a divisor of `hidden`.
            feedforward: width of the hidden layer of the feed-forward network.
            dropout: on the attention weights, inside the feed-forward network, and before each
                residual sum.
            full_scale: as in `MultiHead`.
            uniform: as in `MultiHead`.
        """
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
        self.norm_attention = nn.LayerNorm(hidden)
        self.norm_feedforward = nn.LayerNorm(hidden)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor, memory: Tensor, memory_mask: Tensor) -> tuple[Tensor, Tensor]:
        """Update `x` by what it finds in `memory`.

        Args:
            x: (B, Q, D).
            memory: (B, K, D).
            memory_mask: (B, K).

        Returns:
            The updated x (B, Q, D) and the weights (B, H, Q, K).
        """
        update, weights = self.attention(x, memory, memory_mask)
        x = self.norm_attention(x + self.dropout(update))  # Eq. 11, 12, 16
        x = self.norm_feedforward(x + self.dropout(self.feedforward(x)))  # Eq. 13, 14, 17
        return x, weights


@dataclass(frozen=True)
class ConvSizes:
    """Sizes of a `ConvBlock`, in frames.

    Attributes:
        kernel: width of the convolution.
        pool: width of the max-pooling.
        stride: from the start of one pooling window to the start of the next.
        same: pad the convolution, so that it gives as many frames as it gets; without, it gives
            kernel - 1 fewer.
    """

    kernel: int = 3
    pool: int = 3
    stride: int = 3
    same: bool = True


class ConvBlock(nn.Module):
    """Eq. 1: MaxPool(Conv1D(·)) over time.

    Padded frames are zero before the convolution and -inf before the pooling, so that neither can
    see them.
    """

    def __init__(
        self, inputs: int, hidden: int, sizes: ConvSizes, *, activation: nn.Module
    ) -> None:
        """Make the convolution.

        Args:
            inputs: numbers per frame, F.
            hidden: numbers per pooled frame, D.
            sizes: of the convolution and the pooling.
            activation: applied between the two.
        """
        super().__init__()
        self.conv = nn.Conv1d(inputs, hidden, sizes.kernel)
        self.activation, self.sizes = activation, sizes

    def forward(self, x: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """Convolve and pool.

        Args:
            x: (B, T, F).
            mask: (B, T).

        Returns:
            (B, T', D) and its mask (B, T'), T' = T / stride, rounded up.
        """
        sizes = self.sizes
        x = x.masked_fill(~mask[..., None], 0.0).transpose(1, 2)  # (B, T, F) -> (B, F, T)
        if sizes.same:
            x = F.pad(x, ((sizes.kernel - 1) // 2, sizes.kernel // 2))
        else:  # a window counts only if all its frames are real
            missing = max(0, sizes.kernel - x.shape[-1])
            x = F.pad(x, (0, missing))
            mask = F.pad(mask, (0, missing))[:, sizes.kernel - 1 :]
        x = self.activation(self.conv(x)).masked_fill(~mask[:, None], -math.inf)  # (B, D, T)
        # A window starts at every stride-th real frame, so the last one may reach past the end.
        x = F.pad(x, (0, sizes.pool - 1), value=-math.inf)
        x = F.max_pool1d(x, sizes.pool, sizes.stride)  # (B, D, T) -> (B, D, T')
        mask = mask[:, :: sizes.stride]  # (B, T) -> (B, T')
        return x.transpose(1, 2).masked_fill(~mask[..., None], 0.0), mask


class BiLSTMMean(nn.Module):
    """Eq. 2 and 3 (audio), 4 and 5 (text): a BiLSTM whose two directions are averaged.

    The backward direction reads each sequence mirrored by its own length. This gives what packed
    sequences give, without their cost on a CPU.
    """

    def __init__(self, inputs: int, hidden: int) -> None:
        """Make one LSTM per direction, from `inputs` to `hidden` numbers per step."""
        super().__init__()
        self.forwards = nn.LSTM(inputs, hidden, batch_first=True)
        self.backwards = nn.LSTM(inputs, hidden, batch_first=True)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """Read the sequence in both directions.

        Args:
            x: (B, T, F).
            mask: (B, T), real steps first.

        Returns:
            (B, T, D), zero on padding.
        """
        ahead, _ = self.forwards(x)
        back, _ = self.backwards(mirror(x, mask))
        return (ahead + mirror(back, mask)) / 2 * mask[..., None]


class LinearSteps(nn.Module):
    """A linear map of each step by itself, in place of a `BiLSTMMean`.

    It is not in the paper. A step then knows what it is, and nothing of its neighbours or its
    place.
    """

    def __init__(self, inputs: int, hidden: int) -> None:
        """Make the map, from `inputs` to `hidden` numbers per step."""
        super().__init__()
        self.map = nn.Linear(inputs, hidden)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """Map every step.

        Args:
            x: (B, T, F).
            mask: (B, T).

        Returns:
            (B, T, D), zero on padding.
        """
        return self.map(x) * mask[..., None]
