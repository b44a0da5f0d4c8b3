"""NLTK without SciPy and scikit-learn, which it loads for other things than tokens.

In: nothing. Out: NLTK is loaded, in a sixth of the time. `features.words.tokenize` then finds it
loaded. Commands that answer about one recording call this first: a third of their time was spent
on what NLTK never used.
"""

from __future__ import annotations

import importlib
import sys

_OPTIONAL = ("scipy", "sklearn")  # NLTK tries to import them, and goes on without


def load_nltk_alone() -> None:
    """Import NLTK as on a machine that lacks its optional companions.

    They can be imported as usual afterwards. Where NLTK or one of them is loaded already, or where
    a version of NLTK cannot do without them, it is a plain import.
    """
    hidden = [name for name in _OPTIONAL if name not in sys.modules]
    sys.modules.update(dict.fromkeys(hidden))  # None: "not there" to an import
    try:
        importlib.import_module("nltk.tokenize")
    except ImportError:
        for name in [name for name in sys.modules if name.partition(".")[0] == "nltk"]:
            del sys.modules[name]
    finally:
        for name in hidden:
            del sys.modules[name]
