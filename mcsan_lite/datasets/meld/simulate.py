"""The generated corpus in MELD's folders, with the known defects of the release.

In: how many rows, and a seed. Out: annotation files and clips in MELD's own formats, so that the
real reader can be run without a licence.

Each of MELD's seven classes holds what the generator says for one class of its own, most under the
same name. Joy is said as happiness, disgust as frustration, and fear, which the generator does not
know, as excitement.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count, islice
from pathlib import Path
from typing import Literal

import numpy as np

from mcsan_lite.datasets.layouts import record, require_size, share, write_layout
from mcsan_lite.datasets.meld.release import (
    ANNOTATION_FILES,
    CLIP_FOLDERS,
    MELD_COUNTS,
    MELD_LABELS,
)
from mcsan_lite.datasets.meld.simulate_files import (
    SPANS_S,
    PlannedRow,
    lengthen,
    write_clips,
    write_rows,
)
from mcsan_lite.datasets.synthetic import speech
from mcsan_lite.datasets.synthetic.generator import plan_utterance
from mcsan_lite.datasets.synthetic.rules import SyntheticConfig
from mcsan_lite.errors import require_name

SAID_AS = {
    "anger": "anger",
    "disgust": "frustration",
    "fear": "excitement",
    "joy": "happiness",
    "neutral": "neutral",
    "sadness": "sadness",
    "surprise": "surprise",
}
_SENTIMENTS = {  # a surprise is either positive or negative
    "anger": "negative",
    "disgust": "negative",
    "fear": "negative",
    "sadness": "negative",
    "neutral": "neutral",
    "joy": "positive",
}
_ALL_ROWS = sum(sum(counts) for counts in MELD_COUNTS.values())
_DIALOGUES = {"train": 1038, "valid": 114, "test": 280}
_SPEAKERS = {"train": 260, "valid": 47, "test": 100}
_MAIN_SPEAKERS = ("Ada", "Ben", "Cleo", "Dov", "Edda", "Finn")

# What is missing in the published corpus, at the same places.
_DIALOGUE_WITHOUT_ROWS = ("train", 60)
_HOLES = {  # (part, dialogue): utterances without a row
    ("valid", 49): (4, 5),
    ("valid", 66): (9, 10),
    ("test", 93): (5, 6, 7),
    ("test", 108): (1, 2),
}
for _n in range(72):  # 100 holes in 72 training dialogues
    _HOLES["train", 14 * _n] = (5, 6) if _n % 18 < 7 else (5,)

_COPIED_FIELDS = (
    "sentence",
    "speaker",
    "emotion",
    "sentiment",
    "season",
    "episode",
    "start",
    "end",
)
_COPIES_WITHIN_TRAINING = 5

# The 9 seasons of a part begin at these minutes of every episode, so that no two dialogues share
# one place.
_FIRST_MINUTE = {"train": 0, "valid": 24, "test": 28}
_SEASONS = 9
_EPISODES = 23
_SHORT_FRACTIONS = 3  # so many times have two digits after the comma


@dataclass(frozen=True)
class _Place:
    dialogue: int
    number: int


def _places(split: str, rows: int) -> Iterator[_Place]:
    """The places of `rows` rows, with the holes, in dialogues of equal length."""
    dialogue_count = max(1, rows * _DIALOGUES[split] // sum(MELD_COUNTS[split]))
    numbers = (d for d in count() if (split, d) != _DIALOGUE_WITHOUT_ROWS)
    for i, dialogue in enumerate(islice(numbers, dialogue_count)):
        holes = _HOLES.get((split, dialogue), ())
        utterances = (u for u in count() if u not in holes)
        is_longer = i < rows % dialogue_count
        for utterance in islice(utterances, rows // dialogue_count + is_longer):
            yield _Place(dialogue, utterance)


def _sentence(text: str) -> str:
    """A row's text of spoken words, with commas and quotes for the csv writer to mind."""
    if text.startswith("she said "):
        return f'She said "{text.removeprefix("she said ")}".'
    text = text.replace("listen ", "listen, ", 1)
    return f"{text[0].upper()}{text[1:]}."


def _speakers(split: str, rows: int, rng: np.random.Generator) -> list[int]:
    """The speaker of each row: every known one at least once, else one of the main speakers."""
    known = _SPEAKERS[split]
    main = rng.integers(len(_MAIN_SPEAKERS), size=max(0, rows - known))
    return rng.permutation([*range(known), *main])[:rows].tolist()


def _sentiment(emotion: str, rng: np.random.Generator) -> str:
    if emotion in _SENTIMENTS:
        return _SENTIMENTS[emotion]
    return ("negative", "positive")[rng.integers(2)]


def _plan_part(
    split: str, labels: list[str], seed: int, rng: np.random.Generator
) -> list[PlannedRow]:
    """Every row of a part but for its times."""
    config = SyntheticConfig(seed=seed)
    speakers = _speakers(split, len(labels), rng)
    plan: list[PlannedRow] = []
    for place, label, speaker in zip(_places(split, len(labels)), labels, speakers, strict=True):
        utterance = plan_utterance(config, rng, len(plan), split, label=SAID_AS[label])
        apostrophe = "\u2019" if rng.random() < 0.9 else "'"
        if rng.random() < 0.35:
            utterance["words"].insert(0, ("it's", False, 0))
            utterance["text"] = f"it{apostrophe}s {utterance['text']}"
        row_id = f"{split}_dia{place.dialogue}_utt{place.number}"
        voice = speech.VOICES[speaker % len(speech.VOICES)]
        is_main = speaker < len(_MAIN_SPEAKERS)
        row = PlannedRow(
            split=split,
            dialogue=place.dialogue,
            number=place.number,
            emotion=label,
            sentiment=_sentiment(label, rng),
            speaker=_MAIN_SPEAKERS[speaker] if is_main else f"Guest {speaker}",
            sentence=_sentence(utterance["text"]),
            season=1 + place.dialogue % _SEASONS,
            episode=1 + place.dialogue % _EPISODES,
            utterance=utterance | {"id": row_id, "voice": voice},
        )
        plan.append(row)
    return plan


def _plan(rows: int, seed: int, rng: np.random.Generator) -> dict[str, list[PlannedRow]]:
    """The rows of each part, with the published proportions of the classes."""
    weights = [number for split in ANNOTATION_FILES for number in MELD_COUNTS[split]]
    counts = share(rows, weights).reshape(len(ANNOTATION_FILES), -1)  # (parts, classes)
    plan = {}
    for split, part_counts in zip(ANNOTATION_FILES, counts, strict=True):
        labels = rng.permutation(np.repeat(MELD_LABELS, part_counts)).tolist()
        plan[split] = _plan_part(split, labels, seed, rng)
    return plan


def _clock(seconds: float, rng: np.random.Generator) -> str:
    """hh:mm:ss,mmm. A quarter of the times have one digit for the hour."""
    milliseconds = round(seconds * 1000)
    hour = "0" if rng.random() < 0.25 else "00"
    minute = milliseconds // 60_000
    second = milliseconds // 1000 % 60
    return f"{hour}:{minute:02d}:{second:02d},{milliseconds % 1000:03d}"


def _dialogue_start_s(row: PlannedRow) -> float:
    """No two dialogues share a place: those of one episode are minutes apart."""
    round_number = row.dialogue // (_SEASONS * _EPISODES)
    return 60.0 * (_FIRST_MINUTE[row.split] + 4 * round_number) + 0.25


def _set_times(rows: list[PlannedRow], seconds: dict[str, float], rng: np.random.Generator) -> None:
    """Give each row its place in its episode, from the length of its clip."""
    clock_s = 0.0
    shortened = 0
    for row in rows:
        if row.number == 0:
            clock_s = _dialogue_start_s(row)
        end_s = clock_s + SPANS_S.get(row.id, seconds[row.id])
        row.start = _clock(clock_s, rng)
        row.end = _clock(end_s, rng)
        may_shorten = row.emotion != "neutral"  # a neutral row may get a copy
        if shortened < _SHORT_FRACTIONS and row.end.endswith("0") and may_shorten:
            row.end = row.end[:-1]
            shortened += 1
        clock_s = end_s + 0.25


def _copy_rows(plan: dict[str, list[PlannedRow]]) -> list[tuple[PlannedRow, PlannedRow]]:
    """Make some rows copies of others: five within training, one from training in test.

    Returns the pairs (original, copy).
    """
    neutral = {}
    for split in ("train", "test"):
        neutral[split] = [row for row in plan[split] if row.emotion == "neutral"]
    train = neutral["train"]
    pairs = [(train[n], train[-1 - n]) for n in range(_COPIES_WITHIN_TRAINING)]
    pairs.append((train[_COPIES_WITHIN_TRAINING], neutral["test"][0]))
    for original, copy in pairs:
        for name in _COPIED_FIELDS:
            setattr(copy, name, getattr(original, name))
    return pairs


def write_meld(
    root: Path | str,
    *,
    rows: int = _ALL_ROWS,
    seed: int = 20210606,
    jobs: int = 1,
    voice: bool = True,
    clips: Literal["wav", "mp4"] | None = "wav",
) -> Path:
    """Write a simulated MELD.Raw. Nothing is done if the same one is there.

    Args:
        root: the folder in which MELD.Raw is made.
        rows: 60 to 13,708 in all. At the default all published counts are exact; fewer rows keep
            their proportions, and every class occurs in every part.
        seed: of all that is drawn.
        jobs: how many processes speak at once.
        voice: False writes short quiet noise, which needs no synthesiser.
        clips: their format. None writes the annotation alone.

    Returns:
        The folder MELD.Raw.

    Raises:
        DataError: for impossible numbers, and for anything else in the folder's place.
    """
    require_size("rows", rows, 60, _ALL_ROWS)
    if clips is not None:
        require_name(clips, ("wav", "mp4"), "format of clips")

    def fill(folder: Path) -> None:
        rng = np.random.default_rng(seed)
        plan = _plan(rows, seed, rng)
        all_rows = [row for part in plan.values() for row in part]
        spoken = folder / "clips"
        if clips:
            utterances = [row.utterance for row in all_rows]
            times = record(utterances, spoken, voice=voice, jobs=jobs)
            seconds = {row.id: times[row.id]["end"] for row in all_rows}
        else:
            seconds = {row.id: 0.3 * len(row.utterance["words"]) for row in all_rows}
        _set_times(all_rows, seconds, rng)
        pairs = _copy_rows(plan)
        for split, part in plan.items():
            write_rows(folder / ANNOTATION_FILES[split], part)
        if clips:
            for original, copy in pairs:
                shutil.copyfile(spoken / f"{original.id}.wav", spoken / f"{copy.id}.wav")
            for row in all_rows:
                lengthen(spoken / f"{row.id}.wav", SPANS_S.get(row.id, 0.0))
            for split, part in plan.items():
                write_clips(folder / CLIP_FOLDERS[split], part, spoken, clips)
            shutil.rmtree(spoken, ignore_errors=True)

    return write_layout(
        Path(root) / "MELD.Raw",
        "MELD",
        f"rows={rows}, seed={seed}, voice={voice}, clips={clips}",
        fill,
    )
