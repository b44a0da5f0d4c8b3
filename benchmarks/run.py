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

HERE = Path(__file__).parent
RESULTS, PAGE = HERE / "results.json", HERE.parent / "docs" / "benchmarks.md"
START, END = "<!-- benchmarks: made by benchmarks/run.py -->", "<!-- /benchmarks -->"
NAMES = ("training", "folds", "extraction", "startup", "scale", "structure")


def machine() -> str:
    import torch

    names = (
        [
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
            if line.startswith("model name")
        ]
        if Path("/proc/cpuinfo").exists()
        else [platform.processor()]
    )
    return (
        f"{names[0]}, {os.cpu_count()} cores, {platform.system()}, Python "
        f"{platform.python_version()}, "
        f"torch {torch.__version__.partition('+')[0]}"
    )


def table(found: dict) -> str:
    """The page's rows: what, how it was compared, the ratio, what was asked for."""
    t, f, x, s, scale, structure = (found[name]["result"] for name in NAMES)
    small, large = scale[0], scale[-1]
    bfloat16 = ("not run: this processor has no LSTM kernel for bfloat16", "")
    if "bfloat16_ratio" in t:
        bfloat16 = (
            f"{t['bfloat16_utterances_per_s']:.0f} utterances/s, the same",
            f"{t['bfloat16_ratio']:.1f} ×",
        )
    rows = [
        (
            "training, float32",
            f"{t['float32_utterances_per_s']:.0f} against {t['plain_utterances_per_s']:.0f} "
            "utterances/s "
            "of a plain loop (pad to 1000 frames, shuffle, packed LSTM), one core, paper's sizes, "
            "IEMOCAP's lengths",
            f"{t['float32_ratio']:.1f} ×",
            "2.5 ×",
        ),
        ("training, `--precision bfloat16`", *bfloat16, "3.5 ×"),
        (
            "folds",
            f"{f['trainings']} trainings, two at a time with one thread: "
            f"{f['two_jobs_one_thread_s']:.0f} s; one by "
            f"one with two threads: {f['sequential_two_threads_s']:.0f} s",
            f"{f['ratio']:.1f} ×",
            "1.5 ×",
        ),
        (
            "features, empty cache",
            f"{x['clips']} clips against a plain librosa loop",
            f"{x['cold_ratio']:.1f} ×",
            "1 ×",
        ),
        (
            "features, again",
            f"{x['warm_s'] * 1e3:.0f} ms against {x['plain_librosa_s']:.1f} s",
            f"{x['warm_ratio']:.0f} ×",
            "50 ×",
        ),
        ("`import mcsan_lite`", "fresh process", f"{s['import_mcsan_lite_s']:.2f} s", "1.5 s"),
        ("`mcsan --help`", "fresh process", f"{s['mcsan_help_s']:.2f} s", "0.5 s"),
        (
            "an epoch over 100,000 utterances",
            f"{large['ms_an_utterance']:.2f} ms per utterance, against "
            f"{small['ms_an_utterance']:.2f} ms with 1,000",
            f"{large['ms_an_utterance'] / small['ms_an_utterance']:.2f} ×",
            "1 ×",
        ),
        (
            "memory of that epoch",
            f"{large['memory_added_mb']:.0f} MB for {large['features_on_disk_mb']:.0f} MB of "
            "features "
            f"on disk, against {small['memory_added_mb']:.0f} MB with 1,000 utterances",
            "",
            "not with the corpus",
        ),
        *structure_rows(structure),
    ]
    lines = [
        "| what | how | measured | wanted |",
        "|---|---|---|---|",
        *(f"| {' | '.join(row)} |" for row in rows),
    ]
    return "\n".join(
        [
            *lines,
            "",
            f"*{found['startup']['machine']}; `python benchmarks/run.py` measures it again. "
            "Ratios of "
            "one run, side by side; training, features and scale by CPU seconds.*",
        ]
    )


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
    head, _, rest = text.partition(START)
    return f"{head}{START}\n\n{table(found)}\n\n{END}{rest.partition(END)[2]}"


def main(names: list[str]) -> None:
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
