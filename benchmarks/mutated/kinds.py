"""One kind of input, and what its readers share.

In: a path and a function that reads it. Out: a `Kind`, as `mutations.py` damages it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Kind:
    """A kind of input.

    Attributes:
        name: in the table.
        path: the file that is damaged.
        read: reads it as a user's command would, and checks what must hold of a value.
        head: only so many bytes from the start are damaged; None: all of them. A header is where
            damage does most.
        wrap: makes the file of the damaged bytes, for a text that lies within another format.
    """

    name: str
    path: Path
    read: Callable[[], object]
    head: int | None = None
    wrap: Callable[[bytes], bytes] | None = None
    text: bytes | None = None

    def whole(self) -> bytes:
        """The bytes to damage."""
        return self.path.read_bytes() if self.text is None else self.text


def require(condition: bool, what: str) -> None:
    """Raise AssertionError, which counts as an escape, where a value is not what it must be.

    Args:
        condition: what must hold.
        what: what is wrong otherwise.
    """
    if not condition:
        raise AssertionError(what)


def put(path: Path, content: str | bytes) -> Path:
    """Write a file, and the folders above it.

    Args:
        path: the file.
        content: text is written in UTF-8.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path
