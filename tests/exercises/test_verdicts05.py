"""Opposite numbers give the opposite sentence."""

from mcsan_lite.exercises.verdicts import lesson05 as read

nan = float("nan")
ALONE = read.Measured(0.6, nan, nan)


def between(mean, half=0.01):
    return read.Measured(mean, mean - half, mean + half)


def test_the_score_is_compared_with_the_largest_class():
    assert "is above 16 %" in read.say_score_of_the_network(between(0.93), 0.16)
    assert "is below 16 %" in read.say_score_of_the_network(between(0.1), 0.16)
    unclear = read.say_score_of_the_network(between(0.2, 0.1), 0.16)
    assert "is not distinguishable from 16 %" in unclear
    assert "20 % (10 to 30 %)" in unclear


def test_a_block_says_what_it_cut():
    said = read.say_what_one_block_did(7, 3, 4, 14)
    assert "ReLU set 4 of 14 numbers to zero" in said and "holds 1 of the 3 frames" in said
    full = read.say_what_one_block_did(9, 3, 0, 18)
    assert "ReLU changed nothing" in full and "holds 3 of the 3 frames" in full


def test_how_much_shorter_the_clip_becomes():
    assert "1,000 MFCC frames become 112" in read.say_how_much_shorter(1000, 112)
    assert "8.9 times fewer" in read.say_how_much_shorter(1000, 112)
    assert "3.0 times fewer" in read.say_how_much_shorter(30, 10)


def test_what_rounding_down_costs():
    said = read.say_what_rounding_down_costs([4, 8, 9, 100], [4, 8, 0, 1])
    assert "up to 8 frames, 80 ms" in said and "4 and 8 frames would vanish" in said
    assert "vanish" not in read.say_what_rounding_down_costs([100], [1])
    assert "lose nothing" in read.say_what_rounding_down_costs([9, 18], [0, 0])


def test_what_the_mean_saves():
    assert "4.0 times as many" in read.say_what_the_mean_saves(66_048, 263_168)
    assert "1.0 times as many" in read.say_what_the_mean_saves(100, 100)


def test_naive_padding_is_named_where_it_moves_states():
    assert "moves states by up to 0.10" in read.say_what_naive_padding_does(0.1, 4e-8, 0.21)
    assert "happens to change nothing" in read.say_what_naive_padding_does(0, 4e-8, 0.21)
    assert "does not agree with packing" in read.say_what_naive_padding_does(0.1, 0.2, 0.21)


def test_an_encoder_that_sees_padding_fails():
    assert "passes" in read.say_whether_padding_matters({"batch mates": 5e-7, "noise": 0.0})
    said = read.say_whether_padding_matters({"batch mates": 5e-7, "noise": 0.3})
    assert "fails" in said and "noise (0.3)" in said and "mates" not in said


def test_frames_that_move():
    said = read.say_how_many_frames_move(5, 19, 35)
    assert said.startswith("Before the BiLSTM, 5 of 35 frames move by more than 0.05. After the")
    assert said.endswith("After the BiLSTM, 19 do: 14 more.")
    assert read.say_how_many_frames_move(5, 5, 35).endswith("After the BiLSTM, as many do.")
    assert read.say_how_many_frames_move(5, 4, 35).endswith("After the BiLSTM, 4 do: 1 fewer.")


def test_how_far_the_edit_reaches():
    near, far = between(0.003, 0.001), between(0.05)
    more, less, none = (between(mean) for mean in (0.05, -0.05, 0.0))
    assert "carries the edit further" in read.say_how_far_it_reaches(far, near, more, 0.99)
    assert "carries the edit less far" in read.say_how_far_it_reaches(near, far, less, 0.99)
    assert "no difference is shown" in read.say_how_far_it_reaches(far, near, none, 0.99)
    alone = read.say_how_far_it_reaches(ALONE, near, ALONE, 0.99)
    assert "by 0.600 in the trained network" in alone
    assert alone.endswith("There is no interval, so nothing is shown.")


def test_the_verdict_of_the_smear_test():
    said = read.say_smear_test("trained", between(0.45), 0.84)
    assert "45 % (44 to 46 %)" in said and "smeared, but not evenly" in said and "84 %" in said
    above = read.say_smear_test("trained", between(0.9), 0.84)
    assert "smeared, and frames that see the word move less than the others" in above
    for unclear, even in ((between(0.84), 0.84), (read.Measured(0.6, 0.4, 0.85), 0.8)):
        said = read.say_smear_test("trained", unclear, even)
        assert "Verdict: smeared; how evenly is not shown; if all frames" in said
    alone = read.say_smear_test("trained", ALONE, 0.8)
    assert "network: 60 % of" in alone and alone.endswith("so there is no verdict.")
    assert "no smear is shown" in read.say_smear_test("trained", between(0.0), 0.84)


def test_the_predict_is_answered_either_way():
    assert "smears more than the untrained" in read.say_whether_training_smears(between(0.13))
    assert "smears less than the untrained" in read.say_whether_training_smears(between(-0.13))
    unclear = read.say_whether_training_smears(between(0.005))
    assert "no difference is shown" in unclear and "smears" not in unclear
    assert "+13.0 points (+12.0 to +14.0)" in read.say_whether_training_smears(between(0.13))
    alone = read.say_whether_training_smears(ALONE)
    assert "+60.0 points of all movement. There is no interval" in alone and "smears" not in alone


def test_whether_the_edits_agree():
    turned = {"another word": between(0.13), "mean frame": between(-0.14)}
    said = read.say_whether_edits_agree(turned, between(0.27))
    assert said.endswith(
        "The two edits differ by +27.0 points (+26.0 to +28.0): the choice of the edit matters "
        "here."
    )
    assert "another word, +13.0 points" in said and "Neither" not in said
    assert "matters here" in read.say_whether_edits_agree(turned, between(-0.27))
    assert "there is no interval, so nothing" in read.say_whether_edits_agree(turned, ALONE)


def test_edits_on_two_sides_of_significance_may_be_alike():
    gaps = {"one": read.Measured(0.03, 0.002, 0.058), "two": read.Measured(0.028, -0.001, 0.057)}
    said = read.say_whether_edits_agree(gaps, read.Measured(0.002, -0.01, 0.014))
    assert said.endswith("that the choice of the edit matters is not shown.")
    assert "Neither" not in said


def test_two_open_intervals_are_no_agreement():
    gaps = {"one": read.Measured(0.05, -0.01, 0.11), "two": read.Measured(-0.04, -0.1, 0.02)}
    said = read.say_whether_edits_agree(gaps, read.Measured(0.09, 0.03, 0.15))
    assert "Neither edit shows a difference between the networks." in said
    assert "same answer" not in said and "matters here" in said


def test_without_recurrence():
    nothing = read.Measured(0, 0, 0)
    assert "is a place again" in read.say_smear_without_recurrence(nothing)
    one = read.Measured(0, nan, nan)
    assert "is a place again" in read.say_smear_without_recurrence(one)
    assert "20 % (19 to 21 %)" in read.say_smear_without_recurrence(between(0.2))
    assert "Something other than the BiLSTM" in read.say_smear_without_recurrence(between(0.2))
