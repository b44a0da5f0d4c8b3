"""MELD's clips: where they lie in every known unpacking, what is wrong with some, and the choices about those.

The defects are named in the issues of https://github.com/declare-lab/MELD, or computed from the rows and the folder.
"""

from __future__ import annotations

import os
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from mcsan_lite.corpus import Skipped, Utterance
from mcsan_lite.errors import DataError, require_name

ENDINGS = (
    ".wav",
    ".flac",
    ".mp4",
)  # the first that is there is taken: a converted clip before the film it came from
CLIP = re.compile(r"(final_videos_test)?dia([0-9]{1,6})_utt([0-9]{1,6})")
SPLITS = {
    "train": "train",
    "dev": "valid",
    "val": "valid",
    "valid": "valid",
    "validation": "valid",
    "test": "test",
}
ARCHIVES = {"train": "train.tar.gz", "valid": "dev.tar.gz", "test": "test.tar.gz"}
DEPTH = 3  # folders below the root that are looked into
LONG_S, ZERO_S = (
    20.0,
    0.05,
)  # spans in the annotation: hardly one turn above the first, none below the second

POLICIES = {
    "keep": "everything as published",
    "trim": f"clips of rows over {LONG_S:.0f} s: only their first {LONG_S:.0f} s",
    "drop": "rows with a defect that no other chosen policy repairs are left out",
    "recut": "final_videos_test… in place of the plain test clip, where it is there",
}
LEFT_OUT = {"drop": "left out"}
REMEDIES = {  # kind -> what the policies do to its rows; a policy that is not named leaves them as they are
    "corrupt clip": LEFT_OUT,
    "missing clip": LEFT_OUT,
    "minutes-long clip": {"trim": f"first {LONG_S:.0f} s", **LEFT_OUT},
    "wrong cut": LEFT_OUT,
    "wrong test cut": {"recut": "re-cut clip", **LEFT_OUT},
    "zero span": LEFT_OUT,
    "duplicate row": LEFT_OUT,
    "two labels": {},
    "clip in two parts": {},
    "control characters": dict.fromkeys(POLICIES, "repaired"),
}


@dataclass(frozen=True)
class Defect:
    """Something that is wrong with these rows, in the order of the files. `kind` is a key of REMEDIES."""

    kind: str
    ids: tuple[str, ...]
    why: str


KNOWN = (
    Defect("corrupt clip", ("train_dia125_utt3",), "published broken: issue 39"),
    Defect("missing clip", ("valid_dia110_utt7",), "never published: issues 22, 27"),
    Defect(
        "wrong cut",
        ("train_dia309_utt0", "train_dia793_utt0", "test_dia38_utt4", "test_dia220_utt0"),
        "not the turn of the row, up to minutes: issues 9, 20",
    ),
)
NO_CLIP = {
    i for defect in KNOWN[:2] for i in defect.ids
}  # the only ones for which no clip is to be had


@dataclass(frozen=True)
class Row:
    """A row of the annotation: its utterance, and what only the defects need. Times in seconds; None: unknown."""

    utterance: Utterance
    where: str
    start_s: float | None
    end_s: float | None
    controls: bool  # its text held control characters in place of punctuation

    @property
    def span_s(self) -> float | None:
        return (
            None
            if self.start_s is None or self.end_s is None
            else round(self.end_s - self.start_s, 3)
        )


@dataclass(frozen=True)
class Clips:
    """{id: file} of the plain clips and of the re-cut test clips, and how many more could not be placed."""

    plain: dict[str, Path]
    recut: dict[str, Path]
    skipped: tuple[Skipped, ...]
    unplaced: int

    def __bool__(self) -> bool:
        return bool(self.plain or self.recut or self.unplaced)


def files_below(root: Path) -> list[str]:
    """Files in `root` and up to three folders below, relative to it, sorted. Hidden folders are not entered."""
    found = []

    def look(folder: str, inside: str, depth: int) -> None:
        with os.scandir(folder) as entries:
            for entry in entries:
                if not entry.is_dir():
                    found.extend(
                        [inside + entry.name] if entry.is_file() else []
                    )  # a link to nowhere is not a file
                elif depth and not entry.name.startswith("."):
                    look(entry.path, f"{inside}{entry.name}/", depth - 1)

    try:
        look(str(root), "", DEPTH)
    except OSError as error:
        raise DataError(
            f"{error.filename}: {error.strerror}",
            f"folders in {root} that can be read",
            "check the path and its permissions.",
        ) from None
    return sorted(found)


def _split_of(path: str, recut: bool) -> str | None:
    """The one part that the names of the folders (and of a re-cut clip) tell; None where they tell none or several."""
    words = re.split(r"[^a-z]+", path.rpartition("/")[0].lower()) + ["test"] * recut
    told = {SPLITS[word] for word in words if word in SPLITS}
    return told.pop() if len(told) == 1 else None


def find_clips(root: Path, files: Iterable[str], ids: Collection[str]) -> Clips:
    """The clips among `files` (as from `files_below`) of the rows with these `ids`; none is opened.

    Raises DataError where two files of one format claim to be the same clip.
    """
    found, skipped, unplaced = defaultdict(list), [], 0
    for path in files:
        folders, _, name = path.rpartition("/")
        stem, ending = os.path.splitext(name)
        if ending.lower() not in ENDINGS:
            continue
        if name.startswith("."):
            skipped.append(Skipped(path, "hidden file", "not a clip, whatever its name"))
        elif not (match := CLIP.fullmatch(stem)):
            skipped.append(
                Skipped(path, "another name", "not dia<D>_utt<U> or final_videos_testdia<D>_utt<U>")
            )
        elif not (split := _split_of(path, bool(match[1]))):
            unplaced += 1
            skipped.append(
                Skipped(
                    path, "split unclear", f"of which part is {folders or 'the folder itself'!r}?"
                )
            )
        elif (i := f"{split}_dia{int(match[2])}_utt{int(match[3])}") not in ids:
            skipped.append(Skipped(path, "unlabelled clip", f"no row {i}"))
        else:
            found[bool(match[1]), i].append((ENDINGS.index(ending.lower()), path))
    taken: tuple[dict, dict] = {}, {}
    for (recut, i), paths in found.items():
        (rank, best), *others = sorted(paths)
        for other_rank, other in others:
            if other_rank == rank:
                raise DataError(
                    f"clip {i} in two files below {root}: {best} and {other}",
                    "every clip once a format",
                    "delete one of them, or name the folder that holds only one copy.",
                )
            skipped.append(Skipped(other, "other format", f"{best} is taken"))
        taken[recut][i] = root / best
    return Clips(*taken, tuple(skipped), unplaced)


def require_clips(root: Path, rows: Sequence[Row], missing: set[str], unplaced: int) -> None:
    """Refuse more missing clips than the two that are not to be had."""
    lines, likely = [], []
    for split, archive in ARCHIVES.items():
        ids = [row.utterance.id for row in rows if row.utterance.split == split]
        if gone := [i for i in ids if i in missing and i not in NO_CLIP]:
            names = ", ".join([*gone[:5], "…"] if len(gone) > 5 else gone)
            lines.append(f"\n  {split}: {len(gone):,} of {len(ids):,}: {names}")
            likely.append(
                f"{archive} is not unpacked, or more than {DEPTH} folders down"
                if missing.issuperset(ids)
                else f"{archive} was not unpacked, or its clips not converted, to the end"
            )
    if unplaced:
        likely.insert(
            0,
            f"{unplaced:,} clips lie in folders whose names do not tell train, dev or test: rename them",
        )
    if lines:
        raise DataError(
            f"clips below {root}, but not of these rows{''.join(lines)}",
            f"a clip of every row but {' and '.join(sorted(NO_CLIP))}",
            f"{'; '.join(likely)}. Or go on without them: --allow-incomplete (strict=False).",
        )


def require_policies(names: Iterable[str] | str) -> frozenset[str]:
    """The chosen POLICIES; "keep" excludes the others."""
    chosen = frozenset(
        require_name(name, POLICIES, "policy for defects")
        for name in ([names] if isinstance(names, str) else names)
    )
    if not chosen or (len(chosen) > 1 and "keep" in chosen):
        raise DataError(
            f"the policies {', '.join(sorted(chosen))}" if chosen else "no policy for defects",
            "'keep' alone, or some of 'trim', 'drop', 'recut'",
            "choose: everything as published, or repairs.",
        )
    return chosen


def find_defects(rows: Sequence[Row], clips: Clips, missing: Collection[str]) -> list[Defect]:
    """Every kind with the `rows` that have it, none included: what is not there now is said too."""
    ids = {row.utterance.id for row in rows}
    published = {d.kind: replace(d, ids=tuple(i for i in d.ids if i in ids)) for d in KNOWN}
    if clips:
        published["missing clip"] = replace(
            published["missing clip"],
            ids=tuple(r.utterance.id for r in rows if r.utterance.id in missing),
        )
    cuts = published["wrong cut"]
    labels, copies, two, parts = {}, [], [], defaultdict(list)
    for row in rows:
        u = row.utterance
        if row.span_s is None:
            continue
        clip = u.scenario, row.start_s, row.end_s
        parts[clip].append(u)
        earlier = labels.setdefault((u.split, *clip, u.text), set())
        if earlier:
            (copies if u.label in earlier else two).append(u.id)
        earlier.add(u.label)
    leaks = {u.id for turns in parts.values() if len({u.split for u in turns}) > 1 for u in turns}

    def those(kind: str, why: str, has) -> Defect:
        return Defect(kind, tuple(row.utterance.id for row in rows if has(row)), why)

    return [
        published["corrupt clip"],
        published["missing clip"],
        those(
            "minutes-long clip",
            f"over {LONG_S:.0f} s by the row's times",
            lambda row: row.span_s is not None and row.span_s > LONG_S,
        ),
        replace(cuts, ids=tuple(i for i in cuts.ids if i not in clips.recut)),
        those(
            "wrong test cut",
            "a final_videos_test… file is there, cut again: issue 22",
            lambda row: row.utterance.id in clips.recut,
        ),
        those(
            "zero span",
            f"under {ZERO_S} s by the row's times",
            lambda row: row.span_s is not None and row.span_s < ZERO_S,
        ),
        Defect("duplicate row", tuple(copies), "an earlier row has the same times, text and label"),
        Defect(
            "two labels",
            tuple(two),
            "an earlier row has the same times and text, and another label",
        ),
        those(
            "clip in two parts",
            "the same times in another part: seen in training, then scored",
            lambda row: row.utterance.id in leaks,
        ),
        those(
            "control characters",
            "cp1252 punctuation saved as control characters",
            lambda row: row.controls,
        ),
    ]


def left_out(found: Iterable[Defect], chosen: Collection[str]) -> dict[str, Defect]:
    """{id: the first of its defects} for the rows that the `chosen` policies drop: what another one repairs is spared."""
    out: dict[str, Defect] = {}
    for defect in found:
        done = {what for policy, what in REMEDIES[defect.kind].items() if policy in chosen}
        if done == set(LEFT_OUT.values()):
            out = dict.fromkeys(defect.ids, defect) | out
    return out


def defect_table(found: Iterable[Defect], defects: Iterable[str] | str = ("keep",)) -> pd.DataFrame:
    """A row a kind: what it is, how many rows have it in each part, what each policy does to them, and how many are
    `touched` by the chosen ones. A row with several defects counts in each."""
    chosen = require_policies(defects)
    table = []
    for defect in found:
        remedies = REMEDIES[defect.kind]
        counts = {split: sum(i.startswith(f"{split}_") for i in defect.ids) for split in ARCHIVES}
        table.append(
            {
                "kind": defect.kind,
                "what": defect.why,
                "rows": len(defect.ids),
                **counts,
                **{policy: remedies.get(policy, "as published") for policy in POLICIES},
                "touched": len(defect.ids) if chosen & set(remedies) else 0,
            }
        )
    return pd.DataFrame(table).set_index("kind")
