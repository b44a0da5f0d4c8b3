"""Run the solution cells of a notebook's source, so that the checks are tested on exactly what students are shown."""

from pathlib import Path

import jupytext

SOURCES = Path(__file__).parents[1] / "notebooks" / "src"


def solution(name: str, number: int) -> dict:
    """The names that the `number`th solution cell (from 1) of notebooks/src/`name`.py defines, after running it with
    the lesson's own checks as `check` and numpy and torch at hand."""
    import importlib

    import numpy as np
    import torch

    cells = [c for c in jupytext.read(SOURCES / f"{name}.py").cells if "solution" in c.metadata.get("tags", [])]
    check = importlib.import_module(f"mcsan_lite.check.lesson{name[:2]}")
    space = {"check": check, "np": np, "torch": torch}
    exec(cells[number - 1].source, space)
    return space
