"""Where the project is published, and the addresses that open a lesson in the cloud.

In: CITATION.cff and the environment. Out: links, or none. The address of the project stands in one
place: the line `repository-code: https://github.com/OWNER/NAME` of CITATION.cff. In a GitHub
workflow, GITHUB_REPOSITORY says it, so that a fork links to itself; MCSAN_REPOSITORY=OWNER/NAME
overrides both. Without an address the site has relative links only.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

NAME = re.compile(r"[A-Za-z0-9-]+/[\w.-]+")


@dataclass(frozen=True)
class Address:
    """A repository on GitHub.

    Attributes:
        repository: "owner/name"; "" where the project is not published.
        branch: the branch that links lead to.
    """

    repository: str = ""
    branch: str = "main"

    def tree(self, path: str) -> str | None:
        """The page of a folder."""
        if not self.repository:
            return None
        return f"https://github.com/{self.repository}/tree/{self.branch}/{path}"

    def clone(self) -> str:
        """What `git clone` takes; "" where the project is not published."""
        return f"https://github.com/{self.repository}" if self.repository else ""

    def colab(self, path: str) -> str | None:
        """The address that opens a notebook in Google Colab."""
        if not self.repository:
            return None
        inside = f"{self.repository}/blob/{self.branch}/{path}"
        return f"https://colab.research.google.com/github/{inside}"

    def binder(self, path: str) -> str | None:
        """The address that opens a notebook on Binder, in JupyterLab."""
        if not self.repository:
            return None
        place = f"{self.repository}/{self.branch}?urlpath=lab/tree/{path}"
        return f"https://mybinder.org/v2/gh/{place}"


def published_address(root: Path, environment: Mapping[str, str] = os.environ) -> Address:
    """Where the project is published.

    Args:
        root: the project, with or without CITATION.cff.
        environment: MCSAN_REPOSITORY, else GITHUB_REPOSITORY, name "owner/name"; MCSAN_BRANCH the
            branch, "main" without it.

    Raises:
        ValueError: for a name that is no "owner/name".
    """
    name = environment.get("MCSAN_REPOSITORY") or environment.get("GITHUB_REPOSITORY") or ""
    if not name:
        file = root / "CITATION.cff"
        text = file.read_text(encoding="utf-8") if file.is_file() else ""
        line = re.search(
            r"^repository-code: *\"?https://github\.com/([^\s\"]+)", text, re.MULTILINE
        )
        name = line[1].removesuffix("/").removesuffix(".git") if line else ""
    if name and not NAME.fullmatch(name):
        raise ValueError(
            f"Given: the repository {name!r}. Expected: owner/name. Do: set MCSAN_REPOSITORY, or "
            "repository-code in CITATION.cff, or remove it"
        )
    return Address(name, environment.get("MCSAN_BRANCH") or "main")
