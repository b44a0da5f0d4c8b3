"""A file of any format as blocks of samples. What two libraries can read, and how far it reaches.

In: an open file. Out: rate, channels, the length that its header promises, and its samples block
by block, so that memory holds no more than is kept.

libsndfile reads what is sound alone; PyAV (FFmpeg) reads films, and sound that libsndfile does not
know.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np

from mcsan_lite.features.sound.level import Block, block_of
from mcsan_lite.features.sound.wav import is_wav, mended_wav

# FFmpeg opens these and no other: a playlist could name any file of this machine.
_CONTAINERS = "mov,mp4,m4a,3gp,matroska,webm,avi,flv,mpegts,mpeg,aac,asf,amr,mp3,wav,aiff"
_LENGTH_IS_IN_THE_HEADER = {"FLAC", "MP3"}  # elsewhere libsndfile looks at the file itself
_LENGTH_IS_A_GUESS = {"aac", "mp3", "mpeg", "mpegts", "flv", "amr"}
_NEARLY_ALL = 0.9  # encoders round up, and an mp3 without a header of its own is guessed
_BLOCK_SAMPLES = 1 << 18  # of all channels
_HEAD_BYTES = 512
_LONGEST = 1 << 62  # libsndfile's way to say that it does not know


class NoSoundTrack(Exception):
    """A film without sound."""


@dataclass(frozen=True)
class OpenSound:
    """A recording that is being read.

    Attributes:
        rate: samples per second.
        channels: how many there are.
        promised: the least number of samples that its header stands for.
        blocks: its samples, from the first on.
        samples_there: called with the number of samples read so far, how many the file holds, as
            far as that can be told without decoding the rest.
    """

    rate: int
    channels: int
    promised: int
    blocks: Iterator[Block]
    samples_there: Callable[[int], int]


@contextmanager
def open_sound(file: BinaryIO, wanted_s: float) -> Iterator[OpenSound]:
    """Open a file by its content, whatever its name is.

    Args:
        file: opened for reading.
        wanted_s: so many seconds will be kept.

    Raises:
        NoSoundTrack: for a film without sound.
        Exception: whatever a library raises for a file that it cannot read.
    """
    import soundfile

    file.seek(0)
    if _is_container(file.read(_HEAD_BYTES)):
        with _open_film(file) as sound:
            yield sound
        return
    if is_wav(file):
        file = mended_wav(file)
    file.seek(0)
    with ExitStack() as opened:
        try:
            sound = _of_libsndfile(opened.enter_context(soundfile.SoundFile(file)), wanted_s)
        except Exception as unknown:
            try:
                sound = opened.enter_context(_open_film(file))
            except Exception:
                raise unknown from None
        yield sound


def _is_container(head: bytes) -> bool:
    """Whether a file begins as mp4 and its kin, Matroska or WebM, avi, flv, asf or wmv, MPEG
    program or transport streams, bare AAC, or AMR do.
    """
    starts = (
        b"\x1a\x45\xdf\xa3",
        b"FLV\x01",
        b"\x30\x26\xb2\x75",
        b"\0\0\x01\xba",
        b"#!AMR",
    )
    is_transport_stream = len(head) > 376 and head[0] == head[188] == head[376] == 0x47
    is_bare_aac = head[:1] == b"\xff" and len(head) > 1 and head[1] & 0xF6 == 0xF0
    return (
        head[4:8] in (b"ftyp", b"moov", b"mdat", b"wide")
        or (head[:4] == b"RIFF" and head[8:12] == b"AVI ")
        or head.startswith(starts)
        or is_transport_stream
        or is_bare_aac
    )


def _of_libsndfile(file, wanted_s: float) -> OpenSound:
    """The same for an open `soundfile.SoundFile`."""

    def blocks() -> Iterator[Block]:
        block = max(1, _BLOCK_SAMPLES // file.channels)
        if file.format == "MP3" and wanted_s:
            # What is kept is one block: from the second on, mp3 is rounded in another way.
            block = max(block, math.ceil(min(file.frames, wanted_s * file.samplerate)))
        while True:
            # The number is given each time: GSM and G.721 cannot be read "to the end".
            samples = file.read(block, dtype="float32", always_2d=True)
            if not len(samples):
                return
            yield block_of(samples, axis=1)

    def samples_there(so_far: int) -> int:
        if file.format not in _LENGTH_IS_IN_THE_HEADER or promised <= so_far:
            return max(so_far, promised)
        file.seek(promised - 1)
        return promised if len(file.read(1)) else so_far

    promised = file.frames if file.frames < _LONGEST else 0
    if file.format == "MP3":
        promised = int(_NEARLY_ALL * promised)
    return OpenSound(file.samplerate, file.channels, promised, blocks(), samples_there)


@contextmanager
def _open_film(file: BinaryIO) -> Iterator[OpenSound]:
    """The same for the first sound track of a film."""
    import av

    file.seek(0)
    with av.open(file, options={"format_whitelist": _CONTAINERS}) as film:
        if not film.streams.audio:
            raise NoSoundTrack
        track = film.streams.audio[0]
        seconds = 0.0
        if track.duration and film.format.name not in _LENGTH_IS_A_GUESS:
            seconds = float(track.duration * track.time_base)

        def samples_there(so_far: int) -> int:
            end_s = so_far / track.rate
            for packet in film.demux(track):
                if packet.pts is not None and packet.duration is not None:
                    end_s = max(end_s, float((packet.pts + packet.duration) * track.time_base))
            return int(end_s * track.rate)

        promised = int(_NEARLY_ALL * seconds * track.rate)
        yield OpenSound(
            track.rate, track.channels, promised, _track_blocks(film, track), samples_there
        )


def _track_blocks(film, track) -> Iterator[Block]:
    import av

    as_float = av.AudioResampler(format="fltp")  # converts the format, not the rate
    pieces: list[np.ndarray] = []  # (channels, samples) each
    size = 0
    for frame in film.decode(track):
        for piece in as_float.resample(frame):
            pieces.append(piece.to_ndarray())
            size += pieces[-1].size
        if size >= _BLOCK_SAMPLES:
            yield block_of(np.concatenate(pieces, axis=1), axis=0)
            pieces, size = [], 0
    if pieces:
        yield block_of(np.concatenate(pieces, axis=1), axis=0)
