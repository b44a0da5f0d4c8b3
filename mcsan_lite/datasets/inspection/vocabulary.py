"""What the word vectors make of a corpus's words.

In: its utterances by part, and a source of word vectors. Out: how many words have a vector, which
frequent ones have none, which texts are cut or written in another spelling; as a dict that json can
write.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from mcsan_lite.corpus import Utterance
from mcsan_lite.errors import DataError
from mcsan_lite.features.language.transcripts import (
    LEAST_KNOWN,
    Coverage,
    coverage,
    coverage_text,
    words_of,
)
from mcsan_lite.features.words import unknown_tokens
from mcsan_lite.tables.spelling import respelled

_EXAMPLES = 10  # unknown words in the report


def inspect_words(
    parts: Mapping[str, Sequence[Utterance]], tokens: Mapping[str, Sequence[str]], vectors: str
) -> dict:
    """What is to be said of the words.

    Args:
        parts: utterances; "all" are all of them.
        tokens: of each text that is not empty, by the utterance's id.
        vectors: their source, as for `load_vectors`.

    Returns:
        {"vectors", "problem": why they cannot be read, "coverage": by part, "unknown": the most
        frequent unknown words with their numbers, "respelled": texts by the rule that changes
        them}
    """
    written = {
        part: [tokens[u.id] for u in inside if u.id in tokens] for part, inside in parts.items()
    }
    report = {
        "vectors": vectors,
        "problem": None,
        "coverage": {},
        "unknown": [],
        "respelled": respelled(u.text for u in parts["all"]),
    }
    counted = Counter(word for text in written["all"] for word in words_of(text))
    if not counted:
        return report
    try:
        unknown = unknown_tokens(counted, vectors)
    except DataError as error:
        return {**report, "problem": error.given}
    frequent = [word for word, _ in counted.most_common() if word in unknown][:_EXAMPLES]
    return {
        **report,
        "coverage": {
            part: coverage(texts, unknown)._asdict() for part, texts in written.items() if texts
        },
        "unknown": [[word, counted[word]] for word in frequent],
    }


def words_problem(found: dict) -> str | None:
    """Why a network would read hardly a word; None where it reads enough.

    Args:
        found: what `inspect_words` returned.
    """
    for part, numbers in found["coverage"].items():
        covered = Coverage(**numbers)
        if covered.share is not None and covered.share < LEAST_KNOWN:
            whose = "" if part == "all" else f" of {part}"
            return f"only {covered.share:.1%} of the words{whose} are known to the word vectors"
    return None


def words_lines(found: dict) -> list[str]:
    """The same for reading.

    Args:
        found: what `inspect_words` returned.
    """
    lines = []
    if found["problem"]:
        lines.append(f"word vectors {found['vectors']}: {found['problem']}")
    elif found["coverage"]:
        by_part = {part: Coverage(**numbers) for part, numbers in found["coverage"].items()}
        lines.append(coverage_text(by_part, found["vectors"]))
    if found["unknown"]:
        listed = ", ".join(f"{word} {number:,}" for word, number in found["unknown"])
        lines.append(f"  most frequent of the others: {listed}")
    for what, number in found["respelled"].items():
        lines.append(f"  {number:,} texts with {what}")
    return lines
