"""What is done to a transcript: as many words as stated, and words that sound alike."""

import numpy as np
import pytest

from mcsan_lite.datasets.synthetic.rules import NEGATIVE, POSITIVE
from mcsan_lite.features.language import stressed

TEXT = " ".join(["no, you don't"] * 400)


def rng(seed=0):
    return np.random.default_rng(seed)


@pytest.mark.parametrize("rate", [0.1, 0.5])
def test_words_are_dropped_at_the_stated_rate(rate):
    left = stressed.with_words_dropped(TEXT, rate, rng()).split()
    assert len(left) / 1200 == pytest.approx(1 - rate, abs=0.03)
    assert set(left) == {"no,", "you", "don't"}


def test_all_words_and_none():
    assert stressed.with_words_dropped("a b - c!", 1.0, rng()) == "-"
    assert stressed.with_words_dropped("a b - c!", 0.0, rng()) == "a b - c!"
    assert stressed.with_words_dropped("", 0.5, rng()) == ""


def test_a_higher_rate_drops_what_a_lower_one_does_and_more():
    numbered = " ".join(f"w{chr(97 + i % 26)}{chr(97 + i // 26)}" for i in range(300))
    few = set(stressed.with_words_dropped(numbered, 0.5, rng(3)).split())
    many = set(stressed.with_words_dropped(numbered, 0.1, rng(3)).split())
    assert few < many
    nearest = dict.fromkeys(numbered.split(), "x")
    kept = [
        np.array(stressed.with_words_misheard(numbered, rate, rng(3), nearest).split()) != "x"
        for rate in (0.1, 0.5)
    ]
    assert (kept[1] <= kept[0]).all() and kept[1].sum() < kept[0].sum()


@pytest.mark.parametrize("rate", [0.0, 0.25, 1.0])
def test_words_are_misheard_at_the_stated_rate_and_marks_stay(rate):
    found = stressed.with_words_misheard(TEXT, rate, rng(), {"no": "know", "you": "ewe"})
    assert found.count("know,") / 400 == pytest.approx(rate, abs=0.07)
    assert found.count("don't") == 400  # nothing sounds like it here


def test_a_homophone_comes_before_all_others():
    words = {"pane", "pine", "sat"}
    assert stressed.nearest_sounding(words, words, {"pane": "pain"})["pane"] == "pain"
    assert stressed.nearest_sounding(words, words)["pane"] == "pine"


def test_the_rule_finds_most_homophones_of_the_generated_corpus_by_itself():
    pairs = (*NEGATIVE, *POSITIVE)
    vocabulary = [word for pair in pairs for word in pair]
    found = stressed.nearest_sounding(vocabulary, vocabulary)
    right = sum(found.get(one) == other for pair in pairs for one, other in (pair, pair[::-1]))
    assert right / len(vocabulary) > 0.75


def test_nearest_is_another_word_with_the_same_first_sound_or_none():
    found = stressed.nearest_sounding({"knight", "zebra"}, {"night", "knight", "nice", "zebra"})
    assert found == {"knight": "night"}


def test_order_of_the_vocabulary_does_not_matter():
    words = [word for pair in (*NEGATIVE, *POSITIVE) for word in pair]
    assert stressed.nearest_sounding(words, words) == stressed.nearest_sounding(
        words, list(reversed(words))
    )


def test_punctuation_goes_and_words_stay():
    text = "Well… don't! It's self-made, isn't it? (42 %)"
    assert stressed.without_punctuation(text) == "Well don't It's self-made isn't it 42"
    assert stressed.without_punctuation("so what") == "so what"
    assert stressed.without_punctuation("?!") == ""


def test_words_of_texts_are_in_lower_case():
    assert stressed.words_of_texts(["Oh, no.", "NO 7"]) == {"oh", "no"}
