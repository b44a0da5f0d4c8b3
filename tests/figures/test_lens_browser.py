"""The word lens in a real browser, from disk, with the network off."""

import io
import re
import time

import numpy as np
import pytest
from browsers import BROWSER, DRIVER, headless
from PIL import Image
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select, WebDriverWait

from mcsan_lite.explain.steps import frame_spans
from mcsan_lite.figures.attention import AlignedUtterance, DecisiveWord
from mcsan_lite.figures.lens import View, lens_page, show_lens

pytestmark = pytest.mark.skipif(
    not (BROWSER and DRIVER),
    reason="no Chromium with chromedriver here: sudo apt install chromium chromium-driver",
)
RATE, SECONDS, TOKENS = 16_000, 2.0, ["so", "very", "sweet"]
SPANS = frame_spans(22)
TIMES = SPANS.mean(1)
DECISIVE = DecisiveWord(2, TIMES[14], TIMES[17])
TONE = np.sin(2 * np.pi * 220 * np.arange(int(SECONDS * RATE)) / RATE) * np.linspace(
    0.2, 0.8, int(SECONDS * RATE)
)
YELLOW = (254, 232, 56)


def peaks(*at: int) -> np.ndarray:
    """(L, A): half of each word's weight on one frame."""
    weights = np.full((len(at), len(TIMES)), 0.5 / (len(TIMES) - 1))
    weights[range(len(at)), at] = 0.5
    return weights


BACK = np.full(
    (len(TIMES), 3), 1 / 3
)  # (A, L): the moments look at all words alike, but one at "very"
BACK[15] = 0.1, 0.8, 0.1
VIEWS = [
    View("raw attention", "text_from_audio", None, peaks(3, 9, 15)),
    View("raw attention", "text_from_audio", 0, peaks(18, 18, 18)),
    View("raw attention", "audio_from_text", None, BACK),
    View(
        "receipts",
        "utterance",
        None,
        np.linspace(-0.2, 0.4, len(TIMES))[None],
        np.array([0.1, -0.3, 0.7]),
    ),
]


def page(tokens=TOKENS, title="a word lens"):
    utterance = AlignedUtterance(tokens, SPANS, truth=DECISIVE)
    return lens_page(TONE, RATE, utterance, VIEWS, title=title)


@pytest.fixture(scope="module")
def chrome(tmp_path_factory):
    driver = headless(
        tmp_path_factory.mktemp("profile"),
        "mute-audio",
        "host-resolver-rules=MAP * ~NOTFOUND",
        logs=("browser",),
    )
    driver.execute_cdp_cmd("Network.enable", {})
    driver.execute_cdp_cmd(
        "Network.emulateNetworkConditions",
        {"offline": True, "latency": 0, "downloadThroughput": 0, "uploadThroughput": 0},
    )
    yield driver
    driver.quit()


@pytest.fixture
def show(chrome, tmp_path):
    """A function that opens HTML from a file, with a window size and media features.

    No test may leave an error in the console.
    """

    def load(text=None, *, width=1000, height=900, **media):
        (tmp_path / "lens.html").write_text(page() if text is None else text, encoding="utf-8")
        chrome.execute_cdp_cmd(
            "Emulation.setEmulatedMedia",
            {
                "features": [
                    {"name": name.replace("_", "-"), "value": value}
                    for name, value in media.items()
                ]
            },
        )
        chrome.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride",
            {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False},
        )
        chrome.get((tmp_path / "lens.html").as_uri())
        return chrome

    yield load
    assert chrome.get_log("browser") == []


def words(driver):
    return driver.find_elements(By.CSS_SELECTOR, "#words [role=option]")


def picked(driver):
    return [
        w.text.removesuffix(" ◆")
        for w in words(driver)
        if w.get_attribute("aria-selected") == "true"
    ]


def said(driver):
    return driver.find_element(By.ID, "description").text


def choose(driver, list_id, text):
    Select(driver.find_element(By.ID, list_id)).select_by_visible_text(text)


def press(driver, key):
    driver.switch_to.active_element.send_keys(key)


def state(driver, what):
    return driver.execute_script(f"return document.querySelector('audio').{what}")


def until(driver, condition, seconds=8):
    return WebDriverWait(driver, seconds, 0.02).until(condition)


def pixels(element):
    return np.asarray(Image.open(io.BytesIO(element.screenshot_as_png)).convert("RGB")).astype(int)


def test_arrow_keys_move_the_focus_and_the_description(show):
    driver = show()
    assert picked(driver) == ["sweet"]  # the one that is known to decide
    words(driver)[2].click()
    for key, word, frame in (
        (Keys.ARROW_LEFT, "very", 9),
        (Keys.ARROW_UP, "so", 3),
        (Keys.ARROW_LEFT, "so", 3),
        (Keys.END, "sweet", 15),
        (Keys.ARROW_RIGHT, "sweet", 15),
        (Keys.HOME, "so", 3),
        (Keys.ARROW_DOWN, "very", 9),
    ):
        press(driver, key)
        assert picked(driver) == [word]
        assert driver.switch_to.active_element.text.startswith(word)
        assert said(driver).startswith(
            f"“{word}” looks most at {TIMES[frame]:.2f} s: 50 % of its weight (even spread: 4.5 %)"
        )
    assert [w.get_attribute("tabindex") for w in words(driver)] == [
        "-1",
        "0",
        "-1",
    ]  # one stop for the tab key
    assert driver.find_element(By.ID, "description").get_attribute("aria-live") == "polite"
    style = "getComputedStyle(document.activeElement)"
    assert driver.execute_script(f"return [{style}.outlineStyle, {style}.outlineWidth]") == [
        "solid",
        "3px",
    ]


def test_truth_is_told_beside_chance_for_the_word_that_decides(show):
    driver = show()
    assert (
        f"“sweet” decides, spoken {TIMES[14]:.2f} s to {TIMES[17]:.2f} s. The peak lies inside; "
        "55 % of the weight is inside, chance is 14 %"
    ) in said(driver)
    words(driver)[0].click()
    assert "decides" not in said(driver)
    words(driver)[2].click()
    choose(driver, "head", "head 1")
    assert "The peak lies outside" in said(driver)


def test_reading_head_and_direction(show):
    driver = show()
    words(driver)[1].click()
    choose(driver, "head", "head 1")
    assert said(driver).startswith(f"“very” looks most at {TIMES[18]:.2f} s")
    choose(driver, "direction", "each moment looks at the words")
    assert said(driver).startswith(
        f"The moment that looks most at “very” is {TIMES[15]:.2f} s: 80 % of its weight "
        "(even spread over the words: 33 %)"
    )
    choose(driver, "name", "receipts")
    assert said(driver).startswith(f"The highest score is at {TIMES[21]:.2f} s: 0.4.")
    assert "The lowest is -0.2" in said(driver)
    assert "Of the words, “sweet” scores highest: 0.7" in said(driver)
    assert Select(driver.find_element(By.ID, "direction")).first_selected_option.text.startswith(
        "the whole utterance"
    )
    driver.find_element(By.TAG_NAME, "summary").click()
    # All at once: a scroll bar makes the page narrower, and then the rows are made anew.
    table = driver.execute_script(
        "return [...document.querySelectorAll('tbody tr')].map(row => row.innerText.split('\\t'))"
    )
    assert (table[0], table[-1], len(table)) == (
        [f"{TIMES[0]:.2f}", "-0.2"],
        [f"{TIMES[21]:.2f}", "0.4"],
        22,
    )


def test_the_frame_that_is_looked_at_lights_up(show):
    driver = show(prefers_reduced_motion="reduce")  # no slow change of colours to wait for
    picture = driver.find_element(By.ID, "picture")
    for word, frame in ((0, 3), (1, 9)):
        words(driver)[word].click()
        seen = pixels(picture)
        row = seen[26]  # above the loudest sample
        where = np.flatnonzero(np.abs(row - YELLOW).sum(1) < 12)
        assert TIMES[frame] == pytest.approx(where.mean() / len(row) * SECONDS, abs=0.03)
        assert len(where) / len(row) * SECONDS == pytest.approx(0.09, abs=0.02)
        assert seen.std() > 20


def test_the_whole_and_the_slice_play(show):
    driver = show()
    until(driver, lambda d: state(d, "readyState") >= 2)
    assert state(driver, "error") is None
    assert state(driver, "duration") == pytest.approx(SECONDS, abs=0.05)
    words(driver)[1].click()
    start, end = TIMES[9] - 0.09, TIMES[9] + 0.09
    until(driver, lambda d: state(d, "currentTime") > start)
    until(driver, lambda d: state(d, "paused"))
    assert end - 0.02 < state(driver, "currentTime") < end + 0.35  # a busy machine stops late
    assert driver.find_element(By.ID, "slice").text == f"Play {start:.2f} s to {end:.2f} s"
    driver.find_element(By.ID, "auto").click()
    words(driver)[0].click()
    time.sleep(0.2)
    assert state(driver, "paused") and state(driver, "currentTime") > start  # picked, and silent
    driver.find_element(By.ID, "slice").click()
    until(driver, lambda d: state(d, "currentTime") < start)
    until(driver, lambda d: state(d, "paused"))


def test_two_on_one_page_are_independent(show):
    driver = show(
        f"<!doctype html><body>{show_lens(page()).data}{show_lens(page(TOKENS[::-1])).data}",
        height=1500,
    )
    frames = driver.find_elements(By.TAG_NAME, "iframe")
    driver.switch_to.frame(frames[1])
    before = said(driver)
    driver.switch_to.default_content()
    driver.switch_to.frame(frames[0])
    words(driver)[0].click()
    press(driver, Keys.ARROW_RIGHT)
    assert picked(driver) == ["very"]
    driver.switch_to.default_content()
    driver.switch_to.frame(frames[1])
    assert picked(driver) == ["so"]
    assert said(driver) == before
    assert state(driver, "paused")
    inner = driver.execute_script("return document.querySelector('main').offsetHeight")
    driver.switch_to.default_content()
    assert until(
        driver, lambda d: abs(frames[1].size["height"] - inner) < 5
    )  # the frame grew with its page


def test_a_hostile_transcript_does_nothing(show):
    evil = [
        "</script><script>window.hacked = 1</script>",
        "<img src=x onerror='window.hacked = 1'>",
        "%DATA%",
    ]
    for text in (
        page(evil, evil[0]),
        f"<!doctype html><body>{show_lens(page(evil, evil[1])).data}",
    ):
        driver = show(text)
        if frames := driver.find_elements(By.TAG_NAME, "iframe"):
            driver.switch_to.frame(frames[0])
        words(driver)[0].click()
        assert [w.text.removesuffix(" ◆") for w in words(driver)] == evil
        assert said(driver).startswith(f"“{evil[0]}”")
        assert driver.execute_script("return [window.hacked, top.hacked]") == [None, None]
        assert not driver.find_elements(By.TAG_NAME, "img")
        driver.switch_to.default_content()


def test_dark_narrow_and_calm(show):
    ask = "return getComputedStyle(document.{}).{}"
    light = show().execute_script(ask.format("body", "backgroundColor"))
    driver = show(width=400, prefers_color_scheme="dark", prefers_reduced_motion="reduce")
    dark = driver.execute_script(ask.format("body", "backgroundColor"))
    assert (
        np.array(re.findall(r"\d+", dark), int).sum()
        < 150
        < np.array(re.findall(r"\d+", light), int).sum()
    )
    assert driver.execute_script("return document.documentElement.scrollWidth") <= 400
    assert driver.execute_script(ask.format("querySelector('.cell')", "transitionDuration")) in (
        "0s",
        "",
    )
    assert pixels(driver.find_element(By.TAG_NAME, "main")).std() > 20
