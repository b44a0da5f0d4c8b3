"""A state in, an answer out: without a notebook."""

import base64
import io
import json
from dataclasses import replace

import av
import numpy as np
import pytest
import soundfile
from drawn import scores_of
from refusals import refusal
from sounds import tone

import mcsan_lite as mc
from mcsan_lite.corpus import Corpus, Utterance
from mcsan_lite.datasets.synthetic.start.clips import start_clips
from mcsan_lite.explain.readings import READINGS
from mcsan_lite.explorer import core as core_module
from mcsan_lite.explorer.core import ExplorerCore, explorer_models
from mcsan_lite.explorer.limits import explorer_limits, own_voice_note
from mcsan_lite.explorer.sounds import (
    Explorable,
    explorable_clips,
    explorable_corpus,
    explorable_recording,
    with_pitch,
)
from mcsan_lite.explorer.spelling import respelled_clip, swaps_of
from mcsan_lite.explorer.state import ExplorerState, parse_state
from mcsan_lite.figures.lens import PATIENT_READINGS

RATE = 16_000
SAID = "she said week and pain or flour with the sole"


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def core(cache):
    names = ("matching-seed0", "matching-w-o-cross-seed0")
    return ExplorerCore(explorer_models(names), explorable_clips(RATE), cache)


@pytest.fixture
def plain():
    return ExplorerState("clip1", "matching-seed0")


def likeliest(answer):
    return max(answer["probabilities"], key=lambda pair: pair[1])[0]


def keys_of(answer):
    return [key for key, _ in answer["notes"]]


class TestAnswer:
    def test_it_is_what_the_run_says_of_the_clip(self, core, plain, cache):
        answer = core.answer(plain)
        run, clip = mc.load_checkpoint(), start_clips()[0]
        features = run.features_of(clip.audio, clip.text, cache)
        expected = run.probabilities(features)
        for label, share in answer["probabilities"]:
            assert share == pytest.approx(expected[label], abs=1e-4)
        assert answer["before"] == answer["probabilities"]
        assert answer["rule"] == clip.label
        maps = mc.attention_maps(run.model, features, run.features)
        lens = answer["lens"]
        first = lens["views"][0]
        found = maps["cross.0.text_from_audio"].mean
        frames = len(lens["times"])
        np.testing.assert_allclose(scores_of(first, frames), found, atol=found.max() / 500)
        assert (lens["tokens"], lens["truth"][0]) == (SAID.split(), 4)
        assert json.loads(json.dumps(answer)) == answer

    def test_a_swapped_homophone_changes_words_rule_and_prediction_but_no_frame(
        self, core, plain, monkeypatch
    ):
        core.answer(plain)
        monkeypatch.setattr(core_module, "mfcc", lambda *_: pytest.fail("frames made again"))
        answer = core.answer(replace(plain, text=SAID.replace("pain", "pane")))
        assert (answer["rule"], likeliest(answer)) == ("neutral", "neutral")
        assert answer["lens"]["truth"] is None
        assert answer["before"] == core.answer(plain)["probabilities"]
        assert answer["before"] != answer["probabilities"]

    def test_muted_the_sound_tells_nothing_and_blanked_the_words(self, core, plain):
        other = replace(plain, utterance="clip2")  # the same words, said otherwise
        muted = [core.answer(replace(one, muted=True, text=SAID)) for one in (plain, other)]
        assert likeliest(muted[0]) == likeliest(muted[1])
        assert not np.frombuffer(_bytes(muted[0]["lens"]["wave"]), np.int8).any()
        blank, respelled = (
            core.answer(replace(plain, blanked=True, text=text))
            for text in (SAID, SAID.replace("pain", "pane"))
        )
        assert blank["probabilities"] == respelled["probabilities"] != blank["before"]
        assert "muted" in keys_of(muted[0]) and "blanked" in keys_of(blank)
        assert muted[0]["rule"] is None and blank["rule"] is None

    def test_pitch_moves_one_word_only(self, core, plain):
        answer = core.answer(replace(plain, pitch_word=4, semitones=6.0))
        assert answer["probabilities"] != answer["before"]
        assert answer["rule"] is None
        assert answer["lens"]["audio"] != core.answer(plain)["lens"]["audio"]
        unheard = core.answer(replace(plain, pitch_word=8, semitones=6.0))  # "the": no duration
        assert unheard["probabilities"] == unheard["before"]
        assert unheard["notes"] == [["too_short", {"word": "the"}]]

    def test_words_of_your_own(self, core, plain):
        answer = core.answer(replace(plain, text="what a xqzzy day"))
        assert answer["lens"]["tokens"] == ["what", "a", "xqzzy", "day"]
        assert answer["notes"] == [["unknown_words", {"words": "xqzzy"}]]
        assert (answer["rule"], answer["lens"]["truth"], answer["swaps"]) == (None, None, [])
        assert core.answer(replace(plain, text=""))["lens"]["tokens"] == ["<empty>"]

    def test_two_evaluative_words_have_no_rule(self, core, plain):
        answer = core.answer(replace(plain, text=SAID.replace("week", "weak")))
        assert (answer["rule"], answer["lens"]["truth"]) == (None, None)

    @pytest.mark.parametrize("reading", ["receipts", "voice edit"])
    def test_another_reading_is_computed_when_it_is_asked_for(self, core, plain, reading):
        names = {view["name"] for view in core.answer(plain)["lens"]["views"]}
        assert names == {"raw attention"}
        answer = core.answer(replace(plain, reading=reading))
        assert {view["name"] for view in answer["lens"]["views"]} == {"raw attention", reading}
        assert reading in answer["lens"]["readings"]

    def test_a_reading_that_a_model_lacks_is_said(self, core, plain):
        answer = core.answer(replace(plain, model="matching-w-o-cross-seed0"))
        (note,) = answer["notes"]
        assert note[0] == "no_reading" and note[1]["reading"] == "raw attention"
        assert {view["name"] for view in answer["lens"]["views"]} == {note[1]["shown"]}

    @pytest.mark.parametrize("model", ["matching-seed0", "matching-w-o-cross-seed0"])
    def test_every_reading_at_once(self, core, plain, model):
        answer = core.answer(replace(plain, model=model), readings=READINGS)
        shown = dict.fromkeys(view["name"] for view in answer["lens"]["views"])
        assert list(shown) == answer["lens"]["readings"]
        assert "voice edit" in shown

    def test_slow_readings_are_not_offered_for_many_words(self, core, plain):
        names = core.answer(replace(plain, text="so " * 301))["lens"]["readings"]
        assert "receipts" in names and not set(PATIENT_READINGS) & set(names)

    def test_a_recording_is_heard_and_its_words_are_placed_by_their_letters(self, cache):
        recording = explorable_recording("mine", _wav(tone(1.5)), "so it is pain", RATE, 10.0)
        names = ["matching-seed0"]
        core = ExplorerCore(
            explorer_models(names), [recording], cache, limits=explorer_limits(names)
        )
        answer = core.answer(replace(core.first_state(), pitch_word=3, semitones=4))
        assert keys_of(answer) == ["guessed_times", "own_voice_unlike_both"]
        assert answer["lens"]["seconds"] == pytest.approx(1.5)
        assert (answer["rule"], answer["lens"]["truth"]) == (None, None)
        assert "voice edit" not in answer["lens"]["readings"]  # it needs known times

    def test_a_clip_of_the_corpus_is_like_it_and_without_limits_nobody_knows(self, core, plain):
        run, sound = core.models[plain.model], core.sounds[plain.utterance]
        features = core._read(replace(plain, text=sound.text), sound, run).features
        limits = explorer_limits([plain.model])[plain.model]
        assert own_voice_note(run, features, limits)[0] == "own_voice_like"
        assert own_voice_note(run, features, None)[0] == "own_voice_unknown"

    def test_a_new_recording_of_the_same_name_replaces_the_old_one(self, cache):
        core = ExplorerCore(
            explorer_models(["matching-seed0"]), [Explorable("mine", tone(1.0), "so")], cache
        )
        first = core.answer(core.first_state())
        core.add(Explorable("mine", tone(2.0, hertz=440.0), "so"))
        second = core.answer(core.first_state())
        assert (first["lens"]["seconds"], second["lens"]["seconds"]) == (1.0, 2.0)
        assert second["before"] == second["probabilities"] != first["probabilities"]

    @pytest.mark.parametrize(
        ("wrong", "crucial"),
        [
            ({"utterance": "clip9"}, "did you mean 'clip"),
            ({"model": "matching-seed9"}, "matching-seed0"),
            ({"pitch_word": 10, "semitones": 1.0}, "0 to 9"),
        ],
    )
    def test_what_is_not_there_is_refused(self, core, plain, wrong, crucial):
        assert crucial in refusal(lambda: core.answer(replace(plain, **wrong)))

    def test_no_model_and_no_sound_are_refused(self, cache):
        assert "0 models" in refusal(lambda: ExplorerCore({}, explorable_clips(RATE), cache))
        run = {"one": mc.load_checkpoint()}
        assert "0 utterances" in refusal(lambda: ExplorerCore(run, [], cache))
        assert "no model at" in refusal(lambda: explorer_models(["nowhere"]))


class TestState:
    def test_there_and_back(self):
        state = ExplorerState("clip1", "m", "so", muted=True, pitch_word=2, semitones=-3.5, head=1)
        assert parse_state(json.loads(json.dumps(state.as_json()))) == state
        assert parse_state({"utterance": "a", "model": "b"}) == ExplorerState("a", "b")

    @pytest.mark.parametrize(
        ("wrong", "crucial"),
        [
            ({"muted": 1}, "muted=1"),
            ({"head": True}, "head=True"),
            ({"text": 5}, "str or None"),
            ({"semitones": float("nan")}, "nan semitones"),
            ({"semitones": 13}, "an octave"),
            ({"text": "a" * 5001}, "5001 letters"),
            ({"colour": "red"}, "colour='red'"),
            ({"model": None}, "model=None"),
        ],
    )
    def test_a_wrong_field_is_refused(self, wrong, crucial):
        given = {"utterance": "a", "model": "b"} | wrong
        assert crucial in refusal(lambda: parse_state(given))

    def test_a_state_of_nothing_is_refused(self):
        assert "without model" in refusal(lambda: parse_state({"utterance": "a"}))


class TestSounds:
    def test_pitch_goes_up_where_it_is_asked_for(self):
        sound = tone(1.5)
        raised = with_pitch(sound, RATE, (0.5, 1.0), 12)
        inside = slice(int(0.6 * RATE), int(0.9 * RATE))
        assert np.array_equal(raised[: RATE // 2], sound[: RATE // 2])
        assert np.array_equal(raised[RATE:], sound[RATE:])
        assert _loudest_hertz(sound[inside]) == pytest.approx(220, abs=8)
        assert _loudest_hertz(raised[inside]) == pytest.approx(440, abs=8)

    @pytest.mark.parametrize(
        ("span", "semitones"), [((0.5, 0.52), 6), ((0.5, 1.0), 0), ((9, 10), 6)]
    )
    def test_what_cannot_be_raised_stays(self, span, semitones):
        sound = tone(1.5)
        assert with_pitch(sound, RATE, span, semitones) is sound

    @pytest.mark.parametrize(
        ("data", "crucial"),
        [
            (b"", "an empty file"),
            (b"this is no sound at all" * 20, "mine: a file that cannot be read"),
            (None, "silence"),
        ],
    )
    def test_what_is_no_sound_is_refused(self, data, crucial):
        data = _wav(np.zeros(RATE, np.float32)) if data is None else data
        read = lambda: explorable_recording("mine", data, "so", RATE, 10.0)  # noqa: E731
        assert crucial in refusal(read)

    def test_too_many_bytes_are_refused(self, monkeypatch):
        monkeypatch.setattr("mcsan_lite.explorer.sounds.MOST_BYTES", 1000)
        data = _wav(tone(1.0))
        read = lambda: explorable_recording("mine", data, "so", RATE, 10.0)  # noqa: E731
        assert "at most 0 MB" in refusal(read)

    def test_what_a_browser_records_is_read(self):
        """WebM with Opus, without a duration in its header: what MediaRecorder hands over."""
        file = io.BytesIO()
        with av.open(file, "w", format="webm") as film:
            track = film.add_stream("libopus", rate=48_000, layout="mono")
            samples = tone(1.0, 48_000)[None]
            frame = av.AudioFrame.from_ndarray(samples, format="fltp", layout="mono")
            frame.sample_rate = 48_000
            for packet in (*track.encode(frame), *track.encode(None)):
                film.mux(packet)
        recording = explorable_recording("mine", file.getvalue(), "so", RATE, 10.0)
        assert len(recording.signal) / RATE == pytest.approx(1.0, abs=0.05)
        assert _loudest_hertz(recording.signal) == pytest.approx(220, abs=8)

    def test_a_corpus_gives_what_has_sound_and_words(self):
        clip = start_clips()[0]
        utterances = (
            Utterance("a", clip.audio, clip.text, "neutral"),
            Utterance("b", None, "so", "neutral"),
            Utterance("c", clip.audio, "", "neutral"),
        )
        corpus = Corpus("mine", ("neutral",), utterances)
        (found,) = explorable_corpus(corpus, RATE, 1.0)
        assert (found.id, len(found.signal), found.label) == ("a", RATE, "neutral")
        nothing = corpus.subset(["b", "c"])
        assert "no utterance has both" in refusal(lambda: explorable_corpus(nothing, RATE, 1.0))


class TestSpelling:
    def test_each_homophone_can_be_swapped_and_swapped_back(self):
        swaps = swaps_of(SAID.split(), SAID)
        assert [(swap.old, swap.new) for swap in swaps] == [
            ("week", "weak"),
            ("pain", "pane"),
            ("flour", "flower"),
            ("sole", "soul"),
        ]
        there = swaps[1].text
        assert there == SAID.replace("pain", "pane")
        assert swaps_of(there.split(), there)[1].text == SAID

    def test_the_second_of_two_is_the_second(self):
        text = "Pain, and pain!"
        second = swaps_of(["pain", ",", "and", "pain", "!"], text)[1]
        assert second.text == "Pain, and pane!"

    def test_other_words_are_no_respelling(self):
        clip = start_clips()[0]
        assert respelled_clip(clip, SAID.replace("pain", "pane").split()).label == "neutral"
        assert respelled_clip(clip, SAID.split()) == clip
        assert respelled_clip(clip, SAID.replace("pain", "soul").split()) is None
        assert respelled_clip(clip, SAID.split()[1:]) is None


def _bytes(coded):
    return base64.b64decode(coded)


def _wav(signal):
    file = io.BytesIO()
    soundfile.write(file, signal, RATE, format="WAV")
    return file.getvalue()


def _loudest_hertz(signal):
    spectrum = np.abs(np.fft.rfft(signal * np.hanning(len(signal))))
    return spectrum.argmax() * RATE / len(signal)
