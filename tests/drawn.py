"""What a figure says, read off its axes, and what a page of the word lens holds."""

import base64
import json
import re

import numpy as np
from matplotlib.patches import Rectangle

from mcsan_lite.figures.basics import Drawn


def ticks(axis):
    """The labels of an axis."""
    return [label.get_text() for label in axis.get_ticklabels()]


def texts(ax):
    """All that is written within the axes."""
    return [text.get_text() for text in ax.texts]


def legend(ax):
    """The entries of the legend."""
    return [text.get_text() for text in ax.get_legend().get_texts()]


def mesh(ax):
    """The only map of coloured cells."""
    (only,) = [c for c in ax.collections if hasattr(c, "get_coordinates")]
    return only


def boxes(ax):
    """The rectangles that are not filled."""
    return [p for p in ax.patches if isinstance(p, Rectangle) and not p.get_fill()]


def drawn_well(drawn):
    """The figure, after a check that it can be rendered, is not blank, and brings its words."""
    assert isinstance(drawn, Drawn)
    assert drawn.alt.endswith(".")
    assert drawn.caption.endswith(".")
    assert "nan" not in drawn.caption + drawn.alt
    drawn.fig.canvas.draw()
    assert np.asarray(drawn.fig.canvas.buffer_rgba())[..., :3].std() > 1
    return drawn


def data_of(page):
    """What the page of a word lens holds, read from its HTML."""
    script = re.compile(r'<script type="application/json" id="data">(.*?)</script>', re.DOTALL)
    return json.loads(script.search(page)[1])


def scores_of(view, frames):
    """The scores of a view as the page reads them: (words or 1, frames)."""
    steps = np.frombuffer(base64.b64decode(view["rows"]), np.uint8).reshape(-1, frames)
    return view["low"] + steps / 255 * (view["high"] - view["low"])
