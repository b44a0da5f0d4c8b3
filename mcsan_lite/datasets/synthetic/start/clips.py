"""Four spoken sentences that come with the package, for the first minute of the course.

In: nothing but this folder. Out: four clips with their transcripts, the times of their words, and
what the rule of the corpus makes of them. The sentences were written by hand, with the words and
the voices of the matching world, before any network had heard them. This makes the files again:

    python -c "from mcsan_lite.datasets.synthetic.start.clips import *; make_start_clips()"
"""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

from mcsan_lite.corpus import Word
from mcsan_lite.datasets.synthetic.rules import NEGATIVE, POSITIVE, RULES
from mcsan_lite.datasets.synthetic.speech import SAMPLE_RATE, speak_all
from mcsan_lite.errors import DataError

CLIPS_FOLDER = Path(__file__).parent
_TIMES_FILE = "times.json"
_COMPRESSION = 0.6  # of Vorbis, from best (0) to smallest (1)

# How a whole utterance is said, as the generator says calm and aroused ones.
_CALM = {"rate": 205, "volume": 33, "pitch": 35, "range": 25}
_AROUSED = {"rate": 235, "volume": 50, "pitch": 65, "range": 65}
_MANNERS = {"low": _CALM, "high": _AROUSED}


@dataclass(frozen=True)
class _Sentence:
    text: str
    stressed: tuple[str, ...]
    voice: str
    arousal: str  # "low" or "high"


_SENTENCES = {
    "clip1": _Sentence(
        "she said week and pain or flour with the sole", ("week", "flour"), "en-us+f2", "low"
    ),
    "clip2": _Sentence(
        "she said week and pain or flour with the sole", ("pain", "sole"), "en-us+f2", "low"
    ),
    "clip3": _Sentence("he wrote piece and sweet then the deer", ("piece",), "en-us+m2", "high"),
    "clip4": _Sentence("listen hart or pane but not the sole", ("pane",), "en-us+m3", "high"),
}
_SPELLED_OTHERWISE = dict(NEGATIVE + POSITIVE) | {
    plain: felt for felt, plain in NEGATIVE + POSITIVE
}
_SENSES = {felt: "negative" for felt, _ in NEGATIVE} | {felt: "positive" for felt, _ in POSITIVE}


@dataclass(frozen=True)
class StartClip:
    """One of the four clips, and all that is known of it.

    Attributes:
        id: such as "clip1".
        audio: its file.
        text: its transcript.
        words: the words of the transcript with the seconds at which they are said.
        stressed: the words that are said with stress.
        arousal: "high" or "low", of the whole utterance.
    """

    id: str
    audio: Path
    text: str
    words: tuple[Word, ...]
    stressed: tuple[str, ...]
    arousal: str

    @property
    def label(self) -> str:
        """The class that the rule gives to this sound with this transcript."""
        return label_by_rule(self.text, self.stressed, self.arousal)

    def number_of(self, word: str) -> int:
        """The place of a word in the transcript, counted from 0."""
        return self.text.split().index(word)


def label_by_rule(text: str, stressed: tuple[str, ...], arousal: str) -> str:
    """The class that the rule of the corpus gives.

    Args:
        text: the transcript, with at most one evaluative word.
        stressed: which of its words are said with stress.
        arousal: "high" or "low".
    """
    evaluative = [word for word in text.split() if word in _SENSES]
    sense = _SENSES[evaluative[0]] if evaluative else "none"
    is_stressed = evaluative[0] in stressed if evaluative else None
    fitting = {
        name: rule
        for name, rule in RULES.items()
        if rule.sense == sense and rule.stressed == is_stressed
    }
    # Where arousal decides, one class is always aroused and the other one never.
    p_high = 1.0 if arousal == "high" else 0.0
    return next(
        name for name, rule in fitting.items() if rule.p_high == p_high or len(fitting) == 1
    )


def respell(clip: StartClip, word: str) -> StartClip:
    """The same sound with one word spelled as its homophone, such as pane for pain.

    Args:
        clip: one of the four.
        word: of its transcript, with another spelling of the same sound.

    Raises:
        DataError: for a word that is not there, or has no other spelling.
    """
    words = clip.text.split()
    if word not in words or word not in _SPELLED_OTHERWISE:
        choices = ", ".join(one for one in words if one in _SPELLED_OTHERWISE)
        raise DataError(
            f"{word!r} in the transcript {clip.text!r}",
            f"one of its words that have two spellings: {choices}",
            "take one of these.",
        )
    other = {word: _SPELLED_OTHERWISE[word]}
    return replace(
        clip,
        text=" ".join(other.get(one, one) for one in words),
        words=tuple(replace(one, text=other.get(one.text, one.text)) for one in clip.words),
        stressed=tuple(other.get(one, one) for one in clip.stressed),
    )


def start_clips(folder: Path | str = CLIPS_FOLDER) -> tuple[StartClip, ...]:
    """The four clips, in the order in which lesson 00 plays them.

    Args:
        folder: where `make_start_clips` has put them; the package's own by default.

    Raises:
        DataError: where a clip or the file of times is missing or damaged.
    """
    folder = Path(folder)
    try:
        times = json.loads((folder / _TIMES_FILE).read_text(encoding="utf-8"))
        spans = {name: [Word(*timed) for timed in times[name]] for name in _SENTENCES}
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise _incomplete(folder, f"{_TIMES_FILE}: {error!r}") from None
    clips = []
    for name, sentence in _SENTENCES.items():
        audio = folder / f"{name}.ogg"
        if not audio.is_file():
            raise _incomplete(folder, f"no {audio.name}")
        words = tuple(spans[name])
        clip = StartClip(name, audio, sentence.text, words, sentence.stressed, sentence.arousal)
        clips.append(clip)
    return tuple(clips)


def _incomplete(folder: Path, why: str) -> DataError:
    return DataError(
        f"{folder}, where the four clips of lesson 00 are not whole ({why})",
        f"{len(_SENTENCES)} clips and {_TIMES_FILE}",
        "install the package again, or make them again: make_start_clips()",
    )


def make_start_clips(folder: Path | str = CLIPS_FOLDER) -> None:
    """Let the corpus's voice say the four sentences, and write clips and word times.

    Args:
        folder: where they go; it must be there.

    Raises:
        DataError: where the voice (the package espeakng-loader) is not installed.
    """
    import soundfile

    folder = Path(folder)
    plan = []
    for name, sentence in _SENTENCES.items():
        words = [(word, word in sentence.stressed, 0) for word in sentence.text.split()]
        manner = _MANNERS[sentence.arousal]
        plan.append({"id": name, "voice": sentence.voice, **manner, "words": words})
    spans = {}
    with tempfile.TemporaryDirectory() as temporary:
        times = speak_all(plan, Path(temporary), form="wav")
        for name, sentence in _SENTENCES.items():
            signal, _ = soundfile.read(Path(temporary, f"{name}.wav"), dtype="float32")
            soundfile.write(
                folder / f"{name}.ogg", signal, SAMPLE_RATE, compression_level=_COMPRESSION
            )
            borders = [*times[name]["starts"], times[name]["end"]]
            words = zip(sentence.text.split(), borders[:-1], borders[1:], strict=True)
            spans[name] = [(word, round(start, 3), round(end, 3)) for word, start, end in words]
    lines = [f'"{name}": {json.dumps(words)}' for name, words in spans.items()]
    text = "{\n" + ",\n".join(lines) + "\n}\n"
    (folder / _TIMES_FILE).write_text(text, encoding="utf-8")
