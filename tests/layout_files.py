"""What the tests of the simulated IEMOCAP and MELD share."""

import wave

from mcsan_lite.datasets.synthetic.rules import NEGATIVE, POSITIVE

EVALUATIVE = {
    pair[0]: sense
    for sense, pairs in (("negative", NEGATIVE), ("positive", POSITIVE))
    for pair in pairs
}


def shown(folder, pattern):
    """Files that are not hidden."""
    return sorted(p for p in folder.glob(pattern) if not p.name.startswith("."))


def bytes_below(folder):
    return {
        p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()
    }


def seconds(clip):
    with wave.open(str(clip)) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, 16_000)
        return file.getnframes() / 16_000
