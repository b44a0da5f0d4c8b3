"""Checks of lesson 08: each passes its solution, and gives each mistake its own hint.

An exercise that is still open is told so.
"""

import math

import pytest
from notebook_solutions import names

from mcsan_lite.exercises import lesson08

LESSON = "08_mcsan_assembled"
CHECKS = {
    "two_streams": "two_streams",
    "global_max": "global_max",
    "block_parameters": "block_parameters",
    "concatenation": "answer",
}


@pytest.mark.parametrize(("check", "solution"), CHECKS.items())
def test_the_solution_of_the_notebook_passes(check, solution, capsys):
    solved = names(LESSON, "solution")
    capsys.readouterr()  # the cells call their checks as well
    assert getattr(lesson08, check)(solved[solution])
    assert capsys.readouterr().out == f"✓ {check}: right.\n"


@pytest.mark.parametrize(("check", "solution"), CHECKS.items())
def test_an_open_exercise_is_not_solved_yet(check, solution, capsys):
    handed_out = names(LESSON, "exercise")
    capsys.readouterr()
    assert not getattr(lesson08, check)(handed_out[solution])
    assert "not solved yet" in capsys.readouterr().out


def text_reads_new_audio(audio, text, delta, norm):
    audio = norm(audio + delta(audio, text))
    return audio, norm(text + delta(text, audio))


def audio_reads_new_text(audio, text, delta, norm):
    text = norm(text + delta(text, audio))
    return norm(audio + delta(audio, text)), text


def fill(x, mask, value):
    return x.masked_fill(~mask[..., None], value)


def swap(**streams):
    right = {"w/o self": 2, "w/o audio": 1, "cross + self (seq)": 2, "N = 2": 4}
    return {
        "order": "b",
        "streams": {**right, **{k.replace("_", " "): v for k, v in streams.items()}},
    }


def count(
    attention=lambda h: 4 * h * (h + 1), feed=lambda h, f: 2 * h * f + f + h, norms=lambda h: 4 * h
):
    return lambda h, f: (attention(h), feed(h, f), norms(h))


WRONG = [
    (
        "two_streams",
        text_reads_new_audio,
        "the text stream looked at the audio that was already updated",
    ),
    (
        "two_streams",
        audio_reads_new_text,
        "the audio stream looked at the text that was already updated",
    ),
    ("two_streams", lambda a, t, d, n: (n(d(a, t)), n(d(t, a))), "the residual is missing"),
    (
        "two_streams",
        lambda a, t, d, n: (n(a) + d(a, t), n(t) + d(t, a)),
        "LayerNorm came before the sum",
    ),
    (
        "two_streams",
        lambda a, t, d, n: (a + n(d(a, t)), t + n(d(t, a))),
        "LayerNorm came before the sum",
    ),
    (
        "two_streams",
        lambda a, t, d, n: (a + d(n(a), n(t)), t + d(n(t), n(a))),
        "LayerNorm came before the sum",
    ),
    (
        "two_streams",
        lambda a, t, d, n: (a + d(a, t), t + d(t, a)),
        "the LayerNorm around it is missing",
    ),
    (
        "two_streams",
        lambda a, t, d, n: (n(a + d(a, a)), n(t + d(t, t))),
        "each stream looked at itself",
    ),
    (
        "two_streams",
        lambda a, t, d, n: (n(t + d(t, a)), n(a + d(a, t))),
        "expected (5, 4) for the audio",
    ),
    ("two_streams", lambda a, t, d, n: n(a + d(a, t)), "return two tensors"),
    (
        "two_streams",
        lambda a, t, d, n: (n(a - d(a, t)), n(t - d(t, a))),
        "differ from Eq. 11 and 12",
    ),
    ("two_streams", lambda a, t, d, n: n(a + d(t, a)), "your code stops with RuntimeError"),
    ("global_max", lambda x, m: fill(x, m, 0).amax(1), "padding was filled with 0"),
    ("global_max", lambda x, m: (x * m[..., None]).amax(1), "padding was filled with 0"),
    ("global_max", lambda x, m: x.amax(1), "the mask is ignored"),
    ("global_max", lambda x, m: x.mean(1), "this is the mean over time"),
    (
        "global_max",
        lambda x, m: fill(x, m, 0).sum(1) / m.sum(1, keepdim=True),
        "this is the mean over time",
    ),
    ("global_max", lambda x, m: fill(x, m, -math.inf).amax(2), "wrong axis: the shape is (2, 5)"),
    ("global_max", lambda x, m: fill(x, m, -math.inf).amax(0), "wrong axis: the shape is (5, 3)"),
    ("global_max", lambda x, m: fill(x, m, -math.inf).amax(1, keepdim=True), "wrong axis"),
    ("global_max", lambda x, m: fill(x, m, -math.inf).max(1), "values and indices"),
    ("global_max", lambda x, m: fill(x, ~m, -math.inf).amax(1), "the wrong way round"),
    (
        "global_max",
        lambda x, m: x.masked_fill_(~m[..., None], -math.inf).amax(1),
        "changes its input",
    ),
    ("global_max", lambda x, m: fill(x, m, -math.inf).amin(1), "the wrong way round"),
    ("global_max", lambda x, m: x.amax(1).tolist(), "this is a list"),
    ("global_max", lambda x, m: x.amax((1, 2)), "the shape is (2,); expected"),
    ("global_max", lambda x, m: fill(x, m, -1.1).amax(1), "differ from the largest real value"),
    (
        "block_parameters",
        count(attention=lambda h: 4 * h * h),
        "attention, at hidden 4 and feed-forward 10: the biases",
    ),
    (
        "block_parameters",
        count(attention=lambda h: 3 * h * (h + 1)),
        "the merge projection is missing: query",
    ),
    (
        "block_parameters",
        count(attention=lambda h: 3 * h * h),
        "the merge projection and the biases",
    ),
    ("block_parameters", count(attention=lambda h: 8 * h * (h + 1)), "160 came out, 80 expected"),
    (
        "block_parameters",
        count(feed=lambda h, f: 2 * h * f),
        "feed-forward, at hidden 4 and feed-forward 10: the biases",
    ),
    ("block_parameters", count(feed=lambda h, f: 2 * h * f + f), "the bias of the second map"),
    ("block_parameters", count(feed=lambda h, f: 2 * h * f + h), "the bias of the first map"),
    (
        "block_parameters",
        count(feed=lambda h, f: 2 * h * f + 2 * f),
        "the second map has `hidden` outputs",
    ),
    (
        "block_parameters",
        count(feed=lambda h, f: 2 * h * f + 2 * h),
        "the first map has `feedforward` outputs",
    ),
    ("block_parameters", count(feed=lambda h, f: h * f + f), "this is one linear map"),
    ("block_parameters", count(norms=lambda h: 0), "the LayerNorms are missing"),
    ("block_parameters", count(norms=lambda h: 2 * h), "there are two LayerNorms"),
    (
        "block_parameters",
        lambda h, f: 4 * h * (h + 1) + 2 * h * f + f + h + 4 * h,
        "return three numbers",
    ),
    ("concatenation", {**swap(), "order": "a"}, "its own column of weights"),
    ("concatenation", {**swap(), "order": "c"}, "acts on the classes"),
    ("concatenation", {**swap(), "order": "d"}, "no LayerNorm follows"),
    ("concatenation", {**swap(), "order": 3}, "take one of the letters"),
    ("concatenation", swap(**{"w/o self": 4}), "w/o self: 4 is not right"),
    ("concatenation", swap(**{"w/o audio": 2}), "with one modality there is nothing to cross"),
    ("concatenation", swap(**{"cross + self (seq)": 4}), "one module feeds the other"),
    ("concatenation", swap(**{"N = 2": 8}), "stacked layers replace"),
    ("concatenation", {"order": "b", "streams": {}}, "streams: w/o self is missing."),
    (
        "concatenation",
        {"order": "b", "streams": {"w/o self": 2, "w/o audio": 1, "cross + self (seq)": 2}},
        "streams: N = 2 is missing.",
    ),
    ("concatenation", swap(**{"N = 2": ...}), "not solved yet"),
    ("concatenation", {"order": "b", "streams": ...}, "not solved yet"),
    ("concatenation", {**swap(), "order": ...}, "not solved yet"),
    ("concatenation", {"order": "b", "streams": [2, 1, 2, 4]}, "the answer is a dict"),
    ("concatenation", "b", "the answer is a dict"),
]


@pytest.mark.parametrize(
    ("check", "wrong", "hint"), WRONG, ids=[f"{c}-{h[:30]}" for c, _, h in WRONG]
)
def test_a_wrong_solution_gets_its_hint(check, wrong, hint, capsys):
    assert not getattr(lesson08, check)(wrong)
    assert hint in capsys.readouterr().out
