"""Small MELD folders for tests: annotation in the release's format, empty clips, refusals."""

import os
from pathlib import Path

import refusals

from mcsan_lite.datasets.meld.reader import read_meld
from mcsan_lite.datasets.meld.release import ANNOTATION_FILES, MELD_COUNTS, MELD_LABELS

HEADER = (
    "Sr No.,Utterance,Speaker,Emotion,Sentiment,Dialogue_ID,Utterance_ID,Season,Episode,"
    "StartTime,EndTime"
)
ROWS = [
    '1,"Well, the kettle sings.",Ada,joy,positive,0,0,4,7,"00:20:57,256","00:21:00,049"',
    '2,It whistles!, Ben ,surprise,positive,0,2,4,7,"0:21:01,927","0:21:03,261"',
    '4,"She said ""never"".",Ada,anger,negative,5,0,12,21,"00:00:01,000","00:00:02,5"',
]
SHARED = Path(os.environ.get("MCSAN_DATA", Path(__file__).parents[2] / "shared" / "data"))
OFFICIAL = SHARED / "meld"  # the official annotation, where it is there


def write(folder, rows=ROWS, name="train", header=HEADER, end="\r\n", encoding="utf-8"):
    """One annotation file in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    text = "".join(line + end for line in [header, *rows])
    (folder / ANNOTATION_FILES[name]).write_bytes(text.encode(encoding))
    return folder


def turn(text="Hm.", emotion="fear", dialogue=8, number=3, season=1, episode=2, times=None):
    """A row; without `times`, one of its own, 0.9 s long."""
    if times is None:
        known = isinstance(dialogue, int) and number in range(60)
        start = f"{dialogue // 60}:{dialogue % 60:02d}:{number:02d}" if known else ""
        times = f"{start},000", f"{start},9"
    place = f"{dialogue},{number},{season},{episode}"
    return f'9,{text},Cy,{emotion},negative,{place},"{times[0]}","{times[1]}"'


def published(split, change=()):
    """Rows with the published counts, ten per dialogue; `change` adds to the counts."""
    counts = {
        label: n + dict(change).get(label, 0)
        for label, n in zip(MELD_LABELS, MELD_COUNTS[split], strict=True)
    }
    labels = [label for label in MELD_LABELS for _ in range(counts[label])]
    return [turn(emotion=label, dialogue=i // 10, number=i % 10) for i, label in enumerate(labels)]


def touch(root, *names):
    """Empty files of these names."""
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    return root


def raw(root, *names, rows=None):
    """The annotation of three small parts, and empty files of these names."""
    for split in ANNOTATION_FILES:
        season = list(ANNOTATION_FILES).index(split)
        own_rows = [turn("Ah.", number=0, season=season), turn("Oh.", number=1)]
        write(root, rows or own_rows, split)
    return touch(root, *names)


def refusal(root, **options) -> str:
    """The text of the refusal of `read_meld`."""
    return refusals.refusal(lambda: read_meld(root, **options))
