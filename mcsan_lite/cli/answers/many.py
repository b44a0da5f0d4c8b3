"""Many recordings in one go: one row each, and a bad one is a row with its reason.

In: a run and recordings. Out: rows as they are finished. Recordings are read in small blocks, so
that memory does not grow with their number, and the words of a block are looked up together. With
pieces, a long recording is cut without overlap, and each piece is a row; nobody knows which words
are said in which piece, so that pieces are heard without words.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from mcsan_lite.cli import used
from mcsan_lite.cli.answers.asking import Answerer
from mcsan_lite.errors import DataError

if TYPE_CHECKING:
    import numpy as np

    from mcsan_lite.cli.answers.recordings import NamedRecording
    from mcsan_lite.corpus import Utterance
    from mcsan_lite.features.extraction import Features
    from mcsan_lite.training.confidence.judging import Judgement
    from mcsan_lite.training.inference import Trained

_BLOCK = 16  # recordings whose features are made together
_SHORTEST_S = 0.1  # a last piece that is shorter is left out


@dataclass(frozen=True)
class AnswerRow:
    """The answer to one recording or one piece of it.

    Attributes:
        name: of the recording.
        judgement: None for a bad one.
        remarks: what was cut, what is missing.
        problem: why there is no answer at all; "" for a good one.
        start_s: where the piece begins; None for a whole recording.
        end_s: where it ends.
    """

    name: str
    judgement: Judgement | None = None
    remarks: tuple[str, ...] = ()
    problem: str = ""
    start_s: float | None = None
    end_s: float | None = None

    def values(self, answerer: Answerer) -> dict[str, object]:
        """The row as csv and json lines have it; None stands for what is not known.

        Args:
            answerer: gives the classes, and names the training corpus.
        """
        classes = {f"p({label})": None for label in answerer.run.labels}
        judged: dict[str, object] = {
            "answer": None,
            "likeliest": None,
            "sound": None,
            "sound_distance": None,
            "words": None,
            "new_words": None,
        }
        if self.judgement is not None:
            likely = self.judgement.probabilities
            classes = {f"p({label})": round(float(likely[label]), 4) for label in likely.index}
            classes = {name: classes[name] for name in map("p({})".format, answerer.run.labels)}
            judged |= {"answer": self.judgement.answer, "likeliest": self.judgement.first}
            judged |= _likeness_values(self.judgement)
        piece = {"start_s": self.start_s, "end_s": self.end_s}
        return {
            "recording": self.name,
            **({} if self.start_s is None else piece),
            **judged,
            **classes,
            "trained_on": answerer.corpus,
            "calibrated": answerer.confidence is not None,
            "remarks": "; ".join(self.remarks),
            "problem": self.problem,
        }


def _likeness_values(judgement: Judgement) -> dict[str, object]:
    found: dict[str, object] = {}
    if judgement.sound is not None:
        found["sound"] = judgement.sound.verdict
        found["sound_distance"] = round(judgement.sound.distance, 3)
    if judgement.words is not None:
        found["words"] = judgement.words.verdict
        found["new_words"] = len(judgement.words.new)
    return found


@dataclass
class _Pending:
    """A recording on its way: a refusal, or an utterance with what is to be said of it."""

    name: str
    given: Utterance | None = None
    remarks: list[str] = field(default_factory=list)
    problem: str = ""


def answers(
    answerer: Answerer, recordings: Sequence[NamedRecording], piece_s: float | None = None
) -> Iterator[list[AnswerRow]]:
    """The rows of each recording, one list per recording, in order.

    Args:
        answerer: what answers.
        recordings: what is asked.
        piece_s: cut each recording into pieces of so many seconds; None: hear it as in training.
    """
    if piece_s is not None:
        for recording in recordings:
            yield _rows_of_pieces(answerer, recording, piece_s)
        return
    for start in range(0, len(recordings), _BLOCK):
        for row in _block(answerer, recordings[start : start + _BLOCK], start):
            yield [row]


def _block(
    answerer: Answerer, recordings: Sequence[NamedRecording], first: int
) -> Iterator[AnswerRow]:
    """The rows of some recordings, whose features are made together."""
    from mcsan_lite.corpus import Corpus
    from mcsan_lite.features.extraction import extract

    run = answerer.run.without_word_times()
    pending = [_asked(run, one, str(first + i)) for i, one in enumerate(recordings)]
    parts = tuple(used.used_part(run, one.given) for one in pending if one.given is not None)
    features, problems = {}, {}
    if parts:
        corpus = Corpus("yours", run.labels, parts)
        extracted, bad = extract(corpus, run.features, cache=answerer.cache, on_error="skip")
        features = {one.id: one for one in extracted}
        problems = {one.id: one.detail for one in bad}
    for one in pending:
        if one.given is not None:
            one.problem = problems.get(one.given.id, "")
        if one.problem:
            yield AnswerRow(one.name, problem=one.problem)
        else:
            yield _answered_row(answerer, one, features[one.given.id])


def _asked(run: Trained, recording: NamedRecording, number: str) -> _Pending:
    from mcsan_lite.corpus import Utterance

    given = Utterance(number, recording.audio, recording.text, run.labels[0])
    try:
        return _Pending(recording.name, given, used.remarks_before(run, given))
    except DataError as error:
        return _Pending(recording.name, problem=_reason(error))


def _reason(error: DataError) -> str:
    """A refusal in one line, without the advice for a single recording."""
    return " ".join(f"{error.given}; expected: {error.expected}".split())


def _answered_row(answerer: Answerer, one: _Pending, raw: Features) -> AnswerRow:
    run = answerer.run
    try:
        remarks = one.remarks + used.remark_on_words(run, one.given, raw, answerer.cache)
        (ready,) = run.prepare([raw])
        judgement = answerer.judgement(ready)
    except DataError as error:
        return AnswerRow(one.name, problem=_reason(error))
    return AnswerRow(one.name, judgement, tuple(remarks))


def _rows_of_pieces(
    answerer: Answerer, recording: NamedRecording, piece_s: float
) -> list[AnswerRow]:
    """One row per piece of a recording; a single row where it cannot be read at all."""
    from mcsan_lite.features.audio import load_audio

    run = answerer.run.without_word_times()
    rate = run.features.sample_rate
    try:
        if recording.audio is None:
            raise DataError("words alone", "sound, which can be cut into pieces", "name a file.")
        used.require_stream(run, "audio")
        _refuse_arrays(run)
        signal = load_audio(recording.audio, rate)
    except DataError as error:
        return [AnswerRow(recording.name, problem=_reason(error))]
    remarks = ["no words (a piece is heard alone)"]
    if recording.text:
        remarks = ["not used: the words, since nobody knows which are said in which piece"]
    rows = []
    size = round(piece_s * rate)
    for start in range(0, len(signal), size):
        piece = signal[start : start + size]
        if start and len(piece) < _SHORTEST_S * rate:
            continue
        row = _row_of_piece(answerer, piece, AnswerRow(recording.name, remarks=tuple(remarks)))
        end_s = (start + len(piece)) / rate
        rows.append(replace(row, start_s=round(start / rate, 3), end_s=round(end_s, 3)))
    return rows


def _refuse_arrays(run: Trained) -> None:
    if run.features.places:
        raise DataError(
            "--segments for a run that was trained on arrays made elsewhere",
            "a run that makes its features from sound and words itself",
            "leave --segments out, and make the arrays of each piece with your tool.",
        )


def _row_of_piece(answerer: Answerer, piece: np.ndarray, row: AnswerRow) -> AnswerRow:
    """The row with the answer to a piece, (samples,)."""
    from mcsan_lite.features.alignment import proportional
    from mcsan_lite.features.extraction import Features, mfcc
    from mcsan_lite.features.language.transcripts import read_transcripts
    from mcsan_lite.features.sound.level import SILENCE

    run = answerer.run.without_word_times()
    config = run.features
    if abs(piece).max() <= SILENCE:
        return replace(row, problem="silent from begin to end", remarks=())
    (nothing,) = read_transcripts([""], config.vectors, config.unknown, answerer.cache).each
    frames = mfcc(piece, config)
    raw = Features("yours", frames, nothing.vectors, nothing.tokens, run.labels[0])
    if config.align != "none":
        spans = proportional(frames, nothing.tokens, hop_s=config.hop_s, n_mels=config.n_mels)
        raw = replace(raw, spans=spans, hop_s=config.hop_s)
    try:
        (ready,) = run.prepare([raw])
        return replace(row, judgement=answerer.judgement(ready))
    except DataError as error:
        return replace(row, problem=_reason(error), remarks=())
