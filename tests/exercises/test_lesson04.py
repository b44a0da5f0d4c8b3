"""Each check passes its solution and fails each wrong answer with the matching hint."""

import numpy as np
import pytest
from notebook_solutions import solution

from mcsan_lite.datasets.synthetic.ceilings import bayes_ceilings
from mcsan_lite.datasets.synthetic.generator import make_synthetic
from mcsan_lite.datasets.synthetic.reader import read_truth
from mcsan_lite.datasets.synthetic.rules import RULES, SYNTHETIC_LABELS, SyntheticConfig
from mcsan_lite.exercises import lesson04 as check
from mcsan_lite.features.words import GLOVE_50, embed

SOURCE = "04_from_words_to_vectors"


@pytest.mark.parametrize("number", [1, 2, 3, 4])
def test_the_notebooks_own_solution_passes(number, capsys):
    solution(SOURCE, number)
    assert capsys.readouterr().out.startswith("✓")


def test_the_seven_classes_of_the_exercise_are_the_corpus(capsys):
    space = solution(SOURCE, 4)
    assert space["sense_of_seven"] == {label: rule.sense for label, rule in RULES.items()}
    assert "seven equal classes: 0.4286" in capsys.readouterr().out


def test_the_filler_of_the_solution_is_the_packages(tmp_path):
    train = [["pain", "zzyzzq"], ["sweet"]]
    package, unknown = embed({"pain", "sweet", "zzyzzq"}, GLOVE_50, "mean", tmp_path)
    assert unknown == {"zzyzzq"}
    found = solution(SOURCE, 2)["table_of"](
        train, [["zzyzzq"]], {w: package[w] for w in ("pain", "sweet")}
    )
    assert {w: pytest.approx(v, abs=1e-6) for w, v in found.items()} == package


@pytest.mark.parametrize("imbalance", ["none", "iemocap"])
def test_the_ceiling_of_the_solution_is_the_generators(imbalance, tmp_path):
    config = SyntheticConfig(train=1, valid=1, test=4000, imbalance=imbalance, missing_audio=1.0)
    ceiling = solution(SOURCE, 4)["text_ceiling"](
        dict(zip(SYNTHETIC_LABELS, config.prior, strict=True)),
        {label: sense for label, (sense, *_) in RULES.items()},
    )
    truth = read_truth(make_synthetic(tmp_path, config))
    assert ceiling == pytest.approx(
        bayes_ceilings(truth[truth.split == "test"], config)["text"], abs=0.01
    )


def _flat(sentences):
    return [w for sentence in sentences for w in sentence]


def _shares(words, known):
    return np.mean([w in known for w in words])


def _filled(train, test, vectors, filler):
    return {w: vectors.get(w, filler) for w in _flat([*train, *test])}


def _mean(words, vectors):
    return np.mean([vectors[w] for w in words if w in vectors], axis=0)


def _fills_each_part(train, test, vectors):
    first, second = (
        _filled(part, [], vectors, _mean(set(_flat(part)), vectors)) for part in (train, test)
    )
    return second | first


def _in_place(train, test, vectors):
    filler = _mean(set(_flat(train)), vectors)
    for word in _flat([*train, *test]):
        vectors.setdefault(word, filler)
    return vectors


def _own_vectors_lost(train, test, vectors):
    return dict.fromkeys(_flat([*train, *test]), _mean(set(_flat(train)), vectors))


def _random(train, test, vectors):
    draw = np.random.default_rng(0)
    return {w: vectors.get(w, draw.normal(size=2)) for w in sorted(set(_flat([*train, *test])))}


def _unmasked_in_place(x, mask):
    x *= mask[..., None]
    return x.sum(1) / mask.sum(1, keepdim=True).clamp(min=1)


def _masked_mean(x, mask):
    silent = x.masked_fill(~mask[..., None], 0)
    return silent.sum(1) / mask.sum(1, keepdim=True).clamp(min=1)


def _groups(prior, sense):
    return [
        [prior[label] for label in prior if sense[label] == s] for s in sorted(set(sense.values()))
    ]


@pytest.mark.parametrize(
    "function, wrong, hint",
    [
        (
            check.coverage,
            lambda s, k: (_shares(set(_flat(s)), k), _shares(_flat(s), k)),
            "wrong order",
        ),
        (
            check.coverage,
            lambda s, k: (1 - _shares(_flat(s), k), 1 - _shares(set(_flat(s)), k)),
            "what is unknown",
        ),
        (
            check.coverage,
            lambda s, k: (_shares(_flat(s), k), _shares(_flat(s), k)),
            "both numbers are the same",
        ),
        (
            check.coverage,
            lambda s, k: (_shares(_flat(s), k), len(k & set(_flat(s))) / len(k)),
            "the size of the table",
        ),
        (
            check.coverage,
            lambda s, k: (np.mean([_shares(x, k) for x in s]), _shares(set(_flat(s)), k)),
            "over sentences",
        ),
        (
            check.coverage,
            lambda s, k: (_shares(_flat(s), k), _shares(_flat(map(set, s)), k)),
            "a set of every sentence",
        ),
        (check.coverage, lambda s, k: (6, 2), "of 8 tokens 6 are known"),
        (check.coverage, lambda s, k: [0.75], "1 numbers"),
        (
            check.table_of,
            lambda a, b, v: _filled(a, b, v, _mean(set(_flat([*a, *b])), v)),
            "a look at the test part",
        ),
        (check.table_of, _fills_each_part, "two unknown words got different vectors"),
        (
            check.table_of,
            lambda a, b, v: _filled(a, b, v, _mean(_flat(a), v)),
            "averaged over tokens",
        ),
        (check.table_of, lambda a, b, v: _filled(a, b, v, np.zeros(2)), "those are zeros"),
        (check.table_of, _random, "two unknown words got different vectors"),
        (check.table_of, lambda a, b, v: _filled(a, b, v, _mean(v, v)), "'week' too"),
        (
            check.table_of,
            lambda a, b, v: _filled(a, b, v, sum(v[w] for w in ("no", "pain")) / 3),
            "by all training types",
        ),
        (
            check.table_of,
            lambda a, b, v: _filled(a, [], v, _mean(set(_flat(a)), v)),
            "no vector for bettinka, sun",
        ),
        (check.table_of, _in_place, "changed the vectors"),
        (check.table_of, _own_vectors_lost, "keep its own vector"),
        (check.table_of, lambda a, b, v: _filled(a, b, v, np.mean([v["no"], v["pain"]])), "axis=0"),
        (check.table_of, lambda a, b, v: _filled(a, b, v, np.array([9.0, 9.0])), "is [3, 1]"),
        (check.masked_mean, lambda x, m: x.mean(1), "not used at all"),
        (check.masked_mean, lambda x, m: (x * m[..., None]).mean(1), "length of the block"),
        (
            check.masked_mean,
            lambda x, m: x.sum(1) / m.sum(1, keepdim=True).clamp(min=1),
            "still in the sum",
        ),
        (check.masked_mean, lambda x, m: (x * m[..., None]).sum(1), "the sum over the words"),
        (
            check.masked_mean,
            lambda x, m: (x * m[..., None]).sum(1) / m.sum(1, keepdim=True),
            "without a word",
        ),
        (
            check.masked_mean,
            lambda x, m: x.masked_fill(~m[..., None], -99).amax(1),
            "the maximum over the words",
        ),
        (
            check.masked_mean,
            lambda x, m: (x * m[..., None]).sum((0, 1)).expand(4, 3) / m.sum(),
            "all words of the batch",
        ),
        (
            check.masked_mean,
            lambda x, m: (x * ~m[..., None]).sum(1) / (~m).sum(1, keepdim=True).clamp(min=1),
            "upside down",
        ),
        (check.masked_mean, lambda x, m: x.mean(2), "the shape should be"),
        (
            check.masked_mean,
            lambda x, m: _masked_mean(x, m).numpy(),
            "return a torch tensor; this is of type ndarray.",
        ),
        (check.masked_mean, lambda x, m: x[m].mean(0), "the shape should be"),
        (check.masked_mean, _unmasked_in_place, "changed x itself"),
        (check.masked_mean, lambda x, m: x[:, 0], "three rows divided by 3"),
        (
            check.masked_mean,
            lambda x, m: (x * m[..., None]).sum(1) / m.sum(1, keepdim=True).clamp(min=1),
            "NaN times zero",
        ),
        (check.text_ceiling, lambda p, s: max(p.values()), "does not read"),
        (
            check.text_ceiling,
            lambda p, s: len(set(s.values())) / len(p),
            "equally frequent classes",
        ),
        (
            check.text_ceiling,
            lambda p, s: np.mean([1 / len(g) for g in _groups(p, s)]),
            "guessed evenly",
        ),
        (
            check.text_ceiling,
            lambda p, s: sum(np.mean(g) for g in _groups(p, s)),
            "guess at random",
        ),
        (
            check.text_ceiling,
            lambda p, s: sum(sum(q * q for q in g) / sum(g) for g in _groups(p, s)),
            "as often as each class",
        ),
        (
            check.text_ceiling,
            lambda p, s: np.mean([max(g) / sum(g) for g in _groups(p, s)]),
            "weight each",
        ),
        (check.text_ceiling, lambda p, s: sum(max(g) / sum(g) for g in _groups(p, s)), "exceeds 1"),
        (check.text_ceiling, lambda p, s: 0.99, "not 0.990"),
        (check.text_ceiling, lambda p, s: 1 / 0, "stops with ZeroDivisionError"),
    ],
)
def test_a_wrong_answer_gets_its_hint(function, wrong, hint, capsys):
    assert not function(wrong)
    assert hint in capsys.readouterr().out


def test_an_open_exercise_is_a_verdict(capsys):
    def open_function(*given):
        raise NotImplementedError

    assert not any(
        one(open_function)
        for one in (check.coverage, check.table_of, check.masked_mean, check.text_ceiling)
    )
    assert capsys.readouterr().out.count("not solved yet") == 4
