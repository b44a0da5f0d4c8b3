"""Every benchmark runs, at a small size, and docs/benchmarks.md shows the last full run."""

import json
import subprocess
import sys
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "benchmarks"))

import gpu  # noqa: E402
import peers  # noqa: E402
import run as benchmarks  # noqa: E402
import scale  # noqa: E402
import startup  # noqa: E402
import structure  # noqa: E402
import training  # noqa: E402

from mcsan_lite.models.precision import bfloat16_trains  # noqa: E402


@pytest.fixture(autouse=True)
def one_thread():
    yield
    torch.set_num_threads(1)


def test_the_plain_loop_and_ours_are_the_same_network():
    found = training.measure(n=16, rounds=1, size=8)
    assert {"plain_utterances_per_s", "float32_ratio"} <= set(found)
    assert ("bfloat16_ratio" in found) == bfloat16_trains()
    assert all(value > 0 for value in found.values())


def test_a_machine_without_bfloat16_is_said_to_be_one(monkeypatch):
    found = json.loads(benchmarks.RESULTS.read_text())
    found["training"]["result"] = {
        k: v for k, v in found["training"]["result"].items() if "bfloat16" not in k
    }
    assert "not run: this processor has no LSTM kernel for bfloat16" in benchmarks.table(found)


def test_a_network_that_differs_is_not_timed(monkeypatch):
    plain = training.plain

    def wrong(model):
        model = plain(model)
        with torch.no_grad():
            model.classifier[-1].bias[0] += 1
        return model

    monkeypatch.setattr(training, "plain", wrong)
    with pytest.raises(RuntimeError, match=r"Given: losses .* Expected: equal .* Do:"):
        training.measure(n=16, rounds=1, size=8)


def test_lengths_are_those_of_iemocap():
    lengths = [len(f.audio) for f in training.iemocap_like(3000)]
    assert (
        400 < sum(lengths) / len(lengths) < 450 and min(lengths) >= 56 and max(lengths) == 1000
    )  # 444 before the cut


@pytest.mark.skipif(sys.platform == "win32", reason="processor time of a child is POSIX's")
def test_start_up_is_quick():
    found = {name: startup.processor_seconds(words) for name, words in startup.COMMANDS.items()}
    assert found["import_mcsan_lite_s"] < 0.7 and found["mcsan_help_s"] < 0.7
    assert found["import_mcsan_and_torch_s"] > found["import_mcsan_lite_s"]  # it does measure


@pytest.mark.skipif(
    not Path("/proc/self/status").exists(), reason="anonymous memory is read from Linux's /proc"
)
def test_an_epoch_is_timed_in_a_process_of_its_own():
    command = [sys.executable, scale.__file__, "300"]
    found = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    assert found["utterances"] == 300 and found["seconds"] > 0 and found["features_on_disk_mb"] > 5


def test_larger_calls_and_arithmetic_are_measured(monkeypatch):
    few = training.iemocap_like(14), training.LABELS
    monkeypatch.setattr(structure, "quick_features", lambda data, count: few)
    found = structure.larger_calls("", count=14, rounds=2)
    assert list(found) == ["batch_32_ms", "batch_64_ms", "batch_128_ms"]
    assert all(milliseconds > 0 for milliseconds in found.values())
    assert 0.1 < structure.arithmetic_share("", count=14) < 0.95


def test_patience_ends_a_training_and_keeps_the_best_epoch_until_then():
    valid = np.array([0.1, 0.5, 0.4, 0.4, 0.9])
    assert structure.stopped(valid, patience=2) == (4, 1)
    assert structure.stopped(valid, patience=3) == (5, 4)
    assert structure.stopped(valid, patience=9) == (5, 4)


def test_early_stopping_is_tried_on_finished_trainings(tmp_path, monkeypatch):
    rows = [
        {"run": "net-1", "fold": f"kfold10-{fold}", "seed": 0, "name": "MCSAN"} for fold in (0, 1)
    ]
    pd.DataFrame(rows).to_csv(tmp_path / "table.csv", index=False)
    for row in rows:
        folder = tmp_path / row["run"] / f"{row['fold']}-seed0"
        folder.mkdir(parents=True)
        scores = [0.1, 0.5, 0.4, 0.4, 0.9]
        pd.DataFrame({"valid_wa": scores}).to_csv(folder / "history.csv", index=False)
        pd.DataFrame({"wa": scores}).to_csv(folder / "peeking.csv", index=False)
    trainings = partial(structure.finished_trainings, table=tmp_path / "table.csv")
    monkeypatch.setattr(structure, "finished_trainings", trainings)
    impatient, *patient = structure.early_stopping(str(tmp_path))
    assert impatient["share_of_epochs"] == 0.8 and impatient["points"] == pytest.approx(-40)
    assert [found["points"] for found in patient] == [0, 0]


def test_early_stopping_without_finished_trainings_is_called_not_run(tmp_path):
    assert structure.early_stopping(str(tmp_path)) == []
    measured = {"batch_32_ms": 2.0, "batch_128_ms": 1.0, "arithmetic_share": 0.5}
    *_, (what, how, result, _) = benchmarks.structure_rows({**measured, "early_stopping": []})
    assert (what, result) == ("early stopping", "not run")
    assert "mcsan run table3 --profile full" in how


def test_the_page_shows_the_last_run():
    found = json.loads(benchmarks.RESULTS.read_text())
    assert set(found) == set(benchmarks.NAMES)
    text = benchmarks.PAGE.read_text(encoding="utf-8")
    assert benchmarks.render(text, found) == text
    assert benchmarks.table(found) in text


def test_a_gpu_is_timed_only_where_there_is_one(monkeypatch, capsys):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert gpu.main([]) == 0
    assert capsys.readouterr().out == "not run: torch sees no CUDA device here\n"


def test_the_gpu_script_runs_on_a_processor(capsys):
    words = "--device cpu --utterances 70 --epochs 1 --rows MCSAN --folds 1 --precision float32"
    assert gpu.main(words.split()) == 0
    row, summary = capsys.readouterr().out.split("\n", 1)
    found = json.loads(summary)
    assert row.startswith("MCSAN: 1 folds in ") and found["trainings"] == 1
    assert found["largest_difference_of_logits"] == 0 and found["share_of_peak"] is None


def test_logits_that_differ_are_refused(monkeypatch):
    monkeypatch.setattr(gpu, "logits_agree", lambda device: 0.5)
    with pytest.raises(SystemExit, match=r"Given: logits that differ .*Expected: .*Do: "):
        gpu.main(["--device", "cpu"])


def test_folds_of_the_gpu_script_share_no_utterance():
    data = training.iemocap_like(50)
    tested = []
    for fold in range(10):
        parts = gpu.parts_of_fold(data, fold)
        ids = [one.id for part in (parts.train, parts.valid, parts.test) for one in part]
        assert len(ids) == len(set(ids)) == 50
        tested += [one.id for one in parts.test]
    assert len(set(tested)) == 50
    assert gpu.products_of_a_step(gpu.collate(data[:4], training.LABELS)) > 1e6


MULT = """
from torch import nn

class TransformerEncoder(nn.Module):
    def __init__(self, embed_dim, num_heads, layers, attn_mask):
        super().__init__()
        self.map = nn.Linear(embed_dim, embed_dim)

    def forward(self, x, keys=None, values=None):
        return self.map(x)
"""
SCA = """
import torch
from torch import nn

class TVAModel_Cross(nn.Module):
    def __init__(self, params):
        super().__init__()
        self.map = nn.Linear(params.txt_dim + params.aud_dim, params.output_dim)

    def forward(self, text, face, sound):
        assert sound.shape[1] == 1000 and face.shape[1] == 32
        return self.map(torch.cat((text.mean(1), sound.mean(1)), 1)), None

TVAModel_Self = TVAModel_Cross
"""


@pytest.fixture
def clones(tmp_path):
    """Two clones that hold as little as the benchmark imports."""
    (tmp_path / "mult" / "modules").mkdir(parents=True)
    (tmp_path / "sca").mkdir()
    (tmp_path / "mult" / "modules" / "transformer.py").write_text(MULT, encoding="utf-8")
    (tmp_path / "sca" / "models.py").write_text(SCA, encoding="utf-8")
    return tmp_path


def test_peers_are_imported_from_their_clones_and_forgotten(clones):
    compared = peers.pairs(clones / "mult", clones / "sca")
    assert len(compared) == 3
    assert not {"modules.transformer", "models"} & set(sys.modules)
    only_one = {name: pair for name, pair in compared.items() if "cross" in name}
    (row,) = peers.measure(only_one, n=4, size=2, rounds=1)
    assert row["ratio"] == pytest.approx(row["ours"] / row["theirs"]) and row["ratio"] > 0
    table = peers.page_table([row], "this machine", 4, 2)
    assert f"{row['ratio']:.1f} ×" in table and "this machine" in table


def test_peers_without_a_clone_is_refused():
    command = [sys.executable, str(ROOT / "benchmarks" / "peers.py")]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 2 and "Given: no clone." in done.stderr
