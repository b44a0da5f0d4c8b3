"""The paper's sentences as data: numbers that agree with its tables, a claim on every row."""

import pytest

from mcsan_lite.corpus import Corpus, Utterance
from mcsan_lite.datasets.iemocap.release import IEMOCAP_LABELS
from mcsan_lite.paper.claims import CLAIMS, PRINTED_SCORES
from mcsan_lite.paper.table_rows import ABLATIONS

BY_ID = {c.id: c for c in CLAIMS}


def corpus(sizes, labels=("a",), dialogues=1):
    """A corpus with this many utterances a part, or in none where there is one number."""
    parts = sizes if isinstance(sizes, dict) else {None: sizes}
    made = [
        Utterance(
            f"{part}{i}",
            None,
            "yes",
            labels[i % len(labels)],
            split=part,
            dialogue=f"{part}{i % dialogues}",
        )
        for part, n in parts.items()
        for i in range(n)
    ]
    return Corpus("made", tuple(labels), tuple(made))


def test_ids_are_unique_and_sections_are_the_papers():
    assert len(BY_ID) == len(CLAIMS)
    assert {part for c in CLAIMS for part in c.section.split(", ")} == {
        "abstract",
        "1",
        "3.1",
        "3.2",
        "3.4",
        "3.5",
    }


@pytest.mark.parametrize("claim", [c for c in CLAIMS if c.printed is not None], ids=lambda c: c.id)
def test_the_texts_number_is_the_tables(claim):
    assert claim.stated is None or claim.stated == pytest.approx(claim.printed, abs=5e-4)
    assert claim.kind == "score" or (claim.printed > 0) == (claim.kind == "above")


def test_the_gaps_that_the_paper_writes_out():
    """3.4 and 3.5, read from the text: in points."""
    stated = {
        c.id: round(100 * c.stated, 1) for c in CLAIMS if c.kind == "above" and c.stated is not None
    }
    assert stated == {
        "CAN wa": 3.3,
        "MHA ua": 6.9,
        "Liang et al. f1": 3.1,
        "w/o self wa": 0.7,
        "w/o self ua": 1.0,
        "w/o cross wa": 1.6,
        "w/o cross ua": 2.4,
    }


def test_every_row_of_the_tables_is_in_a_claim():
    for (made_on, metric), table in PRINTED_SCORES.items():
        named = {
            name for c in CLAIMS if (c.corpus, c.metric) == (made_on, metric) for name in (c.a, c.b)
        } - {""}
        assert named == set(table)
    assert {c.b for c in CLAIMS if c.table == "3"} | {c.a for c in CLAIMS if c.table == "3"} == set(
        ABLATIONS
    )


@pytest.mark.parametrize("claim", [c for c in CLAIMS if c.kind == "setting"], ids=lambda c: c.id)
def test_settings_are_the_papers_or_known_to_differ(claim):
    assert (claim.found() == claim.stated) is (
        claim.id != "setting glove"
    )  # 50-d vectors install by pip


def test_counts_of_iemocap():
    whole = corpus(7_487, IEMOCAP_LABELS)
    found = {
        c.id: c.found(whole)
        for c in CLAIMS
        if c.kind == "count" and c.corpus == "iemocap" and c.found
    }
    assert found == {
        "iemocap utterances": 7_487,
        "iemocap classes": 7,
        "iemocap folds": 10,
        "iemocap train": 8,
        "iemocap valid": 1,
    }
    assert BY_ID["iemocap hours"].found is None  # nothing in a Corpus knows


def test_counts_of_meld_need_all_three_parts():
    sizes = {"train": 9_989, "valid": 1_109, "test": 2_610}
    counts = {c.id: c for c in CLAIMS if c.kind == "count" and c.corpus == "meld"}
    whole = corpus(sizes, dialogues=477)
    assert (
        sum(sizes.values())
        == counts["meld utterances"].stated
        == counts["meld utterances"].found(whole)
        == 13_708
    )
    assert counts["meld dialogues"].found(whole) == 3 * 477
    partial = corpus({"train": 40, "valid": 5})
    assert [
        counts[f"meld {name}"].found(partial)
        for name in ("utterances", "dialogues", "train", "test")
    ] == [None, None, 40, None]
