"""The fold rule of Yoon et al.: the sizes that its packages show, and the utterances that follow
from IEMOCAP's files.
"""

import random

import pytest

from mcsan_lite.corpus import Corpus, Utterance
from mcsan_lite.datasets.splits import PARTS, yoon5


def corpus(named):
    """Utterances of one class from (dialogue, id)."""
    return Corpus(
        "toy",
        ("sad",),
        tuple(Utterance(turn, None, "", "sad", dialogue=name) for name, turn in named),
    )


@pytest.mark.parametrize(
    ("n", "sizes"),
    [  # as printed by the packages of Yoon et al.: facts on IEMOCAP's two class sets
        (
            7487,
            [
                (6058, 404, 1025),
                (5934, 497, 1056),
                (5975, 483, 1029),
                (5962, 474, 1051),
                (6019, 428, 1040),
            ],
        ),
        (
            5531,
            [
                (4445, 313, 773),
                (4374, 386, 771),
                (4399, 353, 779),
                (4432, 343, 756),
                (4474, 307, 750),
            ],
        ),
    ],
)
def test_yoon5_has_the_sizes_of_the_public_package(n, sizes):
    made = corpus((f"d{i % 151}", f"u{i:04d}") for i in range(n))
    found = yoon5(made)
    assert [(len(f.train), len(f.valid), len(f.test)) for f in found] == sizes
    tested, chosen = [i for f in found for i in f.test], [i for f in found for i in f.valid]
    assert len(tested) == len(set(tested)) == {7487: 5201, 5531: 3829}[n]
    assert sorted(tested + chosen) == [
        u.id for u in made.utterances
    ]  # held out once, always in the same role


def test_yoon5_draws_in_the_order_of_iemocaps_files():
    """One draw an utterance, by the files' paths and then by id: retold here from paths."""
    names = [
        f"Ses0{s}{who}_{scene}"
        for s in range(1, 6)
        for who in "FM"
        for scene in ("impro01", "impro05a", "impro05b", "script01_1", "script01_1b", "script01_2")
    ]
    files = {f"Session{name[4]}/dialog/EmoEvaluation/{name}.txt": name for name in names}
    ordered = [
        (files[path], f"{files[path]}_{who}{i:03d}")
        for path in sorted(files)
        for who in "FM"
        for i in range(9)
    ]
    dialogues = [name for name, _ in ordered]
    assert dialogues.index("Ses05M_script01_1") < dialogues.index("Ses05M_script01_1b")
    first, second = random.Random(337), random.Random(3372)
    expected = {turn: (first.random(), second.random()) for _, turn in ordered}
    for i, fold in enumerate(yoon5(corpus(random.Random(0).sample(ordered, len(ordered))))):
        low, high = 0.8 - 0.2 * i, 1 - 0.2 * i
        assert {u: part for part in PARTS for u in getattr(fold, part)} == {
            turn: "train" if not low <= fifth < high else "valid" if role > 0.7 else "test"
            for turn, (fifth, role) in expected.items()
        }
