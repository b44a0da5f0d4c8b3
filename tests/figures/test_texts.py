"""What a reader sees, in every language: the same keys, the same values, nothing forgotten."""

import re

import pytest
from refusals import refusal

from mcsan_lite.datasets.synthetic.start.clips import start_clips
from mcsan_lite.explain.readings import READINGS
from mcsan_lite.explorer.core import SHIPPED_MODELS
from mcsan_lite.figures.texts.reading import page_texts, text_languages

OTHERS = [language for language in text_languages() if language != "en"]


def flat(language):
    parts = page_texts(language).items()
    return {(part, key): text for part, texts in parts for key, text in texts.items()}


def places(text):
    return sorted(re.findall(r"\{\w*\}", text))


def test_german_is_there():
    assert text_languages() == ["de", "en"]


@pytest.mark.parametrize("language", OTHERS)
def test_it_has_the_keys_of_english_in_the_same_order(language):
    assert list(flat(language)) == list(flat("en"))


@pytest.mark.parametrize("language", OTHERS)
def test_each_text_takes_the_values_that_the_english_one_takes(language):
    english, frames = flat("en"), ("recording_", "other_")
    for place, text in flat(language).items():
        assert places(text) == places(english[place]), place
        assert text.strip(), place
    assert all(places(text) for (_, key), text in english.items() if key.startswith(frames))


@pytest.mark.parametrize("language", text_languages())
def test_a_file_says_which_language_it_is(language):
    page = page_texts(language)["page"]
    assert page["language"] == language and page["decimal_mark"] in (".", ",")


@pytest.mark.parametrize("language", OTHERS)
def test_nothing_was_left_untranslated(language):
    """Only proper names, and words that are the same in both languages, may be equal."""
    english = flat("en")
    same = {key for key, text in flat(language).items() if text == english[key]}
    allowed = {"title", "swap", "frustration", "neutral"}
    assert {key for _, key in same} <= allowed


def test_every_reading_model_and_class_of_the_course_has_a_name():
    names = page_texts("de")["names"]
    classes = {clip.label for clip in start_clips()}
    assert {*READINGS, *SHIPPED_MODELS, *classes} <= set(names)


@pytest.mark.parametrize("language", ["fr", "", "../de", "EN"])
def test_an_unknown_language_is_refused_in_three_parts(language):
    said = refusal(lambda: page_texts(language))
    assert f"language {language!r}" in said and "'de', 'en'" in said
