"""Layers of the recurrent baselines: a GRU or LSTM that stops at the last real step, and one hop of
attention.

In: padded sequences (B, length, width) and their masks (B, length), True where a step is real, the
real steps first. Out: sequences, or one vector per utterance. None of them can see padding, and a
sequence without any real step gives zeros, never NaN.

Letters of the shapes as in `models.layers`.
"""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mcsan_lite.models.layers import attend, mirror


def pool_frames(x: Tensor, mask: Tensor, stride: int) -> tuple[Tensor, Tensor]:
    """Mean of the real frames among every `stride`.

    Args:
        x: (B, T, F).
        mask: (B, T).
        stride: frames per step.

    Returns:
        (B, T', F) and its mask (B, T'), T' = T / stride, rounded up.
    """
    if stride == 1:
        return x, mask
    missing = -x.shape[1] % stride
    groups = (-1, stride)
    real = F.pad(mask, (0, missing)).unflatten(1, groups)  # (B, T', stride)
    x = F.pad(x, (0, 0, 0, missing)).unflatten(1, groups)  # (B, T', stride, F)
    total = (x * real[..., None]).sum(2)  # (B, T', F)
    count = real.sum(2)  # (B, T')
    mean = total / count.clamp(min=1)[..., None]
    return mean, count > 0


def masked_mean(x: Tensor, mask: Tensor) -> Tensor:
    """Mean over the real steps.

    Args:
        x: (B, T, D).
        mask: (B, T).

    Returns:
        (B, D), zero where no step is real.
    """
    count = mask.sum(1, keepdim=True).clamp(min=1)
    total = (x * mask[..., None]).sum(1)
    return total / count


def last_real(x: Tensor, mask: Tensor) -> Tensor:
    """The last real step of each sequence.

    Args:
        x: (B, T, D).
        mask: (B, T), real steps first.

    Returns:
        (B, D), zero where no step is real.
    """
    last = (mask.sum(1) - 1).clamp(min=0)  # (B,)
    width = x.shape[-1]
    index = last[:, None, None].expand(-1, 1, width)  # (B, 1, D)
    state = x.gather(1, index)[:, 0]
    return state * mask.any(1, keepdim=True)


def affine(inputs: int, outputs: int) -> nn.Linear:
    """x W + b with the initial weights of S. Yoon's models: W from U(-.25, .25), b zero.

    Read in the published code of MDRE and AMH.

    Args:
        inputs: numbers per step before.
        outputs: numbers per step after.
    """
    layer = nn.Linear(inputs, outputs)
    nn.init.uniform_(layer.weight, -0.25, 0.25)
    nn.init.zeros_(layer.bias)
    return layer


class Recurrent(nn.Module):
    """One layer of GRU or LSTM in one or both directions, with dropout on its input only.

    Every gate has *one* bias vector, as in TensorFlow and in the equations; PyTorch's own layers
    carry two that only add up. Here the bias is the weight of a constant input of 1. One thing
    stays as PyTorch has it: the GRU's reset gate acts after the recurrent product, in TensorFlow
    before it.

    How the weights begin differs between libraries, and decides whether a GRU learns within a few
    epochs. "tensorflow": orthogonal, the candidate's bias at zero and those of the gates at one, so
    that a state is kept at first; so in the published code of MDRE and AMH. (Of an LSTM it is the
    forget gate.) "keras": the same with every bias at zero. "pytorch": all from
    U(-1/√hidden, 1/√hidden).

    The backward direction reads each sequence mirrored by its own length. This gives what packed
    sequences give, without their cost on a CPU.

    Attributes:
        width: numbers per state, of both directions together.
    """

    def __init__(
        self,
        inputs: int,
        hidden: int,
        *,
        cell: Literal["gru", "lstm"] = "gru",
        both: bool = False,
        dropout: float = 0.0,
        start: Literal["tensorflow", "keras", "pytorch"] = "tensorflow",
    ) -> None:
        """Make the layer.

        Args:
            inputs: numbers per step, F.
            hidden: numbers per state and direction.
            cell: the kind of recurrent unit.
            both: read in both directions.
            dropout: on the input.
            start: whose first weights it has.
        """
        super().__init__()
        kind = {"gru": nn.GRU, "lstm": nn.LSTM}[cell]
        directions = 2 if both else 1
        self.forwards = kind(inputs + 1, hidden, bias=False, batch_first=True)
        self.backwards = None
        if both:
            self.backwards = kind(inputs + 1, hidden, bias=False, batch_first=True)
        self.width = hidden * directions
        self.dropout = nn.Dropout(dropout)
        if start == "pytorch":
            return
        for weight in self.parameters():
            nn.init.orthogonal_(weight)
        kept_open = {"gru": slice(0, 2 * hidden), "lstm": slice(hidden, 2 * hidden)}[cell]
        for direction in (self.forwards, self.backwards):
            if direction is not None:
                bias = direction.weight_ih_l0[:, -1]
                nn.init.zeros_(bias)
                if start == "tensorflow":
                    nn.init.ones_(bias[kept_open])

    def forward(self, x: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """Read the sequence.

        Args:
            x: (B, T, F).
            mask: (B, T).

        Returns:
            All states (B, T, width), zero on padding, and the final one (B, width). With both
            directions the final state joins that of each after its own last step: forward at the
            last frame, backward at the first.
        """
        x = F.pad(self.dropout(x), (0, 1), value=1.0)  # (B, T, F + 1)
        real = mask[..., None]  # (B, T, 1)
        ahead, _ = self.forwards(x)
        ahead = ahead * real
        final = last_real(ahead, mask)
        if self.backwards is None:
            return ahead, final
        back, _ = self.backwards(mirror(x, mask))
        back = mirror(back, mask) * real
        states = torch.cat((ahead, back), -1)
        final = torch.cat((final, back[:, 0]), -1)
        return states, final


class Hop(nn.Module):
    """A summary of the utterance asks a sequence: q = c W + b; α = softmax of q · h; Σ α h.

    The scores are not scaled, as in the published code of AMH.
    """

    def __init__(self, context: int, width: int) -> None:
        """Make the query's map from `context` to `width` numbers."""
        super().__init__()
        self.query = affine(context, width)

    def forward(self, context: Tensor, states: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """Ask once.

        Args:
            context: (B, C), which asks.
            states: (B, K, D), which answer.
            mask: (B, K).

        Returns:
            The answer (B, D), and the map (B, 1, 1, K), detached.
        """
        query = self.query(context)[:, None]  # (B, 1, D)
        answer, weights = attend(query, states, states, mask[:, None], scale=1.0)
        return answer[:, 0], weights[:, None].detach()
