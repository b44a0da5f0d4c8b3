"""Corpus, DataError and name suggestions: what every reader and every message rests on."""

import pickle
from dataclasses import replace
from pathlib import Path

import pytest

from mcsan_lite.corpus import Corpus, Skipped, Utterance, Word
from mcsan_lite.errors import DataError, require_name

LABELS = ("joy", "anger", "fear")


def turns(*labels, **more):
    return tuple(
        Utterance(f"u{i}", None, f"text {i}", label, **more) for i, label in enumerate(labels)
    )


def corpus(*labels):
    return Corpus("tiny", LABELS, turns(*labels))


def parts(error: DataError) -> str:
    """The message, after checking that it has its three parts, each of them filled."""
    text = str(error)
    assert text == f"Given: {error.given}\nExpected: {error.expected}\nDo: {error.do}"
    assert error.given and error.expected and error.do
    return text


def test_data_error_crosses_a_process():
    error = DataError("a cat", "a dog", "change the animal")
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is DataError and isinstance(again, ValueError)
    assert parts(again) == str(error) == "Given: a cat\nExpected: a dog\nDo: change the animal"


def test_a_subclass_crosses_a_process_as_itself():
    assert type(pickle.loads(pickle.dumps(Sub("a", "b", "c")))) is Sub


class Sub(DataError):
    pass


@pytest.mark.parametrize(
    "given, nearest", [("jooy", "joy"), ("JOY", "joy"), ("angr", "anger"), ("feer", "fear")]
)
def test_near_miss_gets_a_suggestion(given, nearest):
    with pytest.raises(DataError) as caught:
        require_name(given, LABELS, "label")
    assert f"label {given!r}" in caught.value.given
    assert all(repr(label) in caught.value.expected for label in LABELS)
    assert f"did you mean {nearest!r}?" in parts(caught.value)


def test_far_miss_gets_none():
    with pytest.raises(DataError) as caught:
        require_name("xylophone", LABELS, "label")
    assert (
        "did you mean" not in parts(caught.value) and "take one of these names" in caught.value.do
    )


def test_suggestion_keeps_the_spelling_of_the_name():
    with pytest.raises(DataError, match="did you mean 'Utterance_ID'"):
        require_name("utterance_id", ["Utterance_ID", "Dialogue_ID"], "column")


def test_require_name_returns_the_name():
    assert require_name("fear", iter(LABELS), "label") == "fear"


def test_counts_keep_class_order_and_empty_classes():
    counts = corpus("anger", "joy", "anger").counts()
    assert counts.to_dict() == {"joy": 1, "anger": 2, "fear": 0}
    assert tuple(counts.index) == LABELS and len(corpus("fear", "joy")) == 2


@pytest.mark.parametrize(
    "make, crucial",
    [
        (lambda: corpus("joy", "boredom"), "label 'boredom' of utterance 'u1'"),
        (lambda: Corpus("tiny", LABELS, turns("joy") * 2), "utterance id 'u0' twice"),
        (lambda: Corpus("tiny", LABELS, ()), "corpus 'tiny' without a single utterance"),
    ],
)
def test_refusals(make, crucial):
    with pytest.raises(DataError) as caught:
        make()
    assert crucial in parts(caught.value)


def test_subset_keeps_order():
    assert [u.id for u in corpus("joy", "fear", "anger").subset(["u2", "u0"]).utterances] == [
        "u0",
        "u2",
    ]


def test_subset_of_nothing_is_refused():
    with pytest.raises(DataError, match="without a single utterance"):
        corpus("joy").subset(["other"])


@pytest.mark.parametrize(
    "change",
    [
        {"id": "v"},
        {"label": "fear"},
        {"text": "other"},
        {"speaker": "s"},
        {"dialogue": "d"},
        {"session": "s"},
        {"scenario": "s"},
        {"split": "train"},
        {"audio": Path("a.wav")},
        {"video": Path("a.mp4")},
        {"words": (Word("text", 0.0, 0.5),)},
    ],
)
def test_fingerprint_sees_everything_that_changes_a_result(change):
    before = corpus("joy", "anger")
    after = replace(
        before, utterances=(replace(before.utterances[0], **change), before.utterances[1])
    )
    assert before.fingerprint() != after.fingerprint()
    assert len(before.fingerprint()) == 16 and int(before.fingerprint(), 16) >= 0


def test_fingerprint_sees_name_class_order_and_utterance_order():
    a = corpus("joy", "anger")
    others = [
        replace(a, name="other"),
        replace(a, labels=LABELS[::-1]),
        replace(a, utterances=a.utterances[::-1]),
    ]
    assert len({c.fingerprint() for c in [a, *others]}) == 4


def test_fingerprint_does_not_see_the_place_nor_what_was_skipped():
    near, far = (
        Corpus("tiny", LABELS, (Utterance("u", Path(folder, "u.wav"), "t", "joy"),))
        for folder in ("a", "/b/c")
    )
    assert (
        near.fingerprint()
        == far.fingerprint()
        == replace(far, skipped=(Skipped("v", "cut off"),)).fingerprint()
        == replace(far, kind="meld", generated=True).fingerprint()
    )


def test_a_reason_reads_as_kind_and_detail():
    assert Skipped("v", "cut off").reason == "cut off"
    assert Skipped("v", "cut off", "at 3 s").reason == "cut off: at 3 s"


def test_values_are_frozen():
    with pytest.raises(AttributeError):
        corpus("joy").utterances[0].label = "fear"


def test_where_nothing_is_left_the_reasons_are_listed():
    skipped = tuple(Skipped(f"u{i}", "unusable clip", f"file {i}") for i in range(12))
    with pytest.raises(DataError) as caught:
        Corpus("toy", ("sad",), (), skipped)
    text = str(caught.value)
    assert "\n  u9: unusable clip: file 9\n  … and 2 more\n" in text and "u10" not in text
