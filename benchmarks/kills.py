"""Kills every long command again and again, and checks that nothing is lost and nothing remains.

    python benchmarks/kills.py                   40 kills of each task, about 25 minutes
    python benchmarks/kills.py training --kills 5
    python benchmarks/kills.py --write           ... into results/kills.csv, for docs/robustness.md

Each task is a command on a scratch folder. It runs once undisturbed. Then it is started and killed
with SIGKILL at random moments, the whole group of processes or the parent alone, and started
again in the folder as the kill left it. At the end it runs undisturbed, and its files must be those
of the first run, bit for bit (times of day and seconds aside), with no other file beside them.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from mcsan_lite.tables.own import save_table

ROOT = Path(__file__).resolve().parents[1]
MCSAN = (sys.executable, "-m", "mcsan_lite")
SMALL = ("--profile", "smoke", "--data", "data", "--runs", "runs", "--jobs", "2")
EXTRACT = """
import mcsan_lite as mc
corpus = mc.open_corpus(profile="smoke")
features, _ = mc.extract(corpus, cache="data/cache", jobs=2)
print(len(features))
"""
BUILD = f"""
import sys
from pathlib import Path
sys.path.insert(0, {str(ROOT / "notebooks")!r})
import build
sys.exit(build.main(["--again", "--jobs", "2"], Path(".")))
"""
LESSON = """\
# %% tags=["parameters"]
PROFILE = "quick"

# %%
import time
time.sleep(2)
print(PROFILE)
"""
TASKS = {
    "generation": (*MCSAN, "data", "synthetic", "--profile", "smoke", "--data", "data"),
    "features": (sys.executable, "-c", EXTRACT),
    "training": (*MCSAN, "run", "--rows", "MCSAN,w/o cross", *SMALL, "--seeds", "3"),
    "tables": (*MCSAN, "run", "table3", *SMALL, "--folds", "1"),
    "checkpoints": (*MCSAN, "checkpoints", *SMALL, "--out", "checkpoints"),
    "notebooks": (sys.executable, "-c", BUILD),
}
# What may differ between two runs that give the same results.
VOLATILE_FIELDS = ("started", "finished", "seconds", "seconds_per_epoch", "git")
LIMIT_S = 600


@dataclass(frozen=True)
class Outcome:
    """What a task's kills ended with."""

    task: str
    kills: int
    runs: int
    same: bool
    left: list[str]


def start(task: str, folder: Path) -> subprocess.Popen:
    """The task's command in `folder`, as the leader of a group of processes."""
    log = open(folder.with_suffix(".log"), "a", encoding="utf-8")  # noqa: SIM115 (the child's)
    env = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(
        TASKS[task], cwd=folder, stdout=log, stderr=log, env=env, start_new_session=True
    )


def finish(task: str, folder: Path) -> float:
    """Run the task undisturbed; the seconds it took."""
    began = time.perf_counter()
    process = start(task, folder)
    status = process.wait(LIMIT_S)
    if status != 0:
        raise SystemExit(f"{task} ended with {status}: see {folder.with_suffix('.log')}")
    return time.perf_counter() - began


def kill(process: subprocess.Popen, whole_group: bool) -> None:
    """SIGKILL, as a scheduler or an empty battery gives it."""
    if whole_group:
        os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()
    process.wait()


def end_group(process: subprocess.Popen) -> None:
    """Wait until a killed parent's workers have ended by themselves, as they do."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            os.killpg(process.pid, 0)
        except ProcessLookupError:
            return
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGKILL)
    raise SystemExit(f"workers of {process.args} lived for a minute after their parent's death")


def content(path: Path) -> str:
    """A digest of a file's content without what tells of time."""
    if path.suffix == ".json" and "cache" not in path.parts:  # a cached one is sealed, line by line
        found = json.loads(path.read_text(encoding="utf-8"))
        if isinstance(found, dict):
            found = {name: value for name, value in found.items() if name not in VOLATILE_FIELDS}
        return hashlib.sha256(json.dumps(found, sort_keys=True).encode()).hexdigest()
    if path.suffix == ".csv":
        table = pd.read_csv(path, dtype=str, keep_default_na=False)
        kept = [name for name in table.columns if not name.startswith("seconds")]
        return hashlib.sha256(table[kept].to_csv().encode()).hexdigest()
    return hashlib.sha256(path.read_bytes()).hexdigest()


def state(folder: Path) -> dict[str, str]:
    """{path: digest} of all files below a folder, but tables that print seconds.

    Whole files of the cache are compared for the task "features" alone. A later start of another
    task extracts what it still needs, so that the same rows may lie in other files.
    """
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    if folder.name != "features":
        files = [path for path in files if "cache" not in path.parts or ".part" in path.name]
    shown = (".md", ".svg", ".png")
    return {
        path.relative_to(folder).as_posix(): "shown" if path.suffix in shown else content(path)
        for path in files
        if path.name != ".lock"
    }


def prepare(task: str, folder: Path, prepared: Path) -> None:
    """An empty folder, with what the task builds on."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    if task not in ("generation", "notebooks"):
        shutil.copytree(prepared / "data", folder / "data")
    if task == "notebooks":
        (folder / "mcsan_lite").mkdir()
        (folder / "mcsan_lite" / "__init__.py").touch()
        (folder / "notebooks" / "src").mkdir(parents=True)
        for number in range(3):
            path = folder / "notebooks" / "src" / f"{number:02d}_lesson.py"
            path.write_text(LESSON, encoding="utf-8")


def torture(task: str, kills: int, scratch: Path, prepared: Path) -> Outcome:
    """Kill a task so many times; see the module."""
    rng = random.Random(task)
    folder = scratch / task
    prepare(task, folder, prepared)
    given = set(state(folder))
    seconds = finish(task, folder)
    wanted = state(folder)
    if set(wanted) == given:
        raise SystemExit(f"{task} wrote nothing: there is nothing to compare")
    prepare(task, folder, prepared)
    killed, runs, same, left = 0, 0, True, set()
    while killed < kills:
        process = start(task, folder)
        runs += 1
        try:
            process.wait(rng.uniform(0.2, seconds))
        except subprocess.TimeoutExpired:
            killed += 1
            kill(process, whole_group=killed % 2 == 0)
            end_group(process)
            print(f"\r{task}: {killed} of {kills} killed", end="", file=sys.stderr, flush=True)
            continue
        found = state(folder)  # it was faster than the kill: a whole result, begin again
        same &= {name: found.get(name) for name in wanted} == wanted
        left |= set(found) - set(wanted)
        prepare(task, folder, prepared)
    finish(task, folder)
    found = state(folder)
    same &= {name: found.get(name) for name in wanted} == wanted
    left |= set(found) - set(wanted)
    return Outcome(task, killed, runs, same, sorted(left))


def verdict(outcome: Outcome) -> str:
    """A task's end in words."""
    result = "bit-identical" if outcome.same else "NOT THE SAME"
    if not outcome.left:
        return f"{result}, nothing left"
    return f"{result}, LEFT {len(outcome.left)} files, such as {outcome.left[0]}"


def outcomes_table(outcomes: list[Outcome]) -> pd.DataFrame:
    """One row per task: how often it was killed and started, and what became of its files."""
    rows = [
        {
            "task": one.task,
            "kills": one.kills,
            "starts": one.runs,
            "same": "yes" if one.same else "no",
            "left": len(one.left),
        }
        for one in outcomes
    ]
    return pd.DataFrame(rows)


def main() -> int:
    """Print one line per task. The status: 0 where all ended alike and left nothing."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("tasks", nargs="*", help=f"of {', '.join(TASKS)} (default: all)")
    parser.add_argument("--kills", type=int, default=40, help="of each task (default: 40)")
    parser.add_argument("--write", action="store_true", help="write results/kills.csv")
    options = parser.parse_args()
    outcomes = []
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        prepared = scratch / "prepared"
        prepare("generation", prepared, prepared)
        finish("generation", prepared)
        for task in options.tasks or TASKS:
            outcome = torture(task, options.kills, scratch, prepared)
            outcomes.append(outcome)
            counts = f"{outcome.kills} kills in {outcome.runs} runs"
            print(f"\n{task}: {counts}: {verdict(outcome)}", flush=True)
    if options.write:
        save_table(ROOT / "results" / "kills.csv", outcomes_table(outcomes))
    return int(any(not one.same or one.left for one in outcomes))


if __name__ == "__main__":
    sys.exit(main())
