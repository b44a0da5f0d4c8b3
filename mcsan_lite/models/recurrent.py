"""Bricks of the recurrent baselines: GRU and LSTM that stop at the last real step, and one hop of attention.

Shapes as in layers.py: B batch · T MFCC frames · L words · K keys · D hidden. Masks are (B, length), True where real, real
steps first. Nothing here can see padding, and a sequence without any real step gives zeros, never NaN.
"""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mcsan_lite.models.layers import attend


def at_least_one(**sizes: int) -> None:
    """Raises ValueError for a size below 1."""
    for name, size in sizes.items():
        if size < 1:
            raise ValueError(f"Given: {name}={size}. Expected: at least 1. Do: change {name}.")


def pool_frames(x: Tensor, mask: Tensor, stride: int) -> tuple[Tensor, Tensor]:
    """Mean of the real frames among every `stride`: (B, T, F), (B, T) -> (B, T', F), (B, T'), T' = T / stride rounded up."""
    if stride == 1:
        return x, mask
    lack = -x.shape[1] % stride
    groups = F.pad(mask, (0, lack)).unflatten(1, (-1, stride))  # (B, T', stride)
    x = F.pad(x, (0, 0, 0, lack)).unflatten(1, (-1, stride))  # (B, T', stride, F)
    count = groups.sum(2)
    return (x * groups[..., None]).sum(2) / count.clamp(min=1)[..., None], count > 0


def masked_softmax(scores: Tensor, mask: Tensor) -> Tensor:
    """Over the last axis; `mask` broadcasts to `scores`. Zeros on padding, and a row of zeros where no key is real."""
    return scores.masked_fill(~mask, torch.finfo(scores.dtype).min).softmax(-1) * mask


def masked_mean(x: Tensor, mask: Tensor) -> Tensor:
    """(B, T, D) -> (B, D) over real steps; zero where none is."""
    return (x * mask[..., None]).sum(1) / mask.sum(1, keepdim=True).clamp(min=1)


def last_real(x: Tensor, mask: Tensor) -> Tensor:
    """(B, T, D) -> (B, D), the last real step of each; zero where none is."""
    at = (mask.sum(1) - 1).clamp(min=0)[:, None, None].expand(-1, 1, x.shape[-1])  # (B, 1, D)
    return x.gather(1, at)[:, 0] * mask.any(1, keepdim=True)


def mirror(x: Tensor, mask: Tensor) -> Tensor:
    """Each sequence reversed by its own length, padding where it was. Twice is the original."""
    steps = torch.arange(x.shape[1], device=x.device).expand(mask.shape)
    back = torch.where(
        mask, mask.sum(1, keepdim=True) - 1 - steps, steps
    )  # frame t <-> frame length - 1 - t
    return x.gather(1, back[..., None].expand(-1, -1, x.shape[-1]))


def affine(inputs: int, outputs: int) -> nn.Linear:
    """x W + b as the Yoon family starts it: W from U(-.25, .25), b zero (read in the MDRE and AMH code)."""
    layer = nn.Linear(inputs, outputs)
    nn.init.uniform_(layer.weight, -0.25, 0.25)
    nn.init.zeros_(layer.bias)
    return layer


class Recurrent(nn.Module):
    """One layer of GRU or LSTM, one or both directions, with dropout on its input only.

    Every gate has *one* bias vector, as in TensorFlow and in the equations; PyTorch's own layers carry two that only add
    up. Here it is the weight of a constant input of 1. Still PyTorch's: the GRU's reset gate acts behind the recurrent
    product, in TensorFlow before it. Starts orthogonal (read in the MDRE and AMH code), bias zero.

    The backward direction reads each sequence reversed by its own length, which gives what packed sequences give without
    their cost on a CPU.
    """

    def __init__(
        self,
        inputs: int,
        hidden: int,
        *,
        cell: Literal["gru", "lstm"] = "gru",
        both: bool = False,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        kind = {"gru": nn.GRU, "lstm": nn.LSTM}[cell]
        self.forwards = kind(inputs + 1, hidden, bias=False, batch_first=True)
        self.backwards = kind(inputs + 1, hidden, bias=False, batch_first=True) if both else None
        self.width, self.dropout = hidden * (1 + both), nn.Dropout(dropout)
        for weight in self.parameters():
            nn.init.orthogonal_(weight)
        for direction in filter(None, (self.forwards, self.backwards)):
            nn.init.zeros_(direction.weight_ih_l0[:, -1])

    def forward(self, x: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """x (B, T, F), mask (B, T) -> all states (B, T, width), zero on padding, and the final one (B, width).

        With both directions the final state is that of each direction behind its own last step: [forward at the last
        frame; backward at the first].
        """
        x = F.pad(self.dropout(x), (0, 1), value=1.0)  # (B, T, F + 1)
        states = self.forwards(x)[0] * mask[..., None]
        final = last_real(states, mask)
        if self.backwards is None:
            return states, final
        back = mirror(self.backwards(mirror(x, mask))[0], mask) * mask[..., None]
        return torch.cat((states, back), -1), torch.cat((final, back[:, 0]), -1)


class Hop(nn.Module):
    """q = c W + b; α = softmax over real steps of q · h; Σ α h: a summary asks a sequence. Unscaled, as in the AMH code."""

    def __init__(self, context: int, width: int) -> None:
        super().__init__()
        self.query = affine(context, width)

    def forward(self, context: Tensor, states: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """context (B, C), states (B, K, D), mask (B, K) -> what it found (B, D) and the map (B, 1, 1, K)."""
        found, weights = attend(
            self.query(context)[:, None], states, states, mask[:, None], scale=1.0
        )
        return found[:, 0], weights[:, None].detach()
