"""What is wrong in MELD and what each policy does about it, on invented and official rows."""

import pytest
import refusals
from meld_files import OFFICIAL, raw, refusal, touch, turn, write

from mcsan_lite.datasets.meld.defects import POLICIES, REMEDIES, defect_table
from mcsan_lite.datasets.meld.reader import found_defects, read_meld
from mcsan_lite.datasets.meld.release import ANNOTATION_FILES, CLIP_FOLDERS


@pytest.mark.parametrize(
    "defects, crucial",
    [
        (["trimm"], "did you mean 'trim'?"),
        (["Drop"], "did you mean 'drop'?"),
        ("recutt", "did you mean 'recut'?"),
        (["keep", "drop"], "the policies drop, keep"),
        ([], "no policy for defects"),
    ],
)
def test_wrong_policies(tmp_path, defects, crucial):
    assert crucial in refusal(raw(tmp_path), defects=defects)


@pytest.mark.parametrize(
    "defects, name",
    [
        (("keep",), "meld"),
        ("keep", "meld"),
        (["trim"], "meld+trim"),
        (["trim", "recut", "drop"], "meld+drop+recut+trim"),
        (["recut", "trim", "trim"], "meld+recut+trim"),
    ],
)
def test_the_name_says_the_choice(tmp_path, defects, name):
    assert read_meld(raw(tmp_path), strict=False, defects=defects).name == name


LONG, ZERO, SAME = (
    ("0:01:00,000", "0:01:20,001"),
    ("0:02:00,000", "0:02:00,049"),
    ("0:03:00,000", "0:03:01,00"),
)
EDGE = (
    ("0:00:12,2", "0:00:32,2"),
    ("0:00:00,3", "0:00:00,35"),
)  # 20 s and 0.05 s themselves, which floats miss by a hair


def defective(root):
    """One train row or more of every kind, and one that has two; clips of all but one of them."""
    rows = [
        turn(dialogue=125, number=3),
        turn(dialogue=309, number=0, times=LONG),
        turn(dialogue=793, number=0),
        turn("\x92 ", dialogue=1, number=0),
        turn("Eh.", dialogue=1, number=1, times=LONG),
        turn(dialogue=1, number=2, times=ZERO),
        turn(dialogue=1, number=3, times=EDGE[0]),
        turn(dialogue=1, number=4, times=EDGE[1]),
        turn(dialogue=1, number=5, times=("0:03:01,000", "0:03:00,000")),
        *(turn(dialogue=2, number=n, times=SAME) for n in (0, 1)),
        turn(dialogue=2, number=2, times=SAME, emotion="joy"),
        turn("Ah.", dialogue=2, number=3, times=SAME),
        turn(dialogue=2, number=4, times=("00:03:00,000", "00:03:01,000")),
        turn(dialogue=2, number=5, times=SAME, season=9),
    ]
    write(root, rows)
    write(root, [turn(dialogue=110, number=7)], "valid")
    write(
        root,
        [
            turn("Other.", dialogue=38, number=4, times=SAME),
            turn(dialogue=220, number=0, times=("", "")),
            turn(dialogue=0, number=0),
            turn(dialogue=0, number=1),
        ],
        "test",
    )
    for split, file in ANNOTATION_FILES.items():
        ids = [
            row.split(",")[5:7]
            for row in (root / file).read_text(encoding="utf-8").splitlines()[1:]
        ]
        touch(
            root,
            *(
                f"{CLIP_FOLDERS[split]}/dia{d}_utt{n}.mp4"
                for d, n in ids
                if (d, n) not in (("110", "7"), ("2", "5"))
            ),
        )
    return touch(
        root,
        *(
            f"{CLIP_FOLDERS['test']}/final_videos_testdia{name}.mp4"
            for name in ("0_utt0", "220_utt0", "9_utt9")
        ),
    )


FOUND = {
    "corrupt clip": {"train_dia125_utt3"},
    "missing clip": {"valid_dia110_utt7", "train_dia2_utt5"},
    "minutes-long clip": {"train_dia309_utt0", "train_dia1_utt1"},
    "wrong cut": {"train_dia309_utt0", "train_dia793_utt0", "test_dia38_utt4"},
    "wrong test cut": {"test_dia0_utt0", "test_dia220_utt0"},
    "zero span": {"train_dia1_utt2", "train_dia1_utt5"},
    "duplicate row": {"train_dia2_utt1", "train_dia2_utt4"},
    "two labels": {"train_dia2_utt2"},
    "clip in two parts": {"test_dia38_utt4", *(f"train_dia2_utt{n}" for n in range(5))},
    "control characters": {"train_dia1_utt0"},
}


def test_every_defect_is_found(tmp_path):
    found = found_defects(defective(tmp_path))
    assert {d.kind: set(d.ids) for d in found} == FOUND and [d.kind for d in found] == list(
        REMEDIES
    )
    assert all(len(d.ids) == len(set(d.ids)) for d in found)


def test_keep_changes_nothing(tmp_path):
    corpus = read_meld(defective(tmp_path), strict=False)
    assert len(corpus) == 20 and {u.id for u in corpus.utterances if u.audio is None} == {
        *FOUND["missing clip"],
        "train_dia125_utt3",
    }
    assert all(
        u.max_s is None and (not u.audio or "final" not in u.audio.name) for u in corpus.utterances
    )
    assert corpus.skipped_kinds().to_dict() == {
        "clip missing": 2,
        "other cut": 2,
        "clip corrupt": 1,
        "unlabelled clip": 1,
        "unreadable time": 1,
    }


def test_trim_limits_the_long_ones_only(tmp_path):
    corpus = read_meld(defective(tmp_path), strict=False, defects=["trim"])
    assert len(corpus) == 20 and {
        u.id: u.max_s for u in corpus.utterances if u.max_s
    } == dict.fromkeys(FOUND["minutes-long clip"], 20.0)


def test_recut_takes_the_twin_where_there_is_one(tmp_path):
    defective(tmp_path)
    (tmp_path / CLIP_FOLDERS["test"] / "dia220_utt0.mp4").unlink()  # a twin alone
    corpus = read_meld(tmp_path, strict=False, defects=["recut"])
    names = {u.id: u.audio.name for u in corpus.utterances if u.audio}
    assert {i for i, name in names.items() if name.startswith("final_videos_testdia")} == FOUND[
        "wrong test cut"
    ]
    assert (
        names["test_dia0_utt0"] == "final_videos_testdia0_utt0.mp4"
        and names["test_dia0_utt1"] == "dia0_utt1.mp4"
    )
    assert [s.id for s in corpus.skipped if s.kind == "other cut"] == [
        f"{CLIP_FOLDERS['test']}/dia0_utt0.mp4"
    ]
    assert {s.id for s in corpus.skipped if s.kind == "clip missing"} == FOUND["missing clip"]
    assert "test_dia220_utt0" in {
        s.id for s in read_meld(tmp_path, strict=False).skipped if s.kind == "clip missing"
    }


@pytest.mark.parametrize(
    "defects, spared",
    [
        (["drop"], set()),
        (["drop", "trim"], {"minutes-long clip"}),
        (["drop", "recut"], {"wrong test cut"}),
        (["drop", "recut", "trim"], {"minutes-long clip", "wrong test cut"}),
    ],
)
def test_drop_leaves_out_what_nothing_else_repairs(tmp_path, defects, spared):
    all_ids = {u.id for u in read_meld(defective(tmp_path), strict=False).utterances}
    out = set().union(
        *(
            ids
            for kind, ids in FOUND.items()
            if kind not in {"two labels", "clip in two parts", "control characters", *spared}
        )
    )
    corpus = read_meld(tmp_path, strict=False, defects=defects)
    dropped = {s.id: s for s in corpus.skipped if s.kind.startswith("dropped, ")}
    assert set(dropped) == out and {u.id for u in corpus.utterances} == all_ids - out
    assert len(dropped) == sum(
        s.kind.startswith("dropped, ") for s in corpus.skipped
    )  # each told once
    assert all(i in FOUND[s.kind.removeprefix("dropped, ")] for i, s in dropped.items())
    first = "wrong cut" if "trim" in defects else "minutes-long clip"  # this row has both
    assert dropped["train_dia309_utt0"].reason.startswith(f"dropped, {first}: line 3 of ")
    assert {u.id for u in corpus.utterances if u.max_s} == (
        {"train_dia1_utt1"} if "trim" in defects else set()
    )


def test_without_clips_the_registry_stands(tmp_path):
    write(tmp_path, [turn(dialogue=125, number=3), turn(dialogue=8, number=0)])
    write(tmp_path, [turn(dialogue=110, number=7)], "valid")
    assert [u.id for u in read_meld(tmp_path, strict=False, defects="drop").utterances] == [
        "train_dia8_utt0"
    ]
    assert [
        u.id
        for u in read_meld(
            touch(tmp_path, "dev/dia110_utt7.wav", "train/dia8_utt0.wav"),
            strict=False,
            defects="drop",
        ).utterances
    ] == ["train_dia8_utt0", "valid_dia110_utt7"]


def test_the_table(tmp_path):
    found = found_defects(defective(tmp_path))
    table = defect_table(found)
    assert list(table.index) == list(REMEDIES) and table.rows.to_dict() == {
        k: len(ids) for k, ids in FOUND.items()
    }
    assert (table[["train", "valid", "test"]].sum(axis=1) == table.rows).all() and set(
        POLICIES
    ) <= set(table.columns)
    assert table.loc["missing clip", ["train", "valid", "test"]].tolist() == [1, 1, 0]
    assert (
        table.touched.drop("control characters").eq(0).all()
        and table.touched["control characters"] == 1
    )
    assert table.loc["minutes-long clip", ["keep", "trim", "drop", "recut"]].tolist() == [
        "as published",
        "first 20 s",
        "left out",
        "as published",
    ]
    touched = defect_table(found, ["trim", "recut"]).touched
    assert touched[touched > 0].to_dict() == {
        "minutes-long clip": 2,
        "wrong test cut": 2,
        "control characters": 1,
    }
    assert "did you mean 'drop'?" in refusals.refusal(lambda: defect_table(found, ["dropp"]))


@pytest.mark.skipif(
    not OFFICIAL.is_dir(), reason=f"no official MELD annotation in {OFFICIAL} (MCSAN_DATA)"
)
def test_the_defects_of_the_official_files():
    def counts(*parts):
        return {
            d.kind: n
            for d in found_defects(OFFICIAL)
            if (n := sum(i.startswith(parts) for i in d.ids))
        }

    assert counts("train") == {
        "corrupt clip": 1,
        "minutes-long clip": 7,
        "wrong cut": 2,
        "zero span": 1,
        "duplicate row": 5,
        "two labels": 5,
    } | {"clip in two parts": counts("train")["clip in two parts"]}
    if "test_sent_emo.csv" in {s.id for s in read_meld(OFFICIAL).skipped}:
        assert counts("valid") == {
            "missing clip": 1,
            "minutes-long clip": 2,
            "clip in two parts": 2,
        }
        assert counts("train")["clip in two parts"] == 2
        assert (
            len(read_meld(OFFICIAL, defects=["drop"])) == 9_989 + 1_109 - 19 + 1
        )  # one is minutes-long and cut wrongly
        assert len(read_meld(OFFICIAL, defects=["drop", "trim"])) == 9_989 + 1_109 - 10
