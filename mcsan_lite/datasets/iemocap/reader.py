"""Read IEMOCAP: 10,039 labelled turns of ten speakers in five sessions (Busso et al. 2008).

In: the release as the licensee has unpacked it. Out: a `Corpus` with texts, clips and word times.

Labels are read only from the files directly in EmoEvaluation: the folders below it hold the votes
of single raters. Everything is counted, compared with the published counts, and refused where they
differ.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from mcsan_lite.corpus import Corpus, Skipped, Utterance, Word
from mcsan_lite.datasets.iemocap.completeness import (
    EMPTY_TRANSCRIPT,
    NO_ALIGNMENT,
    NO_CLIP_FILE,
    NO_TRANSCRIPT,
    UNREADABLE_ALIGNMENT,
    require_no_gaps,
    require_published_counts,
)
from mcsan_lite.datasets.iemocap.formats import (
    UNKNOWN_LINE,
    ParsedFile,
    TurnName,
    parse_alignment,
    parse_labels,
    parse_transcript,
    read_lines,
    turn_name,
)
from mcsan_lite.datasets.iemocap.release import (
    FRESH_COPY,
    IEMOCAP_FOUR_LABELS,
    IEMOCAP_LABELS,
    MERGED_INTO_FOUR,
)
from mcsan_lite.errors import DataError


class _Entry(NamedTuple):
    """What a file says about a turn (its emotion or its text), and in which line."""

    value: str
    place: str


def _release_folder(root: Path) -> Path:
    """The folder that holds Session1 … Session5: `root` or its IEMOCAP_full_release."""
    for folder in (root, root / "IEMOCAP_full_release"):
        if any(folder.glob("Session[1-5]")):
            return folder
    if re.fullmatch("Session[1-5]", root.name):
        advice = f"name the folder above: {root.parent}"
    else:
        advice = "check the path; the release is licensed by https://sail.usc.edu/iemocap"
    raise DataError(
        f"no Session1 … Session5 in {root} or {root / 'IEMOCAP_full_release'}",
        "the unpacked IEMOCAP_full_release, or the folder that holds it",
        advice,
    )


@dataclass
class _Release:
    """The folder of the release while it is read. What is odd is added to `skipped`."""

    root: Path
    sessions: list[str]
    skipped: list[Skipped]

    @classmethod
    def open(cls, root: Path) -> _Release:
        root = _release_folder(root)
        sessions = sorted(path.name for path in root.glob("Session[1-5]"))
        release = cls(root, sessions, [])
        for path in sorted(root.iterdir()):
            if path.name.lower().startswith("session") and path.name not in sessions:
                release.skip(path.name, "not read", "the sessions are Session1 … Session5")
        return release

    def skip(self, name: str, kind: str, detail: str) -> None:
        self.skipped.append(Skipped(name, kind, detail))

    def files(self, folder: str, suffix: str, *, levels: int = 1) -> list[str]:
        """The files with `suffix` in a folder and its subfolders, `levels` deep in all.

        They are sorted, and named from the root of the release on. Dot files are skipped.
        """
        if not (self.root / folder).is_dir():
            return []
        paths: list[str] = []
        for entry in sorted(os.scandir(self.root / folder), key=lambda entry: entry.name):
            path = f"{folder}/{entry.name}"
            has_suffix = entry.name.endswith(suffix)
            if entry.name.startswith("."):
                if has_suffix:
                    reason = "its name starts with a dot, as AppleDouble's ._ files do"
                    self.skip(path, "hidden file", reason)
            elif has_suffix and entry.is_file():
                paths.append(path)
            elif levels > 1 and entry.is_dir():
                paths += self.files(path, suffix, levels=levels - 1)
        return paths

    def entries(
        self, folder: str, parse: Callable[[list[str], str], ParsedFile]
    ) -> dict[str, _Entry]:
        """What the text files directly in a folder of each session say about each turn.

        Raises DataError for a turn that is there twice.
        """
        entries: dict[str, _Entry] = {}
        for session in self.sessions:
            for path in self.files(f"{session}/{folder}", ".txt"):
                parsed = parse(read_lines(self.root / path), path)
                self.skipped += parsed.odd
                for line in parsed.turns:
                    entry = _Entry(line.value, f"line {line.number} of {path}")
                    if line.turn in entries:
                        raise self._twice(line.turn, entries[line.turn].place, entry.place)
                    entries[line.turn] = entry
        return entries

    def _twice(self, turn: str, first_place: str, second_place: str) -> DataError:
        return DataError(
            f"{first_place} and {second_place} (below {self.root}): both {turn}",
            "every turn once",
            "delete one of the two lines or files (a session or a file unpacked twice?).",
        )

    def files_of_turns(
        self, kind: str, suffix: str, names: Mapping[str, TurnName]
    ) -> dict[str, Path]:
        """Each turn's clip or alignment, where it lies in its own session and dialogue."""
        expected = {}
        for turn, name in names.items():
            folder = f"Session{name.session[-1]}/sentences/{kind}/{name.dialogue}"
            expected[f"{folder}/{turn}{suffix}"] = turn
        files: dict[str, Path] = {}
        for session in self.sessions:
            for path in self.files(f"{session}/sentences/{kind}", suffix, levels=2):
                if path in expected:
                    files[expected[path]] = self.root / path
                elif Path(path).stem in names:
                    detail = "not in the folder of its session and dialogue"
                    self.skip(path, f"{suffix[1:]} misplaced", detail)
                else:
                    detail = "no labelled turn of this name"
                    self.skip(path, f"{suffix[1:]} without label", detail)
        return files

    def words(self, turn: str, path: Path | None, dialogue: str) -> tuple[Word, ...]:
        """The words of a turn's alignment. None where it is missing or cannot be read."""
        if path is None:
            self.skip(turn, NO_ALIGNMENT, f"none in sentences/ForcedAlignment/{dialogue}")
            return ()
        try:
            return parse_alignment(read_lines(path), path.relative_to(self.root).as_posix())
        except DataError as error:
            self.skip(turn, UNREADABLE_ALIGNMENT, error.given)
            return ()


def _read_labels(release: _Release, *, strict: bool) -> dict[str, _Entry]:
    """The emotion of each turn. Raises DataError where there is none, or a wrong number."""
    labels = release.entries("dialog/EmoEvaluation", parse_labels)
    unknown_lines = sum(entry.kind == UNKNOWN_LINE for entry in release.skipped)
    if not labels:
        raise DataError(
            f"no labelled turn in {', '.join(release.sessions)} below {release.root}; "
            f"{unknown_lines:,} lines that are no labels",
            "labels in Session1/dialog/EmoEvaluation/*.txt",
            f"unpack the labels, or {FRESH_COPY}.",
        )
    if strict:
        emotions = {turn: entry.value for turn, entry in labels.items()}
        require_published_counts(emotions, unknown_lines, release.root)
    return labels


def _read_texts(release: _Release, labels: Mapping[str, _Entry]) -> dict[str, _Entry]:
    texts = release.entries("dialog/transcriptions", parse_transcript)
    for turn, text in texts.items():
        if turn not in labels:
            release.skip(turn, "transcript without label", text.place)
    return texts


def read_turns(root: Path | str, *, strict: bool = True) -> tuple[list[Utterance], list[Skipped]]:
    """Read all labelled turns, those of the rare emotions too.

    A turn without a text is left out, one without a clip has `audio` None, and one without an
    alignment has no `words`. Each of them is listed.

    Args:
        root: IEMOCAP_full_release, or the folder that holds it.
        strict: refuse counts that are not the published ones, and gaps. Otherwise even sessions
            may be missing.

    Returns:
        The turns, sorted by id, each with the name of its emotion; and everything odd by name.

    Raises:
        DataError: for a broken label line, a turn that is there twice, and no turn at all. With
            `strict`, also for counts that are not the published ones and for any gap, but for the
            two alignments that the release never had.
    """
    release = _Release.open(Path(root))
    labels = _read_labels(release, strict=strict)
    texts = _read_texts(release, labels)
    names = {turn: turn_name(turn) for turn in labels}
    clips = release.files_of_turns("wav", ".wav", names)
    alignments = release.files_of_turns("ForcedAlignment", ".wdseg", names)
    utterances = []
    for turn in sorted(labels):
        name = names[turn]
        text = texts.get(turn)
        if text is None:
            release.skip(turn, NO_TRANSCRIPT, labels[turn].place)
            continue
        if not text.value:
            release.skip(turn, EMPTY_TRANSCRIPT, text.place)
            continue
        if turn not in clips:
            detail = f"none in the folder sentences/wav/{name.dialogue}"
            release.skip(turn, NO_CLIP_FILE, detail)
        utterance = Utterance(
            turn,
            clips.get(turn),
            text.value,
            labels[turn].value,
            speaker=name.speaker,
            dialogue=name.dialogue,
            session=name.session,
            scenario=name.scenario,
            words=release.words(turn, alignments.get(turn), name.dialogue),
        )
        utterances.append(utterance)
    if strict:
        require_no_gaps(release.skipped, release.root)
    return utterances, release.skipped


def read_iemocap(root: Path | str, *, classes: int = 7, strict: bool = True) -> Corpus:
    """Read IEMOCAP as the literature scores it.

    Args:
        root: IEMOCAP_full_release, or the folder that holds it.
        classes: 7 gives "iemocap" with 7,487 turns; 4 gives "iemocap4" with 5,531 turns of anger,
            happiness (with excitement), sadness and neutral.
        strict: refuse what is not the published release, as `read_turns` does.

    Returns:
        The corpus. Turns of other emotions are in `skipped`, with all that `read_turns` lists.

    Raises:
        DataError: as `read_turns`, and for another number of classes.
    """
    if classes not in (7, 4):
        raise DataError(
            f"{classes!r} classes of IEMOCAP",
            "7, or 4 (excitement counted as happiness)",
            "take 7, as the paper does.",
        )
    name, labels, merged = "iemocap", IEMOCAP_LABELS, {}
    if classes == 4:
        name, labels, merged = "iemocap4", IEMOCAP_FOUR_LABELS, MERGED_INTO_FOUR
    turns, skipped = read_turns(root, strict=strict)
    utterances = []
    for turn in turns:
        label = merged.get(turn.label, turn.label)
        if label in labels:
            utterances.append(replace(turn, label=label))
        else:
            detail = f"not one of the {classes} classes"
            skipped.append(Skipped(turn.id, f"label {turn.label}", detail))
    return Corpus(name, labels, tuple(utterances), tuple(skipped), kind="iemocap")
