"""Translated lessons follow the English ones, and notebooks/translate.py says where they do not."""

import importlib.util
import re
import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SPEC = importlib.util.spec_from_file_location("translate", ROOT / "notebooks" / "translate.py")
translate = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(translate)

TRANSLATED = translate.translations()
IDS = [f"{source.parent.name}-{source.stem}" for source in TRANSLATED]


def test_german_is_there():
    assert "de-00_hier_beginnen" in IDS


@pytest.mark.parametrize("source", TRANSLATED, ids=IDS)
def test_it_says_what_the_english_lesson_says(source):
    found = list(translate.faults(source))
    assert not found, "\n".join(found) + (
        "\nDo: translate these cells again, then python notebooks/translate.py --accept"
    )


@pytest.mark.parametrize("source", TRANSLATED, ids=IDS)
def test_it_has_the_same_exercises_and_links_back(source):
    english = translate.original(source)
    texts = [path.read_text(encoding="utf-8") for path in (english, source)]
    exercises = [re.findall(r"\*\*(E\d+\.\d+) · .*?\*\* \((★+), (\d+) min", text) for text in texts]
    assert exercises[0] == exercises[1] and len(exercises[0]) >= 3
    assert f"]({source.parent.name}/{source.stem}.ipynb)" in texts[0]
    assert f"](../{english.stem}.ipynb)" in texts[1]
    for target in re.findall(r"\]\(([^)\s]+)\.ipynb\)", texts[1]):
        assert (english.parent / f"{Path(target).stem}.py").is_file(), target
    assert max(len(line) for line in texts[1].splitlines() if line[:3] != "# |") <= 88


# --- translate.py, on a lesson small enough to see whole ------------------------------------------

ENGLISH = """\
# %% [markdown]
# # One

# %%
from mcsan_lite.exercises import lesson01 as check
count = 3  # apples

# %% tags=["exercise"]
print(f"{count:,} apples of {count + 1}")
"""
GERMAN = """\
# %% [markdown]
# # Eins

# %%
from mcsan_lite.exercises.de import lesson01 as check
count = 3  # Äpfel

# %% tags=["exercise"]
print(f"Von {count + 1} sind {count} Äpfel")
"""


@pytest.fixture
def project(tmp_path):
    """A project with one lesson in both languages, accepted; gives its translated source."""
    home = tmp_path / "notebooks" / "src"
    (home / "de").mkdir(parents=True)
    (home / "01_one.py").write_text(ENGLISH, encoding="utf-8")
    source = home / "de" / "01_eins.py"
    source.write_text(GERMAN, encoding="utf-8")
    assert translate.accept(source) == 3
    return source


def edit(path, old, new):
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_accepting_writes_a_note_and_changes_nothing_else(project):
    text = project.read_text(encoding="utf-8")
    assert text.count('translates="') == 3 and list(translate.faults(project)) == []
    assert re.sub(r' translates="\w{8}"', "", text) == GERMAN
    assert translate.accept(project) == 0 and project.read_text(encoding="utf-8") == text


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("# # One", "# # First", "cell 0 is behind: translate English cell 0, '# First'"),
        ("apples of", "apples out of", "cell 2 is behind"),
        ("# apples", "# pears", "cell 1 is behind"),
    ],
)
def test_a_changed_english_cell_is_named_until_it_is_accepted(project, old, new, says):
    edit(translate.original(project), old, new)
    (found,) = translate.faults(project)
    assert says in found
    assert translate.accept(project) == 1 and list(translate.faults(project)) == []


def test_a_new_english_cell_and_one_that_is_gone_are_named(project, capsys):
    english = translate.original(project)
    edit(english, "# %%\nfrom", "# %% [markdown]\n# More\n\n# %%\nfrom")
    (found,) = translate.faults(project)
    assert "a cell is missing: translate English cell 1, 'More'" in found
    root = project.parents[3]
    assert translate.main(["--accept"], root) == 1
    assert "Expected: 4, as in English" in capsys.readouterr().out
    english.write_text(ENGLISH.split("# %%\n")[0], encoding="utf-8")
    found = list(translate.faults(project))
    assert len(found) == 2 and all("no English cell is left" in one for one in found)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("count = 3", "count = 4"),
        ("exercises.de import lesson01", "exercises.de import lesson02"),
        ("{count + 1}", "{count + 2}"),
        ("print(f", "display(f"),
    ],
)
def test_other_code_is_named_and_not_accepted(project, old, new):
    edit(project, old, new)
    (found,) = translate.faults(project)
    assert "its code is not the English code" in found
    with pytest.raises(ValueError, match=r"Given: .* Expected: .* Do: "):
        translate.accept(project)


def test_another_kind_of_cell_or_other_tags_are_named(project):
    edit(project, 'tags=["exercise"]', 'tags=["solution"]')
    (found,) = translate.faults(project)
    assert "its kind or its tags" in found


def test_what_a_reader_sees_may_differ_and_so_may_the_language():
    ours, theirs = 'f(name="Brot", language="de", n=1)  # ja', 'f(name="bread", n=1)'
    assert translate.code_of(ours) == translate.code_of(theirs)
    assert translate.code_of("f(1)") != translate.code_of('f("1")')


def test_the_command_says_what_is_in_step(project, capsys):
    root = project.parents[3]
    assert translate.main([], root) == 0
    assert "01_eins.py: in step with 01_one.py" in capsys.readouterr().out
    edit(translate.original(project), "# # One", "# # First")
    assert translate.main([], root) == 1 and translate.main(["--accept"], root) == 0
    assert "1 cells accepted" in capsys.readouterr().out
    shutil.move(project, project.with_name("02_zwei.py"))
    assert translate.main([], root) == 1
    assert "0 English lessons of its number" in capsys.readouterr().out
