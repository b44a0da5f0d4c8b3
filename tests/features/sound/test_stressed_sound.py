"""What is done to a recording is as strong as it says: measured on the samples that come out."""

import numpy as np
import pytest
from sounds import RATE, tone

from mcsan_lite.features.extraction import mfcc
from mcsan_lite.features.sound import stressed

EVERY = (
    (stressed.with_white_noise, 10),
    (stressed.with_speech_noise, 10),
    (stressed.with_gain, -12),
    (stressed.clipped, 0.1),
    (stressed.band_limited, 3400),
    (stressed.reverberated, 0.5),
    (stressed.between_silences, 0.25),
)


def rng(seed=0):
    return np.random.default_rng(seed)


def power(signal):
    return float(np.mean(np.square(signal, dtype=np.float64)))


def in_db(ratio):
    return 10 * np.log10(ratio)


def band_power(signal, low, high):
    """The power between two frequencies."""
    spectrum = np.abs(np.fft.rfft(signal)) ** 2
    hertz = np.fft.rfftfreq(len(signal), 1 / RATE)
    return float(spectrum[(hertz >= low) & (hertz < high)].sum())


@pytest.mark.parametrize(("change", "level"), EVERY, ids=[c.__name__ for c, _ in EVERY])
def test_the_given_signal_stays_and_a_seed_decides(change, level):
    signal = tone()
    before = signal.copy()
    first, again = change(signal, RATE, level, rng()), change(signal, RATE, level, rng())
    np.testing.assert_array_equal(signal, before)
    np.testing.assert_array_equal(first, again)
    assert first.dtype == np.float32 and np.isfinite(first).all()
    assert not np.array_equal(first[: len(signal)], signal)


@pytest.mark.parametrize(("change", "level"), EVERY, ids=[c.__name__ for c, _ in EVERY])
@pytest.mark.parametrize("samples", [1, 5, 100])
def test_a_very_short_signal_and_silence_are_no_trouble(change, level, samples):
    for signal in (tone()[:samples], np.zeros(samples, np.float32)):
        found = change(signal, RATE, level, rng())
        assert np.isfinite(found).all() and len(found) >= samples


@pytest.mark.parametrize("change", [stressed.with_white_noise, stressed.with_speech_noise])
@pytest.mark.parametrize("snr_db", [30, 0, -5])
def test_noise_has_the_stated_snr(change, snr_db):
    signal = tone()
    noise = change(signal, RATE, snr_db, rng()).astype(float) - signal
    assert in_db(power(signal) / power(noise)) == pytest.approx(snr_db, abs=0.05)


def test_white_noise_is_white_and_speech_noise_is_where_the_signal_is():
    signal = tone(hertz=400)
    white = stressed.with_white_noise(signal, RATE, 0, rng()) - signal
    alike = stressed.with_speech_noise(signal, RATE, 0, rng()) - signal
    low, high = (0, 1000), (1000, 8000)
    assert band_power(white, *high) / band_power(white, *low) == pytest.approx(7, rel=0.2)
    share = band_power(signal, *low) / band_power(signal, 0, 8000)
    assert band_power(alike, *low) / band_power(alike, 0, 8000) == pytest.approx(share, abs=0.01)


def test_gain_moves_the_level_and_the_first_coefficient_alone():
    signal = tone()
    softer = stressed.with_gain(signal, RATE, -12, rng())
    assert in_db(power(softer) / power(signal)) == pytest.approx(-12, abs=0.01)
    moved = mfcc(softer) - mfcc(signal)
    assert np.ptp(moved[:, 0]) < 0.01 and abs(moved[0, 0]) > 50  # every frame by the same number
    assert np.abs(moved[:, 1:]).max() < 0.01  # normalising each clip by its mean would undo it


@pytest.mark.parametrize("share", [0.01, 0.2, 0.5])
def test_clipping_cuts_the_stated_share_of_samples(share):
    signal = tone()
    cut = stressed.clipped(signal, RATE, share, rng())
    assert np.mean(np.abs(signal) > np.abs(cut).max() + 1e-7) == pytest.approx(share, abs=0.002)
    inside = np.abs(signal) <= np.abs(cut).max()
    np.testing.assert_array_equal(cut[inside], signal[inside])


@pytest.mark.parametrize("high_hz", [1000, 3400])
def test_a_band_limit_leaves_the_band_and_nothing_else(high_hz):
    signal = rng(1).standard_normal(RATE).astype(np.float32)
    found = stressed.band_limited(signal, RATE, high_hz, rng())
    above, below = (1.2 * high_hz, RATE / 2), (0, 200)
    for band in (above, below):
        assert in_db(band_power(found, *band) / band_power(signal, *band)) < -30
    inside = (400, 0.8 * high_hz)
    kept = in_db(band_power(found, *inside) / band_power(signal, *inside))
    assert kept == pytest.approx(0, abs=0.2)


def test_an_edge_that_the_rate_cannot_carry_is_the_highest_that_it_can():
    signal = tone()
    assert np.isfinite(stressed.band_limited(signal, 8000, 6000, rng())).all()


@pytest.mark.parametrize("rt60_s", [0.2, 1.0])
def test_a_room_fades_by_60_db_in_the_stated_time(rt60_s):
    answer = stressed.room_response(RATE, rt60_s, rng())
    tail = answer[1:]
    energy_left = np.cumsum(np.square(tail)[::-1])[::-1]  # Schroeder 1965
    decay = in_db(energy_left / energy_left[0])
    # The slope between -5 and -25 dB, as ISO 3382 measures it.
    early, late = np.argmax(decay < -5), np.argmax(decay < -25)
    assert (late - early) / RATE * 60 / 20 == pytest.approx(rt60_s, rel=0.1)
    assert np.sum(np.square(tail)) == pytest.approx(answer[0] ** 2)


def test_reverberation_keeps_length_and_level_and_fills_pauses():
    signal = np.concatenate([tone(0.5), np.zeros(RATE // 2, np.float32)])
    found = stressed.reverberated(signal, RATE, 1.0, rng())
    assert len(found) == len(signal)
    assert in_db(power(found) / power(signal)) == pytest.approx(0, abs=0.01)
    assert power(found[RATE // 2 + 100 :]) > 0.01 * power(found)
    assert power(signal[RATE // 2 + 100 :]) == 0


def test_silence_stands_on_either_side():
    signal = tone()
    found = stressed.between_silences(signal, RATE, 0.25, rng())
    edge = RATE // 4
    assert len(found) == len(signal) + 2 * edge
    assert not found[:edge].any() and not found[-edge:].any()
    np.testing.assert_array_equal(found[edge:-edge], signal)
