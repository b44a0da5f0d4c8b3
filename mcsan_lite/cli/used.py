"""What a run uses of one utterance: what is heard and read of it, what is cut, what is missing.

In: a trained run, and an utterance. Out: sentences for stderr; or a refusal where nothing is given
that the run can use.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from mcsan_lite.errors import DataError

if TYPE_CHECKING:
    from mcsan_lite.corpus import Utterance
    from mcsan_lite.features.extraction import Features
    from mcsan_lite.training.inference import Trained

_NAMED = 5  # unknown words that are named
_NOUN = {"audio": "sound", "text": "words", "video": "video"}
_VERB = {"audio": "listen", "text": "read", "video": "look"}
_STREAM = {"audio": "sound", "text": "words", "video": "a video stream"}


@dataclass(frozen=True)
class Heard:
    """What a run hears of a clip.

    Attributes:
        whole_s: how long the clip is.
        heard_s: how much of it the run hears, from its begin.
        sound_after_s: when the first sound begins.
    """

    whole_s: float
    heard_s: float
    sound_after_s: float

    @property
    def silent(self) -> bool:
        """Whether there is nothing to hear in what is heard."""
        return self.sound_after_s >= self.heard_s

    def sentence(self) -> str:
        """What to say of it."""
        said = f"heard: all {self.whole_s:.1f} s of sound"
        if self.heard_s < self.whole_s:
            said = f"heard: only the first {self.heard_s:.1f} s of {self.whole_s:.1f} s of sound"
        if self.silent:
            said += f", and they are silent: the sound begins after {self.sound_after_s:.1f} s"
        return said


def heard_of(run: Trained, clip: Path, max_s: float | None = None) -> Heard:
    """What a run hears of a clip.

    Args:
        run: its settings say how long it listens.
        clip: the sound file.
        max_s: where the utterance ends in its clip, if it ends before the clip does.

    Raises:
        DataError: for a clip that cannot be read, or that is silent from begin to end.
    """
    from mcsan_lite.features.audio import survey
    from mcsan_lite.features.extraction import heard_seconds

    recording = survey(clip)
    heard_s = min(recording.seconds, heard_seconds(run.features, max_s))
    return Heard(recording.seconds, heard_s, recording.level.first / recording.rate)


def used_streams(run: Trained) -> tuple[str, ...]:
    """Which of "audio", "text" and "video" the run uses."""
    every = ("audio", "text", "video") if run.features.video else ("audio", "text")
    used = tuple(getattr(run.model, "modalities", every))
    mfcc_size = 1 if run.features.frames else run.features.n_mfcc
    never_heard = len(run.standardizer.mean) < mfcc_size  # a corpus without clips
    return tuple(name for name in used if not (name == "audio" and never_heard))


def used_part(run: Trained, utterance: Utterance) -> Utterance:
    """The utterance without what the run does not use, which is then not opened.

    Args:
        run: what it is given to.
        utterance: as it is given.
    """
    streams = used_streams(run)
    return replace(
        utterance,
        audio=utterance.audio if "audio" in streams else None,
        text=utterance.text if "text" in streams else "",
    )


def remarks_before(run: Trained, utterance: Utterance) -> list[str]:
    """What to say before an utterance is given to a run.

    Args:
        run: what it is given to.
        utterance: as it is given.

    Returns:
        Sentences: what the run does not use, what it lacks, and how much of the sound it hears.

    Raises:
        DataError: where nothing is given, or nothing that the run can use, and for words that are
            no text.
    """
    _require_characters(utterance.text)
    streams = used_streams(run)
    is_given = {
        "audio": utterance.audio is not None or _has_own_frames(run),
        "text": has_words(utterance.text),
        "video": utterance.video is not None,
    }
    given = [name for name, there in is_given.items() if there]
    usable = [name for name in given if name in streams]
    if not usable:
        raise _nothing_to_use(given, streams)
    remarks = []
    for name in given:
        if name not in usable:
            remarks.append(f"not used: the {_NOUN[name]}. This run does not {_VERB[name]}")
    for name in streams:
        if name not in given:
            remarks.append(
                f"no {_NOUN[name]} (--{name}): this run was trained with {_STREAM[name]}, "
                "and gets none"
            )
    if "audio" in usable and run.features.frames:
        remarks.append(f"heard: the frames in {run.features.frames}, not the recording")
    elif "audio" in usable:
        heard = heard_of(run, utterance.audio, utterance.max_s)
        if heard.silent and usable == ["audio"]:
            raise _nothing_to_hear(utterance.audio, heard)
        remarks.append(heard.sentence())
    return remarks


def _has_own_frames(run: Trained) -> bool:
    """Whether a single array of sound frames was named, which needs no recording beside it."""
    return Path(run.features.frames).suffix == ".npy"


def require_stream(run: Trained, name: str) -> None:
    """Refuse a run that does not use a stream at all.

    Args:
        run: what is asked.
        name: "audio", "text" or "video".

    Raises:
        DataError: where that stream is nothing to it.
    """
    streams = used_streams(run)
    if name not in streams:
        raise _nothing_to_use([name], streams)


def has_words(text: str) -> bool:
    """Whether a transcript holds anything: blanks and invisible characters are nothing."""
    from mcsan_lite.features.words import tokenize

    return tokenize(text) != tokenize("")


def remark_on_words(
    run: Trained, utterance: Utterance, features: Features, cache: Path | str
) -> list[str]:
    """What to say of the transcript: how many of its tokens are read, which have no vector.

    Args:
        run: what reads.
        utterance: as it is given.
        features: what was made of it.
        cache: folder of features.

    Raises:
        DataError: where no word has a vector, and there is nothing else to use.
    """
    from mcsan_lite.features.arrays.given import is_place
    from mcsan_lite.features.language.transcripts import words_of
    from mcsan_lite.features.words import embed, tokenize

    if "text" not in used_streams(run) or not has_words(utterance.text):
        return []
    read, whole = len(features.tokens), len(tokenize(utterance.text))
    remarks = [f"read: the whole transcript, {whole:,d} token{'' if whole == 1 else 's'}"]
    if read < whole:
        remarks = [f"read: only the first {read:,d} of the transcript's {whole:,d} tokens"]
    if is_place(run.features.vectors):  # it holds a vector for every token
        return remarks
    _, unknown = embed(features.tokens, run.features.vectors, "zero", Path(cache))
    words = words_of(features.tokens)
    missing = [word for word in words if word in unknown]
    no_word = bool(words) and len(missing) == len(words)
    nothing = no_word or unknown.issuperset(features.tokens)
    if nothing and not _used_beside_words(run, utterance):
        raise DataError(
            f"{len(words or features.tokens):,d} words, none of them known to the word vectors of "
            "this run",
            "words that it was trained on, or sound",
            "give --audio, or a transcript in the language of the run.",
        )
    if missing:
        named = ", ".join(list(dict.fromkeys(missing))[:_NAMED])
        remarks.append(
            f"read as nothing: {len(missing):,d} of {len(words):,d} words, which the word vectors "
            f"do not know, such as {named}"
        )
    return remarks


def remark_on_readings(words: int) -> list[str]:
    """What to say where an utterance has too many words for some readings of the word lens."""
    from mcsan_lite.figures.lens import PATIENT_READINGS, PATIENT_WORDS

    if words <= PATIENT_WORDS:
        return []
    names = ", ".join(PATIENT_READINGS)
    return [f"left out above {PATIENT_WORDS} words, as they would take minutes: {names}"]


def _used_beside_words(run: Trained, utterance: Utterance) -> bool:
    """Whether the run gets sound or video that it uses."""
    streams = used_streams(run)
    heard = "audio" in streams and utterance.audio is not None
    seen = "video" in streams and utterance.video is not None
    return heard or seen


def _require_characters(text: str) -> None:
    """Raise DataError for bytes that this terminal does not read as characters."""
    from mcsan_lite.tables.spelling import is_text

    if not is_text(text):
        shown = text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
        raise DataError(
            f"--text '{shown}', with bytes that are no character in UTF-8",
            "text in UTF-8",
            "type it again in this terminal, or convert it (iconv -t utf-8).",
        )


def _nothing_to_use(given: list[str], streams: tuple[str, ...]) -> DataError:
    wanted = " or ".join(_NOUN[name] for name in streams)
    options = " or ".join(f"--{name}" for name in streams)
    if not given:
        return DataError("neither sound nor words", wanted, f"give {options}.")
    names = " and ".join(_NOUN[name] for name in given)
    cannot = " and ".join(_VERB[name] for name in given)
    return DataError(
        f"{names} alone, for a run that does not {cannot}",
        wanted,
        f"give {options}, or another --run.",
    )


def _nothing_to_hear(clip: Path, heard: Heard) -> DataError:
    return DataError(
        f"{clip}, of which the run hears the first {heard.heard_s:.1f} s, and they are silent",
        "something to hear in them",
        f"cut the recording: its sound begins after {heard.sound_after_s:.1f} s.",
    )
