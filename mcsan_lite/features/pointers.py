"""What stands in a large file's place until it is fetched: git-lfs and git-annex pointers.

In: the first bytes of a file. Out: what they are instead of a clip or film.
"""

from __future__ import annotations

_POINTERS = {
    b"version https://git-lfs": "a git-lfs pointer, not the file itself",
    b"/annex/objects/": "a git-annex pointer, not the file itself",
}
POINTER_BYTES = max(map(len, _POINTERS))
FETCH_POINTERS = "fetch the files: git lfs pull   (git-annex: git annex get .)"


def pointer_kind(head: bytes) -> str:
    """What a file is that begins like this; "" where it is no pointer."""
    for start, what in _POINTERS.items():
        if head.startswith(start):
            return what
    return ""
