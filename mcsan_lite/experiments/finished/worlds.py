"""The same rows in the matching and in the listed world.

In: finished tables. Out: one row per world and system.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from mcsan_lite.experiments.finished.scores import finished_scores
from mcsan_lite.experiments.floors import ORDER_ALONE
from mcsan_lite.experiments.grids import RESULTS_FOLDER, shipped_file
from mcsan_lite.paper.published import FLOOR
from mcsan_lite.paper.table_rows import required_input

LISTED = "listed"
# Rows of the tables that `cross_by_world` reads, and their names there.
_CROSS_ROWS = {
    "MCSAN": "MCSAN",
    "w/o cross": "w/o cross",
    f"{FLOOR}{ORDER_ALONE}": ORDER_ALONE,
}


def cross_by_world(profile: str = "full", *, results: Path = RESULTS_FOLDER) -> pd.DataFrame:
    """MCSAN with and without cross-attention in two worlds, from finished tables.

    In the matching world the order of the words tells which sound is whose; in the listed world it
    tells nothing. Points that cross-attention earns in the first alone can be had from order.

    Args:
        profile: of the tables' trainings.
        results: the folder of tables; by default those that the repository ships.

    Returns:
        One row per world and system, which are the index: the columns of `finished_scores`. The
        last system of a world are the trees that know order alone. Empty until both tables are
        there.
    """
    tables = {
        world: finished_scores(results / shipped_file("table3", profile, world).name)
        for world in ("matching", LISTED)
    }
    if any(table.empty for table in tables.values()):
        return tables[LISTED].iloc[:0]
    chosen = {
        world: table.loc[list(_CROSS_ROWS)].rename(index=_CROSS_ROWS)
        for world, table in tables.items()
    }
    return pd.concat(chosen, names=["world", "system"])


def rivals_by_world(profile: str = "full", *, results: Path = RESULTS_FOLDER) -> pd.DataFrame:
    """The systems of Table 1 in the matching and in the listed world, from finished tables.

    Args:
        profile: of the tables' trainings.
        results: as for `cross_by_world`.

    Returns:
        One row per world and system that was run, MCSAN among them, with the trees that know order
        alone: the columns of `cross_by_world`, and `told`, what a system is given that says where a
        word is spoken or what the face shows: "word times", "video" or nothing (""). Only of a
        system that is told nothing does a score above the trees show, in the listed world, that it
        recognises sounds. Empty until both tables are there.
    """
    tables = {}
    for world in ("matching", LISTED):
        file = results / shipped_file("table1", profile, world).name
        table = finished_scores(file).rename(index=_CROSS_ROWS)
        told = [required_input(system) for system in table.index]
        is_floor = table.index.str.startswith(FLOOR)
        tables[world] = table.assign(told=told)[table["mean"].notna() & ~is_floor]
    if any(ORDER_ALONE not in table.index for table in tables.values()):
        return tables[LISTED].iloc[:0]
    return pd.concat(tables, names=["world", "system"])
