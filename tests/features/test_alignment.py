"""When each word is spoken: by the corpus, or by its letters."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
from refusals import refusal

from mcsan_lite.corpus import Corpus, Utterance, Word
from mcsan_lite.features.alignment import gold, mostly_timed, proportional, untimed
from mcsan_lite.features.extraction import FeatureConfig, extract


def said(*words, audio="a.wav"):
    return Utterance("u", audio and Path(audio), "", "x", words=tuple(Word(*w) for w in words))


def loudness(*decibels):
    """(T, 2) MFCC of frames whose mel bands all have this level."""
    return np.stack([np.array(decibels, float) * 8, np.zeros(len(decibels))], 1)


def test_gold_times_go_to_their_tokens_and_what_is_not_spoken_has_no_duration():
    spans = gold(
        said(("don't", 0.1, 0.4), ("uh", 0.4, 0.5), ("stop", 0.5, 0.9)), ["do", "n't", "stop", "."]
    )
    np.testing.assert_allclose(spans, [[0.1, 0.4], [0.1, 0.4], [0.5, 0.9], [0.9, 0.9]])
    np.testing.assert_allclose(gold(said(("b", 0.2, 0.4)), ["a", "b"]), [[0, 0], [0.2, 0.4]])


def test_gold_without_a_clip_is_empty_and_a_clip_without_times_is_refused():
    assert not gold(said(audio=None), ["a", "b"]).any()
    text = refusal(lambda: gold(said(), ["a"]))
    assert "'u'" in text and "proportional" in text


def test_proportional_shares_the_sounding_frames_by_letters():
    """Ten sounding frames for two, six and two letters; the comma takes none."""
    audio = loudness(*[-80] * 3, *[0] * 10, *[-80] * 5)
    spans = proportional(audio, ["so", "letter", ",", "by", "."], hop_s=0.01, n_mels=64)
    np.testing.assert_allclose(
        spans, [[0.03, 0.05], [0.05, 0.11], [0.11, 0.11], [0.11, 0.13], [0.13, 0.13]], atol=1e-6
    )


def test_a_pause_between_two_words_belongs_to_neither():
    spans = proportional(loudness(0, 0, *[-60] * 4, 0, 0), ["ab", "cd"], hop_s=0.01, n_mels=64)
    np.testing.assert_allclose(spans, [[0, 0.02], [0.06, 0.08]], atol=1e-6)


def test_a_frame_can_be_shared():
    spans = proportional(loudness(0, 0, 0), ["a", "b"], hop_s=0.01, n_mels=64)
    np.testing.assert_allclose(spans, [[0, 0.015], [0.015, 0.03]], atol=1e-6)
    many = proportional(loudness(0), list("abc"), hop_s=0.01, n_mels=64)
    np.testing.assert_allclose(many, np.array([[0, 1], [1, 2], [2, 3]]) / 300, atol=1e-6)


def test_tokens_without_any_letter_share_alike_and_no_sound_is_no_time():
    np.testing.assert_allclose(
        proportional(loudness(0, 0), ["...", "?!"], hop_s=1, n_mels=64), [[0, 1], [1, 2]]
    )
    assert not proportional(np.zeros((0, 2)), ["a"], hop_s=1, n_mels=64).any()


@pytest.mark.parametrize("seed", range(5))
def test_proportional_spans_follow_each_other_within_the_sound(seed):
    random = np.random.default_rng(seed)
    level = np.where(random.random(200) < 0.4, -70, random.uniform(-20, 0, 200))
    tokens = ["x" * n for n in random.integers(0, 9, 30)]
    spans = proportional(loudness(*level), tokens, hop_s=0.01, n_mels=64).astype(float)
    assert (spans[:, 1] >= spans[:, 0] - 1e-6).all() and (
        spans[1:, 0] >= spans[:-1, 1] - 1e-6
    ).all()
    assert spans.min() >= 0 and spans.max() <= 2 + 1e-6
    seconds = 0.01 * (level > level.max() - 35).sum()
    assert (spans[:, 1] - spans[:, 0]).sum() >= seconds - 1e-4  # all that sounds is given away


def test_the_level_of_a_real_clip_is_seen_through_the_features(tmp_path):
    """A tone from 0.5 to 1.0 s within silence: two words of equal length meet in its middle."""
    rate, signal = 16_000, np.zeros(24_000)
    signal[8000:16000] = 0.5 * np.sin(2 * np.pi * 440 * np.arange(8000) / rate)
    soundfile.write(tmp_path / "tone.wav", signal, rate)
    one = Utterance(
        "u", tmp_path / "tone.wav", "so it", "x", words=(Word("so", 0.5, 0.7), Word("it", 0.7, 1.0))
    )
    corpus = Corpus("c", ("x",), (one,))
    found = {
        align: extract(corpus, FeatureConfig(align=align), cache=tmp_path)[0][0].spans
        for align in ("none", "gold", "proportional")
    }
    assert found["none"].shape == (0, 2)
    np.testing.assert_allclose(found["gold"], [[0.5, 0.7], [0.7, 1.0]])
    np.testing.assert_allclose(found["proportional"], [[0.5, 0.75], [0.75, 1.0]], atol=0.03)


def test_an_unknown_way_to_align_is_refused():
    text = refusal(lambda: FeatureConfig(align="forced"))
    assert "Given: align 'forced'\nExpected: " in text and "proportional" in text


def spoken(folder, count: int, lacking: int) -> Corpus:
    """`count` clips of "so it", half a second of tone after half a second of silence, the first
    `lacking` without times."""
    signal = np.zeros(16_000)
    signal[8000:] = 0.5 * np.sin(2 * np.pi * 440 * np.arange(8000) / 16_000)
    soundfile.write(folder / "tone.wav", signal, 16_000)
    times = (Word("so", 0.6, 0.7), Word("it", 0.7, 1.0))
    return Corpus(
        "c",
        ("x",),
        tuple(
            Utterance(
                f"u{i}", folder / "tone.wav", "so it", "x", words=() if i < lacking else times
            )
            for i in range(count)
        ),
    )


def test_a_few_utterances_without_times_are_placed_by_their_letters(tmp_path):
    """IEMOCAP lacks the times of two turns; that must not cost the whole row."""
    corpus = spoken(tmp_path, count=40, lacking=2)
    found = {
        align: extract(corpus, FeatureConfig(align=align), cache=tmp_path)[0]
        for align in ("gold", "proportional")
    }
    for timed, lettered in zip(found["gold"][:2], found["proportional"][:2], strict=True):
        np.testing.assert_array_equal(timed.spans, lettered.spans)
    np.testing.assert_allclose(found["gold"][2].spans, [[0.6, 0.7], [0.7, 1.0]])
    np.testing.assert_allclose(
        found["proportional"][2].spans, [[0.5, 0.75], [0.75, 1.0]], atol=0.03
    )
    assert mostly_timed(corpus.utterances) and untimed(corpus.utterances) == ["u0", "u1"]


def test_gold_is_refused_where_more_than_a_few_lack_times(tmp_path):
    corpus = spoken(tmp_path, count=40, lacking=3)
    text = refusal(lambda: extract(corpus, FeatureConfig(align="gold"), cache=tmp_path))
    assert (
        "3 utterances without word times" in text
        and "5%" in text
        and "align='proportional'" in text
    )
    assert not mostly_timed(corpus.utterances)


def test_a_clip_without_a_transcript_has_no_words_to_time(tmp_path):
    (one,) = spoken(tmp_path, count=1, lacking=1).utterances
    silent = Corpus("c", ("x",), (replace(one, text=""),))
    for align in ("gold", "proportional"):
        (found,) = extract(silent, FeatureConfig(align=align), cache=tmp_path)[0]
        assert found.spans.shape == (len(found.tokens), 2)
