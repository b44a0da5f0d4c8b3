"""Damages every kind of file that the package reads, thousands of times, and watches what happens.

    python benchmarks/mutations.py                  28,000 inputs, some minutes on one core
    python benchmarks/mutations.py --count 2000     fewer
    python benchmarks/mutations.py --only "tar.gz"  one kind
    python benchmarks/mutations.py --write          also writes the table into docs/robustness.md

Each input is a whole file with a few seeded changes: flipped bits, bytes cut, inserted, repeated or
swapped, numbers and names replaced by odd ones. What reads it must give a value, or a refusal in
three parts (a cache: nothing, so that the array is made again). Any other exception, more than 10
seconds or more than a gigabyte is an escape: it is printed with its seed, and the exit status is 1.
The inputs run in a child process, whose death or silence is an escape too.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import re
import resource
import signal
import sys
import tempfile
import time
import warnings
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import mutated
import numpy as np
import torch
from mutated.kinds import Kind

from mcsan_lite.errors import DataError
from mcsan_lite.tables.shared import between_marks

PAGE = Path(__file__).parents[1] / "docs" / "robustness.md"
START, END = "<!-- mutations: made by benchmarks/mutations.py -->", "<!-- /mutations -->"
SEED = 0
COUNT = 28_000
SECONDS = 10.0
MOST_BYTES = 1 << 30
SHOWN = 40
ODD_WORDS = (
    b"",
    b"-1",
    b"0",
    b"9" * 400,
    b"1e999",
    b"-1e999",
    b"nan",
    b"NaN",
    b"null",
    b"true",
    b"[]",
    b"{}",
    b"[" * 3000,
    b"2147483648",
    b"18446744073709551616",
    b"1000000",
    b"0.5",
    b'"a"',
    b"'",
    b'"',
    b"\\ud800",
    b"\xed\xa0\x80",
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    b"\0",
    b"\r",
    b"\n",
    b"\t",
    b";",
    b",,,,",
    b"../../x",
    b"/dev/zero",
    "\u0663".encode(),  # a digit, but not of ASCII
    "\u2028".encode(),
)
ODD_NUMBERS = (0, 1, 127, 255, 2**15, 2**16 - 1, 2**31 - 1, 2**31, 2**32 - 1, 2**63 - 1, 2**64 - 1)
WORD = re.compile(rb"[A-Za-z_]+|-?\d+(?:\.\d+)?|[\"'\[\]{}(),:;]")


def mutate(data: bytes, random: np.random.Generator, head: int | None) -> bytes:
    """One change, seldom two or four.

    Args:
        data: a whole file.
        random: decides them.
        head: only so many bytes from the start change; None: all.
    """
    end = len(data) if head is None else min(head, len(data))
    changed = bytearray(data[:end])
    for _ in range((1, 1, 1, 2, 4)[random.integers(5)]):
        change = CHANGES[random.integers(len(CHANGES))]
        changed = bytearray(change(changed, random))
    return bytes(changed) + data[end:]


def flip(data: bytearray, random: np.random.Generator) -> bytearray:
    """Flip one to eight bits."""
    for _ in range(random.integers(1, 9) if data else 0):
        data[random.integers(len(data))] ^= 1 << int(random.integers(8))
    return data


def cut(data: bytearray, random: np.random.Generator) -> bytearray:
    """Cut off the end."""
    return data[: random.integers(len(data) + 1)]


def part(data: bytearray, random: np.random.Generator) -> slice:
    """A short part of the data."""
    start = int(random.integers(len(data) + 1))
    return slice(start, start + int(random.integers(1, 64)))


def insert(data: bytearray, random: np.random.Generator) -> bytearray:
    """Insert random bytes."""
    at = part(data, random)
    return data[: at.start] + random.bytes(at.stop - at.start) + data[at.start :]


def delete(data: bytearray, random: np.random.Generator) -> bytearray:
    """Delete a part."""
    at = part(data, random)
    return data[: at.start] + data[at.stop :]


def repeat(data: bytearray, random: np.random.Generator) -> bytearray:
    """Repeat a part two to fifty times."""
    at = part(data, random)
    return data[: at.stop] + data[at] * int(random.integers(1, 50)) + data[at.stop :]


def swap(data: bytearray, random: np.random.Generator) -> bytearray:
    """Swap two halves of a part of the data."""
    first, second, third = sorted(random.integers(0, len(data) + 1, 3))
    return data[:first] + data[second:third] + data[first:second] + data[third:]


def overwrite(data: bytearray, random: np.random.Generator) -> bytearray:
    """Put an extreme number in place of 1, 2, 4 or 8 bytes."""
    size = 1 << int(random.integers(4))
    number = ODD_NUMBERS[random.integers(len(ODD_NUMBERS))] % 256**size
    order = "big" if random.integers(2) else "little"
    at = int(random.integers(len(data) + 1))
    data[at : at + size] = number.to_bytes(size, order)
    return data


def word(data: bytearray, random: np.random.Generator) -> bytearray:
    """Replace a word, a number or a mark of the text by an odd one."""
    found = list(WORD.finditer(bytes(data[:4096])))
    if not found:
        return data
    one = found[random.integers(len(found))]
    odd = ODD_WORDS[random.integers(len(ODD_WORDS))]
    return data[: one.start()] + odd + data[one.end() :]


def line(data: bytearray, random: np.random.Generator) -> bytearray:
    """Drop a line, or put it elsewhere as well."""
    lines = bytes(data).split(b"\n")
    moved = lines.pop(int(random.integers(len(lines))))
    if random.integers(2):
        lines.insert(int(random.integers(len(lines) + 1)), moved)
    return bytearray(b"\n".join(lines))


# Words are changed more often: most of what is read is text, or has a header of text.
CHANGES = (flip, cut, insert, delete, repeat, swap, overwrite, word, word, word, line)


class Hang(BaseException):
    """More than `SECONDS`; no reader may catch it."""


def hang(*_) -> None:
    """What the alarm does."""
    raise Hang


@dataclass
class Tally:
    """What happened to the inputs of one kind."""

    values: int = 0
    refusals: int = 0
    slowest_s: float = 0.0
    escapes: list[str] = field(default_factory=list)

    @property
    def count(self) -> int:
        return self.values + self.refusals + len(self.escapes)


def outcome_of(kind: Kind, whole: bytes, number: int) -> str:
    """Damage the file of a kind once, and read it.

    Args:
        kind: of the input.
        whole: the bytes that are damaged.
        number: of the input, which seeds the damage.

    Returns:
        "value", "refusal", or what escaped.
    """
    name = int.from_bytes(kind.name.encode()[-8:], "big")
    random = np.random.default_rng([SEED, name, number])
    data = mutate(whole, random, kind.head)
    kind.path.write_bytes(data if kind.wrap is None else kind.wrap(data))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    try:
        found = kind.read()
    except DataError as error:
        parts = str(error).startswith("Given: ") and "\nExpected: " in str(error)
        return "refusal" if parts and error.do else f"a refusal without three parts: {error}"
    except (Exception, Hang) as error:
        return f"{type(error).__name__}: {str(error)[:200]}"
    grown = 1024 * (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
    if grown > MOST_BYTES:
        return f"{grown / 1e9:.1f} GB of memory"
    return "refusal" if found is None else "value"


def run_batch(folder: Path, tasks: list[tuple[int, int]], channel) -> None:
    """Read inputs in this process, and send each outcome as soon as it is known.

    Args:
        folder: an empty folder.
        tasks: (number of the kind, number of the input).
        channel: takes ("start", task) and ("done", outcome, seconds).
    """
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    kinds = mutated.every_kind(folder)
    wholes = [kind.whole() for kind in kinds]
    for kind in kinds:  # what is slow only once per process
        kind.read()
    signal.signal(signal.SIGALRM, hang)
    limit_memory()
    for place, number in tasks:
        kind = kinds[place]
        start = time.perf_counter()
        signal.setitimer(signal.ITIMER_REAL, SECONDS)
        try:
            outcome = outcome_of(kind, wholes[place], number)
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            kind.path.write_bytes(wholes[place] if kind.wrap is None else kind.wrap(wholes[place]))
        channel.send((outcome, time.perf_counter() - start))


def limit_memory() -> None:
    """Let this process take four gigabytes more than it has, so that the machine survives."""
    text = Path("/proc/self/status").read_text(encoding="utf-8")
    used = 1024 * int(re.search(r"VmData:\s+(\d+)", text)[1])
    resource.setrlimit(resource.RLIMIT_DATA, (used + 4 * MOST_BYTES, resource.RLIM_INFINITY))


def run_all(names: list[str], tasks: list[tuple[int, int]]) -> dict[str, Tally]:
    """The outcomes of all inputs, by kind. A child that dies or hangs is replaced.

    Args:
        names: of the kinds.
        tasks: (number of the kind, number of the input).
    """
    tallies = {name: Tally() for name in names}
    os.environ["TQDM_DISABLE"] = "1"  # a child reads it when it imports
    context = multiprocessing.get_context("spawn")
    done = 0
    while done < len(tasks):
        ours, theirs = context.Pipe()
        with tempfile.TemporaryDirectory() as folder:
            child = context.Process(target=run_batch, args=(Path(folder), tasks[done:], theirs))
            child.start()
            theirs.close()
            patience = 120.0  # its imports
            while done < len(tasks):
                place, number = tasks[done]
                answer = answer_of(ours, patience)
                patience = 2 * SECONDS
                count(tallies[names[place]], answer, number)
                done += 1
                if answer is None:
                    break
            child.kill()
            child.join()
    return tallies


def answer_of(channel, patience: float) -> tuple[str, float] | None:
    """What a child says about one input.

    Args:
        channel: from the child.
        patience: seconds to wait.

    Returns:
        The outcome and its seconds; None where the child died or is silent for too long.
    """
    try:
        return channel.recv() if channel.poll(patience) else None
    except (EOFError, OSError):
        return None


def count(tally: Tally, answer: tuple[str, float] | None, number: int) -> None:
    """Add one outcome."""
    outcome, seconds = answer or ("the process died or hung", SECONDS)
    tally.slowest_s = max(tally.slowest_s, seconds)
    if outcome == "value":
        tally.values += 1
    elif outcome == "refusal":
        tally.refusals += 1
    else:
        tally.escapes.append(f"input {number}: {outcome}")


def table(tallies: dict[str, Tally]) -> str:
    """A markdown table, one row per kind."""
    rows = ["| kind | inputs | values | refusals | escapes | slowest (s) |", "|---|" + "--:|" * 5]
    for name, one in tallies.items():
        cells = [
            name,
            one.count,
            one.values,
            one.refusals,
            len(one.escapes),
            f"{one.slowest_s:.1f}",
        ]
        rows.append("| " + " | ".join(map(str, cells)) + " |")
    total = [sum(getattr(one, name) for one in tallies.values()) for name in ("values", "refusals")]
    escapes = sum(len(one.escapes) for one in tallies.values())
    slowest = max(one.slowest_s for one in tallies.values())
    cells = ["**all**", sum(total) + escapes, *total, escapes, f"{slowest:.1f}"]
    return "\n".join([*rows, "| " + " | ".join(map(str, cells)) + " |"])


def render(text: str, tallies: dict[str, Tally]) -> str:
    """The page with the table between its marks."""
    return between_marks(text, START, END, table(tallies))


def names_of_kinds() -> list[str]:
    """The kinds of input, in their order."""
    with tempfile.TemporaryDirectory() as folder:
        return [kind.name for kind in mutated.every_kind(Path(folder))]


def main() -> int:
    """Run, print the table and every escape; 1 where anything escaped."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--count", type=int, default=COUNT, help="inputs in all")
    options.add_argument("--only", help="the kinds whose name holds this")
    options.add_argument("--first", type=int, default=0, help="number of the first input")
    options.add_argument("--write", action="store_true", help="write the table into docs/")
    args = options.parse_args()
    names = names_of_kinds()
    chosen = [place for place, name in enumerate(names) if (args.only or "") in name]
    each = -(-args.count // len(chosen))
    numbers = range(args.first, args.first + each)
    tallies = run_all(names, [(place, number) for place in chosen for number in numbers])
    tallies = {names[place]: tallies[names[place]] for place in chosen}
    print(table(tallies))
    for name, one in tallies.items():
        kinds = Counter(escape.partition(": ")[2].partition(":")[0] for escape in one.escapes)
        if one.escapes:
            print(f"\n{name}: {dict(kinds)}", *one.escapes[:SHOWN], sep="\n  ")
    if args.write:
        PAGE.write_text(render(PAGE.read_text(encoding="utf-8"), tallies), encoding="utf-8")
    return int(any(one.escapes for one in tallies.values()))


if __name__ == "__main__":
    sys.exit(main())
