"""Small things for every test: one thread, and sizes that are all different, so that a swapped axis
cannot pass.

B 2 · C 3 · head size 4 · L 5 · A 6 · H 11 · MFCC 13 · word vector 17 · D 44 · T 50
"""

import subprocess
import sys

import numpy as np
import pytest
import soundfile
import torch
from sounds import RATE, tone
from threadpoolctl import threadpool_limits

from mcsan_lite.features.batch import Dims
from mcsan_lite.features.extraction import Features
from mcsan_lite.models.mcsan import MCSANConfig

torch.set_num_threads(1)
threadpool_limits(1)  # whatever OMP_NUM_THREADS says
LABELS = ("angry", "neutral", "sad")
# Half a minute and more for one test: begun last, they would leave the other workers idle.
LONGEST = ("test_runner_clusters", "test_marking", "test_explorer_lab", "test_crash")


def pytest_collection_modifyitems(items):
    """The longest files first; all others in their order."""
    items.sort(key=lambda item: item.path.stem not in LONGEST)


@pytest.fixture(scope="session")
def dead():
    """The number of a process that has ended."""
    done = subprocess.Popen([sys.executable, "-c", ""])
    done.wait()
    return done.pid


@pytest.fixture
def labels():
    return LABELS


@pytest.fixture
def dims():
    return Dims(audio=13, text=17, classes=3)


@pytest.fixture
def small():
    """A function: MCSANConfig of small size, everything fixed that a default could change, with
    your changes.
    """

    def make(**changes):
        fixed = {
            "hidden": 44,
            "heads": 11,
            "layers": 1,
            "kernel": 3,
            "pool_stride": 3,
            "conv_same": True,
            "dropout": 0.1,
            "activation": "relu",
            "positions": "sinusoid",
            "position_scale": 1.0,
            "feedforward": 2,
            "full_scale": False,
            "classifier_layers": 2,
        }
        return MCSANConfig(**(fixed | changes))

    return make


@pytest.fixture
def make_features():
    """A function: n random utterances of `frames` and `words` (a number, or a range to draw from),
    classes in turn.
    """

    def make(
        n, seed=0, *, frames=(8, 50), words=(2, 5), audio=13, text=17, labels=LABELS, prefix="u"
    ):
        random = np.random.default_rng(seed)

        def draw(wanted):
            return (
                wanted
                if isinstance(wanted, int)
                else int(random.integers(wanted[0], wanted[1] + 1))
            )

        made = []
        for i in range(n):
            sound = random.standard_normal((draw(frames), audio)).astype(np.float32)
            vectors = random.standard_normal((draw(words), text)).astype(np.float32)
            made.append(
                Features(
                    f"{prefix}{i}",
                    sound,
                    vectors,
                    tuple(f"w{j}" for j in range(len(vectors))),
                    labels[i % len(labels)],
                )
            )
        return made

    return make


@pytest.fixture
def wav(tmp_path):
    soundfile.write(tmp_path / "good.wav", tone(), RATE)
    return tmp_path / "good.wav"
