"""What names a run: its settings, its corpus, its folds and its code, and nothing else."""

import importlib.util
import linecache
import sys
from dataclasses import replace

import numpy as np
import pytest

from mcsan_lite.corpus import Corpus, Utterance
from mcsan_lite.datasets import splits
from mcsan_lite.features.arrays.settings import feature_settings
from mcsan_lite.features.extraction import FeatureConfig
from mcsan_lite.models.mcsan import MCSAN
from mcsan_lite.training import runner
from mcsan_lite.training.config import TrainConfig
from mcsan_lite.training.spec import Spec, corpus_label

LABELS = ("angry", "neutral", "sad")


@pytest.fixture
def corpus():
    return Corpus(
        "words",
        LABELS,
        tuple(
            Utterance(
                f"u{i:02d}",
                None,
                "no yes",
                LABELS[i % 3],
                speaker=f"s{i // 8}",
                split=("train", "valid", "test")[i // 8],
            )
            for i in range(24)
        ),
    )


@pytest.fixture
def spec():
    return Spec(
        "w/o  Much",
        "mcsan",
        {"hidden": 8, "heads": 2},
        FeatureConfig(n_mfcc=13),
        TrainConfig(epochs=2),
        "speaker",
    )


def test_the_same_spec_as_in_experiment():
    assert runner.Spec is Spec


def test_folds_at_hand_give_the_same_key(corpus, spec):
    found = splits.folds(corpus, "speaker")
    assert (
        spec.key(corpus, MCSAN, found)
        == spec.key(corpus, MCSAN)
        != spec.key(corpus, MCSAN, found[1:])
    )


def test_what_names_a_run(corpus, spec):
    quieter = replace(corpus, utterances=corpus.utterances[1:])
    keys = [spec.key(c, MCSAN) for c in (corpus, quieter)]
    keys += [
        replace(spec, **change).key(corpus, MCSAN)
        for change in (
            {"options": {"hidden": 8, "heads": 4}},
            {"features": replace(spec.features, n_mfcc=12)},
            {"protocol": "official"},
            {"train": replace(spec.train, epochs=3)},
            {"name": "other"},
        )
    ]
    assert len(set(keys)) == len(keys)
    same = [
        replace(spec, train=replace(spec.train, seed=9)),
        replace(spec, options={**spec.options, "layers": 1}),
    ]
    assert {s.key(corpus, MCSAN) for s in same} == {
        keys[0]
    }  # the seed names the fold's folder; a default is a default


@pytest.fixture
def cell(tmp_path, monkeypatch):
    """A function: the class Mine that this code makes, as if it stood in a notebook's cell (or in a
    file of its own).
    """

    def make(code, module="__main__"):
        file = tmp_path / f"cell{len(list(tmp_path.iterdir()))}.py"
        file.write_text("from mcsan_lite.models.mcsan import MCSAN\n\n\n" + code)
        found = importlib.util.spec_from_file_location(file.stem, file)
        loaded = importlib.util.module_from_spec(found)
        monkeypatch.setitem(sys.modules, file.stem, loaded)
        found.loader.exec_module(loaded)
        for item in vars(loaded).values():
            if getattr(item, "__module__", None) == file.stem:
                item.__module__ = module or file.stem
        return loaded.Mine

    return make


CLASS = "class Mine(MCSAN):\n    def forward(self, batch, *, need_attention=False):\n"
LINE = "        return super().forward(batch, need_attention=need_attention)\n"


def test_edited_code_is_another_run_but_an_edited_comment_is_not(cell, corpus, spec, monkeypatch):
    first = spec.key(corpus, cell(CLASS + LINE))
    assert (
        spec.key(corpus, cell(f'{CLASS}        """A docstring."""\n\n        # a comment\n{LINE}'))
        == first
    )
    assert spec.key(corpus, cell(CLASS + LINE.replace("=need_attention", "=True"))) != first
    files = [
        spec.key(corpus, cell(CLASS + line, None))
        for line in (LINE, LINE.replace("=need_attention", "=True"))
    ]
    assert len({*files, first}) == 3  # from a file, not a cell
    assert first != spec.key(corpus, MCSAN)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "def double(x):\n    return 2 * x\n\n\n" + CLASS + "        double(1)\n" + LINE,
            ("2 * x", "3 * x"),
        ),
        (
            "def half(x):\n    return x / 2\n\n\ndef double(x):\n    return half(4 * x)\n\n\n"
            + CLASS
            + "        double(1)\n"
            + LINE,
            ("x / 2", "x / 3"),
        ),
        ("SCALE = 2\n\n\n" + CLASS + "        print(SCALE)\n" + LINE, ("SCALE = 2", "SCALE = 3")),
        (
            'SCALES = [1, {"a": (2, {3, 4})}]\n\n\n' + CLASS + "        print(SCALES)\n" + LINE,
            ("{3, 4}", "{3, 5}"),
        ),
        (CLASS + LINE + "\n    scale = 2\n", ("scale = 2", "scale = 3")),
        (CLASS + LINE + '\n    sizes = {"a": [2]}\n', ("[2]", "[3]")),
        (
            CLASS + LINE + "\n    @staticmethod\n    def attend(x):\n        return x + 1\n",
            ("x + 1", "x + 2"),
        ),
        (
            CLASS + LINE + "\n    @property\n    def wide(self):\n        return 1\n",
            ("return 1", "return 2"),
        ),
    ],
)
def test_what_a_class_uses_of_its_notebook_counts_too(before, after, cell, corpus, spec):
    edited = before.replace(*after)
    assert edited != before and spec.key(corpus, cell(before)) != spec.key(corpus, cell(edited))
    assert spec.key(corpus, cell(before)) == spec.key(
        corpus, cell("def other():\n    pass\n\n\n" + before)
    )  # unused


def test_two_classes_of_one_file_are_two_runs(corpus, spec):
    class One(MCSAN):
        pass

    class Two(MCSAN):
        def forward(self, batch, *, need_attention=False):
            return super().forward(batch, need_attention=True)

    assert spec.key(corpus, One) != spec.key(corpus, Two)


def test_neighbours_of_a_users_own_file_count_too(tmp_path, monkeypatch, corpus, spec):
    """my_model.py takes a layer from my_layers.py, which takes a number from my_numbers.py."""
    monkeypatch.syspath_prepend(tmp_path)

    def key(number):
        (tmp_path / "my_numbers.py").write_text(f"def number():\n    return {number}\n")
        (tmp_path / "my_layers.py").write_text(
            "import my_numbers\n\n\ndef layer():\n    return my_numbers.number()\n"
        )
        (tmp_path / "my_model.py").write_text(
            "from my_layers import layer\n\n"
            "from mcsan_lite.models.mcsan import MCSAN\n\n\n"
            "class Mine(MCSAN):\n    number = property(lambda self: layer())\n"
        )
        for name in ("my_numbers", "my_layers", "my_model"):
            sys.modules.pop(name, None)
        importlib.invalidate_caches()
        linecache.clearcache()
        return spec.key(corpus, importlib.import_module("my_model").Mine)

    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    try:
        assert key(1) != key(22) != key(333)
    finally:
        for name in ("my_numbers", "my_layers", "my_model"):
            sys.modules.pop(name, None)


def test_other_films_of_the_same_utterances_are_another_run(tmp_path, corpus, spec):
    films = replace(
        corpus,
        utterances=tuple(replace(u, video=tmp_path / f"{u.id}.npy") for u in corpus.utterances),
    )
    seen = replace(spec, features=replace(spec.features, video=True))
    keys = []
    for width in (2, 3):
        for u in films.utterances:
            np.save(u.video, np.zeros((4, width)))
        keys.append((seen.key(films, MCSAN), spec.key(films, MCSAN)))
    assert keys[0][0] != keys[1][0] and keys[0][1] == keys[1][1], (
        "a row that does not look is the same run"
    )


def test_two_tables_of_one_name_are_two_runs(tmp_path, corpus, spec):
    """The same rows, once beside clean clips and once beside noisy ones of the same length."""
    runs, labels = [], []
    for name, noise in (("clean", b"0"), ("noisy", b"1"), ("copy of clean", b"0")):
        (tmp_path / name).mkdir()
        clips = [tmp_path / name / f"{u.id}.wav" for u in corpus.utterances]
        for clip in clips:
            clip.write_bytes(b"RIFF" * 20 + noise * 9000)
        pairs = zip(corpus.utterances, clips, strict=True)
        utterances = tuple(replace(u, audio=clip) for u, clip in pairs)
        made = replace(corpus, kind="manifest", utterances=utterances)
        runs.append(spec.key(made, MCSAN))
        labels.append(corpus_label(made))
    assert runs[0] != runs[1] and labels[0] != labels[1]
    assert (runs[0], labels[0]) == (runs[2], labels[2])
    assert labels[0].startswith(f"{corpus.name}-") and corpus_label(corpus) == corpus.name


def test_arrays_made_elsewhere_are_counted_by_what_they_hold(corpus, spec, tmp_path):
    """Two layers of one language model have equal names, shapes and sizes; a moved folder is
    the same."""
    keys = []
    for folder, value in (("one", 1.0), ("two", 2.0), ("moved", 1.0)):
        (tmp_path / folder).mkdir()
        np.save(tmp_path / folder / "a.npy", np.full((3, 4), value))
        given = feature_settings(frames=str(tmp_path / folder), hop_s=0.02)
        keys.append(replace(spec, features=given).key(corpus, MCSAN))
    one, two, moved = keys
    assert one == moved != two
    assert spec.key(corpus, MCSAN) not in keys


def test_videos_are_counted_by_what_they_hold(corpus, spec, tmp_path):
    keys = []
    for value in (1.0, 2.0):
        film = tmp_path / "a.npy"
        np.save(film, np.full((3, 4), value))
        seen = replace(corpus, utterances=(replace(corpus.utterances[0], video=film),))
        looking = replace(spec, features=replace(spec.features, video=True), protocol="official")
        keys.append(looking.key(seen, MCSAN, []))
    assert len(set(keys)) == 2
