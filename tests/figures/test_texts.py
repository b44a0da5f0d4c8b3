"""What a reader sees, in every language: the same keys, the same values, nothing forgotten."""

import re

import matplotlib.pyplot as plt
import numpy as np
import pytest
from refusals import refusal

import mcsan_lite as mc
from mcsan_lite.datasets.synthetic.start.clips import start_clips
from mcsan_lite.explain.readings import READINGS
from mcsan_lite.explorer.core import SHIPPED_MODELS
from mcsan_lite.figures.texts.reading import (
    figure_word,
    let_figures_speak,
    page_texts,
    text_languages,
)

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


@pytest.fixture
def english_again():
    yield
    let_figures_speak("en")


def test_figures_speak_the_language_of_the_theme(english_again):
    signal = np.sin(np.arange(1600) / 20)
    for language, amplitude, seconds in (
        ("de", "Amplitude", "Sekunden"),
        ("en", "amplitude", "seconds"),
    ):
        mc.figures.use_theme(language=language)
        assert mc.figures.draw_waveform(signal, 16_000).get_ylabel() == amplitude
        one = mc.figures.AlignedUtterance(("so",), np.array([[0.0, 0.1]]))
        assert mc.figures.draw_attention(np.ones((1, 1)), one).get_xlabel() == seconds
        plt.close("all")
    mc.figures.use_theme(language="de")
    mc.figures.use_theme()  # a notebook that says nothing speaks English
    assert figure_word("figure") == "Figure"
    assert "language 'fr'" in refusal(lambda: mc.figures.use_theme(language="fr"))
