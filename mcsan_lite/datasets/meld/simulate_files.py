"""Write the files of the simulated MELD: annotation rows, and clips with the published defects.

In: planned rows, and a wav of each. Out: a csv per part, and a folder of clips per part.
"""

from __future__ import annotations

import csv
import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mcsan_lite.datasets.layouts import APPLE_DOUBLE
from mcsan_lite.datasets.meld.release import CORRUPT_CLIP, RECUT_PREFIX, UNPUBLISHED_CLIP
from mcsan_lite.datasets.synthetic import speech

# Rows whose times are far from the length of their turn in the published corpus, in seconds.
SPANS_S = {
    "train_dia309_utt0": 41.0,
    "test_dia38_utt4": 304.9,
    "test_dia220_utt0": 235.1,
    "test_dia155_utt3": 0.0,
}
_CLIPS_WITHOUT_ROW = (
    "valid_dia49_utt4",
    "valid_dia49_utt5",
    "valid_dia66_utt9",
    "valid_dia66_utt10",
    "test_dia93_utt5",
    "test_dia93_utt6",
    "test_dia93_utt7",
    "test_dia108_utt2",
)
_RECUT_EVERY = 20  # so many test clips apart, one is cut wrong and has a re-cut twin


@dataclass
class PlannedRow:
    """One row of the annotation, and the plan of what is said in its clip."""

    split: str
    dialogue: int
    number: int
    emotion: str
    sentiment: str
    speaker: str
    sentence: str
    season: int
    episode: int
    utterance: dict
    start: str = ""
    end: str = ""

    @property
    def clip_name(self) -> str:
        """The name of its clip in the folder of its part, without an ending."""
        return f"dia{self.dialogue}_utt{self.number}"

    @property
    def id(self) -> str:
        """The id that the reader gives it."""
        return f"{self.split}_{self.clip_name}"

    def columns(self) -> dict[str, object]:
        """Its fields under the names of the annotation file."""
        return {
            "Utterance": self.sentence,
            "Speaker": self.speaker,
            "Emotion": self.emotion,
            "Sentiment": self.sentiment,
            "Dialogue_ID": self.dialogue,
            "Utterance_ID": self.number,
            "Season": self.season,
            "Episode": self.episode,
            "StartTime": self.start,
            "EndTime": self.end,
        }


def write_rows(path: Path, rows: list[PlannedRow]) -> None:
    """Write an annotation file: CRLF, and running numbers with gaps and repeats.

    Args:
        path: the file.
        rows: at least one.
    """
    index = np.arange(len(rows))
    numbers = index + index // 18 + 1
    numbers[175::175] = numbers[174:-1:175]
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["Sr No.", *rows[0].columns()])
        for number, row in zip(numbers.tolist(), rows, strict=True):
            writer.writerow([number, *row.columns().values()])


def lengthen(wav: Path, seconds: float) -> None:
    """Add silence at the end of a clip until it is as long as its row says.

    Args:
        wav: a clip, which is written over.
        seconds: the wanted length. A clip that is longer stays as it is.
    """
    import soundfile

    if seconds <= 0:
        return
    samples, rate = soundfile.read(wav, dtype="int16")
    silence = max(0, round(seconds * rate) - len(samples))
    soundfile.write(wav, np.pad(samples, (0, silence)), rate, subtype="PCM_16")


def _encode(wav: Path, target: Path) -> None:
    """The sound of a wav as AAC in an mp4."""
    import av

    with av.open(str(wav)) as source, av.open(str(target), "w") as film:
        stream = film.add_stream("aac", rate=speech.SAMPLE_RATE, layout="mono")
        for frame in source.decode(audio=0):
            film.mux(stream.encode(frame))
        film.mux(stream.encode(None))


def _place(wav: Path, target: Path, *, last: bool = False) -> None:
    """Put the clip where it belongs, in the format that the target's name tells.

    `last`: the wav is not needed any more.
    """
    if target.suffix != ".wav":
        _encode(wav, target)
    elif last:
        wav.rename(target)
    else:
        shutil.copyfile(wav, target)


def write_clips(folder: Path, rows: list[PlannedRow], spoken: Path, ending: str) -> None:
    """Write the clips of one part, with the published defects.

    Args:
        folder: a new folder.
        rows: the rows of the part.
        spoken: the folder with a wav per row, named by its id.
        ending: "wav" or "mp4".
    """
    folder.mkdir()
    first = rows[0]
    (folder / f"._{first.clip_name}.{ending}").write_bytes(APPLE_DOUBLE)
    dialogues = {f"{row.split}_dia{row.dialogue}" for row in rows}
    for name in _CLIPS_WITHOUT_ROW:
        dialogue, _, _ = name.rpartition("_")
        _, _, clip_name = name.partition("_")
        if dialogue in dialogues:
            _place(spoken / f"{first.id}.wav", folder / f"{clip_name}.{ending}")
    for i, row in enumerate(rows):
        own = spoken / f"{row.id}.wav"
        target = folder / f"{row.clip_name}.{ending}"
        is_cut_wrong = row.split == "test" and i % _RECUT_EVERY == 0 and i + 1 < len(rows)
        if row.id == CORRUPT_CLIP:
            target.write_bytes(own.read_bytes()[:20])
        elif is_cut_wrong:
            _place(spoken / f"{rows[i + 1].id}.wav", target)
            _place(own, target.with_name(f"{RECUT_PREFIX}{target.name}"), last=True)
        elif row.id != UNPUBLISHED_CLIP:
            _place(own, target, last=True)
