"""The best possible scores, against a slow second opinion: every utterance that can be, written out and counted."""

import itertools
from collections import Counter, defaultdict
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from mcsan_lite.datasets.ceilings import VIEWS, ceilings
from mcsan_lite.datasets.synthetic import LABELS, NEGATIVE, POSITIVE, RULES, SyntheticConfig, _draw

TINY = SyntheticConfig(pairs=4, max_words=4, speakers=2, missed=0)
WORLDS = {
    "matching": TINY,
    "leaking": replace(TINY, world="leaking", pairs=8),
    "imbalance": replace(TINY, imbalance="iemocap"),
    "noise and leaking speakers": replace(TINY, label_noise=0.2, speaker_leak=0.4, imbalance="iemocap"),
    "six words": replace(TINY, pairs=8, max_words=6),  # too many to write out: there a word is only what kind it is
}
SENSE = {pair[0]: sense for sense, pairs in (("negative", NEGATIVE), ("positive", POSITIVE)) for pair in pairs}


def seen(config, view, written, heard, stressed, arousal, speaker):
    """What is left of an utterance for one who may use `view`."""
    if view == "nothing":
        return ()
    if view == "text":
        return tuple(written)
    if view == "audio":
        return (tuple(zip(heard, stressed, strict=True)), arousal, speaker)
    if view == "both" or config.world == "leaking":  # there nobody needs to match: each sound has one meaning
        return (tuple(zip(written, stressed, strict=True)), arousal, speaker)
    return (frozenset(Counter(written).items()), sum(stressed), arousal, speaker)  # unmatched: a heap and a count


def spoken(config, sense, senses, place):
    """[(heard, written) in order, probability] for the decisive word at `place`, or none."""
    if config.max_words > 4:
        yield [(s, s + "!" * (i == place)) for i, s in enumerate(senses)], 1
        return
    pools = {"negative": NEGATIVE[:config.pairs // 2], "positive": POSITIVE[:config.pairs // 2]}
    step, first = (2, 1) if config.world == "leaking" else (1, 0)
    for chosen in [None] if place is None else pools[sense][::step]:
        plain = [pair for s in pools for pair in pools[s][first::step] if pair != chosen]
        rest = [s for i, s in enumerate(senses) if i != place]
        fits = [others for others in itertools.permutations(plain, len(rest))
                if all(SENSE[pair[0]] == s for pair, s in zip(others, rest, strict=True))]
        for others in fits:
            words = list(others)
            if chosen:
                words.insert(place, (chosen[0], chosen[0]))
            yield words, 1 / len(fits) / (len(pools[sense][::step]) if chosen else 1)


def loudness(twins, own, stress):
    """[(loud twins, probability)]: of several some are loud and some are not, how many is drawn before which."""
    numbers = list(range(1, twins)) or ([0, 1] if stress is None else [int(stress)])
    for number in numbers:
        sets = [c for c in itertools.combinations(range(twins), number) if stress is None or (own in c) == stress]
        yield from ((c, 1 / len(numbers) / len(sets)) for c in sets)


def everything(config):
    """[(label before noise, written words, sounds, stresses, arousal, speaker, probability)]: all that can be drawn."""
    for (c, (sense, stress, p_high)), twins in itertools.product(RULES.items(), range(1, config.max_words // 2 + 1)):
        orders = sorted(set(itertools.permutations(["negative", "positive"] * twins)))
        for senses in orders:
            twin = [senses[:i].count(s) for i, s in enumerate(senses)]
            places = [i for i, s in enumerate(senses) if s == sense] or [None]
            for place in places:
                for (loud, p_loud), (words, p_words), arousal, speaker in itertools.product(
                        loudness(twins, None if place is None else twin[place], stress),
                        spoken(config, sense, senses, place), ("high", "low"), range(config.speakers)):
                    own = config.speaker_leak * (LABELS.index(c) % config.speakers == speaker)
                    p = config.prior[LABELS.index(c)] / (config.max_words // 2) / len(orders) / len(places)
                    p *= p_loud * p_words * (p_high if arousal == "high" else 1 - p_high)
                    p *= own + (1 - config.speaker_leak) / config.speakers
                    if p:
                        heard, written = zip(*words, strict=True)
                        yield c, written, heard, [t in loud for t in twin], arousal, speaker, p


def with_noise(p, noise):
    return (1 - noise) * p + noise * (p.sum() - p) / (len(p) - 1)


def draw(config, n, seed=0):
    rng = np.random.default_rng(seed)
    return pd.DataFrame([_draw(config, rng, i, "train") for i in range(n)])


@pytest.fixture(scope="module", params=WORLDS)
def world(request):
    """(config, {view: {what is seen: (7,) probability of it with each published label}})."""
    config = WORLDS[request.param]
    tables = {view: defaultdict(lambda: np.zeros(7)) for view in VIEWS}
    for label, *facts, p in everything(config):
        for view in VIEWS:
            tables[view][seen(config, view, *facts)][LABELS.index(label)] += p
    return config, {view: {k: with_noise(p, config.label_noise) for k, p in t.items()} for view, t in tables.items()}


def keys(config, truth, view):
    for u in truth.itertuples():
        written, heard = [u.text.split()[at] for at in u.targets], u.pairs
        if config.max_words > 4:
            written = [SENSE[h] + "!" * (w == h) for w, h in zip(written, heard, strict=True)]
            heard = [SENSE[h] for h in heard]
        yield seen(config, view, written, heard, u.stressed, u.arousal, u.speaker)


@pytest.mark.parametrize("view", VIEWS)
def test_each_utterances_ceiling_is_that_of_the_full_enumeration(world, view):
    config, tables = world
    assert sum(p.sum() for p in tables[view].values()) == pytest.approx(1)
    truth = draw(config, 40)
    for i, key in enumerate(keys(config, truth, view)):
        p = tables[view][key]
        assert ceilings(truth.iloc[[i]], config)[view] == pytest.approx(p.max() / p.sum(), abs=1e-12), truth.iloc[i]


def test_the_best_guess_of_the_enumeration_scores_the_ceiling_on_what_is_drawn(world):
    config, tables = world
    truth = draw(config, 2000, seed=1)
    best = ceilings(truth, config)
    for view in VIEWS:
        guesses = [LABELS[tables[view][key].argmax()] for key in keys(config, truth, view)]
        right = np.equal(guesses, truth.label)
        assert np.mean(right) == pytest.approx(best[view], abs=4 * max(np.std(right), 0.01) / 2000 ** 0.5), view


def test_more_to_go_by_is_never_worse(world):
    best = ceilings(draw(world[0], 500), world[0])
    assert best["nothing"] <= best["text"] <= best["both, unmatched"] + 1e-12
    assert best["nothing"] <= best["audio"] <= best["both"] + 1e-12
    assert best["both, unmatched"] <= best["both"] + 1e-12


def test_known_values():
    config = SyntheticConfig()
    best = ceilings(draw(config, 1500), config)
    assert best["nothing"] == pytest.approx(1 / 7)
    assert best["text"] == pytest.approx(3 / 7, abs=0.02)  # three senses; each utterance is worth 1/3 or 1/2
    assert best["both"] == 1
    assert best["audio"] == pytest.approx((3 / 7 + 2 / 7 + 2 / 7) / 3, abs=0.02)  # by hand, for one, two and three twins
    assert best["both, unmatched"] == pytest.approx((1 + 5 / 7 + 5 / 7) / 3, abs=0.02)


def test_the_share_of_the_largest_class_is_what_nothing_reaches():
    config = replace(TINY, imbalance="iemocap")
    assert ceilings(draw(config, 50), config)["nothing"] == pytest.approx(1849 / 7487)


def test_label_noise_lowers_the_top_by_its_share():
    config = SyntheticConfig(label_noise=0.15)
    assert ceilings(draw(config, 100), config)["both"] == pytest.approx(0.85)


def test_in_the_leaking_world_the_ear_knows_all():
    config = SyntheticConfig(world="leaking")
    best = ceilings(draw(config, 400), config)
    assert best["audio"] == best["both, unmatched"] == best["both"] == 1 > best["text"]


def test_what_is_missing_cannot_be_used():
    config = SyntheticConfig()
    truth = draw(config, 200)
    full, deaf = ceilings(truth, config), ceilings(truth.assign(has_audio=False), config)
    blind = ceilings(truth.assign(text=""), config)
    assert deaf["audio"] == pytest.approx(deaf["nothing"]) and deaf["both"] == pytest.approx(full["text"])
    assert blind["text"] == pytest.approx(blind["nothing"]) and blind["both"] == pytest.approx(full["audio"])
