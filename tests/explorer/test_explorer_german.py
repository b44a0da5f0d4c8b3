"""The explorer's page in German, in a real browser: no English is left, and it works."""

import re

import pytest
from browsers import BROWSER, DRIVER, headless
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import Select, WebDriverWait

from mcsan_lite.cli import main
from mcsan_lite.explorer.sounds import explorable_clips
from mcsan_lite.figures.texts.reading import page_texts

pytestmark = pytest.mark.skipif(
    not (BROWSER and DRIVER),
    reason="no Chromium with chromedriver here: sudo apt install chromium chromium-driver",
)
# Words and names that a reader meets: texts, labels for screen readers, tooltips.
EVERY_TEXT = """
const found = [document.title];
for (const one of document.querySelectorAll("main, main *")) {
  found.push(one.getAttribute("aria-label"), one.getAttribute("title"));
  for (const node of one.childNodes) if (node.nodeType === 3) found.push(node.data);
}
return found.filter(Boolean);
"""


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """What `mcsan explore --language de` writes, of one clip and two models."""
    folder = tmp_path_factory.mktemp("german")
    out = folder / "explorer.html"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            "mcsan_lite.explorer.sounds.explorable_clips", lambda rate: explorable_clips(rate)[2:3]
        )
        models = ["--models", "matching-seed0", "matching-w-o-cross-seed0"]
        words = ["explore", "-o", str(out), *models, "--language", "de", "--data", str(folder)]
        assert main.main(words) == 0
    return out


@pytest.fixture(scope="module")
def chrome(tmp_path_factory):
    offline = "host-resolver-rules=MAP * ~NOTFOUND"
    driver = headless(tmp_path_factory.mktemp("profile"), "mute-audio", offline, logs=("browser",))
    yield driver
    driver.quit()


@pytest.fixture
def driver(chrome, page):
    chrome.get(page.as_uri())
    until(chrome, lambda: said(chrome).startswith("Vorhersage: "))
    yield chrome
    assert chrome.get_log("browser") == []


def at(driver, selector):
    return driver.find_element(By.CSS_SELECTOR, selector)


def said(driver, selector="#prediction"):
    return at(driver, selector).text


def until(driver, condition):
    return WebDriverWait(driver, 10, 0.02).until(lambda _: condition())


def english_patterns():
    """Each English text that is another in German, with anything in the places of values."""
    english, german = page_texts("en"), page_texts("de")
    for part, texts in english.items():
        for key, text in texts.items():
            if text != german[part][key] and re.sub(r"\{\w+\}", "", text).strip():
                pieces = [re.escape(piece) for piece in re.split(r"\{\w+\}", text)]
                yield key, re.compile(rf"(?<!\w){'.{1,60}?'.join(pieces)}(?!\w)")


def english_left(driver):
    """Texts of the page that are English sentences of ours; the corpus's own words may stay."""
    spoken = {word.text for word in driver.find_elements(By.CSS_SELECTOR, "[lang=en]")}
    shown = [text.strip() for text in driver.execute_script(EVERY_TEXT)]
    return [
        (key, text)
        for key, pattern in english_patterns()
        for text in shown
        if text not in spoken and (pattern.fullmatch(text) or _sentence(pattern, text))
    ]


def _sentence(pattern, text):
    """Whether an English sentence of several words stands inside a longer text."""
    return pattern.pattern.count("\\ ") > 2 and pattern.search(text)


def test_the_page_names_its_language_and_that_of_the_words(driver):
    assert at(driver, "html").get_attribute("lang") == "de"
    assert at(driver, "#text").get_attribute("lang") == "en"
    assert "Die Äußerungen sind englisch" in said(driver, ".intro")


def test_no_english_is_left_in_any_state(driver):
    assert english_left(driver) == []
    for box in ("#muted", "#blanked"):
        at(driver, box).click()
        until(driver, lambda: "Ohne deine Änderungen" in said(driver))
        assert english_left(driver) == []
    assert "nur eine Änderung" in said(driver, "#status")
    at(driver, "#reset").click()
    readings = Select(at(driver, "#name"))
    for number in range(len(readings.options)):
        Select(at(driver, "#name")).select_by_index(number)
        assert english_left(driver) == []
    Select(at(driver, "#name")).select_by_value("raw attention")
    Select(at(driver, "#model")).select_by_value("matching-w-o-cross-seed0")
    until(driver, lambda: "gibt es bei diesem Modell nicht" in said(driver, "#notes"))
    assert "„rohe Attention“" in said(driver, "#notes") and english_left(driver) == []


def test_english_that_is_left_would_be_seen(driver):
    assert english_left(driver) == []
    driver.execute_script("document.querySelector('#reset').textContent = 'Take all changes back'")
    driver.execute_script(
        "document.querySelector('#prediction').textContent += ' By the rule of "
        "the corpus it is Wut.'"
    )
    assert {key for key, _ in english_left(driver)} == {"reset", "rule"}


def test_an_edit_changes_the_prediction_and_numbers_have_a_comma(driver):
    before = said(driver)
    assert re.fullmatch(r"Vorhersage: \w+, [\d,]+ %\. Nach der Regel .* ist es \w+\.", before)
    assert re.search(r"\d,\d\d s", said(driver, "#description"))
    assert not re.search(r"\d\.\d", driver.execute_script("return document.body.innerText"))
    buttons = driver.find_elements(By.CSS_SELECTOR, "#swaps button")
    next(button for button in buttons if button.text == "sweet → suite").click()
    until(driver, lambda: "Ohne deine Änderungen" in said(driver))
    label, without = re.match(r"Vorhersage: (\w+).*Änderungen: (\w+)", said(driver)).groups()
    assert label != without and without in before
