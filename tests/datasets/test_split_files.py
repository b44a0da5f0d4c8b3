"""Folds on disk: what is written is read back, and a csv that does not fit the corpus is refused by
name.
"""

import random
from dataclasses import replace

import pytest
import refusals
from dramas import drama
from hypothesis import given, settings
from hypothesis import strategies as st

from mcsan_lite.corpus import Corpus, Utterance
from mcsan_lite.datasets.splits import PROTOCOLS, Fold, digest, fold_table, folds, keep, read

THREE = Corpus("three", ("sad",), tuple(Utterance(f"u{i}", None, "", "sad") for i in range(3)))
GOOD = "id,mine-0,mine-1\nu0,train,test\nu1,valid,train\nu2,test,valid\n"


def file(folder, content=GOOD):
    path = folder / "mine.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def test_the_digest_sees_every_part_and_the_names():
    fold = Fold("a", ("u1", "u2"), ("u3",), ("u4",), "a")
    others = [
        replace(fold, name="b"),
        Fold("a", ("u1",), ("u2", "u3"), ("u4",), "a"),
        Fold("a", ("u1", "u2"), ("u4",), ("u3",), "a"),
    ]
    assert len({digest([f]) for f in [fold, *others]} | {digest([fold, fold])}) == 5
    assert digest([fold]) == digest((replace(fold),))


def test_table_has_a_line_an_utterance_and_a_column_a_fold():
    found = fold_table(folds(drama(), "session5"))
    assert list(found.columns) == [f"session5-{i}" for i in range(5)] and found.index.name == "id"
    assert list(found.index) == sorted(u.id for u in drama().utterances)
    for u in drama().utterances:
        tested = int(u.session[1])
        expected = [
            "test" if i == tested else "valid" if (i + 1) % 5 == tested else "train"
            for i in range(5)
        ]
        assert found.loc[u.id].tolist() == expected


@pytest.mark.parametrize("name", PROTOCOLS)
def test_what_is_kept_is_read_back(name, tmp_path):
    made = drama()
    expected = folds(made, name)
    path = keep(made, expected, tmp_path)
    assert path == tmp_path / "splits" / f"toy-{name}-{digest(expected)}.csv"
    for given_ in (path, str(path)):
        assert folds(made, given_) == expected and digest(folds(made, given_)) == digest(expected)
    other = replace(made, utterances=tuple(random.Random(1).sample(made.utterances, len(made))))
    assert read(other, path) == expected
    assert [p.name for p in path.parent.iterdir()] == [path.name]  # no half-written neighbour


def test_official_dev_is_kept_under_its_protocols_name(tmp_path):
    made = replace(drama(), utterances=tuple(u for u in drama().utterances if u.split != "test"))
    path = keep(made, folds(made, "official"), tmp_path)
    assert path.name.startswith("toy-official-") and [f.name for f in read(made, path)] == [
        "official-dev"
    ]


def test_what_is_there_is_not_written_again(tmp_path):
    made = drama()
    path = keep(made, folds(made, "kfold10"), tmp_path)
    before = path.stat().st_mtime_ns
    assert (
        keep(made, folds(made, "kfold10"), tmp_path) == path and path.stat().st_mtime_ns == before
    )
    assert keep(made, folds(made, "yoon5"), tmp_path) != path


NAMES = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), min_size=1, max_size=6
)


@settings(max_examples=60, deadline=None, database=None)
@given(
    ids=st.lists(
        NAMES | st.sampled_from(["NA", "nan", "1.0", "007", "a,b", '"', " x ", "#"]),
        min_size=3,
        max_size=12,
        unique=True,
    ),
    order=st.randoms(use_true_random=False),
)
def test_any_ids_come_back_as_they_were(ids, order, tmp_path_factory):
    made = Corpus("any", ("sad",), tuple(Utterance(i, None, "", "sad") for i in ids))
    found = []
    for name in ("a-0", "a-1"):
        order.shuffle(ids)
        found.append(Fold(name, *(tuple(sorted(ids[i::3])) for i in range(3)), protocol="a"))
    assert read(made, keep(made, found, tmp_path_factory.mktemp("any"))) == found


@pytest.mark.parametrize(
    "content",
    [
        GOOD,
        GOOD.replace("\n", "\r\n"),
        b"\xef\xbb\xbf" + GOOD.encode(),
        GOOD.rstrip("\n"),
        GOOD + "\n\n",
        "mine-0,mine-1,id\ntest,valid,u2\nvalid,train,u1\ntrain,test,u0\n",
        GOOD.replace(",", ";").replace("id", "ID"),
        "sep=\t\n" + GOOD.replace(",", "\t"),
        GOOD.replace(",", " , ").replace("train", "Train").replace("valid", "DEV"),
        GOOD.replace("valid", "validation"),
        GOOD.replace("valid", "eval"),
        GOOD.replace("test", "eval").replace("valid", "dev"),
        GOOD.replace("u1", "u1\u200b").encode("utf-16"),
    ],
    ids=[
        *("plain", "crlf", "bom", "no last end", "blank lines", "other order", "semicolons"),
        *("excel's tabs", "blanks and case", "validation", "eval beside test", "eval beside dev"),
        "utf-16",
    ],
)
def test_ends_of_lines_bom_and_order_do_not_matter(content, tmp_path):
    assert folds(THREE, str(file(tmp_path, content))) == [
        Fold("mine-0", ("u0",), ("u1",), ("u2",), "mine"),
        Fold("mine-1", ("u1",), ("u2",), ("u0",), "mine"),
    ]


EACH = "Expected: each of the 3 utterances of three once\nDo: write the file for this very corpus."
CSV = "Expected: a csv with the column id and a column for each fold"


@pytest.mark.parametrize(
    ("content", "given_", "rest"),
    [
        (
            GOOD.replace("u1,valid,train\n", ""),
            "1 ids missing or unknown: ['u1']",
            EACH,
        ),
        (GOOD + "u9,train,train\n", "1 ids missing or unknown: ['u9']", EACH),
        (GOOD + "u2,train,train\n", "lines 4 and 5 of", "both 'u2'\nExpected: each id once"),
        ("id,mine-0\n", "3 ids missing or unknown: ['u0', 'u1', 'u2']", EACH),
        ("id\nu0\nu1\nu2\n", "with 0 folds", CSV),
        (
            GOOD.replace("u1,valid,train", "u1,devil,train"),
            "with ['devil']",
            "Expected: only train, valid, test\nDo: correct these",
        ),
        (
            GOOD.replace("mine-1", "mine-0"),
            "with 2 columns 'mine-0'",
            "each once",
        ),
        (GOOD.replace("u1,valid,train", "u1,valid,"), "with ['']", "only train, valid, test"),
        (GOOD.replace("u1,valid,train", "u1,valid"), "line 3 of", "Expected: 3, as in the first"),
        (
            GOOD.replace("valid", "train"),
            "fold mine-0 of three with no valid utterance",
            "all three parts filled",
        ),
        (
            GOOD.replace("mine-0", "../mine-0"),
            "with a column '../mine-0'",
            "letters, digits, '.', '_' and '-'\nDo: rename that",
        ),
        (GOOD.replace("mine-0", ""), "with a column ''", "rename that fold."),
        ("name" + GOOD[2:], "with the columns 'name', 'mine-0'", CSV),
        (GOOD.replace("mine-1", "ID"), "with the columns 'id', 'mine-0', 'ID'", CSV),
        (
            GOOD.replace("u1,valid", "u1,valid,valid"),
            "line 3 of",
            "Expected: 3, as in the first line",
        ),
        (GOOD.replace("u1", '"u1'), "line 3 of", "fields with their quotes closed"),
        ("", "the empty file", CSV),
        (b"\x89PNG\r\n\x1a\n\x00\xff", "a byte 0x00", "a table in UTF-8"),
    ],
    ids=[
        "missing",
        "unknown",
        "twice",
        "head only",
        "no fold",
        "other value",
        "fold twice",
        "empty value",
        "short line",
        "empty part",
        "path",
        "no name",
        "no id",
        "two ids",
        "long line",
        "open quote",
        "empty",
        "picture",
    ],
)
def test_refusals_by_text(content, given_, rest, tmp_path):
    path = file(tmp_path, content)
    text = refusals.refusal(lambda: folds(THREE, str(path)))
    first = text.split("\nExpected")[0]
    assert given_ in first and rest in text and (str(path) in first or "fold mine-0" in first)


def test_no_such_file_and_a_folder(tmp_path):
    (tmp_path / "folder.csv").mkdir()
    for name, reason in (("none.csv", "No such file"), ("folder.csv", "Is a directory")):
        text = refusals.refusal(lambda path=tmp_path / name: folds(THREE, str(path)))
        assert f"Given: {tmp_path / name}: " in text and reason in text and CSV in text
