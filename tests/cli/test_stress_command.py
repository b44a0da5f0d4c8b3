"""mcsan stress: curves of shipped and own runs, files, and refusals in three parts."""

import csv

import pytest
from refusals import refused
from soundfile import write
from sounds import RATE, tone

FEW = ("--utterances", "8", "--stresses", "gain,no sound,words misheard,conflict")


def test_the_models_of_the_course_under_stress(mcsan, home):
    status, out, err = mcsan("stress", *FEW, "--out", f"{home}/new/stress")
    assert status == 0
    assert "MCSAN, nothing changed: WA" in out and "in conflict" in out and "stress 8/8" in err
    page = (home / "new" / "stress.md").read_text(encoding="utf-8")
    assert "Words against voice" in page and "-24 dB" in page
    with open(home / "new" / "stress.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 3 * 8 and {row["n"] for row in rows} == {"8"}
    assert {row["trainings"] for row in rows if row["model"] == "uniform"} == {"3"}


def test_jobs_change_no_number(mcsan, home):
    words = ("stress", "--utterances", "8", "--stresses", "white noise,words dropped")
    _, one, _ = mcsan(*words)
    _, two, _ = mcsan(*words, "--jobs", "2")
    assert one == two and "white noise" in one


def test_a_run_of_your_own_is_tested_on_its_own_test_part(mcsan, fold):
    status, out, _ = mcsan("stress", "--run", str(fold), "--utterances", "99", *FEW[2:])
    assert status == 0 and "n 30, trainings 1" in out


def test_a_manifest_without_sound(mcsan, home, fold):
    texts = home / "texts.csv"
    labels = ("frustration", "neutral", "anger", "sadness", "excitement", "happiness", "surprise")
    lines = [f"{i},,so the pain and sun,{labels[i % 7]},test" for i in range(14)]
    texts.write_text("\n".join(["id,audio,text,label,split", *lines]), encoding="utf-8")
    checkpoint = str(fold / "model.safetensors")
    words = ("stress", "--run", checkpoint, "--corpus", "manifest", "--root", str(texts))
    refused(mcsan(*words, "--stresses", "gain"), "has no sound", "--stresses")
    status, out, _ = mcsan(*words, "--stresses", "words dropped", "--utterances", "8")
    assert status == 0 and "n 8" in out


@pytest.mark.parametrize(
    ("words", "crucial"),
    [
        (("--stresses", "white noize"), "did you mean 'white noise'?"),
        (("--run", "runs/nothing"), "no model at"),
        (("--corpus", "meld"), "name it: --run FOLDER"),
        (("--world", "listed"), "one of 'matching', 'leaking'"),
        (("--utterances", "1"), "at least 2"),
    ],
)
def test_refusals(mcsan, words, crucial):
    refused(mcsan("stress", *words), crucial)


def test_a_corpus_of_other_classes_is_refused(mcsan, home, fold):
    clip = home / "clip.wav"
    write(clip, tone(), RATE)
    other = home / "other.csv"
    other.write_text("id,audio,text,label,split\na,clip.wav,so,calm,test\nb,clip.wav,so,mad,test\n")
    words = ("--run", str(fold / "model.safetensors"), "--corpus", "manifest", "--root", str(other))
    refused(mcsan("stress", *words), "knows the classes", "calm")
