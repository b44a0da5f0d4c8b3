"""Small trainings learn, and repeat themselves; frames are averaged; company is noticed."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from refusals import refusal
from torch import nn

from mcsan_lite.errors import DataError
from mcsan_lite.experiments.small.company import alone_and_together
from mcsan_lite.experiments.small.fitting import SmallTraining, train_small
from mcsan_lite.experiments.small.frames import coarse_frames


def of_lengths(make_features, *lengths):
    some = make_features(len(lengths))
    random = np.random.default_rng(5)
    return [
        replace(one, audio=random.standard_normal((length, 13)).astype(np.float32))
        for one, length in zip(some, lengths, strict=True)
    ]


def test_frames_are_averaged_within_the_utterance_alone(make_features):
    features = of_lengths(make_features, 9, 4, 1)
    x, mask = coarse_frames(features, 4)
    assert x.shape == (3, 3, 13) and mask.tolist() == [
        [True, True, True],
        [True, False, False],
        [True, False, False],
    ]
    first, second, third = (one.audio for one in features)
    np.testing.assert_allclose(x[0, 0], first[:4].mean(0), atol=1e-6)
    np.testing.assert_allclose(x[0, 2], first[8], atol=1e-6)  # a stretch of one real frame
    np.testing.assert_allclose(x[1, 0], second.mean(0), atol=1e-6)
    np.testing.assert_allclose(x[2, 0], third[0], atol=1e-6)
    assert not x[~mask].any()


@pytest.mark.parametrize(("lengths", "average"), [((), 4), ((5, 6), 0)])
def test_frames_of_nothing_are_refused(make_features, lengths, average):
    with pytest.raises(DataError, match="at least one of each"):
        coarse_frames(of_lengths(make_features, *lengths) if lengths else [], average)


def two_heaps(n=60):
    generator = torch.Generator().manual_seed(1)
    classes = torch.arange(n) % 2
    x = torch.randn(n, 3, generator=generator) + 2 * classes[:, None]
    return x, classes


def trained(settings, **options):
    x, classes = two_heaps()
    torch.manual_seed(2)
    network = nn.Linear(3, 2)
    losses = train_small(network, (x,), classes, settings, **options)
    return network, losses


def test_a_small_training_learns_and_repeats_itself():
    settings = SmallTraining(epochs=30, learning_rate=0.05, batch_size=16, seed=3)
    network, losses = trained(settings)
    x, classes = two_heaps()
    assert (network(x).argmax(1) == classes).float().mean() > 0.9
    assert len(losses) == 30 and losses[-1] < 0.5 * losses[0] and not network.training
    again, same = trained(settings)
    assert same == losses and torch.equal(again.weight, network.weight)
    _, others = trained(replace(settings, seed=4))
    assert others != losses


def test_loss_and_watcher_are_the_callers_own():
    seen = []

    def three(logits, classes):
        return 0 * logits.sum() + 3

    def watch(network):
        seen.append(network.training)

    _, losses = trained(SmallTraining(epochs=2), loss_of=three, on_epoch=watch)
    assert losses == [3, 3] and seen == [False, False]


def padded():
    mask = torch.tensor([[True] * 5, [True] * 3 + [False] * 2])
    x = torch.randn(2, 5, 3, generator=torch.Generator().manual_seed(0))
    return x * mask[..., None], mask


def test_company_is_noticed_where_padding_counts():
    def over_real(x, mask):
        return x.sum(1) / mask.sum(1, keepdim=True)

    def over_all(x, mask):
        return x.mean(1)

    x, mask = padded()
    alone, together = alone_and_together(over_real, x, mask)
    torch.testing.assert_close(alone, together)
    alone, together = alone_and_together(over_all, x, mask)
    assert alone.shape == together.shape == (2, 3)
    torch.testing.assert_close(alone[0], together[0])  # the longest has no padding
    torch.testing.assert_close(3 * alone[1], 5 * together[1])


@pytest.mark.parametrize("real", [[True, False, True, True, True], [False] * 5])
def test_a_mask_with_a_gap_or_without_a_frame_is_refused(real):
    x, mask = padded()
    mask[0] = torch.tensor(real)
    assert "real frames first" in refusal(lambda: alone_and_together(lambda x, mask: x, x, mask))
