"""Z-normalisation without a leak, and padding."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from mcsan_lite.features.batch import Standardizer, batches, collate


def test_standardizer_mean_and_deviation_on_train(make_features):
    made = [
        replace(f, audio=f.audio * np.arange(1, 14, dtype=np.float32) + 100)
        for f in make_features(6)
    ]
    kept = [f.audio.copy() for f in made]
    frames = np.concatenate([f.audio for f in Standardizer().fit(made).apply(made)])
    np.testing.assert_allclose(frames.mean(0), 0, atol=1e-4)
    np.testing.assert_allclose(frames.std(0), 1, atol=1e-4)
    assert frames.dtype == np.float32
    for f, before in zip(made, kept, strict=True):
        np.testing.assert_array_equal(f.audio, before)  # the given features stay as they are


def test_standardizer_weighs_frames_not_utterances(make_features):
    short, long = make_features(2, frames=4)[0], make_features(2, seed=1, frames=40)[1]
    both = np.concatenate([short.audio, long.audio])
    fitted = Standardizer().fit([short, long])
    np.testing.assert_allclose(fitted.mean, both.mean(0), atol=1e-6)
    np.testing.assert_allclose(fitted.deviation, both.std(0), atol=1e-5)


def test_standardizer_uses_the_training_part_only(make_features):
    train, test = make_features(4), make_features(2, seed=1, prefix="t")
    fitted = Standardizer().fit(train)
    expected = (test[0].audio - fitted.mean) / fitted.deviation
    found = fitted.apply(
        [test[0], replace(test[1], audio=test[1].audio * 1e3)]
    )  # its mates do not matter
    np.testing.assert_allclose(found[0].audio, expected, rtol=1e-6)
    assert found[0].text is test[0].text and found[0].id == "t0" and found[0].label == test[0].label
    assert fitted.fitted_on == {"u0", "u1", "u2", "u3"}


def test_standardizer_refuses_a_second_fit(make_features):
    fitted = Standardizer().fit(make_features(4))
    mean = fitted.mean.copy()
    with pytest.raises(
        RuntimeError,
        match=r"Given: a Standardizer already fitted on 4 utterances\. Expected: one fit per "
        r"fold, on its training part\. Do: make a new Standardizer\(\)",
    ):
        fitted.fit(make_features(3, seed=1))
    np.testing.assert_array_equal(fitted.mean, mean)
    assert len(fitted.fitted_on) == 4


def test_standardizer_refuses_apply_before_fit(make_features):
    with pytest.raises(
        RuntimeError,
        match=r"Given: a Standardizer that was never fitted\. Expected: .* Do: call \.fit",
    ):
        Standardizer().apply(make_features(1))


def test_standardizer_leaves_a_constant_coefficient_in_its_size(make_features):
    """Constant in training: nothing to divide by, so a test frame that is 0.5 away stays 0.5
    away."""
    made = make_features(4)
    for f in made:
        f.audio[:, 3] = 0.1
    fitted = Standardizer().fit(made)
    assert not fitted.apply(made)[0].audio[:, 3].any()
    made[0].audio[:, 3] = 0.6
    np.testing.assert_allclose(fitted.apply(made)[0].audio[:, 3], 0.5, rtol=1e-5)


def test_standardizer_text_only_and_mixed(make_features):
    silent = make_features(3, frames=0)
    fitted = Standardizer().fit(silent)
    assert fitted.apply(silent)[0].audio.shape == (0, 13) and len(fitted.fitted_on) == 3
    sounding = make_features(2, seed=1)
    mixed = Standardizer().fit([silent[0], *sounding])
    np.testing.assert_array_equal(mixed.mean, Standardizer().fit(sounding).mean)


def test_collate_pads_with_zero_and_masks(make_features, labels):
    made = make_features(3, frames=50, words=2) + make_features(1, seed=1, frames=0, words=5)
    made[1], made[2] = (
        replace(made[1], audio=made[1].audio[:7]),
        replace(made[2], text=made[2].text[:1], label="bored"),
    )
    batch = collate(made, labels)
    assert batch.audio.shape == (4, 50, 13) and batch.text.shape == (4, 5, 17)
    assert batch.audio_mask.sum(1).tolist() == [50, 7, 50, 0] and batch.text_mask.sum(
        1
    ).tolist() == [2, 2, 1, 5]
    for i, f in enumerate(made):
        np.testing.assert_array_equal(batch.audio[i, : len(f.audio)].numpy(), f.audio)
        np.testing.assert_array_equal(batch.text[i, : len(f.text)].numpy(), f.text)
        for x, mask, n in (
            (batch.audio, batch.audio_mask, len(f.audio)),
            (batch.text, batch.text_mask, len(f.text)),
        ):
            assert not x[i, n:].any() and mask[i, :n].all() and not mask[i, n:].any()
    assert batch.label.tolist() == [0, 1, -1, 0] and batch.ids == [f.id for f in made]
    assert collate(made[:1]).label.tolist() == [-1]  # no labels given: unknown


def test_collate_copies(make_features):
    made = make_features(1)
    collate(made).audio.fill_(7)
    assert not (made[0].audio == 7).any()


def test_collate_of_silence_alone(make_features):
    batch = collate(make_features(1, frames=0))
    assert batch.audio.shape == (1, 1, 13) and not batch.audio_mask.any()


def test_batch_to_keeps_ids_and_moves_every_tensor(make_features):
    moved = collate(make_features(2)).to("meta")
    assert moved.ids == ["u0", "u1"]
    tensors = [v for v in vars(moved).values() if isinstance(v, torch.Tensor)]
    assert len(tensors) == 5 and all(t.device.type == "meta" for t in tensors)


@pytest.mark.parametrize("size", [1, 4, 20, 100])
@pytest.mark.parametrize("shuffled", [True, False])
def test_batches_cover_every_utterance_once(size, shuffled, make_features, labels):
    made = make_features(23)
    generator = np.random.default_rng(0) if shuffled else None
    found = list(batches(made, labels, size, generator=generator))
    assert sorted(i for b in found for i in b.ids) == sorted(f.id for f in made)
    sizes = [len(b.ids) for b in found]
    assert len(sizes) == math.ceil(23 / size) and max(sizes) <= size
    assert max(sizes) - min(sizes) <= 1
    by_id = {f.id: f for f in made}
    for b in found:
        assert [labels[i] for i in b.label] == [by_id[i].label for i in b.ids]


@pytest.mark.parametrize("shuffled", [True, False])
def test_batches_hold_similar_lengths(shuffled, make_features, labels):
    made = make_features(64, frames=(10, 400))
    found = list(batches(made, labels, 8, generator=np.random.default_rng(0) if shuffled else None))
    padding = 1 - sum(int(b.audio_mask.sum()) for b in found) / sum(
        b.audio_mask.numel() for b in found
    )
    careless = 1 - sum(len(f.audio) for f in made) / sum(
        8 * max(len(f.audio) for f in made[i : i + 8]) for i in range(0, 64, 8)
    )
    assert padding < 0.25 and padding < careless / 2


def test_text_only_batches_go_by_words(make_features, labels):
    made = make_features(12, frames=0, words=(1, 30))
    words = [int(n) for b in batches(made, labels, 3) for n in b.text_mask.sum(1)]
    assert words == sorted(words) and words[0] < words[-1]


@pytest.mark.parametrize("shuffled", [False, True])
def test_no_batch_is_a_small_rest(shuffled, make_features, labels):
    """37 in batches of 16: 13, 12, 12. A rest of 5 would weigh the longest three times as much."""
    features = make_features(37)
    generator = np.random.default_rng(0) if shuffled else None
    sizes = [len(batch.ids) for batch in batches(features, labels, 16, generator=generator)]
    assert sorted(sizes) == [12, 12, 13]


def test_no_utterance_gives_no_batch(labels):
    assert list(batches([], labels, 4)) == []


def test_batch_order_is_fixed_without_a_generator_and_seeded_with_one(make_features, labels):
    made = make_features(30)

    def order(generator):
        return [tuple(b.ids) for b in batches(made, labels, 4, generator=generator)]

    assert order(None) == order(None)
    assert (
        order(np.random.default_rng(1))
        == order(np.random.default_rng(1))
        != order(np.random.default_rng(2))
    )
    one = np.random.default_rng(1)
    assert order(one) != order(one)  # another epoch, another order
    longest = [b.audio.shape[1] for b in batches(made, labels, 4, generator=one)]
    assert longest != sorted(longest)  # short and long batches mixed, not from short to long


def test_word_frames_are_those_whose_middle_is_in_the_word(make_features):
    """Frame t lies at t × hop: 0.02 to 0.05 s holds 2, 3, 4; a word shorter than a hop holds one; a
    full stop none."""
    one, two = make_features(2, frames=10, words=4)
    one = replace(
        one, spans=np.array([[0.02, 0.05], [0.051, 0.052], [0.052, 0.052], [0.06, 0.3]], np.float32)
    )
    two = replace(
        two, spans=np.array([[0.0, 0.01], [0.01, 0.02], [0.2, 0.3], [0.3, 0.3]], np.float32)
    )
    found = collate([one, replace(two, audio=two.audio[:5])]).word_frames
    assert found.dtype == torch.long
    assert found[0].tolist() == [[2, 5], [6, 7], [6, 6], [6, 10]]
    assert found[1].tolist() == [
        [0, 1],
        [1, 2],
        [5, 5],
        [5, 5],
    ]  # what lies after the last frame has none
    slow = replace(one, hop_s=0.02, spans=one.spans[:1])
    assert collate([slow, two]).word_frames.tolist()[0] == [
        [1, 3],
        [0, 0],
        [0, 0],
        [0, 0],
    ]  # padded words: zeros


def test_video_is_padded_like_the_rest_and_absent_where_no_features_have_it(make_features):
    one, two, three = make_features(3)
    plain = collate([one, two])
    assert plain.video is None and plain.video_mask is None and plain.word_frames is None
    assert plain.to("cpu").video is None
    faces = [np.ones((n, 7), np.float32) for n in (4, 0, 2)]
    batch = collate([replace(f, video=v) for f, v in zip((one, two, three), faces, strict=True)])
    assert batch.video.shape == (3, 4, 7) and batch.video_mask.sum(1).tolist() == [4, 0, 2]
    assert torch.equal(batch.video[..., 0] == 1, batch.video_mask)
    assert batch.video_stream(7)[0] is batch.video
    x, mask = plain.video_stream(7)
    assert x.shape == (2, 1, 7) and not mask.any() and not x.any()


def test_normalising_leaves_the_face_as_it_is(make_features):
    made = [replace(f, video=np.full((3, 2), 5, np.float32)) for f in make_features(2)]
    assert all((f.video == 5).all() for f in Standardizer().fit(made).apply(made))
