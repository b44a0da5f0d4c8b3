"""The padding contract in small: does an utterance get another answer when it is not alone?

In: a function of padded sequences and their mask. Out: what it gives for every utterance alone, and
for all of them in one padded batch. A test of every model of the package asks the same.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from mcsan_lite.errors import DataError


def alone_and_together(
    function: Callable[[Tensor, Tensor], Tensor], x: Tensor, mask: Tensor
) -> tuple[Tensor, Tensor]:
    """What a function gives for N utterances one by one, and for all of them at once.

    Args:
        function: takes x (B, T, F) and mask (B, T), and gives (B, …). Where it is a network, it
            should be in eval mode.
        x: (N, T, F), padded at the end of each utterance.
        mask: (N, T), True where a frame is real.

    Returns:
        Alone (N, …), each utterance without its padding, and together (N, …).

    Raises:
        DataError: where a mask has a gap, or no real frame at all.
    """
    lengths = mask.sum(1).tolist()
    whole = torch.arange(mask.shape[1]) < mask.sum(1, keepdim=True)  # (N, T)
    if min(lengths, default=0) < 1 or not torch.equal(whole, mask):
        raise DataError(
            f"a mask {tuple(mask.shape)} with gaps, or with utterances that have no frame",
            "real frames first, then padding, and at least one real frame in each utterance",
            "take the mask that mc.collate makes.",
        )
    with torch.no_grad():
        one_by_one = []
        for i, length in enumerate(lengths):
            one_by_one.append(function(x[i : i + 1, :length], mask[i : i + 1, :length]))
        return torch.cat(one_by_one), function(x, mask)
