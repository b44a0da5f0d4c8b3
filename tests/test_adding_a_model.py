"""docs/adding_a_model.md, run as it stands: a model from a script of one's own through the experiments."""

import re
import runpy
from pathlib import Path

import pytest
import torch

from mcsan_lite.batch import Dims, collate
from mcsan_lite.experiment import run_experiment

PAGE = Path(__file__).parents[1] / "docs" / "adding_a_model.md"
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.S)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A function: the page's code as a script, with changes, in one folder; gives the script's names."""
    home = tmp_path_factory.mktemp("reader")

    def go(**changes):
        code = "\n".join(BLOCKS)
        for old, new in changes.values():
            assert code.count(old) == 1
            code = code.replace(old, new)
        script = home / f"script{len(list(home.glob('*.py')))}.py"
        script.write_text(code)
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(home)
            return runpy.run_path(str(script), run_name="__main__")
    return go


@pytest.fixture(scope="module")
def first(run):
    return run()


def test_the_page_trains_its_model_beside_mcsan(first):
    results = first["results"].set_index("model")
    assert list(results.index) == ["mine", "mcsan"] and results.wa.between(0, 1).all()
    assert results.parameters["mine"] == (40 + 50) * 7 + 7


def test_the_same_again_is_read_and_an_edited_class_trains_anew(run, first):
    again = run(comment=("class Means(nn.Module):\n", "class Means(nn.Module):  # a remark\n"))
    assert again["results"].folder.tolist() == first["results"].folder.tolist()
    assert again["results"].seconds.tolist() == first["results"].seconds.tolist()
    edited = run(forward=("torch.cat((audio, text), -1)", "torch.cat((audio, 2 * text), -1)"))["results"]
    assert edited.folder[0] != first["results"].folder[0] and edited.folder[1] == first["results"].folder[1]


def test_a_function_that_the_class_uses_counts_too_as_the_page_says(run, first):
    edited = run(mean=("(x * mask[..., None]).sum(1)", "2 * (x * mask[..., None]).sum(1)"))["results"]
    assert edited.folder[0] != first["results"].folder[0] and edited.folder[1] == first["results"].folder[1]


def test_the_pages_model_keeps_the_contract(first, make_features):
    torch.manual_seed(0)
    model = first["Means"](Dims(13, 17, 3), first["MeansConfig"]()).eval()
    made = make_features(2, frames=5, words=2) + make_features(1, frames=30, words=9, prefix="long")
    torch.testing.assert_close(model(collate(made)).logits[:2], model(collate(made[:2])).logits)
    assert model(collate(make_features(1, frames=0))).logits.isfinite().all()


def test_an_unknown_model_is_refused_by_name(first, tmp_path):
    with pytest.raises(ValueError, match=r"model 'mien'"):
        run_experiment([first["Spec"]("x", model="mien")], first["corpus"], models={"mine": first["Means"]}, runs=tmp_path)
