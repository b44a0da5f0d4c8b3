"""What survives: kill -9 at random moments, a full disk, a folder that may not be written, runs of
two machines.
"""

import contextlib
import errno
import os
import random
import shutil
import signal
import tempfile
import time

import pandas as pd
import pytest
from grids import contents, tiny_grid
from refusals import refusal

from mcsan_lite.disk import locks
from mcsan_lite.tables import own
from mcsan_lite.training import fold, run_folder, runner
from mcsan_lite.training.run_folder import load_results

KILLS = 20


@pytest.fixture(scope="module")
def go(tmp_path_factory):
    """Its features and its imports are made once, here."""
    return tiny_grid(tmp_path_factory.mktemp("crash"))


@pytest.fixture(scope="module")
def whole(go, tmp_path_factory):
    """(folder, seconds) of the uninterrupted run."""
    runs = tmp_path_factory.mktemp("whole") / "runs"
    go(runs.with_name("warm"), folds=1)
    start = time.perf_counter()
    go(runs)
    return runs, time.perf_counter() - start


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
def test_twenty_kills_and_a_last_run(go, whole, tmp_path):
    """Each process is a fork of this one and starts at once; the moments are spread over what one
    fold takes.
    """
    draw, runs, seeds, seen, killed = random.Random(0), tmp_path / "runs", tuple(range(6)), [0], 0
    for _ in range(KILLS):
        if not (pid := os.fork()):
            with contextlib.suppress(BaseException):
                os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
                go(runs, seeds=seeds)
            os._exit(0)
        time.sleep(draw.uniform(0, whole[1] / 2))  # three of the thirty-six folds
        os.kill(pid, signal.SIGKILL)
        killed += os.WIFSIGNALED(os.waitpid(pid, 0)[1])
        done = len(load_results(runs)) if list(runs.glob("*/*/metrics.json")) else 0
        assert len(list(runs.glob("*/*/model.safetensors"))) in (done, done + 1)
        seen.append(done)
    assert seen == sorted(seen) and seen[-1] > 0 and killed > KILLS / 2, (
        seen,
        killed,
    )  # what was finished stays
    print(seen, killed)
    go(runs, seeds=seeds)
    go(tmp_path / "whole", seeds=seeds)
    assert contents(runs) == contents(tmp_path / "whole")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
def test_a_kill_between_the_result_and_its_lock(go, whole, tmp_path, monkeypatch):
    """Nobody trains a finished fold again; its lock's file goes all the same."""
    runs = tmp_path / "runs"
    if not (pid := os.fork()):
        monkeypatch.setattr(locks, "_release", lambda *_: os.kill(os.getpid(), signal.SIGKILL))
        go(runs)
        os._exit(0)
    assert os.WIFSIGNALED(os.waitpid(pid, 0)[1])
    (left,) = runs.rglob(runner.LOCK)
    assert len(load_results(runs)) == 1 and left.parent.joinpath("metrics.json").is_file()
    go(runs)
    assert contents(runs) == contents(whole[0])


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
def test_three_equal_commands_train_every_fold_once(go, whole, tmp_path, monkeypatch):
    real, trained = runner.train_fold, tmp_path / "trained"

    def counted(*parts, **options):
        with open(trained, "a", encoding="utf-8") as file:
            file.write("once\n")
        return real(*parts, **options)

    monkeypatch.setattr(runner, "train_fold", counted)
    processes = []
    for _ in range(3):
        if not (pid := os.fork()):
            status = 1
            with contextlib.suppress(BaseException):
                os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
                status = int(len(go(tmp_path / "runs")) != 6)
            os._exit(status)
        processes.append(pid)
    assert [os.waitpid(pid, 0)[1] for pid in processes] == [0, 0, 0]
    assert len(trained.read_text(encoding="utf-8").splitlines()) == 6
    assert contents(tmp_path / "runs") == contents(whole[0])


def full(*_, **__):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_disk_that_runs_full_while_a_fold_is_written(go, whole, tmp_path, monkeypatch):
    real, written = run_folder.write_atomic, []

    def until_full(path, write):
        if path.parent.name.startswith("speaker"):
            written.append(path.name)
            if len(written) > 8:  # in the second fold
                full()
        real(path, write)

    for module in (run_folder, runner, own):
        monkeypatch.setattr(module, "write_atomic", until_full)
    with pytest.raises(RuntimeError) as caught:
        go(tmp_path / "runs")
    text = str(caught.value)
    assert "Given: 5 of 6 folds" in text and "No space left on device" in text and "Do: " in text
    assert "and no error.txt" in text
    assert (
        len(load_results(tmp_path / "runs")) == 1
        and "peeking.csv" in written
        and "metrics.json" in written
    )
    monkeypatch.undo()
    go(tmp_path / "runs")
    assert contents(tmp_path / "runs") == contents(whole[0])


def test_no_training_for_a_full_disk(go, whole, tmp_path, monkeypatch):
    room = shutil.disk_usage(tmp_path)._replace(free=1000)
    monkeypatch.setattr(run_folder.shutil, "disk_usage", lambda _: room)
    monkeypatch.setattr(fold, "fit", lambda *_, **__: pytest.fail("trained"))
    with pytest.raises(
        RuntimeError, match=r"Given: 6 of 6 folds that failed:\n.*less than 64 MB left"
    ):
        go(tmp_path / "runs")
    monkeypatch.undo()
    go(tmp_path / "runs")
    assert contents(tmp_path / "runs") == contents(whole[0])


@pytest.mark.parametrize("number", [errno.EROFS, errno.EACCES, errno.ENOSPC])
def test_a_folder_that_takes_nothing(go, whole, tmp_path, monkeypatch, number):
    def refuse(*_, **__):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(tempfile, "mkstemp", refuse)
    text = refusal(lambda: go(tmp_path / "runs"))
    assert str(tmp_path / "runs") in text and os.strerror(number) in text and "--runs" in text
    monkeypatch.undo()
    go(tmp_path / "runs")
    assert contents(tmp_path / "runs") == contents(whole[0])


def test_a_file_in_the_place_of_the_folder(go, tmp_path):
    (tmp_path / "runs").write_text("a note")
    assert "nothing can be written" in refusal(lambda: go(tmp_path / "runs"))
    assert (tmp_path / "runs").read_text() == "a note"


def test_runs_of_two_machines_merge_by_copying(go, whole, tmp_path):
    one, two = tmp_path / "one", tmp_path / "two"
    go(one, folds=1)
    go(two)
    for part in list(two.glob("*/speaker-0-seed0")):
        shutil.rmtree(part)
    shutil.copytree(two, one, dirs_exist_ok=True)
    together = ["name", "fold", "seed", "wa", "ua", "peeked_wa", "run"]
    pd.testing.assert_frame_equal(load_results(one)[together], load_results(whole[0])[together])
    assert contents(one) == contents(whole[0])
