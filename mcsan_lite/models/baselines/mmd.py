"""How far two sets of vectors are from one distribution: A. Gretton et al., "A Kernel Two-Sample Test", JMLR 2012."""

from __future__ import annotations

import torch
from torch import Tensor


def mmd(x: Tensor, y: Tensor) -> Tensor:
    """Squared maximum mean discrepancy of x (N, D) and y (M, D), the biased estimate; zero where one of them is empty.

    Five Gaussian kernels are summed, each bandwidth twice the one before, the middle one the mean squared distance of all
    N + M vectors: all of it read in the code of Liang et al.'s co-author.
    """
    if not len(x) or not len(y):
        return 0 * (x.sum() + y.sum())
    joint, n = torch.cat((x, y)), len(x)
    square = joint.square().sum(1)
    distance = (square[:, None] + square - 2 * joint @ joint.T).clamp(min=0)
    base = distance.detach().sum() / (len(joint) * (len(joint) - 1)) + 1e-12
    k = sum(torch.exp(-distance / (base * 2.0**i)) for i in (-2, -1, 0, 1, 2))
    return k[:n, :n].mean() + k[n:, n:].mean() - 2 * k[:n, n:].mean()
