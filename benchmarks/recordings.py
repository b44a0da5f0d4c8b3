"""Writes the table of docs/predict.md: what `mcsan predict` answers to recordings of every kind.

    python benchmarks/recordings.py --clip CLIP.flac --write
    python benchmarks/recordings.py               # the page again, from benchmarks/recordings.json

In: one clip of a human voice, which you bring; all others are made from it. Each row is a process
of its own with an empty cache: processor seconds, the most memory that it took, its exit status,
and the first line that matters. Out: benchmarks/recordings.json and the table between the page's
marks.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import soundfile

from mcsan_lite.tables.shared import between_marks

ROOT = Path(__file__).resolve().parents[1]
NUMBERS = ROOT / "benchmarks" / "recordings.json"
PAGE = ROOT / "docs" / "predict.md"
START, END = "<!-- recordings: made by benchmarks/recordings.py -->", "<!-- /recordings -->"
RUN = ROOT / "checkpoints" / "matching-seed0.safetensors"
SAID = "Kids are talking by the door"
FOLDER, BROKEN = 500, 3


def make_recordings(clip: Path, folder: Path) -> None:
    """Every kind of recording, made from one clip.

    Args:
        clip: a human voice.
        folder: where they are written.
    """
    signal, rate = soundfile.read(clip, dtype="float32")
    soundfile.write(folder / "plain.wav", signal, rate)
    stereo = np.repeat(signal, 48_000 // rate)
    soundfile.write(folder / "stereo48k.wav", np.stack((stereo, 0.5 * stereo), 1), 48_000)
    soundfile.write(folder / "clip.mp3", signal, rate)
    soundfile.write(folder / "clip.ogg", signal, rate)
    write_m4a(folder / "clip.m4a", signal, rate)
    loud = np.argmax(np.abs(signal))
    soundfile.write(folder / "50ms.wav", signal[loud : loud + rate // 20], rate)
    soundfile.write(folder / "10min.wav", np.resize(signal, 600 * rate), rate)
    soundfile.write(folder / "silence.wav", np.zeros(3 * rate), rate)
    (folder / "text.wav").write_text("so it is\n", encoding="utf-8")
    many = folder / "many"
    many.mkdir()
    for i in range(FOLDER):
        name = many / f"{i:03d}.wav"
        if i < BROKEN:
            name.write_bytes(b"RIFF" if i else b"")
        else:
            soundfile.write(name, signal[: 2 * rate] * (0.5 + i / 1000), rate)


def write_m4a(path: Path, signal: np.ndarray, rate: int) -> None:
    """AAC in an mp4 container.

    Args:
        path: the file.
        signal: (samples,) mono.
        rate: samples per second.
    """
    import av

    with av.open(str(path), "w", format="mp4") as film:
        track = film.add_stream("aac", rate=rate, layout="mono")
        frame = av.AudioFrame.from_ndarray(signal[None], format="fltp", layout="mono")
        frame.sample_rate = rate
        for packet in [*track.encode(frame), *track.encode(None)]:
            film.mux(packet)


def asked(folder: Path) -> dict[str, list[str]]:
    """What is typed, by what it stands for."""

    def one(name: str, *more: str) -> list[str]:
        return ["--audio", str(folder / name), *(more or ("--text", SAID))]

    return {
        "a human clip, wav": one("plain.wav"),
        "48 kHz, stereo": one("stereo48k.wav"),
        "mp3": one("clip.mp3"),
        "ogg": one("clip.ogg"),
        "m4a": one("clip.m4a"),
        "0.05 s": one("50ms.wav"),
        "ten minutes": one("10min.wav"),
        "ten minutes, `--segments 10`": one("10min.wav", "--segments", "10"),
        "silence": one("silence.wav"),
        "empty transcript": one("plain.wav", "--text", ""),
        "words alone": ["--text", SAID],
        "a text file named .wav": one("text.wav"),
        f"a folder of {FOLDER}, {BROKEN} broken": [str(folder / "many")],
    }


def measured(words: list[str]) -> dict[str, object]:
    """One process: its seconds, memory, exit status, and what it said.

    Args:
        words: the command, without Python.
    """
    process = subprocess.Popen(
        [sys.executable, *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        cwd=ROOT,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        encoding="utf-8",
    )
    said = process.stdout.read()
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return {
        "status": process.returncode,
        "seconds": round(used.ru_utime + used.ru_stime, 1),
        "MB": round(used.ru_maxrss / (1024 if sys.platform == "linux" else 1024**2)),
        "said": _what_matters(said),
    }


def _what_matters(said: str) -> str:
    """The refusal, the verdict and what was cut; or the count of a table."""
    lines = [line for line in said.replace("\r", "\n").splitlines() if line.strip()]
    kept = [
        line for line in lines if line.startswith(("Given:", "heard: only", "no words", "no sound"))
    ]
    kept += [
        line.split(". The perc")[0] for line in lines if line.startswith(("no answer", "answer"))
    ]
    kept += [line for line in lines if "without an answer" in line]
    rows = [line for line in lines if " none " in line or (" to " in line and " s " in line)]
    if not kept and rows:
        kept = [f"{len(rows)} rows"]
    return "; ".join(kept)


def measure(clip: Path) -> list[dict[str, object]]:
    """Every row, and first what an empty program with torch and pandas costs."""
    floor = measured(["-c", "import torch, pandas"])
    rows = [{"asked": "*nothing: torch and pandas are imported*", **floor}]
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        make_recordings(clip, folder)
        command = ["-m", "mcsan_lite", "predict", "--run", str(RUN)]
        for number, (name, words) in enumerate(asked(folder).items()):
            data = ["--data", str(folder / f"data{number}")]
            row = measured([*command, *words, *data])
            rows.append({"asked": name, **row})
        again = measured(
            [*command, *asked(folder)["a human clip, wav"], "--data", f"{folder}/data0"]
        )
        rows.insert(2, {"asked": "the same again, from the cache", **again})
    return rows


def render(text: str, rows: list[dict[str, object]]) -> str:
    """The page's text with the table between the marks made anew.

    Args:
        text: of the page.
        rows: what `measure` returned.
    """
    lines = [
        "| asked | exit status | processor seconds | MB | said |",
        "|---|---|---|---|---|",
    ]
    for row in rows:
        said = re.sub(r"[…/]\S*/", "", str(row["said"])).replace("|", "\\|")  # no temporary folders
        lines.append(
            f"| {row['asked']} | {row['status']} | {row['seconds']} | {row['MB']} | {said} |"
        )
    table = "\n".join(lines)
    return between_marks(text, START, END, f"{table}\n\n{_each_further(rows)}")


def _each_further(rows: list[dict[str, object]]) -> str:
    """What a clip costs in a call that has answered one already."""
    seconds = {row["asked"]: row["seconds"] for row in rows}
    (folder,) = (row for row in rows if row["status"] == 1)
    each = (folder["seconds"] - seconds["a human clip, wav"]) / (FOLDER - BROKEN - 1)
    return f"In one call, each further clip of the folder took {each:.2f} s."


def main() -> None:
    """Measure where a clip is named, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clip", type=Path)
    parser.add_argument("--write", action="store_true", help="keep the numbers")
    args = parser.parse_args()
    rows = json.loads(NUMBERS.read_text(encoding="utf-8")) if NUMBERS.exists() else []
    if args.clip:
        rows = measure(args.clip)
        if not args.write:  # the page shows the numbers that are kept, and no others
            print(json.dumps(rows, indent=1, ensure_ascii=False))
            return
        NUMBERS.write_text(json.dumps(rows, indent=1, ensure_ascii=False) + "\n", "utf-8")
    PAGE.write_text(render(PAGE.read_text(encoding="utf-8"), rows), encoding="utf-8")


if __name__ == "__main__":
    main()
