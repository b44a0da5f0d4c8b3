"""The report of `mcsan check`, for reading.

In: what `inspect_corpus` found. Out: lines of text.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mcsan_lite.datasets.inspection.published import PUBLISHED_SETS
from mcsan_lite.datasets.inspection.vocabulary import words_lines

_SHOWN = 10  # names that are listed before "…"; the report itself has all of them
_MARKS = {True: "✓", False: "✗", None: " "}


def report_text(report: dict) -> str:
    """A report of `inspect_corpus` as text."""
    lines = [
        *_counts(report),
        *(f"  {remark['text']}" for remark in report["labels"]),
        *_skipped(report["skipped"]),
        *_refusal(report["refusal"]),
        *_defects(report["defects"]),
        *_sound(report),
        *_texts(report["texts"]),
        *words_lines(report["words"]),
        *_groups(report["groups"]),
        *_repeats("texts", report["repeats"]["text"]),
    ]
    if report["formats"]:
        lines += _repeats("recordings", report["repeats"]["audio"])
    lines.append(f"verdict: {report['verdict']}")
    return "\n".join(lines)


def _counts(report: dict) -> Iterator[str]:
    yield f"{report['corpus']} in {report['root']}"
    beside = "  published" if report["corpus"] in PUBLISHED_SETS else ""
    yield f"  {'found':>30}{beside}"
    for count in report["counts"]:
        line = f"{_MARKS[count['ok']]} {count['what']:<22}{count['found']:>8,}"
        if count["ok"] is not None:
            line += f"{count['published']:>11,}"
        yield line


def _skipped(skipped: list[dict]) -> Iterator[str]:
    total = sum(row["number"] for row in skipped)
    yield f"what the reader left out or found odd: {total:,}"
    for row in skipped:
        # The reason is the kind, and where there is one, the detail of this example.
        detail = row["reason"].removeprefix(row["kind"])
        yield f"  {row['number']:,} × {row['kind']}, as {row['example']}{detail}"


def _refusal(refusal: dict | None) -> Iterator[str]:
    if refusal is None:
        return
    given = refusal["given"].splitlines()
    if len(given) > _SHOWN:
        given = given[:1]
    yield "a strict reading refuses it"
    yield from (f"  {line}" for line in given)
    yield f"  Do: {refusal['do']}"


def _defects(defects: list[dict]) -> Iterator[str]:
    if not defects:
        return
    yield "known defects, rows in train / valid / test"
    for defect in defects:
        numbers = f"{defect['train']:,} / {defect['valid']:,} / {defect['test']:,}"
        yield f"  {defect['kind']}: {numbers}: {defect['what']}"


def _sound(report: dict) -> Iterator[str]:
    clips, times = report["clips"], report["durations"]
    not_opened = " (not opened)" if report["fast"] else ""
    yield f"clips: {clips['files']:,}{not_opened}"
    if clips["files"]:
        yield from _listed(clips["none"], "utterances without a clip")
    problems = [f"{i}: {problem}" for i, problem in clips["unusable"].items()]
    yield from _listed(problems, "clips that cannot be used")
    for remark, ids in clips["odd"].items():
        yield from _listed(ids, f"clips with {remark}")
    if times:
        yield (
            f"  {times['hours']:.2f} h; seconds a clip: shortest {times['min_s']:.2f}, "
            f"median {times['median_s']:.2f}, 95 % below {times['p95_s']:.2f}, "
            f"longest {times['max_s']:.2f}"
        )
        yield f"  {times['short']:,} under {times['short_s']} s"
        yield (
            f"  {times['over_cut']:,} over {times['cut_s']:.0f} s, the paper's 1,000 frames: "
            f"that leaves out {times['lost_share']:.1%} of all sound"
        )
    for form in report["formats"]:
        yield (
            f"  {form['clips']:,} with {form['rate']:,} samples a second, "
            f"channels: {form['channels']}"
        )


def _texts(texts: dict) -> Iterator[str]:
    yield f"texts: {texts['with_word_times']:,} with word times"
    yield from _listed(texts["empty"], "empty")
    yield from _listed(texts["without_letter"], "without a letter")


def _listed(ids: Iterable[str], what: str) -> Iterator[str]:
    """The number of `ids`, and the first of them below it; nothing where there is none."""
    ids = list(ids)
    if not ids:
        return
    yield f"  {len(ids):,} {what}"
    yield from (f"      {i}" for i in ids[:_SHOWN])
    if len(ids) > _SHOWN:
        yield "      …"


def _groups(groups: dict) -> Iterator[str]:
    yield "who speaks, and where"
    for part, numbers in groups.items():
        counts = [
            f"{numbers[what]:,} {what}"
            for what in ("utterances", "speakers", "dialogues", "sessions", "scenarios")
        ]
        line = f"  {part}: {', '.join(counts)}"
        known = numbers["by_speakers_of_train"]
        if known is not None:
            line += f"; {known / numbers['utterances']:.1%} by a speaker of train"
        yield line


def _repeats(what: str, repeats: dict) -> Iterator[str]:
    yield f"{what}, further copies of: {_by_part(repeats['copies'])}"
    if repeats["in_train"]:
        in_train = _by_part(repeats["in_train"])
        yield f"  {repeats['across']:,} in more than one part; copies of one in train: {in_train}"
    yield from (f"      {first} = {second}" for first, second in repeats["examples"][:3])


def _by_part(numbers: dict[str, int]) -> str:
    return ", ".join(f"{part} {n:,}" for part, n in numbers.items())
