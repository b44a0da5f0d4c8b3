"""A progress bar that moves while nothing is finished, and guesses soberly how long it will take.

In: what each item is expected to cost, and a word for every finished one. Out: a line on stderr.

A training takes a minute, and a bar that counts finished trainings stands still meanwhile. This one
also counts what is running, at the pace so far. Before anything is finished it goes by the seconds
that were expected, and where none were, it does not guess.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from tqdm import tqdm

_REDRAW_S = 5  # in a terminal or a notebook
_LINE_S = 30  # in a log
_NEARLY = 0.95  # what runs is never counted as finished
_FASTEST = 2  # times faster than was expected


@dataclass(frozen=True)
class Progress:
    """A text progress bar on stderr, drawn only where there is more than one item.

    Attributes:
        desc: its name; "": no bar.
        weights: the seconds that each item is expected to take on one core. None: unknown, all
            alike.
    """

    desc: str = ""
    weights: Sequence[float] | None = None


class Pace:
    """How much is done, and how long the rest will take.

    Attributes:
        finished: how many items are.
    """

    def __init__(self, costs: Sequence[float], jobs: int, *, in_seconds: bool) -> None:
        """Start the clock.

        Args:
            costs: of each item.
            jobs: how many items run at the same time.
            in_seconds: whether the costs are expected seconds, or shares of unknown length.
        """
        self.costs, self.jobs, self.in_seconds = costs, jobs, in_seconds
        self.total = sum(costs)
        self.finished, self._done = 0, 0.0
        self._start = self._last = time.monotonic()
        self._shown = 0.0

    def finish(self, item: int) -> None:
        """Count an item as finished."""
        self.finished += 1
        self._done += self.costs[item]
        self._last = time.monotonic()

    def share(self) -> float:
        """What is done, with what runs, from 0 to 1. It never falls."""
        if self.total:
            self._shown = max(self._shown, (self._done + self._since_last()) / self.total)
        return min(self._shown, 1.0)

    def seconds_left(self) -> float | None:
        """How long the rest will take at the pace so far; None where that is not known yet."""
        done = self._done + min(self._half_done() + self._since_last(), self._nearly_running())
        if self.finished:
            elapsed = time.monotonic() - self._start
            return (self.total - done) * elapsed / done if done else None
        if self.in_seconds:
            return (self.total - done) / self.jobs
        return None

    def _mean_left(self) -> float:
        """The cost of an item, over those that are not finished."""
        left = len(self.costs) - self.finished
        return (self.total - self._done) / left if left else 0.0

    def _nearly_running(self) -> float:
        """Nearly the cost of all that runs."""
        running = min(self.jobs, len(self.costs) - self.finished)
        return _NEARLY * running * self._mean_left()

    def _half_done(self) -> float:
        """When an item ends, the others that run are on average half done."""
        others = min(self.jobs - 1, len(self.costs) - self.finished)
        return others / 2 * self._mean_left() if self.finished else 0.0

    def _since_last(self) -> float:
        """What was done since an item ended, at the pace before; less than all that runs."""
        before = self._last - self._start
        pace = (self._done + self._half_done()) / before if before else 0.0
        if self.in_seconds:  # no item of expected seconds is done in a moment
            pace = min(pace, _FASTEST * self.jobs) if self.finished else self.jobs
        return min(pace * (time.monotonic() - self._last), self._nearly_running())


@contextmanager
def progress_bar(progress: Progress, count: int, jobs: int) -> Iterator[Callable[[int], None]]:
    """A bar that a terminal and a notebook redraw, and a log gets as a line every half minute.

    Args:
        progress: its name, and what the items cost.
        count: how many items there are.
        jobs: how many of them run at the same time.

    Yields:
        A function that is called with the index of each finished item.
    """
    if not progress.desc or count < 2:
        yield lambda item: None
        return
    known = progress.weights is not None
    costs = [float(weight) for weight in progress.weights] if known else [1.0] * count
    pace = Pace(costs, jobs, in_seconds=known)
    redrawn = sys.stderr.isatty() or "ipykernel" in sys.modules
    bar = tqdm(
        desc=progress.desc,
        total=100,
        delay=1e-9,  # the first line is drawn below
        bar_format="{desc}: {percentage:3.0f}%|{bar:20}| {elapsed} gone{postfix}",
        file=sys.stderr if redrawn else _Lines(),
    )
    ended = threading.Event()

    def draw() -> None:
        bar.n = 100 * pace.share()
        bar.set_description_str(f"{progress.desc} {pace.finished}/{count}", refresh=False)
        bar.set_postfix_str(_left(pace.seconds_left()), refresh=False)
        bar.refresh()

    def draw_again() -> None:
        while not ended.wait(_REDRAW_S if redrawn else _LINE_S):
            draw()

    def finish(item: int) -> None:
        pace.finish(item)
        if redrawn or pace.finished == count:
            draw()

    draw()
    drawing = threading.Thread(target=draw_again, daemon=True)
    drawing.start()
    try:
        yield finish
    finally:
        ended.set()
        drawing.join()
        draw()
        bar.close()


def _left(seconds: float | None) -> str:
    if seconds is None:
        return "? left"
    return f"{tqdm.format_interval(seconds)} left"


class _Lines:
    """stderr for a log: what would be drawn over the last line goes below it."""

    def write(self, text: str) -> int:
        return sys.stderr.write(text.replace("\r", "\n"))

    def flush(self) -> None:
        sys.stderr.flush()
