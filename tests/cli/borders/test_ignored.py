"""An option that would do nothing is refused, with the command in which it would do something."""

import shlex

import pytest
from refusals import refused

from mcsan_lite.cli import main, paper
from mcsan_lite.cli.borders import ignored
from mcsan_lite.datasets.iemocap import simulate as iemocap_simulate
from mcsan_lite.datasets.meld import simulate as meld_simulate
from mcsan_lite.errors import DataError
from mcsan_lite.experiments import corpora

# What would open or generate a corpus.
WORK = (
    (corpora, "open_corpus"),
    (corpora, "synthetic_folder"),
    (corpora, "grid_corpus"),
    (iemocap_simulate, "write_iemocap"),
    (meld_simulate, "write_meld"),
)


@pytest.mark.parametrize(
    ("words", "crucial"),
    [
        ("run --estimate", "--estimate without a table"),
        ("run --world leaking", "mcsan run table3 --world"),
        ("run --finished a-folds.csv", "--finished without a table"),
        ("run --out here", "--out without a table"),
        ("run table3 --per-class", "--per-class with table3"),
        ("table --world listed", "--world without a table"),
        ("table --rows MCSAN", "mcsan table table3 --rows"),
        ("table --folds 2", "--folds without a table"),
        ("table --protocol speaker", "--protocol without a table"),
        ("table --corpus meld", "--corpus without a table"),
        ("table --vectors v.txt", "--vectors without a table"),
        ("table --skip-bad", "--skip-bad without a table"),
        ("table --out here", "--out without a table"),
        ("ledger equations --corpus meld", "--corpus with equations"),
        ("ledger equations --rows MCSAN", "--rows with equations"),
        ("ledger claims --rows MCSAN", "--rows without --corpus"),
        ("ledger ambiguities --root here", "--corpus NAME --root"),
        ("stress --run r --world leaking", "--world with --run"),
        ("stress --skip-bad", "--skip-bad without --run"),
        ("stress --video faces", "--video without --run"),
        ("calibrate --run r --root here", "--root without --corpus"),
        ("calibrate --run r --classes 4", "--classes without --corpus"),
        ("attend --run r --audio a.wav --text so --id test_000003", "--id without --corpus"),
        ("attend --run r --audio a.wav --text so --root here", "--root without --corpus"),
        ("explore --root here", "--root without --corpus"),
        ("floors meld --root here --classes 4", "--classes with the corpus 'meld'"),
        ("split ravdess --root here --defects drop", "--defects with the corpus 'ravdess'"),
        ("data synthetic --layout meld --train 9", "--train with --layout meld"),
        ("data synthetic --layout iemocap --seed 1", "--seed with --layout iemocap"),
        ("data synthetic --layout iemocap --held-out-pairs 4", "--held-out-pairs with --layout"),
        ("data synthetic --layout meld --scene-leak 0.5", "without --layout iemocap"),
        ("data synthetic --scene-leak 0.5", "mcsan data synthetic --layout iemocap --scene-leak"),
    ],
)
def test_it_is_refused_and_nothing_is_done(words, crucial, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for module, name in WORK:
        monkeypatch.setattr(module, name, lambda *_, **__: pytest.fail("the command went on"))
    status = main.main(shlex.split(words))
    refused((status, *capsys.readouterr()), crucial)
    assert list(tmp_path.iterdir()) == []


def parsed(words):
    return main.parser().parse_args(shlex.split(words))


@pytest.mark.parametrize(
    ("check", "words"),
    [
        (ignored.refuse_for_run, "run table3 --estimate --world listed --out here --folds 2"),
        (
            ignored.refuse_for_run,
            "run --corpus meld --root here --rows MCSAN --per-class --seeds 3",
        ),
        (ignored.refuse_for_table, "table table3 --corpus meld --rows MCSAN --folds 2 --out here"),
        (
            ignored.refuse_for_table,
            "table --runs r --data d --profile smoke --jobs 2 --html a.html",
        ),
        (ignored.refuse_for_ledger, "ledger claims --corpus synthetic --rows MCSAN"),
        (ignored.refuse_for_ledger, "ledger equations --profile smoke --data d --runs r"),
        (ignored.refuse_for_stress, "stress --run r --corpus meld --root here --skip-bad"),
        (ignored.refuse_for_stress, "stress --world leaking --vectors v.txt --seed 1"),
        (ignored.refuse_without_corpus, "calibrate --run r --corpus meld --root here"),
        (ignored.refuse_without_corpus, "calibrate --run r --data d --jobs 2 --figure a.png"),
    ],
)
def test_what_is_read_is_taken(check, words):
    check(parsed(words))


@pytest.mark.parametrize(
    "words", ["--layout iemocap --scene-leak 0.5 --jobs 2", "--layout meld", "--train 9 --seed 0"]
)
def test_what_a_layout_reads_is_taken(words):
    ignored.refuse_for_layout(parsed(f"data synthetic {words}"), ("train", "seed"))


def test_the_value_that_is_the_default_is_no_wish():
    ignored.refuse_for_table(parsed("table --corpus synthetic --world matching"))
    with pytest.raises(DataError, match="--seed with --layout"):
        ignored.refuse_for_layout(parsed("data synthetic --layout meld --seed 0"), ("seed",))


def test_the_options_of_a_table_still_reach_it(monkeypatch):
    asked = []
    monkeypatch.setattr(paper, "run_table", lambda args: asked.append(args.out) or 0)
    assert main.main(["run", "table3", "--out", "here", "--estimate"]) == 0 and asked == ["here"]
