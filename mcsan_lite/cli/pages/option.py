"""--html FILE: the result of a command as a page, beside the text that it prints.

In: parsed options, and what makes the page. Out: a file, whole or not there. What stands on stdout
is the same with a page and without one.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path


def add_html_option(parser: argparse.ArgumentParser) -> None:
    """--html: the same result as a page."""
    parser.add_argument(
        "--html",
        metavar="FILE",
        help="also write the result as one html page with figures, for a browser",
    )


def page_place(args: argparse.Namespace) -> Path | None:
    """Where a page is wanted; None where it is not. Refused before anything is computed for it."""
    if args.html is None:
        return None
    from mcsan_lite.figures.pages.page import require_page_place

    return require_page_place(args.html)


def write_result_page(place: Path | None, page: Callable[[], str]) -> None:
    """Write a page where one is wanted, and say so on stderr: what stands on stdout stays alike.

    Args:
        place: from `page_place`.
        page: makes its text.
    """
    if place is None:
        return
    from mcsan_lite.figures.pages.page import save_page

    save_page(place, page())
    print(f"{place} written", file=sys.stderr)
