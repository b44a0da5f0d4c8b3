"""One thread for whatever computes a number.

In: nothing. Out: a block, or a function, within which torch and BLAS use one thread.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from threadpoolctl import threadpool_limits


@contextmanager
def one_thread() -> Iterator[None]:
    """One thread for torch and for the BLAS of NumPy and SciPy; afterwards all is as before.

    More threads add in another order, so that the last bits of a sum would depend on the machine
    and on `jobs`. Two threads each on two busy cores also made a training step 5 to 16 times
    slower.
    """
    torch = sys.modules.get("torch")  # what was not imported has no threads to limit
    threads = torch.get_num_threads() if torch else 1
    if threads > 1:
        torch.set_num_threads(1)
    try:
        with threadpool_limits(1):
            yield
    finally:
        if threads > 1:
            torch.set_num_threads(threads)
