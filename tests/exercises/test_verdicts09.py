"""The sentences of lesson 09 follow its numbers: opposite numbers, opposite sentences."""

import pytest

from mcsan_lite.exercises.verdicts import lesson09 as read
from mcsan_lite.experiments.floors import ORDER_ALONE

LOW, HIGH = (0.45, 0.42, 0.48), (0.9, 0.88, 0.92)
BOTH_CLIMB = {"w/o audio": LOW, "w/o text": LOW, "w/o cross": HIGH, "MCSAN": HIGH}
ONE_CLIMBS = {"w/o audio": LOW, "w/o text": LOW, "w/o cross": LOW, "MCSAN": HIGH}
NONE_CLIMBS = {"w/o audio": HIGH, "w/o text": LOW, "w/o cross": LOW, "MCSAN": LOW}
SINGLE = ["w/o audio", "w/o text"]
NOTHING = (0.002, -0.01, 0.014)
GAIN = (0.05, 0.02, 0.08)
LOSS = (-0.05, -0.08, -0.02)
nan = float("nan")
ALONE = (0.9, nan, nan)

CASES = [
    (read.say_above_floors, (HIGH, {"majority": 0.2, "words": 0.5}), "above the highest floor"),
    (read.say_above_floors, (LOW, {"majority": 0.2, "words": 0.5}), "below the highest floor"),
    (read.say_above_floors, (LOW, {"words": 0.45}), "not distinguishable from"),
    (
        read.say_above_floors,
        (HIGH, {"words": 0.2, ORDER_ALONE: 0.99}),
        "above the highest floor, words with 20%, and below the 99% of order alone",
    ),
    (
        read.say_above_floors,
        (HIGH, {"words": 0.2, ORDER_ALONE: 0.99}),
        "where the words and stresses lie. The floor's own error is not counted.",
    ),
    (read.say_above_floors, (LOW, {"words": 0.5}), "with 50%. The floor's own error is not"),
    (
        read.say_above_floors,
        (ALONE, {"words": 0.5}),
        "gets 90 % of the test part right. That is without an interval to compare with the highest",
    ),
    (
        read.say_which_climb,
        (BOTH_CLIMB, SINGLE),
        "are above it. These are both versions that read the two modalities; one seed each.",
    ),
    (
        read.say_which_climb,
        (BOTH_CLIMB | {"N = 2": HIGH}, SINGLE),
        "These are all 3 versions that read the two modalities; one seed each.",
    ),
    (
        read.say_which_climb,
        (ONE_CLIMBS, SINGLE),
        "“MCSAN” is above it; one seed each. That is not shown for “w/o cross”.",
    ),
    (
        read.say_which_climb,
        ({"w/o audio": LOW, "MCSAN": HIGH}, ["w/o audio"]),
        "“MCSAN” is above it; one seed each.",
    ),
    (
        read.say_which_climb,
        (NONE_CLIMBS, SINGLE),
        "No version that reads two modalities is shown to get above “w/o audio”",
    ),
    (
        read.say_which_climb,
        (NONE_CLIMBS, SINGLE),
        "does not show that two modalities beat one, and it does not show that they do not",
    ),
    (read.say_early_gap, (0.01, 0.06, 3, 10), "+6.0 points, which is larger"),
    (
        read.say_early_gap,
        (0.06, -0.01, 3, 10),
        "it is -1.0 points: the order of the two versions has turned round. Each version",
    ),
    (read.say_early_gap, (-0.028, 0.034, 3, 10), "turned round"),
    (read.say_early_gap, (0.06, 0.02, 3, 10), "+2.0 points, which is smaller"),
    (read.say_early_gap, (-0.02, -0.06, 3, 10), "-6.0 points, which is larger"),
    (read.say_early_gap, (0.06, 0.062, 3, 10), "about the same"),
    (read.say_early_gap, (0.004, -0.004, 3, 10), "about the same"),
    (
        read.say_seed_band,
        ([0.93, 0.95, 0.94], 0.89),
        "they differ by 2.0 points among themselves. The other version, with one seed, reaches "
        "89.0%, which is 4.0 points below the lowest of them. The two may differ, and the seeds "
        "lie closer together than that. A band",
    ),
    (
        read.say_seed_band,
        ([0.93, 0.95, 0.94], 0.96),
        "1.0 points above the highest of them. The two may differ, but the seeds lie further",
    ),
    (read.say_seed_band, ([0.93, 0.95, 0.94], 0.97), "and the seeds lie as far apart"),
    (read.say_seed_band, ([0.93, 0.95, 0.94], 0.94), "inside their band: it cannot be"),
    (
        read.say_when_seeds_rise,
        ([8, 9, 8], 0.9),
        "All 3 seeds pass 90.0%, in epochs 8, 9 and 8: not",
    ),
    (read.say_when_seeds_rise, ([8, 8], 0.9), "in epochs 8 and 8: at the same time"),
    (
        read.say_when_seeds_rise,
        ([8, None], 0.9),
        "1 of 2 seeds passes 90.0%, in epoch 8; the others",
    ),
    (read.say_when_seeds_rise, ([None, None], 0.9), "None of the 2 seeds passes"),
    (read.say_patience, (1, 5, 6, 10, 0.124), "stopped on the way up, and gave away 12.4"),
    (read.say_patience, (3, 10, 10, 10, 0.0), "the same epoch as without it"),
    (read.say_past_peak, (12, 30, 1.4), "risen by 40%: judged by its loss, this training has gone"),
    (read.say_past_peak, (30, 30, 1.0), "has not gone past its peak"),
    (read.say_peeking_buys, (GAIN, 10, 7), "(+2.0 to +8.0). The 10 parts chose 7 different"),
    (
        read.say_peeking_buys,
        (NOTHING, 10, 7),
        "The interval holds zero, so this run shows no gain. The 10 parts",
    ),
    (read.say_peeking_buys, (ALONE, 1, 1), "+90.0 points. There is no interval, so this run"),
    (read.say_bought_is_gone, (NOTHING,), "no difference shown. Nothing here says that the gain"),
    (
        read.say_bought_is_gone,
        ((0.02, 0.01, 0.03),),
        "are worth +2.0 points (+1.0 to +3.0), over utterances of this one training: they are "
        "better there as well, so a part of the gain is a better epoch.",
    ),
    (read.say_bought_is_gone, (LOSS,), "they are worse there. Peeking did harm."),
    (read.say_bought_is_gone, (ALONE,), "without an interval, nothing is shown."),
    (
        read.say_size_and_gain,
        ({25: (0.09, 0.07, 0.11), 200: (0.03, 0.01, 0.05)},),
        "Peeking buys 9.0 points with 25 utterances and 3.0 points with 200. The difference is "
        "+6.0 points (+3.2 to +8.8): the smaller test part makes peeking pay more.",
    ),
    (
        read.say_size_and_gain,
        ({25: (0.03, 0.01, 0.05), 200: (0.09, 0.07, 0.11)},),
        "-6.0 points (-8.8 to -3.2): here the larger test part makes peeking pay more.",
    ),
    (  # in order, but by luck
        read.say_size_and_gain,
        ({25: GAIN, 50: (0.045, 0.0, 0.09), 200: (0.04, -0.01, 0.09)},),
        "these draws do not show that the size matters.",
    ),
    (read.say_size_and_gain, ({25: GAIN, 200: ALONE},), "without an interval, nothing is shown."),
    (read.say_peeking_in_runs, ([0.0, 0.0, 0.02],), "In 2 of these 3 runs"),
    (read.say_peeking_in_runs, ([0.01, 0.03],), "In 0 of these 2 runs"),
    (read.say_worst_confusion, ("joy", 0.4, "calm", 90), "found least is joy: 40% of its 90"),
    (read.say_worst_confusion, ("joy", 1.0, "", 90), "Every utterance"),
    (read.say_lazy_guess, (0.6, 0.2, 0.6), "WA flatters it"),
    (read.say_lazy_guess, (0.2, 0.2, 0.2), "WA and UA agree"),
    (read.say_sure_or_right, (0.95, HIGH, 0.04), "surer than it is right"),
    (read.say_sure_or_right, (0.80, HIGH, 0.04), "more often right than it believes"),
    (
        read.say_sure_or_right,
        (0.90, HIGH, 0.04),
        "the average confidence is not distinguishable from the share that is right. The mean",
    ),
    (read.say_sure_or_right, (0.9, ALONE, 0.04), "no interval, so the two are not compared. The"),
    (read.say_steps_off_diagonal, (0, 6), "In none of the 6"),
    (read.say_steps_off_diagonal, (2, 6), "In 2 of 6"),
]


@pytest.mark.parametrize(("say", "numbers", "says"), CASES)
def test_the_sentence_follows_the_numbers(say, numbers, says):
    assert says in say(*numbers)
