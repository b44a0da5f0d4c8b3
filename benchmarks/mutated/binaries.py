"""Small whole files of numbers: arrays, caches, checkpoints, sounds, films, archives.

In: a scratch folder. Out: a list of `Kind`.
"""

from __future__ import annotations

import io
import json
import os
import tarfile
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path

import av
import numpy as np
import soundfile
import torch
from safetensors.torch import save_file

from mcsan_lite import cache
from mcsan_lite.datasets import archives
from mcsan_lite.features.audio import load_audio
from mcsan_lite.features.batch import Dims
from mcsan_lite.features.extraction import FeatureConfig, Features
from mcsan_lite.features.video import ACTION_UNITS, read_video
from mcsan_lite.models import MODELS
from mcsan_lite.training.inference import load_run
from mutated.kinds import Kind, put, require

RANDOM = np.random.default_rng(0)
RATE = 16_000


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


def sounds(folder: Path) -> list[Kind]:
    """A second of sound in every format."""
    tone = 0.3 * np.sin(np.arange(RATE // 4) / 9)
    kinds = []
    for ending in ("wav", "flac", "ogg"):
        path = folder / f"a.{ending}"
        soundfile.write(path, tone, RATE // 2)
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


def packed(folder: Path) -> list[Kind]:
    """Archives: what is wanted comes out, whatever else they name."""
    names = ("a/clip1.wav", "a/clip2.wav", "a/other.txt")
    content = b"some sound " * 30
    whole = {"tar": tar_of(names, content, "w"), "tar.gz": tar_of(names, content, "w:gz")}
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.writestr(name, content)
    whole["zip"] = buffer.getvalue()
    return [
        Kind(ending, put(folder / ending / f"a.{ending}", data), unpacker(folder / ending, ending))
        for ending, data in whole.items()
    ]


def tar_of(names: Sequence[str], content: bytes, mode: str) -> bytes:
    """A tar of files with the same content.

    Args:
        names: of the members.
        content: of each.
        mode: of `tarfile.open`.
    """
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=mode) as tar:
        for name in names:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


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
