"""Build the notebooks from notebooks/src and execute them.

    python notebooks/build.py                    every lesson that is out of step with its source
    python notebooks/build.py 05 start_here      lessons by number, name or part of it
    python notebooks/build.py 00 --language de   one language; without it, all that there are
    python notebooks/build.py --again            every lesson, out of step or not
    python notebooks/build.py --profile smoke    all of them, small, into build/: do they run?
    python notebooks/build.py --check            executes nothing: which are out of step?

A source is a percent-format file. Cells tagged "exercise" go into notebooks/NN_name.ipynb only,
cells tagged "solution" into notebooks/solutions/NN_name.ipynb only; a cell tagged "parameters"
holds the line PROFILE = "quick". Below its title, a built notebook has a folded cell that fetches the
course in Google Colab. It is never executed here, so a new address costs no new run.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import re
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from pathlib import Path

import jupytext
import nbformat
from jupyter_client import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode

from mcsan_lite.cache import write_atomic
from mcsan_lite.features.language.terminal import print_on_any_terminal
from mcsan_lite.features.sound.loaded import compile_calls
from mcsan_lite.training.code.key import source_key

ROOT = Path(__file__).resolve().parents[1]
sys.path += [str(ROOT / "notebooks"), str(ROOT / "site")]

from launch import published_address
from warm_kernel import CAN_FORK, WarmKernels

COLD = (sys.executable, "-m", "ipykernel_launcher")  # a kernel that imports for itself
# Seaborn spreads dots with NumPy's global generator. Seeded, a figure is drawn again as it was.
SEEDED = "--IPKernelApp.exec_lines=__import__('numpy').random.seed(0)"
# A variant of a lesson: its folder below notebooks/, and the tag of the cells that it leaves out.
VARIANTS = {"exercises": "", "solutions": "solutions"}
DROPPED = {"exercises": "solution", "solutions": "exercise"}
PROFILE_LINE = 'PROFILE = "quick"'
ENGLISH = "en"
FOLDED = "hide-input"  # JupyterLab folds the code of such a cell away; a click unfolds it
COLAB = "colab"  # the tag of the cell that is of use in Google Colab alone
OLD_COLAB = "its cell for Colab is missing or old"
COLAB_SOURCE = """\
# Google Colab only: fetch the course and install it. Elsewhere this cell does nothing.
import os
import subprocess
import sys

COURSE = "{address}"  # the address of the course, for `git clone`
if "google.colab" in sys.modules and not os.path.isdir("mcsan_lite"):
    if not COURSE:
        raise ValueError("Given: no address. Expected: the course's. Do: write it above")
    if not os.path.isdir("course"):
        subprocess.run(["git", "clone", "--depth", "1", COURSE, "course"], check=True)
        install = [sys.executable, "-m", "pip", "install", "-q", "-e", "course[voice]"]
        subprocess.run(install, check=True)
    os.chdir("course")
    sys.path.insert(0, os.getcwd())
"""
# A path of somebody's machine. (Not after a word or a dot: those are addresses and relative paths.)
MACHINE_PATH = re.compile(
    r"""(?<![\w./])/(?:home|root|Users|tmp|usr|opt|var|mnt|private)/[^\s'"<>]+|[A-Z]:\\Users\S*"""
)
# A bar as tqdm draws it, or a line of `run_grid` about the other variant that trains meanwhile.
PROGRESS = re.compile(r"\d+%\|.*\||trained by another process: waiting")
# Sound and pictures: any letters may meet in them.
BASE64 = re.compile(r"[A-Za-z0-9+/]{120,}={0,2}")


# One thread at a time: Python 3.11's parser can fail where two threads parse ("AST constructor
# recursion depth mismatch").
_PARSING = threading.Lock()


class BuildError(Exception):
    """What is wrong with a source or its outputs, and where."""


def tags(cell: NotebookNode) -> list[str]:
    return cell.metadata.get("tags", [])


def read(source: Path) -> NotebookNode:
    """The whole notebook of a source, exercises and solutions.

    Raises:
        BuildError: for one that breaks the rules.
    """
    notebook = jupytext.reads(source.read_text(encoding="utf-8"), fmt="py:percent")
    parameters = [c for c in notebook.cells if "parameters" in tags(c)]
    if len(parameters) != 1 or parameters[0].source.count(PROFILE_LINE) != 1:
        raise BuildError(
            f"{source.name}: {len(parameters)} cells tagged parameters; expected one that holds "
            f"{PROFILE_LINE}"
        )
    for cell, following in zip(notebook.cells, [*notebook.cells[1:], None], strict=True):
        solved = following is not None and "solution" in tags(following)
        if "exercise" in tags(cell) and not solved:
            raise BuildError(
                f"{source.name}: this exercise is not followed by a cell tagged "
                f"solution:\n{cell.source}"
            )
    return notebook


def variant_of(notebook: NotebookNode, variant: str, profile: str = "quick") -> NotebookNode:
    """The cells of one variant.

    Their ids come from their content: an inserted cell changes no other id.
    """
    made = nbformat.v4.new_notebook()
    made.metadata = NotebookNode(
        kernelspec={"name": "python3", "display_name": "Python 3", "language": "python"},
        language_info={"name": "python", "file_extension": ".py"},
    )
    seen: set[str] = set()
    for cell in notebook.cells:
        if DROPPED[variant] in tags(cell):
            continue
        source = cell.source
        if "parameters" in tags(cell):
            source = source.replace(PROFILE_LINE, f'PROFILE = "{profile}"')
        new_cell = nbformat.v4.new_markdown_cell
        if cell.cell_type == "code":
            new_cell = nbformat.v4.new_code_cell
        metadata = {"tags": tags(cell)} if tags(cell) else {}
        if FOLDED in tags(cell):
            metadata["jupyter"] = {"source_hidden": True}
        made.cells.append(new_cell(source, id=_new_id(source, seen), metadata=metadata))
    return made


def with_colab_cell(cells: list[NotebookNode], root: Path = ROOT) -> list[NotebookNode]:
    """The cells of a built lesson, and after the first, its title, the one for Google Colab.

    Args:
        cells: of a notebook; an older cell for Colab among them goes.
        root: the project, whose CITATION.cff says where it is published.
    """
    source = COLAB_SOURCE.format(address=published_address(root, environment={}).clone()).strip()
    metadata = {"tags": [COLAB], "jupyter": {"source_hidden": True}}
    cell = nbformat.v4.new_code_cell(source, id=_new_id(source, set()), metadata=metadata)
    first, *others = lesson_cells(cells)
    return [first, cell, *others]


def lesson_cells(cells: list[NotebookNode]) -> list[NotebookNode]:
    """The cells that come from the lesson's source: all but the one for Colab."""
    return [cell for cell in cells if COLAB not in tags(cell)]


def _new_id(source: str, seen: set[str]) -> str:
    """An id from a cell's content that is not in `seen`; it is added there."""
    repeats = 0
    while True:
        text = f"{source}{repeats or ''}"
        name = hashlib.sha256(text.encode()).hexdigest()[:12]
        if name not in seen:
            seen.add(name)
            return name
        repeats += 1


def stamp(source: Path, root: Path = ROOT) -> dict[str, str]:
    """What a notebook is made from.

    Args:
        source: its percent-format file.
        root: the project.

    Returns:
        {"source": hash of the file, "package": digits of the package's code that its cells reach},
        whatever the line ends. Comments, formatting and code that no cell uses do not count.
    """
    text = source.read_text(encoding="utf-8")
    cells = [
        c.source for c in jupytext.reads(text, fmt="py:percent").cells if c.cell_type == "code"
    ]
    with _PARSING:
        package = source_key("\n".join(cells), root / "mcsan_lite")
    return {"source": hashlib.sha256(text.encode()).hexdigest(), "package": package}


def place(source: Path, variant: str, root: Path, profile: str = "quick") -> Path:
    """Where a variant of a lesson is written; those of another language in a folder of its own."""
    folder = root / "notebooks" if profile == "quick" else root / "build" / f"notebooks-{profile}"
    language = language_of(source)
    inside = "" if language == ENGLISH else language
    return folder / VARIANTS[variant] / inside / f"{source.stem}.ipynb"


def language_of(source: Path) -> str:
    """The language of a source: English in notebooks/src, others in a folder of their name."""
    return ENGLISH if source.parent.name == "src" else source.parent.name


def out_of_step(source: Path, variant: str, root: Path = ROOT) -> str:
    """Why the committed notebook is not what its source and package make today; "" where it is."""
    path = place(source, variant, root)
    if not path.exists():
        return "not built yet"
    notebook, wanted = nbformat.read(path, as_version=4), stamp(source, root)
    found = notebook.metadata.get("mcsan_lite", {})
    changed = [what for what in wanted if found.get(what) != wanted[what]]
    if changed:
        return f"its {' and '.join(changed)} changed"
    cells = variant_of(read(source), variant).cells
    if list(map(_content, lesson_cells(notebook.cells))) != list(map(_content, cells)):
        return "its cells were edited by hand; edit the source instead"
    if list(map(_content, notebook.cells)) != list(map(_content, with_colab_cell(cells, root))):
        return OLD_COLAB
    return ""


def _content(cell: NotebookNode) -> tuple[str, str]:
    return cell.cell_type, cell.source


def machine_paths(notebook: NotebookNode, *also: Path) -> list[str]:
    """Absolute paths in the outputs, and what begins with one of `also`.

    Pictures and sound are not searched.
    """
    own_places = [str(path) for path in also if len(path.parts) > 1]
    found: set[str] = set()
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            text = _text_of(output)
            found.update(MACHINE_PATH.findall(text))
            for place_name in own_places:
                if re.search(rf"(?<![\w./]){re.escape(place_name)}(?!\w)", text):
                    found.add(place_name)
    return sorted(found)


def _text_of(output: NotebookNode) -> str:
    """What a reader may read of an output."""
    shown = [
        value
        for kind, value in output.get("data", {}).items()
        if not kind.startswith(("image/png", "audio/"))
    ]
    lines = [output.get("text", ""), *shown, *output.get("traceback", [])]
    return BASE64.sub("", "\n".join(map(str, lines)))


def drop_progress(notebook: NotebookNode) -> None:
    """Remove progress bars from the outputs. They tell of empty caches on this machine, and a page
    has no use for a bar that stands still.

    Args:
        notebook: is changed.
    """
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        for output in cell.outputs:
            if output.output_type == "stream" and output.name == "stderr":
                lines = output.text.splitlines(keepends=True)
                output.text = "".join(line for line in lines if not PROGRESS.search(line))
        cell.outputs = [output for output in cell.outputs if output.get("text") != ""]


def execute(
    notebook: NotebookNode, root: Path, timeout: float, start: Sequence[str] = COLD
) -> None:
    """Run all cells in a fresh kernel of this interpreter, in `root`.

    Args:
        notebook: gets its outputs.
        root: the folder that the kernel works in.
        timeout: seconds that a cell may take.
        start: the command of a kernel.

    Raises:
        BuildError: at the first cell that fails.
    """
    manager = AsyncKernelManager(kernel_name="python3")
    # A kernel called python3 may lead into another environment. With fewer words in its log, no
    # notebook warns about unencrypted local ports.
    manager.kernel_spec.argv = [*start, "-f", "{connection_file}", "--log-level=ERROR", SEEDED]
    client = NotebookClient(
        notebook,
        km=manager,
        timeout=timeout,
        record_timing=False,
        store_widget_state=False,
        coalesce_streams=True,
        resources={"metadata": {"path": str(root)}},
    )
    backend = "module://matplotlib_inline.backend_inline"
    env = os.environ | {"OMP_NUM_THREADS": "1", "MPLBACKEND": backend}
    try:
        with tempfile.TemporaryDirectory(prefix="mcsan-kernel-") as sockets:
            if os.name != "nt":  # sockets in a folder: no other program can take a port of ours
                manager.transport, manager.ip = "ipc", str(Path(sockets) / "kernel")
            # The manager is ours, so the kernel's end must be asked for.
            client.execute(env=env, cleanup_kc=True)
    except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
        plain = re.sub(r"\x1b\[[\d;]*m", "", str(error))
        raise BuildError(plain.strip()) from None


def build(
    source: Path,
    variant: str,
    *,
    profile: str = "quick",
    root: Path = ROOT,
    timeout: float = 600,
    start: Sequence[str] = COLD,
) -> float:
    """Build and execute one variant and write it, whole or not at all.

    Args:
        source: of the lesson.
        variant: one of `VARIANTS`.
        profile: "quick" or "smoke".
        root: the project.
        timeout: seconds that a cell may take.
        start: the command of a kernel.

    Returns:
        The seconds it took.
    """
    began = time.perf_counter()
    # Before the run: an edit during the run leaves the notebook out of step.
    made_from = stamp(source, root)
    notebook = variant_of(read(source), variant, profile)
    execute(notebook, root, timeout, start)
    drop_progress(notebook)
    own_places = (root, Path.home(), Path(sys.prefix), Path(tempfile.gettempdir()))
    paths = machine_paths(notebook, *own_places)
    if paths:
        raise BuildError(
            f"paths of this machine in the outputs: {', '.join(paths)}. Print them relative to "
            "the project."
        )
    notebook.metadata.pop("widgets", None)
    # Without this machine's version of Python.
    notebook.metadata.language_info = NotebookNode(name="python", file_extension=".py")
    notebook.metadata.mcsan_lite = made_from
    notebook.cells = with_colab_cell(notebook.cells, root)
    nbformat.validate(notebook)
    write_atomic(place(source, variant, root, profile), lambda part: nbformat.write(notebook, part))
    return time.perf_counter() - began


def chosen(names: list[str], root: Path, language: str = "") -> list[Path]:
    """The sources that `names` mean, each a whole name or a part of it; without names, all.

    Args:
        names: of lessons.
        root: the project.
        language: take those of one language; "": of all.
    """
    home = root / "notebooks" / "src"
    sources = sorted(home.glob("[0-9]*.py")) + sorted(home.glob("[a-z][a-z]/[0-9]*.py"))
    spoken = sorted({language_of(source) for source in sources})
    if language and language not in spoken:
        raise BuildError(f"no lesson in language {language!r}; there are: {', '.join(spoken)}")
    sources = [source for source in sources if not language or language_of(source) == language]
    for name in names:
        if not any(name in s.stem for s in sources):
            there = ", ".join(s.stem for s in sources) or "none"
            raise BuildError(f"no lesson {name!r} in notebooks/src; there are: {there}")
    return [s for s in sources if not names or any(name in s.stem for name in names)]


def main(arguments: list[str] | None = None, root: Path = ROOT) -> int:
    """The exit status: 0 if every chosen notebook is built (or in step, with --check)."""
    print_on_any_terminal()
    options = _parser().parse_args(arguments)
    try:
        sources = chosen(options.names, root, options.language)
    except BuildError as error:
        print(error)
        return 2
    if not sources:
        print("no lessons in notebooks/src yet")

    if options.jobs > 1 and not options.check:
        compile_calls()  # kernels that compile at the same time would spoil each other's code
    warm = CAN_FORK and not options.check and root == ROOT  # another root has its own package
    with WarmKernels() if warm else nullcontext() as kernels:
        options.start = kernels.command if warm else COLD
        built = _build_all(sources, options, root)
    return int(not all(built))


def _build_all(sources: list[Path], options: argparse.Namespace, root: Path) -> list[bool]:
    def one(source: Path, variant: str) -> bool:
        return _build_and_report(source, variant, options, root)

    # Threads only wait here: the work is in the kernels.
    with ThreadPoolExecutor(max(1, options.jobs)) as pool:
        waiting = [pool.submit(one, source, variant) for source in sources for variant in VARIANTS]
        return [future.result() for future in waiting]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "names", nargs="*", help="lessons, by number or part of the name (default: all)"
    )
    parser.add_argument(
        "--language", default="", help="lessons of one language, such as en or de (default: all)"
    )
    parser.add_argument("--profile", choices=("quick", "smoke"), default="quick")
    parser.add_argument(
        "--check", action="store_true", help="only say which committed notebooks are out of step"
    )
    parser.add_argument(
        "--again", action="store_true", help="execute lessons that are in step, too"
    )
    parser.add_argument("--jobs", type=int, default=1, help="notebooks side by side (default 1)")
    parser.add_argument(
        "--timeout", type=float, default=600, help="seconds a cell may take (default 600)"
    )
    return parser


def _build_and_report(source: Path, variant: str, options: argparse.Namespace, root: Path) -> bool:
    """Build one notebook where that is needed, and print one line. False: it failed."""
    name = place(source, variant, root, options.profile).relative_to(root).as_posix()
    try:
        outcome = _build_if_needed(source, variant, options, root)
    except BuildError as error:
        print(f"FAIL {name}: {error}", flush=True)
        return False
    print(f"ok   {name}: {outcome}", flush=True)
    return True


def _build_if_needed(source: Path, variant: str, options: argparse.Namespace, root: Path) -> str:
    """What was done, in a word or two.

    Raises:
        BuildError: for a lesson that cannot be built; with --check, for one out of step.
    """
    why = "small run" if options.profile == "smoke" else out_of_step(source, variant, root)
    if options.check and why:
        raise BuildError(why)
    if not why and (options.check or not options.again):
        return "up to date"
    if why == OLD_COLAB and not options.again:
        path = place(source, variant, root)
        notebook = nbformat.read(path, as_version=4)
        notebook.cells = with_colab_cell(notebook.cells, root)
        write_atomic(path, lambda part: nbformat.write(notebook, part))
        return "new cell for Colab, nothing executed"
    settings = {"profile": options.profile, "timeout": options.timeout, "start": options.start}
    seconds = build(source, variant, root=root, **settings)
    return f"{seconds:.0f} s"


if __name__ == "__main__":
    sys.exit(main())
