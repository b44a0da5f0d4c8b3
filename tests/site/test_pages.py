"""Every page of the built site: seen, read aloud, on a phone, in the dark, and without a network."""

import os
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

SITE = Path(os.environ.get("MCSAN_SITE", "nowhere")).resolve()
PAGES = sorted(path.relative_to(SITE).as_posix() for path in SITE.rglob("*.html"))
PHONE = 360

# What axe-core finds against WCAG 2 A and AA: contrast, alt texts, names, landmarks, languages.
AUDIT = """
const done = arguments[0];
axe.run(document, {runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"], iframes: false,
                   resultTypes: ["violations"]})
  .then(found => done(found.violations.flatMap(rule => rule.nodes.map(
    node => `${rule.id}: ${node.html.slice(0, 120)} (${node.any.concat(node.all, node.none)
                           .map(check => check.message).join("; ").slice(0, 160)})`))))
  .catch(error => done([String(error)]));
"""


@pytest.fixture(scope="session")
def axe(site) -> str:
    """The script of axe-core, from the Python package that brings it."""
    package = pytest.importorskip("axe_core_python", reason="pip install -r requirements-site.txt")
    return Path(package.__file__).with_name("axe.min.js").read_text(encoding="utf-8")


@pytest.mark.parametrize("page", PAGES)
def test_a_page(site, browser, axe, page):
    browser.requests()
    browser.open((site / page).as_uri())
    _wait_for_formulas(browser)
    _no_outside_request(browser)
    nameless = browser.run(
        "return [...document.images].filter(i => !i.alt.trim()).map(i => i.src.slice(0, 100))"
    )
    assert nameless == [], "pictures without an alt text"
    browser.run(axe)
    for theme in ("light", "dark"):
        browser.run("document.body.dataset.theme = arguments[0]", theme)
        assert browser.driver.execute_async_script(AUDIT) == [], theme
    browser.resize(PHONE)
    assert browser.run("return document.documentElement.scrollWidth") <= PHONE, _too_wide(browser)
    assert browser.complaints() == []


def _wait_for_formulas(browser):
    waiting = "const done = arguments[0]; const m = window.MathJax;"
    waiting += "if (m && m.startup) m.startup.promise.then(() => done(m.version)); else done('')"
    browser.driver.execute_async_script(waiting)
    broken = "return [...document.querySelectorAll('mjx-merror, [data-mjx-error]')]"
    assert browser.run(f"{broken}.map(e => e.textContent)") == []


def _no_outside_request(browser):
    asked, failed = browser.requests()
    outside = [url for url in asked if not url.startswith(("file:", "data:", "blob:", "about:"))]
    assert outside == [] and failed == []


def _too_wide(browser):
    return browser.run(
        "return [...document.querySelectorAll('article *')].filter(e => "
        f"e.getBoundingClientRect().right > {PHONE}).slice(0, 8).map(e => "
        "e.tagName + '.' + e.className + ': ' + e.textContent.trim().slice(0, 60))"
    )


class Found(HTMLParser):
    """The links, ids and loaded files of a page."""

    def __init__(self, path: Path):
        super().__init__()
        self.links, self.loads, self.ids = [], [], set()
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        self.ids |= {values[name] for name in ("id", "name") if values.get(name)}
        if tag == "a" and values.get("href"):
            self.links.append(values["href"])
        if values.get("src"):
            self.loads.append(values["src"])
        if tag == "link" and values.get("href") and values.get("rel") != "canonical":
            self.loads.append(values["href"])


class TestLinks:
    """Read as text: no browser is needed."""

    @pytest.fixture(scope="class")
    def pages(self, site):
        return {page: Found(site / page) for page in PAGES}

    def test_every_link_leads_to_a_file_and_a_place_in_it(self, site, pages):
        dead = []
        for page, found in pages.items():
            for link in found.links:
                parts = urlsplit(link)
                if parts.scheme:
                    continue
                target = (site / page).parent / unquote(parts.path) if parts.path else site / page
                place = target.resolve()
                name = place.relative_to(site).as_posix() if place.is_relative_to(site) else ""
                if not place.is_file():
                    dead.append(f"{page}: {link}")
                elif parts.fragment and name in pages:
                    if unquote(parts.fragment) not in pages[name].ids:
                        dead.append(f"{page}: {link}")
        assert dead == []

    def test_nothing_is_loaded_from_elsewhere(self, pages):
        loaded = {link for found in pages.values() for link in found.loads}
        assert [link for link in loaded if urlsplit(link).scheme not in ("", "data")] == []
