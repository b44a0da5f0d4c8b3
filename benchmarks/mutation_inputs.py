"""The files that `mutations.py` damages: a small whole one of every kind, and what reads it.

In: a scratch folder. Out: a list of `Kind`. Everything is made here, by the package's own writers
or by hand; nothing comes from anybody's corpus.
"""

from __future__ import annotations

import gzip
import io
import json
import os
import tarfile
import wave
import zipfile
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import av
import numpy as np
import soundfile
import torch
from safetensors.torch import save_file

from mcsan_lite import cache
from mcsan_lite.datasets import archives, splits
from mcsan_lite.datasets.iemocap.reader import read_turns
from mcsan_lite.datasets.manifest import read_manifest
from mcsan_lite.datasets.meld.annotation import ANNOTATION_FILES
from mcsan_lite.datasets.meld.reader import read_meld
from mcsan_lite.datasets.synthetic.generator import read_synthetic
from mcsan_lite.features.audio import load_audio
from mcsan_lite.features.batch import Dims
from mcsan_lite.features.extraction import FeatureConfig, Features
from mcsan_lite.features.video import ACTION_UNITS, read_video
from mcsan_lite.features.words import load_vectors, tokenize
from mcsan_lite.models import MODELS
from mcsan_lite.tables.predictions import load_predictions, save_predictions
from mcsan_lite.training.inference import load_run
from mcsan_lite.training.run_folder import load_results

RANDOM = np.random.default_rng(0)
RATE = 16_000


@dataclass(frozen=True)
class Kind:
    """A kind of input.

    Attributes:
        name: in the table.
        path: the file that is damaged.
        read: reads it as a user's command would, and checks what must hold of a value.
        head: only so many bytes from the start are damaged; None: all of them. A header is where
            damage does most.
        wrap: makes the file of the damaged bytes, for a text that lies within another format.
    """

    name: str
    path: Path
    read: Callable[[], object]
    head: int | None = None
    wrap: Callable[[bytes], bytes] | None = None
    text: bytes | None = None

    def whole(self) -> bytes:
        """The bytes to damage."""
        return self.path.read_bytes() if self.text is None else self.text


def every_kind(folder: Path) -> list[Kind]:
    """A whole file of every kind, below `folder`."""
    makers = (arrays, cached, checkpoints, results, sounds, films, tables, corpora, vectors, packed)
    kinds: list[Kind] = []
    for make in makers:
        place = folder / make.__name__
        place.mkdir()
        kinds += make(place)
    return kinds


def require(condition: bool, what: str) -> None:
    """Raise AssertionError, which counts as an escape, where a value is not what it must be.

    Args:
        condition: what must hold.
        what: what is wrong otherwise.
    """
    if not condition:
        raise AssertionError(what)


def put(path: Path, content: str | bytes) -> Path:
    """Write a file, and the folders above it.

    Args:
        path: the file.
        content: text is written in UTF-8.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def arrays(folder: Path) -> list[Kind]:
    """What a face does, as .npy, in an .npz and as OpenFace's csv."""
    rows = RANDOM.normal(size=(12, 17)).astype(np.float32)
    np.save(folder / "a.npy", rows)
    np.savez_compressed(folder / "a.npz", a=rows)
    lines = [", ".join(["frame", "face_id", "timestamp", "confidence", "success", *ACTION_UNITS])]
    for number, row in enumerate(rows):
        cells = [number + 1, 0, number / 25, 0.9, 1, *np.abs(row).round(2)]
        lines.append(", ".join(map(str, cells)))
    put(folder / "a.csv", "\n".join(lines))

    def reader(path: Path) -> Callable[[], object]:
        def read() -> object:
            found = read_video(path)
            require(found.ndim == 2 and bool(np.isfinite(found).all()), "not finite rows")
            return found

        return read

    return [
        Kind("video .npy, header", folder / "a.npy", reader(folder / "a.npy"), head=128),
        Kind("video .npy", folder / "a.npy", reader(folder / "a.npy")),
        Kind("video .npz", folder / "a.npz", reader(folder / "a.npz" / "a.npy")),
        Kind("OpenFace csv", folder / "a.csv", reader(folder / "a.csv")),
    ]


def cached(folder: Path) -> list[Kind]:
    """Arrays of the cache: what comes out is what was written, or made again."""
    values = RANDOM.normal(size=(12, 5)).astype(np.float32)
    rows = cache.Rows([5, 7], (values[:5], values[5:]), 5, {"words": ["a", "b"]})
    cache.store_rows(folder, "rows", rows)
    cache.get_or_make(folder, "single", lambda: values)

    def read_one() -> object:
        found = cache.load_array(folder, "single")
        require(found is None or np.array_equal(found, values), "other numbers than were stored")
        return found

    def read_rows() -> object:
        found = cache.load_rows(folder, "rows")
        if found is not None:
            same = np.array_equal(np.concatenate(found.arrays), values)
            require(same and found.about == rows.about, "other numbers than were stored")
        return found

    return [
        Kind("cached array", folder / "si" / "single.npy", read_one),
        Kind("cached rows", folder / "ro" / "rows.npy", read_rows),
        Kind("cached rows, note", folder / "ro" / "rows.json", read_rows),
    ]


def checkpoints(folder: Path) -> list[Kind]:
    """A checkpoint: its metadata, its tensors, and the spec.json that allows its word vectors."""
    dims, config = Dims(40, 50, 2), MODELS["mcsan"].Config(hidden=8, heads=2)
    model = MODELS["mcsan"](dims, config)
    tensors = {name: tensor.contiguous() for name, tensor in model.state_dict().items()}
    tensors |= {"normal.mean": torch.zeros(40), "normal.deviation": torch.ones(40)}
    about = {
        "model": "mcsan",
        "labels": ["sad", "glad"],
        "dims": asdict(dims),
        "config": asdict(config),
        "features": asdict(FeatureConfig()),
    }
    path = folder / "run" / "fold" / "model.safetensors"
    path.parent.mkdir(parents=True)
    save_file(tensors, path, {"mcsan_lite": json.dumps(about)})
    data = path.read_bytes()
    body = data[8 + int.from_bytes(data[:8], "little") :]
    header = json.loads(data[8 : len(data) - len(body)])
    numbers = np.random.default_rng(1).normal(size=(30, 90)).astype(np.float32)
    utterance = Features("u", numbers[:, :40], numbers[:3, 40:], ("a", "b", "c"), "sad")

    def read() -> object:
        run = load_run(path)
        (ready,) = run.prepare([utterance])
        found = run.probabilities(ready)
        require(bool(np.isclose(found.sum(), 1)), "probabilities that do not add up")
        return found

    def with_metadata(text: bytes) -> bytes:
        entry = header | {"__metadata__": {"mcsan_lite": text.decode("utf-8", "replace")}}
        return with_header(json.dumps(entry).encode())

    def with_header(text: bytes) -> bytes:
        return len(text).to_bytes(8, "little") + text + body

    elsewhere = json.dumps(about | {"features": about["features"] | {"vectors": "/none/v.txt"}})
    own = put(folder / "own" / "fold" / "model.safetensors", with_metadata(elsewhere.encode()))
    spec = put(folder / "own" / "spec.json", '{"features": {"vectors": "/none/v.txt"}}')
    texts = json.dumps(about).encode(), json.dumps(header).encode()
    return [
        Kind("checkpoint, metadata", path, read, wrap=with_metadata, text=texts[0]),
        Kind("checkpoint, header", path, read, wrap=with_header, text=texts[1]),
        Kind("checkpoint, tensors", path, read),
        Kind("spec.json", spec, lambda: load_run(own)),
    ]


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


def sounds(folder: Path) -> list[Kind]:
    """A second of sound in every format."""
    tone = 0.3 * np.sin(np.arange(RATE // 4) / 9)
    kinds = []
    for ending in ("wav", "flac", "ogg"):
        path = folder / f"a.{ending}"
        soundfile.write(path, tone, RATE)
        kinds.append(Kind(ending, path, lambda path=path: heard(path)))
    kinds.append(Kind("wav, header", folder / "a.wav", kinds[0].read, head=60))
    kinds.append(Kind("flac, header", folder / "a.flac", kinds[1].read, head=100))
    return kinds


def heard(path: Path) -> object:
    """The samples of a clip, which must be finite."""
    found = load_audio(path)
    require(found.ndim == 1 and bool(np.isfinite(found).all()), "samples that are not finite")
    return found


def films(folder: Path) -> list[Kind]:
    """The sound track of an mp4."""
    path = folder / "a.mp4"
    tone = (0.3 * np.sin(np.arange(4096) / 9)).astype(np.float32)[None]
    with av.open(str(path), "w", format="mp4") as film:
        track = film.add_stream("aac", rate=RATE, layout="mono")
        frame = av.AudioFrame.from_ndarray(tone, format="fltp", layout="mono")
        frame.sample_rate = RATE
        for packet in [*track.encode(frame), *track.encode()]:
            film.mux(packet)
    return [Kind("mp4", path, lambda: heard(path))]


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


def packed(folder: Path) -> list[Kind]:
    """Archives: what is wanted comes out, whatever else they name."""
    names = ("a/clip1.wav", "a/clip2.wav", "a/other.txt")
    content = b"some sound " * 30
    whole = {}
    for mode, ending in (("w", "tar"), ("w:gz", "tar.gz")):
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode=mode) as tar:
            for name in names:
                info = tarfile.TarInfo(name)
                info.size = len(content)
                tar.addfile(info, io.BytesIO(content))
        whole[ending] = buffer.getvalue()
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.writestr(name, content)
    whole["zip"] = buffer.getvalue()
    return [
        Kind(ending, put(folder / ending / f"a.{ending}", data), unpacker(folder / ending, ending))
        for ending, data in whole.items()
    ]


def unpacker(place: Path, ending: str) -> Callable[[], object]:
    """Unpacks an archive, and looks whether anything came out elsewhere.

    Args:
        place: the folder of the archive.
        ending: of its name.
    """

    def read() -> object:
        archive, target = place / f"a.{ending}", place / "out"
        try:
            archives.unpack(archive, target, wanted=r".*\.wav")
            require(all(one.is_file() for one in target.iterdir()), "no plain file")
        finally:
            left = set(os.listdir(place)) - {archive.name, "out"}
            inside = list(target.iterdir()) if target.is_dir() else []
            for path in inside:
                path.unlink()
            if target.is_dir():
                target.rmdir()
            require(not left, f"left beside the folder: {left}")
        return inside

    return read
