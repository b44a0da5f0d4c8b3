"""The kernel in which a student's notebook is marked: `python -m mcsan_lite.teaching.kernel`.

In: from the environment, a secret word, the lesson and the limits; then the cells, as any Jupyter
kernel takes them. Out: their replies. A request that begins with the secret word is no cell: it
names a call such as check.heads(split, merge), and the reply says what the package's own check
finds. That check is loaded before the first cell of the student runs, so that a notebook that
redefines `check` convinces nobody. What the checks rely on is compared with what it was at the
start.
"""

from __future__ import annotations

import ast
import builtins
import contextlib
import importlib
import io
import json
import math
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType

from ipykernel.ipkernel import IPythonKernel
from ipykernel.kernelapp import IPKernelApp

from mcsan_lite.exercises.exercise import NOT_SOLVED
from mcsan_lite.teaching.guard import install_guard, limit_memory

MARKING_SETTINGS = "MCSAN_MARKING"  # the variable that holds them, as json
LONGEST = 400  # characters of a message
# Beside the lesson's own checks: what they compare with and print by.
_RELIED_ON = (
    "mcsan_lite.exercises.exercise",
    "numpy",
    "numpy.linalg",
    "numpy.testing",
    "pandas",
    "torch",
    "torch.testing",
)


class _Sink(io.TextIOBase):
    """Keeps the last text that is printed, the verdict, and of that the beginning."""

    def __init__(self) -> None:
        self.last = ""

    def write(self, text: str) -> int:
        if not text.isspace():
            self.last = text[: 2 * LONGEST]
        return len(text)


class Judge:
    """The package's own checks of one lesson, as they were before any cell ran.

    Args:
        lesson: its number, such as "06".
    """

    def __init__(self, lesson: str) -> None:
        checks = importlib.import_module(f"mcsan_lite.exercises.lesson{lesson}")
        relied_on = [checks, builtins, math, *map(importlib.import_module, _RELIED_ON)]
        self._checks = dict(vars(checks))
        self._before = [(module, _callables(module)) for module in relied_on]

    def replaced(self) -> list[str]:
        """What the checks rely on and a cell has put something else in the place of."""
        changed = []
        for module, known in self._before:
            for name, value in known.items():
                now = vars(module).get(name)
                if now is not value and not _of_the_same_package(now, module):
                    changed.append(f"{module.__name__}.{name}")
        return changed

    def verdict(self, call: str, names: Mapping[str, object]) -> dict[str, str]:
        """What the check of an exercise finds.

        Args:
            call: as the course's own notebook has it.
            names: those of the student's notebook.

        Returns:
            "outcome": right, wrong, open, tampered, not reached; "message": the check's own words.
        """
        changed = self.replaced()
        if changed:
            return _found("tampered", f"a cell replaced {', '.join(changed[:3])}")
        node = ast.parse(call, mode="eval").body
        try:
            answers = [_value(argument, names) for argument in node.args]
        except NameError as error:
            return _found("not reached", f"the answer is not there: {error}")
        sink = _Sink()
        try:
            with contextlib.redirect_stdout(sink), contextlib.redirect_stderr(sink):
                is_right = self._checks[node.func.attr](*answers)
        except KeyboardInterrupt:
            return _found("not reached", "the answer took longer than a cell may")
        except BaseException as error:  # sys.exit() in an answer must not end the marking
            return _found("wrong", f"your code stops with {type(error).__name__}: {error}")
        return self._in_words(node.func.attr, bool(is_right), sink.last)

    def _in_words(self, name: str, is_right: bool, printed: str) -> dict[str, str]:
        changed = self.replaced()  # by the answer itself, while it was called
        if changed:
            return _found("tampered", f"the answer replaced {', '.join(changed[:3])}")
        said = printed.strip().rpartition(f" {name}: ")[2]
        if is_right:
            return _found("right", "right.")
        return _found("open" if said == NOT_SOLVED else "wrong", said)


def _callables(module: ModuleType) -> dict[str, object]:
    """What a module can do, and what it knows: its functions, classes and private constants."""
    own = module.__name__.startswith("mcsan_lite.")
    return {
        name: value
        for name, value in vars(module).items()
        if not name.startswith("__") and (own or callable(value)) and name != "_"
    }


def _of_the_same_package(value: object, module: ModuleType) -> bool:
    """Whether a package made this change itself, as torch does when more of it is loaded."""
    made_in = getattr(value, "__module__", None) or ""
    return made_in.partition(".")[0] == module.__name__.partition(".")[0]


def _value(argument: ast.expr, names: Mapping[str, object]) -> object:
    code = compile(ast.Expression(argument), "<check>", "eval")
    return eval(code, dict(names))


def _found(outcome: str, message: str) -> dict[str, str]:
    return {"outcome": outcome, "message": " ".join(message.split())[:LONGEST]}


def _kernel_class(secret: str, judge: Judge) -> type[IPythonKernel]:
    """A kernel that answers to the secret word with a verdict."""

    class MarkingKernel(IPythonKernel):
        async def do_execute(self, code, silent, *args, **kwargs):
            if not code.startswith(secret):
                reply = await super().do_execute(code, silent, *args, **kwargs)
                return _shortened(reply)
            try:
                found = judge.verdict(code.removeprefix(secret), self.shell.user_ns)
            except KeyboardInterrupt:
                found = _found("not reached", "the answer took longer than a cell may")
            expressions = {"verdict": found}
            counted = {"execution_count": 0, "payload": []}
            return {"status": "ok", "user_expressions": expressions} | counted

    return MarkingKernel


def _shortened(reply: dict) -> dict:
    """A reply in which a student's error message cannot fill the grader's memory."""
    for name in ("ename", "evalue"):
        if name in reply:
            reply[name] = str(reply[name])[:LONGEST]
    if "traceback" in reply:
        reply["traceback"] = []
    reply["payload"] = []
    return reply


def _quiet_end(app: Callable[[], None]) -> None:
    with contextlib.suppress(KeyboardInterrupt):
        app()


def serve_cells() -> None:
    """Limit this process, then serve cells until it is ended."""
    settings = json.loads(os.environ.pop(MARKING_SETTINGS))
    limit_memory(settings["memory"])
    judge = Judge(settings["lesson"])
    kernel_class = _kernel_class(settings["secret"], judge)
    connection = sys.argv[sys.argv.index("-f") + 1]
    app = IPKernelApp.instance(kernel_class=kernel_class)
    app.initialize(["-f", connection, "--log-level=ERROR", "--HistoryManager.enabled=False"])
    if settings["hidden"] is not None:
        install_guard(Path.cwd(), tuple(map(Path, settings["hidden"])))
    _quiet_end(app.start)


if __name__ == "__main__":
    serve_cells()
