"""Slides are made of a lesson's own cells, all of its parts are there, and nothing is fetched."""

import base64
import re

import nbformat
import pytest
from browsers import BROWSER, DRIVER, headless

from mcsan_lite.cli import main
from mcsan_lite.teaching import slide_page
from mcsan_lite.teaching.handed_in import read_cells
from mcsan_lite.teaching.lessons import LESSONS, exercises_of
from mcsan_lite.teaching.slides import as_text, lesson_slides

LESSON_FILES = sorted(LESSONS.glob("[0-9][0-9]_*.ipynb"))
PIXEL = base64.b64encode(b"\x89PNG\r\n").decode()


def picture(alt):
    return nbformat.v4.new_output(
        "display_data", {"image/png": PIXEL}, metadata={"image/png": {"alt": alt}}
    )


def caption(text):
    return nbformat.v4.new_output("display_data", {"text/markdown": text})


def said(text):
    return nbformat.v4.new_output("stream", text=text)


def a_lesson():
    text, code = nbformat.v4.new_markdown_cell, nbformat.v4.new_code_cell
    return [
        text(
            "# 99 · A lesson\n\nAn opening.\n\n**You will be able to**\n- add,\n- doubt.\n\n"
            "**Needs:** x"
        ),
        text("## 1 · Sums\n\nWhat is a sum of $a$ and $b$?\n\n$$a + b$$\n\nMore.\n\n$$b + a$$"),
        code("draw()", outputs=[picture("two bars"), caption("*Figure. Two bars.*")]),
        code("print(read.say_sum(3))", outputs=[said("The sum is 3.\n")]),
        text("**Predict, then check.** Which is larger?"),
        code("print(1)", outputs=[said("not a verdict\n")]),
        text("## 2 · Only words\n\nA question?"),
        code("print(read.say_x())", outputs=[said("A verdict without a figure.\n")]),
        text(
            "## Exercises\n\n**E99.1 · Predict** (★, 2 min). How much?\n\n- **a** — one\n\n"
            "<details><summary>Hint 1</summary>It is two.</details>"
        ),
        code("check.much(answer)", outputs=[said("✗ much: not solved yet.\n")]),
        text(
            "## Recap\n- You added.\n\n## What you may not conclude\n- That all is well.\n\n"
            "**Next:** x"
        ),
    ]


def test_each_part_of_a_lesson_has_its_slide():
    slides = lesson_slides(a_lesson())
    assert [(one.kind, one.heading) for one in slides] == [
        ("title", "99 · A lesson"),
        ("section", "1 · Sums"),
        ("equations", "1 · Sums"),
        ("figure", "1 · Sums"),
        ("predict", "1 · Sums"),
        ("section", "2 · Only words"),
        ("verdict", "2 · Only words"),
        ("exercise", "E99.1 · Predict (★, 2 min)"),
        ("closing", "Recap"),
        ("closing", "What you may not conclude"),
    ]
    title, section, equations, figure = slides[:4]
    assert title.text == "**You will be able to**\n- add,\n- doubt."
    assert section.text == "What is a sum of $a$ and $b$?\n\n$$\na + b\n$$"
    assert "b + a" in equations.text
    assert (figure.alt, figure.text) == ("two bars", "*Figure. Two bars.*")
    assert figure.verdict == ["The sum is 3."]
    assert slides[7].text == "How much?\n\n- **a** — one"
    everything = "\n".join(map(as_text, slides))
    for absent in ("It is two", "not a verdict", "An opening", "not solved", "Next", "Needs"):
        assert absent not in everything


def test_a_long_verdict_gets_slides_of_its_own():
    cells = a_lesson()
    cells[3].outputs = [
        said("\n".join(f"Sentence {number} is long enough." for number in range(20)))
    ]
    slides = lesson_slides(cells)
    assert [len(one.verdict) for one in slides if one.kind == "verdict"] == [8, 8, 4, 1]


@pytest.mark.parametrize("path", LESSON_FILES, ids=lambda path: path.stem)
def test_a_lessons_slides_are_its_own_words_and_pictures(path):
    cells = read_cells(path)
    slides = lesson_slides(cells)
    whole = "".join(re.sub(r"\s+", "", cell.source) for cell in cells)
    for slide in slides:
        for block in slide.text.split("\n\n"):
            if slide.kind != "figure":
                plain = re.sub(r"\s+", "", block)
                assert plain in whole, block
    pictures = [
        output.data["image/png"]
        for cell in cells
        for output in cell.get("outputs", [])
        if "image/png" in output.get("data", {})
    ]
    shown = [slide.figure for slide in slides if slide.figure]
    assert len(shown) == len(pictures) and all(slide.alt for slide in slides if slide.figure)
    assert all(base64.b64decode(one).startswith(b"\x89PNG") for one in shown)
    exercises = exercises_of(cells, path.name[:2])
    assert sum(slide.kind == "exercise" for slide in slides) == len(exercises)
    kinds = [slide.kind for slide in slides]
    assert kinds[0] == "title" and "closing" in kinds and "section" in kinds
    assert not [slide for slide in slides if "Hint 1" in as_text(slide)]


@pytest.mark.parametrize(
    ("markdown", "made"),
    [
        ("a **b**", "<p>a <strong>b</strong></p>\n"),
        ("[05](05_encoders.ipynb) and [paper](https://x.org)", "05 and <a href"),
        ("costs `$5` and `$6`", "<code>$5</code>"),
        ("<script>alert(1)</script>", "&lt;script&gt;"),
        ("$x_1$ and *y_2*", "<msub>"),
        (r"$\mathbf{Q}$", "\U0001d410"),
    ],
)
def test_markdown_becomes_safe_html(markdown, made):
    assert made in slide_page.html_of(markdown)


@pytest.mark.parametrize("path", LESSON_FILES, ids=lambda path: path.stem)
def test_a_page_fetches_nothing_and_leaves_no_formula_over(path):
    slides = lesson_slides(read_cells(path))
    page = slide_page.slide_page("A & B", slides)
    assert "<title>A &amp; B</title>" in page
    assert re.findall(r'(?:src|srcset|data)="(?!data:)', page) == []
    assert "<link" not in page and "@import" not in page and "url(" not in page
    sections = page.partition("<main>")[2].partition("</main>")[0]
    without_code = re.sub(
        r"<code>.*?</code>", "", re.sub(r'"data:[^"]*"', "", sections), flags=re.S
    )
    assert "$" not in without_code and "\\" not in re.sub(r'alt="[^"]*"', "", without_code)
    assert "\ue000" not in page and page.count("<section") == len(slides)


def test_the_command_writes_one_file(tmp_path, capsys):
    out = tmp_path / "s.html"
    assert main.main(["slides", "06", "-o", str(out)]) == 0
    assert "slides in" in capsys.readouterr().out and out.read_text(encoding="utf-8")
    for wrong, says in ((["66"], "lesson '66'"), (["06", "-o", "x.pdf"], "ends in .html")):
        assert main.main(["slides", *wrong]) == 2
        assert says in capsys.readouterr().err


@pytest.mark.skipif(not (BROWSER and DRIVER), reason="no Chromium with chromedriver here")
def test_the_keys_turn_the_slides_and_nothing_is_cut_off(tmp_path):
    from selenium.webdriver.common.by import By
    from selenium.webdriver.common.keys import Keys

    out = tmp_path / "s.html"
    assert main.main(["slides", "12", "-o", str(out)]) == 0
    browser = headless(tmp_path / "profile", logs=("browser",))
    try:
        browser.get(out.as_uri())
        body = browser.find_element(By.TAG_NAME, "body")
        count = len(browser.find_elements(By.TAG_NAME, "section"))

        def shown():
            return [
                one.get_attribute("id") for one in browser.find_elements(By.CSS_SELECTOR, ".now")
            ]

        assert shown() == ["s1"]
        for key, wanted in (
            (Keys.ARROW_RIGHT, "s2"),
            (Keys.SPACE, "s3"),
            (Keys.ARROW_LEFT, "s2"),
            (Keys.END, f"s{count}"),
            (Keys.ARROW_RIGHT, f"s{count}"),
            (Keys.HOME, "s1"),
        ):
            body.send_keys(key)
            assert shown() == [wanted]
        browser.find_element(By.ID, "on").click()
        assert shown() == ["s2"] and browser.current_url.endswith("#2")
        cut = browser.execute_script(
            "return slides.filter((slide, number) => { show(number); "
            "const box = slide.querySelector('.fit').getBoundingClientRect(); "
            "const page = slide.getBoundingClientRect(); "
            "return box.bottom > page.bottom + 1 || box.right > page.right + 1; }).length"
        )
        assert cut == 0
        assert browser.get_log("browser") == []
    finally:
        browser.quit()
