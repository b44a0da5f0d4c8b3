"""What is set in the explorer, as one value: from JSON, and back to it.

In: what a page or a script sends. Out: an `ExplorerState`, or a refusal in three parts.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields

from mcsan_lite.errors import DataError
from mcsan_lite.explorer.refusals import ExplorerRefusal

MOST_SEMITONES = 12.0  # an octave up or down. A choice
MOST_LETTERS = 5_000  # of a transcript that is typed. A choice


@dataclass(frozen=True)
class ExplorerState:
    """All that can be set.

    Attributes:
        utterance: id of an `Explorable`.
        model: name of a model.
        text: the transcript; None: the utterance's own.
        reading: a name of READINGS, or of a map, such as "raw attention, layer 2".
        direction: of the view that is shown; None: the first one.
        head: of the view that is shown; None: all together.
        muted: the sound tells nothing: every frame is the training part's mean frame.
        blanked: the words tell nothing: each has the vector of an unknown word.
        pitch_word: the place of the token whose sound is higher or lower; None: none is.
        semitones: by how much.
    """

    utterance: str
    model: str
    text: str | None = None
    reading: str = "raw attention"
    direction: str | None = None
    head: int | None = None
    muted: bool = False
    blanked: bool = False
    pitch_word: int | None = None
    semitones: float = 0.0

    def as_json(self) -> dict[str, object]:
        """The state as the page knows it."""
        return asdict(self)

    @property
    def edited_sound(self) -> bool:
        """Whether the sound is another than the utterance's own."""
        return self.muted or (self.pitch_word is not None and self.semitones != 0)


_TEXT = (str,)
_KINDS: dict[str, tuple[type, ...]] = {
    "utterance": _TEXT,
    "model": _TEXT,
    "text": (str, type(None)),
    "reading": _TEXT,
    "direction": (str, type(None)),
    "head": (int, type(None)),
    "muted": (bool,),
    "blanked": (bool,),
    "pitch_word": (int, type(None)),
    "semitones": (int, float),
}


def parse_state(given: Mapping[str, object]) -> ExplorerState:
    """A state out of what a page sends; fields that are left out have their defaults.

    Raises:
        DataError: for a field that is not known or has a wrong kind, for more than an octave, and
            for a transcript of more than `MOST_LETTERS` letters.
    """
    known = {one.name for one in fields(ExplorerState)}
    for name, value in given.items():
        is_flag = isinstance(value, bool)
        if name not in known or not isinstance(value, _KINDS[name]):
            raise _wrong_field(name, value)
        if is_flag and bool not in _KINDS[name]:  # for Python, True is an int
            raise _wrong_field(name, value)
    for name in ("utterance", "model"):
        if name not in given:
            raise DataError(f"a state without {name}", "one that names it", f"set {name}.")
    state = ExplorerState(**given)
    if not math.isfinite(state.semitones) or abs(state.semitones) > MOST_SEMITONES:
        raise DataError(
            f"{state.semitones} semitones",
            f"{-MOST_SEMITONES:.0f} to {MOST_SEMITONES:.0f}, an octave",
            "take a smaller step.",
        )
    if state.text is not None and len(state.text) > MOST_LETTERS:
        raise ExplorerRefusal("letters", letters=len(state.text), most=MOST_LETTERS)
    return state


def _wrong_field(name: str, value: object) -> DataError:
    kinds = " or ".join(kind.__name__ for kind in _KINDS.get(name, ()))
    return DataError(
        f"{name}={value!r}",
        kinds.replace("NoneType", "None") or f"one of {', '.join(_KINDS)}",
        "correct this field of the state.",
    )
