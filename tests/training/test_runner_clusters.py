"""The same grid on loky, Dask and Ray, two workers each: the same bits, and a worker that is killed
costs its fold only.
"""

import os
import signal
from contextlib import contextmanager
from pathlib import Path

import pytest
from grids import contents, tiny_grid
from joblib.externals.loky import get_reusable_executor

from mcsan_lite.models.mcsan import MCSAN
from mcsan_lite.parallel.jobs import fan_out
from mcsan_lite.training.run_folder import load_results

ROOT = Path(__file__).parents[2]
KILL = "MCSAN_TEST_KILL"  # names a folder; a worker that finds `once` or `always` in it dies


def die_if_told():
    folder = os.environ.get(KILL, "")
    if os.path.exists(f"{folder}/always"):
        os.kill(os.getpid(), signal.SIGKILL)
    try:
        os.unlink(f"{folder}/once")
    except OSError:
        return
    os.kill(os.getpid(), signal.SIGKILL)


class Mortal(MCSAN):
    """Dies within a training step."""

    def forward(self, batch, *, need_attention=False):
        if self.training and self.config.layers == 2:
            die_if_told()
        return super().forward(batch, need_attention=need_attention)


def fail(i):
    raise FloatingPointError(f"item {i}")


@contextmanager
def on_dask():
    distributed = pytest.importorskip("dask.distributed")
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address=None
        ) as cluster,
        distributed.Client(cluster),
    ):
        yield


@contextmanager
def on_ray():
    ray = pytest.importorskip("ray")
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, logging_level="error")
    yield
    ray.shutdown()


@contextmanager
def on_loky():
    get_reusable_executor().shutdown(
        wait=True
    )  # workers of earlier tests know nothing of the orders
    yield
    get_reusable_executor().shutdown(wait=True)


@pytest.fixture(scope="module")
def orders(tmp_path_factory):
    """The folder where death is ordered; set before any worker starts, so that all know it, and
    where this file is.
    """
    folder = tmp_path_factory.mktemp("orders")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(KILL, str(folder))
        patch.setenv("PYTHONPATH", os.pathsep.join(map(str, (ROOT, ROOT / "tests"))))
        yield folder


@pytest.fixture(scope="module", params=["loky", "dask", "ray"])
def backend(request, orders):
    """A running cluster of two workers."""
    with {"loky": on_loky, "dask": on_dask, "ray": on_ray}[request.param]():
        yield request.param


@pytest.fixture(scope="module")
def go(tmp_path_factory):
    grid = tiny_grid(tmp_path_factory.mktemp("grid"))
    return lambda runs, **how: grid(runs, models={"mcsan": Mortal}, **how)


@pytest.fixture(scope="module")
def whole(go, tmp_path_factory):
    runs = tmp_path_factory.mktemp("whole") / "runs"
    go(runs)
    return runs


def test_the_same_bits_though_a_worker_is_killed(backend, orders, go, whole, tmp_path):
    (orders / "once").touch()
    go(tmp_path, jobs=2, backend=backend)
    assert not (orders / "once").exists()
    assert contents(tmp_path) == contents(whole)


def test_a_fold_that_always_kills_its_worker_is_recorded_and_the_others_go_on(
    backend, orders, go, whole, tmp_path
):
    (orders / "always").touch()
    try:
        with pytest.raises(RuntimeError) as caught:
            go(tmp_path, jobs=2, backend=backend, folds=1)
    finally:
        (orders / "always").unlink()
    assert "Given: 1 of 2 folds" in str(caught.value) and "worker died" in str(caught.value)
    (broken,) = tmp_path.rglob("error.txt")
    assert broken.parent.parent.name.startswith("n-2") and load_results(tmp_path).name.tolist() == [
        "MCSAN"
    ]
    go(tmp_path, jobs=2, backend=backend)
    assert contents(tmp_path) == contents(whole)


def test_an_error_of_the_function_comes_out_as_it_is(backend):
    with pytest.raises(FloatingPointError, match=r"^item [01]$"):
        fan_out(fail, [(0,), (1,)], jobs=2, backend=backend)
