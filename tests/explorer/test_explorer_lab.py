"""The explorer in a real JupyterLab, in a real browser with a microphone that only beeps."""

import json
import os
import subprocess
import sys
import time
from importlib import util
from pathlib import Path

import nbformat
import pytest
from browsers import BROWSER, DRIVER, headless
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select, WebDriverWait

ROOT = Path(__file__).parents[2]
pytestmark = [
    pytest.mark.skipif(
        not (BROWSER and DRIVER),
        reason="no Chromium with chromedriver here: sudo apt install chromium chromium-driver",
    ),
    pytest.mark.skipif(not util.find_spec("jupyterlab"), reason="no JupyterLab here"),
    pytest.mark.skipif(not util.find_spec("anywidget"), reason="no anywidget here"),
]
CODE = """\
import mcsan_lite as mc
explorer = mc.Explorer(["matching-seed0"], cache="cache")
explorer
"""


@pytest.fixture
def lab(tmp_path):
    """The address of a JupyterLab that serves a folder with one notebook."""
    cell = nbformat.v4.new_code_cell(CODE)
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook = nbformat.v4.new_notebook(cells=[cell], metadata={"kernelspec": kernel})
    nbformat.write(notebook, tmp_path / "explorer.ipynb")
    places = {
        f"JUPYTER_{name}": str(tmp_path / name)
        for name in ("CONFIG_DIR", "DATA_DIR", "RUNTIME_DIR")
    }
    settings = ("--no-browser", "--allow-root", "--ServerApp.port=0", "--IdentityProvider.token=")
    more = ("--LabApp.expose_app_in_browser=True",)
    with open(tmp_path / "lab.log", "wb") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "jupyterlab", *settings, *more],
            cwd=tmp_path,
            env=os.environ | places | {"PYTHONPATH": str(ROOT), "JUPYTER_PREFER_ENV_PATH": "1"},
            stdout=log,
            stderr=log,
        )
    try:
        yield _address(server, tmp_path)
    finally:
        server.terminate()
        server.wait(20)


def _address(server, folder):
    for _ in range(300):
        for found in (folder / "RUNTIME_DIR").glob("jpserver-*.json"):
            text = found.read_text()
            if text:
                return json.loads(text)["url"]
        assert server.poll() is None, (folder / "lab.log").read_text()
        time.sleep(0.1)
    raise AssertionError((folder / "lab.log").read_text())


@pytest.fixture
def chrome(tmp_path):
    driver = headless(
        tmp_path / "profile",
        "mute-audio",
        "use-fake-device-for-media-stream",
        "use-fake-ui-for-media-stream",
        "window-size=1200,1600",
    )
    yield driver
    driver.quit()


class Page:
    """The explorer, inside its shadow tree."""

    def __init__(self, driver):
        self.driver = driver

    def at(self, selector):
        host = self.driver.find_element(By.CSS_SELECTOR, ".mcsan-explorer")
        return host.shadow_root.find_element(By.CSS_SELECTOR, selector)

    def said(self, selector="#prediction"):
        return self.at(selector).text

    def until(self, condition, seconds=40):
        wait = WebDriverWait(self.driver, seconds, 0.05, ignored_exceptions=[Exception])
        return wait.until(lambda _: condition())


def shares(said):
    """The class that is predicted, and its share: "sadness, 79 %"."""
    return said.removeprefix("Predicted: ").split(".")[0]


def run_the_notebook(driver, address):
    driver.get(f"{address}lab/tree/explorer.ipynb?reset")
    ready = (
        "const app = window.jupyterapp; return app && app.shell.currentWidget && "
        "app.shell.currentWidget.context && app.shell.currentWidget.context.isReady && "
        "app.shell.currentWidget.sessionContext.session?.kernel?.status === 'idle'"
    )
    WebDriverWait(driver, 50, 0.2).until(lambda d: d.execute_script(ready))
    driver.execute_script("window.jupyterapp.commands.execute('notebook:run-all-cells')")


def test_records_predicts_edits_a_word_and_shows_the_changed_prediction(lab, chrome, tmp_path):
    run_the_notebook(chrome, lab)
    page = Page(chrome)
    page.until(lambda: page.said().startswith("Predicted: "))

    page.at("#record").click()
    page.until(lambda: page.at("#record").get_attribute("aria-pressed") == "true")
    time.sleep(1.2)  # what is recorded: the browser's microphone beeps once a second
    page.at("#record").click()
    page.until(lambda: "recording 1" in page.said("#utterance"))
    page.until(lambda: page.said("#status").startswith("This is your recording now"))
    assert "unlike anything in synthetic" in page.said("#notes")
    heard = page.said()
    assert heard.startswith("Predicted: ")

    # One word of another sense: the class changes, whatever part of the beeps was recorded.
    sentence = "she said week and sweet or flour with the sole"
    select_all = Keys.CONTROL + "a" + Keys.NULL
    page.at("#text").send_keys(select_all, sentence)
    page.until(lambda: page.at("#words").text.split() == sentence.split())
    edited = page.said()
    assert edited.startswith("Predicted: ")
    assert "Without your changes: " + heard.removeprefix("Predicted: ") in edited
    assert shares(edited) != shares(heard)
    cells = "return window.jupyterapp.shell.currentWidget.content.widgets.length"
    assert chrome.execute_script(cells) == 1  # typed letters were no commands of JupyterLab

    (tmp_path / "letter.wav").write_text("no sound at all")
    page.at("#file").send_keys(str(tmp_path / "letter.wav"))
    page.until(lambda: "letter.wav: a file that cannot be read" in page.said("#refusal"))
    assert "\nExpected: " in page.said("#refusal") and "\nDo: " in page.said("#refusal")
    assert page.said() == edited

    Select(page.at("#name")).select_by_visible_text("receipts")  # a reading that is computed now
    page.until(lambda: "highest score" in page.said("#description"))
    assert page.at("#refusal").get_attribute("hidden")
    start = time.perf_counter()
    page.at("#muted").click()
    page.until(lambda: "Muted" in page.said("#notes"))
    assert time.perf_counter() - start < 5  # a second, and the rest is for a busy machine

    dark = "window.jupyterapp.commands.execute('apputils:change-theme', {theme: '%s'})"
    chrome.execute_script(dark % "JupyterLab Dark")
    page.until(lambda: page.at(".mcsan").get_attribute("data-theme") == "dark")
