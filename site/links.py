"""The links of a markdown text.

In: markdown. Out: the same text with other link targets; what stands in code is left alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable

LINK = re.compile(r"(!?)\[((?:[^\[\]]|\[[^\]]*\])*)\]\(([^()\s]+)\)")
CODE = re.compile(r"(```.*?```|~~~.*?~~~|``[^`]+``|`[^`\n]+`)", re.DOTALL)


def targets_of(text: str) -> list[str]:
    """Where the links and pictures of a text lead, in their order; code is not searched."""
    return [target for _, _, target in LINK.findall(CODE.sub("", text))]


def rewritten(text: str, linked: Callable[[str], str | None]) -> str:
    """A markdown text with other link targets. Code is left alone.

    Args:
        text: markdown.
        linked: a target becomes another one, or None: then only the link's own words stay.
    """
    pieces = CODE.split(text)  # every second piece is code
    code = pieces[1::2]
    held = "".join(
        piece if place % 2 == 0 else f"\0{place // 2}\0" for place, piece in enumerate(pieces)
    )

    def replaced(match: re.Match) -> str:
        mark, words, target = match.groups()
        found = linked(target)
        return words if found is None else f"{mark}[{words}]({found})"

    # The words of a link may hold code, so code comes back last.
    return re.sub(r"\0(\d+)\0", lambda match: code[int(match[1])], LINK.sub(replaced, held))


def one_title(text: str) -> str:
    """A text whose first heading is its only one of the first rank: the side bar shows one line."""
    pieces = CODE.split(text)
    prose = "\0".join(pieces[::2])
    first, *others = re.split(r"^(?=# )", prose, flags=re.MULTILINE)
    if first.strip() == "" and others:
        first += others.pop(0)
    prose = first + "".join(f"#{other}" for other in others)
    pieces[::2] = prose.split("\0")
    return "".join(pieces)
