"""A slice of benchmarks/mutations.py: damaged files of every kind give a value or a refusal."""

import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "benchmarks"))

import mutated  # noqa: E402
import mutations  # noqa: E402


@pytest.fixture(scope="module")
def kinds(tmp_path_factory):
    return mutated.every_kind(tmp_path_factory.mktemp("mutations"))


@pytest.mark.filterwarnings("ignore")
def test_whole_files_of_every_kind_are_read(kinds):
    for kind in kinds:
        whole = kind.whole()
        kind.path.write_bytes(whole if kind.wrap is None else kind.wrap(whole))
        assert kind.read() is not None, kind.name


@pytest.mark.filterwarnings("ignore")
def test_damaged_files_of_every_kind_are_read_or_refused(kinds):
    escaped = []
    for kind in kinds:
        whole = kind.whole()
        for number in range(12):
            outcome = mutations.outcome_of(kind, whole, number)
            if outcome not in ("value", "refusal"):
                escaped.append(f"{kind.name} {number}: {outcome}")
        kind.path.write_bytes(whole)
    assert escaped == []


def test_the_same_seed_damages_in_the_same_way():
    data = bytes(range(256)) + b'{"a": 1}'
    one, two, three = (
        mutations.mutate(data, np.random.default_rng(seed), None) for seed in (1, 1, 2)
    )
    assert one == two != three
    for change in mutations.CHANGES:
        for empty in (b"", b"a"):
            change(bytearray(empty), np.random.default_rng(0))


def test_an_escape_is_counted_and_shown():
    tallies = {"a": mutations.Tally(), "b": mutations.Tally()}
    mutations.count(tallies["a"], ("value", 0.25), 0)
    mutations.count(tallies["a"], ("refusal", 0.5), 1)
    mutations.count(tallies["b"], ("KeyError: 'x'", 0.1), 2)
    mutations.count(tallies["b"], None, 3)
    assert tallies["b"].escapes == ["input 2: KeyError: 'x'", "input 3: the process died or hung"]
    table = mutations.table(tallies)
    assert "| a | 2 | 1 | 1 | 0 | 0.5 |" in table
    assert "| **all** | 4 | 1 | 1 | 2 | 10.0 |" in table


def test_the_page_shows_a_full_run_without_escapes():
    page = (ROOT / "docs" / "robustness.md").read_text(encoding="utf-8")
    total = next(line for line in page.splitlines() if line.startswith("| **all**"))
    _, _, inputs, _, _, escapes, *_ = [cell.strip() for cell in total.split("|")]
    assert int(inputs) >= 25_000 and int(escapes) == 0
