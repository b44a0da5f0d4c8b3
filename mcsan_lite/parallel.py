"""One function over many items: here, on several cores, or on a Dask or Ray cluster. A worker that dies costs what it was
doing, no more.

Dask and Ray are asked themselves, not through joblib: its Dask backend waits for ever for a task that Dask has given up, and
its Ray backend hands out nothing before everything is done, so that one dead worker costs it all.
"""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager

import joblib
from joblib.externals.loky.process_executor import BrokenProcessPool
from tqdm import tqdm

from mcsan_lite.errors import DataError, require_name

BACKENDS = ("sequential", "loky", "threading", "dask", "ray")
DEAD = object()  # in place of a result: the item's worker died with every attempt


def fan_out(
    fn: Callable,
    items: Sequence[tuple],
    *,
    jobs: int = 1,
    backend: str = "loky",
    desc: str = "",
    weights: Sequence[float] | None = None,
    lost: Callable | None = None,
) -> list:
    """[fn(*item) for item in items], in order.

    `jobs` = 1 runs here; more start that many processes, of one thread each. `backend` "dask" or "ray" takes the cluster
    that this process is connected to, with all its workers, or starts a local one of `jobs` workers.
    `desc` names a text progress bar on stderr, drawn only where there is more than one item. `weights`: what each item is
    expected to cost, so that the bar counts cost and not items.

    An item whose worker died is tried again, a few times. Then `lost(*item)` stands in its place, or without `lost` a
    DataError is raised. An error that `fn` raises comes out at once.
    """
    require_name(backend, BACKENDS, "backend")
    if (
        backend == "sequential"
        or not items
        or (backend in ("loky", "threading") and (jobs == 1 or len(items) < 2))
    ):
        found = ((i, fn(*item)) for i, item in enumerate(items))
    elif backend in CLUSTERS:
        found = CLUSTERS[backend](fn, items, jobs)
    else:
        found = _processes(fn, items, jobs, backend)
    results = {}
    with closing(found), _bar(items, desc, weights) as update, warnings.catch_warnings():
        warnings.filterwarnings(
            "ignore", message="A worker stopped"
        )  # loky starts another: slower, never wrong
        for i, result in found:
            if result is DEAD and lost is None:
                raise DataError(
                    f"item {i + 1} of {len(items)}, whose worker process died again and again",
                    "workers that live",
                    "look for what ends them, mostly too little memory: take fewer jobs.",
                )
            results[i] = lost(*items[i]) if result is DEAD else result
            update(i)
    return [results[i] for i in range(len(items))]


def _one_thread(fn: Callable, args: tuple):
    """Inside a worker: one thread, since two on two busy cores made a training step 5 to 16 times slower."""
    import torch

    torch.set_num_threads(1)
    return fn(*args)


def _processes(
    fn: Callable, items: Sequence[tuple], jobs: int, backend: str
) -> Iterator[tuple[int, object]]:
    """joblib's own. A dead worker takes the pool with it: what was running is then tried alone, which shows whose fault it
    was, and the rest goes on in a new pool."""
    left, running = dict(enumerate(items)), set()

    def numbered(i: int, args: tuple) -> tuple[int, object]:
        return i, _one_thread(fn, args)

    def attempt(wanted: Sequence[int]) -> Iterator[tuple[int, object]]:
        def calls():
            for i in wanted:
                running.add(i)
                yield joblib.delayed(numbered)(i, items[i])

        running.clear()
        with joblib.parallel_config(
            backend=backend, n_jobs=jobs
        ):  # handed out to idle workers only: it is known what runs
            for i, result in joblib.Parallel(
                return_as="generator_unordered", pre_dispatch="n_jobs", batch_size=1
            )(calls()):
                del left[i]
                yield i, result

    while left:
        try:
            yield from attempt(list(left))
        except BrokenProcessPool:
            for i in sorted(running & left.keys()):
                try:
                    yield from attempt([i])
                except BrokenProcessPool:
                    del left[i]
                    yield i, DEAD


def _dask(fn: Callable, items: Sequence[tuple], jobs: int) -> Iterator[tuple[int, object]]:
    """The client of this process, or a local cluster. Dask itself repeats elsewhere what a dead worker had been doing."""
    try:
        from dask import distributed
    except ImportError:
        raise _missing("dask") from None
    with ExitStack() as ours:
        try:
            client = distributed.Client.current()
        except ValueError:  # this process is connected to no cluster
            cluster = distributed.LocalCluster(
                n_workers=jobs, threads_per_worker=1, dashboard_address=None
            )
            client = ours.enter_context(distributed.Client(ours.enter_context(cluster)))
        waiting = {
            client.submit(_one_thread, fn, item, pure=False): i for i, item in enumerate(items)
        }
        try:
            for future in distributed.as_completed(list(waiting)):
                dead = future.status == "error" and isinstance(
                    future.exception(), distributed.KilledWorker
                )
                yield waiting.pop(future), DEAD if dead else future.result()
        finally:
            client.cancel(list(waiting))


def _ray(fn: Callable, items: Sequence[tuple], jobs: int) -> Iterator[tuple[int, object]]:
    """The cluster that Ray is connected to, or a local one. Ray itself repeats what a dead worker had been doing."""
    try:
        import ray
    except ImportError:
        raise _missing("ray") from None
    with ExitStack() as ours:
        if not ray.is_initialized():
            size = (
                {}
                if "RAY_ADDRESS" in os.environ
                else {"num_cpus": jobs, "include_dashboard": False}
            )
            ray.init(log_to_driver=False, logging_level="error", **size)
            ours.callback(ray.shutdown)
        call = ray.remote(num_cpus=1, max_retries=2)(_one_thread)
        waiting = {call.remote(fn, item): i for i, item in enumerate(items)}
        try:
            while waiting:
                (ready,), _ = ray.wait(list(waiting), num_returns=1)
                i = waiting.pop(ready)
                try:
                    yield i, ray.get(ready)
                except ray.exceptions.RayTaskError as error:  # raised by `fn`
                    raise error.cause from None
                except (
                    ray.exceptions.WorkerCrashedError,
                    ray.exceptions.OutOfMemoryError,
                    ray.exceptions.NodeDiedError,
                ):
                    yield i, DEAD
        finally:
            for rest in waiting:
                ray.cancel(rest, force=True)


CLUSTERS = {"dask": _dask, "ray": _ray}


def _missing(name: str) -> DataError:
    return DataError(
        f"backend {name!r} without the package {name}",
        f"{name} installed beside mcsan-lite",
        f"pip install 'mcsan-lite[{name}]'   (in a clone: pip install -e '.[{name}]')",
    )


@contextmanager
def _bar(
    items: Sequence[tuple], desc: str, weights: Sequence[float] | None
) -> Iterator[Callable[[int], None]]:
    """A progress bar that a terminal and a notebook redraw, and a log gets as a line every half minute."""
    redrawn = sys.stderr.isatty() or "ipykernel" in sys.modules
    cost = [1.0] * len(items) if weights is None else [float(w) for w in weights]
    layout = "{desc}: {percentage:3.0f}%|{bar:20}| {elapsed} gone, {remaining} left"
    with tqdm(
        total=sum(cost),
        desc=desc,
        disable=not desc or len(items) < 2,
        bar_format=layout,
        smoothing=0,
        mininterval=1 if redrawn else 30,
        file=sys.stderr if redrawn else _Lines(),
    ) as bar:
        done = 0

        def update(i: int) -> None:
            nonlocal done
            done += 1
            bar.set_description_str(f"{desc} {done}/{len(items)}", refresh=False)
            bar.update(cost[i])

        yield update


class _Lines:
    """stderr for a log: what would be drawn over the last line goes below it."""

    def write(self, text: str) -> int:
        return sys.stderr.write(text.replace("\r", "\n"))

    def flush(self) -> None:
        sys.stderr.flush()
