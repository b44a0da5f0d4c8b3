"""Lesson 03's sentences follow the numbers: opposite numbers, opposite sentences."""

import numpy as np
import pytest

from mcsan_lite.exercises.verdicts import lesson03 as read


def test_a_window_helps_or_does_not():
    assert "The window helps" in read.say_how_a_window_helps(0.08, 0.001)
    assert "does not help" in read.say_how_a_window_helps(0.001, 0.08)


def test_the_window_of_the_pulses_follows_the_numbers():
    short, long = {5: 6.0, 100: 1.0}, {5: 1.0, 100: 6.0}
    said = read.say_which_window_shows_pulses(short, long)
    assert "So 5 ms shows the pulses of this voice, and 100 ms its harmonics" in said
    said = read.say_which_window_shows_pulses(long, short)
    assert "So 100 ms shows the pulses of this voice, and 5 ms its harmonics" in said
    assert "between" not in said
    assert "shows no trade" in read.say_which_window_shows_pulses(short, short)


def test_a_window_between_the_two_is_named():
    time, frequency = {5: 6.0, 25: 3.0, 100: 1.0}, {5: 1.0, 25: 4.0, 100: 6.0}
    said = read.say_which_window_shows_pulses(time, frequency)
    assert said.endswith("its harmonics. In both respects, 25 ms lies between them.")
    two = read.say_which_window_shows_pulses({**time, 50: 2.0}, {**frequency, 50: 5.0})
    assert two.endswith("25 ms and 50 ms lie between them.")
    said = read.say_which_window_shows_pulses({**time, 25: 0.5}, frequency)
    assert said.endswith("its harmonics.")


def test_decibels_show_more_or_do_not():
    assert "makes the rest" in read.say_what_decibels_show(0.94, 0.1)
    assert "brings nothing to light" in read.say_what_decibels_show(0.1, 0.94)


def test_more_coefficients_come_closer_or_do_not():
    assert "from 13 to 39 carried" in read.say_how_well_a_sound_returns({13: 4.0, 40: 1.0})
    assert "did not bring" in read.say_how_well_a_sound_returns({13: 1.0, 40: 4.0})


def voices(share, half=0.05, chance=0.2):
    return read.Survival(5, share, share - half, share + half, chance)


def test_whose_pitch_survives():
    kept, gap = {"above": voices(0.8), "below": voices(0.2)}, read.SurvivalGap(0.6, 0.4, 0.8)
    said = read.say_whose_pitch_survives(kept, 40, 152, gap)
    assert (
        "keep their pitch in 80 % (75 to 85 %) of the frames (5 clips). That is above the 20 %"
        in said
    )
    assert "in 20 % (15 to 25 %) of the frames (5 clips). That is not distinguishable" in said
    assert "High voices keep more" in said and "+60.0 points" in said
    kept, gap = {"above": voices(0.1), "below": voices(0.8)}, read.SurvivalGap(-0.7, -0.9, -0.5)
    said = read.say_whose_pitch_survives(kept, 40, 152, gap)
    assert "in 10 % (5 to 15 %) of the frames (5 clips). That is below" in said
    assert "Low voices keep more" in said
    said = read.say_whose_pitch_survives(kept, 40, 152, read.SurvivalGap(0.0, -0.2, 0.2))
    assert "no difference between the two" in said
    said = read.say_whose_pitch_survives(kept, 40, 152, read.SurvivalGap(0.1, np.nan, np.nan))
    assert said.endswith("+10.0 points. There is no interval, so nothing is shown.")


def test_the_gap_is_that_of_two_groups():
    found = read.survival_gap([0.8, 0.9, 1.0], [0.1, 0.2, 0.3])
    back = read.survival_gap([0.1, 0.2, 0.3], [0.8, 0.9, 1.0])
    assert found.mean == pytest.approx(0.7) and 0 < found.low < 0.7 < found.high
    assert back.high < 0 and read.survival_gap([0.8], [0.1, 0.2]) is None


def test_one_side_or_one_voice_is_said():
    lone = read.Survival(1, 0.5, np.nan, np.nan, 0.1)
    said = read.say_whose_pitch_survives({"above": lone}, 40, 152, None)
    assert "one clip only" in said and "too few voices" in said


def test_a_shift_is_that_of_two_groups():
    draw = np.random.default_rng(0)
    found = read.shift_of(draw.normal(1, 2, 4000), draw.normal(0, 2, 4000))
    assert found.low < 0.5 < found.high and found.high - found.low < 0.1
    back = read.shift_of([0, 1, 2], [4, 5, 6])
    assert back.mean == pytest.approx(-4)


def test_stress_is_read_from_its_intervals():
    up, none = read.Shift(1.4, 1.2, 1.6), read.Shift(0.0, -0.2, 0.2)
    down = read.Shift(-2.0, -2.2, -1.8)
    said = read.say_what_stress_changes(up, up, [none, read.Shift(0.5, 0.3, 0.7)])
    assert "Stressed words are longer." in said and "Stressed words are louder." in said
    assert "1 of the 2 upper coefficients" in said
    assert said.endswith("is 0.50, less than length and less than level.")
    said = read.say_what_stress_changes(down, down, [none, none])
    assert "Stressed words are shorter." in said and "Stressed words are softer." in said
    assert "0 of the 2" in said and "largest" not in said
    said = read.say_what_stress_changes(none, none, [down])
    assert "not shown to be longer" in said and "not shown to be louder" in said
    assert said.endswith("2.00, no less than length and no less than level.")


def test_a_ripple_is_compared_with_length_and_with_level():
    long, loud, ripple = read.Shift(1.4, 1.2, 1.6), read.Shift(0.4, 0.2, 0.6), read.Shift(1, 0.8, 2)
    said = read.say_what_stress_changes(long, loud, [ripple])
    assert said.endswith("is 1.00, less than length, but no less than level.")
    said = read.say_what_stress_changes(loud, long, [ripple])
    assert said.endswith("is 1.00, less than level, but no less than length.")


def test_a_ripple_without_an_interval_has_not_moved():
    up, alone = read.Shift(1.4, 1.2, 1.6), read.Shift(0.5, np.nan, np.nan)
    said = read.say_what_stress_changes(up, alone, [alone])
    assert "for 0 of the 1 upper" in said and "not shown to be louder" in said


def test_the_leak_is_compared_both_ways():
    small, large = read.Leak(100, 0.01, 0.03, 0.02), read.Leak(200, 0.09, 0.15, 0.11)
    said = read.say_how_far_the_leak_moves(small, large)
    assert "It moves more in folds by speaker." in said and "more familiar" in said
    assert "more than 0.05" in said
    said = read.say_how_far_the_leak_moves(large, small._replace(leaky=0.04))
    assert "It moves more in random folds." in said and "does not bring them closer" in said
    assert "Both are small." in read.say_how_far_the_leak_moves(small, small)


def test_who_loses_the_end():
    said = read.say_who_loses_the_end({2: (0.6, 0.2), 10: (0.0, 0.0)}, 10)
    assert "no clip of this corpus loses anything" in said
    assert "A limit of 2 s would cut into 60 % of the clips, and into 20.0 %" in said
    said = read.say_who_loses_the_end({2: (0.3, None), 10: (0.067, None)}, 10)
    assert "6.7 % of the clips lose their end" in said and "A limit of" not in said
    assert "decisive" not in said


def test_the_ruler_is_measured():
    seen = {k: range(9 * k - 4, 9 * k + 13) for k in (4, 5, 6)}
    said = read.say_what_the_ruler_measures(seen)
    assert "sees 17 MFCC frames" in said and "9 frames, 90 ms, later. Neighbours share 8 of" in said
    apart = {k: range(9 * k, 9 * k + 5) for k in (4, 5, 6)}
    assert "share none" in read.say_what_the_ruler_measures(apart)
    assert "no single ruler" in read.say_what_the_ruler_measures({**seen, 7: range(3)})
