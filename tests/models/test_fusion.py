"""Five ways to fuse: by hand, and what each can and cannot represent."""

import numpy as np
import pytest
import torch
from refusals import refusal

from mcsan_lite.models import fusion

SIZE, CLASSES = 6, 4


def made(kind, **changes):
    settings = {"hidden": SIZE, "factor": 3, "rank": 2, "dropout": 0.0} | changes
    config = fusion.FusionConfig(kind=kind, **settings)
    return fusion.FUSIONS[kind](CLASSES, config).eval()


def vectors(n, seed=0):
    torch.manual_seed(seed)
    return torch.randn(n, SIZE), torch.randn(n, SIZE)


@pytest.mark.parametrize("kind", fusion.FUSIONS)
def test_late_alone_is_a_sum(kind):
    """Whatever the weights are, the effect of a sound on a late logit is the same for all words."""
    torch.manual_seed(1)
    model, (audio, text) = made(kind), vectors(2)
    with torch.no_grad():
        model.apply(lambda layer: [p.mul_(3) for p in layer.parameters(recurse=False)])
        s = [[model(audio[j : j + 1], text[i : i + 1]) for j in range(2)] for i in range(2)]
    size = (s[0][0] - s[0][1] - s[1][0] + s[1][1]).abs().max()
    assert size < 1e-4 if kind == "late" else size > 1e-3


def test_low_rank_is_a_tensor_whose_weights_have_that_rank():
    model, (audio, text) = made("low-rank"), vectors(5)
    sides = []
    for layer in (model.from_audio, model.from_text):
        weights = torch.cat((layer.weight, layer.bias[:, None]), 1)
        sides.append(weights.view(2, SIZE, SIZE + 1))
    weights = torch.einsum("rdi,rdj->dij", *sides)
    assert torch.linalg.matrix_rank(weights).tolist() == [2] * SIZE
    products = fusion.outer_product(fusion.with_one(audio), fusion.with_one(text))
    fused = products @ weights.flatten(1).T
    torch.testing.assert_close(model.classifier(fused), model(audio, text))


def test_the_tensor_holds_every_product_and_each_modality_by_itself():
    a, t = np.arange(3.0), np.arange(4.0) + 1
    found = fusion.outer_product(
        fusion.with_one(torch.tensor(a)[None]), fusion.with_one(torch.tensor(t)[None])
    )
    expected = np.outer([*a, 1], [*t, 1])
    np.testing.assert_allclose(found[0].numpy(), expected.ravel())


def test_a_closed_gate_hears_nothing_and_an_open_one_reads_nothing():
    model, (audio, text) = made("gated"), vectors(3)
    with torch.no_grad():
        model.gate.weight.zero_()
        for bias, kept in ((-100.0, "words"), (100.0, "sound")):
            model.gate.bias.fill_(bias)
            before = model(audio, text)
            deaf, blind = model(audio + 1, text), model(audio, text + 1)
            assert torch.allclose(before, deaf) == (kept == "words")
            assert torch.allclose(before, blind) == (kept == "sound")


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"kind": "gatd"}, "gated"),
        ({"rank": 0}, "rank=0"),
        ({"factor": 0}, "factor=0"),
        ({"hidden": 0}, "hidden=0"),
    ],
)
def test_what_is_no_network_is_refused(settings, said):
    assert said in refusal(lambda: fusion.FusionConfig(**settings))
