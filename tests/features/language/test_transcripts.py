"""How much of a corpus the word vectors know, what they refuse, and how many words are used."""

import numpy as np
import pytest
from refusals import refusal

from mcsan_lite.corpus import Corpus, Utterance
from mcsan_lite.features.extraction import FeatureConfig, extract
from mcsan_lite.features.language import transcripts
from mcsan_lite.features.language.transcripts import (
    MAX_WORDS,
    corpus_coverage,
    coverage_text,
    read_transcripts,
    require_known_words,
)


@pytest.fixture
def vectors(tmp_path):
    path = tmp_path / "v.txt"
    path.write_text("hello 0.5 1.5\nkettle 1.0 2.0\n, 1.0 1.0\n", encoding="utf-8")
    return str(path)


@pytest.fixture
def known(vectors, tmp_path):
    """A function: the coverage by part of texts as (text, split)."""

    def count(*texts):
        turns = [Utterance(str(i), None, text, "x", split=s) for i, (text, s) in enumerate(texts)]
        corpus = Corpus("tiny", ("x",), tuple(turns))
        return corpus_coverage(corpus, vectors, tmp_path / "cache")

    return count


def test_words_are_counted_and_marks_are_not(known):
    found = known(("Hello, kettle , ...", "train"), ("teapot hello!", "test"), ("", "test"))
    assert found == {"all": (4, 3, 0), "train": (2, 2, 0), "test": (2, 1, 0)}
    assert coverage_text(found, "v") == "words known to v: 75.0% of 4 (train 100.0%, test 50.0%)"
    require_known_words(found, "v")


def test_an_unsegmented_script_is_refused(known):
    found = known(("今天天气很好,我们走吧", None), ("你好, hello", None))
    text = refusal(lambda: require_known_words(found, "v.txt"))
    assert "1 of the 4 words of the corpus known to the word vectors v.txt (25.0%)" in text
    assert "at least 50%" in text and "--allow-unknown" in text


def test_a_part_in_another_language_is_refused(known):
    found = known(("hello kettle hello kettle", "train"), ("你好", "test"))
    assert "0 of the 1 words of its test part" in refusal(lambda: require_known_words(found, "v"))


def test_without_a_word_there_is_nothing_to_refuse(known):
    found = known(("", None), ("...", None))
    assert found["all"].share is None and coverage_text(found, "v") == ""
    require_known_words(found, "v")


def test_long_texts_are_cut_and_counted(known, vectors, tmp_path):
    text = "hello " * MAX_WORDS + "kettle"
    found = known((text, None), ("hello", None))
    assert found["all"] == (MAX_WORDS + 1, MAX_WORDS + 1, 1)
    assert coverage_text(found, "v").endswith("; 1 texts are cut after 1,000 words")
    corpus = Corpus("long", ("x",), (Utterance("a", None, text, "x"),))
    (features,), _ = extract(corpus, FeatureConfig(vectors=vectors), cache=tmp_path / "cache")
    assert len(features.tokens) == len(features.text) == MAX_WORDS
    assert set(features.tokens) == {"hello"}


def test_the_second_reading_looks_nothing_up(vectors, tmp_path, monkeypatch):
    texts = ("hello teapot", "", "Kettle")
    first = read_transcripts(texts, vectors, "zero", tmp_path / "cache")
    monkeypatch.setattr(transcripts, "embed", lambda *_: pytest.fail("looked up again"))
    again = read_transcripts(texts, vectors, "zero", tmp_path / "cache")
    assert again.unknown == first.unknown == {"teapot", "<empty>"}
    for one, other in zip(first.each, again.each, strict=True):
        assert one.tokens == other.tokens
        np.testing.assert_array_equal(one.vectors, other.vectors)
