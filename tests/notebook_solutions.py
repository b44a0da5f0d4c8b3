"""Run the tagged cells of a notebook's source, so that the checks are tested on exactly what
students are shown.
"""

import importlib
import math
from pathlib import Path

import jupytext
import numpy as np
import torch

import mcsan_lite as mc

SOURCES = Path(__file__).parents[1] / "notebooks" / "src"


def _cells(name: str, tag: str) -> list[str]:
    return [
        c.source
        for c in jupytext.read(SOURCES / f"{name}.py").cells
        if tag in c.metadata.get("tags", [])
    ]


def _scope(name: str, known: dict) -> dict:
    """What a cell finds: mc, numpy, torch, math, the lesson's checks as `check`, and `known`."""
    return {
        "check": importlib.import_module(f"mcsan_lite.exercises.lesson{name[:2]}"),
        "math": math,
        "mc": mc,
        "np": np,
        "torch": torch,
        **known,
    }


def names(name: str, tag: str, **known) -> dict:
    """The names that all cells of notebooks/src/`name`.py with this tag define, run one after the
    other.
    """
    space = _scope(name, known)
    for source in _cells(name, tag):
        exec(source, space)
    return space


def solution(name: str, number: int, **known) -> dict:
    """The names that the `number`th solution cell (from 1) of notebooks/src/`name`.py defines, run
    alone.
    """
    space = _scope(name, known)
    exec(_cells(name, "solution")[number - 1], space)
    return space
