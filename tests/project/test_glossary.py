"""docs/glossary.md: each term is in the lesson that it names, and so is its equation."""

import re
from pathlib import Path

import pytest

from mcsan_lite.paper.equations import mentioned_equations

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
LINK = re.compile(r"\[(\d\d)\]\(\.\./notebooks/((\d\d)_[a-z_]+)\.ipynb\)")
ROWS = [
    [cell.strip() for cell in line.removeprefix("|").removesuffix("|").split("|")]
    for line in TEXT.splitlines()
    if line.startswith("| ") and not line.startswith("| term")
]


def prose(source):
    """The text of a lesson in one line, without marks of Markdown."""
    text = source.read_text(encoding="utf-8")
    lines = [re.sub(r"^# ?", "", line) for line in text.splitlines()]
    return re.sub(r"\s+", " ", re.sub(r"[*`_]", "", " ".join(lines))).lower()


def is_used(term, text):
    """Whether the words of a term stand in a text, in singular or plural."""
    plain = re.sub(r"[*`_]", "", term).lower()
    return bool(re.search(rf"(?<![a-z]){re.escape(plain)}(?:s|es)?(?![a-z])", text))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_a_term_is_explained_and_its_lesson_uses_it(row):
    term, meaning, lesson, equation = row
    link = LINK.fullmatch(lesson)
    assert link and link[1] == link[3], lesson
    source = ROOT / "notebooks" / "src" / f"{link[2]}.py"
    assert source.is_file()
    assert is_used(term, prose(source)), f"lesson {link[1]} does not say {term!r}"
    assert meaning.endswith(".") and meaning.count(". ") <= 2, meaning
    wanted = {int(number) for number in re.findall(r"Eq\. (\d+)", equation)}
    assert bool(equation) == bool(wanted)
    assert wanted <= mentioned_equations(source.read_text(encoding="utf-8").replace("\n# ", " "))


def test_the_order_is_that_of_a_dictionary_and_nothing_is_there_twice():
    terms = [re.sub(r"[^a-z0-9 ]", "", row[0].lower().replace("-", " ")) for row in ROWS]
    assert terms == sorted(terms) and len(set(terms)) == len(terms) > 60


def test_a_term_that_a_lesson_lacks_is_seen():
    text = prose(ROOT / "notebooks" / "src" / "06_attention_by_hand.py")
    assert is_used("head", text) and not is_used("hea", text) and not is_used("emap", text)
