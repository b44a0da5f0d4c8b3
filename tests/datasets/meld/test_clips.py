"""Where MELD's clips are found, on invented trees of empty files or of short sounds."""

import os
import random
import shutil

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st
from meld_files import ROWS, published, raw, refusal, touch, turn, write

from mcsan_lite.corpus import Corpus
from mcsan_lite.datasets.meld.clips import DEPTH
from mcsan_lite.datasets.meld.reader import read_meld
from mcsan_lite.datasets.meld.release import ANNOTATION_FILES, CLIP_FOLDERS
from mcsan_lite.errors import DataError


def audio(root, **options) -> dict[str, str]:
    return {
        u.id: u.audio.relative_to(root).as_posix()
        for u in read_meld(root, strict=False, **options).utterances
        if u.audio is not None
    }


def kinds(root, **options) -> dict[str, int]:
    return read_meld(root, strict=False, **options).skipped_kinds().to_dict()


@pytest.mark.parametrize("ending", [".mp4", ".wav", ".flac", ".MP4"])
@pytest.mark.parametrize(
    "train, valid, test",
    [
        tuple(CLIP_FOLDERS.values()),
        ("train_splits", "dev_splits", "output_repeated_splits_test"),
        ("train", "dev", "test"),
        ("train/train_splits", "dev/dev_splits_complete", "test/output_repeated_splits_test"),
        ("train", "valid", "test"),
        ("wav/train", "wav/dev", "wav/test"),
        ("MELD.Raw/train/train_splits", "audio/16k/dev", "flac/Test_Clips/b"),
        ("train_wav", "wav-dev", "meld.test.16k"),
    ],
)
def test_every_layout(tmp_path, train, valid, test, ending):
    expected = {
        f"{split}_dia8_utt{n}": f"{folder}/dia8_utt{n}{ending}"
        for split, folder in (("train", train), ("valid", valid), ("test", test))
        for n in (0, 1)
    }
    raw(tmp_path, *expected.values())
    assert audio(tmp_path) == expected and read_meld(tmp_path, strict=False).skipped == ()


def test_each_turn_gets_its_own_sound(tmp_path):
    raw(tmp_path / "MELD.Raw")
    lengths = {}
    for s, (split, folder) in enumerate(CLIP_FOLDERS.items()):
        (tmp_path / "MELD.Raw" / folder).mkdir()
        for n in (0, 1):
            lengths[f"{split}_dia8_utt{n}"] = length = 100 + 10 * s + n
            soundfile.write(
                tmp_path / "MELD.Raw" / folder / f"dia8_utt{n}.wav", np.full(length, 0.1), 16_000
            )
    corpus = read_meld(tmp_path, strict=False)
    assert {u.id: soundfile.info(u.audio).frames for u in corpus.utterances} == lengths


def test_no_clip_is_text_only_and_deeper_ones_are_not_seen(tmp_path):
    raw(tmp_path, "train/a/b/c/dia8_utt0.wav")
    corpus = read_meld(tmp_path, strict=False)
    assert DEPTH == 3 and all(u.audio is None for u in corpus.utterances) and corpus.skipped == ()


def test_wav_before_flac_before_mp4(tmp_path):
    raw(
        tmp_path,
        *(f"train/dia8_utt0{e}" for e in (".mp4", ".flac", ".wav")),
        "audio/train/dia8_utt1.flac",
        "train/dia8_utt1.mp4",
    )
    assert audio(tmp_path) == {
        "train_dia8_utt0": "train/dia8_utt0.wav",
        "train_dia8_utt1": "audio/train/dia8_utt1.flac",
    }
    told = {
        s.id: s.reason
        for s in read_meld(tmp_path, strict=False).skipped
        if s.kind == "other format"
    }
    assert set(told) == {"train/dia8_utt0.flac", "train/dia8_utt0.mp4", "train/dia8_utt1.mp4"}
    assert "train/dia8_utt0.wav is taken" in told["train/dia8_utt0.flac"]


@pytest.mark.parametrize("other", ["dev_splits/dia8_utt0.mp4", "dev/dia08_utt0.mp4"])
def test_two_files_of_one_clip_are_refused(tmp_path, other):
    text = refusal(raw(tmp_path, "dev/dia8_utt0.mp4", other), strict=False)
    assert (
        "clip valid_dia8_utt0 in two files" in text
        and other in text
        and "dev/dia8_utt0.mp4" in text
    )


def test_hidden_names_are_counted_and_hidden_folders_not_entered(tmp_path):
    raw(
        tmp_path,
        "train/dia8_utt0.mp4",
        "train/._dia8_utt0.mp4",
        "__MACOSX/train/._dia8_utt1.mp4",
        ".cache/train/dia8_utt1.mp4",
        "train/.DS_Store",
    )
    assert audio(tmp_path) == {"train_dia8_utt0": "train/dia8_utt0.mp4"}
    assert kinds(tmp_path) == {"hidden file": 2, "clip missing": 5}


@pytest.mark.parametrize(
    "name",
    [
        "dia8_utt0.wav",
        "wav/dia8_utt0.wav",
        "train/dev/dia8_utt0.wav",
        "traindev/dia8_utt0.wav",
        "train_test/dia8_utt0.wav",
        "train/final_videos_testdia8_utt0.wav",
    ],
)
def test_an_unclear_split_is_never_guessed(tmp_path, name):
    raw(tmp_path, name)
    (skipped,) = read_meld(tmp_path, strict=False).skipped[:1]
    assert skipped.id == name and skipped.kind == "split unclear" and audio(tmp_path) == {}
    assert kinds(tmp_path) == {"split unclear": 1, "clip missing": 6}


def test_a_twin_alone_is_a_clip_for_recut_only(tmp_path):
    raw(tmp_path, name := "final_videos_testdia8_utt0.wav")  # its own name tells the part
    assert kinds(tmp_path) == {"other cut": 1, "clip missing": 6}
    assert audio(tmp_path, defects="recut") == {"test_dia8_utt0": name}


def test_other_names_and_clips_without_a_row(tmp_path):
    raw(
        tmp_path,
        "train/song.wav",
        "train/dia8_utt0 (1).wav",
        "train/dia8_utt12345678.wav",
        "train/dia8_utt0.txt",
        "dev/dia49_utt4.mp4",
        "test/final_videos_testdia93_utt5.mp4",
        "train/dia8_utt0.wav",
    )
    assert kinds(tmp_path) == {"another name": 3, "unlabelled clip": 2, "clip missing": 5}


def test_the_clip_of_a_row_without_text_is_not_unlabelled(tmp_path):
    raw(
        tmp_path,
        "train/dia8_utt0.wav",
        "train/dia8_utt1.wav",
        rows=[turn("", number=0), turn(number=1)],
    )
    assert kinds(tmp_path) == {"empty text": 3, "clip missing": 2}


def test_a_link_to_nowhere_is_a_missing_clip_and_a_linked_folder_is_read(tmp_path):
    raw(tmp_path / "root", "train/dia8_utt0.wav")
    (tmp_path / "root" / "train" / "dia8_utt1.wav").symlink_to(tmp_path / "gone.wav")
    (tmp_path / "root" / "dev").symlink_to(touch(tmp_path / "elsewhere", "dia8_utt0.wav"))
    assert set(audio(tmp_path / "root")) == {"train_dia8_utt0", "valid_dia8_utt0"}


def test_a_folder_that_cannot_be_read(tmp_path, monkeypatch):
    raw(tmp_path, "train/dia8_utt0.wav")
    scan = os.scandir

    def closed(folder):
        if str(folder).endswith("train"):
            raise PermissionError(13, "Permission denied", str(folder))
        return scan(folder)

    monkeypatch.setattr("mcsan_lite.datasets.meld.clips.os.scandir", closed)
    assert f"{tmp_path / 'train'}: Permission denied" in refusal(tmp_path, strict=False)


def test_the_order_of_the_disk_does_not_matter(tmp_path, monkeypatch):
    raw(
        tmp_path,
        "train/dia8_utt0.wav",
        "train/dia8_utt0.mp4",
        "train/._a.wav",
        "b.wav",
        "a.wav",
        "dev/dia1_utt1.wav",
        "test/dia8_utt0.wav",
        "test/final_videos_testdia8_utt0.wav",
        "test/final_videos_testdia8_utt1.wav",
    )
    write(tmp_path / "data" / "MELD")
    write(tmp_path / "MELD" / "data")
    shutil.copy(tmp_path / ANNOTATION_FILES["train"], tmp_path / "data" / "MELD")
    shutil.copy(tmp_path / ANNOTATION_FILES["train"], tmp_path / "MELD" / "data")
    expected = read_meld(tmp_path, strict=False)
    scan, dice = os.scandir, random.Random(0)

    class Shuffled(list):
        def __enter__(self):
            return self

        def __exit__(self, *_):
            pass

    monkeypatch.setattr(
        "mcsan_lite.datasets.meld.clips.os.scandir",
        lambda folder: Shuffled(dice.sample(list(scan(folder)), len(os.listdir(folder)))),
    )
    assert all(read_meld(tmp_path, strict=False) == expected for _ in range(5))


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """MELD.Raw at full size, as published: 13,708 rows, the two known clips missing."""
    root = tmp_path_factory.mktemp("whole") / "MELD.Raw"
    for split, folder in CLIP_FOLDERS.items():
        rows = published(split)
        write(root, rows, split)
        (root / folder).mkdir()
        for i in range(len(rows)):
            (root / folder / f"dia{i // 10}_utt{i % 10}.mp4").touch()
    (root / CLIP_FOLDERS["train"] / "dia125_utt3.mp4").unlink()
    (root / CLIP_FOLDERS["valid"] / "dia110_utt7.mp4").unlink()
    return root


def test_the_known_missing_clips_pass(whole):
    corpus = read_meld(whole)
    silent = {u.id for u in corpus.utterances if u.audio is None}
    assert len(corpus) == 13_708 and silent == {"train_dia125_utt3", "valid_dia110_utt7"}
    assert corpus.name == "meld" and all(u.max_s is None for u in corpus.utterances)
    assert {s.id: s.kind for s in corpus.skipped} == dict.fromkeys(silent, "clip missing")


def test_one_more_is_refused_by_name(whole):
    clip = whole / CLIP_FOLDERS["train"] / "dia7_utt5.mp4"
    clip.unlink()
    try:
        text = refusal(whole)
        assert (
            "\n  train: 1 of 9,989: train_dia7_utt5\n" in text
            and "valid:" not in text
            and "dia125_utt3" in text
        )
        assert "train.tar.gz was not unpacked, or its clips not converted, to the end" in text
        assert (
            "--allow-incomplete (strict=False)" in text
            and len(read_meld(whole, strict=False)) == 13_708
        )
    finally:
        clip.touch()


@pytest.mark.parametrize(
    "new, likely",
    [
        (".hidden", "test.tar.gz is not unpacked"),
        ("clips", "2,610 clips lie in folders whose names do not tell train, dev or test"),
    ],
)
def test_a_part_without_clips_is_refused(whole, new, likely):
    (whole / CLIP_FOLDERS["test"]).rename(whole / new)
    try:
        text = refusal(whole)
        assert (
            "\n  test: 2,610 of 2,610: test_dia0_utt0, test_dia0_utt1, " in text
            and "…\n" in text
            and likely in text
        )
    finally:
        (whole / new).rename(whole / CLIP_FOLDERS["test"])


@given(st.data())
@settings(max_examples=100, deadline=None)
def test_every_file_is_used_or_told(tmp_path_factory, data):
    name = st.sampled_from(
        ["dia0_utt0", "dia0_utt2", "dia5_utt0", "final_videos_testdia0_utt0", "._dia0_utt0", "x"]
    )
    folder = st.sampled_from(
        ["", "train", "dev", "test", "dev_splits", "a/train", "train/test", "x"]
    )
    path = st.builds(
        "{}/{}{}".format, folder, name, st.sampled_from([".wav", ".mp4", ".FLAC"])
    ).map(lambda p: p.strip("/"))
    junk = st.text(
        st.characters(min_codepoint=32, max_codepoint=126, exclude_characters="/"),
        min_size=1,
        max_size=5,
    )
    names = data.draw(
        st.lists(path | st.builds("{}{}.wav".format, path, junk), max_size=6, unique_by=str.lower)
    )
    root = tmp_path_factory.mktemp("tree")
    try:
        for split in ANNOTATION_FILES:
            write(root, ROWS, split)
        touch(root, *names)
        corpus = read_meld(
            root, strict=False, defects=data.draw(st.sampled_from(["keep", "trim", "recut"]))
        )
        used = {u.audio.relative_to(root).as_posix() for u in corpus.utterances if u.audio}
        told = [s.id for s in corpus.skipped if s.kind != "clip missing"]
        assert isinstance(corpus, Corpus) and len(corpus) == 9 and len(told) == len(set(told))
        assert used | set(told) == set(names) and not used & set(told)
    except DataError as error:
        assert "in two files below" in str(error) and all(
            f"{part}: " in str(error) for part in ("Given", "Expected", "Do")
        )
    finally:
        shutil.rmtree(root)
