"""One function over many items: here, on several cores, or on a Dask or Ray cluster.

In: a function, and one tuple of arguments per item. Out: the results, in the order of the items. A
worker that dies costs what it was doing, no more.

Dask and Ray are asked directly, not through joblib: its Dask backend waits for ever for a task that
Dask has given up. Its Ray backend hands out nothing before everything is done, so that one dead
worker costs it all.
"""

from __future__ import annotations

import os
import signal
import threading
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager, nullcontext
from functools import lru_cache

import joblib
from joblib.externals.loky.process_executor import BrokenProcessPool

from mcsan_lite.disk.torn import is_running
from mcsan_lite.errors import DataError, require_name
from mcsan_lite.parallel.progress import Progress, progress_bar
from mcsan_lite.parallel.threads import one_thread

BACKENDS = ("sequential", "loky", "threading", "dask", "ray")
_DEAD = object()  # in place of a result: the item's worker died with every attempt
_CHUNK = 64  # small items per task
_LOOK_EVERY_S = 1  # for a worker's parent

Items = Sequence[tuple]
_Numbered = Iterator[tuple[int, object]]  # (index of an item, its result), in any order


def fan_out(
    fn: Callable,
    items: Items,
    *,
    jobs: int = 1,
    backend: str = "loky",
    progress: Progress = Progress(),
    lost: Callable | None = None,
) -> list:
    """[fn(*item) for item in items], in order.

    An item whose worker died is tried again, a few times. An error that `fn` raises comes out at
    once.

    Args:
        fn: what is done with each item.
        items: the arguments of each call.
        jobs: 1 runs here; more start that many processes. Here and there one thread computes.
        backend: one of `BACKENDS`. "dask" and "ray" take the cluster that this process is connected
            to, with all its workers, or start a local one of `jobs` workers.
        progress: the bar.
        lost: `lost(*item)` stands in place of a result whose worker died with every attempt.

    Raises:
        DataError: for an unknown backend; and, without `lost`, where a worker died with every
            attempt.
    """
    require_name(backend, BACKENDS, "backend")
    results = {}
    numbered = _results(fn, items, jobs, backend)
    with (
        closing(numbered),
        progress_bar(progress, len(items), jobs) as update,
        warnings.catch_warnings(),
    ):
        # loky replaces a worker that stopped: that makes it slower, never wrong
        warnings.filterwarnings("ignore", message="A worker stopped")
        for i, result in numbered:
            if result is _DEAD:
                result = _stand_in(items, i, lost)
            results[i] = result
            update(i)
    return [results[i] for i in range(len(items))]


def fan_out_chunks(fn: Callable, items: Items, *, jobs: int = 1, desc: str = "") -> list:
    """As `fan_out`, for items so small that handing out each alone would cost more than its work.

    Args:
        fn: what is done with each item.
        items: the arguments of each call.
        jobs: how many processes.
        desc: name of the progress bar, which counts chunks.
    """
    chunks = [items[start : start + _CHUNK] for start in range(0, len(items), _CHUNK)]
    calls = [(fn, chunk) for chunk in chunks]
    results = fan_out(_each, calls, jobs=jobs, progress=Progress(desc))
    return [result for chunk in results for result in chunk]


def _each(fn: Callable, chunk: Items) -> list:
    return [fn(*item) for item in chunk]


def _results(fn: Callable, items: Items, jobs: int, backend: str) -> _Numbered:
    """The results as they come in."""
    if backend == "sequential" or not items:
        return _here(fn, items)
    if backend == "dask":
        return _dask(fn, items, jobs)
    if backend == "ray":
        return _ray(fn, items, jobs)
    if jobs == 1 or len(items) == 1:
        return _here(fn, items)
    return _Pool(fn, items, jobs, backend).results()


def _stand_in(items: Items, i: int, lost: Callable | None) -> object:
    """What stands in place of the result of an item whose worker died."""
    if lost is None:
        raise DataError(
            f"item {i + 1} of {len(items)}, whose worker process died again and again",
            "workers that live",
            "look for what ends them, mostly too little memory: take fewer jobs.",
        )
    return lost(*items[i])


def _here(fn: Callable, items: Items) -> _Numbered:
    for i, item in enumerate(items):
        with one_thread():
            result = fn(*item)
        yield i, result


def _one_thread(fn: Callable, item: tuple) -> object:
    """Inside a worker: one thread."""
    import torch

    torch.set_num_threads(1)
    with one_thread():
        return fn(*item)


def _one_thread_numbered(i: int, fn: Callable, item: tuple, parent: int) -> tuple[int, object]:
    if os.getpid() != parent:  # "threading" works in this very process
        _end_with(parent)
    return i, _one_thread(fn, item)


@lru_cache(maxsize=1)
def _end_with(parent: int) -> None:
    """Inside a worker process: Ctrl-C is the parent's affair, and the parent's end is our own.

    Without that a worker waits for minutes for a parent that was killed.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)

    def watch() -> None:
        while _is_our_parent(parent):
            time.sleep(_LOOK_EVERY_S)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _is_our_parent(parent: int) -> bool:
    """Whether the process that started this one still runs. Windows names it for ever."""
    if os.name == "nt":
        return is_running(parent)
    return os.getppid() == parent


@contextmanager
def _deaf_to_ctrl_c() -> Iterator[None]:
    """Processes that are started here do not hear Ctrl-C, and print no traceback while they start.

    This one hears it at the end. Windows knows no such mask.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


class _Pool:
    """joblib's own processes or threads.

    A dead worker takes the pool with it. What was running is then tried alone, which shows whose
    fault it was, and the rest goes on in a new pool.
    """

    def __init__(self, fn: Callable, items: Items, jobs: int, backend: str) -> None:
        self.fn, self.items, self.jobs, self.backend = fn, items, jobs, backend
        self.unfinished = set(range(len(items)))
        self.running: set[int] = set()

    def results(self) -> _Numbered:
        while self.unfinished:
            try:
                yield from self._attempt(sorted(self.unfinished))
            except BrokenProcessPool:
                yield from self._one_by_one(sorted(self.running & self.unfinished))

    def _one_by_one(self, suspects: Sequence[int]) -> _Numbered:
        for i in suspects:
            try:
                yield from self._attempt([i])
            except BrokenProcessPool:
                self.unfinished.remove(i)
                yield i, _DEAD

    def _attempt(self, wanted: Sequence[int]) -> _Numbered:
        self.running.clear()
        # Tasks go to idle workers only, so that it is known what runs.
        settings = {"pre_dispatch": "n_jobs", "batch_size": 1}
        around_all = nullcontext()
        if self.backend == "threading":  # else the first to end would give the others more threads
            around_all = one_thread()
        with joblib.parallel_config(backend=self.backend, n_jobs=self.jobs), around_all:
            pool = joblib.Parallel(return_as="generator_unordered", **settings)
            with _deaf_to_ctrl_c():
                results = pool(self._calls(wanted))
            for i, result in results:
                self.unfinished.remove(i)
                yield i, result

    def _calls(self, wanted: Sequence[int]) -> Iterator[tuple]:
        for i in wanted:
            self.running.add(i)
            yield joblib.delayed(_one_thread_numbered)(i, self.fn, self.items[i], os.getpid())


def _dask(fn: Callable, items: Items, jobs: int) -> _Numbered:
    """The cluster that this process is connected to, or a local one.

    Dask itself repeats elsewhere what a dead worker had been doing.
    """
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
        waiting = {}
        for i, item in enumerate(items):
            waiting[client.submit(_one_thread, fn, item, pure=False)] = i
        try:
            for future in distributed.as_completed(list(waiting)):
                i = waiting.pop(future)
                failed = future.status == "error"
                if failed and isinstance(future.exception(), distributed.KilledWorker):
                    yield i, _DEAD
                else:
                    yield i, future.result()
        finally:
            client.cancel(list(waiting))


def _ray(fn: Callable, items: Items, jobs: int) -> _Numbered:
    """The cluster that Ray is connected to, or a local one.

    Ray itself repeats what a dead worker had been doing.
    """
    try:
        import ray
    except ImportError:
        raise _missing("ray") from None
    worker_died = (
        ray.exceptions.WorkerCrashedError,
        ray.exceptions.OutOfMemoryError,
        ray.exceptions.NodeDiedError,
    )
    with ExitStack() as ours:
        if not ray.is_initialized():
            size = {"num_cpus": jobs, "include_dashboard": False}
            if "RAY_ADDRESS" in os.environ:
                size = {}  # the cluster's own
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
                except worker_died:
                    yield i, _DEAD
        finally:
            for rest in waiting:
                ray.cancel(rest, force=True)


def _missing(name: str) -> DataError:
    return DataError(
        f"backend {name!r} without the package {name}",
        f"{name} installed beside mcsan-lite",
        f"pip install 'mcsan-lite[{name}]'   (in a clone: pip install -e '.[{name}]')",
    )
