"""The committed notebooks obey the course's rules, and notebooks/build.py does what it says.

That every notebook runs is tested by `python notebooks/build.py --profile smoke` (part of `make
test`), not here.
"""

import importlib.util
import re
import sys
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).parents[2]
SPEC = importlib.util.spec_from_file_location("build", ROOT / "notebooks" / "build.py")
build = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(build)

BUILT = [
    pytest.param(source, variant, id=f"{source.stem}-{variant}")
    for source in build.chosen([], ROOT)
    for variant in build.VARIANTS
]
PARAMETERS = ("CORPUS", "PROFILE", "ROOT", "RETRAIN")
CAPTIONS = ("*Figure", "*Abbildung")  # how figures.show begins one
HEADINGS = (
    ("You will be able to", "Danach kannst du"),
    ("What you may not conclude", "Was du daraus nicht schließen darfst"),
)


MOST_LINES = {"code": 30, "markdown": 30}


def broken_rules(notebook) -> list[str]:
    """Every rule for a committed notebook that this one breaks."""
    broken = []
    lesson = build.lesson_cells(notebook.cells)
    code = [c for c in lesson if c.cell_type == "code" and c.source.strip()]
    markdown = "\n\n".join(c.source for c in notebook.cells if c.cell_type == "markdown")
    counts = [c.execution_count for c in code]
    if counts != list(range(1, len(code) + 1)):
        broken.append(f"execution counts are not 1, 2, 3, …: {counts}")
    if "widgets" in notebook.metadata:
        broken.append("metadata.widgets: GitHub shows an error for it")
    broken += [f"a path of a machine: {path}" for path in build.machine_paths(notebook)]
    for cell in notebook.cells:
        lines, limit = cell.source.splitlines(), MOST_LINES[cell.cell_type]
        if len(lines) > limit:
            broken.append(
                f"a cell of {len(lines)} lines begins with {lines[0]!r}: {limit} is the limit"
            )
    for heading in HEADINGS:
        if not re.search(rf"^(#+ |\*\*).*({'|'.join(heading)})", markdown, re.MULTILINE):
            broken.append(f"no heading (or bold line) {heading[0]!r}")
    parameters = [c.source for c in code if "parameters" in build.tags(c)]
    if len(parameters) != 1:
        broken.append(f"{len(parameters)} cells tagged parameters")
    broken += [
        f"{name} is not set in the parameters cell"
        for name in PARAMETERS
        if not re.search(rf"^{name}\b.*=", "\n".join(parameters), re.MULTILINE)
    ]
    for cell in code:
        last_line, images, captions = cell.source.splitlines()[-1], 0, 0
        for output in cell.outputs:
            if output.output_type == "error":
                broken.append(f"an error: {output.ename}: {output.evalue}")
            if "image/png" in output.get("data", {}):
                images += 1
                if not output.metadata.get("image/png", {}).get("alt", "").strip():
                    broken.append(f"a picture without alt text, from {last_line!r}: use plots.show")
            captions += str(output.get("data", {}).get("text/markdown", "")).startswith(CAPTIONS)
        if captions < images:
            broken.append(
                f"{images} pictures and {captions} captions, from {last_line!r}: use plots.show"
            )
    return broken


@pytest.mark.parametrize(("source", "variant"), BUILT)
def test_committed_notebook(source, variant):
    path = build.place(source, variant, ROOT)
    why = build.out_of_step(source, variant)
    assert not why, f"{path.relative_to(ROOT)}: {why}. Do: python notebooks/build.py {source.stem}"
    assert path.stat().st_size <= 700_000, (
        f"{path.name} holds {path.stat().st_size / 1000:.0f} kB: 700 kB is the limit"
    )
    broken = broken_rules(nbformat.read(path, as_version=4))
    assert not broken, f"{path.relative_to(ROOT)} breaks these rules:\n" + "\n".join(broken)


def test_no_notebook_without_a_source():
    wanted = {build.place(s, v, ROOT) for s in build.chosen([], ROOT) for v in build.VARIANTS}
    found = set((ROOT / "notebooks").rglob("[0-9]*.ipynb"))
    lost = [path.relative_to(ROOT).as_posix() for path in sorted(found - wanted)]
    assert not lost, f"no source in notebooks/src makes {', '.join(lost)}"


# --- build.py, on a lesson small enough to see whole ---------------------------------------------

LESSON = """\
# %% [markdown]
# # A lesson
# ## You will be able to
# add

# %% tags=["parameters"]
CORPUS = "synthetic"
PROFILE = "quick"
ROOT = None
RETRAIN = False

# %% tags=["exercise"]
def add(a, b):
    ...

# %% tags=["solution"]
def add(a, b):
    from mcsan_lite.adding import plus

    return plus(a, b)

# %%
print(PROFILE, add(1, 2))

# %% [markdown]
# ## What you may not conclude
# that this is all
"""


@pytest.fixture
def project(tmp_path):
    """A function: a project folder with one lesson in it, LESSON or one made from it; returns the
    source's path.
    """
    (tmp_path / "notebooks" / "src").mkdir(parents=True)
    (tmp_path / "mcsan_lite").mkdir()
    (tmp_path / "mcsan_lite" / "__init__.py").write_text("", encoding="utf-8")
    code = "def plus(a, b):\n    return a + b\n"
    (tmp_path / "mcsan_lite" / "adding.py").write_text(code, encoding="utf-8")

    def make(text=LESSON):
        source = tmp_path / "notebooks" / "src" / "01_add.py"
        source.write_text(text)
        return source

    return make


def sources_of(notebook):
    return [cell.source for cell in notebook.cells]


def test_the_code_of_a_long_figure_is_folded_away(project):
    source = project()
    text = source.read_text(encoding="utf-8")
    source.write_text(text + '\n# %% tags=["hide-input"]\nprint(1)\n', encoding="utf-8")
    made = build.variant_of(build.read(source), "exercises")
    folded = [c for c in made.cells if c.metadata.get("jupyter", {}).get("source_hidden")]
    assert [c.source for c in folded] == ["print(1)"]


def test_the_variants_differ_in_exercise_and_solution(project):
    whole = build.read(project())
    exercises, solutions = (
        build.variant_of(whole, variant) for variant in ("exercises", "solutions")
    )
    assert "def add(a, b):\n    ..." in sources_of(
        exercises
    ) and "def add(a, b):\n    ..." not in sources_of(solutions)
    assert (
        "def add(a, b):\n    from mcsan_lite.adding import plus\n\n    return plus(a, b)"
        in sources_of(solutions)
    )
    assert len(exercises.cells) == len(solutions.cells) == len(whole.cells) - 1


def test_only_the_parameters_cell_gets_the_profile(project):
    whole = build.read(project(LESSON + "\n# %%\nassert 'PROFILE = \"quick\"'\n"))
    made = sources_of(build.variant_of(whole, "exercises", "smoke"))
    assert 'CORPUS = "synthetic"\nPROFILE = "smoke"\nROOT = None\nRETRAIN = False' in made
    assert "assert 'PROFILE = \"quick\"'" in made


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('PROFILE = "quick"', 'PROFILE = "paper"', "expected one that holds"),
        ('tags=["parameters"]', "", "0 cells tagged parameters"),
        ('# %% tags=["exercise"]', '# %% tags=["parameters"]', "2 cells tagged parameters"),
        ('tags=["solution"]', "", "not followed by a cell tagged solution"),
    ],
)
def test_a_source_that_breaks_the_rules_is_refused(project, old, new, says):
    with pytest.raises(build.BuildError, match=says):
        build.read(project(LESSON.replace(old, new)))


def test_ids_come_from_the_content(project):
    first = build.variant_of(build.read(project()), "exercises")
    second = build.variant_of(
        build.read(project("# %%\nprint()\n\n# %%\nprint()\n\n" + LESSON)), "exercises"
    )
    assert [c.id for c in second.cells][2:] == [c.id for c in first.cells]
    assert len({c.id for c in second.cells}) == len(second.cells)


def test_a_build_is_whole_and_not_repeated(project, capsys):
    source = project()
    root = source.parents[2]
    assert build.main(["--jobs", "2"], root) == 0
    exercises, solutions = (
        nbformat.read(build.place(source, v, root), as_version=4) for v in build.VARIANTS
    )
    results = [build.lesson_cells(notebook.cells)[3] for notebook in (exercises, solutions)]
    assert [cell.outputs[0].text for cell in results] == ["quick None\n", "quick 3\n"]
    assert exercises.metadata.mcsan_lite == build.stamp(source, root)
    assert (
        not [c for c in exercises.cells if "execution" in c.metadata]
        and broken_rules(exercises) == []
    )
    assert not (root / "runs").exists()  # a build leaves notebooks, and nothing else
    capsys.readouterr()

    assert build.main(["01"], root) == 0 and build.main(["--check"], root) == 0
    assert capsys.readouterr().out.count("up to date") == 4
    assert build.main(["01", "--again"], root) == 0
    assert capsys.readouterr().out.count("up to date") == 0

    module = root / "mcsan_lite" / "adding.py"
    module.write_text(
        module.read_text(encoding="utf-8") + "\n\ndef unused():\n    pass  # nobody asks\n"
    )
    assert build.main(["--check"], root) == 0
    module.write_text("def plus(a, b):\n    return b + a\n")
    assert build.main(["--check"], root) == 1
    assert "notebooks/solutions/01_add.ipynb: its package changed" in capsys.readouterr().out
    project(LESSON + "\n")
    assert build.out_of_step(source, "exercises", root) == "its source and package changed"


def test_a_cell_edited_by_hand_is_seen(project):
    source = project()
    root = source.parents[2]
    notebook = build.variant_of(build.read(source), "exercises")
    notebook.metadata.mcsan_lite = build.stamp(source, root)
    notebook.cells = build.with_colab_cell(notebook.cells, root)
    nbformat.write(notebook, build.place(source, "exercises", root))
    assert build.out_of_step(source, "exercises", root) == ""
    notebook.cells[0].source += "!"
    nbformat.write(notebook, build.place(source, "exercises", root))
    assert "edited by hand" in build.out_of_step(source, "exercises", root)


class TestCellForColab:
    def cell(self, root, address=""):
        if address:
            (root / "CITATION.cff").write_text(f"repository-code: {address}\n", encoding="utf-8")
        title = nbformat.v4.new_markdown_cell("# A lesson")
        first, cell = build.with_colab_cell([title], root)
        assert first is title and cell.metadata.jupyter.source_hidden
        return cell.source

    def test_elsewhere_it_does_nothing(self, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        monkeypatch.setattr("subprocess.run", lambda *a, **k: pytest.fail("nothing may be run"))
        path = list(sys.path)
        exec(self.cell(tmp_path), {})
        assert Path.cwd() == tmp_path and sys.path == path

    @pytest.fixture
    def colab(self, tmp_path, monkeypatch):
        """A folder as in Colab, and what the cell runs there."""
        called = []

        def run(words, check):
            called.append(words)
            Path("course").mkdir(exist_ok=True)

        monkeypatch.setitem(sys.modules, "google.colab", object())
        monkeypatch.setattr("subprocess.run", run)
        monkeypatch.setattr(sys, "path", list(sys.path))
        monkeypatch.chdir(tmp_path)
        return called

    def test_in_colab_it_fetches_and_installs_once(self, tmp_path, monkeypatch, colab):
        source = self.cell(tmp_path, "https://github.com/someone/course")
        exec(source, {})
        assert [words[:2] for words in colab] == [["git", "clone"], [sys.executable, "-m"]]
        assert "https://github.com/someone/course" in colab[0] and "course[voice]" in colab[1]
        assert Path.cwd() == tmp_path / "course" and sys.path[0] == str(tmp_path / "course")
        monkeypatch.chdir(tmp_path)  # as after a restart of the kernel
        exec(source, {})
        assert len(colab) == 2 and Path.cwd() == tmp_path / "course"
        Path("mcsan_lite").mkdir()
        exec(source, {})
        assert Path.cwd() == tmp_path / "course"

    def test_without_an_address_it_says_what_to_do(self, tmp_path, colab):
        with pytest.raises(ValueError, match=r"Given: .* Expected: .* Do: "):
            exec(self.cell(tmp_path), {})
        assert colab == []

    def test_a_new_address_executes_no_lesson(self, project, capsys):
        source = project()
        root = source.parents[2]
        assert build.main(["--jobs", "2"], root) == 0
        path = build.place(source, "exercises", root)
        before = nbformat.read(path, as_version=4)
        (root / "CITATION.cff").write_text("repository-code: https://github.com/a/b\n")
        assert build.main(["--check"], root) == 1 and build.main([], root) == 0
        after = nbformat.read(path, as_version=4)
        assert "nothing executed" in capsys.readouterr().out
        assert build.lesson_cells(after.cells) == build.lesson_cells(before.cells)
        assert "https://github.com/a/b" in after.cells[1].source != before.cells[1].source
        assert build.main(["--check"], root) == 0


def test_a_failing_cell_fails_the_build_and_leaves_nothing(project, capsys):
    source = project(LESSON + "\n# %%\nprint('before')\n1 / 0\n")
    root = source.parents[2]
    assert build.main(["--profile", "smoke"], root) == 1
    said = capsys.readouterr().out
    assert (
        said.count("FAIL build/notebooks-smoke/") == 2
        and "ZeroDivisionError" in said
        and "\x1b" not in said
    )
    assert not list(root.rglob("*.ipynb")) and not (root / "runs").exists()


def test_dots_that_are_spread_at_random_lie_where_they_lay(project):
    source = project(LESSON + "\n# %%\nimport numpy as np\nprint(np.random.uniform())\n")
    root = source.parents[2]
    drawn = []
    for _ in range(2):
        build.build(source, "exercises", root=root)
        notebook = nbformat.read(build.place(source, "exercises", root), as_version=4)
        drawn.append(build.lesson_cells(notebook.cells)[-1].outputs[0].text)
    assert drawn[0] == drawn[1]


def test_a_path_of_this_machine_is_refused(project):
    source = project(LESSON + "\n# %%\nfrom pathlib import Path\nprint(Path.cwd())\n")
    root = source.parents[2]
    with pytest.raises(build.BuildError, match="paths of this machine"):
        build.build(source, "exercises", root=root)
    assert not list(root.rglob("*.ipynb"))


def test_progress_leaves_no_trace_and_warnings_stay():
    bar = (
        "MFCC 1/2:  50%|#####     | 00:01 gone, 00:01 left\rMFCC 2/2: 100%|##########| 00:02 gone\n"
    )
    waiting = "1 fold is being trained by another process: waiting until that is done\n"
    outputs = [
        nbformat.v4.new_output("stream", name="stderr", text=bar + waiting),
        nbformat.v4.new_output("stream", name="stderr", text=bar + "UserWarning: 5% of | words\n"),
        nbformat.v4.new_output("stream", name="stdout", text="93 % of the test part: 50%|a|\n"),
        nbformat.v4.new_output("display_data", {"text/plain": "a figure"}),
    ]
    cells = [nbformat.v4.new_code_cell(outputs=outputs), nbformat.v4.new_markdown_cell("Text.")]
    notebook = nbformat.v4.new_notebook(cells=cells)
    build.drop_progress(notebook)
    warning, result, figure = notebook.cells[0].outputs
    assert warning.text == "UserWarning: 5% of | words\n"
    assert (result.text, figure.data) == (outputs[2].text, outputs[3].data)
    nbformat.validate(notebook)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("see /home/ada/course/x.py:3", ["/home/ada/course/x.py:3"]),
        (r"in C:\Users\ada", [r"C:\Users\ada"]),
        ("/somewhere/else/x", ["/somewhere/else"]),
        ("https://example.org/home/ada and runs/tmp/x and 1/opt/2", []),
        ("data:audio/ogg;base64," + "A" * 200 + "/tmp/" + "A" * 200, []),
    ],
)
def test_machine_paths(text, found):
    cell = nbformat.v4.new_code_cell(outputs=[nbformat.v4.new_output("stream", text=text)])
    assert (
        build.machine_paths(
            nbformat.v4.new_notebook(cells=[cell]), Path("/somewhere/else"), Path("/")
        )
        == found
    )


def test_a_lesson_of_another_language_has_folders_of_its_own(project, capsys):
    source = project()
    root = source.parents[2]
    german = source.parent / "de" / "01_addieren.py"
    german.parent.mkdir()
    text = LESSON.replace("# # A lesson", "# # Eine Lektion für dich")
    text = text.replace(
        "from mcsan_lite.adding import plus\n\n    return plus(a, b)", "return a + b"
    )
    german.write_text(text, encoding="utf-8")
    assert build.chosen(["01"], root) == [source, german]
    assert build.chosen([], root, "de") == [german] and build.chosen([], root, "en") == [source]
    assert build.main(["--language", "de", "--profile", "smoke"], root) == 0
    made = {path.relative_to(root / "build").as_posix() for path in root.rglob("*.ipynb")}
    smoke = "notebooks-smoke"
    assert made == {f"{smoke}/de/01_addieren.ipynb", f"{smoke}/solutions/de/01_addieren.ipynb"}
    notebook = nbformat.read(root / "build" / smoke / "de" / "01_addieren.ipynb", as_version=4)
    assert "für dich" in notebook.cells[0].source
    assert build.main(["--language", "fr"], root) == 2
    assert "no lesson in language 'fr'; there are: de, en" in capsys.readouterr().out


def test_an_unknown_lesson_is_answered_with_the_known_ones(project, capsys):
    root = project().parents[2]
    assert build.main(["subtract"], root) == 2
    assert "no lesson 'subtract'" in (said := capsys.readouterr().out) and "01_add" in said


# --- the rules themselves: each is broken once ---------------------------------------------------


def picture(**metadata):
    return nbformat.v4.new_output("display_data", {"image/png": "iVBOR"}, metadata=metadata)


CAPTIONED = nbformat.v4.new_output("display_data", {"text/markdown": "*Figure. Two bars.*"})
ALT = {"image/png": {"alt": "two bars"}}


@pytest.fixture
def executed(project):
    notebook = build.variant_of(build.read(project()), "solutions")
    for count, cell in enumerate((c for c in notebook.cells if c.cell_type == "code"), 1):
        cell.execution_count = count
    notebook.cells[3].outputs = [picture(**ALT), CAPTIONED]
    return notebook


@pytest.mark.parametrize(
    ("says", "spoil"),
    [
        ("execution counts", lambda n: n.cells[3].update(execution_count=9)),
        ("metadata.widgets", lambda n: n.metadata.update(widgets={})),
        ("31 lines", lambda n: n.cells[3].update(source="x\n" * 31)),
        ("may not conclude", lambda n: n.cells[-1].update(source="Goodbye")),
        (
            "RETRAIN is not set",
            lambda n: n.cells[1].update(source="CORPUS = PROFILE = 0\nPROFILE = 0\nROOT = 0"),
        ),
        ("without alt text", lambda n: n.cells[3].update(outputs=[picture(), CAPTIONED])),
        ("0 captions", lambda n: n.cells[3].update(outputs=[picture(**ALT)])),
        (
            "KeyError",
            lambda n: n.cells[3].update(
                outputs=[nbformat.v4.new_output("error", ename="KeyError", evalue="")]
            ),
        ),
    ],
)
def test_a_broken_rule_is_named(executed, says, spoil):
    assert broken_rules(executed) == []
    spoil(executed)
    assert len(broken := broken_rules(executed)) == 1 and says in broken[0]
