"""What lesson 07 says of its numbers: opposite numbers give the opposite sentence."""

import pytest

from mcsan_lite.exercises.verdicts import lesson07 as read

nan = float("nan")


def test_who_interacts():
    said = read.say_who_interacts({"late": 1e-8, "early": 0.3, "gated": 0.1})
    assert said.startswith("late adds up") and "early and gated let the effect" in said
    turned = read.say_who_interacts({"late": 0.3, "early": 1e-8, "gated": 1e-9})
    assert turned.startswith("early and gated add up") and "; late lets the effect" in turned
    assert read.say_who_interacts({"late": 0.3}).startswith("All of them")
    assert read.say_who_interacts({"late": 0.0}).startswith("None of them")


@pytest.mark.parametrize(
    ("gap", "said"),
    [
        ((0.1, 0.05, 0.15), "MCSAN is ahead of late: +10.0 points (+5.0 to +15.0)."),
        ((-0.1, -0.15, -0.05), "MCSAN is behind late: -10.0 points (-15.0 to -5.0)."),
        ((0.1, -0.05, 0.25), "MCSAN is not distinguishable from late: +10.0 points"),
        ((0.1, nan, nan), "Without an interval, MCSAN is not compared with late: +10.0 points."),
    ],
)
def test_gaps_to_mcsan(gap, said):
    (sentence,) = read.say_gaps_to_mcsan({"late": gap})
    assert sentence.startswith(said)


def test_after_holm():
    ahead, behind, alike = "MCSAN ahead", "MCSAN behind", "not distinguishable"
    assert read.say_after_holm({"late": ahead, "gated": ahead}).endswith("is ahead of 2 of 2.")
    assert read.say_after_holm({"late": alike, "gated": alike}).endswith("is ahead of none of 2.")
    turned = read.say_after_holm({"late": ahead, "gated": behind, "early": alike})
    assert turned == "After Holm, MCSAN is ahead of 1 of 3, and behind 1."


@pytest.mark.parametrize(
    ("score", "side", "meaning"),
    [
        ((0.9, 0.85, 0.95), " is above ", "it must use more"),
        ((0.6, 0.55, 0.65), " is below ", "a perfect listener of that view would score more"),
        ((0.8, 0.7, 0.9), " is not distinguishable from ", "does not show"),
        ((0.8, nan, nan), "late: 80 % is without an interval to compare with ", "does not show"),
    ],
)
def test_side_of_a_ceiling(score, side, meaning):
    said = read.say_side_of_ceiling("late", score, "both, unmatched", 0.78)
    assert side in said and meaning in said and "78 %" in said


def test_whose_sense():
    said = read.say_whose_sense(0, 7200, 0.461)
    assert said.startswith("No answer was the voice's or neither: every network took the sense")
    assert said.endswith("among the classes of that sense follows the rule in 46 %.")
    turned = read.say_whose_sense(31, 7200, 1 / 7)
    assert turned.startswith("31 of 7200 answers were the voice's or neither.")
    assert turned.endswith("A guess among all classes follows the rule in 14 %.")


def test_what_is_followed():
    shares = {"rule": (0.6, 0.55, 0.65, 0.14), "voice": (0.1, 0.08, 0.12, 0.14)}
    said = read.say_what_is_followed("late", shares)
    assert "most often follows “rule”: 60 % (55 to 65 %), chance 14 %." in said
    assert "as well" not in said
    turned = {"rule": (0.2, 0.16, 0.24, 0.14), "voice": (0.5, 0.45, 0.55, 0.14)}
    said = read.say_what_is_followed("late", turned)
    neither = turned | {"neither": (0.6, 0.56, 0.64, 0.58)}
    assert "most often follows none of the three: 60 %" in read.say_what_is_followed(
        "late", neither
    )
    assert "follows “voice”" in said and said.endswith("Above chance as well: “rule”.")


@pytest.mark.parametrize(
    ("own", "crowd", "side", "verdict"),
    [
        (80, 10, (0.89, 0.8, 0.94), "by the word's own stress."),
        (10, 80, (0.11, 0.06, 0.2), "does not match the word with its sound."),
        (40, 50, (0.44, 0.35, 0.55), "which of the two it goes by."),
    ],
)
def test_whose_stress(own, crowd, side, verdict):
    said = read.say_whose_stress("late", own, crowd, 100, side)
    assert said.endswith(verdict)
    assert (
        f"in {own} of 100 recordings the class follows the word's own stress, in {crowd} its"
        in said
    )


def test_nobody_s_stress():
    assert "follow either stress" in read.say_whose_stress("late", 0, 0, 7, (0, 0, 1))


def test_what_leaking_changes():
    ahead, alike, behind = (0.1, 0.05, 0.15), (0.01, -0.02, 0.04), (-0.1, -0.15, -0.05)
    said = read.say_what_leaking_changes("late", ahead, alike)
    assert said == (
        "MCSAN minus late: in the matching world +10.0 points (+5.0 to +15.0), MCSAN is ahead; "
        "in the leaking world +1.0 points (-2.0 to +4.0), no difference is shown."
    )
    turned = read.say_what_leaking_changes("late", alike, behind)
    assert "(-2.0 to +4.0), no difference is shown; in the leaking" in turned
    assert turned.endswith("MCSAN is behind.")
    alone = read.say_what_leaking_changes("late", ahead, (0.1, nan, nan))
    assert alone.endswith("in the leaking world +10.0 points, without an interval.")


def test_whether_leaking_levels():
    ahead, alike = (0.1, 0.05, 0.15), (0.01, -0.02, 0.04)
    apart, level = {"late": ahead, "gated": ahead}, {"late": ahead, "gated": alike}
    said = read.say_whether_leaking_levels(apart, level)
    assert said == (
        "Each fusion taken alone, the lead of MCSAN is smaller in the leaking world over gated; it "
        "is not shown to change over late."
    )
    turned = read.say_whether_leaking_levels(level, apart)
    assert "larger in the leaking world over gated" in turned
    alone = {"late": ahead, "gated": (0.1, nan, nan)}
    said = read.say_whether_leaking_levels(apart, alone)
    assert said.endswith("not shown to change over late; it is without an interval over gated.")


def test_fewer_shown_gaps_and_smaller_means_are_no_proof():
    matching = {"late": (0.1, 0.01, 0.19)}  # shown in one world, open in the other: no difference
    said = read.say_whether_leaking_levels(matching, {"late": (0.05, -0.05, 0.15)})
    assert said.endswith("not shown to change over late.") and "expected" not in said
