"""An utterance of three words whose second one, the decisive one, is a beep."""

import numpy as np

from mcsan_lite.corpus import Word
from mcsan_lite.explain.steps import frame_spans
from mcsan_lite.figures.attention import AlignedUtterance, DecisiveWord

RATE = 16_000
_SECONDS = np.arange(2 * RATE) / RATE
_IS_SAID = (_SECONDS >= 1.0) & (_SECONDS < 1.3)
BEEP = np.where(_IS_SAID, 0.5 * np.sign(np.sin(2 * np.pi * 200 * _SECONDS)), 0.0)

SPANS = frame_spans(22)
TOKENS = ["so", "sweet", "now"]
WORDS = (Word("so", 0.4, 1.0), Word("sweet", 1.0, 1.3), Word("now", 1.3, 1.8))
TRUTH = DecisiveWord(1, 1.0, 1.3)
KNOWN = AlignedUtterance(TOKENS, SPANS, WORDS, TRUTH)
BARE = AlignedUtterance(TOKENS, SPANS)

WEIGHTS = np.full((3, 22), 0.01)  # (L, A)
WEIGHTS[:, 12] = 1 - 0.21  # the frame at 1.12 s
