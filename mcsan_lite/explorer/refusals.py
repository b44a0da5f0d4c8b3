"""Refusals that a reader of the explorer meets, in the language of the page.

In: the key of a refusal with its values, or any `DataError`. Out: its three parts. The words lie in
`figures.texts`, part "refusals", under the key with _given, _expected and _do.
"""

from __future__ import annotations

from collections.abc import Mapping

from mcsan_lite.errors import DataError
from mcsan_lite.figures.texts.reading import page_texts

_PARTS = ("given", "expected", "do")
_OTHER = "other"  # the key for what the package refuses in English alone


class ExplorerRefusal(DataError):
    """A refusal that every language has words for. As an exception it speaks English.

    Args:
        key: of its texts.
        **values: what goes into their {names}.
    """

    def __init__(self, key: str, **values: object) -> None:
        self.key, self.values = key, values
        super().__init__(**_parts(page_texts(), key, values))

    def __reduce__(self):
        return _refusal, (self.key, self.values)


def _refusal(key: str, values: Mapping[str, object]) -> ExplorerRefusal:
    """A refusal that has crossed a process."""
    return ExplorerRefusal(key, **values)


def refusal_in(texts: Mapping[str, Mapping[str, str]], error: DataError) -> dict[str, str]:
    """Given, expected and do, in the language of these texts.

    Args:
        texts: of `page_texts`.
        error: what was refused. For one without a key, the text says that its words are English.
    """
    if isinstance(error, ExplorerRefusal):
        return _parts(texts, error.key, error.values)
    parts = {part: getattr(error, part) for part in _PARTS}
    return _parts(texts, _OTHER, parts)


def _parts(
    texts: Mapping[str, Mapping[str, str]], key: str, values: Mapping[str, object]
) -> dict[str, str]:
    said = texts["refusals"]
    return {part: said[f"{key}_{part}"].format(**values) for part in _PARTS}
