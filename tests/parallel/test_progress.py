"""A bar that moves while nothing is finished, and whose guesses are sober."""

import threading
import time

import pytest

from mcsan_lite.parallel import progress
from mcsan_lite.parallel.progress import Pace, Progress, progress_bar


@pytest.fixture
def clock(monkeypatch):
    """A clock that stands until it is set: clock.now = seconds."""

    class Clock:
        now = 100.0

        def monotonic(self):
            return self.now

    clock = Clock()
    monkeypatch.setattr(progress, "time", clock)
    return clock


def test_before_the_first_end_it_goes_by_what_was_expected(clock):
    pace = Pace([60.0] * 10, jobs=2, in_seconds=True)
    assert pace.seconds_left() == 300 and pace.share() == 0
    clock.now += 30
    assert pace.seconds_left() == pytest.approx(270) and pace.share() == pytest.approx(0.1)
    clock.now += 10_000  # far slower than expected: two of ten are not finished yet
    assert pace.share() == pytest.approx(0.95 * 0.2)


def test_without_expectations_nothing_is_guessed_before_the_first_end(clock):
    pace = Pace([1.0] * 4, jobs=1, in_seconds=False)
    clock.now += 50
    assert pace.seconds_left() is None and pace.share() == 0
    pace.finish(0)
    assert pace.seconds_left() == pytest.approx(150)
    clock.now += 40
    assert pace.seconds_left() == pytest.approx(110)


def test_a_first_item_that_ends_at_once_is_soon_outweighed(clock):
    """One was kept in a cache and took no time: "hours left" and "a second left" are both wrong."""
    pace = Pace([1.0] * 11, jobs=1, in_seconds=False)
    clock.now += 0.01
    pace.finish(0)
    clock.now += 30
    assert 100 < pace.seconds_left() < 600
    clock.now += 30  # the second one takes a minute
    pace.finish(1)
    assert 200 < pace.seconds_left() < 600


@pytest.mark.parametrize("jobs", [1, 2, 4])
def test_equal_items_are_guessed_within_a_factor_of_two_from_the_first_end_on(jobs, clock):
    count = 24
    pace = Pace([1.0] * count, jobs, in_seconds=False)
    shares = []
    for step in range(count // jobs):
        clock.now += 60
        for number in range(jobs):
            pace.finish(step * jobs + number)
            true = 60 * (count / jobs - step - 1)
            assert 0.5 * true - 60 <= pace.seconds_left() <= 2 * true + 60
            shares.append(pace.share())
    assert shares == sorted(shares) and shares[-1] == 1 and pace.seconds_left() == 0


def test_the_bar_moves_by_itself(monkeypatch, capsys):
    monkeypatch.setattr(progress, "_LINE_S", 0.05)
    monkeypatch.delitem(progress.sys.modules, "ipykernel", raising=False)
    with progress_bar(Progress("training", [2.0, 2.0]), 2, 1):
        time.sleep(0.6)
    lines = [line for line in capsys.readouterr().err.splitlines() if line]
    percents = [int(line.partition("%")[0][-3:]) for line in lines]
    assert len(percents) > 4 and percents == sorted(percents) and percents[-1] > percents[0]
    assert "training 0/2" in lines[0] and lines[0][-10:] in ("00:04 left", "00:03 left")


def test_nothing_runs_on_after_the_bar():
    before = threading.active_count()
    with pytest.raises(ZeroDivisionError), progress_bar(Progress("trying"), 2, 1):
        _ = 1 / 0
    assert threading.active_count() == before
