"""How a command ends: done, refused, stopped, or failed; each with an exit status of its own.

In: a command's function and its parsed options. Out: its exit status. Every refusal is three parts
on stderr; a fault of the program itself keeps its traceback.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from mcsan_lite.cli.borders.advice import note_on_options, option_names
from mcsan_lite.errors import DataError, disk_refusal

REFUSED = 2  # as argparse ends where an option is wrong
FAULT = 3
_INTERRUPTED = 130  # 128 + SIGINT, as shells count
_READER_LEFT = 141  # 128 + SIGPIPE

EXIT_STATUSES = """\
exit status:
  0    done
  1    the answer is no: not the published set (check), something is missing (doctor),
       a recording without an answer among others (predict)
  2    refused, with the reason: what was given, what was expected, what to do
  3    a fault of the program, with its traceback
  130  stopped by Ctrl-C; 143 by a scheduler (SIGTERM), 129 by a closed terminal (SIGHUP):
       finished folds stay, and the same command goes on"""


class Stopped(KeyboardInterrupt):
    """A signal that asks the program to end, such as a scheduler sends.

    Attributes:
        status: the exit status that it stands for.
    """

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.status = 128 + number


def ended(command: Callable[[argparse.Namespace], int], args: argparse.Namespace) -> int:
    """Run a command to one of its ends.

    Args:
        command: from parsed options to the exit status.
        args: its options; `args.parser` is the command's own parser.

    Returns:
        The exit status, as `EXIT_STATUSES` describes it.
    """
    try:
        with _stopped_by_signals():
            status = command(args)
            sys.stdout.flush()
        return status
    except KeyboardInterrupt as stop:
        print("stopped: finished folds stay; the same command goes on.", file=sys.stderr)
        return getattr(stop, "status", _INTERRUPTED)
    except BrokenPipeError:  # `mcsan table | head`
        _forget_output()
        return _READER_LEFT
    except Exception as error:
        refusal = _refusal(error, args.parser)
        if refusal is None:
            traceback.print_exc()
            return FAULT
        print(refusal, file=sys.stderr)
        return REFUSED


def _refusal(error: Exception, parser: argparse.ArgumentParser) -> str | None:
    """What an exception says in three parts; None for a fault of the program."""
    if isinstance(error, OSError) and _of_a_disk(error):
        options = [
            name for name in ("--data", "--runs", "--out", "--html") if name in option_names(parser)
        ]
        return str(disk_refusal(error, options))
    known = isinstance(error, (ValueError, RuntimeError, FloatingPointError))
    if not known or "Given:" not in str(error):
        return None
    text = str(error)
    advice = error.do if isinstance(error, DataError) else text
    return text + note_on_options(advice, parser)


def _of_a_disk(error: OSError) -> bool:
    """Whether it is about files. What networks and child processes raise has no such number."""
    if isinstance(error, (ConnectionError, TimeoutError, ChildProcessError)):
        return False
    return error.errno is not None


def _forget_output() -> None:
    """Let Python not try again, when it ends, to write what nobody reads."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@contextmanager
def _stopped_by_signals() -> Iterator[None]:
    """SIGTERM and SIGHUP unwind the program as Ctrl-C does, instead of ending it on the spot.

    A signal that is ignored, as `nohup` ignores SIGHUP, stays so.
    """
    import signal
    import threading

    before = {}

    def stop(number: int, _frame: object) -> None:
        raise Stopped(number)

    if threading.current_thread() is threading.main_thread():
        for name in ("SIGTERM", "SIGHUP"):
            number = getattr(signal, name, None)  # Windows has no SIGHUP
            if number is not None and signal.getsignal(number) == signal.SIG_DFL:
                before[number] = signal.signal(number, stop)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
