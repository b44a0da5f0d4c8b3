"""The reproduction report as an html page, or printed to pdf by a browser that is at hand.

In: a folder of results. Out: the page as text; or a pdf, whole or not there. The form is that of
reproducibility tracks: summary, scope, methodology, results, discussion.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from importlib.resources import files
from pathlib import Path

from mcsan_lite.cache import write_atomic
from mcsan_lite.errors import DataError
from mcsan_lite.figures.pages.inline import in_our_theme
from mcsan_lite.figures.pages.page import filled_page
from mcsan_lite.paper.reproduction.facts import facts
from mcsan_lite.paper.reproduction.shipped import shipped_tables

_BROWSERS = (
    *("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"),
    *("msedge", "microsoft-edge"),
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "C:/Program Files/Google/Chrome/Application/chrome.exe",
    "C:/Program Files (x86)/Microsoft/Edge/Application/msedge.exe",
)
_PATIENCE_S = 240


def template_text() -> str:
    """The prose of the report, with places for its numbers."""
    return files("mcsan_lite.paper.reproduction").joinpath("report.html").read_text("utf-8")


def report_page(results: Path | str) -> str:
    """The report on everything that was run.

    Args:
        results: a folder of tables, as `mcsan run TABLE --out` fills it.

    Raises:
        DataError: where there is no table, or a damaged one.
    """
    with in_our_theme():
        values = facts(shipped_tables(results))
    return filled_page(template_text(), **values)


def browser_at_hand() -> str | None:
    """A Chromium, Chrome or Edge of this machine; None where there is none."""
    return next(filter(None, map(shutil.which, _BROWSERS)), None)


def print_pdf(page: str, path: Path | str) -> None:
    """Print a page to pdf, whole or not at all.

    Args:
        page: its html.
        path: the pdf.

    Raises:
        DataError: without a browser, or where it prints nothing.
    """
    browser = require_browser(path)

    def write(part: Path) -> None:
        # A browser may still write into its profile while the folder is removed.
        with tempfile.TemporaryDirectory(prefix="mcsan-", ignore_cleanup_errors=True) as folder:
            source, printed = Path(folder) / "report.html", Path(folder) / "report.pdf"
            source.write_text(page, encoding="utf-8")
            _print(browser, source, printed)
            part.write_bytes(printed.read_bytes())

    write_atomic(Path(path), write)


def require_browser(path: Path | str) -> str:
    """The browser that prints, or a refusal.

    Args:
        path: the pdf that is wanted.
    """
    browser = browser_at_hand()
    if browser is None:
        raise DataError(
            f"{path}, on a machine without Chromium, Chrome or Edge",
            "one of them, which prints the page",
            f"install one; or write {Path(path).with_suffix('.html').name} and print it from any "
            "browser.",
        )
    return browser


def _print(browser: str, source: Path, printed: Path) -> None:
    options = ["--headless", "--disable-gpu", "--no-sandbox", "--no-pdf-header-footer"]
    place = [f"--user-data-dir={source.parent / 'profile'}", f"--print-to-pdf={printed}"]
    command = [browser, *options, *place, source.as_uri()]
    try:
        subprocess.run(command, capture_output=True, timeout=_PATIENCE_S, check=False)
    except subprocess.TimeoutExpired:
        printed.unlink(missing_ok=True)
    if not printed.is_file():
        raise DataError(
            f"{browser}, which printed nothing",
            "a browser that prints to pdf",
            "write the report as html, and print it from the browser.",
        )
