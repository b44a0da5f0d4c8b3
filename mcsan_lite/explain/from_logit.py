"""Readings that follow the logit itself: receipts, gradients, occlusion. Each says how much of one class's logit a word
and a pooled audio frame answer for. Those that read attention maps are in readings.py."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor, nn

from mcsan_lite.errors import DataError, require_name
from mcsan_lite.explain.maps import at_once, step_count, step_frames
from mcsan_lite.features.batch import Batch, collate
from mcsan_lite.features.extraction import Features
from mcsan_lite.models.mcsan import MCSAN

FILLERS: dict[
    str, Callable[[np.ndarray], np.ndarray]
] = {  # (T, F) normalised MFCC -> (F,), what a hole is filled with
    "silence": lambda audio: audio[
        audio[:, 0].argmin()
    ],  # coefficient 0 is the loudness: the quietest frame there is
    "mean frame": lambda audio: np.zeros_like(audio[0]),  # zero is the training part's mean
}
STEPS = (64, 128, 256, 512, 1024)  # of integrated gradients: more until complete
HOLE = 9  # MFCC frames that an occlusion covers at least, 90 ms: a choice, a shorter gap is hardly heard


@dataclass(frozen=True)
class Reading:
    """One answer to "what was it?" for one utterance and one class. None: it says nothing about that side."""

    name: str  # key of readings.READINGS
    target: int  # the class whose logit is explained
    words: (
        np.ndarray | None
    )  # (L,) one score a word, higher = more responsible for the target's logit
    frames: np.ndarray | None  # (A,) one score a pooled audio frame, at attention.step_spans
    pairs: np.ndarray | None = None  # (L, A) word x frame
    gap: float | None = (
        None  # where scores should add up: what they leave unexplained, in units of the logit
    )


def require_mcsan(model: nn.Module) -> None:
    """Raise DataError for a model whose inside we do not know: all but an MCSAN of words and sound."""
    if not isinstance(model, MCSAN) or model.config.use_video:
        raise DataError(
            f"{type(model).__name__}{' with video' if isinstance(model, MCSAN) else ''}",
            "an MCSAN of words and sound, whose streams and read-out can be watched",
            "take gradient x input, integrated gradients or occlusion: they need no look inside.",
        )


def choose_target(logits: Tensor, target: int | None) -> int:
    """`target`, or the predicted class of logits (C,). Raises DataError for a class that is not there."""
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
    """`choose_target` where nothing else is asked of the model."""
    model.eval()
    with torch.no_grad():
        return choose_target(model(collate([features])).logits[0], target)


def real_lengths(model: nn.Module, features: Features) -> tuple[int, int]:
    """(L, A): words and pooled audio frames of the utterance, without padding."""
    return len(features.text), step_count(model, len(features.audio))


def sides(
    model: nn.Module, words: np.ndarray, frames: np.ndarray
) -> tuple[np.ndarray | None, np.ndarray | None]:
    """`words` and `frames`, each None where the model has no such modality."""
    config = getattr(model, "config", None)
    return (
        words if getattr(config, "use_text", True) else None,
        frames if getattr(config, "use_audio", True) else None,
    )


@contextmanager
def listen(modules: dict[str, nn.Module]) -> Iterator[dict[str, tuple]]:
    """{name: (arguments, output)} of each module's forward, in the order in which they ran."""
    heard: dict[str, tuple] = {}
    hooks = [
        module.register_forward_hook(
            lambda _, given, made, name=name: heard.update({name: (given, made)})
        )
        for name, module in modules.items()
    ]
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
    """The utterance of a batch of one as often as there are `audio` (n, T, F) and `text` (n, L, E), all else as it is."""
    n = len(audio)
    rest = {
        name: x.expand(n, *x.shape[1:]) for name, x in vars(one).items() if isinstance(x, Tensor)
    }
    return replace(one, **(rest | {"ids": one.ids * n, "audio": audio, "text": text}))


def receipts(model: nn.Module, features: Features, target: int | None = None) -> Reading:
    """Max-pool receipts, ours: in each channel the read-out sees one position, the one that won the max (before
    Eq. 18). That position is billed with the channel's weight in the logit times its value; bills are summed over
    channels and over the branches of a stream.

    With a linear read-out (classifier_layers=1) the bills sum to logit - bias exactly. A deeper one has no fixed
    weights: its gradient at the pooled vector stands in for them, and the sum is true to the first order only. `gap` is
    what is left: logit - (logit of a zero vector) - sum. It bills positions of the last layer; what a position knows, it
    has from everywhere.
    """
    require_mcsan(model)
    model.eval()
    modules = {
        "cross": getattr(model, "cross", None),
        "self": getattr(model, "self_", None),
        "read-out": model.classifier,
    }
    with (
        torch.enable_grad(),
        listen({name: m for name, m in modules.items() if m is not None}) as heard,
    ):
        logits = model(differentiable(features)).logits[0]
        target = choose_target(logits, target)
        (pooled,), _ = heard.pop("read-out")
        ends = [streams for _, (streams, _) in heard.values()]
        if model.config.order != "parallel":
            ends = ends[-1:]  # the first module feeds the second, not the read-out
        streams = [(m, x) for end in ends for m, x in end.items()]
        slopes = torch.autograd.grad(
            logits[target], [x for _, x in streams]
        )  # zero where a position did not win
    with torch.no_grad():
        base = model.classifier(torch.zeros_like(pooled))[0, target]
    words, frames = (np.zeros(n, np.float32) for n in real_lengths(model, features))
    bills = {"text": words, "audio": frames}
    for (modality, x), slope in zip(streams, slopes, strict=True):
        bill = bills[modality]
        bill += (x.detach() * slope).sum(-1)[0, : len(bill)].numpy()  # (1, length, D) -> (length,)
    gap = float(logits[target].detach() - base) - float(words.sum() + frames.sum())
    return Reading("receipts", target, *sides(model, words, frames), gap=gap)


def _mean_gradient(
    model: nn.Module, batch: Batch, target: int, shares: Tensor, size: int
) -> tuple[Tensor, Tensor]:
    """d logit / d audio (T, F) and / d text (L, E), averaged over the inputs `shares` (S,) times the utterance, `size` of
    them in a batch."""
    audio, text = torch.zeros_like(batch.audio[0]), torch.zeros_like(batch.text[0])
    for part in shares.split(size):
        part = part[:, None, None]
        scaled = copies(
            batch, (part * batch.audio).requires_grad_(), (part * batch.text).requires_grad_()
        )
        with torch.enable_grad():
            logits = model(scaled).logits[:, target].sum()
            slopes = torch.autograd.grad(
                logits, (scaled.audio, scaled.text), materialize_grads=True
            )
        audio, text = audio + slopes[0].sum(0), text + slopes[1].sum(0)
    return audio / len(shares), text / len(shares)


def to_steps(scores: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """Scores of MFCC frames (T,) -> (A,) of steps of sound, each of which sees frames `seen` (A, 2): the sum over the MFCC
    frames that lie nearest to its middle. Steps overlap in what they see, so each score is counted once, not twice."""
    if not len(seen):
        return np.zeros(0)
    nearest = np.abs(seen.mean(1)[:, None] - np.arange(len(scores))).argmin(0)  # (A, T) -> (T,)
    return np.bincount(nearest, scores, minlength=len(seen))


def _path(
    model: nn.Module, features: Features, target: int, shares: Tensor
) -> tuple[np.ndarray, np.ndarray]:
    """(L,) and (A,): input times mean gradient, summed over the numbers of a word and of a frame."""
    batch = collate([features])
    words, frames = real_lengths(model, features)
    audio, text = _mean_gradient(model, batch, target, shares, min(64, at_once(words, frames)))
    by_word = (batch.text[0] * text).sum(-1)[:words].numpy()  # (L, E) -> (L,)
    by_frame = (batch.audio[0] * audio).sum(-1)[: len(features.audio)].numpy()  # (T, F) -> (T,)
    return by_word, to_steps(by_frame, step_frames(model, frames))


def gradient_x_input(model: nn.Module, features: Features, target: int | None = None) -> Reading:
    """Gradient times input (Shrikumar et al. 2016, arXiv:1605.01713), through attention, BiLSTM and convolution down to
    word vectors and MFCC: what the logit would lose to the first order if a word or a frame shrank to zero."""
    target = target_of(model, features, target)
    return Reading(
        "gradient x input", target, *sides(model, *_path(model, features, target, torch.ones(1)))
    )


def integrated_gradients(
    model: nn.Module, features: Features, target: int | None = None
) -> Reading:
    """Integrated gradients (Sundararajan et al. 2017): gradient times input, averaged along the straight line from a
    baseline to the utterance. The baseline is zero: the mean frame, and the vector of an unknown word, as many of each.

    Words and frames sum to logit - logit of the baseline. `gap` is what the sum misses: at most 1 % of that difference,
    by doubling the steps from 64 until it is, to 1,024 at most; where the two logits nearly agree it may stay larger.
    """
    model.eval()
    batch = collate([features])
    with torch.no_grad():
        logits = model(batch).logits[0]
        target = choose_target(logits, target)
        empty = replace(
            batch, audio=torch.zeros_like(batch.audio), text=torch.zeros_like(batch.text)
        )
        difference = float(logits[target] - model(empty).logits[0, target])
    for steps in STEPS:
        middles = (torch.arange(steps) + 0.5) / steps
        words, frames = _path(model, features, target, middles)
        gap = difference - float(words.sum() + frames.sum())
        if abs(gap) <= 0.01 * abs(difference):
            break
    return Reading("integrated gradients", target, *sides(model, words, frames), gap=gap)


def occlusion(
    model: nn.Module, features: Features, target: int | None = None, *, filler: str = "silence"
) -> Reading:
    """Occlusion (Zeiler & Fergus 2014): how far the logit falls when a piece of the input is covered.

    Of the sound, a window slides over the MFCC frames: it covers just those that one step of the model sees (an MCSAN's
    pooled frame: 185 ms, every 90 ms at the paper's sizes). Where that is less than HOLE frames, as in a model that reads
    frame by frame, the window reaches beyond the step, as far to both sides. "silence" fills it with the utterance's
    quietest frame, by coefficient 0 (a clip without any pause has only quiet speech to offer); "mean frame" with zeros,
    which is the training part's mean. A word is covered by the zero vector, that of an unknown word, under both. A covered
    input is one that training never showed: where the two fillers disagree, the filler was read, not the evidence.

    One forward pass a word and a step, `attention.at_once` of them in a batch. Raises DataError for another filler.
    """
    require_name(filler, FILLERS, "filler")
    model.eval()
    whole = collate([features])
    words, frames = real_lengths(model, features)
    fill = torch.from_numpy(FILLERS[filler](features.audio).copy()) if frames else 0
    holes = [
        ("text", slice(0)),
        *(("text", slice(i, i + 1)) for i in range(words)),
    ]  # the whole, without each word
    for first, last in step_frames(model, frames):  # without each window
        beyond = max(0, -(-(HOLE - (last + 1 - first)) // 2))
        holes.append(("audio", slice(max(0, first - beyond), last + 1 + beyond)))
    logits, size = [], at_once(words, frames)
    for start in range(0, len(holes), size):
        part = holes[start : start + size]
        inputs = {m: getattr(whole, m).repeat(len(part), 1, 1) for m in ("audio", "text")}
        for i, (modality, rows) in enumerate(part):
            inputs[modality][i, rows] = fill if modality == "audio" else 0
        with torch.no_grad():
            logits.append(model(copies(whole, **inputs)).logits)
    logits = torch.cat(logits)
    target = choose_target(logits[0], target)
    fall = (logits[0, target] - logits[1:, target]).numpy()
    return Reading(f"occlusion ({filler})", target, *sides(model, fall[:words], fall[words:]))
