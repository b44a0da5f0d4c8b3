"""Our own tables come back as they were written, whatever a user calls classes and utterances."""

import numpy as np
import pandas as pd
import pytest
import refusals
from hypothesis import given, settings
from hypothesis import strategies as st

from mcsan_lite.cli.run import _class_tables
from mcsan_lite.evaluation.comparison import gap_test
from mcsan_lite.evaluation.pairing import predictions
from mcsan_lite.experiments.grids import _RESULT_NUMBERS, RESULTS_FOLDER
from mcsan_lite.tables.own import load_table, save_table
from mcsan_lite.tables.predictions import load_predictions, save_predictions

AWKWARD = [
    *("0", "1", "01", "1.0", "1e5", "True", "False", "true", "None", "NA", "nan", "", "null"),
    *("id", "label", "predicted", "p(id)", "true\r", "a\nb", 'a"b', "a,b", " a ", "#", "-inf"),
]
NAMES = st.sampled_from(AWKWARD) | st.text(st.characters(codec="utf-8"), max_size=5)


@settings(max_examples=60, deadline=None, database=None)
@given(
    labels=st.lists(NAMES, min_size=1, max_size=4, unique=True),
    ids=st.lists(NAMES, min_size=1, max_size=6, unique=True),
    numbers=st.randoms(use_true_random=False),
)
def test_any_labels_and_ids_survive(labels, ids, numbers, tmp_path_factory):
    folder = tmp_path_factory.getbasetemp()
    true = np.array([numbers.randrange(len(labels)) for _ in ids])
    prob = np.array([[numbers.random() for _ in labels] for _ in ids])
    save_predictions(folder / "predictions.csv", ids, labels, true, prob)
    found = load_predictions(folder / "predictions.csv")
    assert (found.ids, found.labels) == (ids, labels)
    assert (found.true == true).all() and (found.prob == prob).all()
    assert _class_tables([folder]).count("true ") >= len(labels)
    again = predictions(pd.DataFrame({"folder": [str(folder)]}))
    assert list(again.ids) == sorted(ids)
    assert again.predicted[0].tolist() == [int(prob[ids.index(i)].argmax()) for i in again.ids]


def test_a_table_of_an_older_version_is_read(tmp_path):
    path = tmp_path / "predictions.csv"
    path.write_text("id,true,0,1\n001,0,0.75,0.25\n002,1,0.5,0.5\n", encoding="utf-8")
    found = load_predictions(path)
    assert found.ids == ["001", "002"] and found.labels == ["0", "1"]
    assert found.true.tolist() == [0, 1] and found.predicted.tolist() == [0, 0]


def test_whole_numbers_are_of_64_bits_on_every_machine_and_longer_ones_are_damage(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text(f"n\n{2**63 - 1}\n", encoding="utf-8")
    found = load_table(path, numbers=["n"])
    assert found.n.dtype == "int64" and found.n[0] == 2**63 - 1
    path.write_text(f"n\n{2**63}\n", encoding="utf-8")
    assert "column 'n' of" in refusals.refusal(lambda: load_table(path, numbers=["n"]))


def test_only_declared_columns_hold_numbers(tmp_path):
    table = pd.DataFrame({"split": ["1e23456789", "07"], "n": [1, 2], "x": [0.1 + 0.2, np.nan]})
    save_table(tmp_path / "t.csv", table)
    found = load_table(tmp_path / "t.csv", numbers=("n", "x", "not there"))
    assert found["split"].tolist() == ["1e23456789", "07"] and found.n.dtype == "int64"
    assert found.x[0] == 0.1 + 0.2 and np.isnan(found.x[1])
    assert load_table(tmp_path / "t.csv").x.tolist() == ["0.30000000000000004", ""]


@pytest.mark.parametrize("path", sorted(RESULTS_FOLDER.glob("*-folds.csv")), ids=lambda p: p.stem)
def test_every_number_of_the_shipped_results_is_declared(path):
    guessed = pd.read_csv(path, encoding="utf-8")
    names = [name for name in guessed if pd.api.types.is_numeric_dtype(guessed[name])]
    assert set(names) <= set(_RESULT_NUMBERS)
    found = load_table(path, numbers=_RESULT_NUMBERS)
    for name in names:
        assert found[name].tolist() == pytest.approx(guessed[name].tolist(), nan_ok=True)


@pytest.mark.parametrize(
    "content, crucial",
    [
        (b"", "the empty file"),
        (b"id,true\n", "with the columns id, true"),
        (b"id,true,p(a)\nx,a\n", "line 2"),
        (b"id,true,p(a)\nx,b,1\n", "the class 'b'"),
        (b"id,true,p(a)\nx,a,high\n", "'high'"),
        (b'id,true,p(a)\n"x,a,1\n', "line 2"),
        (b"id,true,p(a),p(a)\nx,a,1,1\n", "twice"),
        (b"id,true,p(\xff)\n", "UTF-8"),
    ],
)
def test_a_damaged_table_is_refused_by_name(content, crucial, tmp_path):
    path = tmp_path / "predictions.csv"
    path.write_bytes(content)
    text = refusals.refusal(lambda: load_predictions(path))
    assert crucial in text and str(path) in text


def results_of(folder, prefix):
    """Two rows on one test part of 40 utterances in 8 dialogues; the ids begin with `prefix`."""
    lines, random = [], np.random.default_rng(0)
    ids = [f"{prefix}{1000 + i}" for i in range(40)]
    true = random.integers(0, 2, 40)
    for name, wrong in (("MCSAN", 0.1), ("w/o text", 0.4)):
        guessed = np.where(np.repeat(random.random(8) < wrong, 5), 1 - true, true)
        home = folder / f"{prefix}{name[:3]}".replace("/", "")
        save_predictions(home / "predictions.csv", ids, ["0", "1"], true, np.eye(2)[guessed])
        line = {"name": name, "model": "mcsan", "corpus": "m", "protocol": "official", "seed": 0}
        line |= {"fold": "official", "split": "s", "n_train": 100, "n_test": 40, "run": name}
        lines.append(line | {"wa": (guessed == true).mean(), "folder": str(home)})
    return pd.DataFrame(lines), {name: f"d{i // 5}" for i, name in enumerate(ids)}


def test_numeric_ids_give_the_same_verdict(tmp_path):
    """As integers they found no dialogue, and every utterance counted as its own cluster."""
    letters, digits = (results_of(tmp_path, prefix) for prefix in ("u", ""))
    expected = gap_test(letters[0], "MCSAN", "w/o text", "wa", letters[1])
    assert gap_test(digits[0], "MCSAN", "w/o text", "wa", digits[1]) == expected
    assert expected.n == 8
