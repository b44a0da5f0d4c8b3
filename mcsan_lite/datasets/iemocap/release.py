"""What the IEMOCAP release consists of: emotion codes, classes and their published counts.

Source: Busso et al. 2008, "IEMOCAP: Interactive emotional dyadic motion capture database".
"""

from __future__ import annotations

from typing import NamedTuple

EMOTION_CODES = {
    "ang": "anger",
    "exc": "excitement",
    "hap": "happiness",
    "sad": "sadness",
    "fru": "frustration",
    "sur": "surprise",
    "neu": "neutral",
    "xxx": "no agreement",
    "fea": "fear",
    "oth": "other",
    "dis": "disgust",
}

# Labelled turns per emotion.
IEMOCAP_TURNS = {
    "anger": 1103,
    "excitement": 1041,
    "happiness": 595,
    "sadness": 1084,
    "frustration": 1849,
    "surprise": 107,
    "neutral": 1708,
    "no agreement": 2507,
    "fear": 40,
    "other": 3,
    "disgust": 2,
}

IEMOCAP_LABELS = (
    "anger",
    "excitement",
    "happiness",
    "sadness",
    "frustration",
    "surprise",
    "neutral",
)
IEMOCAP_FOUR_LABELS = ("anger", "happiness", "sadness", "neutral")
MERGED_INTO_FOUR = {"excitement": "happiness"}  # as the literature counts the four classes


class SessionCounts(NamedTuple):
    """How many dialogues a session has, and how many turns of the four classes."""

    dialogues: int
    four_class_turns: int


SESSIONS = {
    "Ses01": SessionCounts(28, 1085),
    "Ses02": SessionCounts(30, 1023),
    "Ses03": SessionCounts(32, 1151),
    "Ses04": SessionCounts(30, 1031),
    "Ses05": SessionCounts(31, 1241),
}

# The release itself has no .wdseg of these two turns.
NEVER_ALIGNED = frozenset({"Ses03M_impro03_M001", "Ses03F_impro07_M030"})

FRESH_COPY = "take the file from the release again (https://sail.usc.edu/iemocap)"
