"""Every benchmark runs, at a small size, and the README shows what the last full run measured."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "benchmarks"))

import run as benchmarks  # noqa: E402
import scale  # noqa: E402
import startup  # noqa: E402
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


def test_start_up_is_quick():
    found = startup.measure()
    assert found["import_mcsan_lite_s"] < 1.5 and found["mcsan_help_s"] < 0.5


@pytest.mark.skipif(
    not Path("/proc/self/status").exists(), reason="anonymous memory is read from Linux's /proc"
)
def test_an_epoch_is_timed_in_a_process_of_its_own():
    command = [sys.executable, scale.__file__, "300"]
    found = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    assert found["utterances"] == 300 and found["seconds"] > 0 and found["features_on_disk_mb"] > 5


def test_the_readme_shows_the_last_run():
    found = json.loads(benchmarks.RESULTS.read_text())
    assert set(found) == set(benchmarks.NAMES)
    text = benchmarks.README.read_text(encoding="utf-8")
    assert benchmarks.render(text, found) == text
    assert benchmarks.table(found) in text
