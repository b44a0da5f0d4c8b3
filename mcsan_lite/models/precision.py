"""What this machine can train in. bfloat16 needs a kernel that not every processor has."""

from __future__ import annotations

from functools import lru_cache

import torch
from torch import nn

from mcsan_lite.errors import DataError


@lru_cache(maxsize=8)
def bfloat16_trains(device: str = "cpu") -> bool:
    """Whether an LSTM can be trained in bfloat16 on `device`.

    Processors with AVX2 only have no kernel for it.
    """
    kind = torch.device(device).type
    lstm = nn.LSTM(4, 4, batch_first=True, bidirectional=True).to(device)
    try:
        with torch.autocast(kind, torch.bfloat16):
            states, _ = lstm(torch.zeros(1, 2, 4, device=device))  # (B, T, 4) -> (B, T, 8)
        states.float().sum().backward()
    except RuntimeError:
        return False
    return True


def require_precision(precision: str, device: str = "cpu") -> None:
    """Raise DataError where `device` cannot train with `precision`.

    The random state stays as it was.

    Args:
        precision: "float32" or "bfloat16".
        device: "cpu", "cuda", …
    """
    if precision != "bfloat16":
        return
    with torch.random.fork_rng(devices=[device] if device.startswith("cuda") else []):
        works = bfloat16_trains(device)
    if not works:
        raise DataError(
            f"precision 'bfloat16' on {device}, for which this machine has no LSTM kernel",
            "a processor with AVX-512 or AMX, or a GPU",
            "take precision 'float32' (on the command line, leave --precision out).",
        )
