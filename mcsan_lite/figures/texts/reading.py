"""The texts of one language, out of the files of this folder.

In: a language, as the attribute `lang` of a page names it: "en" or "de". Out: its texts. All
languages have the same keys, and the same {names} in each text.
"""

from __future__ import annotations

import json
from importlib.resources import files

from mcsan_lite.errors import require_name

ENGLISH = "en"
_HOME = "mcsan_lite.figures.texts"
_figure_words: dict[str, str] = {}  # of all figures, as matplotlib's own settings are


def text_languages() -> list[str]:
    """The languages that have a file, in alphabetical order."""
    names = [one.name for one in files(_HOME).iterdir()]
    return sorted(name.removesuffix(".json") for name in names if name.endswith(".json"))


def page_texts(language: str = ENGLISH) -> dict[str, dict[str, str]]:
    """Every text that a reader sees: {part: {key: text}}, with {names} where values go in.

    Raises:
        DataError: for a language that has no file.
    """
    require_name(language, text_languages(), "language")
    path = files(_HOME).joinpath(f"{language}.json")
    return json.loads(path.read_text(encoding="utf-8"))


def let_figures_speak(language: str) -> None:
    """Choose the language of what figures say by themselves, such as "seconds" below an axis.

    Raises:
        DataError: for a language that has no file.
    """
    _figure_words.update(page_texts(language)["figures"])


def figure_word(key: str) -> str:
    """A word that figures say by themselves, in the language chosen last; at first in English."""
    if not _figure_words:
        let_figures_speak(ENGLISH)
    return _figure_words[key]
