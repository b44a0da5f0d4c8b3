"""Lesson 04's sentences follow the numbers: opposite numbers, opposite sentences."""

import pytest

from mcsan_lite.exercises.verdicts import lesson04 as read

nan = float("nan")


def near(mean, half=0.03):
    return read.Measured(mean, mean - half, mean + half)


def test_tokenisers_differ_or_agree():
    said = read.say_what_tokenisers_change("scene", {"split()": 0.3, "ours": 0.9})
    assert "from 30.0 % (split()) to 90.0 % (ours)" in said
    said = read.say_what_tokenisers_change("scene", {"split()": 0.9, "ours": 0.3})
    assert "from 30.0 % (ours) to 90.0 % (split())" in said
    assert "the same share" in read.say_what_tokenisers_change("x", {"a": 1.0, "b": 1.0})


def test_tokens_lead_or_do_not():
    assert "tokens leads" in read.say_what_a_small_table_covers(0.6, 0.4, 1000)
    assert "does not lead" in read.say_what_a_small_table_covers(0.4, 0.6, 1000)


def test_rare_words_matter_or_do_not():
    said = read.say_which_rare_words_matter(["pane", "mown", "cat"], {"pane", "mown"})
    assert said.startswith("2 of these 3 words")
    assert read.say_which_rare_words_matter(["cat"], {"pane"}).startswith("None of these 1")


def test_padding_shrinks_and_turns():
    said = read.say_what_padding_does(0.14, 1.0, 0.96)
    assert "14 % of its length, and it keeps its direction" in said
    assert "The maximum turns (cosine 0.96), because" in said
    said = read.say_what_padding_does(0.14, 0.5, 1.0)
    assert "it turns (cosine 0.50)" in said and "The maximum stays." in said


def test_the_mask_is_worth_something_or_not():
    said = read.say_what_a_missing_mask_costs(near(0.42), near(0.2), 0.09)
    assert (
        "+20.0 points (+17.0 to +23.0): the mask helps" in said and "9.0 % of the answers" in said
    )
    said = read.say_what_a_missing_mask_costs(near(0.42), near(-0.2), 0.0)
    assert "-20.0 points (-23.0 to -17.0): the mask hurts" in said and "no answer changes" in said
    assert "no difference in score is shown" in read.say_what_a_missing_mask_costs(
        near(0.4), near(0.0), 0.1
    )
    alone = read.say_what_a_missing_mask_costs(near(0.4), read.Measured(0.1, nan, nan), 0.1)
    assert "+10.0 points: there is no interval, so nothing is shown." in alone


@pytest.mark.parametrize(
    ("mean", "words"),
    [
        (0.43, "not distinguishable from the ceiling of 42.8 %. No gap is shown"),
        (0.30, "below the ceiling of 42.8 %. A better text model could"),
        (0.60, "above the ceiling of 42.8 %. That would be a leak"),
    ],
)
def test_text_against_its_ceiling(mean, words):
    said = read.say_where_text_stands("GloVe", near(mean), 0.14, 0.428)
    assert words in said and "above the majority's 14.0 %" in said
    assert "sound" not in said  # an open interval sends nobody elsewhere


def test_text_without_an_interval():
    said = read.say_where_text_stands("GloVe", read.Measured(0.43, nan, nan), 0.14, 0.428)
    assert said.endswith(
        "without an interval to compare with the ceiling of 42.8 %. Nothing is shown."
    )


def test_text_against_chance_alone():
    said = read.say_where_text_stands("GloVe", near(0.15), 0.14, None)
    assert "not distinguishable from the majority's" in said and "not known" in said


def test_repeated_texts():
    said = read.say_what_repeated_texts_allow(100, 500, 0.6)
    assert "several labels" in said and "an upper bound for these utterances" in said
    assert "no text among them has two labels" in read.say_what_repeated_texts_allow(100, 500, 1.0)
    assert "occurs once" in read.say_what_repeated_texts_allow(0, 500, 0.0)


def test_opposites():
    assert (
        "So 'sad' is nearer to 'happy'. That is its opposite"
        in read.say_whether_opposites_are_close(0.7, 0.6)
    )
    assert "So 'cheerful' is nearer" in read.say_whether_opposites_are_close(0.6, 0.7)


def test_analogies():
    assert "In 3 of 4 cases" in read.say_what_analogies_return(3, 1, 4)
    assert "In 0 of 4 cases" in read.say_what_analogies_return(0, 4, 4)


def test_homophones():
    dealt = [0.1, 0.2] * 50
    said = read.say_whether_homophones_are_alike(0.2, dealt)
    assert "mean cosine of the pairs is 0.20" in said and "at random, 100 times" in said
    assert "the mean is 0.15, and 50.0 % of these pairings are at least as similar" in said
    assert said.endswith("No likeness of words that sound the same is shown.")
    assert "some likeness" in read.say_whether_homophones_are_alike(0.5, dealt)
    assert "less alike" in read.say_whether_homophones_are_alike(0.0, dealt)


def test_homophones_above_the_mean_of_random_pairs_may_be_luck():
    dealt = [0.1] * 95 + [0.3] * 5
    assert "No likeness" in read.say_whether_homophones_are_alike(0.3, dealt)


def test_the_picture():
    assert "are false" in read.say_how_far_a_picture_holds(0.29, 0.31, 0.13)
    assert "neighbours hold" in read.say_how_far_a_picture_holds(0.9, 0.8, 0.13)


def test_company():
    said = read.say_what_company_teaches("Plain?", near(0.9), 0.65, near(0.25), 0.48)
    assert "above chance" in said
    assert said.endswith("is +25.0 points (+22.0 to +28.0): word2vec is ahead.")
    said = read.say_what_company_teaches("Sign?", near(0.48), 0.75, near(-0.27), 0.47)
    assert "not distinguishable from chance" in said and "GloVe is ahead" in said
    for gap in (read.Measured(0.35, -0.05, 0.75), read.Measured(0.35, nan, nan)):
        said = read.say_what_company_teaches("Plain?", read.Measured(1, 1, 1), 0.65, gap, 0.48)
        assert said.endswith("neither is shown to be ahead.")


def test_carrying_over():
    low, high = near(0.14), near(0.25)
    said = read.say_whether_vectors_carry_over(high, [low, near(0.15)], 0.143)
    assert "above chance" in said and "carries over" in said
    said = read.say_whether_vectors_carry_over(low, [high, near(0.26)], 0.143)
    assert "Random vectors do better" in said
    open_ = read.say_whether_vectors_carry_over(low, [near(0.15)], 0.143)
    assert open_.endswith("overlaps those of random vectors, which decides nothing.")


def test_vectors_carry_over_only_above_every_draw():
    wide = read.Measured(0.14, 0.05, 0.3)  # its mean is not the highest, but its interval is
    said = read.say_whether_vectors_carry_over(near(0.25), [wide, near(0.15)], 0.143)
    assert "decides nothing" in said


def test_fillers():
    found = {"zero": near(0.18), "mean": near(0.19), "random": near(0.39)}
    assert "policy 'random' is ahead" in read.say_which_filler_wins(found, "here")
    found = {"zero": near(0.39), "mean": near(0.19), "random": near(0.18)}
    assert "policy 'zero' is ahead" in read.say_which_filler_wins(found, "here")
    said = read.say_which_filler_wins({"a": near(0.2), "b": near(0.2)}, "here")
    assert "no policy is shown to be ahead, and they are not shown to be alike" in said
    third = {"a": near(0.3), "b": near(0.2), "c": read.Measured(0.15, 0.0, 0.3)}
    assert "decides nothing" in read.say_which_filler_wins(third, "here")


def test_frozen_against_trainable():
    said = read.say_whether_to_train_vectors(near(0.2), near(0.4), near(0.2), 0.2)
    assert (
        "pays here" in said and "Frozen vectors get 20 % (17 to 23 %), not distinguishable" in said
    )
    said = read.say_whether_to_train_vectors(near(0.4), near(0.2), near(-0.2), 0.1)
    assert "costs here" in said and "-20.0 points" in said
    said = read.say_whether_to_train_vectors(near(0.2), near(0.21), near(0.01), 0.1)
    assert "Neither is shown" in said


def test_drift():
    assert "the cosine is 1.00" in read.say_how_words_drift(0.7, 1.0)
    assert "no words that it never met" in read.say_how_words_drift(0.7, None)
