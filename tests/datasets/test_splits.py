"""Parts that are disjoint, complete, stratified where they should be, and the same in whatever
order a reader reads.
"""

import random
from collections import Counter
from dataclasses import replace

import pytest
import refusals
from dramas import changed, drama
from hypothesis import given, settings
from hypothesis import strategies as st

from mcsan_lite.corpus import Corpus, Utterance
from mcsan_lite.datasets.splits import (
    PARTS,
    PROTOCOLS,
    digest,
    folds,
    held_out_groups,
    kfold10,
    official,
    speaker,
    speaker10,
)
from mcsan_lite.errors import DataError

LABELS = ("angry", "neutral", "sad")
GROUPED = {
    "speaker": ("speaker", 5),
    "speaker10": ("speaker", 10),
    "session5": ("session", 5),
    "scenario": ("scenario", 5),
    "dialogue": ("dialogue", 10),
}  # what never crosses, and how many folds


def corpus(n=120, *, speakers=10, dialogues=24, split=lambda i: None, weights=(3, 2, 1)):
    """n utterances; ids in an order that is not the alphabet's; classes 3 : 2 : 1."""
    classes = [label for label, w in zip(LABELS, weights, strict=True) for _ in range(w)]
    return Corpus(
        "toy",
        LABELS,
        tuple(
            Utterance(
                f"u{i * 37 % 1009}",
                None,
                "a b",
                classes[i % len(classes)],
                speaker=f"s{i % speakers}",
                dialogue=f"d{i * dialogues // n}",
                split=split(i),
            )
            for i in range(n)
        ),
    )


def without_test(made):
    return replace(made, utterances=tuple(u for u in made.utterances if u.split != "test"))


def shuffled(made, seed):
    return replace(made, utterances=tuple(random.Random(seed).sample(made.utterances, len(made))))


def parts(fold):
    return {i: part for part in PARTS for i in getattr(fold, part)}


def check_complete(fold, made):
    """Every utterance is in exactly one part."""
    listed = [*fold.train, *fold.valid, *fold.test]
    assert sorted(listed) == sorted(u.id for u in made.utterances)
    assert fold.train and fold.valid and fold.test


def values(made, field, ids):
    ids = set(ids)
    return {getattr(u, field) for u in made.utterances if u.id in ids}


def thirds(i):
    return "train" if i < 90 else "valid" if i < 105 else "test"


@pytest.mark.parametrize("name", PROTOCOLS)
def test_folds_are_complete_and_the_same_in_whatever_order_utterances_come(name):
    made = drama()
    found = folds(made, name)
    assert [f.name for f in found] == (
        ["official"] if name == "official" else [f"{name}-{i}" for i in range(len(found))]
    )
    for fold in found:
        check_complete(fold, made)
        assert all(
            list(ids) == sorted(ids) for ids in (fold.train, fold.valid, fold.test)
        )  # it orders training batches
    assert all(folds(shuffled(made, seed), name) == found for seed in range(3))
    assert found == PROTOCOLS[name](made)


# Fixed: whatever moves an utterance (an edit here, another scikit-learn, another machine) must be
# noticed.
@pytest.mark.parametrize(
    ("name", "golden"),
    [
        ("official", "125af4ba41"),
        ("official-dev", "9453ad1002"),
        ("kfold10", "2ebb8c08b0"),
        ("yoon5", "d8fb86304b"),
        ("speaker", "3d86a1c28f"),
        ("speaker10", "912031e2c7"),
        ("session5", "06c08d0ab4"),
        ("scenario", "d303e71e36"),
        ("dialogue", "7f6cd5d641"),
    ],
)
def test_no_utterance_has_moved(name, golden):
    made = without_test(drama()) if name == "official-dev" else drama()
    assert digest(folds(made, name.removesuffix("-dev"))) == golden


def test_official_with_a_test_part():
    made = corpus(split=thirds)
    [fold] = official(made)
    assert fold.name == "official"
    assert parts(fold) == {u.id: u.split for u in made.utterances}


def test_official_without_a_test_part_scores_valid_and_holds_dialogues_back():
    made = corpus(
        split=lambda i: "train" if i < 100 else "valid"
    )  # 5 utterances a dialogue: 20 train, 4 valid
    [fold] = official(made)
    check_complete(fold, made)
    assert fold.name == "official-dev"
    assert set(fold.test) == {u.id for u in made.utterances if u.split == "valid"}
    train, valid = values(made, "dialogue", fold.train), values(made, "dialogue", fold.valid)
    assert len(valid) == 2 and len(train) == 18 and not train & valid  # a tenth of them, whole
    assert all(official(shuffled(made, seed)) == [fold] for seed in range(3))


@pytest.mark.parametrize(
    ("lacking", "kept_whole", "count"), [((), "dialogue", 2), (("dialogue",), "speaker", 1)]
)
def test_official_without_a_validation_part_holds_groups_back(lacking, kept_whole, count):
    made = corpus(split=lambda i: "train" if i < 100 else "test")
    bare = dict.fromkeys(lacking, "")
    made = replace(made, utterances=tuple(replace(u, **bare) for u in made.utterances))
    [fold] = official(made)
    check_complete(fold, made)
    assert fold.name == "official-heldout" and held_out_groups(made) == kept_whole
    assert set(fold.test) == {u.id for u in made.utterances if u.split == "test"}
    train, valid = values(made, kept_whole, fold.train), values(made, kept_whole, fold.valid)
    assert len(valid) == count and not train & valid
    assert all(official(shuffled(made, seed)) == [fold] for seed in range(3))


def test_without_groups_single_utterances_are_held_back():
    made = corpus(split=lambda i: "train" if i < 100 else "test", speakers=2, dialogues=1)
    [fold] = official(made)
    assert held_out_groups(made) == "id" and len(fold.valid) == 10


@pytest.mark.parametrize("n", [120, 123])
def test_kfold10(n):
    made = corpus(n)
    found = kfold10(made)
    assert len(found) == 10
    label = {u.id: u.label for u in made.utterances}
    for fold in found:
        check_complete(fold, made)
        for part, share in ((fold.train, 0.8), (fold.valid, 0.1), (fold.test, 0.1)):
            assert abs(len(part) - share * n) <= 3
            counts = Counter(label[i] for i in part)
            # stratified: as many of each class as its share of the corpus, give or take rounding
            for name in LABELS:
                expected = share * sum(v == name for v in label.values())
                assert abs(counts[name] - expected) <= (2 if part is fold.train else 1)
    tested = [i for f in found for i in f.test]
    assert sorted(tested) == sorted(label)  # each utterance is tested once …
    assert sorted(i for f in found for i in f.valid) == sorted(
        label
    )  # … and chooses the epoch once
    for one, after in zip(found, found[1:] + found[:1], strict=True):
        assert set(one.valid) == set(after.test)


@pytest.mark.parametrize("name", ["kfold10", "yoon5"])
def test_random_folds_put_speakers_dialogues_and_scenes_on_both_sides(name):
    made = drama()
    for fold in folds(made, name):
        for field in ("speaker", "dialogue", "scenario", "session"):
            assert values(made, field, fold.test) & values(made, field, fold.train)


@pytest.mark.parametrize("name", GROUPED)
def test_groups_never_cross_and_everything_is_tested_once(name):
    made, (field, k) = drama(), GROUPED[name]
    found = folds(made, name)
    assert len(found) == k
    for fold in found:
        train, valid, test = (
            values(made, field, ids) for ids in (fold.train, fold.valid, fold.test)
        )
        assert not train & valid and not train & test and not valid & test
    everything = sorted(u.id for u in made.utterances)
    assert (
        sorted(i for f in found for i in f.test)
        == everything
        == sorted(i for f in found for i in f.valid)
    )


def test_speaker10_tests_one_validates_on_the_partner_and_trains_on_other_sessions():
    made = drama()
    for fold, tested in zip(
        speaker10(made), sorted({u.speaker for u in made.utterances}), strict=True
    ):
        partner = tested[:-1] + {"F": "M", "M": "F"}[tested[-1]]
        assert values(made, "speaker", fold.test) == {tested} and values(
            made, "speaker", fold.valid
        ) == {partner}
        assert values(made, "session", fold.train) == {f"s{i}" for i in range(5)} - {tested[:-1]}


def test_session5_tests_one_session_and_validates_on_the_next():
    made = drama()
    found = [
        [values(made, "session", ids) for ids in (f.test, f.valid)] for f in folds(made, "session5")
    ]
    assert found == [[{f"s{i}"}, {f"s{(i + 1) % 5}"}] for i in range(5)]
    assert not any(
        values(made, "speaker", f.test) & values(made, "speaker", f.train)
        for f in folds(made, "session5")
    )


@pytest.mark.parametrize(("speakers", "k"), [(24, 5), (7, 5), (4, 4), (3, 3)])
def test_as_many_folds_as_there_are_speakers_and_five_at_most(speakers, k):
    made = corpus(speakers=speakers)
    found = speaker(made)
    assert [f.name for f in found] == [f"speaker-{i}" for i in range(k)]
    for fold in found:
        check_complete(fold, made)
        groups = [values(made, "speaker", ids) for ids in (fold.train, fold.valid, fold.test)]
        assert sum(map(len, groups)) == len(set.union(*groups)) == speakers


def test_speaker_folds_balance_classes_as_far_as_speakers_allow():
    """20 speakers, half only angry, half only sad: each of five folds can have two of both."""
    made = changed(corpus(speakers=20), label=lambda u: ("angry", "sad")[int(u.speaker[1:]) % 2])
    label = {u.id: u.label for u in made.utterances}
    for fold in speaker(made):
        assert Counter(label[i] for i in fold.test) == {"angry": 12, "sad": 12}


FIELDS = ("speaker", "dialogue", "session", "scenario", "split")


@settings(max_examples=60, deadline=None, database=None)
@pytest.mark.filterwarnings("ignore:The least populated class")
@pytest.mark.parametrize("name", PROTOCOLS)
@given(
    n=st.integers(1, 120),
    kinds=st.integers(1, 8),
    pairs=st.booleans(),
    seed=st.integers(0, 999),
    gap=st.sampled_from(("", *FIELDS)),
)
def test_any_corpus_gives_whole_folds_or_a_refusal(name, n, kinds, pairs, seed, gap):
    """`kinds`: values a field; `pairs`: sessions of two speakers of their own; `gap`: a field that
    some do not have.
    """
    draw = random.Random(seed)
    made = []
    for i in range(n):
        has = {field: f"{field}{draw.randrange(kinds)}" for field in FIELDS} | {
            "split": draw.choice(PARTS)
        }
        if pairs:
            has["speaker"] = has["session"] + draw.choice("FM")
        if draw.random() < 0.1:
            has |= {gap: None if gap == "split" else ""} if gap else {}
        made.append(Utterance(f"u{i}", None, "", draw.choice(LABELS), **has))
    made = Corpus("toy", LABELS, tuple(made))
    try:
        found = folds(made, name)
    except DataError:
        return
    for fold in found:
        check_complete(fold, made)
        if name in GROUPED:
            field = GROUPED[name][0]
            assert not values(made, field, fold.test) & values(made, field, fold.train + fold.valid)
    if name in GROUPED:
        assert sorted(i for f in found for i in f.test) == sorted(u.id for u in made.utterances)


ALL = ", ".join(map(repr, PROTOCOLS))
MORE = "take another protocol, or more data."


@pytest.mark.parametrize(
    ("call", "given_", "expected", "do"),
    [
        (
            lambda: folds(corpus(), "kfold-10"),
            "protocol 'kfold-10'",
            f"one of {ALL}",
            "did you mean 'kfold10'?",
        ),
        (
            lambda: folds(corpus(), "splits"),
            "protocol 'splits'",
            f"one of {ALL}",
            "take one of these names.",
        ),
        (
            lambda: folds(corpus(), "csv"),
            "protocol 'csv'",
            f"one of {ALL}",
            "take one of these names.",
        ),
        (
            lambda: official(corpus()),
            "toy, which has no official split",
            "one of kfold10, yoon5, speaker, speaker10, session5, scenario, dialogue",
            "--protocol speaker",
        ),
        (
            lambda: official(corpus(split=lambda i: None if i == 5 else thirds(i))),
            "no official split",
            None,
            None,
        ),
        (
            lambda: official(corpus(split=lambda i: "validation" if i == 5 else thirds(i))),
            "split 'validation'",
            "one of 'train', 'valid', 'test'",
            "did you mean 'valid'?",
        ),
        (
            lambda: official(corpus(split=lambda i: "train")),
            "fold official-dev of toy with no test utterance",
            "all three parts filled",
            MORE,
        ),
        (
            lambda: official(corpus(split=lambda i: "test" if i else "train")),
            "1 training utterances in toy",
            "at least 2, to hold some back for validation",
            "mark more rows as train, or take another protocol.",
        ),
        (
            lambda: official(corpus(split=lambda i: "valid")),
            "0 training utterances in toy",
            None,
            None,
        ),
        (
            lambda: kfold10(corpus(12)),
            "at most 6 utterances per class in toy",
            "at least 10 in the largest class",
            MORE,
        ),
        (
            lambda: folds(corpus(12), "yoon5"),
            "fold yoon5-0 of toy with no valid utterance",
            "all three parts filled",
            MORE,
        ),
        (
            lambda: speaker(corpus(speakers=2)),
            "2 speakers in toy",
            "at least 3 speakers, and one for every utterance",
            "take a protocol that needs no speaker: --protocol kfold10",
        ),
        (
            lambda: speaker(corpus(6)),
            "at most 3 utterances per class in toy",
            "at least 5 in the largest class",
            MORE,
        ),
        (
            lambda: folds(
                changed(drama(), scenario=lambda u: u.scenario * (u.label != "sad")), "scenario"
            ),
            "utterances without scenario in toy",
            "at least 3 scenarios, and one for every utterance",
            "needs no scenario: --protocol kfold10",
        ),
        (
            lambda: folds(corpus(dialogues=2), "dialogue"),
            "2 dialogues in toy",
            "at least 3 dialogues",
            "needs no dialogue",
        ),
        (
            lambda: folds(
                changed(drama(), session=lambda u: u.session.replace("s1", "")), "session5"
            ),
            "utterances without session in toy",
            "at least 3 sessions, and one for every utterance",
            "take a protocol that needs no session: --protocol speaker",
        ),
        (
            lambda: folds(changed(drama(), session=lambda u: "ab"[u.session > "s2"]), "session5"),
            "2 sessions in toy",
            None,
            None,
        ),
        (
            lambda: speaker10(corpus()),
            "toy with 1 sessions and 10 speakers",
            "two sessions or more, each of two speakers who are in no other",
            "--protocol speaker",
        ),
        (
            lambda: speaker10(
                changed(drama(), session=lambda u: "one" if u.session < "s2" else "two")
            ),
            "2 sessions and 10",
            None,
            None,
        ),
        (
            lambda: speaker10(changed(drama(), speaker=lambda u: u.speaker.replace("s1F", "s0F"))),
            "5 sessions and 9",
            None,
            None,
        ),
        (
            lambda: speaker10(changed(drama(), speaker=lambda u: u.speaker.replace("s1F", ""))),
            "5 sessions and 9",
            None,
            None,
        ),
        (
            lambda: speaker10(changed(drama(), session=lambda u: u.session.replace("s1", ""))),
            "5 sessions and 10",
            None,
            None,
        ),
    ],
)
def test_errors_by_text(call, given_, expected, do):
    text = refusals.refusal(call)
    for line, start, part in zip(
        text.split("\n"), ("Given: ", "Expected: ", "Do: "), (given_, expected, do), strict=True
    ):
        assert line.startswith(start) and (part or "") in line
