"""docs/adding_a_model.md, run as it stands: a model from a script of one's own is trained."""

import inspect
import re
import runpy
from pathlib import Path

import pytest
import test_model_contract as contract
import torch
from test_model_contract import made  # noqa: F401, the contract's own fixture
from torch import nn

import mcsan_lite as mc
from mcsan_lite.models.layers import attend

PAGE = Path(__file__).parents[2] / "docs" / "adding_a_model.md"
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.S)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A function that runs the page's code as a script, with changes; gives the script's names."""
    home = tmp_path_factory.mktemp("reader")

    def go(**changes):
        code = "\n".join(BLOCKS)
        for old, new in changes.values():
            assert code.count(old) == 1
            code = code.replace(old, new)
        script = home / f"script{len(list(home.glob('*.py')))}.py"
        script.write_text(code, encoding="utf-8")
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
    edited = run(forward=("torch.cat((audio, text), -1)", "torch.cat((audio, 2 * text), -1)"))[
        "results"
    ]
    assert (
        edited.folder[0] != first["results"].folder[0]
        and edited.folder[1] == first["results"].folder[1]
    )


def test_a_function_that_the_class_uses_counts_too_as_the_page_says(run, first):
    edited = run(mean=("(x * mask[..., None]).sum(1)", "2 * (x * mask[..., None]).sum(1)"))[
        "results"
    ]
    assert (
        edited.folder[0] != first["results"].folder[0]
        and edited.folder[1] == first["results"].folder[1]
    )


def test_the_pages_model_keeps_the_contract(first, make_features):
    torch.manual_seed(0)
    model = first["Means"](mc.Dims(13, 17, 3), first["MeansConfig"]()).eval()
    some = make_features(2, frames=5, words=2) + make_features(1, frames=30, words=9, prefix="long")
    torch.testing.assert_close(
        model(mc.collate(some)).logits[:2], model(mc.collate(some[:2])).logits
    )
    assert model(mc.collate(make_features(1, frames=0))).logits.isfinite().all()


class Asking(nn.Module):
    """A solution of the page's exercise: each word asks the frames."""

    def __init__(self, dims, config):
        super().__init__()
        self.ask, self.answer = nn.Linear(dims.text, 8), nn.Linear(dims.audio, 8)
        self.classifier = nn.Linear(dims.audio + dims.text, dims.classes)

    def forward(self, batch, *, need_attention=False):
        queries, keys = self.ask(batch.text), self.answer(batch.audio)
        heard, weights = attend(queries, keys, batch.audio, batch.audio_mask[:, None])
        words = batch.text_mask.sum(1, keepdim=True).clamp(min=1)
        both = torch.cat((heard, batch.text), -1) * batch.text_mask[..., None]
        maps = {"cross.0.text_from_audio": weights[:, None].detach()} if need_attention else {}
        return mc.ModelOutput(self.classifier(both.sum(1) / words), maps)


# The tests of the contract that the page promises.
PROMISED = [
    "interface",
    "padding_and_batch_mates_change_nothing",
    "what_stands_on_padding_is_never_seen",
    "gradients_reach_every_parameter",
    "same_seed_same_bits",
    "asking_for_attention_never_changes_a_logit",
    "overfits_eight_utterances_and_comes_back_from_a_checkpoint",
    "maps_are_named_by_direction_and_sum_to_one_over_real_keys",
    "maps_get_words_and_seconds_on_their_axes",
]


@pytest.mark.parametrize("promise", PROMISED)
@pytest.mark.parametrize("name", ["Means", "Asking"])
def test_a_model_that_follows_the_page_passes_the_contract(
    name,
    promise,
    first,
    made,  # noqa: F811
    labels,
    monkeypatch,
    request,
):
    """The page's model as it stands, and the exercise solved, as a line in CASES each."""
    model = first["Means"] if name == "Means" else Asking
    monkeypatch.setattr(Asking, "Config", first["MeansConfig"], raising=False)
    monkeypatch.setitem(contract.MODELS, "mine", model)
    monkeypatch.setitem(contract.CASES, "mine", ("mine", {}))
    if name == "Means":
        contract.NO_MAPS.add("mine")
    test = getattr(contract, f"test_{promise}")
    given = {
        "case": "mine",
        "made": made,
        "labels": labels,
        "tmp_path": request.getfixturevalue("tmp_path"),
    }
    try:
        test(**{key: given[key] for key in inspect.signature(test).parameters})
    finally:
        contract.NO_MAPS.discard("mine")


def test_an_unknown_model_is_refused_by_name(first, tmp_path):
    with pytest.raises(ValueError, match=r"model 'mien'"):
        mc.run_experiment(
            [mc.Spec("x", model="mien")],
            mc.open_corpus(profile="smoke", data=tmp_path),
            models={"mine": first["Means"]},
            options=mc.RunOptions(runs=tmp_path),
        )
