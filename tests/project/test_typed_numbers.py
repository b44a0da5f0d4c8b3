"""No measured number is typed into a page: each lies between marks, or is allowed with a reason.

Looked for are scores (.847, 0.12, +3.6), large counts (1,500), numbers with a unit (12 s, 3.1 %)
and table cells that hold a number alone. Names (Python 3.11, CC BY 4.0, section 3.2), code and
links are no measurements. In the shell examples only the comments count.
"""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", ROOT / "MODEL_CARD.md", *sorted((ROOT / "docs").glob("*.md"))]

UNITS = (
    "s|ms|seconds?|min|minutes?|hours?|days?|weeks?|kB|KB|MB|GB|TB|(?:kilo|mega|giga)bytes?|%|×"
    "|points?|percent|kHz|Hz|dB|pixels?|words?|lines?|tokens?|clips?|utterances?|turns?|actors?"
    "|dialogues?|trainings?|kills?|parameters|machines"
)
NUMBER = r"[−+-]?(?:\d[\d,]*(?:\.\d+)?|\.\d+)"
SPELLED = "two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen|twenty|thirty|forty"
TYPED = re.compile(
    r"(?<![\w.,/])(?:"
    r"[−+-]?(?:\d*\.\d+|\d{1,3}(?:,\d{3})+)(?:\s?(?:%|×|ms|s|MB|GB|minutes|hours)(?!\w))?(?![\w.]\d)"
    rf"|{NUMBER}\s?(?:{UNITS})(?!\w)"
    rf"|(?:{SPELLED})\s(?:seconds|minutes|hours|days|megabytes|gigabytes|percent)(?!\w)"
    r")",
    re.IGNORECASE,
)
CELL = re.compile(r"(?<=\|) *\**[−+-]?\d[\d,.]*\** *(?=\|)")
NAMES = re.compile(
    r"Python 3\.\d+|wav2vec 2\.0|(?:CC BY|Attribution) 4\.0|(?:section|sections|lesson) \d\.\d"
)
GENERATED = re.compile(
    r"<!-- ([^>]+?): made by [^>]+ -->.*?<!-- /\1 -->|<!-- n [^>]+ -->.*?<!-- /n -->", re.DOTALL
)
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)

INTERVALS = "the level of intervals: a definition"
# Page, numbers as they are found there, and why they may be typed.
ALLOWED = (
    ("README.md", "| # | lesson |", "minutes of the lessons' headers, compared by test_readme.py"),
    ("README.md", "95 %", INTERVALS),
    ("docs/attention.md", "95 %", INTERVALS),
    ("docs/results.md", "95 %", INTERVALS),
    ("docs/synthetic_corpus.md", "95 %", INTERVALS),
    ("docs/synthetic_corpus.md", "4,000; 6,000", "a setting, and the one before it"),
    ("docs/changing_the_sound_features.md", "| field | default |", "defaults of FeatureConfig"),
    ("docs/changing_the_sound_features.md", "10 ms; 25 ms; 20 ms; 180 ms; 10 s", "settings"),
    ("docs/glossary.md", "25 ms; 10 ms", "the paper's settings, section 3.2"),
    ("docs/confidence.md", "80 %; 2 %; 50 %", "an example, and two settings"),
    ("docs/corpora.md", "5 %; 10 s; 1,000", "settings"),
    ("docs/cloud.md", "2 GB", "what Binder says that it lends"),
    ("docs/lessons.md", "200 words", "a setting of docs/lessons.py"),
    ("docs/peers.md", "1,000; 128 words", "settings of the two repositories"),
    ("docs/explorer.md", "ten seconds", "a setting"),
    ("docs/predict.md", "10 s; ten seconds", "settings"),
    ("docs/site.md", "360 pixels", "a setting of the test"),
    ("docs/splits.md", "30 %", "follows from how the public package of Yoon et al. cuts"),
    ("docs/results.md", "0.0015", "a setting of the profile"),
    ("docs/stress.md", "| stress | levels |", "settings of the stresses"),
    ("docs/teaching.md", "90 minutes; two days; Two days", "plans"),
    ("docs/teaching.md", "| day | block |", "numbers of lessons"),
    ("docs/teaching.md", "| week | lesson |", "numbers of lessons"),
    ("docs/teaching.md", ".05", "the usual level of a test: a definition"),
)


def blank(found: re.Match) -> str:
    """The same place without its text, so that lines keep their numbers."""
    return re.sub(r"[^\n]", " ", found.group())


def comments_of(fence: re.Match) -> str:
    """A block of code: shell keeps its comments, output stays whole, other code goes."""
    if fence[1] in ("", "text"):
        return fence.group()
    if fence[1] not in ("sh", "bat"):
        return blank(fence)
    return re.sub(r"^[^#\n]*", blank, fence.group(), flags=re.MULTILINE)


def typed_numbers(text: str) -> list[tuple[int, str, str]]:
    """The typed numbers of a page: line, number, and the head of the table that it is in."""
    text = FENCE.sub(comments_of, GENERATED.sub(blank, text))
    text = re.sub(r"`[^`\n]*`|\]\([^)\n]*\)", blank, text)
    found, head = [], ""
    for place, line in enumerate(NAMES.sub(blank, text).splitlines(), start=1):
        if not line.startswith("|"):
            head = ""
        elif not head:
            head = line
        numbers = [match.group() for match in TYPED.finditer(line)]
        if line.startswith("|"):  # the first column names the row
            numbers += [m.group() for m in CELL.finditer(line) if line[: m.start()].count("|") > 1]
        found += [(place, number.strip(" |*"), head) for number in numbers]
    return found


def allows(allowed: str, number: str, head: str) -> bool:
    """Whether an entry covers a number: by its table, or by its name."""
    if allowed.startswith("|"):
        return head.startswith(allowed)
    return number in allowed.split("; ")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_no_measured_number_is_typed(page):
    name = page.relative_to(ROOT).as_posix()
    entries = [allowed for of_page, allowed, _ in ALLOWED if of_page == name]
    typed = [
        (place, number)
        for place, number, head in typed_numbers(page.read_text(encoding="utf-8"))
        if not any(allows(allowed, number, head) for allowed in entries)
    ]
    assert typed == [], "measure it (docs/measured.py), leave it out, or allow it with a reason"


@pytest.mark.parametrize(("name", "allowed", "reason"), ALLOWED)
def test_what_is_allowed_is_still_there(name, allowed, reason):
    found = typed_numbers((ROOT / name).read_text(encoding="utf-8"))
    for one in [allowed] if allowed.startswith("|") else allowed.split("; "):
        assert any(allows(one, number, head) for _, number, head in found), one
    assert reason


@pytest.mark.parametrize(
    "planted",
    [
        "MCSAN has .847 here.",
        "It has 0.847 [0.823, 0.868].",
        "The gap is +3.6 points.",
        "It took 12 s.",
        "It took 4.8 minutes.",
        "It took twelve minutes.",
        "A word of 3.1 % of them.",
        "It grew by 200 MB.",
        "About 1,500 words.",
        "28,000 files.",
        "It is 2.7 × as fast.",
        "```sh\nmcsan run table3   # about 12 minutes\n```",
        "```text\naccuracy 0.93\n```",
        "| task | kills |\n|---|--:|\n| training | 40 |",
    ],
)
@pytest.mark.parametrize("page", ["README.md", "docs/installing.md"])
def test_a_planted_number_is_found(page, planted):
    text = (ROOT / page).read_text(encoding="utf-8")
    assert len(typed_numbers(f"{text}\n\n{planted}\n")) > len(typed_numbers(text))


@pytest.mark.parametrize(
    "text",
    [
        "Python 3.11 and CC BY 4.0, section 3.2, lesson 14, Eq. 9 and 10.",
        "`--limit 900` seconds, [a link](results-0.5.md)",
        "<!-- x: made by docs/measured.py -->\n.847 in 12 s\n<!-- /x -->",
        "It takes <!-- n disk -->3 GB<!-- /n --> of disk.",
        "```python\nhop_s = 0.010\n```",
        "| Eq. | what |\n|---|---|\n| 18 | pooling |",
    ],
)
def test_what_is_no_measurement_is_not_found(text):
    assert typed_numbers(text) == []
