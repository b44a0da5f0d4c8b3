"""The RAVDESS reader, on invented trees of empty files (it reads names only) and on the real clips
where they are.
"""

import os
import shutil
from pathlib import Path

import pytest
import refusals
from hypothesis import given, settings
from hypothesis import strategies as st

from mcsan_lite.corpus import Corpus
from mcsan_lite.datasets.ravdess import RAVDESS_LABELS, clip_names, read_ravdess
from mcsan_lite.errors import DataError

GOOD = "03-01-05-01-02-01-12"
DATA = Path(os.environ.get("MCSAN_DATA", Path(__file__).parents[3] / "shared" / "data")) / "ravdess"


def tree(root, *names):
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return root


def actors(root, *numbers, suffix=".wav"):
    return tree(root, *(f"Actor_{n}/{name}{suffix}" for n in numbers for name in clip_names(n)))


def refusal(root, **options) -> str:
    return refusals.refusal(lambda: read_ravdess(root, **options))


def test_two_actors(tmp_path):
    corpus = read_ravdess(actors(tmp_path, "03", "24"))
    assert corpus.name == "ravdess" and len(corpus) == 120 and corpus.skipped == ()
    assert corpus.counts().to_dict() == {
        label: 8 if label == "neutral" else 16 for label in RAVDESS_LABELS
    }
    ids = [u.id for u in corpus.utterances]
    assert ids == sorted(ids)
    assert {u.speaker for u in corpus.utterances} == {"actor03", "actor24"}
    assert all(
        u.dialogue == u.speaker and u.split is None and u.audio.stem == u.id
        for u in corpus.utterances
    )


def test_every_field_comes_from_the_name(tmp_path):
    (u,) = read_ravdess(tree(tmp_path, f"deep/er/{GOOD}.flac"), strict=False).utterances
    assert (u.id, u.label, u.speaker, u.scenario) == (GOOD, "angry", "actor12", "statement02")
    assert (
        u.text == "Dogs are sitting by the door."
        and u.audio == tmp_path / "deep" / "er" / f"{GOOD}.flac"
    )
    corpus = read_ravdess(tree(tmp_path / "other", "03-01-02-02-01-02-01.WAV"), strict=False)
    assert (
        corpus.utterances[0].text == "Kids are talking by the door."
        and corpus.utterances[0].label == "calm"
    )


def test_order_and_result_do_not_depend_on_folders(tmp_path):
    flat = tree(tmp_path / "flat", *(f"{name}.flac" for name in clip_names("07")))
    nested = actors(tmp_path / "nested", "07")
    assert read_ravdess(flat).fingerprint() == read_ravdess(str(nested)).fingerprint()


@pytest.mark.parametrize(
    "name, reason",
    [
        ("01-01-05-01-02-01-12", "modality '01': with picture"),
        ("03-02-05-01-02-01-12", "channel '02': sung"),
        ("04-01-05-01-02-01-12", "modality '04'"),
        ("03-03-05-01-02-01-12", "channel '03'"),
        ("03-01-09-01-02-01-12", "emotion '09' in the name: not one of 01 to 08"),
        ("03-01-05-00-02-01-12", "intensity '00'"),
        ("03-01-01-02-02-01-12", "intensity '02' (strong)"),
        ("03-01-05-01-03-01-12", "statement '03'"),
        ("03-01-05-01-02-1-12", "repetition '1'"),
        ("03-01-05-01-02-01-25", "actor '25'"),
        ("03-01-05-01-02-01-12 (1)", "actor '12 (1)'"),
        ("03-01-05-01-02-01-١٢", "actor '١٢'"),
        ("03-01-05-01-02-01", "6 parts"),
        ("notes", "1 parts"),
    ],
)
def test_other_names_are_skipped_with_the_wrong_part(tmp_path, name, reason):
    corpus = read_ravdess(tree(tmp_path, f"{GOOD}.wav", f"Actor_12/{name}.wav"), strict=False)
    (skipped,) = corpus.skipped
    assert corpus.kind == "ravdess" and not corpus.generated
    assert len(corpus) == 1 and skipped.id == f"Actor_12/{name}.wav" and reason in skipped.reason


def test_hidden_files_and_other_kinds_are_not_audio(tmp_path):
    tree(
        tmp_path,
        f"{GOOD}.wav",
        f"._{GOOD}.wav",
        f"__MACOSX/._{GOOD}.wav",
        "README.md",
        f"{GOOD}.mp4",
    )
    (tmp_path / "folder.wav").mkdir()
    corpus = read_ravdess(tmp_path, strict=False)
    assert len(corpus) == 1 and corpus.skipped == ()


@pytest.mark.parametrize(
    "other", [f"{GOOD}.flac", f"audio_speech_actors_01-24/Actor_12/{GOOD}.wav"]
)
@pytest.mark.parametrize("strict", [True, False])
def test_a_clip_that_is_there_twice(tmp_path, other, strict):
    text = refusal(tree(tmp_path, f"{GOOD}.wav", other), strict=strict)
    assert f"{GOOD}.wav" in text and other in text and "every clip once" in text


def test_missing_folder(tmp_path):
    assert f"no folder {tmp_path / 'nowhere'}" in refusal(tmp_path / "nowhere")
    assert "no folder" in refusal(tree(tmp_path, "file") / "file")


def test_nothing_found_names_what_was_there(tmp_path):
    assert "no spoken RAVDESS clip" in refusal(tmp_path)
    text = refusal(tree(tmp_path, "03-02-05-01-02-01-12.wav", "song.flac"))
    assert "2 other audio files" in text and "sung" in text and "song.flac" in text


def test_incomplete_actor_is_named(tmp_path):
    actors(tmp_path, "02", "09")
    for name in ("03-01-01-01-01-01-09", "03-01-08-02-02-02-09"):
        (tmp_path / "Actor_09" / f"{name}.wav").unlink()
    text = refusal(tmp_path)
    assert "actor09: 2 of 60 missing: 03-01-01-01-01-01-09, 03-01-08-02-02-02-09\n" in text
    assert "actor02" not in text and "--allow-incomplete" in text and "strict=False" in text
    assert len(read_ravdess(tmp_path, strict=False)) == 118


def test_sixty_clips_an_actor():
    names = clip_names("11")
    assert len(names) == 60 and sum(name[6:8] == "01" for name in names) == 4


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_mutated_names_never_crash(tmp_path_factory, data):
    root = tmp_path_factory.mktemp("mutated")
    try:
        at = data.draw(st.integers(0, len(GOOD)))
        junk = data.draw(
            st.text(st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), max_size=6)
        )
        name = GOOD[:at] + junk + GOOD[at + data.draw(st.integers(0, 3)) :]
        tree(
            root,
            name + data.draw(st.sampled_from([".wav", ".flac", ".WAV"])),
            "03-01-03-02-01-02-20.wav",
        )
        try:
            corpus = read_ravdess(root, strict=data.draw(st.booleans()))
        except DataError as error:
            assert all(f"{part}: " in str(error) for part in ("Given", "Expected", "Do"))
        else:
            hidden = name.startswith(".") or not name
            assert isinstance(corpus, Corpus) and len(corpus) + len(corpus.skipped) == 2 - hidden
    finally:
        shutil.rmtree(root)


@pytest.mark.skipif(not DATA.is_dir(), reason=f"no real RAVDESS clips in {DATA} (MCSAN_DATA)")
def test_the_real_clips():
    corpus = read_ravdess(DATA)
    assert len(corpus) == 720 and corpus.skipped == ()
    assert corpus.counts().to_dict() == {
        label: 48 if label == "neutral" else 96 for label in RAVDESS_LABELS
    }
    assert {u.speaker for u in corpus.utterances} == {f"actor{i:02d}" for i in range(1, 13)}
