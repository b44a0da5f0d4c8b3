"""What the generated corpus may say for each class, and the knobs of the generator.

Every label comes from factors that live in one place each:

- *sense*: an evaluative word (pain, sweet) is a homophone of a plain one (pane, suite). The ear
  hears the same sound; only the spelling in the transcript tells. Each utterance strings several
  such words, at most one of them evaluative.
- *stress*: some of the words are louder, higher and slower. Only the sound tells, and only the
  evaluative word's stress counts.
- *arousal*: pitch, range, rate and volume of the whole utterance (Banse & Scherer 1996; Juslin &
  Laukka 2003).

| sense | that word stressed | not stressed |
|---|---|---|
| negative | anger | frustration (high arousal) or sadness (low) |
| positive | excitement | happiness |
| no evaluative word | surprise (high arousal) or neutral (low) | |
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Literal, NamedTuple, get_args

import numpy as np

from mcsan_lite.datasets.synthetic import speech
from mcsan_lite.errors import DataError

World = Literal["matching", "leaking", "listed"]
SYNTHETIC_LABELS = (
    "frustration",
    "neutral",
    "anger",
    "sadness",
    "excitement",
    "happiness",
    "surprise",
)
IEMOCAP_COUNTS = (1849, 1708, 1103, 1084, 1041, 595, 107)  # in the order of SYNTHETIC_LABELS

# (evaluative, plain) spellings of one sound. A test asks the synthesiser for the phonemes of both,
# in every voice.
NEGATIVE = (
    ("pain", "pane"),
    ("guilt", "gilt"),
    ("weak", "week"),
    ("foul", "fowl"),
    ("bruise", "brews"),
    ("die", "dye"),
    ("sore", "soar"),
    ("moan", "mown"),
    ("wail", "whale"),
    ("bored", "board"),
    ("tears", "tiers"),
    ("hurts", "hertz"),
    ("whine", "wine"),
    ("groan", "grown"),
    ("slay", "sleigh"),
    ("lone", "loan"),
)
POSITIVE = (
    ("sweet", "suite"),
    ("peace", "piece"),
    ("great", "grate"),
    ("flower", "flour"),
    ("soul", "sole"),
    ("heart", "hart"),
    ("prize", "pries"),
    ("dear", "deer"),
    ("holy", "wholly"),
    ("sun", "son"),
    ("heal", "heel"),
    ("praise", "prays"),
    ("rose", "rows"),
    ("fair", "fare"),
    ("raise", "rays"),
    ("bridal", "bridle"),
)
LEAD_INS = (
    "",
    "so",
    "she said",
    "he wrote",
    "they told us of",
    "i was thinking about",
    "listen",
    "you know the",
)
CONNECTIVES = ("and", "or", "then", "with the", "and the", "of", "but", "not the")
HESITATIONS = ("um", "er", "uh")


class Rule(NamedTuple):
    """What makes a class.

    Attributes:
        sense: of the evaluative word; "none" where there is no such word.
        stressed: whether that word is stressed; None where there is none.
        p_high: probability of high arousal.
    """

    sense: str
    stressed: bool | None
    p_high: float


RULES = {
    "anger": Rule("negative", True, 0.5),
    "frustration": Rule("negative", False, 1.0),
    "sadness": Rule("negative", False, 0.0),
    "excitement": Rule("positive", True, 0.5),
    "happiness": Rule("positive", False, 0.5),
    "surprise": Rule("none", None, 1.0),
    "neutral": Rule("none", None, 0.0),
}


@dataclass(frozen=True)
class SyntheticConfig:
    """The knobs of the generator. Each of them changes the corpus, and so its folder's name.

    Attributes:
        train: utterances in this part, as `valid` and `test`.
        seed: of every random draw.
        world: "matching"; or "leaking": every sound has one spelling, so the ear knows too; or
            "listed": the transcript is the list of these words alone, in alphabetical order, so
            that no place in it tells a place in the sound.
        pairs: homophone pairs in use, half of them negative; at most 32.
        held_out_pairs: further pairs that only the test part uses, so that only the word vectors
            can carry them over.
        max_words: an utterance strings 1 to `max_words` of these words.
        stress_share: chance that a word which decides nothing is stressed.
        speakers: at most 12 voices.
        speaker_leak: share of utterances whose speaker is chosen by the class.
        imbalance: how frequent the classes are: "none" for equally, or "iemocap".
        label_noise: share of labels that are replaced by another class.
        fillers: chance of an um or er before a word: spoken, not transcribed.
        missing_text: share of utterances with an empty transcript.
        missing_audio: share of utterances without a clip.
        video_noise: chance that the face shows another sense, stress or arousal; None: no video.

    Raises:
        DataError: for a value that is out of range.
    """

    train: int = 6000
    valid: int = 500
    test: int = 1000
    seed: int = 20210606
    world: World = "matching"
    pairs: int = 16
    held_out_pairs: int = 0
    max_words: int = 6
    stress_share: float = 0.5
    speakers: int = 10
    speaker_leak: float = 0.0
    imbalance: Literal["none", "iemocap"] = "none"
    label_noise: float = 0.0
    fillers: float = 0.0
    missing_text: float = 0.0
    missing_audio: float = 0.0
    video_noise: float | None = None

    def __post_init__(self) -> None:
        shares = ("stress_share", "speaker_leak", "label_noise")
        for name in (*shares, "fillers", "missing_text", "missing_audio"):
            self._require(name, 0 <= getattr(self, name) <= 1, "a share from 0 to 1")
        noise_is_share = self.video_noise is None or 0 <= self.video_noise <= 1
        self._require("video_noise", noise_is_share, "None, or a share from 0 to 1")
        for name in ("train", "valid", "test", "max_words"):
            self._require(name, getattr(self, name) > 0, "at least 1")
        self._require_pairs()
        most = len(speech.VOICES)
        self._require("speakers", 1 <= self.speakers <= most, f"1 to {most}")
        expected = "'matching', 'leaking' or 'listed'"
        self._require("world", self.world in get_args(World), expected)
        self._require("imbalance", self.imbalance in ("none", "iemocap"), "'none' or 'iemocap'")

    def _require_pairs(self) -> None:
        # An utterance takes each pair at most once, and in the leaking world only half of the pairs
        # may be plain.
        few = max(3, self.max_words)
        enough = self.pairs % 2 == 0 and few < self.pairs <= 32
        self._require("pairs", enough, "even, 4 to 32, over max_words")
        held_out = self.held_out_pairs
        enough = held_out == 0 or few < held_out <= 32 - self.pairs
        self._require(
            "held_out_pairs",
            held_out % 2 == 0 and enough,
            "0; or even, at least 4, over max_words, and with `pairs` at most 32",
        )

    def _require(self, name: str, good: bool, expected: str) -> None:
        if not good:
            raise DataError(f"{name}={getattr(self, name)!r}", expected, f"change {name}.")

    @property
    def prior(self) -> np.ndarray:
        """P(class), (7,), in the order of SYNTHETIC_LABELS."""
        counts = np.ones(len(SYNTHETIC_LABELS))
        if self.imbalance == "iemocap":
            counts = np.array(IEMOCAP_COUNTS, float)
        return counts / counts.sum()

    def knobs(self) -> dict[str, object]:
        """All knobs by name.

        A knob that is None is left out: it changes neither the folder's name nor what is in it.
        """
        return {name: value for name, value in asdict(self).items() if value is not None}
