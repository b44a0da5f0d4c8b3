"""What is said before anything is trained: video that no row sees, and words that nobody knows.

In: a corpus and the rows that will be trained on it. Out: lines on stderr; or a refusal. Heavy
imports wait until they are needed.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mcsan_lite.corpus import Corpus
    from mcsan_lite.training.spec import Spec


def report_unseen_video(video: str | None, specs: Sequence[Spec]) -> None:
    """Say on stderr that no row looks at the video that was given.

    Args:
        video: what --video names; None: nothing.
        specs: the rows that will be trained.
    """
    from mcsan_lite.features.alignment import LACKING

    if video and not any(spec.features.video for spec in specs):
        print(
            "--video: none of these rows looks at it. AMH and MCSAN + video of table1 do, "
            f"where at most {LACKING:.0%} of the utterances are without",
            file=sys.stderr,
        )


def report_known_words(
    cache: Path, corpus: Corpus, specs: Sequence[Spec], *, allow_unknown: bool = False
) -> None:
    """Say on stderr how many of the corpus's words the word vectors know.

    Args:
        cache: the folder of features.
        corpus: what will be trained on.
        specs: the rows that will be trained.
        allow_unknown: go on though they know less than half of them.

    Raises:
        DataError: where they do, unless that is allowed.
    """
    from mcsan_lite.features.language import transcripts
    from mcsan_lite.training.spec import vectors_read

    for vectors in vectors_read(specs):
        found = transcripts.corpus_coverage(corpus, vectors, cache)
        line = transcripts.coverage_text(found, vectors)
        if line:
            print(line, file=sys.stderr)
        if not allow_unknown:
            transcripts.require_known_words(found, vectors)
