"""Parts that are disjoint, complete, stratified where they should be, and the same in whatever order a reader reads."""

import random
from collections import Counter
from dataclasses import replace

import pytest

from mcsan_lite.corpus import Corpus, DataError, Utterance
from mcsan_lite.splits import Fold, folds, kfold10, official, speaker

LABELS = ("angry", "neutral", "sad")


def corpus(n=120, *, speakers=10, dialogues=24, split=lambda i: None, weights=(3, 2, 1)):
    """n utterances; ids in an order that is not the alphabet's; classes 3 : 2 : 1."""
    classes = [label for label, w in zip(LABELS, weights, strict=True) for _ in range(w)]
    return Corpus("toy", LABELS, tuple(
        Utterance(f"u{i * 37 % 1009}", None, "a b", classes[i % len(classes)], speaker=f"s{i % speakers}",
                  dialogue=f"d{i * dialogues // n}", split=split(i)) for i in range(n)))


def shuffled(made, seed):
    return replace(made, utterances=tuple(random.Random(seed).sample(made.utterances, len(made))))


def parts(fold):
    return {i: part for part in ("train", "valid", "test") for i in getattr(fold, part)}


def check_complete(fold, made):
    """Every utterance is in exactly one part."""
    listed = [*fold.train, *fold.valid, *fold.test]
    assert sorted(listed) == sorted(u.id for u in made.utterances)
    assert fold.train and fold.valid and fold.test


def thirds(i):
    return "train" if i < 90 else "valid" if i < 105 else "test"


def test_official_with_a_test_part():
    made = corpus(split=thirds)
    [fold] = official(made)
    check_complete(fold, made)
    assert fold.name == "official"
    assert parts(fold) == {u.id: u.split for u in made.utterances}


def test_official_without_a_test_part_scores_valid_and_holds_dialogues_back():
    made = corpus(split=lambda i: "train" if i < 100 else "valid")  # 5 utterances a dialogue: 20 train, 4 valid
    [fold] = official(made)
    check_complete(fold, made)
    assert fold.name == "official-dev"
    by_id = {u.id: u for u in made.utterances}
    assert set(fold.test) == {u.id for u in made.utterances if u.split == "valid"}
    assert {by_id[i].split for i in (*fold.train, *fold.valid)} == {"train"}
    dialogues = {part: {by_id[i].dialogue for i in getattr(fold, part)} for part in ("train", "valid", "test")}
    assert len(dialogues["valid"]) == 2 and len(dialogues["train"]) == 18  # a tenth of them, whole
    assert not dialogues["valid"] & dialogues["train"]
    assert official(made) == [fold]


@pytest.mark.parametrize("n", [120, 123])
def test_kfold10(n):
    made = corpus(n)
    found = kfold10(made)
    assert [f.name for f in found] == [f"kfold10-{i}" for i in range(10)]
    label = {u.id: u.label for u in made.utterances}
    for fold in found:
        check_complete(fold, made)
        for part, share in ((fold.train, 0.8), (fold.valid, 0.1), (fold.test, 0.1)):
            assert abs(len(part) - share * n) <= 3
            counts = Counter(label[i] for i in part)
            for name in LABELS:  # stratified: as many of each class as its share of the corpus, give or take rounding
                expected = share * sum(v == name for v in label.values())
                assert abs(counts[name] - expected) <= (2 if part is fold.train else 1)
    tested = [i for f in found for i in f.test]
    assert sorted(tested) == sorted(label)  # each utterance is tested once …
    assert sorted(i for f in found for i in f.valid) == sorted(label)  # … and chooses the epoch once
    for one, after in zip(found, found[1:] + found[:1], strict=True):
        assert set(one.valid) == set(after.test)


def test_kfold10_puts_speakers_on_both_sides_and_follows_its_seed():
    made = corpus()
    who = {u.id: u.speaker for u in made.utterances}
    fold = kfold10(made)[0]
    assert {who[i] for i in fold.test} & {who[i] for i in fold.train}
    assert kfold10(made) == kfold10(made) != kfold10(made, seed=1)


@pytest.mark.parametrize(("speakers", "k"), [(10, 5), (24, 5), (7, 5), (4, 4), (3, 3)])
def test_no_speaker_is_in_two_parts(speakers, k):
    made = corpus(speakers=speakers)
    who = {u.id: u.speaker for u in made.utterances}
    found = speaker(made)
    assert [f.name for f in found] == [f"speaker-{i}" for i in range(k)]
    for fold in found:
        check_complete(fold, made)
        groups = [{who[i] for i in part} for part in (fold.train, fold.valid, fold.test)]
        assert sum(map(len, groups)) == len(set.union(*groups)) == speakers
    assert sorted(i for f in found for i in f.test) == sorted(who)


def test_speaker_folds_balance_classes_as_far_as_speakers_allow():
    """20 speakers, half of them only angry, half only sad: each of five folds can have two of both."""
    made = corpus(speakers=20)
    made = replace(made, utterances=tuple(replace(u, label=("angry", "sad")[int(u.speaker[1:]) % 2])
                                          for u in made.utterances))
    label = {u.id: u.label for u in made.utterances}
    for fold in speaker(made):
        assert Counter(label[i] for i in fold.test) == {"angry": 12, "sad": 12}


@pytest.mark.parametrize("make", [
    official, lambda c: official(replace(c, utterances=tuple(u for u in c.utterances if u.split != "test"))), kfold10,
    speaker], ids=["official", "official-dev", "kfold10", "speaker"])
def test_parts_do_not_depend_on_the_order_of_utterances(make):
    made = corpus(split=thirds, weights=(2, 1, 1), speakers=9)
    expected = make(made)
    for seed in range(3):
        other = make(shuffled(made, seed))
        assert [parts(f) for f in other] == [parts(f) for f in expected]
        assert other == expected  # the order within a part as well, since it orders the training batches


def test_folds_by_name():
    made = corpus(split=thirds)
    for name, make in (("official", official), ("kfold10", kfold10), ("speaker", speaker)):
        assert folds(made, name) == make(made) and isinstance(folds(made, name)[0], Fold)


@pytest.mark.parametrize(("call", "given", "expected", "do"), [
    (lambda: folds(corpus(), "kfold-10"), "protocol 'kfold-10'", "one of 'official', 'kfold10', 'speaker'",
     "did you mean 'kfold10'?"),
    (lambda: folds(corpus(), "random"), "protocol 'random'", "one of 'official', 'kfold10', 'speaker'", "take one of these"),
    (lambda: official(corpus()), "toy, which has no official split", "one of kfold10, speaker", "--protocol speaker"),
    (lambda: official(corpus(split=lambda i: None if i == 5 else thirds(i))), "no official split", "", ""),
    (lambda: official(corpus(split=lambda i: "train")), "fold official-dev of toy with no test utterance",
     "all three parts filled", "take another protocol"),
    (lambda: official(corpus(split=lambda i: "test" if i else "train")), "fold official of toy with no valid utterance",
     "all three parts filled", "take another protocol"),
    (lambda: official(corpus(dialogues=1, split=lambda i: "train" if i < 90 else "valid")), "1 training dialogue in toy",
     "at least 2", "fill in `dialogue`"),
    (lambda: speaker(corpus(speakers=2)), "2 speakers in toy", "at least 3 for speaker-disjoint parts",
     "--protocol kfold10"),
    (lambda: kfold10(corpus(12)), "at most 6 utterances a class in toy", "at least 10 in the largest class",
     "take another protocol"),
], ids=["near miss", "far miss", "no split", "one without split", "no test", "no valid", "one dialogue", "two speakers",
        "too few"])
def test_errors_by_text(call, given, expected, do):
    with pytest.raises(DataError) as caught:
        call()
    assert given in caught.value.given and expected in caught.value.expected and do in caught.value.do
    assert all((caught.value.given, caught.value.expected, caught.value.do))
