"""Small whole files of text: results, tables, annotations, word vectors.

In: a scratch folder. Out: a list of `Kind`.
"""

from __future__ import annotations

import gzip
import json
import wave
from collections.abc import Callable
from pathlib import Path

import numpy as np

from mcsan_lite.datasets import splits
from mcsan_lite.datasets.iemocap.reader import read_turns
from mcsan_lite.datasets.manifest import read_manifest
from mcsan_lite.datasets.meld.annotation import ANNOTATION_FILES
from mcsan_lite.datasets.meld.reader import read_meld
from mcsan_lite.datasets.synthetic.reader import read_synthetic
from mcsan_lite.features.words import load_vectors, tokenize
from mcsan_lite.tables.predictions import load_predictions, save_predictions
from mcsan_lite.training.run_folder import load_results
from mutated.kinds import Kind, put, require

RATE = 16_000


def results(folder: Path) -> list[Kind]:
    """metrics.json and predictions.csv of a fold."""
    names = ("name", "model", "corpus", "protocol", "fold", "split", "device")
    counts = ("seed", "n_train", "n_test", "best_epoch", "epochs", "parameters")
    shares = ("wa", "ua", "weighted_f1", "macro_f1")
    values = dict.fromkeys(names, "a") | dict.fromkeys(counts, 3) | dict.fromkeys(shares, 0.75)
    metrics = put(folder / "run" / "fold" / "metrics.json", json.dumps(values, indent=1))
    table = folder / "predictions.csv"
    shares_of_two = np.array([[0.25, 0.75], [0.5, 0.5]])
    save_predictions(table, ["u1", "u2"], ["sad", "true"], np.array([0, 1]), shares_of_two)

    def read() -> object:
        found = load_results(folder)
        require(0 <= found.wa[0] <= 1, "an impossible score")
        return found

    return [
        Kind("metrics.json", metrics, read),
        Kind("predictions.csv", table, lambda: load_predictions(table)),
    ]


def tables(folder: Path) -> list[Kind]:
    """A manifest with its word times, and a csv of folds."""
    with wave.open(str(folder / "a.wav"), "wb") as file:
        file.setparams((1, 2, RATE, 0, "NONE", ""))
        file.writeframes(bytes(RATE))
    words = put(folder / "a.csv", "word,start,end\nso,0.0,0.2\nit,0.2,0.3\nis,0.3,0.45\n")
    part = ("train", "valid", "test")
    rows = [
        f'u{n},{"ab"[n % 2]},"so, it is {n}",s{n % 4},d{n % 3},{part[n % 3]}\n' for n in range(12)
    ]
    head = "id,label,text,speaker,dialogue,split\n"
    manifest = put(folder / "m" / "manifest.csv", head + "".join(rows))
    timed = put(folder / "timed.csv", "label,text,audio,words\nsad,so it is,a.wav,a.csv\n")
    corpus = read_manifest(manifest)
    folds = folder / "folds.csv"
    splits.fold_table(splits.folds(corpus, "official")).to_csv(folds)

    def read() -> object:
        found = read_manifest(manifest, strict=False)
        found.fingerprint()
        return [tokenize(one.text) for one in found.utterances]

    return [
        Kind("manifest csv", manifest, read),
        Kind("manifest csv, strict", manifest, lambda: read_manifest(manifest)),
        Kind("word times csv", words, lambda: read_manifest(timed)),
        Kind("folds csv", folds, lambda: splits.read(corpus, folds)),
    ]


def corpora(folder: Path) -> list[Kind]:
    """MELD's csv, IEMOCAP's three text formats, and the generated corpus's own file."""
    head = "Sr No.,Utterance,Speaker,Emotion,Sentiment,Dialogue_ID,Utterance_ID,Season,Episode"
    rows = [
        f'{n},"Well, {n}.",Ada,{("joy", "anger")[n % 2]},positive,{n},0,4,7,'
        f'"0:20:{n:02d},256","0:21:{n:02d},049"'
        for n in range(8)
    ]
    text = "\r\n".join([f"{head},StartTime,EndTime", *rows])
    meld = put(folder / "meld" / ANNOTATION_FILES["train"], text)
    turn = "Ses01F_impro01_F000"
    session = folder / "iemocap" / "Session1"
    labels = put(
        session / "dialog/EmoEvaluation/Ses01F_impro01.txt",
        "% [START_TIME - END_TIME] TURN_NAME EMOTION [V, A, D]\n\n"
        f"[1.2500 - 3.6779]\t{turn}\tang\t[1.5000, 4.0000, 4.5000]\nC-E2:\tAnger;\t()\n",
    )
    said = put(
        session / "dialog/transcriptions/Ses01F_impro01.txt",
        f"{turn} [001.2500-003.6779]: The hen sat - twice: there.\n",
    )
    times = put(
        session / f"sentences/ForcedAlignment/Ses01F_impro01/{turn}.wdseg",
        "\t SFrm  EFrm    SegAScr Word\n\t    0     2  -9 <s>\n\t    3    11  -9 THE(2)\n"
        "\t   12    20  -9 HEN\n Total score: -3\n",
    )
    truth = {
        "id": "train_000001",
        "split": "train",
        "text": "so it is",
        "label": "anger",
        "speaker": 1,
        "has_audio": True,
        "times": [["so", 0.0, 0.2], ["it", 0.2, 0.3], ["is", 0.3, 0.4]],
        "decisive": 1,
    }
    other = truth | {"id": "train_000002"}
    lines = f"{json.dumps(truth)}\n{json.dumps(other)}\n"
    made = put(folder / "made" / "utterances.jsonl", lines)

    def read_iemocap() -> object:
        return read_turns(folder / "iemocap", strict=False)

    return [
        Kind("MELD csv", meld, lambda: read_meld(meld.parent, strict=False)),
        Kind("IEMOCAP labels", labels, read_iemocap),
        Kind("IEMOCAP transcripts", said, read_iemocap),
        Kind("IEMOCAP word times", times, read_iemocap),
        Kind("generated corpus", made, lambda: read_synthetic(made.parent)),
    ]


def vectors(folder: Path) -> list[Kind]:
    """Word vectors as GloVe and word2vec write them."""
    rows = [f"w{n} {n}.25 -{n}.5 0.125 1e-3" for n in range(9)]
    text = "\n".join(rows) + "\n"
    numbers = [np.arange(4, dtype="<f4") + n for n in range(9)]
    binary = b"".join(b"w%d " % n + row.tobytes() + b"\n" for n, row in enumerate(numbers))
    files = {
        "GloVe text": put(folder / "v.txt", text),
        "word2vec text": put(folder / "w.txt", f"9 4\n{text}"),
        "word2vec .bin": put(folder / "v.bin", b"9 4\n" + binary),
        "GloVe .gz": put(folder / "v.txt.gz", gzip.compress(text.encode())),
    }

    def reader(path: Path) -> Callable[[], object]:
        def read() -> object:
            found = load_vectors(str(path))
            require(len(found) < 1000 and found.vector_size < 1000, "more than there is")
            return found

        return read

    return [Kind(name, path, reader(path)) for name, path in files.items()]
