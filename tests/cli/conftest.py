"""What tests of the command line share: a small smoke profile, the command, a trained fold.

A file of tests may have a `home` and a command of its own.
"""

from dataclasses import replace
from pathlib import Path

import pytest

from mcsan_lite.cli import main
from mcsan_lite.datasets.synthetic.rules import SyntheticConfig
from mcsan_lite.paper import profiles

SIZES = {"train": 60, "valid": 30, "test": 30}


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A folder with data/ and runs/, and the smoke profile on a corpus a third of its size."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(
            profiles.PROFILES,
            "smoke",
            replace(profiles.PROFILES["smoke"], synthetic=SyntheticConfig(**SIZES)),
        )
        yield tmp_path_factory.mktemp("cli")


@pytest.fixture
def mcsan(home, capsys):
    """A function: one command with the smoke profile -> exit status, stdout, stderr."""

    def run(*words, places=True):
        extra = []
        if places:
            extra = ["--profile", "smoke", "--data", f"{home}/data", "--runs", f"{home}/runs"]
        capsys.readouterr()
        status = main.main([*words, *extra])
        said = capsys.readouterr()
        return status, said.out, said.err

    return run


@pytest.fixture
def fold(mcsan, home):
    """A trained fold's folder; trained by whichever test comes first."""
    status, out, _ = mcsan("run", "--rows", "MCSAN")
    assert status == 0
    return Path(out.split()[-1], "official-seed0")
