"""requirements.txt, environment.yml, pyproject.toml and the Makefile say the same."""

import ast
import importlib
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from mcsan_lite.cli.doctor import MODULES

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
PINNED_EXTRAS = ("voice", "notebooks", "dev")  # dask and ray are a reader's own choice


def requirements(lines) -> dict[str, Requirement]:
    found = [Requirement(line) for line in lines]
    return {canonicalize_name(r.name): r for r in found}


@pytest.fixture
def ranges():
    extras = [line for extra in PINNED_EXTRAS for line in PROJECT["optional-dependencies"][extra]]
    found = requirements([*PROJECT["dependencies"], *extras])
    assert found.pop("mcsan-lite").extras == {"voice", "notebooks"}, (
        "the dev extra holds the other two"
    )
    return found


@pytest.fixture
def pins():
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    return requirements(line for line in lines if line.strip() and not line.startswith("#"))


@pytest.fixture
def site_ranges():
    return requirements(PROJECT["optional-dependencies"]["site"])


@pytest.fixture
def site_pins():
    lines = (ROOT / "requirements-site.txt").read_text(encoding="utf-8").splitlines()
    return requirements(line for line in lines if line.strip() and not line.startswith("#"))


def test_the_same_names(ranges, pins, site_ranges, site_pins):
    assert sorted(pins) == sorted(ranges) and sorted(site_pins) == sorted(site_ranges)
    assert not set(pins) & set(site_pins)


def test_every_pin_is_exact_and_in_range(ranges, pins, site_ranges, site_pins):
    ranges = ranges | site_ranges
    for name, pin in (pins | site_pins).items():
        assert re.fullmatch(r"==[\d.]+", str(pin.specifier)), f"{name}: one exact version"
        assert ranges[name].specifier, f"{name} has no range in pyproject.toml"
        assert ranges[name].specifier.contains(str(pin.specifier)[2:]), (
            f"{pin} is not in {ranges[name]}"
        )
    assert str(pins["torch"].specifier) == "==2.13.0"


def test_binder_gets_the_cpu_build_of_torch_and_then_the_course():
    """Binder has 2 GB of memory and no GPU, and builds an image that should be small."""
    text = (ROOT / ".binder" / "environment.yml").read_text(encoding="utf-8")
    python = re.search(r"- python=(\S+)", text)[1]
    assert SpecifierSet(PROJECT["requires-python"]).contains(python) and "- pytorch-cpu" in text
    script = ROOT / ".binder" / "postBuild"
    extras = set(re.search(r'pip install .*-e "\.\[(.*)\]"', script.read_text())[1].split(","))
    assert extras == {"voice", "notebooks"}
    for name in ("postBuild", "start"):
        assert os.access(ROOT / ".binder" / name, os.X_OK), f"{name} is no program"
        subprocess.run(["sh", "-n", str(ROOT / ".binder" / name)], check=True)


def test_environment_yml_takes_the_same_pins():
    text = (ROOT / "environment.yml").read_text(encoding="utf-8")
    assert re.findall(r"^ +- (-.*)$", text, re.MULTILINE) == ["-r requirements.txt", "-e ."]
    python = re.search(r"- python=(\S+)", text)[1]
    assert SpecifierSet(PROJECT["requires-python"]).contains(python)


def test_every_import_is_declared(ranges, site_ranges):
    """A package that only another package brings along disappears one day."""
    modules = {MODULES.get(name, name.replace("-", "_")) for name in ranges | site_ranges} | {
        "mcsan_lite",
        "dask",
        "ray",
    }
    ours = {
        p
        for folder in ("tests", "tests/contracts", "notebooks", "benchmarks", "site")
        for p in (*(ROOT / folder).glob("*.py"), *(ROOT / folder).glob("*/__init__.py"))
    }
    ours = {path.parent.name if path.stem == "__init__" else path.stem for path in ours}
    undeclared = set()
    for path in (
        p
        for folder in ("mcsan_lite", "notebooks", "tests", "benchmarks", "site")
        for p in (ROOT / folder).rglob("*.py")
    ):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = (
                [a.name for a in node.names]
                if isinstance(node, ast.Import)
                else [node.module]
                if isinstance(node, ast.ImportFrom) and not node.level
                else []
            )
            undeclared |= {
                (name, path.name)
                for name in (n.partition(".")[0] for n in names)
                if name not in modules | ours | sys.stdlib_module_names
            }
    assert not undeclared, "put these into pyproject.toml and requirements.txt"


def test_extras_and_the_command():
    assert {"dask", "ray", "dev", "voice", "notebooks"} <= set(PROJECT["optional-dependencies"])
    module, _, function = PROJECT["scripts"]["mcsan"].partition(":")
    assert callable(getattr(importlib.import_module(module), function))


def test_every_folder_of_the_package_is_installed():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]
    assert settings["setuptools"]["packages"] == {"find": {"include": ["mcsan_lite*"]}}
    folders = {path.parent for path in (ROOT / "mcsan_lite").rglob("*.py")}
    assert [folder for folder in folders if not (folder / "__init__.py").is_file()] == []


@pytest.mark.parametrize(
    "name",
    [
        "requirements.txt",
        "requirements-site.txt",
        "environment.yml",
        ".binder/environment.yml",
        ".binder/postBuild",
        "pyproject.toml",
        "Makefile",
    ],
)
def test_no_package_index_is_prescribed(name):
    """Where packages come from is the reader's, or their university's, own setting."""
    text = (ROOT / name).read_text(encoding="utf-8")
    assert not re.search(r"--(extra-)?index-url|--find-links", text)
    if name != "pyproject.toml":  # it may name the project's own pages
        assert "://" not in text


@pytest.mark.skipif(not shutil.which("make"), reason="no make here")
class TestMakefile:
    def test_help_is_the_default_and_names_every_target(self):
        said = subprocess.run(["make", "-C", str(ROOT)], capture_output=True, text=True).stdout
        targets = re.search(r"\.PHONY: (.*)", (ROOT / "Makefile").read_text())[1].split()
        assert [t for t in targets if t != "help" and not re.search(rf"\b{t}\b", said)] == []

    def test_course_builds_the_environment_first(self):
        said = subprocess.run(
            ["make", "-C", str(ROOT), "-nB", "course"], capture_output=True, text=True
        ).stdout
        steps = [
            "pip install",
            "mcsan ceilings",
            "mcsan floors",
            "mcsan course --copy-only",
            "Open it:",
        ]
        assert [said.index(step) for step in steps] == sorted(said.index(step) for step in steps)
        assert (
            "build.py" not in said
        )  # the shipped lessons are executed already, and stay as they are

    @pytest.mark.parametrize(
        ("script", "answer"),
        [
            (None, "no python-of-nobody here"),
            (
                'case "$*" in *sys.version_info*) exit 1;; *) echo Python 3.9.2;; esac',
                "3.9.2. Expected: Python 3.11",
            ),
            ('case "$*" in *ensurepip*) exit 1;; esac', "sudo apt install python3-venv"),
        ],
    )
    def test_a_python_that_will_not_do_is_refused_before_anything_is_made(
        self, tmp_path, script, answer
    ):
        python = "python-of-nobody"
        if script:
            python = tmp_path / "python"
            python.write_text(f"#!/bin/sh\n{script}\n")
            python.chmod(0o755)
        shutil.copy(ROOT / "Makefile", tmp_path)
        for name in ("requirements.txt", "pyproject.toml"):
            (tmp_path / name).touch()
        done = subprocess.run(
            ["make", "-C", str(tmp_path), f"PYTHON={python}", "env"], capture_output=True, text=True
        )
        assert done.returncode != 0 and answer in done.stdout and "Do" in done.stdout
        assert not (tmp_path / ".venv").exists()


def test_ci_runs_the_tests_from_anywhere():
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    lines = script.read_text(encoding="utf-8").splitlines()
    assert "set -euo pipefail" in lines
    assert "make test" in lines  # not in a branch: it is run on every machine


def test_every_file_of_the_package_is_shipped():
    """Files that are no source need a pattern in package-data, else a wheel comes without them."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    patterns = settings["tool"]["setuptools"]["package-data"]
    package = ROOT / "mcsan_lite"
    others = [
        path
        for path in package.rglob("*")
        if path.is_file() and path.suffix not in (".py", ".pyc") and path.name != ".DS_Store"
    ]
    assert others
    for path in others:
        folder = ".".join(path.parent.relative_to(ROOT).parts)
        assert any(path.match(pattern) for pattern in patterns.get(folder, ())), path


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["checkpoints", "--profile", "smoke"], "--out"),
        (["attend", "--run", "nowhere", "--audio", "a.wav", "--text", "so it is"], "mcsan run"),
        (["ledger", "equations"], "clone the repository"),
    ],
)
def test_outside_a_checkout_it_works_or_says_what_to_do(tmp_path, words, says):
    site, elsewhere = tmp_path / "site", tmp_path / "elsewhere"
    shutil.copytree(ROOT / "mcsan_lite", site / "mcsan_lite")
    elsewhere.mkdir()
    done = subprocess.run(
        [sys.executable, "-m", "mcsan_lite", *words],
        cwd=elsewhere,
        env=os.environ | {"PYTHONPATH": str(site)},
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    assert done.returncode == 2 and done.stderr.startswith("Given: ")
    assert "\nExpected: " in done.stderr and "\nDo: " in done.stderr and says in done.stderr
    assert not list(site.rglob("*.safetensors"))


def test_outside_a_checkout_vectors_and_the_lens_are_there(tmp_path):
    shutil.copytree(ROOT / "mcsan_lite", tmp_path / "mcsan_lite")
    code = (
        "import mcsan_lite as mc\n"
        "from importlib.resources import files\n"
        "from mcsan_lite.features.words import load_vectors\n"
        "assert len(load_vectors(wanted=['the'])['the']) == 50\n"
        "assert files('mcsan_lite.figures.explorer').joinpath('lens.js').is_file()\n"
        "assert files('mcsan_lite.figures.texts').joinpath('de.json').is_file()\n"
        "print(mc.__file__)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stderr
    assert Path(done.stdout.strip()).parent == tmp_path / "mcsan_lite"
