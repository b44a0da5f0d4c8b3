"""The voice of the synthetic corpus: eSpeak NG, from the pip package espeakng-loader.

In: a plan of what is said, and how. Out: a clip per utterance, and when each word starts.

The library is called through ctypes. It and its data are GPL-3 and stay a separate, optional
package; the sound that it makes is not covered. Saying the same sentence twice in one process can
differ by a few samples, so `speak_all` gives every chunk of a fixed size a fresh process: the same
plan gives the same samples, however many processes run side by side.
"""

from __future__ import annotations

import ctypes
import io
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
# Part of what makes the sound, so it is no option.
_UTTERANCES_PER_PROCESS = 500
_DISK_REFUSES = 74  # exit status of `render`; EX_IOERR, as sendmail ends


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
# Higher, slower, and louder by about a factor of two.
_STRESS = "<prosody pitch='+45%' rate='75%' volume='x-loud'>"


class Synthesiser:
    """eSpeak NG in this process.

    Raises:
        DataError: with the line for pip where the package is not installed.
    """

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
        data = str(espeakng_loader.get_data_path()).encode()
        self.rate = self._lib.espeak_Initialize(2, 0, data, 0x8000)
        if self.rate <= 0:
            raise DataError(
                f"eSpeak NG that does not start (code {self.rate})",
                "its library and its data folder",
                "pip install --force-reinstall espeakng-loader",
            )
        # Breathy voices hold noise, whose seed would be the time of day.
        self._lib.espeak_ng_SetRandSeed(1)
        self._samples: list[np.ndarray] = []
        self._words: dict[int, int] = {}
        # Kept as an attribute: a collected callback would crash the library.
        self._callback = _CALLBACK(self._collect)
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

    def _set_voice(self, name: str) -> None:
        # An unknown voice would silently keep the old one.
        if self._lib.espeak_SetVoiceByName(name.encode()) != 0:
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
        """Speak one text.

        Args:
            ssml: the text, with its marks.
            voice: one of eSpeak NG's, such as those in VOICES.
            rate: words per minute.
            volume: 0 to 100; above 60 it clips in stressed words.
            pitch: 0 to 100.
            range: of the pitch, 0 to 100.

        Returns:
            Samples (n,) int16 at `self.rate`, and {byte in `ssml` where a word starts: its first
            sample}.

        Raises:
            DataError: for an unknown voice.
        """
        self._set_voice(voice)
        for name, value in (("rate", rate), ("volume", volume), ("pitch", pitch), ("range", range)):
            self._lib.espeak_SetParameter(_PARAMETERS[name], value, 0)
        self._samples, self._words = [], {}
        data = ssml.encode()
        self._lib.espeak_Synth(data, len(data) + 1, 0, 1, 0, _UTF8 | _SSML, None, None)
        self._lib.espeak_Synchronize()
        samples = np.concatenate(self._samples) if self._samples else np.zeros(0, np.int16)
        return samples, dict(self._words)

    def phonemes(self, word: str, voice: str) -> str:
        """The phonemes of a word in a voice, in eSpeak's own notation.

        Args:
            word: its spelling.
            voice: as in `speak`.
        """
        self._set_voice(voice)
        self._lib.espeak_TextToPhonemes.restype = ctypes.c_char_p
        text = ctypes.c_char_p(word.encode())
        return self._lib.espeak_TextToPhonemes(ctypes.byref(text), 1, 0).decode().strip()


def _ssml(words: Sequence[tuple[str, bool, int]]) -> tuple[str, list[int]]:
    """SSML of spoken words, and the byte at which each of them starts in it."""
    text, starts = "<speak>", []
    for word, is_stressed, pause_ms in words:
        if pause_ms:
            text += f"<break time='{pause_ms}ms'/> "
        if is_stressed:
            text += _STRESS
        starts.append(len(text.encode()))
        text += word
        text += "</prosody> " if is_stressed else " "
    return text + "</speak>", starts


def render() -> None:
    """Speak one chunk, in a fresh process.

    Its command line names a plan file, a folder, and "flac" or "wav". It writes a 16 kHz clip for
    each line of the plan, in order, and prints the clip's word times as one line of JSON. Where the
    disk refuses, it ends with `_DISK_REFUSES` and says on stderr with what.
    """
    try:
        _render_plan()
    except OSError as error:
        print(json.dumps([error.errno, error.strerror, error.filename]), file=sys.stderr)
        sys.exit(_DISK_REFUSES)


def _render_plan() -> None:
    plan_file, folder, form = sys.argv[1:4]
    voice = Synthesiser()
    for line in Path(plan_file).read_text(encoding="utf-8").splitlines():
        plan = json.loads(line)
        clip = Path(folder) / f"{plan['id']}.{form}"
        print(json.dumps(_speak(voice, plan, clip)))


def _speak(voice: Synthesiser, plan: dict, clip: Path) -> dict:
    """Write one clip; its id, when each word starts and when the last ends, in seconds."""
    import soundfile
    import soxr

    ssml, starts = _ssml(plan["words"])
    manner = {name: plan[name] for name in _PARAMETERS}
    samples, first_samples = voice.speak(ssml, plan["voice"], **manner)
    loud = np.flatnonzero(np.abs(samples) > 100)
    if len(loud):  # eSpeak pauses after a sentence
        samples = samples[: loud[-1] + voice.rate // 20]
    # Neighbouring short words can share one event: a word without its own starts where the next
    # event does.
    times, following = [], len(samples)
    for start in reversed(starts):
        following = first_samples.get(start, following)
        times.append(following / voice.rate)
    signal = soxr.resample(samples.astype(np.float32) / 32768, voice.rate, SAMPLE_RATE)
    # Written here, not by libsndfile, which takes a full disk for a broken codec.
    content = io.BytesIO()
    form = clip.suffix.removeprefix(".")
    signal = np.clip(signal, -1, 1)
    soundfile.write(content, signal, SAMPLE_RATE, subtype="PCM_16", format=form)
    clip.write_bytes(content.getvalue())
    return {"id": plan["id"], "starts": times[::-1], "end": len(samples) / voice.rate}


def speak_all(
    plan: Sequence[dict], folder: Path, *, jobs: int = 1, form: Literal["flac", "wav"] = "flac"
) -> dict[str, dict]:
    """Speak a plan: a clip for each of its lines in `folder`.

    Args:
        plan: lines with "id", "voice", "rate", "volume", "pitch", "range" (as in
            `Synthesiser.speak`) and "words": [(word, stressed?, milliseconds of silence before it),
            …].
        folder: where the clips go; it must be there.
        jobs: how many processes speak at the same time.
        form: of the clips.

    Returns:
        {id: {"starts": of each word, in seconds, "end": of the last word, in seconds}}.

    Raises:
        DataError: where the voice is not installed or stops.
        OSError: where the disk refuses.
    """
    Synthesiser()  # a missing package is answered here, not in a worker
    starts = range(0, len(plan), _UTTERANCES_PER_PROCESS)
    chunks = [plan[start : start + _UTTERANCES_PER_PROCESS] for start in starts]
    running: set[subprocess.Popen] = set()
    # Threads only wait here: the work is in the processes.
    with ThreadPoolExecutor(max(1, jobs)) as pool:
        spoken = pool.map(lambda chunk: _speak_apart(chunk, folder, form, running), chunks)
        spoken = tqdm(spoken, total=len(chunks), desc="speech", disable=len(chunks) < 2)
        try:
            return {times["id"]: times for chunk in spoken for times in chunk}
        except BaseException:  # also Ctrl-C: else all that is left would still be spoken
            pool.shutdown(wait=False, cancel_futures=True)
            for process in list(running):
                process.kill()
            raise


def _speak_apart(
    chunk: Sequence[dict], folder: Path, form: str, running: set[subprocess.Popen]
) -> list[dict]:
    """`render` a chunk in a process of its own, which is in `running` meanwhile."""
    code = f"import {__name__} as speech; speech.render()"
    with tempfile.TemporaryDirectory() as temporary:
        file = Path(temporary, "plan.jsonl")
        file.write_text("\n".join(json.dumps(line) for line in chunk), encoding="utf-8")
        command = [sys.executable, "-c", code, str(file), str(folder), form]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        with subprocess.Popen(command, **pipes, encoding="utf-8", errors="replace") as process:
            running.add(process)
            said, complained = process.communicate()
            running.discard(process)
    if process.returncode == _DISK_REFUSES:
        number, why, place = json.loads(complained.splitlines()[-1])
        raise OSError(number, why, place or str(folder))
    if process.returncode:
        raise DataError(
            f"speech synthesis that stopped: {complained.strip()[-300:]}",
            "every utterance spoken",
            "mcsan doctor   (it tests the voice)",
        )
    return [json.loads(line) for line in said.splitlines()]


def hum_all(plan: Sequence[dict], folder: Path) -> dict[str, dict]:
    """As `speak_all` where nobody listens: a quiet noise as wav, without any voice.

    A clip lasts 0.1 s, and 0.02 s more per word.

    Args:
        plan: as in `speak_all`; only "id" and the number of "words" count.
        folder: where the clips go; it must be there.

    Returns:
        The times, as in `speak_all`.
    """
    noise = np.random.default_rng(0).normal(0, 30, 20 * SAMPLE_RATE).astype("<i2")
    times = {}
    for line in plan:
        count = len(line["words"])
        end_s = round(0.1 + 0.02 * count, 2)
        with wave.open(str(folder / f"{line['id']}.wav"), "wb") as file:
            file.setparams((1, 2, SAMPLE_RATE, 0, "NONE", ""))
            file.writeframes(noise[: round(end_s * SAMPLE_RATE)].tobytes())
        starts_s = [round(0.03 + 0.02 * i, 2) for i in range(count)]
        times[line["id"]] = {"id": line["id"], "starts": starts_s, "end": end_s}
    return times
