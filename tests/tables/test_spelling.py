"""What looks the same is spelled the same: every rule of the table, and what is counted."""

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mcsan_lite.features.words import tokenize
from mcsan_lite.tables.spelling import SPELLING, composed, plain, respelled

# (as it is written, as labels are kept, as words are looked up)
TABLE = [
    ("cafe\u0301", "café", "café"),
    ("good\u200b", "good", "good"),
    ("go\u00adod\ufeff", "good", "good"),
    ("\u202agood\u202c\x00", "good", "good"),
    ("go\u200cod", "good", "good"),
    ("می\u200cخواهم", "می\u200cخواهم", "می\u200cخواهم"),  # Persian spells with it
    ("caf\udce9", "caf\ufffd", "caf\ufffd"),
    ("ｇｏｏｄ！", "ｇｏｏｄ！", "good!"),
    ("ﬁne", "ﬁne", "fine"),
    ("ｶﾞ", "ｶﾞ", "ガ"),
    ("𝓰𝓸𝓸𝓭", "𝓰𝓸𝓸𝓭", "good"),
    ("e\u2011mail", "e\u2011mail", "e-mail"),
    ("e\u2010mail", "e\u2010mail", "e-mail"),
    ("I\u02bcm", "I\u02bcm", "I'm"),
    ("it\u2032s", "it\u2032s", "it's"),
    ("don＇t", "don＇t", "don't"),
    ("„gut“", "„gut“", '"gut"'),
    ("so—good", "so—good", "so - good"),
    ("good\u3000day\u202f!", "good\u3000day\u202f!", "good day !"),
    ("x² ½ İ ß 你好", "x² ½ İ ß 你好", "x² ½ İ ß 你好"),  # these mean something of their own
]


@pytest.mark.parametrize("written, label, word", TABLE)
def test_the_table(written, label, word):
    assert composed(written) == label
    assert plain(written) == word


@given(st.text(st.characters(codec=None, exclude_categories=()), max_size=12))
@settings(max_examples=300, deadline=None)
def test_once_is_enough_and_any_file_can_hold_it(text):
    for respell in (composed, plain):
        once = respell(text)
        assert respell(once) == once
        assert once.encode("utf-8").decode("utf-8") == once
        assert unicodedata.is_normalized("NFC", once)


@given(st.text(st.characters(codec="ascii", exclude_characters="`"), max_size=20))
@settings(max_examples=100, deadline=None)
def test_ascii_that_can_be_seen_stays(text):
    seen = "".join(c for c in text if c.isprintable() or c.isspace())
    assert plain(seen) == composed(seen) == seen


def test_each_rule_counts_the_texts_that_it_changes():
    texts = ["cafe\u0301 cafe\u0301", "“good”", "good\u200b – day", "plain", "caf\udce9"]
    halves, invisible, accents, _, marks = (rule.what for rule in SPELLING)
    assert respelled(texts) == {halves: 1, invisible: 1, accents: 1, marks: 2}
    assert respelled(["plain"]) == {}


@pytest.mark.parametrize(
    "written, said",
    [
        ("The cafe\u0301 don＇t ｏｐｅｎ", "The café don't open"),
        ("Y\u02bcknow, e\u2011mail\u200b!", "Y'know, e-mail!"),
        ("a caf\udce9", "a caf\ufffd"),
    ],
)
def test_tokens_are_those_of_the_plain_text(written, said):
    assert tokenize(written) == tokenize(said)
