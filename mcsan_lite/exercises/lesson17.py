"""Checks of lesson 17: calibration, temperature, noise at an SNR, and what may be claimed.

Each exercise is done on numbers where no two mistakes give the same answer.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from mcsan_lite.exercises.exercise import exercise, hint_for, three_letters


def _gaps(confidence: np.ndarray, right: np.ndarray, bins: int) -> tuple[np.ndarray, np.ndarray]:
    """Accuracy less confidence of every full bin, and how many utterances it has."""
    bin_of = np.minimum((confidence * bins).astype(int), bins - 1)
    full = np.unique(bin_of)
    gaps = [right[bin_of == one].mean() - confidence[bin_of == one].mean() for one in full]
    return np.array(gaps), np.array([(bin_of == one).sum() for one in full])


def _ece_mistakes(
    confidence: np.ndarray, right: np.ndarray, bins: int
) -> Iterator[tuple[float, str]]:
    """What mistakes in E17.1 give, and their hints."""
    gaps, counts = _gaps(confidence, right, bins)
    shares = counts / counts.sum()
    yield (
        np.abs(right - confidence).mean(),
        "there are no bins here: one answer is right or wrong, never 70 % right. Compare means.",
    )
    for over_all in (1, -1) * np.array(right.mean() - confidence.mean()):
        yield (
            over_all,
            "bins that are too sure and bins that are not cancel each other. Either there are no "
            "bins, or the gaps lost their absolute value.",
        )
    yield (
        np.abs(gaps).mean(),
        "each bin counts alike. Weigh it by how many answers it holds.",
    )
    yield np.abs(gaps).sum() / bins, "empty bins count as perfect here. Weigh bins by their n."
    yield np.abs(gaps).max(), "this is the largest gap (MCE). The ECE is their weighted mean."
    yield (gaps**2 * shares).sum(), "the gaps are squared. Take their absolute value."
    yield (np.abs(gaps) * counts).sum(), "divide by the number of answers."


@exercise
def calibration(student) -> str | None:
    """E17.1: student(confidence (N,), right (N,) bool, bins) -> ECE."""
    rng = np.random.default_rng(17)
    confidence = rng.uniform(0.4, 1.0, 60)
    confidence[:4] = (0.5, 1.0, 0.75, 0.25)  # on the edges of four bins, exact in binary
    middle = (confidence > 0.5) & (confidence < 0.75)
    right = rng.random(60) < np.where(middle, 0.3, 0.95)  # one bin too sure, the others not
    right[:4] = True, False, True, False  # in a wrong bin, each changes the ECE
    found = float(student(confidence.copy(), right.copy(), 4))
    gaps, counts = _gaps(confidence, right, 4)
    expected = float((np.abs(gaps) * counts).sum() / counts.sum())
    if hint := hint_for(found, _ece_mistakes(confidence, right, 4), np.isclose):
        return hint
    if not np.isclose(found, expected):
        return (
            f"{found:.4f} instead of {expected:.4f}: which bin has a confidence of exactly 1, and "
            "which one a confidence on an edge?"
        )
    few = float(student(confidence.copy(), right.copy(), 2))
    gaps, counts = _gaps(confidence, right, 2)
    if not np.isclose(few, (np.abs(gaps) * counts).sum() / counts.sum()):
        return "right for four bins, not for two: use the argument `bins`."
    return None


def _softmax(logits: np.ndarray) -> np.ndarray:
    powers = np.exp(logits - logits.max(-1, keepdims=True))
    return powers / powers.sum(-1, keepdims=True)


def _soft_mistakes(prob: np.ndarray, temperature: float) -> Iterator[tuple[np.ndarray, str]]:
    """What mistakes in E17.2 give, and their hints."""
    yield prob, "nothing changed: dividing probabilities and sharing them out again cancels."
    yield (
        _softmax(temperature * np.log(prob)),
        "the wrong way round: a temperature above 1 divides the logits, and softens.",
    )
    yield (
        _softmax(prob / temperature),
        "these are probabilities in place of logits. Their logarithm comes first.",
    )
    yield (
        prob ** (1 / temperature),
        "the rows do not add up to 1: share them out again.",
    )
    yield prob / temperature, "the rows do not add up to 1, and probabilities are no logits."
    uniform = np.full_like(prob, 1 / prob.shape[-1])
    yield (
        prob / temperature + uniform * (1 - 1 / temperature),
        "this mixes in a uniform answer. A temperature divides the logits.",
    )
    powers = prob ** (1 / temperature)
    yield powers / powers.sum(), "all rows together add up to 1. Share out each row: axis -1."


@exercise
def soften(student) -> str | None:
    """E17.2: student(prob (N, C), temperature) -> (N, C) at that temperature."""
    prob = np.random.default_rng(18).dirichlet((1, 2, 3, 4), 5)
    for temperature in (2.0, 0.5):
        found = np.asarray(student(prob.copy(), temperature), float)
        if found.shape != prob.shape:
            return f"the shape is {found.shape}; expected {prob.shape}."
        if hint := hint_for(found, _soft_mistakes(prob, temperature), np.allclose):
            return hint
        if not np.allclose(found, _softmax(np.log(prob) / temperature)):
            return "the numbers differ: softmax of the logarithm, divided by the temperature."
    return None


def _noise_mistakes(
    signal: np.ndarray, noise: np.ndarray, snr_db: float
) -> Iterator[tuple[np.ndarray, str]]:
    """What mistakes in E17.3 give, and their hints."""
    power, noise_power = np.mean(signal**2), np.mean(noise**2)
    factor = 10 ** (snr_db / 10)
    yield signal + noise, "the noise is as loud as it came: scale it to the SNR."
    yield (
        signal + noise * np.sqrt(power / noise_power * factor),
        "the sign is turned: at a higher SNR there must be less noise.",
    )
    yield (
        signal + noise * (power / noise_power / factor),
        "power grows with the square of an amplitude: a root is missing.",
    )
    yield (
        signal + noise * np.sqrt(power / noise_power / 10 ** (snr_db / 20)),
        "20 dB per factor of ten is for amplitudes. These are powers: 10.",
    )
    yield (
        signal + noise * np.sqrt(power / factor),
        "the noise's own power was taken for 1. Divide by np.mean(noise ** 2).",
    )
    yield (
        signal + noise * np.sqrt(np.sum(signal**2) / noise_power / factor),
        "a sum against a mean: take the mean square of both.",
    )
    yield (
        signal + noise * np.abs(signal).max() / np.abs(noise).max() / np.sqrt(factor),
        "peaks were compared. An SNR compares powers, that is mean squares.",
    )
    yield noise * np.sqrt(power / noise_power / factor), "the signal itself is gone: add both."


@exercise
def noisy(student) -> str | None:
    """E17.3: student(signal (S,), noise (N,), snr_db) -> (S,) at that SNR.

    A noise that is shorter than the signal starts again from its beginning.
    """
    rng = np.random.default_rng(19)
    signal = 0.2 * np.sin(np.arange(400) / 5) * rng.uniform(0.2, 1, 400)
    noise = 3 * rng.standard_normal(400)
    for snr_db in (6.0, -3.0):
        found = np.asarray(student(signal.copy(), noise.copy(), snr_db), float)
        if mistake := _wrong_noise(found, signal, noise, snr_db):
            return mistake
    return _wrong_loop(student, signal, noise[:150] * np.linspace(0.5, 1.5, 150))


def _wrong_noise(
    found: np.ndarray, signal: np.ndarray, noise: np.ndarray, snr_db: float
) -> str | None:
    """The mistake in a signal with noise that is as long as the signal, or None."""
    if found.shape != signal.shape:
        return f"the shape is {found.shape}; expected {signal.shape}."
    if hint := hint_for(found, _noise_mistakes(signal, noise, snr_db), np.allclose):
        return hint
    left = np.mean((found - signal) ** 2)
    measured = 10 * np.log10(np.mean(signal**2) / left) if left else np.inf
    if not np.isclose(measured, snr_db, atol=1e-6):
        return f"asked for {snr_db:g} dB, measured {measured:.2f} dB."
    if abs(np.corrcoef(found - signal, noise)[0, 1]) < 0.999:
        return "the SNR is right, but what was added is another noise than the given one."
    return None


def _wrong_loop(student, signal: np.ndarray, short: np.ndarray) -> str | None:
    """The mistake where the noise is shorter than the signal, or None."""
    again = "let it start again from its beginning, until the signal ends."
    try:
        found = np.asarray(student(signal.copy(), short.copy(), 6.0), float)
    except ValueError:
        return f"a noise that is shorter than the signal cannot be added yet: {again}"
    if found.shape != signal.shape:
        return f"with a shorter noise, {found.size} of {len(signal)} samples come out: {again}"
    added, looped = found - signal, np.resize(short, len(signal))
    if not added[len(short) :].any():
        return f"where a shorter noise ends, the signal goes on without any: {again}"
    too_early = looped * np.sqrt(np.mean(signal**2) / np.mean(short**2) / 10**0.6)
    if np.allclose(added, too_early):
        return (
            "the power is that of the short noise. What is heard is the noise as it starts again: "
            "make it as long as the signal first, and then take its mean square."
        )
    mistake = _wrong_noise(found, signal, looped, 6.0)
    return f"with a noise that is shorter than the signal: {mistake}" if mistake else None


_CLAIMS = {
    "a": "a temperature turns no answer, so accuracy stays as it was.",
    "c": "the network was calibrated on generated speech. On people its percentages are not "
    "measured, whatever the calibration here.",
    "e": "“like” says that clips of this sort were seen, not that the answer is right.",
    "g": "published scores with other classes, splits or metrics do not compare features.",
}


@exercise
def defensible(student) -> str | None:
    """E17.4: the letters of the three sentences that this lesson supports."""
    return three_letters(
        student, "bdf", _CLAIMS, "look for sentences that name what was measured, and where."
    )
