"""docs/adding_a_corpus_reader.md, run as it stands: a corpus of one's own is read and used."""

import re
import runpy
import shutil
from pathlib import Path

import pytest
from refusals import refusal

import mcsan_lite as mc
from mcsan_lite.datasets import READERS
from mcsan_lite.datasets.inspection.report import inspect_corpus

REPOSITORY = Path(__file__).parents[2]
PAGE = (REPOSITORY / "docs" / "adding_a_corpus_reader.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE, re.S)


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("reader")


@pytest.fixture(scope="module")
def page(home):
    """The names of the page's code, run as a script."""
    script = home / "script.py"
    script.write_text("\n".join(BLOCKS), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(home)
        yield runpy.run_path(str(script), run_name="__main__")
        READERS.pop("corridor", None)


@pytest.fixture
def folder(page, home, tmp_path):
    """A copy of the page's corpus, to be damaged."""
    return shutil.copytree(home / "data" / "corridor", tmp_path / "corridor")


def test_the_page_reads_all_and_trains_on_every_fold(page):
    corpus = page["corpus"]
    assert len(corpus) == 40 and corpus.skipped == ()
    assert corpus.counts().to_dict() == {"calm": 20, "angry": 20}
    assert len(page["results"]) == 5
    assert page["results"].wa.between(0, 1).all()


def test_no_speaker_is_in_two_parts(page):
    corpus = page["corpus"]
    speaker_of = {u.id: u.speaker for u in corpus.utterances}
    tested = []
    for fold in mc.folds(corpus, "speaker"):
        parts = [{speaker_of[i] for i in part} for part in (fold.train, fold.valid, fold.test)]
        assert sum(map(len, parts)) == len(set.union(*parts))
        tested += parts[2]
    assert sorted(tested) == sorted(page["SPEAKERS"])


def test_it_opens_by_its_name(page):
    assert page["corpus_by_name"].fingerprint() == page["corpus"].fingerprint()


def test_a_corpus_that_is_not_the_published_one_is_refused(page, folder):
    (folder / "ada" / "calm_0.wav").unlink()
    assert "39 clips with a sentence" in refusal(lambda: page["read_corridor"](folder))
    assert len(page["read_corridor"](folder, strict=False)) == 39


def test_nothing_is_dropped_without_a_word(page, folder):
    shutil.copy(folder / "ada" / "calm_0.wav", folder / "ada" / "bored_0.wav")
    shutil.copy(folder / "ada" / "calm_0.wav", folder / "ada" / "calm_9.wav")
    corpus = page["read_corridor"](folder)
    assert [(s.id, s.kind) for s in corpus.skipped] == [
        ("ada/bored_0.wav", "unknown emotion"),
        ("ada/calm_9.wav", "no sentence"),
    ]


def test_another_folder_is_refused(page, tmp_path):
    assert "sentences.csv" in refusal(lambda: page["read_corridor"](tmp_path))


def test_the_check_counts_without_published_numbers(page, folder):
    found = inspect_corpus("corridor", folder)
    assert found["status"] == 0 and found["clips"]["files"] == 40
    assert all(count["published"] is None for count in found["counts"])


@pytest.mark.parametrize("path", sorted(set(re.findall(r"`([a-z_/]+/[a-z_]+\.py)`", PAGE))))
def test_the_files_that_the_page_names_are_there(path):
    invented = "corridor" in path
    assert invented or any((REPOSITORY / top / path).is_file() for top in ("", "mcsan_lite"))


@pytest.mark.parametrize("name, path", re.findall(r"`([A-Z_]+|_names)` in `([a-z_/]+\.py)`", PAGE))
def test_the_names_that_the_page_names_are_there(name, path):
    places = [REPOSITORY / top / path for top in ("", "mcsan_lite")]
    source = next(place for place in places if place.is_file()).read_text(encoding="utf-8")
    assert re.search(rf"^(def )?{name}\b", source, re.M)


def test_the_exercise_has_a_solution(page, folder):
    """A second recording: 48 utterances, and still five speakers."""
    shutil.copytree(folder / "ada", folder / "ada_again")
    with open(folder / "sentences.csv", "a", encoding="utf-8") as file:
        for clip in sorted((folder / "ada_again").iterdir()):
            file.write(f"ada_again/{clip.name},Again.\n")
    source = BLOCKS[1].replace(
        "speaker = path.parent.name\n",
        'folder = path.parent.name\n            speaker = folder.removesuffix("_again")\n',
    )
    source = source.replace('f"{speaker}_{path.stem}"', 'f"{folder}_{path.stem}"')
    source = source.replace("* len(SENTENCES)", "* len(SENTENCES) + 8")
    names = {key: page[key] for key in ("SPEAKERS", "EMOTIONS", "SENTENCES", "Path", "csv")}
    exec(source, names)
    corpus = names["read_corridor"](folder)
    assert len(corpus) == 48 and len({u.speaker for u in corpus.utterances}) == 5
    for fold in mc.folds(corpus, "speaker"):
        for part in (fold.train, fold.valid, fold.test):
            assert sum(i.startswith("ada") for i in part) in (0, 16)
