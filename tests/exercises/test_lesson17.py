"""Checks of lesson 17: each passes its solution, and gives each mistake its own hint."""

import numpy as np
import pytest
from notebook_solutions import solution

from mcsan_lite.exercises import lesson17

LESSON = "17_your_own_voice"
CHECKS = {
    "calibration": "my_ece",
    "soften": "soften",
    "noisy": "noisy",
    "defensible": "answer_letters",
}


@pytest.mark.parametrize(("number", "check"), list(enumerate(CHECKS, 1)))
def test_the_solution_of_the_notebook_passes(number, check, capsys):
    space = solution(LESSON, number)
    capsys.readouterr()
    assert getattr(lesson17, check)(space[CHECKS[check]])
    assert capsys.readouterr().out == f"✓ {check}: right.\n"


def unsolved(*_):
    raise NotImplementedError


@pytest.mark.parametrize("check", CHECKS)
def test_an_open_exercise_is_not_solved_yet(check, capsys):
    assert not getattr(lesson17, check)(... if check == "defensible" else unsolved)
    assert "not solved yet" in capsys.readouterr().out


def binned(price, edge=lambda bin_of, bins: np.minimum(bin_of, bins - 1)):
    """An ECE whose last line is `price(gaps, counts, bins)`."""

    def ece(confidence, right, bins):
        bin_of = edge((confidence * bins).astype(int), bins)
        full = np.unique(bin_of)
        gaps = [right[bin_of == b].mean() - confidence[bin_of == b].mean() for b in full]
        return price(np.array(gaps), np.array([(bin_of == b).sum() for b in full]), bins)

    return ece


def right_price(gaps, counts, bins):
    return (np.abs(gaps) * counts).sum() / counts.sum()


def softmax(x):
    powers = np.exp(x - x.max(-1, keepdims=True))
    return powers / powers.sum(-1, keepdims=True)


def scaled(factor):
    """Noise times the root of `factor(power of signal, of noise, ratio)`."""

    def noisy(signal, noise, snr_db):
        power, noise_power = np.mean(signal**2), np.mean(noise**2)
        return signal + noise * np.sqrt(factor(power, noise_power, 10 ** (snr_db / 10)))

    return noisy


def right_noise(power, noise_power, ratio):
    return power / noise_power / ratio


def another_noise(signal, noise, snr_db):
    return scaled(right_noise)(signal, np.roll(noise, 7), snr_db)


def fitted(lengthen):
    """The right noise, made as long as the signal by `lengthen(noise, length)`."""
    return lambda s, n, d: scaled(right_noise)(s, lengthen(n, len(s)), d)


def silence_after(noise, length):
    return np.pad(noise, (0, length - len(noise)))


def power_of_the_short_one(signal, noise, snr_db):
    power = np.mean(signal**2) / np.mean(noise**2) / 10 ** (snr_db / 10)
    return signal + np.resize(noise, len(signal)) * np.sqrt(power)


def cut_to_the_noise(signal, noise, snr_db):
    return scaled(right_noise)(signal[: len(noise)], noise, snr_db)


def in_bins_of(edges, side="left"):
    """An ECE with np.digitize; `edges(bins)` are the lower ones of all bins."""

    def ece(confidence, right, bins):
        bin_of = np.digitize(confidence, edges(bins), right=side == "right") - 1
        total = 0.0
        for one in np.unique(bin_of):
            inside = bin_of == one
            total += inside.sum() * abs(right[inside].mean() - confidence[inside].mean())
        return total / len(right)

    return ece


WRONG = [
    ("calibration", lambda c, r, b: np.abs(r - c).mean(), "no bins here"),
    ("calibration", lambda c, r, b: abs(r.mean() - c.mean()), "cancel each other"),
    ("calibration", binned(lambda g, n, b: (g * n).sum() / n.sum()), "lost their absolute value"),
    ("calibration", binned(lambda g, n, b: np.abs(g).mean()), "each bin counts alike"),
    ("calibration", binned(lambda g, n, b: np.abs(g).sum() / b), "empty bins count"),
    ("calibration", binned(lambda g, n, b: np.abs(g).max()), "the largest gap (MCE)"),
    ("calibration", binned(lambda g, n, b: (g**2 * n).sum() / n.sum()), "are squared"),
    ("calibration", binned(lambda g, n, b: (np.abs(g) * n).sum()), "divide by the number"),
    ("calibration", binned(right_price, lambda bin_of, bins: bin_of), "confidence of exactly 1"),
    ("calibration", lambda c, r, b: binned(right_price)(c, r, 4), "right for four bins, not"),
    ("calibration", in_bins_of(lambda bins: np.linspace(0, 1, bins + 1)), "exactly 1"),
    ("calibration", in_bins_of(lambda bins: np.arange(bins) / bins, "right"), "on an edge"),
    ("soften", lambda p, t: p / t / (p / t).sum(-1, keepdims=True), "nothing changed"),
    ("soften", lambda p, t: softmax(t * np.log(p)), "the wrong way round"),
    ("soften", lambda p, t: softmax(p / t), "probabilities in place of logits"),
    ("soften", lambda p, t: p ** (1 / t), "do not add up to 1"),
    ("soften", lambda p, t: p / t, "probabilities are no logits"),
    ("soften", lambda p, t: p / t + (1 - 1 / t) / 4, "mixes in a uniform answer"),
    ("soften", lambda p, t: p ** (1 / t) / (p ** (1 / t)).sum(), "all rows together"),
    ("soften", lambda p, t: softmax(np.log(p) / t)[0], "the shape is"),
    ("soften", lambda p, t: softmax(np.log(p) / t**2), "the numbers differ"),
    ("noisy", lambda s, n, d: s + n, "as loud as it came"),
    ("noisy", scaled(lambda p, n, ratio: p / n * ratio), "the sign is turned"),
    ("noisy", scaled(lambda p, n, ratio: (p / n / ratio) ** 2), "a root is missing"),
    ("noisy", scaled(lambda p, n, ratio: p / n / np.sqrt(ratio)), "20 dB per factor of ten"),
    ("noisy", scaled(lambda p, n, ratio: p / ratio), "was taken for 1"),
    ("noisy", scaled(lambda p, n, ratio: 400 * p / n / ratio), "a sum against a mean"),
    (
        "noisy",
        lambda s, n, d: s + n * np.abs(s).max() / np.abs(n).max() / 10 ** (d / 20),
        "peaks were compared",
    ),
    ("noisy", lambda s, n, d: scaled(right_noise)(s, n, d) - s, "the signal itself is gone"),
    ("noisy", scaled(lambda p, n, ratio: 2 * p / n / ratio), "asked for 6 dB, measured 2.99"),
    ("noisy", another_noise, "another noise than the given one"),
    ("noisy", lambda s, n, d: s[:3], "the shape is"),
    ("noisy", scaled(right_noise), "shorter than the signal cannot be added yet"),
    ("noisy", cut_to_the_noise, "150 of 400 samples come out"),
    ("noisy", fitted(silence_after), "the signal goes on without any"),
    ("noisy", power_of_the_short_one, "the power is that of the short noise"),
    (
        "noisy",
        fitted(lambda n, length: np.repeat(n, 3)[:length] if len(n) < length else n),
        "shorter than the signal: the SNR is right, but what was added is another noise",
    ),
    ("defensible", {"a", "b", "d"}, "turns no answer"),
    ("defensible", {"b", "c", "d"}, "not measured"),
    ("defensible", ["e"], "not that the answer is right"),
    ("defensible", {"b", "d", "g"}, "do not compare features"),
    ("defensible", {"b", "d"}, "1 more can be defended"),
    ("defensible", {"x"}, "letters from a to g"),
    ("defensible", "bdf", "a set of three letters"),
]


@pytest.mark.parametrize(
    ("check", "wrong", "hint"), WRONG, ids=[f"{c}-{h[:30]}" for c, _, h in WRONG]
)
def test_a_wrong_solution_gets_its_hint(check, wrong, hint, capsys):
    assert not getattr(lesson17, check)(wrong)
    assert hint in capsys.readouterr().out


def test_other_right_solutions_pass_too():
    def by_loop(confidence, right, bins):
        total = 0.0
        for low in range(bins):
            last = low == bins - 1
            inside = (confidence * bins >= low) & ((confidence * bins < low + 1) | last)
            if inside.any():
                total += abs((right[inside] - confidence[inside]).sum())
        return total / len(right)

    def with_tiles(noise, length):
        return np.tile(noise, -(-length // len(noise)))[:length]

    assert lesson17.calibration(by_loop)
    assert lesson17.calibration(in_bins_of(lambda bins: np.linspace(0, 1, bins + 1)[:-1]))
    assert lesson17.soften(lambda prob, temperature: softmax(np.log(prob) / temperature))
    assert lesson17.noisy(fitted(with_tiles))
    assert lesson17.defensible(["B", "f ", "d"])
