"""More and more training speakers: nested folds, one results table, and what it says."""

from dataclasses import replace

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import refusals
from refusals import refused

from mcsan_lite.cli import main
from mcsan_lite.corpus import Corpus, Utterance
from mcsan_lite.datasets.synthetic.generator import make_synthetic
from mcsan_lite.datasets.synthetic.reader import read_synthetic
from mcsan_lite.datasets.synthetic.rules import SyntheticConfig
from mcsan_lite.errors import DataError
from mcsan_lite.experiments import speaker_curve
from mcsan_lite.experiments.speaker_curve import CLASSICAL, SpeakerCurve
from mcsan_lite.features.extraction import FeatureConfig
from mcsan_lite.tables.own import load_table
from mcsan_lite.training.runner import RunOptions
from mcsan_lite.training.spec import Spec


def corpus_of(speakers):
    utterances = [
        Utterance(id=f"{name}{i}", text="", audio=None, label=("sad", "glad")[i % 2], speaker=name)
        for name in speakers
        for i in range(4)
    ]
    return Corpus("made", ("sad", "glad"), tuple(utterances))


def speakers_in(ids):
    return {id[0] for id in ids}


def test_a_smaller_training_part_is_part_of_every_larger_one_and_nobody_is_in_two():
    curve = SpeakerCurve(corpus_of("abcdef"), (1, 2, 4))
    by_count = {count: curve.folds(count) for count in curve.counts}
    assert [speakers_in(fold.test) for fold in by_count[4]] == [{name} for name in "abcdef"]
    for count, folds in by_count.items():
        for fold, largest in zip(folds, by_count[4], strict=True):
            parts = [speakers_in(part) for part in (fold.train, fold.valid, fold.test)]
            assert list(map(len, parts)) == [count, 1, 1] and len(set.union(*parts)) == count + 2
            assert set(fold.train) <= set(largest.train)
            assert (fold.valid, fold.test) == (largest.valid, largest.test)
    drawn = {tuple(sorted(speakers_in(fold.train))) for fold in by_count[2]}
    assert len(drawn) > 1  # not the same two for everyone


def test_the_first_so_many_are_tested():
    curve = SpeakerCurve(corpus_of("abcd"), (2,), first_folds=3)
    assert [speakers_in(fold.test) for fold in curve.folds(2)] == [{"a"}, {"b"}, {"c"}]


@pytest.mark.parametrize(("speakers", "counts"), [("abcd", (3,)), ("abcd", (0,)), ("ab", (1,))])
def test_more_speakers_than_there_are_is_a_refusal(speakers, counts):
    text = refusals.refusal(lambda: SpeakerCurve(corpus_of(speakers), counts))
    assert f"{len(speakers)} speakers" in text and "--speakers" in text


def results_with(gain):
    """Two counts, six tested speakers; `gain` is what the larger count adds."""
    random = np.random.default_rng(0)
    rows = []
    for speakers, added in ((2, 0.0), (8, gain)):
        for fold in range(6):
            wa = 0.4 + added + 0.01 * random.standard_normal()
            row = {"name": "any", "speakers": speakers, "fold": str(fold), "seed": 0, "wa": wa}
            rows.append(row | {"n_test": 60, "n_train": 60 * speakers})
    return pd.DataFrame(rows)


@pytest.mark.parametrize(
    ("gain", "says"),
    [(0.2, "more speakers help (Holm's"), (-0.2, "more speakers hurt (Holm's"), (0.0, "not show")],
)
def test_the_verdict_follows_the_numbers(gain, says):
    table = speaker_curve.curve_table(results_with(gain))
    (sentence,) = speaker_curve.curve_verdicts(table)
    assert says in sentence and "from 2 to 8 training speakers" in sentence
    assert list(table.speakers) == [2, 8] and list(table.n_train) == [120, 480]
    fewest, most = table.to_dict("records")
    assert fewest["gain"] == 0 and np.isclose(most["gain"], most["mean"] - fewest["mean"])
    assert most["gain low"] < most["gain"] < most["gain high"]


def test_a_verdict_is_one_of_several_systems():
    one = results_with(0.01)
    p = speaker_curve.curve_table(one)["gain p"].iloc[1]
    copies = [one.assign(name=f"system {number}") for number in range(3)]
    table = speaker_curve.curve_table(pd.concat(copies))
    table.loc[table["gain p"].notna(), "gain p"] = 0.03  # shown alone, and not as one of three
    assert 0 < p <= 1 and all("not show" in one for one in speaker_curve.curve_verdicts(table))


def test_without_an_interval_none_is_printed():
    one = results_with(0.1)
    table = speaker_curve.curve_table(one[one.fold == "0"])
    (said,) = speaker_curve.curve_verdicts(table)
    assert "nan" not in said and "does not show" in said


def test_a_gain_is_paired_by_the_tested_speaker():
    results = results_with(0.1)
    hard = results.fold.astype(int) * 0.05  # some speakers are harder, with few and with many
    width = [
        np.ptp(speaker_curve.curve_table(one)[["gain low", "gain high"]].iloc[1])
        for one in (results, results.assign(wa=results.wa - hard))
    ]
    assert np.isclose(*width)


def test_a_corpus_without_sound_has_its_trained_rows_and_no_classical_model(tmp_path, monkeypatch):
    vectors = tmp_path / "v.txt"
    vectors.write_text("no 0.5 1.5\nyes 1.0 2.0\n", encoding="utf-8")
    spoken = [
        replace(one, text=("no", "yes yes")[i % 2])
        for i, one in enumerate(corpus_of("abcd").utterances)
    ]
    curve = SpeakerCurve(Corpus("read", ("sad", "glad"), tuple(spoken)), (1, 2))
    trained = pd.DataFrame({"name": "w/o audio", "fold": ["speakers1-0", "speakers2-0"]})
    monkeypatch.setattr(speaker_curve, "run_grid", lambda grid, options: trained)
    spec = Spec("w/o audio", "mcsan", {}, FeatureConfig(vectors=str(vectors)))
    options = RunOptions(data=tmp_path, runs=tmp_path / "runs")
    results = speaker_curve.curve_results(curve, [spec], options)
    assert list(results.name) == ["w/o audio"] * 2 and list(results.speakers) == [1, 2]


@pytest.mark.parametrize("fails", ["draw_speakers", "save_svg"])
def test_what_cannot_be_drawn_leaves_no_half_and_no_open_figure(tmp_path, monkeypatch, fails):
    def refuse(*_):
        raise DataError("a table", "another", "look.")

    monkeypatch.setattr(speaker_curve, fails, refuse)
    table = speaker_curve.curve_table(results_with(0.1))
    before = plt.get_fignums()
    with pytest.raises(DataError):
        speaker_curve.save_curve(tmp_path / "curve.csv", table)
    assert not (tmp_path / "curve.svg").exists() and plt.get_fignums() == before
    assert (tmp_path / "curve.csv").exists() == (fails == "save_svg")


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("curve")


def command(home, *more):
    places = ["--data", str(home / "data"), "--runs", str(home / "runs")]
    return ["speakers", "synthetic", "--profile", "smoke", "--folds", "3", *places, *more]


def test_the_command_trains_what_is_missing_once(home, capsys):
    out = home / "curve.csv"
    printed = []
    for _ in range(2):
        assert main.main(command(home, "--speakers", "4,1", "--out", str(out))) == 0
        printed.append(capsys.readouterr())
    first, second = printed
    assert "training" in first.err and "training" not in second.err and first.out == second.out
    assert out.with_suffix(".svg").read_text(encoding="utf-8").count("<svg ") == 1
    table = load_table(out, numbers=("speakers", "n_train", "mean", "low", "high", "tested"))
    assert set(table.system) == {"w/o text", *CLASSICAL}
    assert set(table.speakers) == {1, 4} and set(table.tested) == {3}
    assert (table.low <= table["mean"]).all() and (table["mean"] <= table.high).all()
    assert first.out.count("from 1 to 4 training speakers") == 3


@pytest.mark.parametrize(
    ("more", "given"),
    [
        (["--speakers", "2,many"], "Given: --speakers '2,many'"),
        (["--out", "curve.svg"], "Given: --out curve.svg"),  # the figure would take its place
        (["--protocol", "kfold10"], "Given: --protocol kfold10 with mcsan speakers"),
    ],
)
def test_what_the_command_refuses(home, capsys, more, given):
    status = main.main(command(home, *more))
    refused((status, *capsys.readouterr()), given)


def test_the_folds_are_of_the_corpus_as_it_is_read(tmp_path):
    config = SyntheticConfig(train=12, valid=4, test=4)
    corpus = read_synthetic(make_synthetic(tmp_path, config))
    count = len({one.speaker for one in corpus.utterances}) - 2
    (fold, *_) = SpeakerCurve(corpus, (count,)).folds(count)
    assert len(fold.train) + len(fold.valid) + len(fold.test) == len(corpus.utterances)
