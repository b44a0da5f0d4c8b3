"""Which networks match words with sounds by what they are: the table, and what it says."""

import numpy as np
import pandas as pd
import pytest
import torch

from mcsan_lite.cli import main
from mcsan_lite.datasets.synthetic.generator import make_synthetic
from mcsan_lite.datasets.synthetic.reader import read_synthetic, read_truth
from mcsan_lite.datasets.synthetic.rules import SyntheticConfig
from mcsan_lite.experiments import identity
from mcsan_lite.experiments.corpora import synthetic_config
from mcsan_lite.explain import pointing_tables
from mcsan_lite.explain.maps import AttentionMap, attention_maps
from mcsan_lite.explain.pointing_tables import decisive_row_scores
from mcsan_lite.features.batch import Dims
from mcsan_lite.features.extraction import FeatureConfig, extract
from mcsan_lite.models.baselines.multihop import MultiHop, MultiHopConfig
from mcsan_lite.models.mcsan import MCSAN, MCSANConfig
from mcsan_lite.tables.own import load_table, save_table
from mcsan_lite.training.runner import RunOptions

DIMS = Dims(audio=40, text=50, classes=7)
FEW = {name: identity.CHANGES[name] for name in ("MCSAN", "neither", "neither, w/o cross")}


@pytest.fixture(scope="module")
def options(tmp_path_factory):
    home = tmp_path_factory.mktemp("identity")
    return RunOptions(data=home / "data", runs=home / "runs")


@pytest.fixture(scope="module")
def table(options):
    return identity.identity_table("smoke", changes=FEW, utterances=20, options=options)


def test_a_row_per_change_and_no_map_without_cross_attention(table):
    assert list(table.change) == [*FEW, *identity.RIVALS]
    numbers = table.set_index("change")
    for without in ("neither, w/o cross", "MHA, 1 hop"):  # no word and no summary asks the sound
        assert numbers.loc[without, ["points", "others", "chance"]].isna().all()
    with_map = numbers.loc[["MCSAN", "neither", "MHA"]]
    assert list(with_map.asks) == ["every word", "every word", "one summary"]
    assert with_map[["points", "others", "gap", "chance", "WA"]].notna().all(axis=None)
    assert (with_map["points low"] <= with_map.points).all()
    assert (with_map.points <= with_map["points high"]).all()
    assert set(table.n) == {synthetic_config("smoke", "listed").test} and set(table.seeds) == {1}


def shipped(table, folder, options, monkeypatch):
    """What the loader says of this table, as if the repository shipped it."""
    monkeypatch.setattr(identity, "RESULTS_FOLDER", folder)
    save_table(folder / "identity-synthetic-smoke.csv", table)
    return identity.shipped_identity("smoke", options=options)


def test_a_shipped_table_comes_back_and_says_by_which_code(table, options, tmp_path, monkeypatch):
    found, source = shipped(table, tmp_path, options, monkeypatch)
    pd.testing.assert_frame_equal(found, table, check_dtype=False)
    assert "`mcsan identity --profile smoke" in source and source.endswith("with this code")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda table: table.assign(run="mcsan-00000000"), "code that has changed since"),
        (lambda table: table.drop(columns="run"), "does not say with which code"),
    ],
)
def test_a_table_of_other_code_is_shown_and_named(
    table, options, tmp_path, monkeypatch, change, says
):
    found, source = shipped(change(table), tmp_path, options, monkeypatch)
    assert says in source and len(found) == len(table)


def test_without_its_corpus_the_code_is_not_compared(table, tmp_path, monkeypatch):
    elsewhere = RunOptions(data=tmp_path / "none", runs=tmp_path / "runs")
    _, source = shipped(table, tmp_path, elsewhere, monkeypatch)
    assert "was not compared" in source and not (tmp_path / "none").exists()


def test_what_is_not_shipped_names_the_command(tmp_path, monkeypatch):
    monkeypatch.setattr(identity, "RESULTS_FOLDER", tmp_path)
    found, source = identity.shipped_identity("smoke")
    assert found is None
    assert "not run" in source and "mcsan identity --profile smoke" in source


def test_gaps_are_beside_one_row():
    rows = [("MCSAN", 0.8, 0.77, 0.83), ("a", 0.9, 0.86, 0.94), ("b", 0.5, 0.46, 0.54)]
    gaps = identity.identity_gaps(pd.DataFrame(rows, columns=["change", "WA", "low", "high"]))
    assert list(gaps.index) == ["a", "b"]
    assert tuple(gaps.loc["a"]) == pytest.approx((0.1, 0.05, 0.15))
    assert tuple(gaps.loc["b"]) == pytest.approx((-0.3, -0.35, -0.25))
    rival = pd.DataFrame([*rows, ("MHA", 0.9, 0.8, 1.0)], columns=["change", "WA", "low", "high"])
    assert list(identity.identity_gaps(rival).index) == ["a", "b"]  # a rival changes nothing


def test_every_change_is_a_network_of_its_own(options):
    specs = identity.identity_specs("smoke")
    assert [spec.name for spec in specs] == [*identity.CHANGES, *identity.RIVALS]
    built = [MCSANConfig(**spec.options) for spec in specs if spec.model == "mcsan"]
    assert len(set(built)) == len(built) == len(identity.CHANGES)
    assert [spec.options.get("hops", 2) for spec in specs if spec.model == "multihop"] == [2, 1]
    assert len({spec.train for spec in specs}) == 1


def test_bounds_are_the_ceilings_and_order_alone(options):
    assert 0.7 < identity.unmatched_bound("smoke", options=options) < 1
    bounds = identity.identity_bounds("smoke", options=options)
    assert bounds["both, in order"] == bounds["both, unmatched"] < bounds["both"] == 1
    assert 0 < bounds[identity.ORDER_ALONE] < 1


@pytest.mark.parametrize(
    ("low", "high", "says"),
    [(0.9, 0.95, "recognises sounds"), (0.7, 0.8, "is below 0.860"), (0.8, 0.9, "cannot be told")],
)
def test_the_verdict_follows_the_interval(low, high, says):
    table = pd.DataFrame([{"change": "any", "WA": (low + high) / 2, "low": low, "high": high}])
    (sentence,) = identity.identity_verdicts(table, 0.86)
    assert says in sentence and sentence.startswith("any: WA 0.")


@pytest.mark.parametrize(
    ("points", "others", "says"),
    [
        (0.66, 0.30, "the word's own row shows its sound"),
        (0.66, 0.62, "above chance, but a lead over them is not shown"),
        (0.28, 0.10, "not shown to be above chance"),
    ],
)
def test_a_map_is_read_beside_chance_and_other_words(points, others, says):
    row = {"change": "any", "WA": 0.9, "low": 0.88, "high": 0.92, "chance": 0.26}
    for name, value in (("points", points), ("others", others), ("gap", points - others)):
        row |= {name: value, f"{name} low": value - 0.05, f"{name} high": value + 0.05}
    _, sentence = identity.identity_verdicts(pd.DataFrame([row]), 0.86)
    assert says in sentence and f"points {points:.2f}" in sentence


def test_one_question_is_read_beside_the_sounds_of_other_words():
    row = {"change": "any", "WA": 0.9, "low": 0.88, "high": 0.92, "chance": 0.26}
    for name, value in (("points", 0.66), ("others", 0.1), ("gap", 0.56)):
        row |= {name: value, f"{name} low": value - 0.05, f"{name} high": value + 0.05}
    _, sentence = identity.identity_verdicts(pd.DataFrame([row | {"asks": "one summary"}]), 0.86)
    assert "the sounds of other words 0.10" in sentence
    assert sentence.endswith("the one row shows its sound.")


def test_the_command_trains_what_is_missing_once(options, table, capsys):
    out = options.data / "identity.csv"
    places = ["--data", str(options.data), "--runs", str(options.runs)]
    arguments = ["identity", "--profile", "smoke", "--seeds", "1", "--out", str(out), *places]
    printed = []
    for _ in range(2):
        assert main.main(arguments) == 0
        printed.append(capsys.readouterr())
    first, second = printed
    assert "training" in first.err and "training" not in second.err and first.out == second.out
    assert "both, in order" in first.out and identity.ORDER_ALONE in first.out
    assert list(load_table(out).change) == [*identity.CHANGES, *identity.RIVALS]


@pytest.fixture(scope="module")
def listed(tmp_path_factory):
    home = tmp_path_factory.mktemp("listed")
    config = SyntheticConfig(world="listed", train=12, valid=1, test=1, pairs=8, max_words=4)
    folder = make_synthetic(home, config)
    features, _ = extract(read_synthetic(folder), FeatureConfig(), cache=home / "cache")
    return features, read_truth(folder)


def test_an_oracles_map_points_with_one_row_and_a_flat_one_with_none(listed, monkeypatch):
    features, truth = listed
    model = MCSAN(DIMS, MCSANConfig(hidden=8, heads=2)).eval()
    decided = [one for one in features if truth.sense[one.id] != "none"]
    longer = [one for one in decided if len(one.tokens) > 1]

    def on_the_decisive_sound(rows):
        def maps(model, one):
            known = pointing_tables.decisive_span(truth.loc[one.id])
            steps = -(-len(one.audio) // 9)
            inside = pointing_tables.inside_of(model, steps, known.seconds)
            weights = np.full((2, len(one.tokens), steps), 0.1)
            weights[:, :, 0] = 0.2  # elsewhere, unless a row is told
            for token in range(len(one.tokens)):
                if rows == "all" or (rows == "own" and token == known.token):
                    weights[:, token] = np.where(inside, 1.0, 0.0)
            return {"": AttentionMap("cross.0.text_from_audio", weights, [], [])}

        return maps

    for rows, points, others in (("own", 1, 0), ("all", 1, 1)):
        monkeypatch.setattr(pointing_tables, "attention_maps", on_the_decisive_sound(rows))
        scores = decisive_row_scores(model, features, truth).set_index("id")
        assert len(decided) > len(longer) > 3  # a lonely word is compared with nothing
        assert list(scores.index) == [one.id for one in longer]
        assert set(scores.points) == {points} and set(scores.others) == {others}


def test_a_model_without_a_map_gives_no_row(listed):
    features, truth = listed
    torch.manual_seed(0)
    config = MCSANConfig(hidden=8, heads=2, use_cross=False)
    assert decisive_row_scores(MCSAN(DIMS, config).eval(), features, truth).empty


def test_where_a_summary_asks_its_one_row_is_scored_beside_the_other_words(listed):
    features, truth = listed
    torch.manual_seed(0)
    model = MultiHop(DIMS, MultiHopConfig(hidden=8, stride=3)).eval()
    scores = decisive_row_scores(model, features, truth).set_index("id")
    by_id = {one.id: one for one in features}
    assert len(scores) > 3 and scores.others.gt(0).any()
    for id, row in scores.iterrows():
        weights = attention_maps(model, by_id[id])["hop.2.text_from_audio"].mean[0]  # (A,)
        known = pointing_tables.decisive_span(truth.loc[id])
        said = [truth.times[id][place] for place in truth.transcribed[id]]
        hits = [
            float(pointing_tables.inside_of(model, len(weights), span)[weights.argmax()])
            for _, *span in said
        ]
        assert row.points == hits.pop(known.token)
        assert row.others == pytest.approx(np.mean(hits))
    asks_words_only = MultiHop(DIMS, MultiHopConfig(hidden=8, stride=3, hops=1)).eval()
    assert decisive_row_scores(asks_words_only, features, truth).empty
    assert pointing_tables.asks_once(model, features[0])
    assert not pointing_tables.asks_once(asks_words_only, features[0])
    words_ask = MCSAN(DIMS, MCSANConfig(hidden=8, heads=2)).eval()
    assert not pointing_tables.asks_once(words_ask, features[0])
