"""The one table of models, by the name that a `Spec` gives: MCSAN, the baselines, plain
fusions.

Each is a class with a `Config`; docs/adding_a_model.md says what else it must have. A class is
imported when it is first asked for: a prediction of one model does not wait for what the others
need, such as scikit-learn.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator, MutableMapping

_CLASSES = {
    "mcsan": "mcsan:MCSAN",
    "mdre": "baselines.mdre:MDRE",
    "multihop": "baselines.multihop:MultiHop",
    "xu_align": "baselines.xu_align:XuAlign",
    "xu_align_delta": "baselines.xu_align:XuAlignDelta",
    "can": "baselines.can:CAN",
    "amh": "baselines.amh:AMH",
    "mult": "baselines.mult:MulT",
    "self_cross": "baselines.self_cross:SelfCross",
    "cmkl": "baselines.cmkl:CMKL",
    "liang": "baselines.liang:Liang",
    "fusion": "fusion:Fusion",
}


class _Models(MutableMapping[str, type]):
    """{name: class}, each imported when it is first asked for."""

    def __init__(self, places: dict[str, str]) -> None:
        """Remember where each class is, as "module:class" below this package."""
        self._known: dict[str, str | type] = dict(places)

    def __getitem__(self, name: str) -> type:
        known = self._known[name]
        if isinstance(known, str):
            module, _, class_name = known.partition(":")
            known = getattr(importlib.import_module(f"{__name__}.{module}"), class_name)
            self._known[name] = known
        return known

    def __setitem__(self, name: str, model_class: type) -> None:
        self._known[name] = model_class

    def __delitem__(self, name: str) -> None:
        del self._known[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._known)

    def __len__(self) -> int:
        return len(self._known)


MODELS = _Models(_CLASSES)
