"""`mcsan explore` on a corpus: it is opened once, and shown as far as the first model hears it."""

from dataclasses import replace

import pytest

from mcsan_lite.cli import main
from mcsan_lite.corpus import Corpus, Utterance
from mcsan_lite.datasets.synthetic.start.clips import start_clips
from mcsan_lite.experiments import corpora
from mcsan_lite.explorer import core as core_module
from mcsan_lite.explorer import twin

MODEL = "matching-seed0"


@pytest.fixture
def clips(monkeypatch):
    """The four clips as a corpus of somebody's own -> how often it was opened."""
    opened = []
    utterances = tuple(
        Utterance(f"u{i}", clip.audio, clip.text, "glad", words=clip.words)
        for i, clip in enumerate(start_clips())
    )

    def open_corpus(name, **_):
        opened.append(name)
        return Corpus("own", ("glad",), utterances)

    monkeypatch.setattr(corpora, "open_corpus", open_corpus)
    return opened


@pytest.fixture
def shown(monkeypatch):
    """What would stand on the page: {id: seconds}, in order."""
    found = {}

    def page(core, **_):
        found.update(
            {name: len(one.signal) / core.sample_rate for name, one in core.sounds.items()}
        )
        return "page"

    monkeypatch.setattr(twin, "explorer_page", page)
    return found


def explored(tmp_path, *ids):
    words = ["explore", "-o", str(tmp_path / "a.html"), "--models", MODEL, "--data", str(tmp_path)]
    return main.main([*words, "--corpus", "manifest", "--ids", *ids])


def test_the_corpus_is_opened_once_and_its_order_is_yours(tmp_path, clips, shown):
    assert explored(tmp_path, "u2", "u0", "u3") == 0
    assert clips == ["manifest"] and list(shown) == ["u2", "u0", "u3"]
    assert min(shown.values()) > 1


def test_a_model_that_hears_less_shows_less(tmp_path, clips, shown, monkeypatch):
    run = core_module.explorer_models([MODEL])[MODEL]
    short = replace(run, features=replace(run.features, max_frames=50))
    monkeypatch.setattr(core_module, "explorer_models", lambda _: {MODEL: short})
    assert explored(tmp_path, "u0", "u1") == 0
    assert list(shown.values()) == pytest.approx([0.5, 0.5], abs=0.02)


def test_an_id_that_is_not_there_is_refused_before_any_sound(tmp_path, clips, shown, capsys):
    assert explored(tmp_path, "u0", "u9") == 2
    assert "utterance 'u9'" in capsys.readouterr().err and not shown
