"""Where the sections of the long README went: the table on docs/pages.md.

    python docs/moved.py README-OLD.md    count the words of each section of an old README anew

In: docs/moved.csv (section, words, pages), README.md and docs/. Out: markdown.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from mcsan_lite.tables.own import load_table, save_table
from mcsan_lite.tables.shared import markdown_rows

ROOT = Path(__file__).resolve().parents[1]
MOVED = ROOT / "docs" / "moved.csv"


def words_of_sections(text: str) -> dict[str, int]:
    """The words below each heading of a page, up to the next one: {heading: words}.

    Args:
        text: markdown.
    """
    parts = re.split(r"^#{1,3} (.+)$", text, flags=re.MULTILINE)
    return {
        head.strip(): len(body.split()) for head, body in zip(parts[1::2], parts[2::2], strict=True)
    }


def moved_lines(results: Path | None = None, root: Path = ROOT) -> str:
    """The table, and the size of the README before and now.

    Args:
        results: not used; the makers of all parts are called alike.
        root: of the repository.
    """
    table = load_table(MOVED, numbers=("words",))
    rows = []
    for row in table.itertuples():
        links = ", ".join(_link(page) for page in row.pages.split())
        rows.append((row.section, f"{row.words:,}", links))
    now = len((root / "README.md").read_text(encoding="utf-8").split())
    pages = sum(len(path.read_text(encoding="utf-8").split()) for path in root.glob("docs/**/*.md"))
    said = (
        f"The README had {table.words.sum():,} words below these headings. It has about "
        f"{round(now, -2):,} now, and the pages of docs/ have about {round(pages, -3):,}."
    )
    sheet = markdown_rows(("section of the long README", "words", "now on"), rows)
    return "\n".join([sheet, "", said])


def _link(page: str) -> str:
    place = f"../{page}" if page == "README.md" else page
    return f"[{page}]({place})"


def main(path: str) -> None:
    """Write the words of an old README's sections into docs/moved.csv."""
    counted = words_of_sections(Path(path).read_text(encoding="utf-8"))
    table = load_table(MOVED, numbers=("words",))
    save_table(MOVED, table.assign(words=[counted[section] for section in table.section]))


if __name__ == "__main__":
    main(sys.argv[1])
