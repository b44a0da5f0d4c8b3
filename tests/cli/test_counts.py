"""Options that count something take a whole number from 1 on, seeds one from 0 on, and a learning
rate a number above 0. They refuse all else.
"""

import argparse

import pytest

from mcsan_lite.cli import main, paper, run
from mcsan_lite.cli.borders.advice import commands_of
from mcsan_lite.cli.borders.numbers import count, positive, seed
from mcsan_lite.cli.data import _KNOBS
from mcsan_lite.errors import DataError
from mcsan_lite.training import runner

COUNTS = ("--jobs", "--folds", "--seeds", "--utterances", "--classes")
# `SyntheticConfig` checks these itself.
KNOBS = {f"--{name}" for name, kind, _ in _KNOBS if kind is int}


def options_of(parser):
    return {name: action for action in parser._actions for name in action.option_strings}


ASKED = sorted(
    {
        (parser.prog, option)
        for parser in commands_of(main.parser())
        for option in COUNTS
        if option in options_of(parser)
    }
)


@pytest.mark.parametrize("typed", ["0", "-1", "x"])
@pytest.mark.parametrize(("prog", "option"), ASKED, ids=" ".join)
def test_what_is_no_count_is_refused_in_three_parts(prog, option, typed, capsys):
    with pytest.raises(SystemExit) as stop:
        main.parser().parse_args([*prog.split()[1:], f"{option}={typed}"])
    said = capsys.readouterr().err
    assert stop.value.code == 2 and f"argument {option}" in said
    assert f"Given: '{typed}'" in said and "Expected: " in said and "Do: " in said


def test_every_whole_number_is_a_count_a_seed_or_a_knob():
    found = {
        (name, action.type)
        for parser in commands_of(main.parser())
        for name, action in options_of(parser).items()
        if action.type in (int, count, seed)
    }
    assert {name for name, kind in found if kind is count} == set(COUNTS)
    assert {name for name, kind in found if kind is int} == KNOBS
    assert {name for name, kind in found if kind is seed} == {"--seed"}
    assert len(ASKED) > 25


def test_a_count():
    assert count("1") == 1 and count("300") == 300
    for typed in ("", "1.5", "9" * 5000):
        with pytest.raises(argparse.ArgumentTypeError, match="Given: "):
            count(typed)


@pytest.mark.parametrize("typed", ["0", "-1e-3", "nan", "inf", "x", ""])
def test_what_is_no_learning_rate_is_refused_in_three_parts(typed, capsys):
    with pytest.raises(SystemExit) as stop:
        main.parser().parse_args(["run", "table3", f"--learning-rate={typed}"])
    said = capsys.readouterr().err
    assert stop.value.code == 2 and "argument --learning-rate" in said
    assert (
        f"Given: '{typed}'" in said
        and "Expected: a finite number above 0" in said
        and "Do: " in said
    )


def test_a_learning_rate():
    assert positive("1e-3") == 0.001 and positive("2") == 2.0


def test_a_number_that_is_given_is_never_the_default(monkeypatch):
    """Not even 0, should a caller bring one past the parser."""
    asked = {}

    class Reached(Exception):
        pass

    def grid(request, seeds=(0,), first_folds=None):
        asked["table"] = (list(seeds), first_folds)
        raise Reached

    def experiment(specs, corpus, *, seeds, **how):
        asked["run"] = list(seeds)
        raise Reached

    monkeypatch.setattr(paper, "_requested_grid", grid)
    monkeypatch.setattr(runner, "run_experiment", experiment)
    monkeypatch.setattr(run, "requested_corpus", lambda request: None)
    monkeypatch.setattr(run, "table3_rows", lambda *_: [])
    monkeypatch.setattr(run, "report_known_words", lambda *_, **__: None)
    for words in (["run", "table3"], ["run"]):
        args = main.parser().parse_args([*words, "--profile", "smoke"])
        args.seeds = args.folds = 0
        with pytest.raises(Reached):
            args.command(args)
    assert asked == {"table": ([], 0), "run": []}


def test_a_wrong_number_of_classes_is_not_ignored():
    args = main.parser().parse_args(["split", "iemocap", "--root", "nowhere", "--classes", "5"])
    with pytest.raises(DataError, match="5 classes of IEMOCAP"):
        args.command(args)


def test_a_seed():
    assert seed("0") == 0 and seed("7") == 7
    for typed in ("-1", "", "x"):
        with pytest.raises(argparse.ArgumentTypeError, match="Expected: a whole number, 0 or more"):
            seed(typed)


@pytest.mark.parametrize("command", [["run"], ["run", "table1"], ["run", "table3"]], ids=" ".join)
def test_rows_without_a_name_are_refused(command, tmp_path, capsys):
    places = ["--profile", "smoke", "--data", str(tmp_path / "data"), "--runs", str(tmp_path)]
    assert main.main([*command, "--rows", "", *places]) == 2
    said = capsys.readouterr().err
    assert "Given: row ''" in said and "Expected: one of" in said and "Do: " in said
