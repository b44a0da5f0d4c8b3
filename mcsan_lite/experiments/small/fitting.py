"""A training loop of a few lines, for networks that learn in seconds.

In: a network, its inputs as tensors with one row per utterance, and their classes. Out: the network
is trained in place; the loss of every epoch comes back. The real loop is `training.loop.fit`; this
one takes any loss, right or wrong, because lesson 16 needs wrong ones.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn


@dataclass(frozen=True)
class SmallTraining:
    """Settings of a small training.

    Attributes:
        epochs: how often every utterance is seen.
        learning_rate: of Adam.
        batch_size: utterances per step.
        seed: orders the batches. Seed torch before you build the network.
    """

    epochs: int = 15
    learning_rate: float = 3e-3
    batch_size: int = 32
    seed: int = 0


def train_small(
    network: nn.Module,
    inputs: Sequence[Tensor],
    classes: Tensor,
    settings: SmallTraining = SmallTraining(),
    *,
    loss_of: Callable[[Tensor, Tensor], Tensor] = nn.functional.cross_entropy,
    on_epoch: Callable[[nn.Module], None] | None = None,
) -> list[float]:
    """Train a network in place and leave it in eval mode, at its last epoch.

    Args:
        network: called with one batch of every input; it gives (B, C).
        inputs: tensors of N rows each, such as frames (N, T, F) and their mask (N, T).
        classes: (N,) class numbers.
        settings: of the training.
        loss_of: takes what the network gives, (B, C), and classes (B,), and gives a scalar.
        on_epoch: called with the network, in eval mode, after every epoch.

    Returns:
        The mean loss per utterance of every epoch.
    """
    order = torch.Generator().manual_seed(settings.seed)
    optimizer = torch.optim.Adam(network.parameters(), lr=settings.learning_rate)
    losses = []
    for _ in range(settings.epochs):
        network.train()
        total = 0.0
        for rows in torch.randperm(len(classes), generator=order).split(settings.batch_size):
            given = [one[rows] for one in inputs]
            loss = loss_of(network(*given), classes[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item() * len(rows)
        losses.append(total / len(classes))
        network.eval()
        if on_epoch:
            on_epoch(network)
    return losses
