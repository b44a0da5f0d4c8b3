"""The explorer as a page without a kernel: what it holds, and how it behaves in a real browser."""

import base64
import gzip
import inspect
import json
import re

import numpy as np
import pytest
from browsers import BROWSER, DRIVER, headless
from drawn import data_of
from refusals import refused
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select, WebDriverWait

from mcsan_lite.cli import main
from mcsan_lite.explorer import core as core_module
from mcsan_lite.explorer import limits as limits_module
from mcsan_lite.explorer.core import ExplorerCore, explorer_models
from mcsan_lite.explorer.sounds import explorable_clips
from mcsan_lite.explorer.twin import TWIN_SEMITONES, answer_key, explorer_page, twin_states
from mcsan_lite.figures.explorer.assembly import joined_modules
from mcsan_lite.figures.texts.reading import page_texts

needs_browser = pytest.mark.skipif(
    not (BROWSER and DRIVER),
    reason="no Chromium with chromedriver here: sudo apt install chromium chromium-driver",
)
MODELS = ("matching-seed0", "matching-w-o-cross-seed0")
SAID = "he wrote piece and sweet then the deer"


@pytest.fixture(scope="module")
def core(tmp_path_factory):
    clips = explorable_clips(16_000)[2:]
    return ExplorerCore(explorer_models(MODELS), clips, tmp_path_factory.mktemp("cache"))


@pytest.fixture(scope="module")
def page(core):
    return explorer_page(core, readings=("raw attention", "receipts"))


def held(page):
    return json.loads(gzip.decompress(base64.b64decode(data_of(page)["packed"])))


class TestPage:
    def test_every_state_has_its_answer(self, core, page):
        states = list(twin_states(core))
        answers = held(page)["answers"]
        assert set(answers) == {answer_key(state) for state in states}
        assert len(answers) == len(states) == 2 * 2 * (3 + 3 + 3)
        for state in (states[0], states[1], states[-1]):
            found, live = answers[answer_key(state)], core.answer(state)
            for part in ("state", "probabilities", "before", "rule", "swaps", "notes"):
                assert found[part] == live[part]
        raised = states[-1]
        assert (raised.utterance, raised.semitones) == ("clip4", TWIN_SEMITONES)

    def test_each_sound_is_in_the_page_once(self, page):
        sounds = held(page)["sounds"]
        assert len(sounds) == 2 * (1 + 1 + 3)  # as it is, muted, three words raised
        assert len({sound["audio"] for sound in sounds.values()}) == len(sounds)

    def test_it_is_small_and_fetches_nothing(self, page):
        assert len(page.encode()) < 400_000
        assert page.startswith('<!doctype html>\n<html lang="en">')
        assert set(re.findall(r"https?://[^\"']+", page)) == {"http://www.w3.org/2000/svg"}
        assert not re.search(r"<link|@import|\bsrc=|url\(|fetch\(|XMLHttp", page)
        assert "default-src 'none'" in page
        assert page.count("<script") == 2

    def test_each_text_that_the_code_asks_for_is_there_and_no_other(self):
        """So whoever translates them has nothing to guess."""
        texts = page_texts()
        given = {key for part in ("lens", "explorer") for key in texts[part]}
        code = joined_modules("lens", "explorer", "page", "widget")
        asked = set(re.findall(r'(?:\bsay\(|data-say=|data-label=)"(\w+)"', code))
        assert len(asked) > 50 and asked - {"direction_"} <= given
        asking = "".join(inspect.getsource(module) for module in (core_module, limits_module))
        named = set(re.findall(r'"(\w+)"', code + asking))
        by_rule = {key for key in given if key.startswith("direction_")}
        assert given - by_rule <= named


@pytest.fixture(scope="module")
def chrome(tmp_path_factory):
    driver = headless(
        tmp_path_factory.mktemp("profile"),
        "mute-audio",
        "host-resolver-rules=MAP * ~NOTFOUND",
        logs=("browser",),
    )
    yield driver
    driver.quit()


@pytest.fixture
def show(chrome, tmp_path, page):
    """A function that opens the page from disk. No test may leave an error in the console."""

    def load(*, width=1000, **media):
        path = tmp_path / "explorer.html"
        path.write_text(page, encoding="utf-8")
        pairs = [{"name": k.replace("_", "-"), "value": v} for k, v in media.items()]
        chrome.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": pairs})
        size = {"width": width, "height": 1400, "deviceScaleFactor": 1, "mobile": False}
        chrome.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        chrome.get(path.as_uri())
        until(chrome, lambda: said(chrome).startswith("Predicted: "))
        return chrome

    yield load
    assert chrome.get_log("browser") == []


def at(driver, selector):
    return driver.find_element(By.CSS_SELECTOR, selector)


def said(driver, selector="#prediction"):
    return at(driver, selector).text


def until(driver, condition, seconds=10):
    return WebDriverWait(driver, seconds, 0.02).until(lambda _: condition())


def choose(driver, selector, value):
    Select(at(driver, selector)).select_by_value(value)


def swap_buttons(driver):
    return driver.find_elements(By.CSS_SELECTOR, "#swaps button")


def shown_shares(driver):
    rows = driver.find_elements(By.CSS_SELECTOR, "#classes li")
    return {row.text.split("\n")[0]: row.text.split("\n")[-1] for row in rows}


@needs_browser
class TestInBrowser:
    def test_a_swap_changes_prediction_rule_and_map_and_can_be_taken_back(self, show, core):
        driver = show()
        before, told = said(driver), said(driver, "#description")
        assert said(driver, "#words [aria-selected=true]").startswith("sweet")
        sweet = next(b for b in swap_buttons(driver) if b.text == "sweet → suite")
        sweet.click()
        until(driver, lambda: "Without your changes" in said(driver))
        assert at(driver, "#text").get_attribute("value") == SAID.replace("sweet", "suite")
        assert "suite" in [word.text for word in at(driver, "#words").find_elements(By.XPATH, "*")]
        assert said(driver, "#description") != told
        state = next(s for s in twin_states(core) if s.text == SAID.replace("sweet", "suite"))
        live = dict(core.answer(state)["probabilities"])
        for label, share in shown_shares(driver).items():
            assert float(share.removesuffix(" %")) == pytest.approx(100 * live[label], abs=0.51)
        at(driver, "#reset").click()
        until(driver, lambda: said(driver) == before)
        assert said(driver, "#description") == told

    def test_keys_alone_reach_and_work_a_swap(self, show):
        driver = show()
        driver.execute_script("document.querySelector('#swaps button').focus()")
        driver.switch_to.active_element.send_keys(Keys.ENTER)
        until(driver, lambda: "Without your changes" in said(driver))
        active = driver.switch_to.active_element.text
        assert active == "peace → piece"  # the focus stays where it was
        driver.switch_to.active_element.send_keys(Keys.ENTER)
        until(driver, lambda: "Without your changes" not in said(driver))

    def test_one_change_at_a_time_and_it_is_said(self, show):
        driver = show()
        at(driver, "#muted").click()
        until(driver, lambda: "Muted" in said(driver, "#notes"))
        assert said(driver, "#status") == ""
        at(driver, "#blanked").click()
        until(driver, lambda: "Blanked" in said(driver, "#notes"))
        assert not at(driver, "#muted").is_selected()
        assert "one change at a time" in said(driver, "#status")
        assert at(driver, "#status").get_attribute("role") == "status"

    def test_pitch_has_another_sound(self, show):
        driver = show()
        sound = driver.execute_script("return document.querySelector('audio').src")
        choose(driver, "#pitch_word", "4")
        until(driver, lambda: "Without your changes" in said(driver))
        assert said(driver, "#semitones_text") == f"semitones: +{TWIN_SEMITONES}"
        assert driver.execute_script("return document.querySelector('audio').src") != sound
        choose(driver, "#pitch_word", "")
        until(driver, lambda: "Without your changes" not in said(driver))

    def test_model_reading_direction_and_head_stay_when_the_utterance_changes(self, show):
        driver = show()
        choose(driver, "#direction", "audio_from_text")
        choose(driver, "#head", "1")
        choose(driver, "#utterance", "clip4")
        until(driver, lambda: "listen" in said(driver, "#words"))
        assert said(driver, "#words [aria-selected=true]") == "listen"  # nothing decides here
        assert at(driver, "#direction").get_attribute("value") == "audio_from_text"
        assert at(driver, "#head").get_attribute("value") == "1"
        choose(driver, "#model", "matching-w-o-cross-seed0")
        until(driver, lambda: "This model has no raw attention" in said(driver, "#notes"))
        choose(driver, "#model", "matching-seed0")
        until(driver, lambda: at(driver, "#name").get_attribute("value") == "raw attention")

    def test_what_needs_a_kernel_is_off_and_says_why(self, show):
        driver = show()
        for name in ("text", "record", "file"):
            control = at(driver, f"#{name}")
            assert not control.is_enabled()
            assert control.get_attribute("aria-describedby") == "why"
        assert "works without a kernel" in said(driver, "#why")

    def test_every_control_has_a_name_for_a_screen_reader(self, show):
        driver = show()
        controls = driver.find_elements(By.CSS_SELECTOR, "select, input, button, audio, [role]")
        names = [
            c.accessible_name for c in controls if c.is_displayed() and c.aria_role != "status"
        ]
        assert len(names) > 20 and all(names)
        for live in ("#prediction", "#description"):
            assert at(driver, live).get_attribute("aria-live") == "polite"

    @pytest.mark.parametrize("scheme", ["light", "dark"])
    def test_phone_width_and_both_schemes(self, show, scheme):
        driver = show(width=360, prefers_color_scheme=scheme)
        assert driver.execute_script("return document.documentElement.scrollWidth") <= 360
        ask = "return getComputedStyle(document.querySelector('.mcsan')).backgroundColor"
        channels = np.array(re.findall(r"\d+", driver.execute_script(ask))[:3], int)
        assert (channels.sum() > 600) == (scheme == "light")


class TestCommand:
    @pytest.mark.parametrize(
        ("words", "crucial"),
        [
            (["-o", "explorer.txt"], "ends with .html"),
            (["--language", "fr"], "one of 'de', 'en'"),
            (["--ids", "a"], "--corpus synthetic --ids"),
            (["--models", "nowhere"], "no model at nowhere"),
            (["--corpus", "synthetic", "--ids", *"abcdefghi"], "at most 8"),
        ],
    )
    def test_what_cannot_be_is_refused_and_nothing_is_written(
        self, tmp_path, monkeypatch, capsys, words, crucial
    ):
        monkeypatch.chdir(tmp_path)
        status = main.main(["explore", *words])
        out = capsys.readouterr()
        refused((status, out.out, out.err), crucial)
        assert not list(tmp_path.glob("explorer*"))

    def test_it_writes_the_page(self, tmp_path, monkeypatch, capsys):
        monkeypatch.setattr(
            "mcsan_lite.explorer.sounds.explorable_clips", lambda rate: explorable_clips(rate)[2:3]
        )
        out = tmp_path / "here" / "page.html"
        words = ["--models", "matching-seed0", "--data", str(tmp_path)]
        assert main.main(["explore", "-o", str(out), *words]) == 0
        assert "page.html written" in capsys.readouterr().out
        answers = held(out.read_text(encoding="utf-8"))["answers"].values()
        assert len(answers) == 9
        assert all(len(answer["lens"]["readings"]) > 10 for answer in answers)
