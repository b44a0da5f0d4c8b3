"""The generated corpus: what the ear and the eye may know is what its rules say, and the same knobs
give the same bytes.
"""

import itertools
import json
from dataclasses import fields, replace
from pathlib import Path

import espeakng_loader
import numpy as np
import pandas as pd
import pytest
import soundfile
from scipy.stats import chi2_contingency

from mcsan_lite.datasets.synthetic import speech
from mcsan_lite.datasets.synthetic.faces import MOVES
from mcsan_lite.datasets.synthetic.generator import corpus_folder, make_synthetic
from mcsan_lite.datasets.synthetic.reader import read_synthetic, read_truth
from mcsan_lite.datasets.synthetic.rules import (
    HESITATIONS,
    IEMOCAP_COUNTS,
    NEGATIVE,
    POSITIVE,
    RULES,
    SYNTHETIC_LABELS,
    SyntheticConfig,
)
from mcsan_lite.errors import DataError
from mcsan_lite.features.video import ACTION_UNITS, read_video
from mcsan_lite.features.words import tokenize

SMALL = SyntheticConfig(train=60, valid=16, test=24, fillers=0.2)
EVALUATIVE = {pair[0] for pair in NEGATIVE + POSITIVE}
SOUND = {spelling: pair[0] for pair in NEGATIVE + POSITIVE for spelling in pair}


@pytest.fixture(scope="module")
def spoken(tmp_path_factory):
    """One real corpus with sound, made by two processes one after the other."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(speech, "_UTTERANCES_PER_PROCESS", 50)
        return make_synthetic(tmp_path_factory.mktemp("spoken"), SMALL)


@pytest.fixture
def mute(monkeypatch, tmp_path):
    """A function: a corpus with these knobs whose voice stays silent (a second a word), and so
    large at no cost.
    """

    def speak_all(plan, folder, *, jobs):
        return {
            p["id"]: {"starts": list(map(float, range(len(p["words"])))), "end": len(p["words"])}
            for p in plan
        }

    def make(**knobs):
        monkeypatch.setattr(speech, "speak_all", speak_all)
        return make_synthetic(
            tmp_path, SyntheticConfig(**({"train": 2000, "valid": 1, "test": 1} | knobs))
        )

    return make


def refusal(call, error=ValueError):
    with pytest.raises(error) as caught:
        call()
    assert all(part in str(caught.value) for part in ("Given: ", "Expected: ", "Do: "))
    return str(caught.value)


def hears(truth):
    """[(how it is written, how it sounds), …] of every homophone in the corpus."""
    return [
        (u.text.split()[at], sound)
        for u in truth.itertuples()
        for at, sound in zip(u.targets, u.pairs, strict=True)
    ]


def test_both_spellings_of_a_pair_sound_the_same_in_every_voice_alone_and_within_a_sentence():
    voice = speech.Synthesiser()
    assert len(speech.VOICES) == len(set(speech.VOICES)) == 12 and len(SOUND) == 64
    heard = {
        name: [voice.phonemes(word, name) for pair in NEGATIVE + POSITIVE for word in pair]
        for name in speech.VOICES
    }
    for name, found in heard.items():
        assert found[0::2] == found[1::2], name
        assert len(set(found[0::2])) == 32, name  # and no two pairs sound alike
    for evaluative, plain in NEGATIVE + POSITIVE:
        assert voice.phonemes(f"so {evaluative} and", "en-us+f1") == voice.phonemes(
            f"so {plain} and", "en-us+f1"
        )


def test_every_voice_is_one_of_espeaks():
    """eSpeak takes an unknown variant (en-us+m99) for the plain voice without a word."""
    folder = Path(espeakng_loader.get_data_path(), "voices", "!v")
    assert {name.partition("+")[2] for name in speech.VOICES} < {
        file.name for file in folder.iterdir()
    }


def test_an_unknown_voice_is_refused():
    assert "voice 'nobody'" in refusal(
        lambda: speech.Synthesiser().speak("<speak>hi</speak>", "nobody"), DataError
    )


def test_same_knobs_same_bytes_elsewhere_and_with_two_processes(spoken, tmp_path, monkeypatch):
    monkeypatch.setattr(speech, "_UTTERANCES_PER_PROCESS", 50)
    again = make_synthetic(tmp_path, SMALL, jobs=2)
    assert again.name == spoken.name and again.parent != spoken.parent
    names = sorted(p.relative_to(again) for p in again.rglob("*") if p.is_file())
    assert len(names) == 100 + 2 and names == sorted(
        p.relative_to(spoken) for p in spoken.rglob("*") if p.is_file()
    )
    assert [n for n in names if (again / n).read_bytes() != (spoken / n).read_bytes()] == []


def test_every_knob_names_another_folder(tmp_path):
    other = {"world": "leaking", "imbalance": "iemocap", "pairs": 18, "held_out_pairs": 8}
    configs = [SMALL] + [
        replace(SMALL, **{f.name: other.get(f.name, 1 if f.type == "int" else 0.25)})
        for f in fields(SyntheticConfig)
    ]
    assert len({corpus_folder(tmp_path, c) for c in configs}) == len(fields(SyntheticConfig)) + 1


def test_the_default_corpus_is_where_it_was_before_there_was_video(tmp_path):
    assert corpus_folder(tmp_path, SyntheticConfig()).name == "synthetic-244fa18f5f"
    assert corpus_folder(tmp_path, SyntheticConfig(world="leaking")).name == "synthetic-7eb8d7b90d"


def test_second_call_does_nothing(spoken, monkeypatch):
    stamps = {p: p.stat().st_mtime_ns for p in spoken.parent.rglob("*")}
    monkeypatch.setattr(speech, "speak_all", lambda *_, **__: pytest.fail("spoken again"))
    assert make_synthetic(spoken.parent, SMALL) == spoken
    assert {p: p.stat().st_mtime_ns for p in spoken.parent.rglob("*")} == stamps


def test_an_interrupted_generation_leaves_nothing(tmp_path, monkeypatch):
    def stop(plan, folder, *, jobs):
        (folder / "half.flac").write_bytes(b"half")
        raise KeyboardInterrupt

    monkeypatch.setattr(speech, "speak_all", stop)
    with pytest.raises(KeyboardInterrupt):
        make_synthetic(tmp_path, SMALL)
    assert list(tmp_path.iterdir()) == []


def test_a_worker_that_stops_is_reported(tmp_path):
    plan = [
        {
            "id": "a",
            "voice": "nobody",
            "rate": 1,
            "volume": 1,
            "pitch": 1,
            "range": 1,
            "words": [("hi", False, 0)],
        }
    ]
    assert "voice 'nobody'" in refusal(lambda: speech.speak_all(plan, tmp_path), DataError)


def test_every_label_follows_from_its_factors(mute):
    truth = read_truth(mute())
    assert set(truth.label) == set(SYNTHETIC_LABELS)
    for u in truth.itertuples():
        sense, stress, p_high = RULES[u.label]
        assert (u.sense, u.label) == (sense, u.true_label)
        assert p_high == 0.5 or u.arousal == ("high" if p_high else "low")
        tokens = u.text.split()
        evaluative = [at for at in u.targets if tokens[at] in EVALUATIVE]
        if sense == "none":
            assert evaluative == [] and np.isnan(u.decisive)
        else:  # exactly one, of the right sense, and its stress is the label's
            assert evaluative == [u.decisive] and u.stressed[u.targets.index(u.decisive)] == stress
            assert tokens[int(u.decisive)] in {
                pair[0] for pair in (NEGATIVE if sense == "negative" else POSITIVE)
            }
        assert [SOUND[tokens[at]] for at in u.targets] == u.pairs and len(set(u.pairs)) == len(
            u.pairs
        )
        assert [
            i for i, t in enumerate(tokens) if t in SOUND
        ] == u.targets  # no carrier word is a homophone


def test_words_are_the_tokens_and_their_times_ascend_within_the_clip(spoken):
    corpus, truth = read_synthetic(spoken), read_truth(spoken)
    fillers = 0
    for u in corpus.utterances:
        assert [w.text for w in u.words] == tokenize(u.text) == u.text.split()
        times = [t for w in u.words for t in (w.start_s, w.end_s)]
        info = soundfile.info(u.audio)
        assert (
            times == sorted(times)
            and times[0] >= 0
            and times[-1] <= info.duration + 1e-3
            and info.samplerate == 16_000
        )
        every = truth.times[u.id]
        fillers += len(every) - len(u.words)
        assert all(a[2] == b[1] for a, b in itertools.pairwise(every))  # no hole
    assert fillers > 20  # spoken, with a time of their own, and not transcribed


def test_stress_is_longer_and_louder_and_arousal_louder_and_faster(spoken):
    words, clips = [], []
    for u in read_truth(spoken).itertuples():
        signal, rate = soundfile.read(spoken / "audio" / f"{u.Index}.flac")
        written = [t for t in u.times if t[0]]
        for at, stressed in zip(u.targets, u.stressed, strict=True):
            part = signal[round(written[at][1] * rate) : round(written[at][2] * rate)]
            words.append((stressed, len(part) / rate, np.sqrt(np.mean(part**2)) / signal.std()))
        if not any(u.stressed):
            clips.append((u.arousal, signal.std(), len(signal) / rate / len(u.times)))
    words = pd.DataFrame(words, columns=["stressed", "seconds", "loud"]).groupby("stressed").mean()
    assert words.loc[True, "seconds"] > 1.15 * words.loc[False, "seconds"]
    assert words.loc[True, "loud"] > 1.3 * words.loc[False, "loud"]
    clips = pd.DataFrame(clips, columns=["arousal", "loud", "seconds"]).groupby("arousal").mean()
    assert clips.loc["high", "loud"] > 1.2 * clips.loc["low", "loud"]
    assert clips.loc["high", "seconds"] < 0.95 * clips.loc["low", "seconds"]


def test_worlds(mute):
    matching, leaking = hears(read_truth(mute())), hears(read_truth(mute(world="leaking")))
    assert len(set(matching)) == 32 and {s for w, s in matching if w == s} == {
        s for w, s in matching if w != s
    }
    assert {s for w, s in leaking if w == s}.isdisjoint(s for w, s in leaking if w != s)


def test_a_listed_transcript_is_sorted_by_sound_and_keeps_its_times(mute):
    folder = mute(world="listed", fillers=0.2)
    orders = set()
    for one, row in zip(
        read_synthetic(folder).utterances, read_truth(folder).itertuples(), strict=True
    ):
        sounds = [SOUND[word] for word in row.text.split()]
        assert sounds == sorted(sounds) and sorted(sounds) == sorted(row.pairs)
        assert [SOUND[row.text.split()[at]] for at in row.targets] == row.pairs
        assert [word.text for word in one.words] == row.text.split()
        starts = [one.words[at].start_s for at in row.targets]
        assert starts == sorted(starts)  # key words in the order in which they are spoken
        if row.sense != "none":
            assert row.text.split()[int(row.decisive)] in EVALUATIVE
        orders.add(tuple(row.targets))
    assert {(0, 1), (1, 0), (0, 1, 2), (2, 1, 0)} <= orders


def test_the_place_in_a_list_says_nothing_about_the_place_in_speech(mute):
    rows = read_truth(mute(world="listed")).query("sense != 'none'").itertuples()
    pairs = [
        (row.decisive, row.targets.index(int(row.decisive)))
        for row in rows
        if len(row.targets) == 2
    ]
    table = pd.crosstab(*np.transpose(pairs))
    assert table.to_numpy().sum() > 200 and chi2_contingency(table).pvalue > 0.01


def test_a_listed_face_moves_at_the_decisive_word(mute):
    folder = mute(world="listed", video_noise=0.0, train=200)
    for row in read_truth(folder).query("sense != 'none'").itertuples():
        assert row.shown["place"] == row.targets.index(int(row.decisive))


def test_held_out_pairs_are_in_the_test_part_only_and_fill_it(mute):
    truth = read_truth(mute(pairs=8, held_out_pairs=8, train=500, valid=100, test=500))
    sounds = {part: set(group.pairs.explode()) for part, group in truth.groupby("split")}
    assert sounds["train"] == sounds["valid"] and len(sounds["train"]) == len(sounds["test"]) == 8
    assert sounds["train"].isdisjoint(sounds["test"])
    assert {u.sense for u in truth[truth.split == "test"].itertuples()} == {
        "negative",
        "positive",
        "none",
    }


def test_shares(mute):
    truth = read_truth(
        mute(
            label_noise=0.3,
            missing_text=0.2,
            missing_audio=0.4,
            imbalance="iemocap",
            fillers=0.5,
            stress_share=0.25,
            speakers=3,
            max_words=4,
        )
    )
    assert (truth.label != truth.true_label).mean() == pytest.approx(0.3, abs=0.04)
    assert truth.label[truth.label != truth.true_label].nunique() == 7
    assert (truth.text == "").mean() == pytest.approx(0.2, abs=0.04)
    assert (~truth.has_audio).mean() == pytest.approx(0.4, abs=0.04)
    classes = truth.true_label.value_counts(normalize=True).reindex(list(SYNTHETIC_LABELS))
    assert classes.tolist() == pytest.approx(
        np.array(IEMOCAP_COUNTS) / sum(IEMOCAP_COUNTS), abs=0.03
    )
    spoken = truth[truth.has_audio]
    fillers = spoken.times.map(lambda times: sum(word is None for word, *_ in times))
    assert fillers.sum() / spoken.targets.map(len).sum() == pytest.approx(0.5, abs=0.03)
    assert not any(f in t.split() for f in HESITATIONS for t in truth.text)
    assert truth[truth.sense == "none"].stressed.explode().mean() == pytest.approx(0.25, abs=0.05)
    assert set(truth.speaker) == {0, 1, 2} and set(truth.voice) == set(speech.VOICES[:3])
    assert set(truth.targets.map(len)) == {1, 2, 3, 4}


def test_a_leaking_speaker_is_a_function_of_the_class(mute):
    assert read_truth(mute()).groupby("label").speaker.nunique().min() == 10
    found = read_truth(mute(speaker_leak=1.0)).groupby("label").speaker.unique()
    assert all(len(s) == 1 for s in found) and len({int(s[0]) for s in found}) == 7


def test_what_is_missing_comes_out_empty_and_both_at_once_is_skipped(mute):
    folder = mute(missing_text=0.3, missing_audio=0.3)
    corpus, truth = read_synthetic(folder), read_truth(folder)
    gone = set(truth.index[(truth.text == "") & ~truth.has_audio])
    assert (
        gone
        and {s.id for s in corpus.skipped} == gone
        and all("neither a clip" in s.reason for s in corpus.skipped)
    )
    assert len(corpus) + len(gone) == len(truth)
    for u in corpus.utterances:
        assert (u.audio is not None, u.text != "") == (
            truth.has_audio[u.id],
            truth.text[u.id] != "",
        )
        assert bool(u.words) == (u.audio is not None)


def test_other_knobs_other_fingerprint(mute):
    assert (
        len(
            {
                read_synthetic(mute(train=50, seed=s, speakers=n)).fingerprint()
                for s, n in ((1, 2), (2, 2), (1, 3))
            }
        )
        == 3
    )


@pytest.mark.parametrize(
    "knobs",
    [
        {"world": "leeking"},
        {"imbalance": "meld"},
        {"pairs": 7},
        {"pairs": 34},
        {"pairs": 6},
        {"pairs": 2, "max_words": 1},
        {"held_out_pairs": 18},
        {"held_out_pairs": 3},
        {"held_out_pairs": 2},
        {"held_out_pairs": 6},
        {"max_words": 0},
        {"speakers": 0},
        {"speakers": 13},
        {"label_noise": 1.5},
        {"fillers": -0.1},
        {"test": 0},
        {"valid": 0},
        {"video_noise": 1.2},
    ],
    ids=str,
)
def test_impossible_knobs_are_refused(knobs):
    text = refusal(lambda: SyntheticConfig(**knobs))
    name, value = next(iter(knobs.items()))
    assert f"Given: {name}={value!r}" in text


@pytest.mark.parametrize(
    "knobs",
    [
        {"held_out_pairs": 8},
        {"max_words": 1, "pairs": 4, "held_out_pairs": 4},
        {"pairs": 8},
        {"max_words": 3, "pairs": 4, "world": "leaking", "held_out_pairs": 4},
    ],
    ids=str,
)
def test_smallest_possible_knobs_work(knobs, mute):
    assert len(read_truth(mute(train=300, test=300, **knobs))) == 601


def test_a_missing_folder_names_the_command(tmp_path):
    assert "mcsan data synthetic" in refusal(lambda: read_synthetic(tmp_path / "none"), DataError)


@pytest.fixture(scope="module")
def filmed(tmp_path_factory):
    """The same corpus as `spoken`, with a face."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(speech, "_UTTERANCES_PER_PROCESS", 50)
        return make_synthetic(tmp_path_factory.mktemp("filmed"), replace(SMALL, video_noise=0.25))


def test_a_face_changes_nothing_in_words_and_sound(spoken, filmed):
    assert filmed.name != spoken.name
    assert {p.name: p.read_bytes() for p in (spoken / "audio").iterdir()} == {
        p.name: p.read_bytes() for p in (filmed / "audio").iterdir()
    }
    with_face = read_truth(filmed)
    pd.testing.assert_frame_equal(read_truth(spoken), with_face.drop(columns="shown"))
    assert "video_noise" not in (spoken / "corpus.json").read_text()
    assert SyntheticConfig(**json.loads((filmed / "corpus.json").read_text())).video_noise == 0.25


def test_the_same_face_again(filmed, tmp_path, monkeypatch):
    monkeypatch.setattr(speech, "_UTTERANCES_PER_PROCESS", 50)
    again = make_synthetic(tmp_path, replace(SMALL, video_noise=0.25))
    assert (again / "video.npz").read_bytes() == (filmed / "video.npz").read_bytes()


def test_the_reader_gives_seventeen_intensities_as_long_as_the_words(spoken, filmed):
    for u, mute in zip(
        read_synthetic(filmed).utterances, read_synthetic(spoken).utterances, strict=True
    ):
        rows = read_video(u.video)
        assert mute.video is None and rows.shape[1] == 17 and rows.min() >= 0 and rows.max() <= 5
        assert len(rows) == pytest.approx(25 * u.words[-1].end_s, abs=1)


def test_what_shows_can_be_read_off_the_frames(filmed):
    """Someone who looks at the units alone gets right what shows, and where: the noise of a frame
    hides nothing.
    """
    truth, right = read_truth(filmed), []
    for u in read_synthetic(filmed).utterances:
        rows, seen = read_video(u.video), truth.shown[u.id]
        units = {
            name: rows[:, [ACTION_UNITS.index(n) for n in found]].mean(1)
            for name, found in MOVES.items()
            if found
        }
        sense = max(("negative", "positive"), key=lambda s: units[s].max())
        sense = sense if units[sense].max() > 1 else "none"
        arousal = "high" if np.median(units["arousal"]) > 1 else "low"
        word = u.words[truth.targets[u.id][seen["place"]]]
        right.append(
            (
                sense == seen["sense"],
                (units["stress"].max() > 1) == seen["stress"],
                arousal == seen["arousal"],
                abs(units["mouth"].argmax() / 25 - (word.start_s + word.end_s) / 2) < 0.1,
            )
        )
    assert (np.mean(right, axis=0) > 0.97).all()


def test_the_face_lies_as_often_as_it_was_told_and_never_about_the_place(mute):
    truth = read_truth(mute(video_noise=0.2, missing_audio=0.2, fillers=0.3, stress_share=0.7))
    shown = pd.DataFrame(truth.shown.tolist(), index=truth.index)
    assert (shown.sense != truth.sense).mean() == pytest.approx(0.2, abs=0.03)
    assert (shown.arousal != truth.arousal).mean() == pytest.approx(0.2, abs=0.03)
    decided = truth[truth.sense != "none"]
    places = [
        targets.index(at) for targets, at in zip(decided.targets, decided.decisive, strict=True)
    ]
    assert shown.place[decided.index].tolist() == places
    stress = [on[i] for on, i in zip(decided.stressed, places, strict=True)]
    assert (shown.stress[decided.index] != stress).mean() == pytest.approx(0.2, abs=0.03)
    idle = shown[truth.sense == "none"]
    assert idle.stress.mean() == pytest.approx(0.7 * 0.8 + 0.3 * 0.2, abs=0.06)
    assert set(idle.place) == set(range(6))
    honest = read_truth(mute(video_noise=0.0))
    assert [s["sense"] for s in honest.shown] == honest.sense.tolist()


def test_the_folder_says_what_it_was_made_with(spoken):
    assert SyntheticConfig(**json.loads((spoken / "corpus.json").read_text())) == SMALL
