"""The sources of the site, without Sphinx and without a browser (`make site-test` has those)."""

import ast
import base64
import sys
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "site"))

from launch import Address, published_address  # noqa: E402
from lessons import lesson_page, with_solutions, words_of  # noqa: E402
from links import one_title, rewritten, targets_of  # noqa: E402
from pages import in_order, stage_site  # noqa: E402
from reference import rooms_of  # noqa: E402

new_code, new_text = nbformat.v4.new_code_cell, nbformat.v4.new_markdown_cell
PIXEL = base64.b64encode(b"a picture").decode()


@pytest.fixture(scope="module")
def staged(tmp_path_factory):
    """The folder of page sources of this very project, unpublished."""
    folder = tmp_path_factory.mktemp("stage")
    stage_site(ROOT, folder, Address())
    return folder


def names(folder, pattern):
    return {path.relative_to(folder).as_posix() for path in folder.glob(pattern)}


class TestThisProject:
    def test_every_lesson_and_every_page_has_its_source_and_its_place_in_the_side_bar(self, staged):
        lessons = names(ROOT, "notebooks/[0-9]*.ipynb")
        others = names(ROOT, "notebooks/[a-z][a-z]/[0-9]*.ipynb")
        assert others == names(staged, "notebooks/[a-z][a-z]/*.ipynb")
        docs = names(ROOT, "docs/**/*.md")
        assert len(lessons) > 10 and lessons <= names(staged, "notebooks/*.ipynb")
        assert docs <= names(staged, "docs/**/*.md")
        contents = (staged / "index.md").read_text(encoding="utf-8").split("```{toctree}")[1:]
        listed = [line for tree in contents for line in tree.splitlines() if "/" in line]
        wanted = {Path(name).with_suffix("").as_posix() for name in lessons | others | docs}
        assert wanted <= set(listed) and len(listed) == len(set(listed))
        places = [line for line in listed if line.startswith("notebooks/0")]
        assert places == sorted(places)

    def test_every_link_leads_to_a_staged_file_or_a_module(self, staged):
        modules = {name for room in rooms_of(ROOT / "mcsan_lite").values() for name in room}
        dead = []
        for page in [*staged.glob("*.md"), *staged.glob("docs/**/*.md")]:
            for target in targets_of(page.read_text(encoding="utf-8")):
                place = target.removeprefix("path:").split("#")[0]
                there = "://" in target or place in modules or not place
                if not there and not (page.parent / place).exists():
                    dead.append(f"{page.relative_to(staged)}: {target}")
        assert dead == []

    def test_every_module_but_the_checks_is_in_the_reference(self, staged):
        pages = "".join(path.read_text(encoding="utf-8") for path in staged.glob("api/*.rst"))
        described = set(pages.split("automodule:: ")[1:])
        described = {text.split("\n")[0] for text in described}
        files = [path.relative_to(ROOT) for path in ROOT.glob("mcsan_lite/**/*.py")]
        wanted = {".".join(path.with_suffix("").parts).removesuffix(".__init__") for path in files}
        assert described == {name for name in wanted if not name.startswith("mcsan_lite.exercises")}

    def test_figures_are_files_with_their_alt_texts(self, staged):
        text = (staged / "notebooks/00_start_here.ipynb").read_text(encoding="utf-8")
        assert "image/png" not in text and '<img src=\\"../_static/figures/00_start_here-' in text
        assert len(names(staged, "_static/figures/00_start_here-*.png")) >= 3

    def test_what_is_gone_is_swept(self, tmp_path):
        (tmp_path / "docs").mkdir(parents=True)
        (tmp_path / "docs" / "gone.md").write_text("# Gone")
        stage_site(ROOT, tmp_path, Address())
        assert not (tmp_path / "docs" / "gone.md").exists()
        before = (tmp_path / "index.md").stat().st_mtime_ns
        stage_site(ROOT, tmp_path, Address())
        assert (tmp_path / "index.md").stat().st_mtime_ns == before  # Sphinx reads nothing again

    def test_sphinx_executes_nothing_and_asks_nobody(self):
        tree = ast.parse((ROOT / "site" / "conf.py").read_text(encoding="utf-8"))
        values = {
            node.targets[0].id: node.value for node in tree.body if isinstance(node, ast.Assign)
        }
        assert ast.literal_eval(values["nb_execution_mode"]) == "off"
        assert "://" not in ast.literal_eval(values["mathjax_path"])
        assert "sphinx.ext.intersphinx" not in ast.literal_eval(values["extensions"])


class TestLessonPage:
    @pytest.fixture
    def lesson(self, tmp_path):
        """A function: writes both variants of a small lesson and returns its page's cells."""

        def make(address=Address(), solved=True, folder=""):
            title, prose = new_text("# A lesson", id="t"), new_text("[b](02_b.ipynb)", id="p")
            colab = new_code("import os", id="c", metadata={"tags": ["colab"]})
            figure = new_code("show()", id="f")
            described = {"image/png": {"alt": 'two "bars"', "width": 80, "height": 40}}
            figure.outputs = [
                nbformat.v4.new_output("display_data", {"image/png": PIXEL}, metadata=described)
            ]
            task = new_code("def f(): ...", id="x", metadata={"tags": ["exercise"]})
            answer = new_code("def f(): return 1", id="y", metadata={"tags": ["solution"]})
            after = new_text("Well done", id="z")
            handed_out = tmp_path / folder / "01_a.ipynb"
            for cells, path in (
                ([title, colab, prose, figure, task, after], handed_out),
                (
                    [title, colab, prose, figure, answer, after],
                    tmp_path / "solutions" / folder / "01_a.ipynb",
                ),
            ):
                path.parent.mkdir(parents=True, exist_ok=True)
                if solved or path == handed_out:
                    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
            page = lesson_page(handed_out, address, linked=lambda target: target)
            return page, nbformat.reads(page.source, as_version=4).cells

        return make

    def test_a_solution_is_folded_below_its_exercise(self, lesson):
        _, cells = lesson()
        sources = [cell.source for cell in cells]
        assert sources[-3:] == ["def f(): ...", "def f(): return 1", "Well done"]
        assert cells[-2].metadata.tags == ["solution", "hide-cell"]
        assert "import os" not in sources

    def test_a_picture_becomes_a_file(self, lesson):
        page, cells = lesson()
        html = next(cell for cell in cells if cell.source == "show()").outputs[0].data["text/html"]
        assert 'alt="two &quot;bars&quot;"' in html and 'width="80"' in html
        [(name, content)] = page.figures.items()
        assert content == b"a picture" and f"../{name}" in html

    def test_the_line_at_the_top(self, lesson):
        page, cells = lesson()
        assert set(page.downloads) == {
            "extra/downloads/01_a.ipynb",
            "extra/downloads/solutions/01_a.ipynb",
        }
        assert "cloud.html" in cells[1].source and "://" not in cells[1].source
        _, cells = lesson(Address("someone/course", "dev"))
        inside = "someone/course/blob/dev/notebooks/01_a.ipynb"
        assert f"colab.research.google.com/github/{inside}" in cells[1].source
        assert "gh/someone/course/dev?urlpath=lab/tree/notebooks/01_a.ipynb" in cells[1].source
        assert "cloud.html" not in cells[1].source

    def test_what_the_site_says_in_a_lesson_is_in_the_lesson_s_language(self, lesson):
        _, cells = lesson()
        assert "Download the lesson" in cells[1].source
        assert cells[-2].metadata.mystnb.code_prompt_show == "Show a solution"
        _, cells = lesson(folder="de")
        assert "Lektion herunterladen" in cells[1].source
        assert cells[-2].metadata.mystnb.code_prompt_show == "Eine Lösung zeigen"
        (figure,) = [cell for cell in cells if cell.source == "show()"]
        assert figure.metadata.mystnb.code_prompt_show == "Den Code zeigen"
        _, cells = lesson(folder="xx")  # a language that has no texts
        assert "Download the lesson" in cells[1].source

    def test_a_lesson_whose_solutions_are_not_built_yet(self, lesson):
        page, cells = lesson(solved=False)
        assert [cell.source for cell in cells][-1] == "Well done" and len(page.downloads) == 1
        assert "solutions" not in cells[1].source

    def test_two_exercises_in_a_row_keep_their_order(self):
        def cell(name, *tags):
            return new_code(name, id=name, metadata={"tags": list(tags)})

        a, b = cell("a", "exercise"), cell("b", "exercise")
        first, second = cell("A", "solution"), cell("B", "solution")
        start, middle, end = cell("start"), cell("middle"), cell("end")

        def order(opened, solved):
            pair = [nbformat.v4.new_notebook(cells=cells) for cells in (opened, solved)]
            return "".join(c.source for c in with_solutions(*pair, words_of("a.ipynb")))

        close = order([start, a, b, end], [start, first, second, end])
        assert close in ("startabABend", "startaAbBend")
        apart = order([start, a, middle, b, end], [start, first, middle, second, end])
        assert apart == "startaAmiddlebBend"


class TestLinks:
    def test_targets_change_and_code_stays(self):
        text = "[a](x.md), `[b](x.md)`, [`c`](x.md#d), ![p](x.md)\n\n```\n[e](x.md)\n```\n"
        changed = rewritten(text, lambda target: target.replace("x.md", "y.md"))
        wanted = "[a](y.md), `[b](x.md)`, [`c`](y.md#d), ![p](y.md)\n\n```\n[e](x.md)\n```\n"
        assert changed == wanted
        assert rewritten(text, lambda target: None).startswith("a, `[b](x.md)`, `c`, p\n")
        assert targets_of(text) == ["x.md", "x.md#d", "x.md"]

    def test_a_page_has_one_title(self):
        text = "# One\n\n```sh\n# a comment\n```\n\n# Two\n\n## Three\n"
        assert one_title(text) == text.replace("# Two", "## Two")
        assert one_title("no title") == "no title"

    def test_pages_that_the_readme_links_come_first(self, tmp_path):
        (tmp_path / "docs").mkdir()
        for name in "abc":
            (tmp_path / "docs" / f"{name}.md").touch()
        (tmp_path / "README.md").write_text("[c](docs/c.md) [b](docs/b.md#x) [c](docs/c.md)")
        assert [path.stem for path in in_order(tmp_path / "docs")] == ["c", "b", "a"]


class TestAddress:
    def test_the_environment_counts_before_the_citation(self, tmp_path):
        assert published_address(tmp_path, {}) == Address("", "main")
        line = 'repository-code: "https://github.com/someone/course.git"\n'
        (tmp_path / "CITATION.cff").write_text(line)
        assert published_address(tmp_path, {}).repository == "someone/course"
        forked = {"GITHUB_REPOSITORY": "other/fork", "MCSAN_BRANCH": "dev"}
        assert published_address(tmp_path, forked) == Address("other/fork", "dev")
        named = forked | {"MCSAN_REPOSITORY": "a/b.c"}
        assert published_address(tmp_path, named).repository == "a/b.c"

    def test_what_is_no_repository_is_refused(self, tmp_path):
        with pytest.raises(ValueError, match=r"Given: .* Expected: owner/name. Do: "):
            published_address(tmp_path, {"MCSAN_REPOSITORY": "https://example.org/a"})

    def test_unpublished_there_is_no_address_to_make_up(self):
        nowhere = Address()
        assert [nowhere.tree("a"), nowhere.colab("a"), nowhere.binder("a")] == [None] * 3
        assert nowhere.clone() == ""
