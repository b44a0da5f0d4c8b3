"""The voice of the synthetic corpus: eSpeak NG, from the pip package espeakng-loader, through ctypes.

The library and its data are GPL-3 and stay a separate, optional package; the sound that it makes is not covered.
Saying the same sentence twice in one process can differ by a few samples, so `speak_all` gives every chunk of a fixed
size a fresh process: the same plan gives the same samples, however many processes run side by side.
"""

from __future__ import annotations

import ctypes
import json
import subprocess
import sys
import tempfile
import wave
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Literal

import numpy as np
from tqdm import tqdm

from mcsan_lite.errors import DataError

VOICES = (*(f"en-us+{kind}{n}" for n in (1, 2, 3, 4, 5) for kind in "fm"), "en-us+m6", "en-us+m7")
SAMPLE_RATE = 16_000
CHUNK = 500  # utterances a process: part of what makes the sound, so it is no option


class _Event(ctypes.Structure):
    _fields_ = [
        ("type", ctypes.c_int),
        ("id", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("milliseconds", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user", ctypes.c_void_p),
        ("name", ctypes.c_char * 8),
    ]


_CALLBACK = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event)
)
_WORD, _END = 1, 0  # event types
_UTF8, _SSML = 1, 0x10  # flags
_PARAMETERS = {"rate": 1, "volume": 2, "pitch": 3, "range": 4}
STRESS = "<prosody pitch='+45%' rate='75%' volume='x-loud'>"  # louder by about a factor of two, higher, slower


class Synthesiser:
    """eSpeak NG in this process. Raises DataError with the pip line when the package is not installed."""

    def __init__(self) -> None:
        try:
            import espeakng_loader
        except ImportError:
            raise DataError(
                "no package espeakng-loader here",
                "the voice of the synthetic corpus (eSpeak NG, GPL-3)",
                "pip install espeakng-loader",
            ) from None
        self._lib = ctypes.CDLL(espeakng_loader.get_library_path())
        self.rate = self._lib.espeak_Initialize(
            2, 0, str(espeakng_loader.get_data_path()).encode(), 0x8000
        )
        if self.rate <= 0:
            raise DataError(
                f"eSpeak NG that does not start (code {self.rate})",
                "its library and its data folder",
                "pip install --force-reinstall espeakng-loader",
            )
        self._lib.espeak_ng_SetRandSeed(
            1
        )  # it starts with the time of day, and breathy voices hold noise
        self._samples: list[np.ndarray] = []
        self._words: dict[int, int] = {}
        self._callback = _CALLBACK(
            self._collect
        )  # kept here: a collected callback would crash the library
        self._lib.espeak_SetSynthCallback(self._callback)

    def _collect(self, wave, count, events) -> int:
        if wave and count > 0:
            self._samples.append(np.ctypeslib.as_array(wave, (count,)).copy())
        i = 0
        while events[i].type != _END:
            if events[i].type == _WORD:
                self._words.setdefault(events[i].text_position - 1, events[i].sample)
            i += 1
        return 0

    def _voice(self, name: str) -> None:
        if (
            self._lib.espeak_SetVoiceByName(name.encode()) != 0
        ):  # it would silently keep the old voice
            raise DataError(
                f"voice {name!r}",
                f"a voice of eSpeak NG, such as {VOICES[0]!r}",
                "take another name.",
            )

    def speak(
        self,
        ssml: str,
        voice: str,
        *,
        rate: int = 175,
        volume: int = 60,
        pitch: int = 50,
        range: int = 50,
    ) -> tuple[np.ndarray, dict[int, int]]:
        """Samples (n,) int16 at `self.rate`, and {byte position in `ssml` where a word starts: its first sample}.

        rate in words a minute; volume, pitch and range from 0 to 100. A volume above 60 clips in stressed words.
        """
        self._voice(voice)
        for name, value in (("rate", rate), ("volume", volume), ("pitch", pitch), ("range", range)):
            self._lib.espeak_SetParameter(_PARAMETERS[name], value, 0)
        self._samples, self._words = [], {}
        data = ssml.encode()
        self._lib.espeak_Synth(data, len(data) + 1, 0, 1, 0, _UTF8 | _SSML, None, None)
        self._lib.espeak_Synchronize()
        return np.concatenate(self._samples) if self._samples else np.zeros(0, np.int16), dict(
            self._words
        )

    def phonemes(self, word: str, voice: str) -> str:
        """The phonemes of `word` in `voice`, in eSpeak's own notation."""
        self._voice(voice)
        self._lib.espeak_TextToPhonemes.restype = ctypes.c_char_p
        text = ctypes.c_char_p(word.encode())
        return self._lib.espeak_TextToPhonemes(ctypes.byref(text), 1, 0).decode().strip()


def _ssml(words: Sequence[tuple[str, bool, int]]) -> tuple[str, list[int]]:
    """SSML of spoken words, and the byte at which each of them starts in it."""
    text, starts = "<speak>", []
    for word, stressed, pause in words:
        text += f"<break time='{pause}ms'/> " if pause else ""
        text += STRESS if stressed else ""
        starts.append(len(text.encode()))
        text += word + ("</prosody> " if stressed else " ")
    return text + "</speak>", starts


def render() -> None:
    """The fresh process of a chunk; its arguments are a plan file, a folder and "flac" or "wav". Speaks every line of the
    plan in order, writes one 16 kHz clip each and prints its word times as one JSON line."""
    import soundfile
    import soxr

    plan, folder, form = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
    voice = Synthesiser()
    for line in map(json.loads, plan.read_text().splitlines()):
        ssml, starts = _ssml(line["words"])
        samples, events = voice.speak(
            ssml, line["voice"], **{name: line[name] for name in _PARAMETERS}
        )
        loud = np.flatnonzero(np.abs(samples) > 100)
        samples = (
            samples[: loud[-1] + voice.rate // 20] if len(loud) else samples
        )  # eSpeak pauses behind a sentence
        # Neighbouring short words can share one event: a word without its own starts where the next event does.
        times, following = [], len(samples)
        for at in reversed(starts):
            following = events.get(at, following)
            times.append(following / voice.rate)
        signal = soxr.resample(samples.astype(np.float32) / 32768, voice.rate, SAMPLE_RATE)
        soundfile.write(
            folder / f"{line['id']}.{form}", np.clip(signal, -1, 1), SAMPLE_RATE, subtype="PCM_16"
        )
        print(
            json.dumps({"id": line["id"], "starts": times[::-1], "end": len(samples) / voice.rate})
        )


def speak_all(
    plan: Sequence[dict], folder: Path, *, jobs: int = 1, form: Literal["flac", "wav"] = "flac"
) -> dict[str, dict]:
    """Speak a plan: a clip for each line in `folder`, and {id: {"starts": seconds a word, "end": seconds}}.

    A line is {"id", "voice", "rate", "volume", "pitch", "range" (as in `Synthesiser.speak`), "words": [(word, stressed?,
    milliseconds of silence before it), …]}.
    """
    Synthesiser()  # a missing package is answered here, not in a worker

    def chunk(start: int) -> list[dict]:
        with tempfile.TemporaryDirectory() as temporary:
            file = Path(temporary, "plan.jsonl")
            file.write_text("\n".join(json.dumps(line) for line in plan[start : start + CHUNK]))
            done = subprocess.run(
                [
                    sys.executable,
                    "-c",
                    f"import {__name__} as speech; speech.render()",
                    str(file),
                    str(folder),
                    form,
                ],
                capture_output=True,
                text=True,
            )
        if done.returncode:
            raise DataError(
                f"speech synthesis that stopped: {done.stderr.strip()[-300:]}",
                "every utterance spoken",
                "mcsan doctor   (it tests the voice)",
            )
        return [json.loads(line) for line in done.stdout.splitlines()]

    starts = range(0, len(plan), CHUNK)
    with ThreadPoolExecutor(
        max(1, jobs)
    ) as pool:  # threads only wait here: the work is in the processes
        parts = list(
            tqdm(pool.map(chunk, starts), total=len(starts), desc="speech", disable=len(starts) < 2)
        )
    return {row["id"]: row for part in parts for row in part}


def hum_all(plan: Sequence[dict], folder: Path) -> dict[str, dict]:
    """As `speak_all`, where nobody listens: a quiet noise of 0.1 s and 0.02 s a word, as wav, without any voice."""
    noise = np.random.default_rng(0).normal(0, 30, 20 * SAMPLE_RATE).astype("<i2")
    times = {}
    for line in plan:
        count = len(line["words"])
        end = round(0.1 + 0.02 * count, 2)
        with wave.open(str(folder / f"{line['id']}.wav"), "wb") as file:
            file.setparams((1, 2, SAMPLE_RATE, 0, "NONE", ""))
            file.writeframes(noise[: round(end * SAMPLE_RATE)].tobytes())
        times[line["id"]] = {
            "id": line["id"],
            "starts": [round(0.03 + 0.02 * i, 2) for i in range(count)],
            "end": end,
        }
    return times
