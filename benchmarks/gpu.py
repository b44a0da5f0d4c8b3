"""Table 3 at IEMOCAP's size on a GPU: the same logits as on the processor, then the time of it all.

    python benchmarks/gpu.py                 on "cuda": 9 rows, 10 folds, 30 epochs
    python benchmarks/gpu.py --device cpu --utterances 60 --epochs 1 --rows MCSAN --folds 2

Random utterances of IEMOCAP's lengths stand for the corpus: the time does not depend on what they
say. First every network answers the same batch on the processor and on the device, in float32; the
logits must agree to 1e-4. Then the folds of a row train side by side, one process for each, since
one training leaves most of a GPU idle. It prints one line per row and a summary as JSON: the card,
seconds, memory, and the share of the peak that the products of matrices reached.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

sys.path.insert(0, str(Path(__file__).parent))
import training as lengths  # benchmarks/training.py

from mcsan_lite.features.batch import Batch, Dims, collate
from mcsan_lite.features.extraction import Features
from mcsan_lite.models import MODELS
from mcsan_lite.paper.table_rows import ABLATIONS, table3_specs
from mcsan_lite.training.config import TrainConfig
from mcsan_lite.training.fold import FoldFeatures, train_fold
from mcsan_lite.training.loop import supervised
from mcsan_lite.training.spec import Spec

IEMOCAP_TURNS = 10_039
LARGEST_DIFFERENCE = 1e-4
# Dense bfloat16 products per second that the makers state, by a part of the card's name.
PEAK_PER_S = {"H100": 989e12, "H200": 989e12, "A100": 312e12, "L40": 181e12}
DIMS = Dims(audio=40, text=300, classes=len(lengths.LABELS))


def network(spec: Spec) -> nn.Module:
    """The network of a row, untrained."""
    model_class = MODELS[spec.model]
    return model_class(DIMS, model_class.Config(**spec.options))


def logits_agree(device: str) -> float:
    """The largest difference of any logit between the processor and the device, over all rows."""
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.allow_tf32 = False
    batch = collate(lengths.iemocap_like(16), lengths.LABELS)
    largest = 0.0
    for spec in table3_specs("paper"):
        torch.manual_seed(0)
        model = network(spec).eval()
        with torch.no_grad():
            here = model(batch).logits
            there = model.to(device)(batch.to(device)).logits.cpu()
        largest = max(largest, (here - there).abs().max().item())
    return largest


def products_of_a_step(batch: Batch) -> int:
    """Floating-point operations of one training step of MCSAN in the paper's sizes."""
    (spec,) = table3_specs("paper", rows=["MCSAN"])
    model = network(spec)
    counter = FlopCounterMode(display=False)
    with counter:
        supervised(model(batch), batch).backward()
    return counter.get_total_flops()


def parts_of_fold(data: Sequence[Features], fold: int) -> FoldFeatures:
    """A tenth to test, the next one to validate, the rest to train."""
    tenths = [data[i::10] for i in range(10)]
    test, valid = tenths[fold], tenths[(fold + 1) % 10]
    train = [one for i in range(10) if i not in (fold, (fold + 1) % 10) for one in tenths[i]]
    return FoldFeatures(train, valid, test, lengths.LABELS)


def train_one(row: str, fold: int, config: TrainConfig, device: str, count: int) -> float:
    """Train one fold of one row; the most memory that it took on the device, in bytes."""
    (spec,) = table3_specs("paper", rows=[row])
    parts = parts_of_fold(lengths.iemocap_like(count), fold)
    train_fold(MODELS[spec.model], spec.options, config, parts, device=device)
    if device.startswith("cuda"):
        return torch.cuda.max_memory_allocated()
    return 0.0


def measure(options: argparse.Namespace) -> dict[str, object]:
    """Everything; see the module."""
    difference = logits_agree(options.device)
    if difference > LARGEST_DIFFERENCE:
        raise SystemExit(
            f"Given: logits that differ by {difference:.1e} between cpu and {options.device}. "
            f"Expected: at most {LARGEST_DIFFERENCE:.0e}. Do: look for the layer that differs."
        )
    rows = options.rows.split(",") if options.rows else list(ABLATIONS)
    (spec,) = table3_specs("paper", rows=["MCSAN"])
    config = replace(spec.train, epochs=options.epochs, precision=options.precision)
    seconds, memory = {}, 0.0
    with ProcessPoolExecutor(options.folds, mp_context=get_context("spawn")) as pool:
        for row in rows:
            start = time.perf_counter()
            tasks = [
                pool.submit(train_one, row, fold, config, options.device, options.utterances)
                for fold in range(options.folds)
            ]
            taken = sum(task.result() for task in tasks)
            memory = max(memory, taken)
            seconds[row] = time.perf_counter() - start
            print(f"{row}: {options.folds} folds in {seconds[row]:.1f} s", flush=True)
    return {
        "device": _name(options.device),
        "precision": options.precision,
        "torch": torch.__version__,
        "largest_difference_of_logits": difference,
        "trainings": len(rows) * options.folds,
        "seconds": sum(seconds.values()),
        "seconds_by_row": seconds,
        "memory_bytes": memory,
        "share_of_peak": _share_of_peak(options, seconds.get("MCSAN")),
    }


def _name(device: str) -> str:
    return torch.cuda.get_device_name() if device.startswith("cuda") else "cpu"


def _share_of_peak(options: argparse.Namespace, seconds: float | None) -> float | None:
    """Of the row MCSAN; None for a card whose peak is not listed here."""
    known = [peak for part, peak in PEAK_PER_S.items() if part in _name(options.device)]
    if not known or seconds is None:
        return None
    batch = collate(lengths.iemocap_like(256), lengths.LABELS)
    steps = options.utterances * 8 // 10 / 256 * options.epochs * options.folds
    return products_of_a_step(batch) * steps / seconds / known[0]


def main(words: Sequence[str] | None = None) -> int:
    """Print the rows and the summary."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--utterances", type=int, default=IEMOCAP_TURNS)
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--folds", type=int, default=10, help="trained side by side")
    parser.add_argument("--rows", help="of Table 3, by comma (default: all)")
    parser.add_argument("--precision", default="bfloat16", choices=("float32", "bfloat16"))
    options = parser.parse_args(words)
    if options.device.startswith("cuda") and not torch.cuda.is_available():
        print("not run: torch sees no CUDA device here")
        return 0
    print(json.dumps(measure(options), indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
