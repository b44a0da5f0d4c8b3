"""The built site in a real browser, from disk, with the network off.

`make site-test` says in MCSAN_SITE where the site was built; without it these tests skip.
"""

import json
import os
from pathlib import Path

import pytest
from browsers import BROWSER, DRIVER, headless

OFFLINE = {"offline": True, "latency": 0, "downloadThroughput": 0, "uploadThroughput": 0}


class Browser:
    """Chromium, with a record of what a page asked for and complained of."""

    def __init__(self, profile: Path):
        self.driver = headless(
            profile,
            "mute-audio",
            "autoplay-policy=no-user-gesture-required",
            "host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
            logs=("browser", "performance"),
        )
        self.driver.set_script_timeout(120)
        self.run = self.driver.execute_script

    def open(self, address: str, width: int = 1200, theme: str = "light") -> None:
        """Load a page in a window of that width, in light or dark."""
        self.resize(width)
        feature = {"name": "prefers-color-scheme", "value": theme}
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [feature]})
        self.driver.get(address)

    def resize(self, width: int) -> None:
        """Give the window another width."""
        size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)

    def complaints(self) -> list[str]:
        """The errors in the console since the last call."""
        lines = self.driver.get_log("browser")
        return [line["message"] for line in lines if line["level"] in ("SEVERE", "WARNING")]

    def requests(self) -> tuple[list[str], list[str]]:
        """What was asked for, and what failed, since the last call."""
        asked, failed = [], []
        for entry in self.driver.get_log("performance"):
            event = json.loads(entry["message"])["message"]
            if event["method"] == "Network.requestWillBeSent":
                asked.append(event["params"]["request"]["url"])
            if event["method"] == "Network.loadingFailed":
                failed.append(event["params"]["errorText"])
        return asked, failed


@pytest.fixture(scope="session")
def site() -> Path:
    """The folder of the built site."""
    named = os.environ.get("MCSAN_SITE")
    if not named:
        pytest.skip("the site is tested by: make site site-test")
    folder = Path(named).resolve()
    assert (folder / "index.html").is_file(), f"no site in {folder}. Do: make site"
    return folder


@pytest.fixture(scope="session")
def browser(site, tmp_path_factory):
    """One browser for all pages, offline."""
    assert BROWSER and DRIVER, "no Chromium with chromedriver: apt install chromium chromium-driver"
    opened = Browser(tmp_path_factory.mktemp("profile"))
    opened.driver.execute_cdp_cmd("Network.enable", {})
    opened.driver.execute_cdp_cmd("Network.emulateNetworkConditions", OFFLINE)
    yield opened
    opened.driver.quit()
