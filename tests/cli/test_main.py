"""The commands as a whole: help, options, and how they refuse."""

import subprocess
import sys
from pathlib import Path

import pytest
from refusals import refused

from mcsan_lite.cli import main
from mcsan_lite.datasets.synthetic.reader import read_truth
from mcsan_lite.datasets.synthetic.rules import SyntheticConfig
from mcsan_lite.features import extraction
from mcsan_lite.paper.table_rows import ABLATIONS


def test_heavy_packages_wait_until_they_are_needed():
    code = (
        "import sys; from mcsan_lite.cli import main\n"
        "try: main.main(['--help'])\nexcept SystemExit: pass\n"
        "heavy = {'torch', 'librosa', 'pandas', 'sklearn', 'matplotlib', 'numpy'}\n"
        "print(*sorted(heavy & set(sys.modules)), 'loaded')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "loaded", done.stdout
    command = Path(sys.executable).with_name("mcsan")
    text = subprocess.run([command, "--help"], capture_output=True, text=True, check=True)
    assert all(
        name in text.stdout
        for name in ("doctor", "data", "run", "table", "ceilings", "floors", "predict", "attend")
    )


@pytest.mark.parametrize(
    "words",
    [
        ["doctor"],
        ["data", "synthetic"],
        ["data", "vectors"],
        ["run"],
        ["table"],
        ["ceilings"],
        ["floors"],
        ["predict"],
        ["attend"],
        ["readings"],
        ["identity"],
        ["checkpoints"],
        ["align"],
        ["speakers"],
    ],
    ids=" ".join,
)
def test_every_command_has_help(words, capsys):
    with pytest.raises(SystemExit) as stop:
        main.main([*words, "--help"])
    assert stop.value.code == 0 and f"mcsan {' '.join(words)}" in capsys.readouterr().out


def test_data_synthetic_counts_and_knows_every_knob(mcsan, home):
    status, out, _ = mcsan("data", "synthetic")
    folder = Path(out.partition(":")[0])
    truth = read_truth(folder)
    assert (
        status == 0
        and folder.parent == home / "data"
        and "120 utterances, 0 skipped" in out
        and len(truth) == 120
    )
    assert all(
        f"{label}" in out and str(n) in out for label, n in truth.label.value_counts().items()
    )
    options = {
        o
        for a in main.parser()._actions
        if a.choices
        for o in a.choices["data"]._actions[-1].choices["synthetic"]._option_string_actions
    }
    assert {
        f"--{name.replace('_', '-')}" for name in SyntheticConfig.__dataclass_fields__
    } <= options


def test_data_synthetic_passes_knobs_on(mcsan):
    status, out, _ = mcsan(
        "data",
        "synthetic",
        "--train",
        "2",
        "--valid",
        "1",
        "--test",
        "1",
        "--speakers",
        "1",
        "--fillers",
        "1",
        "--missing-text",
        "1",
        "--world",
        "leaking",
    )
    truth = read_truth(out.partition(":")[0])
    assert status == 0 and len(truth) == 4 and set(truth.speaker) == {0} and set(truth.text) == {""}
    assert any(word is None for times in truth.times for word, *_ in times)


@pytest.mark.parametrize(
    ("words", "crucial"),
    [
        (
            ["run", "--rows", "w/o cros"],
            ["row 'w/o cros'", "did you mean 'w/o cross'?", *map(repr, ABLATIONS)],
        ),
        (["run", "--corpus", "synthetik"], ["corpus 'synthetik'", "did you mean 'synthetic'?"]),
        (["run", "--corpus", "meld", "--root", "/nowhere"], ["/nowhere"]),
        (["run", "--corpus", "ravdess", "--root", "/nowhere"], ["/nowhere"]),
        (
            ["run", "--root", "/nowhere"],
            ["no synthetic corpus at /nowhere", "mcsan data synthetic"],
        ),
        (["run", "--protocol", "speakers"], ["protocol 'speakers'", "did you mean 'speaker'?"]),
        (["run", "--vectors", "/nowhere.txt"], ["no word-vector file at /nowhere.txt"]),
        (["floors", "mled"], ["corpus 'mled'", "did you mean 'meld'?"]),
        (["data", "synthetic", "--label-noise", "2"], ["label_noise=2.0", "a share from 0 to 1"]),
    ],
    ids=lambda value: " ".join(value) if "Given" not in value else "",
)
def test_refusals(words, crucial, mcsan):
    refused(mcsan(*words), *crucial)


def test_more_refusals(mcsan, tmp_path, capsys):
    refused(
        mcsan("predict", "--run", f"{tmp_path}/none", "--text", "hi", places=False),
        "no model at",
        "mcsan run",
    )
    refused(
        mcsan("table", "--runs", f"{tmp_path}/none", places=False),
        "no finished run below",
        "mcsan run",
    )
    refused(mcsan("run", "--profile", "fast", places=False), "profile 'fast'", "'smoke'")
    with pytest.raises(SystemExit) as stop:
        main.main(["runn"])
    assert stop.value.code == 2 and "invalid choice: 'runn'" in capsys.readouterr().err


@pytest.mark.parametrize("bug", [lambda *_, **__: {}["a bug"], lambda *_, **__: int("a bug")])
def test_an_error_that_is_none_of_ours_keeps_its_traceback(mcsan, monkeypatch, bug):
    monkeypatch.setattr(extraction, "extract", bug)
    status, _, err = mcsan("floors", "synthetic")
    assert status == 3
    assert "Traceback" in err and "a bug" in err
