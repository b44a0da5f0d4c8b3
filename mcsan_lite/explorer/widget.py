"""The explorer in JupyterLab, as an anywidget: the kernel answers what the page asks.

In: models and sounds. Out: a widget. It needs the package anywidget, which is looked for when this
module is imported.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from mcsan_lite.corpus import Corpus
from mcsan_lite.errors import DataError
from mcsan_lite.explorer.core import SHIPPED_MODELS, ExplorerCore, explorer_models
from mcsan_lite.explorer.limits import explorer_limits
from mcsan_lite.explorer.refusals import refusal_in
from mcsan_lite.explorer.sounds import (
    explorable_clips,
    explorable_corpus,
    explorable_recording,
)
from mcsan_lite.explorer.state import parse_state
from mcsan_lite.features.extraction import heard_seconds
from mcsan_lite.figures.explorer.assembly import joined_modules, page_style
from mcsan_lite.figures.texts.reading import ENGLISH, page_texts

try:
    import anywidget
    import traitlets
except ImportError as error:
    raise DataError(
        f"no package {error.name} here",
        "anywidget, which shows the explorer in JupyterLab",
        "pip install anywidget, then start the kernel again; without it: mcsan explore -o "
        "explorer.html",
    ) from None


def _module() -> str:
    import json

    style = f"const STYLE = {json.dumps(page_style())};\n"
    return style + joined_modules("lens", "explorer", "widget")


class Explorer(anywidget.AnyWidget):
    """Edit an utterance, or record your own voice, and see prediction and map follow.

    Args:
        models: names of shipped checkpoints, or paths of your own runs.
        corpus: whose utterances can be picked; None: the four clips that come with the package.
            Its sounds are held in memory: take `corpus.subset(ids)`.
        language: of what a reader sees: "en" or "de". The utterances stay English.
        cache: folder of word vectors that were looked up.

    Raises:
        DataError: for a language that has no texts, and for a model or a clip that cannot be used.
    """

    _esm = _module()
    texts = traitlets.Dict().tag(sync=True)
    choices = traitlets.Dict().tag(sync=True)
    answer = traitlets.Dict().tag(sync=True)

    def __init__(
        self,
        models: Iterable[str | Path] = SHIPPED_MODELS,
        corpus: Corpus | None = None,
        *,
        language: str = ENGLISH,
        cache: Path | str = "data/cache",
    ) -> None:
        texts = page_texts(language)  # an unknown language is refused before a model is loaded
        models = list(models)
        runs = explorer_models(models)
        first = next(iter(runs.values()))
        rate, heard_s = first.features.sample_rate, heard_seconds(first.features)
        sounds = explorable_clips(rate)
        if corpus is not None:
            sounds = explorable_corpus(corpus, rate, heard_s)
        self.core = ExplorerCore(runs, sounds, cache, limits=explorer_limits(models))
        super().__init__(
            texts=texts,
            choices=self.core.choices(),
            answer=self.core.answer(self.core.first_state()),
        )
        self.on_msg(self._receive)

    def ask(self, **state: object) -> dict[str, object]:
        """Set the explorer from Python: the page shows the answer too.

        Args:
            **state: fields of `ExplorerState`; what is left out stays as it is now.

        Returns:
            The answer.

        Raises:
            DataError: for a state that cannot be.
        """
        wanted = parse_state({**self.answer["state"], **state})
        self.answer = self.core.answer(wanted)
        return self.answer

    def _receive(self, _widget: object, content: Mapping, buffers: list) -> None:
        """Answer what the page asks, under the number of its question."""
        try:
            answer = self._answer_to(content, buffers)
        except DataError as error:
            answer = {"refusal": refusal_in(self.texts, error)}
        self.send({**answer, "number": content.get("number")})

    def _answer_to(self, content: Mapping, buffers: list) -> dict[str, object]:
        state = parse_state(content["state"])
        if content["kind"] != "hear":
            return self.core.answer(state)
        recorded = sum(one.recorded for one in self.core.sounds.values())
        name = content["name"] or f"recording {recorded + 1}"
        run = self.core.models[state.model]
        sound = explorable_recording(
            name,
            bytes(buffers[0]),
            state.text or "",
            self.core.sample_rate,
            heard_seconds(run.features),
        )
        self.core.add(sound)
        fresh = {"utterance": name, "model": state.model, "reading": state.reading}
        answer = self.core.answer(parse_state(fresh))
        return {**answer, "choices": self.core.choices()}
