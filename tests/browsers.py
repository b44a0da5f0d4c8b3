"""Chromium without a window, for the tests of pages."""

import shutil
from pathlib import Path

from selenium import webdriver
from selenium.webdriver.chrome.service import Service

BROWSER = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
DRIVER = shutil.which("chromedriver")


def headless(profile: Path, *arguments: str, logs: tuple[str, ...] = ()) -> webdriver.Chrome:
    """A browser with a fresh profile; `arguments` without their dashes, `logs` are kept whole."""
    options = webdriver.ChromeOptions()
    options.binary_location = BROWSER
    always = ("headless=new", "no-sandbox", "disable-gpu", "disable-dev-shm-usage")
    for argument in (*always, f"user-data-dir={profile}", *arguments):
        options.add_argument(f"--{argument}")
    if logs:
        options.set_capability("goog:loggingPrefs", dict.fromkeys(logs, "ALL"))
    return webdriver.Chrome(options=options, service=Service(DRIVER))
