"""Many items, one or more processes: the same list, in order."""

import os
import signal
import sys

import pytest
import torch
from refusals import refusal
from threadpoolctl import threadpool_info, threadpool_limits

from mcsan_lite.errors import DataError
from mcsan_lite.parallel.jobs import fan_out
from mcsan_lite.parallel.progress import Progress


def where(a, b):
    return a * b, os.getpid(), torch.get_num_threads()


def fail(a):
    raise DataError(f"item {a}", "none that fails", "leave it out.")


def test_one_job_runs_here_in_order():
    seen = []
    assert fan_out(lambda a, b: seen.append(a) or a - b, [(5, 1), (3, 1), (4, 2)]) == [4, 2, 2]
    assert seen == [5, 3, 4]


@pytest.mark.parametrize("jobs", [1, 2])
def test_nothing_to_do(jobs):
    assert fan_out(where, [], jobs=jobs) == []


def test_a_single_item_never_leaves_this_process():
    assert fan_out(where, [(2, 3)], jobs=2)[0][:2] == (6, os.getpid())


def test_more_jobs_give_the_same_list_from_other_processes_with_one_thread_each():
    items = [(i, 10) for i in range(7)]
    found = fan_out(where, items, jobs=2)
    assert [f[0] for f in found] == [f[0] for f in fan_out(where, items)] == list(range(0, 70, 10))
    assert os.getpid() not in {pid for _, pid, _ in found} and {
        threads for *_, threads in found
    } == {1}
    with pytest.raises(
        DataError, match=r"Given: item 1\nExpected: none that fails\nDo: leave it out\."
    ):
        fan_out(fail, [(1,), (1,)], jobs=2)  # three parts survive the way back


def blas_threads():
    threads = {one["num_threads"] for one in threadpool_info() if one["user_api"] == "blas"}
    return threads, torch.get_num_threads()


@pytest.mark.parametrize("jobs, backend", [(1, "loky"), (2, "threading")])
def test_one_thread_computes_whatever_the_surroundings_allow(jobs, backend):
    torch.set_num_threads(2)
    try:
        with threadpool_limits(2):
            before = blas_threads()
            found = fan_out(blas_threads, [(), ()], jobs=jobs, backend=backend)
            assert found == [({1}, 1)] * 2
            assert blas_threads() == before == ({2}, 2)
    finally:
        torch.set_num_threads(1)


def test_another_backend():
    assert [f[:2] for f in fan_out(where, [(1, 2), (3, 4)], jobs=2, backend="threading")] == [
        (2, os.getpid()),
        (12, os.getpid()),
    ]


def test_an_error_comes_out_and_closes_the_bar(capsys):
    with pytest.raises(DataError, match="Given: item 1"):
        fan_out(fail, [(1,), (2,)], progress=Progress("trying"))
    assert capsys.readouterr().err.endswith("\n")


@pytest.mark.parametrize(
    ("items", "desc", "drawn"), [(3, "naming", True), (1, "naming", False), (3, "", False)]
)
def test_progress_only_where_it_helps(items, desc, drawn, capsys):
    fan_out(lambda a: a, [(i,) for i in range(items)], progress=Progress(desc))
    said = capsys.readouterr()
    assert (
        said.out == ""
        and ("naming" in said.err and "3/3" in said.err) == drawn
        and bool(said.err) == drawn
    )


def die(a, victim):
    if a == victim:
        os.kill(os.getpid(), signal.SIGKILL)
    return a


def test_an_item_that_kills_its_worker_is_given_up_and_the_others_go_on():
    """On Dask and Ray: test_experiment_clusters.py."""
    items = [(i, 2) for i in range(5)]
    assert fan_out(die, items, jobs=2, lost=lambda a, victim: f"lost {a}") == [0, 1, "lost 2", 3, 4]
    assert "item 3 of 5" in refusal(lambda: fan_out(die, items, jobs=2))


@pytest.mark.parametrize("backend", ["dask", "ray"])
def test_a_cluster_that_is_not_installed_names_the_line_that_installs_it(backend, monkeypatch):
    for name in (backend, f"{backend}.distributed"):
        monkeypatch.setitem(sys.modules, name, None)
    assert f"pip install 'mcsan-lite[{backend}]'" in refusal(
        lambda: fan_out(where, [(1, 2)] * 2, jobs=2, backend=backend)
    )


def test_a_backend_by_a_wrong_name():
    assert "did you mean 'dask'" in refusal(lambda: fan_out(where, [(1, 2)], backend="dusk"))


def test_the_bar_counts_cost_and_a_log_gets_whole_lines(capsys, monkeypatch):
    monkeypatch.delitem(
        sys.modules, "ipykernel", raising=False
    )  # another test may have imported it: this is no notebook
    fan_out(lambda a: a, [(1,), (2,)], progress=Progress("training", [30, 10]))
    said = capsys.readouterr().err
    assert "\r" not in said and "training 2/2: 100%" in said
    drawn = []
    with pytest.raises(ZeroDivisionError):
        fan_out(
            lambda a: drawn.append(a) or 1 / a,
            [(1,), (0,)],
            progress=Progress("training", [30, 10]),
        )
    assert "training 1/2:  75%" in capsys.readouterr().err
