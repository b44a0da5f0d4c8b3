"""A page of results in a real browser, from disk, with the network off."""

import json
import re

import matplotlib.pyplot as plt
import pytest
from browsers import BROWSER, DRIVER, headless

from mcsan_lite.figures.pages.inline import in_our_theme, picture_of
from mcsan_lite.figures.pages.page import Answer, Section, Sheet, Verbatim, page_text

pytestmark = pytest.mark.skipif(
    not (BROWSER and DRIVER),
    reason="no Chromium with chromedriver here: sudo apt install chromium chromium-driver",
)
LONG = "a-name-without-a-blank-" * 12


@pytest.fixture(scope="module")
def chrome(tmp_path_factory):
    driver = headless(
        tmp_path_factory.mktemp("profile"),
        "host-resolver-rules=MAP * ~NOTFOUND",
        logs=("browser", "performance"),
    )
    yield driver
    driver.quit()


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    with in_our_theme():
        fig, ax = plt.subplots(figsize=(7, 2), layout="constrained")
        ax.barh([0, 1], [1, 2], color="#0072B2")
        drawn = picture_of(fig, alt="Two bars, one and two long.", caption="Bars of a test.")
    wide = {f"heading {i}": [f"{LONG[:40]} {i}"] * 2 for i in range(12)}
    parts = [LONG, [LONG, "item"], Sheet("A wide table.", wide), drawn, Verbatim("text", LONG)]
    text = page_text(f"Title {LONG}", [Section("One", parts)], lead=LONG, answer=Answer(LONG))
    path = tmp_path_factory.mktemp("page") / "page.html"
    path.write_text(text, encoding="utf-8")
    return path.as_uri()


def opened(chrome, address, width, scheme="light"):
    chrome.execute_cdp_cmd(
        "Emulation.setEmulatedMedia",
        {"features": [{"name": "prefers-color-scheme", "value": scheme}]},
    )
    size = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": width < 500}
    chrome.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    chrome.get(address)


def test_nothing_is_fetched_and_nothing_complains(chrome, address):
    chrome.get("about:blank")
    for name in ("browser", "performance"):
        chrome.get_log(name)  # what the browser did of itself when it started
    opened(chrome, address, 1000)
    assert chrome.get_log("browser") == []
    entries = [json.loads(one["message"])["message"] for one in chrome.get_log("performance")]
    asked = [one for one in entries if one["method"] == "Network.requestWillBeSent"]
    urls = {one["params"]["request"]["url"] for one in asked}
    assert {url for url in urls if not url.startswith(("data:", "about:", "chrome:"))} == {address}


@pytest.mark.parametrize("width", [320, 360, 768, 1280])
def test_no_width_scrolls_sideways(chrome, address, width):
    opened(chrome, address, width)
    assert chrome.execute_script("return document.documentElement.scrollWidth") <= width
    narrow = "return Array.from(document.querySelectorAll('.wide')).map(e => e.clientWidth)"
    assert max(chrome.execute_script(narrow)) <= width


def luminance(colour):
    shares = [int(number) / 255 for number in re.findall(r"\d+", colour)[:3]]
    linear = [s / 12.92 if s <= 0.03928 else ((s + 0.055) / 1.055) ** 2.4 for s in shares]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_words_can_be_read_in_either_light(chrome, address, scheme):
    opened(chrome, address, 1000, scheme)
    look = "return getComputedStyle(document.querySelector(arguments[0]))[arguments[1]]"
    paper = luminance(chrome.execute_script(look, "body", "backgroundColor"))
    assert (paper > 0.5) == (scheme == "light")
    for place in ("h1", "p", "caption", "thead th", "td", "figcaption", "summary", "svg"):
        ink = chrome.execute_script(look, place, "fill" if place == "svg" else "color")
        bright, dark = sorted((luminance(ink), paper), reverse=True)
        assert (bright + 0.05) / (dark + 0.05) >= 4.5, place
