"""IEMOCAP, 10,039 labelled turns of ten speakers in five sessions (Busso et al. 2008), from the licensee's own folder.

Read from the release as it is unpacked: labels (only the files directly in EmoEvaluation: the folders below hold single
raters), transcripts, clips and word alignments. Counted, compared with the published counts, and refused where they differ.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from mcsan_lite.corpus import Corpus, Skipped, Utterance
from mcsan_lite.datasets.iemocap.formats import (
    CODES,
    FRESH,
    UNKNOWN_LINE,
    TurnName,
    parse_alignment,
    parse_labels,
    parse_transcript,
    read_lines,
    turn_name,
)
from mcsan_lite.errors import DataError

LABELS = ("anger", "excitement", "happiness", "sadness", "frustration", "surprise", "neutral")
FOUR = ("anger", "happiness", "sadness", "neutral")  # with excitement counted as happiness
PUBLISHED = dict(
    zip(CODES.values(), (1103, 1041, 595, 1084, 1849, 107, 1708, 2507, 40, 3, 2), strict=True)
)
SESSIONS = {
    "Ses01": (28, 1085),
    "Ses02": (30, 1023),
    "Ses03": (32, 1151),
    "Ses04": (30, 1031),
    "Ses05": (31, 1241),
}  # dialogues, turns of the four classes
NEVER_ALIGNED = {
    "Ses03M_impro03_M001",
    "Ses03F_impro07_M030",
}  # the release itself has no .wdseg of these
NEEDED = (
    "label without transcript",
    "transcript empty",
    "wav missing",
    "wav misplaced",
    "alignment missing",
    "alignment unreadable",
)  # kinds of what a complete release has none of, but for NEVER_ALIGNED


def improvised(utterance: Utterance) -> bool:
    """Whether the scene was improvised; otherwise it was played from a script."""
    return utterance.scenario.startswith("impro")


def _release(root: Path) -> Path:
    """The folder that holds Session1 … Session5: `root` or its IEMOCAP_full_release."""
    for folder in (root, root / "IEMOCAP_full_release"):
        if any(folder.glob("Session[1-5]")):
            return folder
    inside = re.fullmatch("Session[1-5]", root.name)
    raise DataError(
        f"no Session1 … Session5 in {root} or {root / 'IEMOCAP_full_release'}",
        "the unpacked IEMOCAP_full_release, or the folder that holds it",
        f"name the folder above: {root.parent}"
        if inside
        else "check the path; the release is licensed by https://sail.usc.edu/iemocap",
    )


def _files(
    root: Path, folder: str, suffix: str, hidden: list[Skipped], *, levels: int = 1
) -> list[str]:
    """Files with `suffix` in root/`folder`, sorted, so many levels deep, from `root` on; dot files go to `hidden`."""
    found: list[str] = []
    for entry in (
        sorted(os.scandir(root / folder), key=lambda e: e.name) if (root / folder).is_dir() else ()
    ):
        path = f"{folder}/{entry.name}"
        if entry.name.startswith("."):
            if entry.name.endswith(suffix):
                hidden.append(
                    Skipped(
                        path,
                        "hidden file",
                        "its name starts with a dot, as AppleDouble's ._ files do",
                    )
                )
        elif entry.name.endswith(suffix) and entry.is_file():
            found.append(path)
        elif levels > 1 and entry.is_dir():
            found += _files(root, path, suffix, hidden, levels=levels - 1)
    return found


def _entries(
    root: Path, folders: list[str], parse: Callable, skipped: list[Skipped]
) -> dict[str, tuple[str, str]]:
    """{turn id: (label or text, "line … of …")} from each .txt directly in `folders`; refuses a turn that is there twice."""
    entries: dict[str, tuple[str, str]] = {}
    for path in (p for folder in folders for p in _files(root, folder, ".txt", skipped)):
        found, odd = parse(read_lines(root / path), path)
        skipped += odd
        for line, (turn, value) in found.items():
            place = f"line {line} of {path}"
            if turn in entries:
                raise DataError(
                    f"{entries[turn][1]} and {place} (below {root}): both {turn}",
                    "every turn once",
                    "delete one of the two lines or files (a session or a file unpacked twice?).",
                )
            entries[turn] = value, place
    return entries


def _of_turns(
    root: Path,
    folders: list[str],
    kind: str,
    suffix: str,
    names: dict[str, TurnName],
    skipped: list[Skipped],
) -> dict[str, Path]:
    """{turn id: its clip or alignment} where it lies in the folder of its session and dialogue."""
    homes = {
        f"Session{n.session[-1]}/sentences/{kind}/{n.dialogue}/{turn}{suffix}": turn
        for turn, n in names.items()
    }
    found = {}
    for path in (
        p
        for folder in folders
        for p in _files(root, f"{folder}/sentences/{kind}", suffix, skipped, levels=2)
    ):
        if path in homes:
            found[homes[path]] = root / path
        elif Path(path).stem in names:
            skipped.append(
                Skipped(
                    path, f"{suffix[1:]} misplaced", "not in the folder of its session and dialogue"
                )
            )
        else:
            skipped.append(
                Skipped(path, f"{suffix[1:]} without label", "no labelled turn of this name")
            )
    return found


def _compare(labels: dict[str, str], names: dict[str, TurnName], unknown: int, root: Path) -> None:
    """Refuse labels that are not counted as published, with what is likely wrong."""
    classes = Counter(labels.values())
    turns = Counter(
        names[t].session for t, label in labels.items() if label in FOUR or label == "excitement"
    )
    dialogues = Counter(session for session, _ in {(n.session, n.dialogue) for n in names.values()})
    rows = [("labelled turns", len(labels), sum(PUBLISHED.values()))]
    rows += [(f"  {label}", classes[label], n) for label, n in PUBLISHED.items()]
    for session, (files, four) in SESSIONS.items():
        rows += [
            (f"{session}: dialogues", dialogues[session], files),
            (f"{session}: 4 classes", turns[session], four),
        ]
    if all(found == published for _, found, published in rows):
        return
    likely = []
    for session, (files, four) in SESSIONS.items():
        if not dialogues[session]:
            likely.append(f"session {session[-1]} is missing")
        elif dialogues[session] < files:
            likely.append(f"{session} lacks {files - dialogues[session]} of {files} label files")
        elif turns[session] < four:
            likely.append(f"a label file of {session} is cut off, or its labels were changed")
    if unknown:
        likely.append(
            f"{unknown:,} lines are no labels: files of Categorical, Attribute or Self-evaluation put here?"
        )
    if len(labels) > rows[0][2]:
        likely.append("turns were added: an edited copy")
    elif len(labels) == rows[0][2]:
        likely.append("labels were changed: an edited copy, or one rater's labels")
    elif not likely:
        likely.append("a label file is cut off")
    table = "".join(
        f"\n  {what:<20}{found:>8,}{published:>11,}{'' if found == published else '  <--'}"
        for what, found, published in rows
    )
    raise DataError(
        f"labels in dialog/EmoEvaluation below {root}\n  {'':<20}{'found':>8}{'published':>11}{table}",
        "the published counts",
        f"likely {'; '.join(likely)}. Correct that, {FRESH}, or go on with it as it "
        "is: --allow-incomplete (strict=False).",
    )


def _refuse_gaps(skipped: list[Skipped], root: Path) -> None:
    gaps: dict[str, list[str]] = {}
    for s in skipped:
        never_there = s.kind == "alignment missing" and s.id in NEVER_ALIGNED
        if s.kind in NEEDED and not never_there:
            gaps.setdefault(s.kind, []).append(f"{s.id} ({s.detail})")
    if gaps:
        listed = "".join(
            f"\n  {kind}: {len(turns):,} turns"
            + "".join(f"\n    {t}" for t in turns[:5])
            + ("\n    …" if len(turns) > 5 else "")
            for kind, turns in gaps.items()
        )
        raise DataError(
            f"gaps in {root}{listed}",
            "a transcript, a clip and an alignment for every labelled turn",
            "unpack those sessions again, or go on without: --allow-incomplete (strict=False) leaves out "
            "turns without a text, and keeps the others without clip or word times.",
        )


def read_turns(root: Path | str, *, strict: bool = True) -> tuple[list[Utterance], list[Skipped]]:
    """All labelled turns, sorted by id, each with the name of its code in CODES, and everything odd by name.

    `root` is IEMOCAP_full_release or the folder that holds it; sessions may be missing without `strict`. A turn without a
    text is left out, one without a clip has `audio` None, one without an alignment no `words`; each is listed. Raises
    DataError for a broken label line, a turn that is there twice, no turn at all and, with `strict`, for counts that are
    not the published ones and for any of those gaps, but for the two alignments that the release never had.
    """
    root = _release(Path(root))
    folders = sorted(p.name for p in root.glob("Session[1-5]"))
    skipped = [
        Skipped(p.name, "not read", "the sessions are Session1 … Session5")
        for p in sorted(root.iterdir())
        if p.name.lower().startswith("session") and p.name not in folders
    ]
    labels = _entries(root, [f"{f}/dialog/EmoEvaluation" for f in folders], parse_labels, skipped)
    unknown = sum(s.kind == UNKNOWN_LINE for s in skipped)
    if not labels:
        raise DataError(
            f"no labelled turn in {', '.join(folders)} below {root}; {unknown:,} lines that are no labels",
            "labels in Session1/dialog/EmoEvaluation/*.txt",
            f"unpack the labels, or {FRESH}.",
        )
    names = {turn: turn_name(turn) for turn in labels}
    if strict:
        _compare({turn: label for turn, (label, _) in labels.items()}, names, unknown, root)
    texts = _entries(
        root, [f"{f}/dialog/transcriptions" for f in folders], parse_transcript, skipped
    )
    skipped += [
        Skipped(t, "transcript without label", place)
        for t, (_, place) in texts.items()
        if t not in labels
    ]
    clips = _of_turns(root, folders, "wav", ".wav", names, skipped)
    aligned = _of_turns(root, folders, "ForcedAlignment", ".wdseg", names, skipped)
    utterances = []
    for turn in sorted(labels):
        (label, place), (text, text_place), words = labels[turn], texts.get(turn, ("", "")), ()
        if not text:
            skipped.append(
                Skipped(turn, "transcript empty", text_place)
                if text_place
                else Skipped(turn, "label without transcript", place)
            )
            continue
        if turn not in clips:
            skipped.append(
                Skipped(
                    turn, "wav missing", f"none in the folder sentences/wav/{names[turn].dialogue}"
                )
            )
        if turn not in aligned:
            skipped.append(
                Skipped(
                    turn,
                    "alignment missing",
                    f"none in sentences/ForcedAlignment/{names[turn].dialogue}",
                )
            )
        else:
            try:
                words = parse_alignment(
                    read_lines(aligned[turn]), aligned[turn].relative_to(root).as_posix()
                )
            except DataError as error:
                skipped.append(Skipped(turn, "alignment unreadable", error.given))
        utterances.append(
            Utterance(turn, clips.get(turn), text, label, words=words, **names[turn]._asdict())
        )
    if strict:
        _refuse_gaps(skipped, root)
    return utterances, skipped


def read_iemocap(root: Path | str, *, classes: int = 7, strict: bool = True) -> Corpus:
    """IEMOCAP as the literature scores it: "iemocap", 7 classes, 7,487 turns; or "iemocap4", `classes=4`, 5,531 turns.

    The four are anger, happiness with excitement, sadness and neutral. Turns of other labels go to `skipped`, with all that
    `read_turns` lists; it raises as that does, and for another number of classes.
    """
    if classes not in (7, 4):
        raise DataError(
            f"{classes!r} classes of IEMOCAP",
            "7, or 4 (excitement counted as happiness)",
            "take 7, as the paper does.",
        )
    turns, skipped = read_turns(root, strict=strict)
    labels, merged = (LABELS, {}) if classes == 7 else (FOUR, {"excitement": "happiness"})
    utterances = []
    for u in turns:
        label = merged.get(u.label, u.label)
        if label in labels:
            utterances.append(u if label == u.label else replace(u, label=label))
        else:
            skipped.append(Skipped(u.id, f"label {u.label}", f"not one of the {classes} classes"))
    name = "iemocap" if classes == 7 else "iemocap4"
    return Corpus(name, labels, tuple(utterances), tuple(skipped), kind="iemocap")
