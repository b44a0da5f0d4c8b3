"""The chart that places systems: what is comparable, and why the rest is not."""

import pytest

from mcsan_lite.paper import literature
from mcsan_lite.paper.literature import (
    PAPER_FLAGS,
    PROTOCOL_FLAGS,
    published_systems,
)

both = pytest.mark.parametrize("corpus", PAPER_FLAGS)


@both
def test_every_line_has_a_score_a_source_and_all_flags(corpus):
    table = published_systems(corpus)
    assert table.score.between(0.2, 0.8).all() and table.year.between(2018, 2026).all()
    assert table.source.str.len().min() > 5 and (table[list(PROTOCOL_FLAGS)] != "").all().all()
    assert not table.duplicated(["system", "score"]).any()


def test_every_row_of_the_file_is_of_one_of_the_two_corpora():
    rows = literature._CSV.read_text(encoding="utf-8").splitlines()[1:]
    assert len(published_systems("iemocap")) + len(published_systems("meld")) == len(rows) == 46


def test_classes_stay_words_and_no_source_is_lost():
    table = published_systems("iemocap")
    assert table.classes.map(type).eq(str).all() and table.modality.eq("none").any()
    assert table.sd.dtype == float and table.sd.isna().any()


@pytest.mark.parametrize(
    ("corpus", "names", "mcsan"),
    [
        (
            "iemocap",
            {
                "MDRE",
                "MHA",
                "Xu et al.",
                "CAN",
                "MCSAN",
            },
            0.612,
        ),
        (
            "meld",
            {"cMKL", "Liang et al., supervised", "Liang et al., + unlabelled", "MCSAN"},
            0.592,
        ),
    ],
)
def test_comparable_are_seven_classes_the_same_split_two_modalities_and_no_test_selection(
    corpus, names, mcsan
):
    table = published_systems(corpus)
    fair = table[table.comparable]
    assert set(fair.system) == names and fair.index.tolist() == list(
        range(len(fair))
    )  # they come first
    assert fair.loc[fair.system == "MCSAN", "score"].item() == mcsan
    assert (
        set(fair.classes) == {"7"}
        and set(fair.modality) == {"A+T"}
        and "test" not in set(fair.selection)
    )


@pytest.mark.parametrize(
    ("corpus", "system", "score", "why"),
    [
        ("iemocap", "AMH", 0.617, {"modality"}),
        ("iemocap", "Xu et al., own code", 0.725, {"classes", "split", "selection"}),
        ("iemocap", "emotion2vec + linear", 0.718, {"classes", "split", "modality"}),
        ("meld", "DialogueRNN, as users get it", 0.571, {"context", "selection"}),
        ("meld", "TF-IDF + LR", 0.546, {"modality"}),
        ("meld", "SenseVoice-large", 0.657, {"classes", "modality"}),
        ("meld", "Qwen2-Audio", 0.553, {"modality", "metric"}),
    ],
)
def test_the_reason_is_the_flags_that_differ(corpus, system, score, why):
    table = published_systems(corpus)
    assert set(table[(table.system == system) & (table.score == score)].differs.item()) == why


def test_withdrawn_precision_is_nowhere():
    """AMH's first table: precision, printed as accuracy (WA and UA of MDRE, MHA, AMH)."""
    withdrawn = {0.557, 0.536, 0.583, 0.555, 0.602, 0.575, 0.624, 0.597}
    assert not withdrawn & set(published_systems("iemocap").score)


def test_an_unknown_corpus_is_refused():
    with pytest.raises(ValueError, match=r"(?s)Given: corpus 'emodb'.*Expected: .+Do: .+"):
        published_systems("emodb")
