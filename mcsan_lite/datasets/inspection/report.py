"""Is this the data that it should be? What `mcsan check` finds out about a corpus on disk.

In: the name of a corpus and its folder. Out: a report, as a dict that json can write: counts beside
the published ones, what the reader left out, what every clip holds, what the parts share, and a
verdict. The first problem does not stop it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from mcsan_lite.corpus import Corpus, Utterance
from mcsan_lite.datasets import READERS
from mcsan_lite.datasets.clips import Clip, durations, open_clips
from mcsan_lite.datasets.iemocap import reader as iemocap_reader
from mcsan_lite.datasets.iemocap import release as iemocap_release
from mcsan_lite.datasets.inspection.labels import label_remarks
from mcsan_lite.datasets.inspection.published import PUBLISHED_SETS, Count
from mcsan_lite.datasets.inspection.vocabulary import inspect_words, words_problem
from mcsan_lite.datasets.layouts import generated
from mcsan_lite.datasets.meld import defects as meld_defects
from mcsan_lite.datasets.meld import reader as meld_reader
from mcsan_lite.datasets.splits import PARTS
from mcsan_lite.errors import DataError, require_name
from mcsan_lite.features.words import GLOVE_50, tokenize

_EXAMPLES = 10  # pairs of repeated utterances in the report
_SHOWN_FAULTS = 3  # of the labels, in the verdict


def inspect_corpus(
    name: str,
    root: Path | str,
    *,
    fast: bool = False,
    jobs: int = 1,
    vectors: str = GLOVE_50,
) -> dict:
    """All that can be said of a corpus.

    Args:
        name: of its reader.
        root: its folder.
        fast: open no clip.
        jobs: how many processes open clips at the same time.
        vectors: word vectors that should know its words, as for `load_vectors`.

    Returns:
        The report, with "status": 0 where it is the published set (or, where there is none, where
        nothing is wrong), else 1. Seconds are rounded to 0.1 ms.

    Raises:
        DataError: for an unknown name, and where there is nothing to read at all.
    """
    corpus, refusal = _read(name, root)
    utterances = sorted(corpus.utterances, key=lambda u: u.id)
    parts = _by_part(utterances)
    clips = open_clips([u for u in utterances if u.audio], fast=fast, jobs=jobs)
    usable = [clip for clip in clips.values() if not clip.problem]
    tokens = {u.id: tokenize(u.text) for u in utterances if u.text.strip()}
    spoken = {i: " ".join(said) for i, said in tokens.items()}
    digests = {i: clip.digest for i, clip in clips.items() if clip.digest}
    report = {
        "corpus": name,
        "root": str(root),
        "fast": fast,
        "refusal": refusal,
        "counts": _counts(name, corpus),
        "labels": [remark._asdict() for remark in label_remarks(corpus, digests)],
        "skipped": _skipped(corpus),
        "defects": _defects(name, root),
        "clips": {
            "files": len(clips),
            "none": [u.id for u in utterances if not u.audio],
            "unusable": {i: clip.problem for i, clip in clips.items() if clip.problem},
            "odd": _odd_clips(clips),
        },
        "durations": durations(usable),
        "formats": _formats(usable),
        "texts": _texts(utterances),
        "words": inspect_words(parts, tokens, vectors),
        "groups": _groups(parts),
        "repeats": {"text": _repeats(spoken, parts), "audio": _repeats(digests, parts)},
    }
    wrong = _problems(name, corpus, report)
    verdict = _verdict(name, report, wrong)
    return {**report, "status": 1 if wrong else 0, "verdict": verdict}


def _read(name: str, root: Path | str) -> tuple[Corpus, dict | None]:
    """The corpus as far as it goes; and where a strict reading refuses it, that refusal."""
    read = READERS[require_name(name, READERS, "corpus")]
    if name == "synthetic":
        return read(root), None
    if name == "iemocap":
        read = _all_turns
    try:
        return read(root, strict=True), None
    except DataError as error:
        refusal = {"given": error.given, "expected": error.expected, "do": error.do}
        return read(root, strict=False), refusal


def _all_turns(root: Path | str, *, strict: bool) -> Corpus:
    """IEMOCAP with the turns that no experiment uses: they are counted too."""
    turns, skipped = iemocap_reader.read_turns(root, strict=strict)
    labels = tuple(iemocap_release.IEMOCAP_TURNS)
    return Corpus("iemocap", labels, tuple(turns), tuple(skipped), kind="iemocap")


def _counts(name: str, corpus: Corpus) -> list[dict]:
    if name in PUBLISHED_SETS:
        rows = PUBLISHED_SETS[name].counts(corpus)
    else:
        rows = [Count("utterances", len(corpus))]
        rows += [Count(label, int(n)) for label, n in corpus.counts().items()]
    counts = []
    for row in rows:
        ok = None if row.published is None else row.found == row.published
        counts.append({**row._asdict(), "ok": ok})
    return counts


def _skipped(corpus: Corpus) -> list[dict]:
    """What the reader left out: how many of each kind, the most frequent first, and an example."""
    examples = {}
    for skipped in sorted(corpus.skipped, key=lambda s: (s.id, s.reason)):
        examples.setdefault(skipped.kind, skipped)
    numbers = corpus.skipped_kinds().to_dict()
    rows = []
    for kind in sorted(numbers, key=lambda kind: (-numbers[kind], kind)):
        example = examples[kind]
        rows.append(
            {
                "kind": kind,
                "number": int(numbers[kind]),
                "example": example.id,
                "reason": example.reason,
            }
        )
    return rows


def _defects(name: str, root: Path | str) -> list[dict]:
    """MELD's known defects, as far as they are there."""
    if name != "meld":
        return []
    table = meld_defects.defect_table(meld_reader.found_defects(root))
    return table.drop(columns="touched").reset_index().to_dict("records")


def _odd_clips(clips: Mapping[str, Clip]) -> dict[str, list[str]]:
    """The ids of the clips about which there is the same remark, by the remark."""
    ids_of: dict[str, list[str]] = defaultdict(list)
    for i, clip in clips.items():
        for remark in clip.remarks:
            ids_of[remark].append(i)
    return dict(ids_of)


def _formats(clips: Sequence[Clip]) -> list[dict]:
    counted = Counter((clip.rate, clip.channels) for clip in clips if clip.digest)
    return [
        {"rate": rate, "channels": channels, "clips": n}
        for (rate, channels), n in sorted(counted.items())
    ]


def _texts(utterances: Sequence[Utterance]) -> dict:
    without_letter = [
        u.id for u in utterances if u.text.strip() and not any(map(str.isalpha, u.text))
    ]
    return {
        "empty": [u.id for u in utterances if not u.text.strip()],
        "without_letter": without_letter,
        "with_word_times": sum(bool(u.words) for u in utterances),
    }


def _by_part(utterances: Sequence[Utterance]) -> dict[str, list[Utterance]]:
    """{"all": everything, and each official part that there is}"""
    parts = {"all": list(utterances)}
    for part in PARTS:
        inside = [u for u in utterances if u.split == part]
        if inside:
            parts[part] = inside
    return parts


def _groups(parts: Mapping[str, Sequence[Utterance]]) -> dict:
    """How many speakers and so on are in each part, and how much of it speakers of train say."""
    speakers_of_train = {u.speaker for u in parts.get("train", ())} - {""}
    groups = {}
    for part, utterances in parts.items():
        row: dict[str, int | None] = {"utterances": len(utterances)}
        for attribute in ("speaker", "dialogue", "session", "scenario"):
            row[f"{attribute}s"] = len({getattr(u, attribute) for u in utterances} - {""})
        row["by_speakers_of_train"] = None
        if part in ("valid", "test"):
            row["by_speakers_of_train"] = sum(u.speaker in speakers_of_train for u in utterances)
        groups[part] = row
    return groups


class _Pair(NamedTuple):
    """Two utterances that are alike; sorted, those in two different parts come first."""

    in_one_part: bool
    first: str
    second: str


def _repeats(value_of: Mapping[str, str], parts: Mapping[str, Sequence[Utterance]]) -> dict:
    """What is said, or recorded, more than once.

    Args:
        value_of: the text or the recording's digest by the utterance's id.
        parts: as `_by_part` gives them.

    Returns:
        Further copies within each part, utterances whose like is in train, the number of values
        that occur in more than one part, and pairs of ids as examples.
    """
    values = {
        part: [value_of[u.id] for u in utterances if u.id in value_of]
        for part, utterances in parts.items()
    }
    in_train = set(values.get("train", ()))
    pairs = _pairs(value_of, {u.id: u.split for u in parts["all"]})
    return {
        "copies": {part: len(found) - len(set(found)) for part, found in values.items()},
        "in_train": {
            part: sum(value in in_train for value in values[part])
            for part in ("valid", "test")
            if part in values
        },
        "across": sum(not pair.in_one_part for pair in pairs),
        "examples": [[pair.first, pair.second] for pair in sorted(pairs)[:_EXAMPLES]],
    }


def _pairs(value_of: Mapping[str, str], split_of: Mapping[str, str | None]) -> list[_Pair]:
    """A pair of ids for each value that occurs twice, if possible of two different parts."""
    ids_of: dict[str, list[str]] = defaultdict(list)
    for i in sorted(value_of):
        ids_of[value_of[i]].append(i)
    pairs = []
    for first, *others in ids_of.values():
        across = [i for i in others if split_of[i] != split_of[first]]
        if across:
            pairs.append(_Pair(False, first, across[0]))
        elif others:
            pairs.append(_Pair(True, first, others[0]))
    return pairs


def _problems(name: str, corpus: Corpus, report: dict) -> list[str]:
    """Why it is not the data that it should be."""
    problems = []
    off = [count for count in report["counts"] if count["ok"] is False]
    if off:
        first = off[0]
        problems.append(
            f"{len(off)} counts are not the published ones, first {first['what']}: "
            f"{first['found']:,}, not {first['published']:,}"
        )
    if report["refusal"]:
        problems.append("a strict reading refuses it")
    needed = {u.id for u in corpus.utterances}
    if name in PUBLISHED_SETS:  # elsewhere a text alone is enough
        needed = {u.id for u in corpus.utterances if PUBLISHED_SETS[name].needs_clip(u)}
        absent = needed & set(report["clips"]["none"])
        if absent:
            problems.append(f"{len(absent):,} utterances without a clip")
    bad = needed & set(report["clips"]["unusable"])
    if bad:
        problems.append(f"{len(bad):,} utterances with an unusable clip")
    unread = words_problem(report["words"])
    if unread:
        problems.append(unread)
    faults = [remark["text"] for remark in report["labels"] if remark["is_fault"]]
    if name not in PUBLISHED_SETS and faults:
        problems.append(f"labels: {'; '.join(faults[:_SHOWN_FAULTS])}")
    across = report["repeats"]["audio"]["across"]
    if name not in PUBLISHED_SETS and across:
        problems.append(f"{across:,} recordings are in more than one part")
    return problems


def _verdict(name: str, report: dict, problems: Sequence[str]) -> str:
    claim = f"the published {name}" if name in PUBLISHED_SETS else "in order"
    if generated(report["root"]):
        claim = f"generated, with the counts of {claim}"
    if problems:
        return f"not {claim}: {'; '.join(problems)}"
    if report["fast"]:
        return f"{claim}; the clips were not opened"
    return f"{claim}; every clip that it needs can be used"
