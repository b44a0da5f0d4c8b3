"""docs/stress.md says what results/ holds, and names every stress with its levels."""

import importlib.util
import re
from pathlib import Path

from mcsan_lite.experiments.stress.conditions import STRESSES

ROOT = Path(__file__).parents[2]
SPEC = importlib.util.spec_from_file_location("stress_page", ROOT / "docs" / "stress.py")
page = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(page)


def text():
    return page.PAGE.read_text(encoding="utf-8")


def test_the_page_is_what_the_results_say():
    tables = page.stored_tables()
    assert page.render(text(), tables) == text()
    worse = tables.curves.assign(wa=0.123)
    assert page.render(text(), page.StressTables(worse, tables.contest)) != text()


def test_every_stress_is_described_with_its_levels():
    rows = [line.split(" | ") for line in text().splitlines() if line.startswith("| ")]
    levels = {name.strip("| "): about[0] for name, *about in rows if len(about) == 2}
    for stress in STRESSES:
        (found,) = [about for names, about in levels.items() if stress.name in names.split(", ")]
        numbers = [float(one) for one in re.findall(r"-?[\d.]+", _plain(found))]
        assert set(_as_written(stress)) <= set(numbers), stress.name


def _plain(cell):
    return re.sub(r"(?<=\d),(?=\d{3})", "", cell).replace("−", "-")


def _as_written(stress):
    """Levels as the page writes them: shares in per cent; none where there is one level."""
    if not stress.unit:
        return []
    return [100 * level if stress.unit.startswith("of ") else level for level in stress.levels]


def test_the_results_are_of_all_stresses_and_of_the_course_s_models():
    curves = page.stored_tables().curves
    assert {stress.name for stress in STRESSES} - set(curves.stress) == {"conflict"}
    assert curves.groupby("model").trainings.first().to_dict() == {
        "MCSAN": 3,
        "uniform": 3,
        "w/o cross": 1,
    }
    assert (curves.n == 200).all()
