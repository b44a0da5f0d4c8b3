"""What lesson 17 says follows from its numbers: opposite numbers give the opposite sentence."""

import pandas as pd

from mcsan_lite.evaluation.calibration import Answered
from mcsan_lite.exercises.verdicts import lesson17 as read
from mcsan_lite.experiments.stress.sureness import Sureness

GOOD = Sureness(0.03, 0.01, 0.05, by_luck=0.02, luck_high=0.04, confidence=0.9)
BAD = Sureness(0.20, 0.17, 0.23, by_luck=0.02, luck_high=0.04, confidence=0.9)


def test_sureness():
    assert "no miscalibration is shown" in read.say_sureness(GOOD, 0.9)
    assert "too sure" in read.say_sureness(BAD, 0.7)
    assert "not sure enough" in read.say_sureness(BAD, 1.0)


def test_temperature():
    assert "softens" in read.say_temperature(1.3, BAD, GOOD)
    assert "better calibrated" in read.say_temperature(1.3, BAD, GOOD)
    assert "worse calibrated" in read.say_temperature(0.7, GOOD, BAD)
    assert "sharpens" in read.say_temperature(0.7, GOOD, BAD)
    assert "no test of the difference was made" in read.say_temperature(1.3, GOOD, GOOD)


def test_abstaining():
    everything = Answered(1.0, 0.8, 0.75, 0.85, 200)
    better, worse = Answered(0.5, 0.95, 0.9, 0.98, 100), Answered(0.5, 0.62, 0.5, 0.7, 100)
    bought = read.say_abstaining(everything, better, 0.9)
    assert "kept back, 65 % would be. The difference is +30.0 points (+1" in bought
    assert bought.endswith("silence buys accuracy.")
    assert "silent where it is right" in read.say_abstaining(everything, worse, 0.9)
    alike = read.say_abstaining(everything, Answered(0.5, 0.82, 0.73, 0.88, 100), 0.9)
    assert "does not show that silence buys" in alike
    same = read.say_abstaining(everything, everything, 0.9)
    assert "Nothing is kept back" in same and "100 % are answered" in same
    nothing = Answered(0.0, float("nan"), float("nan"), float("nan"), 0)
    assert "nothing is answered" in read.say_abstaining(everything, nothing, 0.99)


def test_one_clip():
    calm, angry = pd.Series({"calm": 0.9, "anger": 0.1}), pd.Series({"anger": 0.8, "calm": 0.2})
    assert "another answer" in read.say_one_clip(calm, angry, "noise")
    same = read.say_one_clip(calm, pd.Series({"calm": 0.7, "anger": 0.3}), "noise")
    assert "the same answer; its confidence moves by -20.0 points" in same


def test_what_is_noticed():
    seen = read.Doubted("noise at 0", 0.3, 0.4, 0.95, 0.99)
    missed = read.Doubted("gain at -6", 0.1, 0.7, 0.9, 0.03)
    harmless = read.Doubted("gain at -1", -0.01, 0.9, 0.9, 0.02)
    told = read.say_noticed([seen, missed, harmless], 0.94)
    assert "2 of 3 conditions cost accuracy. In 1 of them" in told
    assert "not so under gain at -6 (3 %)" in told
    assert "under noise at 0: the network is 95 % sure and 40 % right" in told
    assert told.endswith("its confidence is 94 %: it does not fall, and so gives no warning.")
    warned = read.say_noticed([seen._replace(confidence=0.6)], 0.94)
    assert warned.endswith("is 94 %: it falls by 34.0 points, which is too little.")
    assert "no warning" not in warned
    assert "not so under" not in read.say_noticed([seen], 0.94)
    assert "nothing to notice" in read.say_noticed([harmless], 0.94)
    modest = seen._replace(confidence=0.2)
    told = read.say_noticed([modest], 0.94)
    assert "Nowhere is the network clearly surer" in told and "1 of 1 conditions" in told


def row(stress, wa):
    numbers = {"wa": wa, "wa low": wa - 0.05, "wa high": wa + 0.05}
    return pd.Series({"stress": stress, "level": 0.0, "unit": "dB SNR", **numbers})


MORE, LESS, NONE_SHOWN = (0.2, 0.1, 0.3), (-0.2, -0.3, -0.1), (0.02, -0.1, 0.14)
SAME = (0.0, float("nan"), float("nan"))


def test_which_of_two_stresses_costs_more():
    told = read.say_which_costs_more("noise", "gain", MORE)
    assert told.startswith("The cost of noise minus that of gain is +20.0 points (+10.0 to +30.0)")
    assert told.endswith(": noise costs more.")
    assert read.say_which_costs_more("noise", "gain", LESS).endswith(": gain costs more.")
    for gap in (NONE_SHOWN, SAME):
        assert "not show which of them" in read.say_which_costs_more("noise", "gain", gap)
    assert "+0.0 points (the same in every clip)" in read.say_which_costs_more("a", "b", SAME)


def test_where_a_ruined_sound_lands():
    silent = row("no sound", 0.5)
    assert "still helps" in read.say_landing(row("noise", 0.7), silent, MORE)
    assert "misleads" in read.say_landing(row("noise", 0.3), silent, LESS)
    for gap in (NONE_SHOWN, SAME):
        told = read.say_landing(row("noise", 0.52), silent, gap)
        assert "The paired difference is" in told and "not shown to be worth more" in told


def record(**other):
    same = dict.fromkeys(read.SAME_PROTOCOL, "x")
    rows = [
        {"system": "W", "features": "WavLM", "score": 0.7, **same},
        {"system": "H", "features": "HuBERT", "score": 0.6, **same},
        {"system": "M", "features": "MFCC", "score": 0.5, **same, **other},
    ]
    return pd.DataFrame(rows)


def test_the_record_compares_features_only_under_one_protocol():
    apart = read.say_record(record(classes="7"))
    assert "does not say how far apart" in apart and "H 0.600 and W 0.700" in apart
    together = read.say_record(record())
    assert "under one protocol: M 0.500 and H 0.600 and W 0.700" in together
    alone = read.say_record(record(classes="7").iloc[1:])
    assert "does not say how far apart" in alone and "What it does compare" not in alone
