"""The sentences of lesson 16 follow its numbers: opposite numbers, opposite sentences."""

import pytest

from mcsan_lite.exercises.verdicts import lesson16 as read

GAIN, LOSS, NOTHING = (0.25, 0.2, 0.3), (-0.2, -0.3, -0.1), (0.002, -0.01, 0.014)
UNKNOWN = (0.01, float("nan"), float("nan"))
LITTLE = (0.002, 0.001, 0.003)
SAME = (0.0, 0.0, 0.0)
NIL = read.say_nil

CASES = [
    (read.say_what_a_score_is, ("f", 0.247, 0.247, 7), "the share that is right, WA"),
    (read.say_what_a_score_is, ("f", 1 / 7, 0.247, 7), "the mean recall, UA"),
    (read.say_what_a_score_is, ("f", 0.9, 0.247, 7), "another score"),
    (read.say_swap, ("here", GAIN), "flatters by as much"),
    (read.say_swap, ("here", LOSS), "looks worse than it is"),
    (read.say_swap, ("here", (0.015, -0.005, 0.035)), "The swap is not shown to move the score"),
    (read.say_what_moved, ("on all", 10.0), "moved by 10. The test part is in it"),
    (read.say_what_moved, ("on train", 0.0), "nothing moved. The test part is not in it"),
    (NIL, (NOTHING, 0.01, 1), "within ± 1 point: here it is nil"),
    (NIL, (NOTHING, 0.01, 2), "within ± 2 points: here it is nil"),
    (NIL, (NOTHING, 0.4, 1), "none is excluded"),
    (NIL, (SAME, float("nan"), 1), "Not one answer differs"),
    (NIL, (LITTLE, 0.01, 1), "It flatters here, however little"),
    (NIL, (LOSS, 0.9, 1), "It costs here"),
    (read.say_shuffled, ((0.52, 0.48, 0.56), 1 / 7), "reach the answers"),
    (read.say_shuffled, ((0.15, 0.12, 0.18), 1 / 7), "finds no leak"),
    (read.say_shuffled, ((0.05, 0.02, 0.08), 1 / 7), "finds no leak"),
    (read.say_shuffled, ((0.18, 0.14, 0.22), 1 / 7), "not shown to be above chance (14 %)"),
    (read.say_effect, (0.81, 0.56, GAIN, "UA"), "UA 81.0 %. Right: 56.0 %"),
    (read.say_effect, (0.81, 0.56, GAIN, "UA"), "The mistake flatters"),
    (read.say_effect, (0.5, 0.7, LOSS, "WA"), "The mistake costs"),
    (read.say_effect, (0.5, 0.5, NOTHING, "WA"), "no difference shown"),
    (read.say_copying_helps, (GAIN,), "it helps"),
    (read.say_copying_helps, (LOSS,), "it does harm"),
    (read.say_copying_helps, (NOTHING,), "no gain is shown"),
    (read.say_chosen_on_test, (GAIN, NOTHING, 60), "nothing of it is shown to be left"),
    (read.say_chosen_on_test, (GAIN, GAIN, 60), "a part of it was a better epoch"),
    (read.say_chosen_on_test, (GAIN, LOSS, 60), "elsewhere these epochs are worse"),
    (read.say_chosen_on_test, (GAIN, UNKNOWN, 60), "+1.0 points: there is no interval"),
    (read.say_chosen_on_test, (NOTHING, GAIN, 60), "No gain is shown here"),
    (read.say_size_of_choice, ((0.3, 0.05), (60, 800), GAIN), "on 60 utterances buys 30.0 points"),
    (read.say_size_of_choice, ((0.3, 0.05), (60, 800), GAIN), "the fewer choose, the more luck"),
    (read.say_size_of_choice, ((0.05, 0.3), (60, 800), LOSS), "here the larger part buys more"),
    (read.say_size_of_choice, ((0.05, 0.05), (60, 800), NOTHING), "do not show that the number"),
    (read.say_one_batch, ("one", 0.001, 1.165), "learned by heart, as it should be"),
    (read.say_one_batch, ("two", 1.166, 1.165), "the lowest that two softmaxes allow"),
    (read.say_one_batch, ("two", 1.6, 1.165), "not the bound"),
    (read.say_confidence, ("two", 0.28, 0.65, LOSS), "right more often than it believes"),
    (read.say_confidence, ("one", 0.9, 0.65, GAIN), "of +25.0 points (+20.0 to +30.0). It is sure"),
    (read.say_confidence, ("one", 0.70, 0.64, (0.06, -0.03, 0.15)), "is not shown to be surer"),
    (read.say_company, ("with", 0.0, 0.9, 0.9), "The contract is kept"),
    (read.say_company, ("without", 0.2, 0.9, 0.7), "The contract is broken."),
    (read.say_company, ("without", 0.1, 0.9, 0.9), "although the score hardly shows it"),
    (read.say_gap, ("without", GAIN, "WA"), "the mistake flatters"),
    (read.say_gap, ("without", LOSS, "WA"), "the mistake costs"),
    (read.say_gap, ("without", NOTHING, "WA"), "no difference shown"),
    (read.say_smear, ("right", 3, 113, 3872), "still stands for a moment"),
    (read.say_smear, ("wrong", 56, 56, 6384), "no moment of the clip any more"),
    (read.say_floor, (0.7, 0.9, LOSS), "below the floor. Look for a bug"),
    (read.say_floor, (0.9, 0.65, GAIN), "90.0 % right, and the floor 65.0 %"),
    (read.say_floor, (0.9, 0.65, GAIN), "above the floor."),
    (read.say_floor, (0.8, 0.8, NOTHING), "not distinguishable from the floor."),
    (read.say_what_floor_tells, (LOSS, LOSS, LOSS), "not say which of the two has the bug"),
    (read.say_what_floor_tells, (NOTHING, LOSS, LOSS), "right one as well: the floor separates"),
    (
        read.say_what_floor_tells,
        ((-0.038, -0.077, 0.001), (-0.040, -0.079, -0.001), (-0.002, -0.02, 0.016)),
        "it is not shown that the floor separates the two",
    ),
    (read.say_what_floor_tells, (GAIN, NOTHING, LOSS), "the floor does not see the bug"),
    (read.say_moved_clip, (0.2, 0.78, 0.7), "where things are in the file"),
    (read.say_moved_clip, (0.01, 0.87, 0.87), "hardly matters where a clip begins"),
    (read.say_bill, ({"a": GAIN, "b": LOSS, "c": NOTHING},), "1 flatter and 1 cost; for 1 no"),
    (read.say_bill, ({"a": GAIN, "b": LOSS, "c": NOTHING},), "“a”: +25.0 points (+20.0 to +30.0)"),
    (
        read.say_bill,
        ({"wide": (0.06, -0.02, 0.14), "narrow": (0.03, 0.01, 0.05)},),
        "the largest difference is that of “narrow”: +3.0",
    ),
    (read.say_bill, ({"b": LOSS, "c": NOTHING},), "None is shown to make a score look better"),
]


@pytest.mark.parametrize(("say", "numbers", "says"), CASES)
def test_the_sentence_follows_the_numbers(say, numbers, says):
    assert says in say(*numbers)
