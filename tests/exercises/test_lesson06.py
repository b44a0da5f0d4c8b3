"""Each check passes the notebook's solution, and fails each wrong answer with its own hint.

An exercise that is still open is not solved yet, and no mistake.
"""

import math

import pytest
import torch
from notebook_solutions import names

from mcsan_lite.exercises import lesson06 as check

LESSON = "06_attention_by_hand"
NAMES = {
    "attention": ["attention"],
    "text_from_audio": ["text_from_audio"],
    "heads": ["split", "merge"],
    "safe_softmax": ["safe_softmax"],
    "predictions": ["answer"],
}


@pytest.mark.parametrize(("exercise", "wanted"), NAMES.items())
def test_the_solution_of_the_notebook_passes(exercise, wanted, capsys):
    solved = names(LESSON, "solution")
    capsys.readouterr()  # the cells have called their checks already
    assert getattr(check, exercise)(*(solved[name] for name in wanted))
    assert capsys.readouterr().out == f"✓ {exercise}: right.\n"


@pytest.mark.parametrize(("exercise", "wanted"), NAMES.items())
def test_an_open_exercise_is_not_solved_yet(exercise, wanted, capsys):
    is_open = names(LESSON, "exercise")
    capsys.readouterr()
    assert not getattr(check, exercise)(*(is_open[name] for name in wanted))
    assert "not solved yet" in capsys.readouterr().out


def attends(
    divide=lambda q, k, v: q.shape[-1] ** 0.5,
    hide=lambda s, m: s.masked_fill(~m, -math.inf),
    soft=lambda s: s.softmax(-1),
    after=lambda w, m: w,
    take=lambda w, k, v: w @ v,
):
    def student(q, k, v, m):
        w = after(soft(hide(q @ k.T / divide(q, k, v), m)), m)
        return take(w, k, v), w

    return student


def one_hot(s):
    return torch.nn.functional.one_hot(s.argmax(-1), s.shape[-1]).float()


def looks(q=lambda a, t: t, k=lambda a, t: a, v=lambda a, t: a, order="qkv", scale=True):
    def student(a, t, *maps):
        to = dict(zip("qkv", maps, strict=True))
        Q, K = to[order[0]](q(a, t)), to[order[1]](k(a, t))
        V = to["v"](v(a, t)) if "v" in order else v(a, t)
        w = (Q @ K.T / (Q.shape[-1] ** 0.5 if scale else 1)).softmax(-1)
        return w @ V, w

    return student


def unprojected(a, t, *maps):
    w = (t @ a.T / t.shape[-1] ** 0.5).softmax(-1)
    return w @ a, w


def split(x, heads):
    return x.unflatten(-1, (heads, -1)).transpose(0, 1)


def merge(x):
    return x.transpose(0, 1).flatten(1)


def lowest(s, m):
    return s.masked_fill(~m, torch.finfo(s.dtype).min).softmax(-1)


def minus_infinity(s, m):
    return s.masked_fill(~m, -math.inf).softmax(-1)


def added_infinity(s, m):
    return (s + torch.zeros_like(s).masked_fill(~m, -math.inf)).softmax(-1)


def told(**changes):
    right = {"zero": 0.25, "large": 1, "shuffled": "a", "heads": 1, "printed": "flatter"}
    return right | changes


WRONG = [
    (check.attention, attends(divide=lambda q, k, v: 1), "the scale is missing"),
    (check.attention, attends(divide=lambda q, k, v: q.shape[-1]), "divided by d. Eq. 9"),
    (check.attention, attends(divide=lambda q, k, v: q.shape[-1] ** -0.5), "multiplied by √d"),
    (check.attention, attends(divide=lambda q, k, v: len(k) ** 0.5), "root of the number of keys"),
    (
        check.attention,
        attends(divide=lambda q, k, v: v.shape[-1] ** 0.5),
        "the width of the values",
    ),
    (check.attention, attends(soft=lambda s: s.softmax(0)), "over the queries (axis 0). Each"),
    (
        check.attention,
        attends(hide=lambda s, m: s, soft=lambda s: s.softmax(0)),
        "axis 0), and the mask is ignored",
    ),
    (
        check.attention,
        attends(hide=lambda s, m: s, soft=lambda s: s.softmax(0), after=lambda w, m: w * m),
        "(axis 0). Each",
    ),
    (check.attention, attends(hide=lambda s, m: s), "the mask is ignored: keys 2 and 4"),
    (
        check.attention,
        attends(hide=lambda s, m: s, after=lambda w, m: w * m),
        "padding took its share first",
    ),
    (check.attention, attends(hide=lambda s, m: s * m), "given the score 0"),
    (
        check.attention,
        attends(hide=lambda s, m: s.masked_fill(m, -math.inf)),
        "the wrong way round",
    ),
    (check.attention, attends(soft=one_hot), "That is argmax"),
    (check.attention, attends(hide=lambda s, m: s * m, soft=lambda s: s), "these are scores"),
    (check.attention, attends(hide=lambda s, m: s, soft=lambda s: s), "these are scores"),
    (check.attention, attends(take=lambda w, k, v: w @ k), "they average the keys"),
    (check.attention, attends(take=lambda w, k, v: v), "the context is weights @ value"),
    (check.attention, lambda *given: attends()(*given)[::-1], "the weights came first"),
    (check.attention, lambda *given: attends()(*given)[0], "return two tensors"),
    (check.attention, lambda q, k, v, m: (q, (k @ q.T).softmax(-1)), "expected (Q, K) = (3, 5)"),
    (check.attention, attends(soft=lambda s: s.sigmoid()), "the weights differ from softmax"),
    (
        check.text_from_audio,
        looks(lambda a, t: a, lambda a, t: t, lambda a, t: t),
        "the modalities are swapped",
    ),
    (check.text_from_audio, looks(k=lambda a, t: t, v=lambda a, t: t), "That is Eq. 15"),
    (check.text_from_audio, looks(q=lambda a, t: a), "That is Eq. 15"),
    (check.text_from_audio, looks(order="kqv"), "to_query and to_key are swapped"),
    (check.text_from_audio, unprojected, "the projections are missing"),
    (check.text_from_audio, looks(scale=False), "the scale is missing"),
    (check.text_from_audio, looks(order="qk"), "missing their projection"),
    (check.text_from_audio, looks(order="qqv"), "the weights differ"),
    (
        check.text_from_audio,
        lambda *given: (given[1], looks()(*given)[1]),
        "ΔH is weights @ to_value(audio)",
    ),
    (
        check.text_from_audio,
        lambda *given: (looks()(*given)[0], looks()(*given)[1].T),
        "one row for each frame",
    ),
    (check.text_from_audio, lambda *given: looks()(*given)[0], "return two tensors"),
    (check.text_from_audio, looks(v=lambda a, t: t), "your code stops with RuntimeError"),
    (check.safe_softmax, minus_infinity, "still NaN"),
    (check.safe_softmax, lambda s, m: added_infinity(s, m).nan_to_num(0), "the gradient is NaN"),
    (check.safe_softmax, lambda s, m: minus_infinity(s, m).nan_to_num(0), "a NaN arose on the way"),
    (
        check.safe_softmax,
        lambda s, m: torch.where(m.any(-1, keepdim=True), minus_infinity(s, m), 0.0),
        "a NaN arose on the way",
    ),
    (check.safe_softmax, lowest, "an even spread over padding"),
    (check.safe_softmax, lambda s, m: s.softmax(-1) * m, "the rows that do have keys changed"),
    (check.safe_softmax, lambda s, m: (lowest(s, m) * m).detach(), "cut from the graph"),
    (
        check.safe_softmax,
        lambda s, m: lowest(s, m) * m + ~m.any(-1, keepdim=True),
        "must be zero; it is [1.0",
    ),
    (check.safe_softmax, lambda s, m: (lowest(s, m) * m)[0], "one tensor, the weights"),
    (check.predictions, told(zero=0), "the softmax of four equal numbers"),
    (check.predictions, told(large=0.25), "differences between scores"),
    (check.predictions, told(large="all"), "give a number"),
    (check.predictions, told(shuffled="b"), "each weight moves with its frame"),
    (check.predictions, told(heads=8), "no matrix is added"),
    (check.predictions, told(heads=0.125), "slices are smaller"),
    (check.predictions, told(heads="c"), "give a number"),
    (check.predictions, told(printed="sharper"), "closer together"),
    (check.predictions, told(printed="Neither"), "2.8 times as large"),
    (check.predictions, told(printed=...), "not solved yet"),
    (check.predictions, 0.25, "a dict with the keys"),
]


@pytest.mark.parametrize(
    ("exercise", "wrong", "hint"), WRONG, ids=[f"{c.__name__}-{h[:25]}" for c, _, h in WRONG]
)
def test_a_wrong_answer_gets_its_hint(exercise, wrong, hint, capsys):
    assert not exercise(wrong)
    assert hint in capsys.readouterr().out


def by_hand(s, m):
    powers = s.exp() * m
    return powers / powers.sum(-1, keepdim=True).clamp(min=1e-30)


def only_where_there_are_keys(s, m):
    some = m.any(-1)
    weights = torch.zeros_like(s)
    weights[some] = minus_infinity(s[some], m[some])
    return weights


@pytest.mark.parametrize(
    "right", [lambda s, m: lowest(s, m) * m, by_hand, only_where_there_are_keys]
)
def test_any_softmax_in_which_no_nan_arises_is_right(right):
    assert check.safe_softmax(right)


@pytest.mark.parametrize(
    ("splits", "merges", "hint"),
    [
        (lambda x, h: x.reshape(h, len(x), -1), merge, "mixes positions"),
        (lambda x, h: x.unflatten(-1, (-1, h)).permute(2, 0, 1), merge, "interleaved"),
        (lambda x, h: x.unflatten(-1, (h, -1)), merge, "the positions come first"),
        (lambda x, h: split(x, h).flip(0), merge, "the right shape with the wrong numbers"),
        (lambda x, h: x, merge, "split: the shape is (3, 8)"),
        (lambda x, h: x.chunk(h, -1), merge, "this is a tuple"),
        (split, lambda x: x.reshape(x.shape[1], -1), "the transpose is missing"),
        (split, lambda x: x.flatten(0, 1), "stacked below each other"),
        (split, lambda x: x.mean(0).repeat(1, len(x)), "heads are not averaged"),
        (split, lambda x: x.mean(0), "merge: the shape is (3, 4)"),
        (split, lambda x: merge(x.flip(0)), "must give x back"),
        (split, lambda x: None, "merge: your function returns nothing"),
        (lambda x, h: None, merge, "split: your function returns nothing"),
        (split, lambda x: x.tolist(), "merge: return a tensor"),
    ],
)
def test_a_wrong_split_or_merge_gets_its_hint(splits, merges, hint, capsys):
    assert not check.heads(splits, merges)
    assert hint in capsys.readouterr().out
