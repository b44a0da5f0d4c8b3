"""Opposite numbers give the opposite sentence."""

from mcsan_lite.exercises.verdicts import lesson06 as read


def test_a_row_points_or_looks_at_nothing():
    said = read.say_where_the_word_looks(2, [0.1, 0.22, 0.58, 0.1])
    assert "Word 2 takes most from frame 3" in said and "58%" in said and "25%" in said
    flat = read.say_where_the_word_looks(3, [0.28, 0.27, 0.22, 0.23])
    assert "nothing in particular" in flat and "22% and 28%" in flat
    hollow = read.say_where_the_word_looks(1, [0.29, 0.29, 0.29, 0.13])
    assert "takes most from frame 1" in hollow


def test_padding_takes_its_share_or_nothing():
    said = read.say_what_padding_takes(0.81, 20, 4)
    assert "take 81% of the weight" in said and "83% of all frames" in said
    assert "take nothing" in read.say_what_padding_takes(0.0, 20, 4)


def test_two_directions():
    assert "two maps" in read.say_whether_maps_are_transposes(0.3, 1.57, 2.62)
    assert "is the transpose" in read.say_whether_maps_are_transposes(1e-8, 1, 1)


def test_what_more_heads_buy():
    assert "one head does not" in read.say_what_more_heads_buy(0.56, 0.0, 0.55)
    assert "not clear-cut" in read.say_what_more_heads_buy(0.56, 0.3, 0.55)
    assert "did not help" in read.say_what_more_heads_buy(0.0, 0.56, 0.55)
    assert "not clear-cut" in read.say_what_more_heads_buy(0.01, 0.001, 0.55)


def test_heads_specialise_only_if_both_questions_are_answered():
    assert "have specialised" in read.say_what_each_head_does([(0.94, 0.02), (0.02, 0.95)])
    assert "have specialised" in read.say_what_each_head_does([(0.02, 0.95), (0.94, 0.02)])
    assert "not divided" in read.say_what_each_head_does([(0.94, 0.02), (0.95, 0.02)])
    assert "not divided" in read.say_what_each_head_does([(0.48, 0.48), (0.02, 0.95)])


def test_the_variance_of_scores():
    said = read.say_how_scores_vary("Independent", 16, 16)
    assert said.endswith("a score is 16.0 for queries of 16 numbers, as derived.")
    fresh = read.say_how_scores_vary("Fresh", 1.8, 16)
    assert "0.11 times" in fresh and "assumption does not hold" in fresh
    assert "1.5 times" in read.say_how_scores_vary("Related", 24, 16)


def test_which_rows_are_flat():
    said = read.say_how_flat_rows_are({"√d": 0.999, "none": 0.826})
    assert "none: 0.826, √d: 0.999" in said and said.endswith("The rows of √d are nearly even.")
    assert "All of these" in read.say_how_flat_rows_are({"√d": 0.99, "none": 0.95})
    assert "None of these" in read.say_how_flat_rows_are({"√d": 0.5, "none": 0.4})


def test_where_nan_is():
    assert "NaN in the output of utterance 2 and in 97% of the gradients" in (
        read.say_where_nan_is("torch", [False, True], 0.97)
    )
    assert "no NaN, neither" in read.say_where_nan_is("ours", [False, False], 0.0)
    assert "NaN in no output and in 50%" in read.say_where_nan_is("x", [False, False], 0.5)


def test_row_sums():
    assert "every row sums to 1" in read.say_whether_rows_sum_to_one("Our map", 1 - 1e-7, 1.0)
    assert "from 0.27 to 1.20" in read.say_whether_rows_sum_to_one("PyTorch's map", 0.27, 1.2)


def test_shuffling():
    said = read.say_what_shuffling_does(3e-8, 0.038, 0.355)
    assert "which is rounding" in said and "order now matters" in said
    assert "order does not matter here" in read.say_what_shuffling_does(3e-8, 1e-8, 0.355)
    assert "which is rounding" not in read.say_what_shuffling_does(0.2, 0.038, 0.355)


def test_an_untrained_map():
    assert "1.1 times an even spread" in read.say_what_an_untrained_map_shows(0.047, 24)
    assert "12.0 times an even spread" in read.say_what_an_untrained_map_shows(0.5, 24)
