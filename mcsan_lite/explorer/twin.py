"""The explorer as one page without a kernel: what it can answer is computed before.

In: an `ExplorerCore`. Out: HTML that works from disk, offline: each utterance with each model, as
it is and with each single change, in every reading, head and direction.
"""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Iterable, Iterator
from dataclasses import replace

from tqdm import tqdm

from mcsan_lite.explain.readings import READINGS
from mcsan_lite.explorer.core import ExplorerCore
from mcsan_lite.explorer.spelling import swaps_of
from mcsan_lite.explorer.state import ExplorerState
from mcsan_lite.features.words import tokenize
from mcsan_lite.figures.explorer.assembly import assembled_page, joined_modules
from mcsan_lite.figures.texts.reading import ENGLISH, page_texts

TWIN_SEMITONES = 6  # the one step of pitch that the page holds. A choice: half an octave is heard
_PATIENCE_S = 3  # until a bar is drawn


def pitch_words(text: str) -> list[int]:
    """The words whose pitch the page can raise: those that have a second spelling."""
    tokens = tokenize(text)
    spelled_in_two_ways = {swap.old for swap in swaps_of(tokens, text)}
    return [place for place, token in enumerate(tokens) if token in spelled_in_two_ways]


def twin_states(core: ExplorerCore, semitones: float = TWIN_SEMITONES) -> Iterator[ExplorerState]:
    """Every state that the page holds: as it is, and with one change.

    The changes are: one homophone swapped, the sound muted, the words blanked, one word raised.

    Args:
        core: its models and sounds are those of the page.
        semitones: by how much a word is raised; 0: none is.
    """
    for name, sound in core.sounds.items():
        for model in core.models:
            plain = ExplorerState(name, model, sound.text)
            yield plain
            yield replace(plain, muted=True)
            yield replace(plain, blanked=True)
            for swap in swaps_of(tokenize(sound.text), sound.text):
                yield replace(plain, text=swap.text)
            for word in pitch_words(sound.text) if semitones else ():
                yield replace(plain, pitch_word=word, semitones=semitones)


def answer_key(state: ExplorerState) -> str:
    """What names an answer in the page; page.js has the same function."""
    pitch = f"{state.pitch_word}:{state.semitones:g}" if state.semitones else ""
    gone = ("muted" if state.muted else "", "blanked" if state.blanked else "")
    return "|".join((state.utterance, state.model, state.text or "", *gone, pitch))


def explorer_page(
    core: ExplorerCore,
    *,
    readings: Iterable[str] = tuple(READINGS),
    semitones: float = TWIN_SEMITONES,
    language: str = ENGLISH,
    progress: bool = False,
) -> str:
    """The page.

    Args:
        core: its models and sounds are those of the page.
        readings: names of those that the page holds, where the model has them.
        semitones: the one step of pitch that the page holds; 0: none, for a smaller page.
        language: of what a reader sees; one of `text_languages()`.
        progress: draw a bar on stderr where it takes longer than some seconds.

    Returns:
        The page as HTML.

    Raises:
        DataError: for a language that has no texts.
    """
    texts = page_texts(language)
    states = list(twin_states(core, semitones))
    shown = tqdm(states, "answers", leave=False, delay=_PATIENCE_S, disable=not progress)
    answers: dict[str, dict] = {}
    sounds: dict[str, dict] = {}
    numbers: dict[str, str] = {}  # sound -> its number in the page
    for state in shown:
        answer = core.answer(state, readings=readings)
        lens = dict(answer["lens"])
        lens["readings"] = list(dict.fromkeys(view["name"] for view in lens["views"]))
        sound = {part: lens.pop(part) for part in ("seconds", "wave", "audio")}
        number = numbers.setdefault(str(sound["audio"]), str(len(numbers)))
        sounds[number] = sound
        answers[answer_key(state)] = {**answer, "lens": {**lens, "sound": number}}
    raised = {
        name: pitch_words(sound.text) if semitones else [] for name, sound in core.sounds.items()
    }
    choices = core.choices() | {
        "semitones": [0, semitones, semitones or 1],
        "pitch_words": raised,
    }
    held = json.dumps({"answers": answers, "sounds": sounds}, separators=(",", ":"))
    packed = gzip.compress(held.encode(), mtime=0)  # without a date: the same bytes each time
    data = {
        "title": texts["explorer"]["title"],
        "texts": texts,
        "choices": choices,
        "first": states[0].as_json(),
        "packed": base64.b64encode(packed).decode(),
    }
    return assembled_page(data, joined_modules("lens", "explorer", "page") + "startTwin();")
