"""Functionals against NumPy, and the discrepancy against its definition."""

import numpy as np
import pytest
import torch

from mcsan_lite.features.functionals import FUNCTIONALS, audio_statistics, functionals
from mcsan_lite.models.baselines.liang import mmd


def padded(lengths, width=3, longest=12, seed=0):
    x = torch.from_numpy(
        np.random.default_rng(seed)
        .standard_normal((len(lengths), longest, width))
        .astype(np.float32)
    )
    return x, torch.arange(longest) < torch.tensor(lengths)[:, None]


@pytest.mark.parametrize("gradient", [False, True], ids=["NumPy's sort", "torch's sort"])
def test_as_numpy_has_them_and_padding_has_no_say(gradient):
    x, mask = padded([12, 5, 2])
    found = functionals(x.clone().requires_grad_(gradient), mask).detach()
    assert found.shape == (3, FUNCTIONALS * 3)
    for row, n, values in zip(found, (12, 5, 2), x.numpy(), strict=True):
        sides = [
            np.concatenate([y.mean(0), y.std(0), *np.percentile(y, (5, 25, 50, 75, 95), axis=0)])
            for y in (values[:n], np.diff(values[:n], axis=0))
        ]
        np.testing.assert_allclose(row.numpy(), np.concatenate(sides), atol=2e-6)


def test_no_frame_is_zeros_one_frame_is_itself_and_both_have_gradients():
    x, mask = padded([0, 1])
    x.requires_grad_()
    found = functionals(x, mask)
    assert not found[0].any()
    torch.testing.assert_close(found[1, :3], x[1, 0])  # mean
    torch.testing.assert_close(found[1, 6:9], x[1, 0])  # 5th percentile
    assert not found[1, FUNCTIONALS // 2 * 3 :].any()  # no change in one frame
    found.square().sum().backward()
    assert x.grad.isfinite().all() and x.grad[1, 0].any() and not x.grad[1, 1:].any()
    torch.testing.assert_close(functionals(x.detach()[:, :1], mask[:, :1]), found.detach())


def test_mmd_is_its_definition():
    x, y = torch.randn(4, 3, generator=torch.manual_seed(0)), torch.randn(6, 3) + 1
    joint = torch.cat((x, y))
    square = torch.cdist(joint, joint).square()
    base = square.sum() / (10 * 9)  # mean over pairs of different vectors

    def k(a, b):
        return np.mean(
            [
                sum(
                    np.exp(-float((p - q).square().sum() / (base * f)))
                    for f in (0.25, 0.5, 1, 2, 4)
                )
                for p in a
                for q in b
            ]
        )

    assert float(mmd(x, y)) == pytest.approx(k(x, x) + k(y, y) - 2 * k(x, y), abs=1e-5)


def test_mmd_sees_a_shift_and_not_an_order():
    x = torch.randn(40, 3, generator=torch.manual_seed(0))
    assert float(mmd(x, x.flip(0))) == pytest.approx(
        0, abs=1e-6
    )  # why a permuted batch is no negative example
    assert float(mmd(x, x + 2)) > float(mmd(x, x + 1)) > 0.1
    empty = x[:0].requires_grad_()
    mmd(empty, x).backward()
    assert mmd(empty, x) == 0


def test_statistics_by_hand():
    audio = np.array([[0.0, 5.0], [1.0, 5.0], [4.0, 5.0], [3.0, 5.0], [2.0, 5.0]])
    found = audio_statistics(audio).reshape(8, 2)
    np.testing.assert_allclose(found[:, 0], [2, 2**0.5, 0.2, 1, 2, 3, 3.8, 1.5])
    np.testing.assert_allclose(found[:, 1], [5, 0, 5, 5, 5, 5, 5, 0])
    assert np.isfinite(audio_statistics(audio[:1])).all() and audio_statistics(audio[:1]).shape == (
        16,
    )
    np.testing.assert_array_equal(
        audio_statistics(np.zeros((0, 2), np.float32)), np.zeros(16)
    )  # an utterance without clip
