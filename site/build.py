"""Build the site: the executed course, the docs and the reference, as pages that need no server.

    python site/build.py                     into build/site
    python site/build.py --out FOLDER        somewhere else
    python site/build.py --strict            a warning is an error

Lessons are shown as they lie in notebooks/; nothing is executed. Open build/site/index.html.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
HERE = ROOT / "site"


def main(arguments: list[str] | None = None) -> int:
    """The exit status: 0 if the site was built."""
    options = _parser().parse_args(arguments)
    sys.path[:0] = [str(HERE), str(ROOT)]
    try:
        from sphinx.cmd.build import main as sphinx
    except ImportError:
        print(
            "Given: a Python without Sphinx. Expected: the packages of the extra `site`. "
            "Do: pip install -r requirements-site.txt, or make site"
        )
        return 2
    from launch import published_address
    from pages import stage_site

    began = time.perf_counter()
    try:
        address = published_address(ROOT)
    except ValueError as error:
        print(error)
        return 2
    source = options.out.parent / f"{options.out.name}-source"
    stage_site(ROOT, source, address)
    words = ["-b", "html", "-c", str(HERE), "-j", str(options.jobs), "-q"]
    words += ["-W", "--keep-going"] if options.strict else []
    words += ["-E", "-a"] if settings_are_newer(options.out) else []
    status = sphinx([*words, str(source), str(options.out)])
    if status == 0:
        seconds = time.perf_counter() - began
        print(f"The site is ready after {seconds:.0f} s. Open: {options.out / 'index.html'}")
    return status


def settings_are_newer(out: Path) -> bool:
    """Whether the settings have changed since the site was built: then all is written again."""
    built = out / ".buildinfo"
    if not built.is_file():
        return True
    return any(path.stat().st_mtime > built.stat().st_mtime for path in HERE.rglob("*"))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "site")
    parser.add_argument("--jobs", type=int, default=2, help="processes side by side (default 2)")
    parser.add_argument("--strict", action="store_true", help="a warning is an error")
    return parser


if __name__ == "__main__":
    sys.exit(main())
