"""Reads a generated corpus: as a `Corpus`, and as the truth that no model sees.

In: the folder that `generator.make_synthetic` wrote. Out: utterances as every other reader gives
them, or one row per utterance with all that is known of it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from mcsan_lite.corpus import Corpus, Skipped, Utterance, Word
from mcsan_lite.datasets.synthetic.rules import SYNTHETIC_LABELS
from mcsan_lite.errors import DataError

TRUTH_FILE = "utterances.jsonl"
_NEEDED = ("split", "text", "label", "speaker", "has_audio")


def in_transcript_order(truth: Mapping, timed: Sequence[Sequence]) -> list[Sequence]:
    """The words of the transcript, in its own order.

    Args:
        truth: a row of `read_truth`, or a plan.
        timed: (word, start, end) of every spoken word in the order of speech, such as its `times`.
    """
    if "transcribed" in truth:
        return [timed[i] for i in truth["transcribed"]]
    return [one for one in timed if one[0]]


def read_truth(folder: Path | str) -> pd.DataFrame:
    """The oracle of a synthetic corpus, which no model sees.

    Args:
        folder: of the corpus.

    Returns:
        One row per utterance, indexed by id: sense, arousal, stressed, decisive (index into the
        transcript's tokens), targets (indices of all homophones), pairs (what they sound like), the
        label before noise and, with video, what the face has shown.

    Raises:
        DataError: where there is no such corpus, or where its file is damaged.
    """
    path = Path(folder) / TRUTH_FILE
    if not path.is_file():
        raise DataError(
            f"no synthetic corpus at {folder}",
            "a folder with utterances.jsonl and audio/",
            "mcsan data synthetic   (makes it in seconds)",
        )
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
        table = pd.DataFrame(map(json.loads, lines)).set_index("id")
    except Exception as error:  # it is our own file: whatever is wrong with it, it is damaged
        raise _damaged(path, error) from None
    missing = [name for name in _NEEDED if name not in table]
    if missing or not table.index.is_unique:
        raise _damaged(path, f"without {', '.join(missing)}" if missing else "an id twice")
    return table


def _damaged(path: Path, why: object) -> DataError:
    return DataError(
        f"{path}, which is damaged: {why or type(why).__name__}",
        "a generated corpus as it was written",
        "delete its folder: the next command generates it again.",
    )


def read_synthetic(folder: Path | str) -> Corpus:
    """The corpus in `folder`, with word times, as every other reader gives it."""
    folder = Path(folder)
    utterances, skipped = [], []
    for truth in read_truth(folder).reset_index().to_dict("records"):
        try:
            if truth["has_audio"] or truth["text"]:
                utterances.append(_utterance(truth, folder))
            else:
                skipped.append(Skipped(truth["id"], "neither a clip nor a transcript"))
        except Exception as error:
            raise _damaged(folder / TRUTH_FILE, f"{truth['id']}, {error!r}") from None
    return Corpus(
        folder.name,
        SYNTHETIC_LABELS,
        tuple(utterances),
        tuple(skipped),
        kind="synthetic",
        generated=True,
    )


def _utterance(truth: dict, folder: Path) -> Utterance:
    name = truth["id"]
    if not isinstance(truth["text"], str) or truth["label"] not in SYNTHETIC_LABELS:
        raise ValueError("a text or a label that is none")
    number = int(name.rsplit("_", 1)[1])
    audio, words, video = None, (), None
    if truth["has_audio"]:
        audio = folder / "audio" / f"{name}.flac"
        words = tuple(Word(*timed) for timed in in_transcript_order(truth, truth["times"]))
    if "shown" in truth:
        video = folder / "video.npz" / f"{name}.npy"
    return Utterance(
        name,
        audio,
        truth["text"],
        truth["label"],
        speaker=f"speaker{truth['speaker']:02d}",
        dialogue=f"{truth['split']}_{number // 10:05d}",
        split=truth["split"],
        words=words,
        video=video,
    )
