"""Readings whose answer is known get the score that they deserve, beside chance."""

from dataclasses import asdict, replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from refusals import refusal

from mcsan_lite.corpus import Corpus, Utterance, Word
from mcsan_lite.evaluation.intervals import score_interval
from mcsan_lite.explain.maps import attention_maps
from mcsan_lite.explain.pointing import (
    PointingScore,
    decisive_span,
    inside_of,
    inside_span,
    mass_inside,
    pointing_score,
)
from mcsan_lite.explain.pointing_tables import (
    BEST_HEAD,
    HEAD,
    best_head,
    oracle_scores,
    own_sound_scores,
    pointing_table,
    with_best_head,
)
from mcsan_lite.explain.readings.from_attention import raw_attention
from mcsan_lite.explain.steps import frame_times
from mcsan_lite.features.alignment import token_spans
from mcsan_lite.features.batch import Dims
from mcsan_lite.models.baselines.multihop import MultiHop, MultiHopConfig
from mcsan_lite.models.baselines.xu_align import XuAlign, XuAlignConfig
from mcsan_lite.models.mcsan import MCSAN

FRAMES = 180  # MFCC frames: 20 pooled ones, the middle of every ninth from 0.06 s on
TIMES = frame_times(20)


@pytest.fixture
def model(small):
    torch.manual_seed(0)
    return MCSAN(Dims(13, 17, 3), small(hidden=16, heads=2)).eval()


@pytest.fixture
def world(make_features):
    """80 utterances of four words, one decisive; of every fifth no word is."""
    utterances = make_features(80, frames=FRAMES, words=4)
    random = np.random.default_rng(0)
    rows = []
    for i, u in enumerate(utterances):
        cuts = 0.1 + random.uniform(0.15, 0.5, 3).cumsum().round(
            3
        )  # every word is long enough for a frame
        ends = [0.0, *cuts, 1.8]
        times = [[word, a, b] for word, a, b in zip(u.tokens, ends[:-1], ends[1:], strict=True)]
        rows.append(
            {
                "id": u.id,
                "decisive": None if i % 5 == 0 else float(random.integers(4)),
                "times": times,
            }
        )
    return utterances, pd.DataFrame(rows).set_index("id")


def reading(frames=None, pairs=None):
    return SimpleNamespace(frames=frames, pairs=pairs, words=None, target=0)


def of_frames(row_of):
    """A reading whose frame scores are row_of(True where a frame lies in the decisive word)."""

    def make(truth):
        def read(model, one, target):
            known = decisive_span(truth.loc[one.id])
            return reading(frames=row_of(inside_of(model, 20, known[1])))

        return read

    return make


def test_scores_by_hand():
    row, inside = np.array([0.1, 0.6, -1.0, 0.3]), np.array([False, True, True, False])
    assert asdict(pointing_score(row, inside)) == {
        "points": 1,
        "mass": pytest.approx(0.6),
        "auc": pytest.approx(2 / 4),
        "chance": 0.5,
    }
    assert asdict(pointing_score(-row, inside)) == {
        "points": 1,
        "mass": pytest.approx(1.0),
        "auc": pytest.approx(2 / 4),
        "chance": 0.5,
    }


def test_pointing_by_hand():
    times = np.array([0.05, 0.14, 0.23, 0.32, 0.41])
    weights = np.array([0.1, 0.2, 0.4, 0.25, 0.05])

    def pointed(start, end):
        return pointing_score(weights, inside_span(times, (start, end)))

    assert pointed(0.20, 0.33) == PointingScore(1.0, pytest.approx(0.65), 1.0, 0.4)
    end_is_not_inside = pointed(0.0, 0.14)
    assert end_is_not_inside == PointingScore(0.0, pytest.approx(0.1), pytest.approx(1 / 4), 0.2)
    start_is_inside = pointed(0.14, 0.15)
    assert start_is_inside == PointingScore(0.0, pytest.approx(0.2), pytest.approx(2 / 4), 0.2)
    assert pointed(0.5, 0.6) is None
    assert mass_inside(weights, inside_span(times, (0.5, 0.6))) == 0


def test_tied_frames_share_the_point():
    row, inside = np.array([0.4, 0.4, 0.1, 0.1]), np.array([True, False, False, False])
    assert pointing_score(row, inside).points == 0.5


@pytest.mark.parametrize("constant", [0.0, 0.25, -3.0])
def test_what_says_nothing_scores_chance(constant):
    inside = np.arange(10) < 3
    assert asdict(pointing_score(np.full(10, constant), inside)) == {
        "points": pytest.approx(0.3),
        "mass": pytest.approx(0.3),
        "auc": pytest.approx(0.5),
        "chance": 0.3,
    }


@pytest.mark.parametrize("inside", [np.zeros(5, bool), np.ones(5, bool)])
def test_where_there_is_nothing_to_find_there_is_no_score(inside):
    assert pointing_score(np.arange(5), inside) is None


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_score_that_is_no_number_is_refused(bad):
    assert "1 of 3 frames" in refusal(
        lambda: pointing_score(np.array([0.1, bad, 0.2]), np.array([True, False, False]))
    )


@given(arrays(float, 9, elements=st.integers(-50, 50)), st.integers(1, 8))
def test_auc_is_the_share_of_pairs_in_order(row, k):
    inside = np.arange(9) < k
    found = pointing_score(row, inside)
    pairs = [(a > b) + (a == b) / 2 for a in row[inside] for b in row[~inside]]
    assert found.auc == pytest.approx(np.mean(pairs))
    assert found.auc + pointing_score(-row, inside).auc == pytest.approx(1)
    assert 0 <= found.points <= 1 and 0 <= found.mass <= 1


def test_always_never_and_at_random(model, world):
    utterances, truth = world
    random = np.random.default_rng(1)
    makers = {
        "always": of_frames(lambda inside: inside * 1.0),
        "never": of_frames(lambda inside: ~inside * 1.0),
        "random": of_frames(lambda inside: random.uniform(size=inside.size)),
    }
    lines = oracle_scores(
        model, utterances, truth, {name: make(truth) for name, make in makers.items()}
    )
    scored = lines[lines.reading == "always"]
    assert set(scored.id) == {
        u.id for i, u in enumerate(utterances) if i % 5
    }  # all have a frame inside, none has all
    table = pointing_table(lines.assign(world="matching", seed=0)).set_index("reading")
    assert table.loc["always", ["points", "mass", "auc", "high"]].tolist() == [1, 1, 1, 1]
    assert table.loc["never", ["points", "mass", "auc", "low"]].tolist() == [0, 0, 0, 0]
    by_chance = table.loc["random"]
    assert 0.15 < by_chance.chance < 0.35 and by_chance.low < by_chance.chance < by_chance.high
    assert abs(by_chance.mass - by_chance.chance) < 0.05 and abs(by_chance.auc - 0.5) < 0.08
    assert by_chance.n == 64 and by_chance.seeds == 1


def test_the_row_of_the_decisive_word_is_judged_and_no_other(model, world):
    utterances, truth = world

    def read(model, one, target):
        word, span = decisive_span(truth.loc[one.id])
        inside = inside_of(model, 20, span)
        pairs = np.tile(~inside * 1.0, (4, 1))
        pairs[word] = inside
        return reading(frames=~inside * 1.0, pairs=pairs)

    assert (
        oracle_scores(model, utterances, truth, {"pairs first": read})[["points", "mass", "auc"]]
        .eq(1)
        .all(axis=None)
    )


def test_a_reading_of_words_alone_is_left_out(model, world):
    utterances, truth = world
    assert oracle_scores(model, utterances, truth, {"words": lambda *_: reading()}).empty


def test_every_head_is_the_models_own(model, world):
    utterances, truth = world
    lines = oracle_scores(model, utterances[1:2], truth, heads=True).set_index("reading")
    assert list(lines.index) == [f"{HEAD}0.0", f"{HEAD}0.1"]
    word, span = decisive_span(truth.iloc[1])
    weights = attention_maps(model, utterances[1])["cross.0.text_from_audio"].weights[1, word]
    inside = [span[0] <= t < span[1] for t in TIMES]
    assert lines.loc[f"{HEAD}0.1", "mass"] == pytest.approx(weights[inside].sum(), abs=1e-5)


def test_seconds_become_frames_as_the_model_pools(small):
    assert inside_of(MCSAN(Dims(13, 17, 3), small()), 20, (TIMES[3], TIMES[5])).nonzero()[
        0
    ].tolist() == [3, 4]
    other = MCSAN(Dims(13, 17, 3), small(pool_stride=2))
    assert inside_of(other, 20, (0.5, 0.6)).nonzero()[0].tolist() == [
        i for i, t in enumerate(frame_times(20, other.conv_sizes)) if 0.5 <= t < 0.6
    ]


def test_another_hop_gives_other_seconds(model, world):
    """Frames twice as far apart, every word twice as long: the same frames are inside, and the
    same scores come out.
    """
    utterances, truth = world
    slow = truth.assign(
        times=[[[word, 2 * a, 2 * b] for word, a, b in times] for times in truth.times]
    )
    assert (
        inside_of(model, 20, (0.12, 0.30)).sum()
        == inside_of(model, 20, (0.24, 0.60), hop_s=0.02).sum()
        == 2
    )
    far = [replace(u, hop_s=0.02) for u in utterances]
    pd.testing.assert_frame_equal(
        oracle_scores(model, far, slow, heads=True)[["chance", "auc"]],
        oracle_scores(model, utterances, truth, heads=True)[["chance", "auc"]],
    )
    corpora = [
        Corpus(
            "timed",
            ("sad",),
            tuple(
                Utterance(
                    u.id,
                    None,
                    "",
                    "sad",
                    words=tuple(Word(word, a, b) for word, a, b in table.loc[u.id, "times"]),
                )
                for u in utterances
            ),
        )
        for table in (truth, slow)
    ]
    pd.testing.assert_frame_equal(
        own_sound_scores(model, utterances, corpora[0]), own_sound_scores(model, far, corpora[1])
    )


def test_what_is_not_transcribed_is_no_token():
    times = [["so", 0.0, 0.2], [None, 0.2, 0.5], ["pain", 0.5, 0.9]]
    assert decisive_span(pd.Series({"decisive": 1.0, "times": times})) == (1, (0.5, 0.9))
    assert decisive_span(pd.Series({"decisive": None, "times": times})) is None
    assert decisive_span(pd.Series({"decisive": 1.0, "times": np.nan})) is None  # no clip


def test_another_corpus_is_refused(model, world):
    utterances, truth = world
    assert "'u0'" in refusal(lambda: oracle_scores(model, utterances, truth.drop("u0")))


def head_lines():
    """Of seed 0 head 0.0 is best on validation and 0.1 on test; of seed 1 the other way round."""
    rows = [
        {
            "world": "matching",
            "seed": seed,
            "split": split,
            "id": f"{split}{i}",
            "reading": f"{HEAD}0.{head}",
            "points": float(head == (seed if split == "valid" else 1 - seed)),
            "mass": head / 10,
            "auc": 0.5,
            "chance": 0.25,
        }
        for seed in (0, 1)
        for split in ("valid", "test")
        for head in (0, 1)
        for i in range(3)
    ]
    rows += [
        {**row, "reading": "occlusion", "points": 1.0}
        for row in rows
        if row["split"] == "test" and row["mass"] == 0
    ]
    return pd.DataFrame(rows)


def test_the_best_head_is_chosen_on_validation_for_each_training():
    lines = head_lines()
    assert best_head(lines[(lines.split == "valid") & (lines.seed == 1)]) == f"{HEAD}0.1"
    kept = with_best_head(lines)
    assert set(kept.split) == {"test"} and set(kept.reading) == {BEST_HEAD, "occlusion"}
    best = kept[kept.reading == BEST_HEAD]
    assert (
        len(best) == 6 and (best.points == 0).all()
    )  # a choice made on the test part would score 1
    assert best.groupby("seed").mass.first().tolist() == [0.0, 0.1]


def test_a_model_without_heads_has_no_best_one():
    lines = head_lines()
    kept = with_best_head(lines[lines.reading == "occlusion"])
    assert set(kept.reading) == {"occlusion"}
    assert "heads=True" in refusal(lambda: best_head(lines[lines.reading == "occlusion"]))


def test_the_interval_is_over_utterances_and_seeds():
    lines = pd.DataFrame(
        [
            {
                "world": w,
                "seed": s,
                "id": i,
                "reading": "r",
                "points": float(i < k),
                "mass": 0.5,
                "auc": 0.6,
                "chance": 0.25,
            }
            for w, ks in (("matching", (4, 5, 6)), ("leaking", (0, 0, 9)))
            for s, k in enumerate(ks)
            for i in range(10)
        ]
    )
    table = pointing_table(lines).set_index("world")
    line = table.loc["matching"]
    assert (line.points, line.seeds, line.n, line.auc) == (
        pytest.approx(0.5),
        3,
        10,
        pytest.approx(0.6),
    )
    expected = score_interval([0.4, 0.5, 0.6], 10)  # three seeds, the same ten utterances
    assert (line.points, line.low, line.high) == pytest.approx(expected)
    assert (table.loc["leaking", "low"], table.loc["leaking", "high"]) == (
        0,
        1,
    )  # no share is below 0 or above 1


def test_spans_of_tokens():
    words = (
        Word("<s>", 0, 0.1),
        Word("i", 0.1, 0.2),
        Word("don't", 0.2, 0.6),
        Word("um", 0.6, 0.8),
        Word("know", 0.8, 1),
    )
    assert token_spans(("i", "do", "n't", "know", "."), words) == {
        0: (0.1, 0.2),
        1: (0.2, 0.6),
        2: (0.2, 0.6),
        3: (0.8, 1),
    }
    assert token_spans(("no", "yes", "no"), (Word("no", 0, 1), Word("no", 2, 3))) == {
        0: (0, 1),
        2: (2, 3),
    }
    assert token_spans(("a",), ()) == {}


def test_alignment_on_made_up_words(model, world):
    utterances, truth = world
    corpus = Corpus(
        "made up",
        ("angry", "neutral", "sad"),
        tuple(
            Utterance(
                u.id,
                None,
                " ".join(u.tokens),
                u.label,
                words=tuple(Word(*t) for t in truth.loc[u.id, "times"]),
            )
            for u in utterances
        ),
    )

    def own_sound(model, one, target):
        return reading(
            pairs=np.stack([inside_of(model, 20, tuple(t[1:])) for t in truth.loc[one.id, "times"]])
            * 1.0
        )

    def next_sound(model, one, target):
        return reading(pairs=np.roll(own_sound(model, one, target).pairs, 1, 0))

    lines = own_sound_scores(
        model,
        utterances[:10],
        corpus,
        {"own": own_sound, "next": next_sound, "none": lambda *_: reading()},
    )
    means = lines.groupby("reading")[["points", "mass", "auc", "chance"]].mean()
    assert set(means.index) == {
        f"{HEAD}0.0",
        f"{HEAD}0.1",
        "raw attention, mean of heads",
        "own",
        "next",
    }
    assert means.loc["own", ["points", "mass", "auc"]].tolist() == [1, 1, 1]
    assert means.loc["next", "mass"] == 0 and means.loc["next", "auc"] < 0.5
    assert (
        lines.words.max() <= 4
        and means.chance.nunique() == 1
        and 0.15 < means.chance.iloc[0] < 0.35
    )
    dims = Dims(model.conv[0].conv.in_channels, utterances[0].text.shape[1], 3)
    xu = own_sound_scores(
        XuAlign(dims, XuAlignConfig(hidden=4)),
        utterances[:2],
        corpus,
        {"not of this model": raw_attention},
    )
    assert set(xu.reading) == {f"{HEAD}0.0", "raw attention, mean of heads"}
    assert "words × frames" in refusal(
        lambda: own_sound_scores(MultiHop(dims, MultiHopConfig(hidden=4)), utterances[:2], corpus)
    )
    silent = Corpus(
        "silent", corpus.labels, tuple(Utterance(u.id, None, "a", u.label) for u in utterances)
    )
    assert "ForcedAlignment" in refusal(lambda: own_sound_scores(model, utterances, silent))
