"""The generated corpus in MELD's folders: annotation files and clips in its formats, with their known defects.

MELD's seven classes hold what the generator says for a class of its own each (EMOTIONS): most under the same name; joy is
said as happiness, disgust as frustration, and fear, which the generator does not know, as excitement.
"""

from __future__ import annotations

import csv
import shutil
from collections.abc import Iterator
from itertools import count, islice
from pathlib import Path
from typing import Literal

import numpy as np

from mcsan_lite.datasets.layouts import APPLE_DOUBLE, record, require_size, share, write_layout
from mcsan_lite.datasets.meld.release import ANNOTATION_FILES, MELD_COUNTS, MELD_LABELS
from mcsan_lite.datasets.synthetic import speech
from mcsan_lite.datasets.synthetic.generator import SyntheticConfig, plan_utterance
from mcsan_lite.errors import require_name

EMOTIONS = {
    "anger": "anger",
    "disgust": "frustration",
    "fear": "excitement",
    "joy": "happiness",
    "neutral": "neutral",
    "sadness": "sadness",
    "surprise": "surprise",
}
SENTIMENTS = {
    "anger": "negative",
    "disgust": "negative",
    "fear": "negative",
    "sadness": "negative",
    "neutral": "neutral",
    "joy": "positive",
}  # a surprise is either
ROWS = 13_708
DIALOGUES = {"train": 1038, "valid": 114, "test": 280}
SPEAKERS = {"train": 260, "valid": 47, "test": 100}
MAIN = ("Ada", "Ben", "Cleo", "Dov", "Edda", "Finn")
CLIPS = {
    "train": "train_splits",
    "valid": "dev_splits_complete",
    "test": "output_repeated_splits_test",
}
HEADER = (
    "Sr No.",
    "Utterance",
    "Speaker",
    "Emotion",
    "Sentiment",
    "Dialogue_ID",
    "Utterance_ID",
    "Season",
    "Episode",
    "StartTime",
    "EndTime",
)

# What is known to be wrong in the published corpus, at the same places.
NO_DIALOGUE = "train", 60
HOLES = {
    ("valid", 49): (4, 5),
    ("valid", 66): (9, 10),
    ("test", 93): (5, 6, 7),
    ("test", 108): (1, 2),
    **{("train", 14 * n): (5, 6)[: 1 + (n % 18 < 7)] for n in range(72)},
}  # 100 in 72 training dialogues
WITHOUT_ROW = (
    "valid_dia49_utt4",
    "valid_dia49_utt5",
    "valid_dia66_utt9",
    "valid_dia66_utt10",
    "test_dia93_utt5",
    "test_dia93_utt6",
    "test_dia93_utt7",
    "test_dia108_utt2",
)  # clips of holes
CORRUPT, MISSING = "train_dia125_utt3", "valid_dia110_utt7"
SPANS = {
    "train_dia309_utt0": 41.0,
    "test_dia38_utt4": 304.9,
    "test_dia220_utt0": 235.1,
    "test_dia155_utt3": 0.0,
}
COPIED = ("sentence", "speaker", "emotion", "sentiment", "season", "episode", "start", "end")
COPIES, RECUT_EVERY = (
    5,
    20,
)  # training rows twice; each 20th test clip is cut wrong and has a re-cut twin


def _places(split: str, rows: int) -> Iterator[tuple[int, int]]:
    """(dialogue, utterance) of `rows` rows, with the holes: dialogues of equal length."""
    number = max(1, rows * DIALOGUES[split] // sum(MELD_COUNTS[split]))
    names = islice((d for d in count() if (split, d) != NO_DIALOGUE), number)
    for i, dialogue in enumerate(names):
        turns = (u for u in count() if u not in HOLES.get((split, dialogue), ()))
        yield from ((dialogue, u) for u in islice(turns, rows // number + (i < rows % number)))


def _sentence(text: str) -> str:
    """A row's text of spoken words, with commas and quotes for the csv writer to mind."""
    if text.startswith("she said "):
        return f'She said "{text.removeprefix("she said ")}".'
    text = text.replace("listen ", "listen, ", 1)
    return f"{text[0].upper()}{text[1:]}."


def _plan(
    split: str, rows: int, labels: list[str], seed: int, rng: np.random.Generator
) -> list[dict]:
    """Every row of a part: the generator's plan, and MELD's columns but for the times."""
    config, plan = SyntheticConfig(seed=seed), []
    known = SPEAKERS[split]
    speakers = rng.permutation([*range(known), *rng.integers(6, size=max(0, rows - known))])[
        :rows
    ].tolist()
    for (dialogue, number), label, speaker in zip(
        _places(split, rows), labels, speakers, strict=True
    ):
        row = plan_utterance(config, rng, len(plan), split, label=EMOTIONS[label])
        apostrophe = "\u2019" if rng.random() < 0.9 else "'"
        if rng.random() < 0.35:
            row["words"].insert(0, ("it's", False, 0))
            row["text"] = f"it{apostrophe}s {row['text']}"
        plan.append(
            row
            | {
                "id": f"{split}_dia{dialogue}_utt{number}",
                "dialogue": dialogue,
                "number": number,
                "emotion": label,
                "sentiment": SENTIMENTS.get(label) or ("negative", "positive")[rng.integers(2)],
                "speaker": MAIN[speaker] if speaker < len(MAIN) else f"Guest {speaker}",
                "voice": speech.VOICES[speaker % len(speech.VOICES)],
                "sentence": _sentence(row["text"]),
                "season": 1 + dialogue % 9,
                "episode": 1 + dialogue % 23,
            }
        )
    return plan


def _clock(seconds: float, rng: np.random.Generator) -> str:
    """hh:mm:ss,mmm; a quarter of the times with one digit for the hour."""
    milliseconds = round(seconds * 1000)
    return (
        f"{0 if rng.random() < 0.25 else '00'}:{milliseconds // 60_000:02d}:"
        f"{milliseconds // 1000 % 60:02d},{milliseconds % 1000:03d}"
    )


def _set_times(plan: list[dict], times: dict[str, dict], rng: np.random.Generator) -> None:
    """The place of each row in its episode. No two dialogues share one: those of one episode are minutes apart."""
    begin, clock, cut = {"train": 0, "valid": 24, "test": 28}, 0.0, 0
    for row in plan:
        if row["number"] == 0:
            clock = (
                60.0 * (begin[row["split"]] + 4 * (row["dialogue"] // 207)) + 0.25
            )  # 9 seasons, 23 episodes
        end = clock + SPANS.get(row["id"], times[row["id"]]["end"])
        row["start"], row["end"] = _clock(clock, rng), _clock(end, rng)
        if (
            cut < 3 and row["end"].endswith("0") and row["emotion"] != "neutral"
        ):  # those may get a copy
            row["end"], cut = row["end"][:-1], cut + 1  # three fractions have two digits
        clock = end + 0.25


def _write_rows(path: Path, plan: list[dict]) -> None:
    """An annotation file: CRLF, running numbers with gaps and repeats."""
    numbers = np.arange(len(plan)) + np.arange(len(plan)) // 18 + 1
    numbers[175::175] = numbers[174:-1:175]
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER)
        for number, row in zip(numbers.tolist(), plan, strict=True):
            writer.writerow(
                [
                    number,
                    row["sentence"],
                    row["speaker"],
                    row["emotion"],
                    row["sentiment"],
                    row["dialogue"],
                    row["number"],
                    row["season"],
                    row["episode"],
                    row["start"],
                    row["end"],
                ]
            )


def _place(wav: Path, target: Path, *, last: bool = False) -> None:
    """The clip in the format that the target's name tells: AAC in an mp4, or a copy, or the file itself where `last`."""
    if target.suffix == ".wav":
        wav.rename(target) if last else shutil.copyfile(wav, target)
        return
    import av

    with av.open(str(wav)) as source, av.open(str(target), "w") as film:
        stream = film.add_stream("aac", rate=speech.SAMPLE_RATE, layout="mono")
        for frame in source.decode(audio=0):
            film.mux(stream.encode(frame))
        film.mux(stream.encode(None))


def _write_clips(folder: Path, plan: list[dict], spoken: Path, form: str) -> None:
    """The clips of a part, from the wavs in `spoken`, with the published defects."""
    folder.mkdir()
    (folder / f"._dia{plan[0]['dialogue']}_utt{plan[0]['number']}.{form}").write_bytes(APPLE_DOUBLE)
    dialogues = {f"{row['split']}_dia{row['dialogue']}" for row in plan}
    for name in WITHOUT_ROW:
        if name.rpartition("_")[0] in dialogues:
            _place(spoken / f"{plan[0]['id']}.wav", folder / f"{name.partition('_')[2]}.{form}")
    for i, row in enumerate(plan):
        own, name = spoken / f"{row['id']}.wav", f"dia{row['dialogue']}_utt{row['number']}.{form}"
        if row["id"] == CORRUPT:
            (folder / name).write_bytes(own.read_bytes()[:20])
        elif row["split"] == "test" and i % RECUT_EVERY == 0 and i + 1 < len(plan):
            _place(spoken / f"{plan[i + 1]['id']}.wav", folder / name)
            _place(own, folder / f"final_videos_test{name}", last=True)
        elif row["id"] != MISSING:
            _place(own, folder / name, last=True)


def _lengthen(wav: Path, seconds: float) -> None:
    """Silence behind a clip whose row says that it is so long."""
    import soundfile

    samples, rate = soundfile.read(wav, dtype="int16")
    soundfile.write(
        wav,
        np.pad(samples, (0, max(0, round(seconds * rate) - len(samples)))),
        rate,
        subtype="PCM_16",
    )


def write_meld(
    root: Path | str,
    *,
    rows: int = ROWS,
    seed: int = 20210606,
    jobs: int = 1,
    voice: bool = True,
    clips: Literal["wav", "mp4"] | None = "wav",
) -> Path:
    """Write the tree root/MELD.Raw and return it; nothing is done if the same one is there.

    rows: 60 to 13,708 in all. At the default all published counts are exact; fewer keep their proportions, and every
    class occurs in every part. jobs: processes that speak. voice: False writes short quiet noise, which needs no
    synthesiser. clips: their format; None writes the annotation alone. Raises DataError for impossible numbers, and for
    anything else in the folder's place.
    """
    require_size("rows", rows, 60, ROWS)
    if clips is not None:
        require_name(clips, ("wav", "mp4"), "format of clips")

    def fill(folder: Path) -> None:
        rng = np.random.default_rng(seed)
        parts, plan = (
            share(rows, [n for split in ANNOTATION_FILES for n in MELD_COUNTS[split]]).reshape(
                len(ANNOTATION_FILES), -1
            ),
            {},
        )
        for split, counts in zip(ANNOTATION_FILES, parts, strict=True):
            plan[split] = _plan(
                split,
                int(counts.sum()),
                rng.permutation(np.repeat(MELD_LABELS, counts)).tolist(),
                seed,
                rng,
            )
        every, spoken = [row for part in plan.values() for row in part], folder / "clips"
        times = (
            record(every, spoken, voice=voice, jobs=jobs)
            if clips
            else {row["id"]: {"end": 0.3 * len(row["words"])} for row in every}
        )
        _set_times(every, times, rng)
        neutral = {
            split: [row for row in part if row["emotion"] == "neutral"]
            for split, part in plan.items()
        }
        copies = [(neutral["train"][n], neutral["train"][-1 - n]) for n in range(COPIES)]
        for original, copy in [
            *copies,
            (neutral["train"][COPIES], neutral["test"][0]),
        ]:  # one is in training and in test
            copy |= {name: original[name] for name in COPIED}
            if clips:
                shutil.copyfile(spoken / f"{original['id']}.wav", spoken / f"{copy['id']}.wav")
        for split, part in plan.items():
            _write_rows(folder / ANNOTATION_FILES[split], part)
            if clips:
                for name in (row["id"] for row in part if SPANS.get(row["id"])):
                    _lengthen(spoken / f"{name}.wav", SPANS[name])
                _write_clips(folder / CLIPS[split], part, spoken, clips)
        shutil.rmtree(spoken, ignore_errors=True)

    return write_layout(
        Path(root) / "MELD.Raw",
        "MELD",
        f"rows={rows}, seed={seed}, voice={voice}, clips={clips}",
        fill,
    )
