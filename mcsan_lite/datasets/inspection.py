"""Is this the data that it should be? What `mcsan check` says of a corpus on disk, without stopping at the first problem.

Counts beside the published ones, what the reader left out, every clip opened once, what the parts share, and a verdict.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from mcsan_lite.corpus import Corpus, Utterance
from mcsan_lite.datasets import READERS, ravdess
from mcsan_lite.datasets.clips import durations, open_clips
from mcsan_lite.datasets.iemocap import reader as iemocap_reader
from mcsan_lite.datasets.iemocap import release as iemocap_release
from mcsan_lite.datasets.layouts import generated
from mcsan_lite.datasets.meld import defects as meld_defects
from mcsan_lite.datasets.meld import reader as meld_reader
from mcsan_lite.datasets.meld import release as meld_release
from mcsan_lite.datasets.splits import PARTS
from mcsan_lite.errors import DataError, require_name
from mcsan_lite.features.words import tokenize

SHOWN = 10  # names that the text lists before it says "…"; the report itself has all


def _iemocap_counts(corpus: Corpus) -> list[tuple[str, int, int]]:
    labels = Counter(u.label for u in corpus.utterances)
    four = (*iemocap_release.IEMOCAP_FOUR_LABELS, "excitement")
    sessions = Counter(u.session for u in corpus.utterances if u.label in four)
    rows = [("labelled turns", len(corpus), sum(iemocap_release.IEMOCAP_TURNS.values()))]
    rows += [(label, labels[label], n) for label, n in iemocap_release.IEMOCAP_TURNS.items()]
    rows += [
        (
            what,
            sum(labels[i] for i in classes),
            sum(iemocap_release.IEMOCAP_TURNS[i] for i in classes),
        )
        for what, classes in (
            ("the 7 classes", iemocap_release.IEMOCAP_LABELS),
            ("the 4 classes", four),
        )
    ]
    return rows + [
        (f"the 4 classes, {session}", sessions[session], n)
        for session, (_, n) in iemocap_release.SESSIONS.items()
    ]


def _meld_counts(corpus: Corpus) -> list[tuple[str, int, int]]:
    found = Counter((u.split, u.label) for u in corpus.utterances)
    rows = [("rows", len(corpus), sum(map(sum, meld_release.MELD_COUNTS.values())))]
    for split, published in meld_release.MELD_COUNTS.items():
        rows.append(
            (split, sum(found[split, label] for label in meld_release.MELD_LABELS), sum(published))
        )
        rows += [
            (f"{split}, {label}", found[split, label], n)
            for label, n in zip(meld_release.MELD_LABELS, published, strict=True)
        ]
    return rows


def _ravdess_counts(corpus: Corpus) -> list[tuple[str, int, int]]:
    actors = ravdess.RAVDESS_ACTORS
    published = Counter(int(name[6:8]) for actor in actors for name in ravdess.clip_names(actor))
    rows = [
        ("clips", len(corpus), published.total()),
        ("actors", len({u.speaker for u in corpus.utterances}), len(actors)),
    ]
    return rows + [
        (label, int(corpus.counts()[label]), published[i])
        for i, label in enumerate(ravdess.RAVDESS_LABELS, 1)
    ]


# Corpora with a published set: its counts, and whose clip belongs to it and can be had.
PUBLISHED = {
    "iemocap": (_iemocap_counts, lambda u: u.label in iemocap_release.IEMOCAP_LABELS),
    "meld": (_meld_counts, lambda u: u.id not in meld_release.NO_USABLE_CLIP),
    "ravdess": (_ravdess_counts, lambda u: True),
}


def _all_turns(root: Path | str, *, strict: bool) -> Corpus:
    """IEMOCAP with the turns that no experiment uses: they are counted too."""
    turns, skipped = iemocap_reader.read_turns(root, strict=strict)
    labels = tuple(iemocap_release.IEMOCAP_TURNS)
    return Corpus("iemocap", labels, tuple(turns), tuple(skipped), kind="iemocap")


def _read(name: str, root: Path | str) -> tuple[Corpus, dict | None]:
    """The corpus as far as it goes, and the three parts of a strict reading's refusal, where it refuses."""
    read = _all_turns if name == "iemocap" else READERS[require_name(name, READERS, "corpus")]
    if name == "synthetic":
        return read(root), None
    try:
        return read(root, strict=True), None
    except DataError as error:
        return read(root, strict=False), {
            "given": error.given,
            "expected": error.expected,
            "do": error.do,
        }


def _skipped(corpus: Corpus) -> list[dict]:
    first: dict[str, tuple[str, str]] = {}
    for s in sorted(corpus.skipped, key=lambda s: (s.id, s.reason)):
        first.setdefault(s.kind, (s.id, s.reason))
    kinds = sorted(corpus.skipped_kinds().items(), key=lambda k: (-k[1], k[0]))
    return [
        {"kind": kind, "number": int(n), "example": first[kind][0], "reason": first[kind][1]}
        for kind, n in kinds
    ]


def _by_part(utterances: Sequence[Utterance]) -> dict[str, list[Utterance]]:
    """{"all": everything, and each official part that there is}"""
    parts = {part: [u for u in utterances if u.split == part] for part in PARTS}
    return {"all": list(utterances), **{part: group for part, group in parts.items() if group}}


def _groups(parts: dict[str, list[Utterance]]) -> dict:
    """How many different speakers and so on in each part, and how many of its utterances are by a speaker of train."""
    train = {u.speaker for u in parts.get("train", ())} - {""}
    return {
        part: {
            "utterances": len(group),
            **{
                f"{field}s": len({getattr(u, field) for u in group} - {""})
                for field in ("speaker", "dialogue", "session", "scenario")
            },
            "by_speakers_of_train": sum(u.speaker in train for u in group)
            if part in ("valid", "test")
            else None,
        }
        for part, group in parts.items()
    }


def _repeats(value_of: dict[str, str], parts: dict[str, list[Utterance]]) -> dict:
    """What is said, or recorded, more than once: further copies within each part, utterances whose like is in train,
    values that occur in more than one part, and pairs of ids as examples, those across parts first."""
    values = {
        part: [value_of[u.id] for u in group if u.id in value_of] for part, group in parts.items()
    }
    split_of = {u.id: u.split for u in parts["all"]}
    same: dict[str, list[str]] = defaultdict(list)
    for i in sorted(value_of):
        same[value_of[i]].append(i)
    pairs = []
    for first, *others in same.values():
        across = [i for i in others if split_of[i] != split_of[first]]
        pairs += [(not across, first, i) for i in (across or others)[:1]]
    train = set(values.get("train", ()))
    return {
        "copies": {part: len(found) - len(set(found)) for part, found in values.items()},
        "in_train": {
            part: sum(v in train for v in values[part])
            for part in ("valid", "test")
            if part in values
        },
        "across": sum(not within for within, _, _ in pairs),
        "examples": [pair for _, *pair in sorted(pairs)[:SHOWN]],
    }


def _verdict(name: str, corpus: Corpus, found: dict) -> tuple[int, str]:
    """(0 or 1, why) from what is in the report so far."""
    _, needed = PUBLISHED.get(name, (None, lambda u: True))
    needed_ids = {u.id for u in corpus.utterances if needed(u)}
    off = [c for c in found["counts"] if c["ok"] is False]
    wrong = (
        [
            f"{len(off)} counts are not the published ones, first {off[0]['what']}: {off[0]['found']:,}, not "
            f"{off[0]['published']:,}"
        ]
        if off
        else []
    )
    if found["refusal"]:
        wrong.append("a strict reading refuses it")
    absent = (
        needed_ids & set(found["clips"]["none"]) if name in PUBLISHED else ()
    )  # elsewhere a text alone is enough
    bad = needed_ids & set(found["clips"]["unusable"])
    wrong += [
        f"{len(ids):,} utterances {what}"
        for ids, what in ((absent, "without a clip"), (bad, "with an unusable clip"))
        if ids
    ]
    if name not in PUBLISHED and found["repeats"]["audio"]["across"]:
        wrong.append(
            f"{found['repeats']['audio']['across']:,} recordings are in more than one part"
        )
    kind = f"the published {name}" if name in PUBLISHED else "in order"
    if generated(found["root"]):
        kind = f"generated, with the counts of {kind}"
    seen = "the clips were not opened" if found["fast"] else "every clip that it needs can be used"
    return (1, f"not {kind}: {'; '.join(wrong)}") if wrong else (0, f"{kind}; {seen}")


def report(name: str, root: Path | str, *, fast: bool = False, jobs: int = 1) -> dict:
    """All that can be said of corpus `name` in `root`, as a dict that json can write, with "status": 0 where it is the
    published set (or, without one, where nothing is wrong), else 1. `fast`: no clip is opened.

    The seconds are rounded to 0.1 ms. Raises DataError for an unknown name and where there is nothing to read at all.
    """
    corpus, refusal = _read(name, root)
    utterances = sorted(corpus.utterances, key=lambda u: u.id)
    parts = _by_part(utterances)
    clips = open_clips([u for u in utterances if u.audio], fast=fast, jobs=jobs)
    whole = [c for c in clips.values() if not c.problem]
    formats = Counter((c.rate, c.channels) for c in whole if c.digest)
    texts = {u.id: u.text for u in utterances if u.text.strip()}
    rows = (
        PUBLISHED[name][0](corpus)
        if name in PUBLISHED
        else [
            ("utterances", len(corpus), None),
            *((label, int(n), None) for label, n in corpus.counts().items()),
        ]
    )
    found = {
        "corpus": name,
        "root": str(root),
        "fast": fast,
        "refusal": refusal,
        "counts": [
            {
                "what": what,
                "found": n,
                "published": published,
                "ok": None if published is None else n == published,
            }
            for what, n, published in rows
        ],
        "skipped": _skipped(corpus),
        "defects": meld_defects.defect_table(meld_reader.found_defects(root))
        .drop(columns="touched")
        .reset_index()
        .to_dict("records")
        if name == "meld"
        else [],
        "clips": {
            "files": len(clips),
            "none": [u.id for u in utterances if not u.audio],
            "unusable": {i: c.problem for i, c in clips.items() if c.problem},
        },
        "durations": durations(whole),
        "formats": [
            {"rate": rate, "channels": channels, "clips": n}
            for (rate, channels), n in sorted(formats.items())
        ],
        "texts": {
            "empty": [u.id for u in utterances if u.id not in texts],
            "without_letter": [i for i, text in texts.items() if not any(map(str.isalpha, text))],
            "with_word_times": sum(bool(u.words) for u in utterances),
        },
        "groups": _groups(parts),
        "repeats": {
            "text": _repeats({i: " ".join(tokenize(text)) for i, text in texts.items()}, parts),
            "audio": _repeats({i: c.digest for i, c in clips.items() if c.digest}, parts),
        },
    }
    status, verdict = _verdict(name, corpus, found)
    return {**found, "status": status, "verdict": verdict}


def _listed(ids: Iterable[str], what: str) -> Iterator[str]:
    """A line with the number of `ids`, and the first of them below it; nothing where there is none."""
    ids = list(ids)
    if ids:
        yield f"  {len(ids):,} {what}"
        yield from (f"      {i}" for i in ids[:SHOWN])
        yield from ["      …"] * (len(ids) > SHOWN)


def _sound(found: dict) -> Iterator[str]:
    clips, times = found["clips"], found["durations"]
    yield f"clips: {clips['files']:,}" + " (not opened)" * found["fast"]
    yield from _listed(clips["none"] if clips["files"] else (), "utterances without a clip")
    yield from _listed(
        (f"{i}: {problem}" for i, problem in clips["unusable"].items()), "clips that cannot be used"
    )
    if times:
        yield (
            f"  {times['hours']:.2f} h; seconds a clip: shortest {times['min_s']:.2f}, median {times['median_s']:.2f}, "
            f"95 % below {times['p95_s']:.2f}, longest {times['max_s']:.2f}"
        )
        yield f"  {times['short']:,} under {times['short_s']} s"
        yield (
            f"  {times['over_cut']:,} over {times['cut_s']:.0f} s, the paper's 1,000 frames: that leaves out "
            f"{times['lost_share']:.1%} of all sound"
        )
    for form in found["formats"]:
        yield f"  {form['clips']:,} with {form['rate']:,} samples a second, channels: {form['channels']}"


def _who(found: dict) -> Iterator[str]:
    yield "who speaks, and where"
    for part, n in found["groups"].items():
        known = n["by_speakers_of_train"]
        yield (
            f"  {part}: {n['utterances']:,} utterances, {n['speakers']:,} speakers, {n['dialogues']:,} dialogues, "
            f"{n['sessions']:,} sessions, {n['scenarios']:,} scenarios"
            + (
                f"; {known / n['utterances']:.1%} by a speaker of train"
                if known is not None
                else ""
            )
        )


def _twice(what: str, repeats: dict) -> Iterator[str]:
    def each(numbers: dict[str, int]) -> str:
        return ", ".join(f"{part} {n:,}" for part, n in numbers.items())

    yield f"{what}, further copies of: {each(repeats['copies'])}"
    if repeats["in_train"]:
        yield f"  {repeats['across']:,} in more than one part; copies of one in train: {each(repeats['in_train'])}"
    yield from (f"      {a} = {b}" for a, b in repeats["examples"][:3])


def text(found: dict) -> str:
    """A report for reading."""
    beside = "  published" if found["corpus"] in PUBLISHED else ""
    lines = [f"{found['corpus']} in {found['root']}", f"  {'found':>30}{beside}"]
    for c in found["counts"]:
        mark = {True: "✓", False: "✗", None: " "}[c["ok"]]
        lines.append(
            f"{mark} {c['what']:<22}{c['found']:>8,}"
            + (f"{c['published']:>11,}" if c["ok"] is not None else "")
        )
    lines.append(
        f"what the reader left out or found odd: {sum(s['number'] for s in found['skipped']):,}"
    )
    for s in found["skipped"]:
        detail = s["reason"].removeprefix(s["kind"]).removeprefix(": ")
        lines.append(
            f"  {s['number']:,} × {s['kind']}, as {s['example']}"
            + (f": {detail}" if detail else "")
        )
    if found["refusal"]:
        given = found["refusal"]["given"].splitlines()
        lines += [
            "a strict reading refuses it",
            *(f"  {line}" for line in (given if len(given) <= SHOWN else given[:1])),
            f"  Do: {found['refusal']['do']}",
        ]
    if found["defects"]:
        lines.append("known defects, rows in train / valid / test")
        lines += [
            f"  {d['kind']}: {d['train']:,} / {d['valid']:,} / {d['test']:,}: {d['what']}"
            for d in found["defects"]
        ]
    lines += _sound(found)
    lines.append(f"texts: {found['texts']['with_word_times']:,} with word times")
    lines += [
        *_listed(found["texts"]["empty"], "empty"),
        *_listed(found["texts"]["without_letter"], "without a letter"),
    ]
    lines += [*_who(found), *_twice("texts", found["repeats"]["text"])]
    lines += _twice("recordings", found["repeats"]["audio"]) if found["formats"] else ()
    return "\n".join([*lines, f"verdict: {found['verdict']}"])
