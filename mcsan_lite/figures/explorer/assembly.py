"""One page, or one module, out of the files of this folder.

In: the names of modules, and what a page holds. Out: HTML that fetches nothing; or one JavaScript
module for JupyterLab. The word lens, the explorer in a notebook and the explorer on a page are made
of the same files: lens.js, explorer.js and style.css. Each text that a reader sees lies in
`figures.texts`, one file per language.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Mapping
from importlib.resources import files

_IMPORT = re.compile(r"^import .*?;\n", re.MULTILINE)


def _read(name: str) -> str:
    return files("mcsan_lite.figures.explorer").joinpath(name).read_text(encoding="utf-8")


def page_style() -> str:
    """The style sheet of lens and explorer."""
    return _read("style.css")


def joined_modules(*names: str) -> str:
    """Some JavaScript modules as one: they know each other's names without an import.

    Args:
        names: of the modules, each after those that it needs.
    """
    return "\n".join(_IMPORT.sub("", _read(f"{name}.js")) for name in names)


def assembled_page(data: Mapping[str, object], code: str) -> str:
    """A page that works from disk, offline, without a kernel.

    Args:
        data: what the page shows, with its `texts`, which name its language. It must fit into JSON.
            Any text may be in it: it stays text.
        code: a JavaScript module, which reads the data.

    Returns:
        The page as HTML.
    """
    text = json.dumps(data, ensure_ascii=True, separators=(",", ":"))
    text = text.replace("<", "\\u003c")  # so that "</script>" stays text
    about = data["texts"]["page"]
    parts = {
        "LANGUAGE": html.escape(about["language"]),
        "NOSCRIPT": html.escape(about["noscript"]),
        "STYLE": page_style(),
        "CODE": code,
        "DATA": text,
    }
    # In one pass: a part may hold what looks like the place of another.
    return re.sub(f"%({'|'.join(parts)})%", lambda place: parts[place[1]], _read("page.html"))
