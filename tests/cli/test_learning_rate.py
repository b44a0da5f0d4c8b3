"""--learning-rate: trainings and files of their own, in every command that trains or finds them."""

import json

import pytest

from mcsan_lite.cli import main
from mcsan_lite.cli.options import RowRequest, with_training
from mcsan_lite.datasets.synthetic.rules import SyntheticConfig
from mcsan_lite.experiments import grids
from mcsan_lite.paper import profiles, table_rows
from mcsan_lite.tables.own import load_table

pytestmark = pytest.mark.filterwarnings("ignore:class .* has no utterance here")
HERE = ("table3", "--rows", "MCSAN", "--folds", "1")


@pytest.fixture
def mcsan(tmp_path, capsys, monkeypatch):
    tiny = SyntheticConfig(train=84, valid=20, test=36)
    monkeypatch.setitem(profiles.GRID_SYNTHETIC, "smoke", tiny)
    places = ("--profile", "smoke", "--data", f"{tmp_path}/data", "--runs", f"{tmp_path}/runs")

    def run(*words):
        status = main.main([*words, *places])
        return status, capsys.readouterr().out

    return run


def test_a_table_at_another_learning_rate_has_trainings_and_files_of_its_own(mcsan, tmp_path):
    assert mcsan("run", *HERE)[0] == 0
    status, said = mcsan("run", *HERE, "--learning-rate", "0.004")
    assert status == 0 and "1 trainings, about" in said  # the one at hand is another
    tables = tmp_path / "runs" / "tables"
    usual = load_table(tables / "table3-synthetic-smoke-folds.csv")
    own = load_table(tables / "table3-synthetic-smoke-learning-rate-0.004-folds.csv")
    (run,) = {*own[own.name == "MCSAN"].run} - {*usual.run}
    spec = json.loads((tmp_path / "runs" / run / "spec.json").read_text(encoding="utf-8"))
    assert spec["train"]["learning_rate"] == 0.004
    status, said = mcsan("table", *HERE, "--learning-rate", "0.004")
    assert status == 0 and "learning-rate-0.004" in said
    assert mcsan("table", *HERE, "--learning-rate", "0.005")[0] == 2  # nothing was trained at it


def test_rivals_get_it_too():
    asked = RowRequest(learning_rate=0.004, precision="bfloat16")
    specs = table_rows.rival_specs("table1", "smoke")
    trained = with_training(specs, asked)
    assert {spec.train.learning_rate for spec in trained} == {0.004}
    assert {spec.train.precision for spec in trained} == {"bfloat16"}
    assert [spec.train.clip for spec in trained] == [spec.train.clip for spec in specs]
    assert with_training(specs, RowRequest()) == specs


def test_the_shipped_table_has_the_name_that_the_command_gives_it():
    (part,) = RowRequest(learning_rate=1e-3).in_file_name()
    shipped = grids.shipped_file("table3", "full", learning_rate=0.001)
    assert shipped.name == f"table3-synthetic-full-{part}-folds.csv"
    assert part == "learning-rate-0.001"


@pytest.mark.parametrize("command", ["split", "floors"])
@pytest.mark.parametrize("option", ["--learning-rate=0.1", "--precision=bfloat16"])
def test_what_trains_no_network_takes_no_learning_rate(command, option, capsys):
    with pytest.raises(SystemExit) as stop:
        main.parser().parse_args([command, "synthetic", option])
    assert stop.value.code == 2 and option in capsys.readouterr().err


def test_where_nothing_is_asked_the_rows_keep_their_own():
    for words in (["split", "synthetic"], ["run", "table3"]):
        assert RowRequest.from_args(main.parser().parse_args(words)).training == {}
