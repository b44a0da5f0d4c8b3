"""`mcsan predict`: the emotion of one recording, or one row each of many.

In: a run, and a recording with its transcript; or files, folders and tables. Out: the probability
of every class with its doubts; or a table, csv or json lines with one row per recording.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mcsan_lite.cli.answers.asking import (
    Answerer,
    add_recording_options,
    answerer_of,
    remarks_on_times,
    report,
    your_utterance,
)
from mcsan_lite.cli.borders.outputs import single_file
from mcsan_lite.cli.options import add_command

if TYPE_CHECKING:
    from mcsan_lite.cli.answers.many import AnswerRow

SOME_FAILED = 1  # the exit status where a recording has no answer because it cannot be used
_ENDINGS = (".csv", ".jsonl")
_NAME_WIDTH = 48  # of a recording in a table on the terminal


def add_predict_command(commands) -> None:
    """mcsan predict: its options."""
    parser = add_command(
        commands,
        "predict",
        predict_command,
        "the emotion of your own recording and transcript; or of many, one row each",
        example="mcsan predict --run checkpoints/matching-seed0.safetensors --audio my.wav "
        '--text "what was said"',
    )
    parser.add_argument(
        "recordings",
        nargs="*",
        help="recordings, folders of them, or a csv with the columns path and text. The transcript "
        "of NAME.wav may stand beside it in NAME.txt",
    )
    add_recording_options(parser)
    parser.add_argument(
        "--segments",
        type=float,
        metavar="SECONDS",
        help="cut each recording into pieces of so many seconds, one row each; without it, a long "
        "one is heard up to where training cut it",
    )
    parser.add_argument(
        "--abstain",
        type=float,
        metavar="SHARE",
        help="no answer below this calibrated probability (default: the run's own, .5)",
    )
    parser.add_argument("--out", help="write the rows to FILE.csv or FILE.jsonl (default: a table)")


def predict_command(args: argparse.Namespace) -> int:
    """Print the probability of every class for a recording; or a row for each of many."""
    _require_one_way(args)
    answerer = _with_abstention(answerer_of(args), args.abstain)
    several = args.recordings or args.segments is not None or args.out
    if several:
        return _predict_many(answerer, args)
    return _predict_one(answerer, args)


def _require_one_way(args: argparse.Namespace) -> None:
    """Refuse options that contradict each other, before anything is loaded."""
    from mcsan_lite.errors import DataError

    if args.recordings and (args.audio or args.video):
        named = "--audio" if args.audio else "--video"
        raise DataError(
            f"{named} beside {args.recordings[0]!r}",
            "one way to name recordings",
            f"leave {named} out.",
        )
    if args.video and (args.out or args.segments is not None):
        more = "--out" if args.out else "--segments"
        raise DataError(
            f"--video beside {more}",
            "a recording alone: a table of answers looks at no video",
            f"leave {more} or --video out.",
        )
    if args.out and Path(args.out).suffix not in _ENDINGS:
        raise DataError(
            f"--out {args.out!r}", "a file that ends in .csv or .jsonl", "--out answers.csv"
        )
    if args.out:
        single_file(args.out, "--out answers.csv")
    if args.segments is not None and not args.segments >= 0.1:
        raise DataError(f"--segments {args.segments:g}", "0.1 seconds or more", "--segments 10")
    if args.abstain is not None and not 0 <= args.abstain <= 1:
        raise DataError(f"--abstain {args.abstain:g}", "a share from 0 to 1", "--abstain 0.5")


def _with_abstention(answerer: Answerer, share: float | None) -> Answerer:
    from dataclasses import replace

    from mcsan_lite.errors import DataError
    from mcsan_lite.training.confidence.judging import with_abstention

    if share is None:
        return answerer
    if answerer.confidence is None:
        raise DataError(
            "--abstain for a run that was never calibrated",
            "a run with a confidence.json, whose percentages mean something",
            "make it: mcsan calibrate --run FOLDER; or leave --abstain out.",
        )
    return replace(answerer, confidence=with_abstention(answerer.confidence, share))


def _predict_one(answerer: Answerer, args: argparse.Namespace) -> int:
    from mcsan_lite.cli import used
    from mcsan_lite.training.confidence.judging import judgement_sentences

    run = answerer.run
    yours = your_utterance(args.audio, args.text, args.video)
    # Without sound there is nothing to place words in.
    report(used.remarks_before(run, yours) + remarks_on_times(run, known=not args.audio))
    part = used.used_part(run, yours)
    features = run.features_of(part.audio, part.text, answerer.cache, part.video)
    report(used.remark_on_words(run, yours, features, answerer.cache))
    judgement = answerer.judgement(features)
    print(judgement.probabilities.map("{:.1%}".format).to_string())
    print("", *judgement_sentences(judgement, answerer.corpus), sep="\n")
    return 0


def _predict_many(answerer: Answerer, args: argparse.Namespace) -> int:
    from tqdm import tqdm

    from mcsan_lite.cli.answers.many import answers
    from mcsan_lite.cli.answers.recordings import named_recordings
    from mcsan_lite.errors import DataError

    _require_heard_pieces(answerer, args.segments)
    places = args.recordings or ([args.audio] if args.audio else [])
    if not places:
        raise DataError(
            "no recording for a table of answers",
            "files, a folder or a csv",
            "name them: mcsan predict FOLDER --run RUN --out answers.csv",
        )
    found = named_recordings(places, args.text)
    bar = tqdm(total=len(found), desc="recordings", leave=False, disable=len(found) < 2)
    rows: list[AnswerRow] = []
    with bar:
        for one in answers(answerer, found, args.segments):
            rows += one
            bar.update()
    _deliver(answerer, rows, args.out)
    bad = sum(bool(row.problem) for row in rows)
    unit = "recordings" if args.segments is None else "pieces"
    if bad:
        print(f"{bad:,d} of {len(rows):,d} {unit} without an answer: see problem", file=sys.stderr)
    return SOME_FAILED if bad else 0


def _require_heard_pieces(answerer: Answerer, piece_s: float | None) -> None:
    """Refuse pieces of which the end would not be heard."""
    from mcsan_lite.errors import DataError
    from mcsan_lite.features.extraction import heard_seconds

    heard_s = heard_seconds(answerer.run.features)
    if piece_s is not None and piece_s > heard_s:
        raise DataError(
            f"--segments {piece_s:g}",
            f"at most {heard_s:g} seconds, which is all that this run hears of a clip",
            f"--segments {heard_s:g}",
        )


def _deliver(answerer: Answerer, rows: Sequence[AnswerRow], out: str | None) -> None:
    """Write the rows to a file, whole or not at all; or print a table of what matters most."""
    from mcsan_lite.cache import write_atomic

    if out is None:
        print(_table_text(answerer, rows))
        return
    values = [row.values(answerer) for row in rows]
    if out.endswith(".csv"):
        text = _csv_text(values)
    else:
        text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in values)
    data = _in_utf8(text)
    write_atomic(Path(out), lambda part: part.write_bytes(data))
    print(f"{len(rows):,d} rows written to {out}")


def _csv_text(values: Sequence[dict[str, object]]) -> str:
    import pandas as pd

    from mcsan_lite.tables.shared import spreadsheet_table

    names = dict.fromkeys(name for row in values for name in row)
    rows = [{name: _encodable(value) for name, value in row.items()} for row in values]
    table = pd.DataFrame(rows, columns=list(names), dtype=object)
    return spreadsheet_table(table).to_csv(index=False, lineterminator="\n")


def _in_utf8(text: str) -> bytes:
    """The bytes of a text; what is no UTF-8 in the name of a file stands there as \\udcXX."""
    return text.encode("utf-8", errors="backslashreplace")


def _encodable(value: object) -> object:
    """A cell as any program can read it; pandas keeps no text that is no UTF-8."""
    return _in_utf8(value).decode("utf-8") if isinstance(value, str) else value


def _table_text(answerer: Answerer, rows: Sequence[AnswerRow]) -> str:
    from mcsan_lite.training.confidence.judging import corpus_phrase, is_generated

    lines = [("recording", "answer", "likeliest", "sound", "words", "problem, remarks")]
    for row in rows:
        lines.append((_shown_name(row), *_shown_judgement(row), _shown_notes(row)))
    *widths, _ = (max(map(len, column)) for column in zip(*lines, strict=True))
    text = [
        "  ".join(
            [*(cell.ljust(width) for cell, width in zip(line, widths, strict=False)), line[-1]]
        )
        for line in lines
    ]
    generated = is_generated(answerer.corpus)
    if answerer.confidence is not None:
        generated = answerer.confidence.source.generated
    text += ["", f"trained on: {corpus_phrase(answerer.corpus, generated)}"]
    if answerer.confidence is None:
        text.append("not calibrated: mcsan calibrate --run FOLDER would tell like from unlike")
    return "\n".join(line.rstrip() for line in text)


def _shown_name(row: AnswerRow) -> str:
    name = row.name
    if len(name) > _NAME_WIDTH:
        name = f"…{name[1 - _NAME_WIDTH :]}"
    if row.start_s is None:
        return name
    return f"{name} {row.start_s:.1f} to {row.end_s:.1f} s"


def _shown_judgement(row: AnswerRow) -> tuple[str, str, str, str]:
    judged = row.judgement
    if judged is None:
        return "-", "-", "-", "-"
    likely = f"{judged.first} {judged.probabilities.iloc[0]:.0%}"
    sound = judged.sound.verdict if judged.sound else "-"
    words = judged.words.verdict if judged.words else "-"
    return judged.answer or "none", likely, sound, words


def _shown_notes(row: AnswerRow) -> str:
    """The problem, or those remarks that say that something is missing, unused or cut."""
    if row.problem:
        return row.problem
    plain = ("heard: all", "read: the whole")
    return "; ".join(remark for remark in row.remarks if not remark.startswith(plain))
