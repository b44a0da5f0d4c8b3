"""What a reading is, and the tools that the readings share.

In: a model, one utterance's normalised features (`Trained.prepare`), and a class. Out: a
`Reading`, which says how much each word and each step of sound answers for.

None of these tools changes a logit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from mcsan_lite.errors import DataError, require_name
from mcsan_lite.explain.steps import step_count
from mcsan_lite.features.batch import Batch, collate
from mcsan_lite.features.extraction import Features

KINDS = {
    "map": "the attention weights as the model returns them",
    "attention": "attention weights, joined with what else the layers do",
    "logit": "the logit, followed back through the model",
    "edit": "what happens to the logit when a part of the input is covered or changed",
}


@dataclass(frozen=True)
class Reading:
    """One answer to "what was it?" for one utterance and one class.

    Attributes:
        name: its name in READINGS.
        target: the class whose logit is explained.
        words: (L,) one score per word, higher = more responsible for the target's logit; None
            where the reading says nothing of words.
        frames: (A,) one score per step of sound, or None.
        pairs: (L, A) word × step, or None.
        gap: where scores should add up: what they leave unexplained, in units of the logit.
    """

    name: str
    target: int
    words: np.ndarray | None
    frames: np.ndarray | None
    pairs: np.ndarray | None = None
    gap: float | None = None


ReadFunction = Callable[[nn.Module, Features, int | None], Reading]


@dataclass(frozen=True)
class ReadingMethod:
    """One entry of READINGS: how a reading is made, and what it is.

    Attributes:
        read: the function (model, features, target) -> Reading; target None is the predicted
            class. It raises DataError for a class that is not there and for a model that it cannot
            read.
        kind: what it starts from, one of KINDS.
        explains: what one of its scores says, in words.
        pairs: whether it scores word × step too, where the model has cross-attention.
        word_times: whether it needs to know when each word is said (`Features.spans`).
    """

    read: ReadFunction
    kind: str
    explains: str
    pairs: bool = False
    word_times: bool = False

    def __post_init__(self) -> None:
        require_name(self.kind, KINDS, "kind of reading")


def require_open_streams(model: nn.Module) -> None:
    """Refuse a model whose inside cannot be watched.

    Raises:
        DataError: for a model without `open_streams`: all but an MCSAN of words and sound.
    """
    if getattr(model, "open_streams", False):
        return
    with_video = ""
    if "video" in getattr(model, "modalities", ()):
        with_video = " with video"
    raise DataError(
        f"{type(model).__name__}{with_video}",
        "an MCSAN of words and sound, whose streams and read-out can be watched",
        "take gradient x input, integrated gradients or occlusion: they need no look inside.",
    )


def choose_target(logits: Tensor, target: int | None) -> int:
    """The class that is explained.

    Args:
        logits: (C,).
        target: a class; None is the predicted one.

    Raises:
        DataError: for a class that is not there.
    """
    if target is None:
        return int(logits.argmax())
    if not 0 <= target < len(logits):
        raise DataError(
            f"class {target}",
            f"0 to {len(logits) - 1}",
            "take the class's place in Trained.labels.",
        )
    return int(target)


def target_of(model: nn.Module, features: Features, target: int | None) -> int:
    """`choose_target` where nothing else is asked of the model.

    Args:
        model: any model.
        features: one utterance, normalised.
        target: a class; None is the predicted one.
    """
    model.eval()
    with torch.no_grad():
        return choose_target(model(collate([features])).logits[0], target)


class Lengths(NamedTuple):
    """How long an utterance is for a model, without padding."""

    words: int  # L
    frames: int  # A, steps of sound


def real_lengths(model: nn.Module, features: Features) -> Lengths:
    """How many words and steps of sound the utterance has.

    Args:
        model: any model.
        features: one utterance.
    """
    return Lengths(len(features.text), step_count(model, len(features.audio)))


class Sides(NamedTuple):
    """Scores of the two modalities."""

    words: np.ndarray | None
    frames: np.ndarray | None


def sides(model: nn.Module, words: np.ndarray, frames: np.ndarray) -> Sides:
    """The scores of both modalities, each None where the model does not read it.

    Args:
        model: any model; where it does not name its `modalities`, it reads words and sound.
        words: (L,) scores.
        frames: (A,) scores.
    """
    used = getattr(model, "modalities", ("audio", "text"))
    return Sides(words if "text" in used else None, frames if "audio" in used else None)


class Call(NamedTuple):
    """One call of a module's forward."""

    arguments: tuple
    output: object


@contextmanager
def listen(modules: dict[str, nn.Module]) -> Iterator[dict[str, Call]]:
    """Within the block, note what goes into each module and what comes out.

    Args:
        modules: {name: module}.

    Yields:
        {name: its last call}, in the order in which they ran.
    """
    heard: dict[str, Call] = {}

    def note(name: str) -> Callable:
        def hook(_module: nn.Module, arguments: tuple, output: object) -> None:
            heard[name] = Call(arguments, output)

        return hook

    hooks = [module.register_forward_hook(note(name)) for name, module in modules.items()]
    try:
        yield heard
    finally:
        for hook in hooks:
            hook.remove()


def differentiable(features: Features) -> Batch:
    """A batch of one whose inputs carry gradients, so that a frozen model can be explained too."""
    batch = collate([features])
    return replace(batch, audio=batch.audio.requires_grad_(), text=batch.text.requires_grad_())


def copies(one: Batch, audio: Tensor, text: Tensor) -> Batch:
    """The utterance of a batch of one, n times with other inputs; all else stays as it is.

    Args:
        one: a batch of one.
        audio: (n, T, F).
        text: (n, L, E).
    """
    n = len(audio)
    fields = {"ids": one.ids * n}
    for name, value in vars(one).items():
        if isinstance(value, Tensor):
            fields[name] = value.expand(n, *value.shape[1:])
    return replace(one, **(fields | {"audio": audio, "text": text}))
