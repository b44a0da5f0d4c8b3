"""The ladder of readings: answers to "which words, which moments?", from the attention weights up
to edited inputs.

In: a model, one utterance's normalised features and a class. Out: a `Reading`. READINGS is the one
table of them: a new reading is one function and one entry here (docs/adding_a_reading.md).
"""

from __future__ import annotations

from functools import partial

from mcsan_lite.explain.readings.from_attention import (
    gradient_x_attention,
    raw_attention,
    rollout,
    value_weighted,
)
from mcsan_lite.explain.readings.from_logit import (
    gradient_x_input,
    integrated_gradients,
    occlusion,
    receipts,
)
from mcsan_lite.explain.readings.from_words import voice_edit, word_occlusion
from mcsan_lite.explain.readings.reading import ReadingMethod

READINGS: dict[str, ReadingMethod] = {
    "raw attention": ReadingMethod(
        raw_attention,
        kind="map",
        explains="how much the last cross-attention layer weighs it",
        pairs=True,
    ),
    "value-weighted": ReadingMethod(
        value_weighted,
        kind="attention",
        explains="how long the vector is that it sends in the last cross-attention layer",
        pairs=True,
    ),
    "rollout": ReadingMethod(
        rollout,
        kind="attention",
        explains="how much of the last layer comes from it, if attention were all there is",
        pairs=True,
    ),
    "gradient x attention": ReadingMethod(
        gradient_x_attention,
        kind="attention",
        explains="how much its weight in the last cross-attention layer speaks for the class",
        pairs=True,
    ),
    "receipts": ReadingMethod(
        receipts,
        kind="logit",
        explains="how much of the logit the channels bring in whose maximum it won",
    ),
    "gradient x input": ReadingMethod(
        gradient_x_input,
        kind="logit",
        explains="what the logit would lose, to the first order, if it shrank to zero",
    ),
    "integrated gradients": ReadingMethod(
        integrated_gradients,
        kind="logit",
        explains="what it adds to the logit on the way from an empty utterance to this one",
    ),
    "occlusion (silence)": ReadingMethod(
        partial(occlusion, filler="silence"),
        kind="edit",
        explains="how far the logit falls when silence covers it",
    ),
    "occlusion (mean frame)": ReadingMethod(
        partial(occlusion, filler="mean frame"),
        kind="edit",
        explains="how far the logit falls when the training part's mean covers it",
    ),
    "word occlusion (silence)": ReadingMethod(
        partial(word_occlusion, filler="silence"),
        kind="edit",
        explains="how far the logit falls when silence covers the sound of its word",
        word_times=True,
    ),
    "word occlusion (mean frame)": ReadingMethod(
        partial(word_occlusion, filler="mean frame"),
        kind="edit",
        explains="how far the logit falls when the mean frame covers the sound of its word",
        word_times=True,
    ),
    "voice edit": ReadingMethod(
        voice_edit,
        kind="edit",
        explains="how far the logit falls when its word is said as evenly as the words around it",
        word_times=True,
    ),
}
