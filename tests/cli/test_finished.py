"""--finished: a table goes on from the trainings that another machine wrote down."""

import pandas as pd
import pytest

from mcsan_lite.cli import main
from mcsan_lite.datasets.synthetic.rules import SyntheticConfig
from mcsan_lite.errors import DataError
from mcsan_lite.experiments import corpora, grids
from mcsan_lite.experiments.floors import FLOORS
from mcsan_lite.paper import profiles
from mcsan_lite.tables.own import load_table
from mcsan_lite.training.run_folder import load_results

pytestmark = pytest.mark.filterwarnings("ignore:class .* has no utterance here")
ROWS = "MCSAN,w/o audio"


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    tiny = SyntheticConfig(train=84, valid=20, test=36)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(profiles.GRID_SYNTHETIC, "smoke", tiny)
        yield tmp_path_factory.mktemp("finished")


def in_a_new_place(home, place, command, *words):
    """Run a command on the module's corpus with no run of its own; returns the exit status."""
    where = ["--data", f"{home}/data", "--runs", f"{place}/runs"]
    if not words[0].startswith("-"):  # only a table has files
        where += ["--out", str(place)]
    return main.main([command, *words, *where, "--profile", "smoke"])


def trained_below(place):
    """The rows that were trained there, once per training; floors are fitted anew."""
    return [name for name in load_results(place / "runs").name if name not in FLOORS]


@pytest.fixture(scope="module")
def written(home):
    """What another machine wrote down: two rows on two folds each."""
    place = home / "machine"
    assert in_a_new_place(home, place, "run", "table3", "--rows", ROWS) == 0
    return (place / "table3-synthetic-smoke-folds.csv").read_bytes()


@pytest.fixture
def elsewhere(written, tmp_path):
    file = tmp_path / "first-folds.csv"
    file.write_bytes(written)
    return file


def test_a_table_goes_on_from_what_another_machine_finished(elsewhere, home, tmp_path, capsys):
    """Two rows are read from its table, only the third is trained, and all three are shown."""
    rows = ("--rows", f"{ROWS},w/o self")
    assert in_a_new_place(home, tmp_path, "run", "table3", *rows, "--finished", str(elsewhere)) == 0
    said = capsys.readouterr().out
    assert "4 trainings of these rows by this very code" in said and "2 trainings, about" in said
    assert trained_below(tmp_path) == ["w/o self"] * 2
    known = load_table(elsewhere)
    together = load_table(tmp_path / "table3-synthetic-smoke-folds.csv")
    assert list(together.name) == [*known.name, "w/o self", "w/o self"]
    assert together.run.nunique() == 3
    pd.testing.assert_series_equal(together.wa[:4], known.wa)


def test_a_finished_table_is_shown_without_any_run(elsewhere, home, tmp_path):
    assert in_a_new_place(home, tmp_path, "table", "table3", "--finished", str(elsewhere)) == 0
    shown = tmp_path / "table3-synthetic-smoke-folds.csv"
    pd.testing.assert_frame_equal(load_table(shown), load_table(elsewhere))


def test_only_the_folds_that_are_asked_for_count(elsewhere, home, tmp_path):
    words = ("--rows", "MCSAN", "--folds", "1", "--finished", str(elsewhere))
    assert in_a_new_place(home, tmp_path, "run", "table3", *words) == 0
    shown = load_table(tmp_path / "table3-synthetic-smoke-folds.csv")
    assert list(shown.fold) == ["kfold10-0"] and not trained_below(tmp_path)


def test_what_other_code_finished_does_not_count(elsewhere, home, tmp_path, capsys):
    other_code = elsewhere.read_text(encoding="utf-8").replace(",mcsan-", ",mcsan-0")
    elsewhere.write_text(other_code, encoding="utf-8")
    words = ("--rows", "MCSAN", "--estimate", "--finished", str(elsewhere))
    assert in_a_new_place(home, tmp_path, "run", "table3", *words) == 0
    said = capsys.readouterr().out
    assert "0 trainings of these rows" in said and "2 trainings, about" in said


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("run", "--finished", "first-folds.csv"), "--finished without a table"),
        (("table", "--finished", "first-folds.csv"), "--finished without a table"),
        (("run", "--finished", "first-folds.csv"), "mcsan run table3 --finished"),
        (("table", "--finished", "first-folds.csv"), "mcsan table table3 --finished"),
        (("run", "fusion", "--finished", "first-folds.csv"), "with fusion"),
        (("run", "table3", "--finished", "nowhere.csv"), "nowhere.csv"),
        (("table", "table3", "--finished", "scores.csv"), "without the columns run, fold, seed"),
    ],
)
def test_what_cannot_be_gone_on_from(
    words, expected, home, elsewhere, tmp_path, capsys, monkeypatch
):
    (tmp_path / "scores.csv").write_text("row,wa\nMCSAN,0.9\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert in_a_new_place(home, tmp_path, *words) == 2
    said = capsys.readouterr().err
    assert expected in said and "Expected: " in said and "Do: " in said


def test_a_single_test_part_needs_predictions_not_scores(elsewhere, home):
    corpus = corpora.grid_corpus("smoke", data=home / "data")
    grid = grids.table_grid("table3", corpus, "smoke", protocol="official", rows=["MCSAN"])
    with pytest.raises(DataError, match="single test part"):
        grids.finished_elsewhere(grid, elsewhere)
