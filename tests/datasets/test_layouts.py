"""What the simulated IEMOCAP and MELD share: sizes, and folders that are whole or not there."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from layout_files import bytes_below
from refusals import refusal

from mcsan_lite.datasets.iemocap.simulate import write_iemocap
from mcsan_lite.datasets.layouts import share
from mcsan_lite.datasets.meld.simulate import write_meld
from mcsan_lite.datasets.synthetic import speech


@given(st.integers(11, 50_000), st.lists(st.integers(1, 5000), min_size=2, max_size=11))
def test_a_share_is_whole_proportional_and_never_empty(total, weights):
    parts = share(total, weights)
    assert (
        parts.sum() == total
        and parts.min() >= 1
        and share(sum(weights), weights).tolist() == weights
    )
    exact = np.array(weights) / sum(weights) * total
    if exact.min() >= 1:
        assert np.all(np.abs(parts - exact) < 1)


WRITERS = [
    lambda root, **o: write_iemocap(root, turns=40, **o),
    lambda root, **o: write_meld(root, rows=60, **o),
]
both = pytest.mark.parametrize("write", WRITERS, ids=["iemocap", "meld"])


@both
def test_whole_or_not_there(write, tmp_path, monkeypatch):
    def stop(plan, folder):
        (folder / "half.wav").write_bytes(b"half")
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(speech, "hum_all", stop)
        with pytest.raises(KeyboardInterrupt):
            write(tmp_path, voice=False)
    assert list(tmp_path.iterdir()) == []
    folder = write(tmp_path, voice=False)
    monkeypatch.setattr(speech, "hum_all", stop)
    assert write(tmp_path, voice=False) == folder and list(tmp_path.iterdir()) == [
        folder
    ]  # nothing is done again
    before = bytes_below(folder)
    assert "is not made with" in refusal(lambda: write(tmp_path, voice=False, seed=3))
    (folder / "SYNTHETIC.txt").unlink()  # for all one knows, the licensed corpus
    assert "nothing is ever written over" in refusal(lambda: write(tmp_path, voice=False))
    assert before.items() - bytes_below(folder).items() == {
        ("SYNTHETIC.txt", before["SYNTHETIC.txt"])
    }


@both
def test_a_file_is_no_root(write, tmp_path):
    (tmp_path / "file").write_text("", encoding="utf-8")
    assert f"Given: the file {tmp_path / 'file'}" in refusal(
        lambda: write(tmp_path / "file" / "below", voice=False)
    )


@pytest.mark.parametrize(
    ("call", "crucial"),
    [
        (lambda root: write_iemocap(root, turns=10), "turns=10\n"),
        (lambda root: write_meld(root, rows=59), "rows=59\n"),
        (lambda root: write_iemocap(root, turns=10_040), "11 to 10,039"),
        (lambda root: write_meld(root, rows=13_709), "60 to 13,708"),
        (lambda root: write_iemocap(root, scene_leak=1.5), "scene_leak=1.5"),
        (lambda root: write_meld(root, clips="mp3"), "did you mean 'mp4'?"),
    ],
)
def test_impossible_knobs_are_refused_before_anything_is_written(call, crucial, tmp_path):
    assert crucial in refusal(lambda: call(tmp_path / "root")) and not (tmp_path / "root").exists()
