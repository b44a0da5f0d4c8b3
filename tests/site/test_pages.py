"""Every page of the built site: seen, heard, on a phone, in the dark, and without a network."""

import importlib
import os
from functools import partial
from html.parser import HTMLParser
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from posixpath import dirname, normpath
from threading import Thread
from urllib.parse import unquote, urlsplit

import pytest
from selenium.webdriver.support.ui import WebDriverWait

SITE = Path(os.environ.get("MCSAN_SITE", "nowhere")).resolve()
PAGES = sorted(path.relative_to(SITE).as_posix() for path in SITE.rglob("*.html"))
ROOT = Path(__file__).parents[2]
PHONE = 360
OFFLINE = {"offline": True, "latency": 0, "downloadThroughput": 0, "uploadThroughput": 0}
ONLINE = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}

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
    package = importlib.import_module("axe_core_python")
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


@pytest.fixture(scope="session")
def found(site) -> dict[str, Found]:
    """What each page holds, read as text: no browser is needed."""
    return {page: Found(site / page) for page in PAGES}


def test_every_link_leads_to_a_file_and_a_place_in_it(site, found):
    files = {path.relative_to(site).as_posix() for path in site.rglob("*") if path.is_file()}
    dead = []
    for page, here in found.items():
        for link in set(here.links):
            parts = urlsplit(link)
            if parts.scheme:
                continue
            path = unquote(parts.path)
            place = normpath(f"{dirname(page)}/{path}").lstrip("/") if path else page
            anchors = found[place].ids if place in found else {unquote(parts.fragment)}
            if place not in files or (parts.fragment and unquote(parts.fragment) not in anchors):
                dead.append(f"{page}: {link}")
    assert dead == []


def test_nothing_is_loaded_from_elsewhere(found):
    loaded = {link for here in found.values() for link in here.loads}
    assert [link for link in loaded if urlsplit(link).scheme not in ("", "data")] == []


def test_every_lesson_and_every_page_of_the_docs_is_there(site):
    """Against the project that the site is built from, not against what the site says of itself."""
    lessons = {f"notebooks/{path.stem}.html" for path in ROOT.glob("notebooks/[0-9]*.ipynb")}
    docs = {
        path.relative_to(ROOT).with_suffix(".html").as_posix() for path in ROOT.glob("docs/**/*.md")
    }
    assert len(lessons) > 10 and docs and not (lessons | docs) - set(PAGES)


def test_a_translated_lesson_says_its_language_and_no_other_page_does(site):
    says = {page for page in PAGES if '<div lang="' in (site / page).read_text(encoding="utf-8")}
    assert says == {page for page in PAGES if page.startswith("notebooks/de/")} != set()


def test_full_text_search_works_from_disk(site, browser):
    browser.open((site / "search.html").as_uri() + "?q=homophones+cross-attention")
    found = "return document.querySelectorAll('#search-results li').length"
    WebDriverWait(browser.driver, 60).until(lambda _: browser.run(found))


def test_a_clip_plays_and_a_solution_unfolds(site, browser):
    browser.open((site / "notebooks/00_start_here.html").as_uri())
    play = "const done = arguments[0]; const clip = document.querySelector('audio');"
    play += "clip.play().then(() => done(clip.duration), error => done(String(error)))"
    assert browser.driver.execute_async_script(play) > 1
    shown = "const d = [...document.querySelectorAll('details.hide')].find(d => d.textContent"
    shown += ".includes('Show a solution')); const was = d.querySelector('pre').checkVisibility();"
    shown += "d.open = true; return [was, d.querySelector('pre').checkVisibility()]"
    assert browser.run(shown) == [False, True]


def test_the_word_lens_answers(site, browser):
    browser.open((site / "notebooks/10_seeing_attention.html").as_uri())
    frame = browser.driver.find_element("css selector", "iframe[title='word lens']")
    browser.driver.switch_to.frame(frame)
    words = browser.driver.find_elements("css selector", "#words [role=option]")
    browser.run("arguments[0].click()", words[1])
    assert words[1].get_attribute("aria-selected") == "true"
    browser.driver.switch_to.default_content()


def test_it_works_from_a_folder_of_any_host(site, browser):
    handler = partial(Quiet, directory=site.parent)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        browser.driver.execute_cdp_cmd("Network.emulateNetworkConditions", ONLINE)
        browser.requests(), browser.complaints()
        here = f"http://127.0.0.1:{server.server_port}/{site.name}/"
        browser.open(f"{here}notebooks/06_attention_by_hand.html")
        _wait_for_formulas(browser)
        assert browser.run("return document.querySelectorAll('mjx-container').length") > 10
        asked, failed = browser.requests()
        browser.driver.execute_cdp_cmd("Network.emulateNetworkConditions", OFFLINE)
        server.shutdown()
    outside = [url for url in asked if not url.startswith((here, "data:", "about:"))]
    assert len(asked) > 5 and outside == [] and failed == [] and browser.complaints() == []


class Quiet(SimpleHTTPRequestHandler):
    """A host that prints no line per request."""

    def log_message(self, *words):
        pass
