"""`mcsan report`: the reproduction report from the tables of results.

In: parsed options. Out: one html page, or its pdf. Heavy imports wait until the command runs.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from mcsan_lite.cli.options import add_command


def add_report_command(commands) -> None:
    """mcsan report: its options."""
    parser = add_command(
        commands,
        "report",
        report_command,
        "the reproduction report in the form of reproducibility tracks, from results and ledgers",
        example="mcsan report -o report.html",
    )
    parser.add_argument(
        "-o",
        "--out",
        default="report.html",
        metavar="FILE",
        help="the report: .html, or .pdf, which needs Chromium, Chrome or Edge "
        "(default: report.html)",
    )
    parser.add_argument(
        "--results", default="results", help="folder of the tables of results (default: results)"
    )


def report_command(args: argparse.Namespace) -> int:
    """Write the reproduction report: claims, scope, results with intervals, and what stays open."""
    from mcsan_lite.errors import require_name
    from mcsan_lite.figures.pages.page import require_page_place, save_page
    from mcsan_lite.paper.reproduction import build

    require_name(Path(args.out).suffix.lower(), (".html", ".pdf"), "a report that ends in")
    place = require_page_place(args.out)
    if place.suffix.lower() == ".pdf":
        build.require_browser(place)
        build.print_pdf(build.report_page(args.results), place)
    else:
        save_page(place, build.report_page(args.results))
    print(f"{place} written")
    return 0
