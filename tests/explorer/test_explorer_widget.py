"""The widget answers what a page sends, without a page."""

import builtins
import importlib
import io
import json
import pickle
import sys

import pytest
import soundfile
from refusals import refusal
from sounds import RATE, tone

import mcsan_lite as mc
from mcsan_lite.corpus import Corpus, Utterance
from mcsan_lite.datasets.synthetic.start.clips import start_clips
from mcsan_lite.explorer.refusals import ExplorerRefusal

SAID = "she said week and pain or flour with the sole"


@pytest.fixture
def explorer(tmp_path):
    """An explorer that keeps what it sends."""
    made = mc.Explorer(["matching-seed0"], cache=tmp_path)
    made.sent = []
    made.send = lambda content, buffers=None: made.sent.append(content)
    return made


def wav():
    file = io.BytesIO()
    soundfile.write(file, tone(1.0), RATE, format="WAV")
    return file.getvalue()


def test_it_opens_with_an_answer(explorer):
    assert explorer.answer["state"]["text"] == SAID
    assert explorer.choices["models"] == ["matching-seed0"]
    assert explorer.choices["utterances"] == ["clip1", "clip2", "clip3", "clip4"]
    assert explorer.choices["seconds"] == 10
    synced = explorer.get_state()
    assert {"_esm", "texts", "choices", "answer"} <= set(synced)
    assert len(json.dumps(synced["answer"])) < 60_000


def test_a_question_is_answered_under_its_number(explorer):
    state = explorer.answer["state"] | {"text": SAID.replace("pain", "pane")}
    explorer._receive(explorer, {"kind": "ask", "number": "7", "state": state}, [])
    (answer,) = explorer.sent
    assert (answer["number"], answer["rule"]) == ("7", "neutral")
    assert explorer.answer["rule"] != "neutral"  # two views of a widget do not fight


def test_a_recording_becomes_an_utterance(explorer):
    content = {"kind": "hear", "number": "1", "name": "", "state": explorer.answer["state"]}
    for number in (1, 2):
        explorer._receive(explorer, content, [memoryview(wav())])
        answer = explorer.sent[-1]
        name = f"recording {number}"
        assert answer["state"]["utterance"] == name
        assert answer["choices"]["texts"][name] == SAID
        assert answer["lens"]["seconds"] == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("state", "sound", "given"),
    [({}, b"no sound", "cannot be read"), ({"semitones": 99}, b"", "99 semitones")],
)
def test_what_cannot_be_is_refused_in_three_parts(explorer, state, sound, given):
    state = explorer.answer["state"] | state
    content = {"kind": "hear", "number": "3", "name": "x.txt", "state": state}
    explorer._receive(explorer, content, [sound])
    (answer,) = explorer.sent
    assert given in answer["refusal"]["given"]
    assert answer["refusal"]["expected"] and answer["refusal"]["do"]
    assert "x.txt" not in explorer.core.sounds


def test_in_german_it_speaks_and_refuses_in_german(tmp_path):
    made = mc.Explorer(["matching-seed0"], language="de", cache=tmp_path)
    made.sent = []
    made.send = lambda content, buffers=None: made.sent.append(content)
    assert made.texts["page"]["language"] == "de"
    state = made.answer["state"]
    content = {"kind": "ask", "number": "1", "state": state | {"text": "a" * 6_000}}
    made._receive(made, content, [])
    content = {"kind": "hear", "number": "2", "name": "x.txt", "state": state}
    made._receive(made, content, [b"no sound"])
    made._receive(made, {"kind": "ask", "number": "3", "state": state | {"semitones": 99}}, [])
    long, unreadable, other = [answer["refusal"] for answer in made.sent]
    assert long["given"] == "ein Transkript mit 6000 Buchstaben"
    assert "auf Englisch: " in unreadable["given"] and "cannot be read" in unreadable["given"]
    assert unreadable["do"].startswith("Nimm noch einmal auf")
    assert "99 semitones" in other["given"] and "auf Englisch" in other["given"]


def test_an_unknown_language_is_refused(tmp_path):
    said = refusal(lambda: mc.Explorer(["matching-seed0"], language="fr", cache=tmp_path))
    assert "language 'fr'" in said and "'de', 'en'" in said


def test_a_refusal_crosses_a_process():
    error = pickle.loads(pickle.dumps(ExplorerRefusal("letters", letters=6_000, most=5_000)))
    assert error.given == "a transcript of 6000 letters" and error.key == "letters"


def test_a_script_can_set_it(explorer):
    answer = explorer.ask(text=SAID.replace("pain", "pane"), muted=True)
    assert explorer.answer is answer
    assert answer["state"]["muted"] and "pane" in answer["state"]["text"]
    assert explorer.ask(muted=False)["rule"] == "neutral"
    assert "one of" in refusal(lambda: explorer.ask(utterance="clip9"))


def test_a_corpus_of_your_own(tmp_path):
    clip = start_clips()[2]
    corpus = Corpus("mine", ("joy",), (Utterance("a", clip.audio, clip.text, "joy"),))
    explorer = mc.Explorer(["matching-seed0"], corpus, cache=tmp_path)
    assert explorer.choices["utterances"] == ["a"]
    assert explorer.answer["rule"] == "joy"


def test_without_anywidget_it_says_what_to_install(monkeypatch):
    real = builtins.__import__

    def without(name, *more, **others):
        if name == "anywidget":
            raise ModuleNotFoundError("no", name=name)
        return real(name, *more, **others)

    monkeypatch.setattr(builtins, "__import__", without)
    monkeypatch.delitem(sys.modules, "mcsan_lite.explorer.widget")
    said = refusal(lambda: importlib.import_module("mcsan_lite.explorer.widget"))
    assert "pip install anywidget" in said and "mcsan explore" in said
