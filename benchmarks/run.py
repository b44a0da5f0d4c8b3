"""What it costs: every benchmark, one after another, into results.json and docs/benchmarks.md.

python benchmarks/run.py            all of them, about twelve minutes on two quiet cores
python benchmarks/run.py startup    only these; the others' results stay
python benchmarks/run.py --render   the page's table again, from results.json
"""

from __future__ import annotations

import json
import os
import platform
import sys
from pathlib import Path

from mcsan_lite.tables.shared import between_marks, markdown_rows

HERE = Path(__file__).parent
RESULTS, PAGE = HERE / "results.json", HERE.parent / "docs" / "benchmarks.md"
START, END = "<!-- benchmarks: made by benchmarks/run.py -->", "<!-- /benchmarks -->"
NAMES = ("training", "folds", "extraction", "startup", "scale", "structure")


def processor() -> str:
    """What the processor calls itself; on ARM, Linux has no "model name"."""
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text(encoding="utf-8").splitlines() if cpuinfo.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def machine() -> str:
    """Where the benchmarks ran: processor, cores, system and versions."""
    import torch

    version = torch.__version__.partition("+")[0]
    return (
        f"{processor()}, {os.cpu_count()} cores, {platform.system()}, "
        f"Python {platform.python_version()}, torch {version}"
    )


def table(found: dict) -> str:
    """The page's rows: what, how it was compared, the ratio, what was asked for.

    Args:
        found: {name: machine and result} of all benchmarks.
    """
    results = {name: found[name]["result"] for name in NAMES}
    rows = [
        *training_rows(results["training"]),
        *folds_rows(results["folds"]),
        *extraction_rows(results["extraction"]),
        *startup_rows(results["startup"]),
        *scale_rows(results["scale"]),
        *structure_rows(results["structure"]),
    ]
    about = (
        f"*{found['startup']['machine']}; `python benchmarks/run.py` measures it again. Ratios of "
        "one run, side by side; training, features and scale by CPU seconds.*"
    )
    return f"{markdown_rows(('what', 'how', 'measured', 'wanted'), rows)}\n\n{about}"


def training_rows(found: dict) -> list[tuple[str, str, str, str]]:
    """Training beside a plain loop, in both precisions."""
    bfloat16 = ("not run: this processor has no LSTM kernel for bfloat16", "")
    if "bfloat16_ratio" in found:
        bfloat16 = (
            f"{found['bfloat16_utterances_per_s']:.0f} utterances/s, the same",
            f"{found['bfloat16_ratio']:.1f} ×",
        )
    ours, plain = found["float32_utterances_per_s"], found["plain_utterances_per_s"]
    how = (
        f"{ours:.0f} against {plain:.0f} utterances/s of a plain loop (pad to 1000 frames, "
        "shuffle, packed LSTM), one core, paper's sizes, IEMOCAP's lengths"
    )
    return [
        ("training, float32", how, f"{found['float32_ratio']:.1f} ×", "2.5 ×"),
        ("training, `--precision bfloat16`", *bfloat16, "3.5 ×"),
    ]


def folds_rows(found: dict) -> list[tuple[str, str, str, str]]:
    """Two folds at a time, one thread each, beside one fold after another with two threads."""
    together, one_by_one = found["two_jobs_one_thread_s"], found["sequential_two_threads_s"]
    how = (
        f"{found['trainings']} trainings, two at a time with one thread: {together:.0f} s; one by "
        f"one with two threads: {one_by_one:.0f} s"
    )
    return [("folds", how, f"{found['ratio']:.1f} ×", "1.5 ×")]


def extraction_rows(found: dict) -> list[tuple[str, str, str, str]]:
    """Features with an empty cache and with a full one."""
    cold = f"{found['clips']} clips against a plain librosa loop"
    warm = f"{found['warm_s'] * 1e3:.0f} ms against {found['plain_librosa_s']:.1f} s"
    return [
        ("features, empty cache", cold, f"{found['cold_ratio']:.1f} ×", "1 ×"),
        ("features, again", warm, f"{found['warm_ratio']:.0f} ×", "50 ×"),
    ]


def startup_rows(found: dict) -> list[tuple[str, str, str, str]]:
    """How long a fresh process takes until it can do something."""
    imported, helped = found["import_mcsan_lite_s"], found["mcsan_help_s"]
    return [
        ("`import mcsan_lite`", "fresh process", f"{imported:.2f} s", "1.5 s"),
        ("`mcsan --help`", "fresh process", f"{helped:.2f} s", "0.5 s"),
    ]


def scale_rows(found: list[dict]) -> list[tuple[str, str, str, str]]:
    """An epoch over the largest corpus beside one over the smallest: time and memory."""
    small, large = found[0], found[-1]
    slow, fast = large["ms_an_utterance"], small["ms_an_utterance"]
    time = f"{slow:.2f} ms per utterance, against {fast:.2f} ms with 1,000"
    memory = (
        f"{large['memory_added_mb']:.0f} MB for {large['features_on_disk_mb']:.0f} MB of features "
        f"on disk, against {small['memory_added_mb']:.0f} MB with 1,000 utterances"
    )
    return [
        ("an epoch over 100,000 utterances", time, f"{slow / fast:.2f} ×", "1 ×"),
        ("memory of that epoch", memory, "", "not with the corpus"),
    ]


def structure_rows(found: dict) -> list[tuple[str, str, str, str]]:
    """What a change of structure could buy; nothing was asked for of these."""
    small, large = found["batch_32_ms"], found["batch_128_ms"]
    rows = [
        (
            "larger calls",
            f"MCSAN of `quick`: {small:.2f} ms of processor time per utterance in batches of 32, "
            f"{large:.2f} ms in batches of 128",
            f"{small / large:.2f} ×",
            "",
        ),
        (
            "arithmetic alone",
            "the share of that training which products, convolutions and LSTMs take",
            f"{100 * found['arithmetic_share']:.0f} %",
            "",
        ),
    ]
    if not found["early_stopping"]:
        missing = "needs the finished trainings of `mcsan run table3 --profile full` in `runs/`"
        rows.append(("early stopping", missing, "not run", ""))
    for stop in found["early_stopping"]:
        low, high = stop["points"] - stop["half_width"], stop["points"] + stop["half_width"]
        rows.append(
            (
                f"early stopping, patience {stop['patience']}",
                f"{stop['trainings']} finished trainings of Table 3: epochs that would have been "
                f"computed, and the change of WA in points: {stop['points']:+.1f} "
                f"[{low:+.1f}, {high:+.1f}]",
                f"{100 * stop['share_of_epochs']:.0f} %",
                "",
            )
        )
    return rows


def render(text: str, found: dict) -> str:
    """The page with the table between its marks."""
    return between_marks(text, START, END, table(found))


def main(names: list[str]) -> None:
    """Run the named benchmarks, keep what they found, and write the page."""
    import importlib

    sys.path[:0] = [str(HERE), str(HERE.parent)]
    found = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}
    for name in [] if names == ["--render"] else names or NAMES:
        found[name] = {"machine": machine(), "result": importlib.import_module(name).measure()}
        print(name, json.dumps(found[name]["result"], indent=1), flush=True)
        RESULTS.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    if missing := set(NAMES) - set(found):
        print(f"{PAGE.name} as it was: no result yet of {', '.join(sorted(missing))}")
    else:
        PAGE.write_text(render(PAGE.read_text(encoding="utf-8"), found), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
