"""Sphinx's settings of the site. `python site/build.py` writes the pages and calls Sphinx.

Nothing on a page is fetched from another host: the theme uses the reader's own fonts, MathJax lies
beside the pages, and the lessons are shown as they were executed.
"""

from __future__ import annotations

import re
from importlib.metadata import distribution
from pathlib import Path

import mcsan_lite

# Code in backticks, or a sign that reStructuredText would read as markup.
MARKUP = re.compile(r"(`[^`]*`)|([*|]|(?<=\w)_(?!\w))")

project = "mcsan_lite"
author = "the mcsan_lite authors"
copyright = author
version = release = mcsan_lite.__version__
language = "en"

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.mathjax",
    "sphinx.ext.napoleon",
    "sphinx.ext.viewcode",
    "sphinx_copybutton",
]
exclude_patterns = ["extra", "files", "_static"]
suppress_warnings = ["myst.header", "ref.python"]

# Pages and lessons
nb_execution_mode = "off"
nb_merge_streams = True
myst_enable_extensions = ["amsmath", "dollarmath"]
myst_heading_anchors = 4

# The reference
add_module_names = False
toc_object_entries = False  # the side bar lists modules; drawing it then takes a tenth of the time
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
default_role = "code"
napoleon_google_docstring = True
napoleon_numpy_docstring = False
napoleon_use_ivar = True
napoleon_use_rtype = False

# How it looks
html_theme = "furo"
html_title = "mcsan_lite"
html_css_files = ["site.css"]
html_js_files = ["site.js"]
html_favicon = "static/favicon.svg"
html_copy_source = False
html_show_sphinx = False
html_theme_options = {"navigation_with_keys": True}
pygments_style = "a11y-high-contrast-light"
pygments_dark_style = "a11y-high-contrast-dark"
copybutton_selector = "div.highlight:not(div.cell_output div.highlight) > pre"

# One file that draws formulas as SVG: no fonts, which some browsers do not load from disk.
mathjax_path = "mathjax/tex-svg.js"


def _math_file() -> Path:
    """MathJax, from the Python package that brings it."""
    name = "sphinx-mathjax-offline"
    found = [file for file in distribution(name).files or () if file.name == "tex-svg.js"]
    return Path(found[0].locate())


def _copy_math(app, error) -> None:
    if error is None and app.builder.format == "html":
        target = Path(app.outdir) / "_static" / "mathjax" / "tex-svg.js"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(_math_file().read_bytes())


def _plain_docstring(app, what, name, thing, options, lines) -> None:
    """Docstrings are plain text: a star is no markup, and a drawing stays as it is."""
    kept = []
    drawing = False
    for line in lines:
        indented = line.startswith("    ")
        if what == "module" and indented and not drawing:
            kept += ["", "::", ""]
            drawing = True
        elif line and not indented and drawing:
            kept += [""]
            drawing = False
        kept.append(line if drawing else MARKUP.sub(_kept_or_escaped, line))
    lines[:] = kept


def _kept_or_escaped(match: re.Match) -> str:
    return match[1] or f"\\{match[2]}"


def _headings_have_a_rank(app, page, template, context, doctree) -> None:
    """The side bar's captions are headings, and a screen reader asks of which rank."""
    tree = context.get("furo_navigation_tree", "")
    ranked = tree.replace('role="heading"', 'role="heading" aria-level="2"')
    context["furo_navigation_tree"] = ranked


def _says_its_language(app, page, template, context, doctree) -> None:
    """The words of a translated lesson are in its language; the site around them is in English."""
    translated = re.match(r"notebooks/([a-z]{2})/", page)
    if translated and context.get("body"):
        context["body"] = f'<div lang="{translated[1]}">{context["body"]}</div>'


def _own_folders(app, config) -> None:
    config.html_static_path = [str(Path(app.srcdir) / "_static")]
    config.html_extra_path = [str(Path(app.srcdir) / "extra")]


def setup(app) -> None:
    """Called by Sphinx."""
    app.connect("config-inited", _own_folders)
    app.connect("autodoc-process-docstring", _plain_docstring, priority=400)
    app.connect("html-page-context", _headings_have_a_rank, priority=900)
    app.connect("html-page-context", _says_its_language)
    app.connect("build-finished", _copy_math)
