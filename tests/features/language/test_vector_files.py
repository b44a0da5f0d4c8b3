"""Files that people give as word vectors: those that are read, and those that are named."""

import gzip
import io
import pickle
import tarfile
import zipfile

import numpy as np
import pytest
from gensim.models import KeyedVectors
from refusals import refusal

from mcsan_lite.features.words import embed, load_vectors

TABLE = {"kettle": [0.5, -1.0, 2.0], "sings": [1.5, 3.0, -2.5], "<unk>": [0.25, 0.5, 1.0]}
TEXT = "".join(f"{word} {' '.join(map(str, row))}\n" for word, row in TABLE.items())


def binary(path):
    table = KeyedVectors(3)
    table.add_vectors(list(TABLE), np.array(list(TABLE.values()), np.float32))
    table.save_word2vec_format(str(path), binary=True)
    return path.read_bytes()


def zipped():
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr("glove.txt", TEXT)
    return held.getvalue()


def tarred():
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("glove.txt"))
    return held.getvalue()


class Bomb:
    """What a pickle can do when it is opened."""

    def __reduce__(self):
        return pytest.fail, ("unpickled",)


READ = {
    "tabs": TEXT.replace(" ", "\t").encode(),
    "a tab after the word": TEXT.replace(" ", "\t", 1).encode(),
    "tabs and a header": b"3\t3\n" + TEXT.replace(" ", "\t").encode(),
    "a byte-order mark": TEXT.encode("utf-8-sig"),
    "line ends of Windows": TEXT.replace("\n", "\r\n").encode(),
    "gzip without its ending": gzip.compress(TEXT.encode()),
    "a word of markup first": "".join(reversed(TEXT.splitlines(True))).encode(),
}


@pytest.mark.parametrize("content", READ.values(), ids=READ)
def test_what_people_have_is_read(tmp_path, content):
    path = tmp_path / "v.txt"
    path.write_bytes(content)
    found = load_vectors(str(path))
    assert set(found.index_to_key) == set(TABLE)
    for word, row in TABLE.items():
        np.testing.assert_array_equal(found[word], np.float32(row))


@pytest.mark.parametrize("name", ["v.txt", "v", "v.vec.gz"])
def test_a_binary_is_seen_whatever_it_is_called(tmp_path, name):
    content = binary(tmp_path / "w.bin")
    path = tmp_path / name
    path.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    np.testing.assert_array_equal(load_vectors(str(path))["sings"], np.float32(TABLE["sings"]))
    path = tmp_path / "w.txt"
    path.write_bytes(gzip.compress(content))
    assert "a name that says so" in refusal(lambda: load_vectors(str(path)))


NAMED = {
    "a zip archive": zipped(),
    "a tar archive": tarred(),
    "a git-lfs pointer": b"version https://git-lfs.github.com/spec/v1\noid sha256:aa\nsize 72862\n",
    "a pickle, such as gensim's own format": pickle.dumps(Bomb()),
    "fastText's own format": b"\xba\x16\x4f\x2f\x0c\0\0\0",
    "a text in UTF-16": TEXT.encode("utf-16"),
    "a web page": b"\n<!DOCTYPE html><html>",
    "numbers with commas or semicolons": TEXT.replace(" ", ",").encode(),
    "an xz archive": b"\xfd7zXZ\0",
}


@pytest.mark.parametrize("packed", [False, True], ids=["as it is", "in gzip"])
@pytest.mark.parametrize("what", NAMED)
@pytest.mark.parametrize("name", ["v.txt", "v.kv", "v.bin"])
def test_another_format_is_named_and_never_opened(tmp_path, what, packed, name):
    path = tmp_path / name
    path.write_bytes(gzip.compress(NAMED[what]) if packed else NAMED[what])
    assert f"{path}: {what}" in refusal(lambda: load_vectors(str(path)))


def test_numbers_that_are_not_finite_are_refused(tmp_path):
    path = tmp_path / "v.txt"
    for bad in ("nan", "inf", "1e60"):
        path.write_text(TEXT.replace("1.5", bad), encoding="utf-8")
        said = refusal(lambda: embed(["kettle", "sings"], str(path), "zero", tmp_path / "cache"))
        assert "'sings' has a number that is not finite" in said
        embed(["kettle"], str(path), "zero", tmp_path / "cache")
