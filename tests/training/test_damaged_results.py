"""A damaged metrics.json is named, and its fold counts as unfinished."""

import json

import numpy as np
import pytest
from refusals import refusal

from mcsan_lite.training.run_folder import load_results
from mcsan_lite.training.saved.result import finished_folds, read_result, result_is_there

RESULT = {
    "name": "MCSAN",
    "model": "mcsan",
    "corpus": "noise",
    "protocol": "official",
    "fold": "official",
    "split": "8a89a9be96",
    "seed": 0,
    "n_train": 12,
    "n_test": 4,
    "wa": 0.75,
    "ua": 0.7,
    "weighted_f1": 0.7,
    "macro_f1": 0.7,
    "best_epoch": 2,
    "seconds": 1.5,
    "device": "cpu",
    "note of later versions": None,
}


def write(folder, text):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "metrics.json").write_text(text, encoding="utf-8")
    return folder / "metrics.json"


@pytest.fixture
def runs(tmp_path):
    for number in range(2):
        write(tmp_path / "mcsan-1" / f"official-seed{number}", json.dumps(RESULT))
    return tmp_path


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\0" * 400,
        "{",
        "[]",
        "null",
        "{}",
        "[" * 100_000,
        json.dumps({**RESULT, "wa": "0.75"}),
        json.dumps({**RESULT, "wa": float("nan")}),
        json.dumps({**RESULT, "wa": 75}),
        json.dumps({**RESULT, "wa": True}),
        json.dumps({**RESULT, "seed": 0.5}),
        json.dumps({**RESULT, "seed": 10**40}),
        json.dumps({**RESULT, "n_test": -4}),
        json.dumps({**RESULT, "name": None}),
        json.dumps({**RESULT, "corpus": "\ud800"}),
        json.dumps({**RESULT, "seconds": float("inf")}),
        json.dumps({**RESULT, "best_epoch": [2]}),
        json.dumps({**RESULT, "more": {"a": 1}}),
        json.dumps({key: value for key, value in RESULT.items() if key != "ua"}),
        "9" * 5_000,
    ],
    ids=lambda text: text[:20],
)
def test_a_damaged_result_is_named_and_left_out(runs, text):
    file = write(runs / "mcsan-1" / "official-seed1", text)
    assert str(file) in refusal(lambda: read_result(file))
    with pytest.warns(UserWarning, match="counts as unfinished"):
        results = load_results(runs)
    assert results.folder.tolist() == [str(runs / "mcsan-1" / "official-seed0")]
    with pytest.warns(UserWarning, match="official-seed1"):
        assert not result_is_there(file.parent)
        assert finished_folds(runs / "mcsan-1") == [runs / "mcsan-1" / "official-seed0"]


def test_only_damaged_results(tmp_path):
    file = write(tmp_path / "mcsan-1" / "official-seed0", "")
    with pytest.warns(UserWarning, match="metrics.json"):
        assert "1 with a damaged metrics.json" in refusal(lambda: load_results(tmp_path))
    file.unlink()
    assert str(file) in refusal(lambda: load_results(tmp_path, [file.parent]))


def test_bytes_mutated_anywhere_give_a_value_or_a_refusal(runs):
    file = runs / "mcsan-1" / "official-seed0" / "metrics.json"
    whole, random = file.read_bytes(), np.random.default_rng(0)
    for _ in range(300):
        data = bytearray(whole)
        for at in random.integers(0, len(data), 3):
            data[at] = random.integers(0, 256)
        file.write_bytes(data[: random.integers(1, 2 * len(data))])
        try:
            assert read_result(file)["wa"] <= 1
        except ValueError as error:
            assert str(error).startswith("Given: ")
