"""The best possible scores, against a slow second opinion: every utterance that can be, written out
and counted.
"""

import itertools
from collections import Counter, defaultdict
from dataclasses import replace
from math import perm

import numpy as np
import pandas as pd
import pytest

from mcsan_lite.datasets.synthetic.ceilings import VIDEO_VIEWS, VIEWS, bayes_ceilings
from mcsan_lite.datasets.synthetic.faces import SENSES, shown
from mcsan_lite.datasets.synthetic.generator import plan_utterance
from mcsan_lite.datasets.synthetic.rules import (
    NEGATIVE,
    POSITIVE,
    RULES,
    SYNTHETIC_LABELS,
    SyntheticConfig,
)

TINY = SyntheticConfig(pairs=4, max_words=3, speakers=2, stress_share=0.3)
WORLDS = {
    "matching": TINY,
    "leaking": replace(TINY, world="leaking"),
    "listed": replace(TINY, world="listed"),
    "imbalance": replace(TINY, imbalance="iemocap"),
    "noise and leaking speakers": replace(
        TINY, label_noise=0.2, speaker_leak=0.4, imbalance="iemocap", max_words=2
    ),
}


def seen(config, view, written, heard, stressed, arousal, speaker):
    """What is left of an utterance for one who may use `view`."""
    if view == "nothing":
        return ()
    if view == "text":
        return tuple(written)
    if view == "prosody":
        return (sum(stressed), len(stressed), arousal, speaker)
    if view == "audio":
        return (tuple(zip(heard, stressed, strict=True)), arousal, speaker)
    in_order = view == "both, in order" and config.world != "listed"
    # In the leaking world nobody needs to match: each sound has one meaning. And every word that is
    # spoken is written, so that their order matches them all.
    if view == "both" or in_order or config.world == "leaking":
        return (tuple(zip(written, stressed, strict=True)), arousal, speaker)
    return (
        frozenset(Counter(written).items()),
        sum(stressed),
        arousal,
        speaker,
    )  # unmatched: a heap and a count


def everything(config):
    """[(label before noise, written words, sounds, stresses, arousal, speaker, probability)]: all
    that can be drawn.
    """
    sounds = [
        (sense, *pair)
        for sense, pairs in (("negative", NEGATIVE), ("positive", POSITIVE))
        for pair in pairs[: config.pairs // 2]
    ]
    marked, plain = (sounds[0::2], sounds[1::2]) if config.world == "leaking" else (sounds, sounds)
    for c, (sense, stress, p_high) in RULES.items():
        for wanted in range(1, config.max_words + 1):
            count = min(wanted, len(plain))
            choices = (
                [(None, None)]
                if sense == "none"
                else [
                    (place, chosen)
                    for place in range(count)
                    for chosen in marked
                    if chosen[0] == sense
                ]
            )
            for (place, chosen), arousal in itertools.product(choices, ("high", "low")):
                rest = [p for p in plain if p is not chosen]
                free = count if chosen is None else count - 1
                for others in itertools.permutations(rest, free):
                    words = [(s, p) for _, s, p in others]
                    if chosen:
                        words.insert(place, (chosen[1], chosen[1]))
                    for stresses in itertools.product((True, False), repeat=free):
                        p = (
                            config.prior[SYNTHETIC_LABELS.index(c)]
                            / config.max_words
                            / len(choices)
                            / perm(len(rest), free)
                        )
                        p *= p_high if arousal == "high" else 1 - p_high
                        p *= np.prod(
                            [
                                config.stress_share if s else 1 - config.stress_share
                                for s in stresses
                            ]
                        )
                        full = list(stresses)
                        if chosen:
                            full.insert(place, stress)
                        for speaker in range(config.speakers):
                            own = config.speaker_leak * (
                                SYNTHETIC_LABELS.index(c) % config.speakers == speaker
                            )
                            q = p * (own + (1 - config.speaker_leak) / config.speakers)
                            if q:
                                yield (
                                    c,
                                    [w for _, w in words],
                                    [h for h, _ in words],
                                    full,
                                    arousal,
                                    speaker,
                                    q,
                                )


def with_noise(p, noise):
    return (1 - noise) * p + noise * (p.sum() - p) / (len(p) - 1)


def draw(config, n, seed=0):
    rng = np.random.default_rng(seed)
    truth = pd.DataFrame([plan_utterance(config, rng, i, "train") for i in range(n)])
    times = [[(word, 0.0, 0.0) for word in written] for written in truth.written]
    return truth.assign(times=times)


@pytest.fixture(scope="module", params=WORLDS)
def world(request):
    """(config, {view: {what is seen: (7,) probability of it with each published label}})."""
    config = WORLDS[request.param]
    tables = {view: defaultdict(lambda: np.zeros(7)) for view in VIEWS}
    for label, *facts, p in everything(config):
        for view in VIEWS:
            tables[view][seen(config, view, *facts)][SYNTHETIC_LABELS.index(label)] += p
    return config, {
        view: {k: with_noise(p, config.label_noise) for k, p in t.items()}
        for view, t in tables.items()
    }


def keys(config, truth, view):
    for u in truth.itertuples():
        written = [u.text.split()[at] for at in u.targets]
        yield seen(config, view, written, u.pairs, u.stressed, u.arousal, u.speaker)


@pytest.mark.parametrize("view", VIEWS)
def test_each_utterances_ceiling_is_that_of_the_full_enumeration(world, view):
    config, tables = world
    assert sum(p.sum() for p in tables[view].values()) == pytest.approx(1)
    truth = draw(config, 40)
    for i, key in enumerate(keys(config, truth, view)):
        p = tables[view][key]
        assert bayes_ceilings(truth.iloc[[i]], config)[view] == pytest.approx(
            p.max() / p.sum(), abs=1e-12
        ), truth.iloc[i]


def test_the_best_guess_of_the_enumeration_scores_the_ceiling_on_what_is_drawn(world):
    config, tables = world
    truth = draw(config, 2000, seed=1)
    best = bayes_ceilings(truth, config)
    for view in VIEWS:
        guesses = [
            SYNTHETIC_LABELS[tables[view][key].argmax()] for key in keys(config, truth, view)
        ]
        right = np.equal(guesses, truth.label)
        assert np.mean(right) == pytest.approx(
            best[view], abs=4 * max(np.std(right), 0.01) / 2000**0.5
        ), view


def test_more_to_go_by_is_never_worse(world):
    best = bayes_ceilings(draw(world[0], 500), world[0])
    assert best["nothing"] <= best["text"] <= best["both, unmatched"] + 1e-12
    assert best["nothing"] <= best["prosody"] <= best["audio"] + 1e-12 <= best["both"] + 1e-12
    assert best["both, unmatched"] <= best["both, in order"] + 1e-12 <= best["both"] + 1e-12


def test_known_values():
    config = SyntheticConfig()
    best = bayes_ceilings(draw(config, 1500), config)
    assert best["nothing"] == pytest.approx(1 / 7)
    assert best["text"] == pytest.approx(
        3 / 7, abs=0.02
    )  # three senses; each utterance is worth 1/3 or 1/2
    assert best["both"] == 1
    assert 0.4 < best["audio"] < 0.6 and 0.75 < best["both, unmatched"] < 0.9


def in_order_by_drawing(config, draws):
    """The best guess of an ear that counts spoken words, learned by counting many utterances.

    What it may know: the written words as kinds (none, -, +), the number of spoken words and which
    of them are stressed, and the arousal.
    """
    seen = defaultdict(lambda: np.zeros(7))
    for row in draw(config, draws, seed=5).itertuples():
        seen[order_facts(row)][SYNTHETIC_LABELS.index(row.label)] += 1
    return seen


def order_facts(row):
    spoken = [i for i, word in enumerate(row.written) if word is not None]
    stressed = [spoken[row.targets[i]] for i, bit in enumerate(row.stressed) if bit]
    decisive = None if row.sense == "none" else int(row.decisive)
    return (row.sense, decisive, tuple(row.targets), len(row.written), tuple(stressed), row.arousal)


def test_with_hesitations_the_order_tells_as_much_as_counting_says():
    config = replace(TINY, fillers=0.6, max_words=3, stress_share=0.5)
    counted = in_order_by_drawing(config, 40_000)
    compared = 0
    for _, row in draw(config, 300, seed=1).iterrows():
        counts = counted[order_facts(row)]
        if counts.sum() < 60:
            continue
        (found,) = [bayes_ceilings(row.to_frame().T, config)["both, in order"]]
        share = counts.max() / counts.sum()
        assert found == pytest.approx(share, abs=5 * 0.5 / counts.sum() ** 0.5)
        compared += 1
    assert compared > 20


def test_a_hesitation_that_could_stand_in_two_places_by_hand():
    """Three words side by side and one hesitation; the second of the four sounds is stressed.

    Either "um PAIN pane week" was said, or "pain PANE um week". In a low voice the first is anger,
    half of which is low, the second sadness.
    """
    said = {"text": "pain pane week", "targets": [0, 1, 2], "pairs": ["pain", "pain", "weak"]}
    heard = {"arousal": "low", "speaker": 0, "has_audio": True, "stressed": [True, False, False]}
    times = [(word, 0.0, 0.0) for word in (None, "pain", "pane", "week")]
    row = {"sense": "negative", "decisive": 0, "times": times, **said, **heard}
    config = replace(TINY, fillers=0.5)  # stress_share is .3
    found = bayes_ceilings(pd.DataFrame([row]), config)
    anger = 0.5 * 0.7 * 0.7
    sadness = 0.3 * 0.7
    assert found["both, in order"] == pytest.approx(anger / (anger + sadness))
    assert found["both"] == 1


def test_what_order_tells_in_each_world():
    """All of it where the transcript follows the speech, and nothing where it is a list."""
    told = {}
    for name in ("matching", "leaking", "listed"):
        config = SyntheticConfig(world=name)
        told[name] = bayes_ceilings(draw(config, 400), config)
    assert told["matching"]["both, in order"] == told["leaking"]["both, in order"] == 1
    listed = told["listed"]
    assert listed["both, in order"] == listed["both, unmatched"] < 0.9 < listed["both"] == 1


def test_the_share_of_the_largest_class_is_what_nothing_reaches():
    config = replace(TINY, imbalance="iemocap")
    assert bayes_ceilings(draw(config, 50), config)["nothing"] == pytest.approx(1849 / 7487)


def test_label_noise_lowers_the_top_by_its_share():
    config = SyntheticConfig(label_noise=0.15)
    assert bayes_ceilings(draw(config, 100), config)["both"] == pytest.approx(0.85)


def test_in_the_leaking_world_the_ear_knows_all():
    config = SyntheticConfig(world="leaking")
    best = bayes_ceilings(draw(config, 400), config)
    assert best["audio"] == best["both, unmatched"] == best["both"] == 1 > best["text"]


def test_what_is_missing_cannot_be_used():
    config = SyntheticConfig()
    truth = draw(config, 200)
    full, deaf = (
        bayes_ceilings(truth, config),
        bayes_ceilings(truth.assign(has_audio=False), config),
    )
    blind = bayes_ceilings(truth.assign(text=""), config)
    assert deaf["audio"] == pytest.approx(deaf["nothing"]) and deaf["both"] == pytest.approx(
        full["text"]
    )
    assert blind["text"] == pytest.approx(blind["nothing"]) and blind["both"] == pytest.approx(
        full["audio"]
    )


def what_shows(config, sense, stress, place, count, arousal):
    """[((sense, stress, arousal, place) that show, probability)] of an utterance with these
    factors.
    """
    wrong = config.video_noise
    truths = (
        [(place, stress, 1.0)]
        if place is not None
        else [
            (k, bit, (config.stress_share if bit else 1 - config.stress_share) / count)
            for k in range(count)
            for bit in (True, False)
        ]
    )
    for at, bit, p in truths:
        for face in itertools.product(SENSES, (True, False), ("high", "low")):
            q = p * (1 - wrong if face[0] == sense else wrong / 2)
            q *= (1 - wrong if face[1] == bit else wrong) * (
                1 - wrong if face[2] == arousal else wrong
            )
            yield (*face, at), q


WATCHED = replace(TINY, max_words=2, speakers=1, video_noise=0.2)


@pytest.mark.parametrize(
    "config",
    [
        WATCHED,
        replace(WATCHED, world="leaking"),
        replace(WATCHED, imbalance="iemocap", label_noise=0.2),
    ],
    ids=str,
)
@pytest.mark.parametrize(("text", "audio"), [(True, True), (True, False), (False, True)], ids=str)
def test_what_a_face_adds_is_that_of_the_full_enumeration(config, text, audio):
    """With all at hand, and where the transcript or the clip is missing."""
    tables = {view: defaultdict(lambda: np.zeros(7)) for view in VIDEO_VIEWS}

    def key(view, face, written, heard, stressed, arousal):
        if view == "video":
            return face[:3]  # the place alone says nothing
        return (face, text and tuple(written), audio and (tuple(heard), tuple(stressed), arousal))

    for label, written, heard, stressed, arousal, _, p in everything(config):
        sense, stress, _ = RULES[label]
        marked = {w for pairs in (NEGATIVE, POSITIVE) for w, _ in pairs}
        place = next((i for i, w in enumerate(written) if w in marked), None)
        for face, q in what_shows(config, sense, stress, place, len(written), arousal):
            for view in VIDEO_VIEWS:
                tables[view][key(view, face, written, heard, stressed, arousal)][
                    SYNTHETIC_LABELS.index(label)
                ] += p * q
    truth, rng = draw(config, 60), np.random.default_rng(1)
    truth["shown"] = [
        shown(
            {**u._asdict(), "decisive": None if u.sense == "none" else int(u.decisive)},
            config.video_noise,
            config.stress_share,
            rng,
        )
        for u in truth.itertuples()
    ]
    truth = truth.assign(has_audio=audio)
    for i, u in enumerate(truth.itertuples()):
        face = tuple(u.shown[k] for k in ("sense", "stress", "arousal", "place"))
        written = [u.text.split()[at] for at in u.targets]
        one = truth.iloc[[i]] if text else truth.iloc[[i]].assign(text="")
        found = bayes_ceilings(one, config)
        for view in VIDEO_VIEWS:
            p = with_noise(
                tables[view][key(view, face, written, u.pairs, u.stressed, u.arousal)],
                config.label_noise,
            )
            assert found[view] == pytest.approx(p.max() / p.sum(), abs=1e-12), (view, u)


def test_views_of_a_face_are_there_only_with_video():
    truth = draw(WATCHED, 30)
    assert list(bayes_ceilings(truth, WATCHED).index) == list(VIEWS)


def test_an_honest_face_tells_all_and_one_that_says_anything_tells_nothing():
    for noise, expected in ((0.0, 1.0), (0.5, None)):
        config = SyntheticConfig(video_noise=noise)
        truth, rng = draw(config, 300), np.random.default_rng(0)
        truth["shown"] = [
            shown(
                {**u._asdict(), "decisive": None if u.sense == "none" else int(u.decisive)},
                noise,
                config.stress_share,
                rng,
            )
            for u in truth.itertuples()
        ]
        best = bayes_ceilings(truth, config)
        assert best["both + video"] == best["both"] == 1
        assert best["video"] == 1 if expected else 1 / 7 < best["video"] < 0.3
