"""What the MELD release consists of: files, folders, classes and their published counts.

Source: Poria et al. 2019, "MELD: A Multimodal Multi-Party Dataset for Emotion Recognition in
Conversations", and https://github.com/declare-lab/MELD. The part that MELD calls "dev" is "valid"
everywhere in this package.
"""

from __future__ import annotations

MELD_LABELS = ("anger", "disgust", "fear", "joy", "neutral", "sadness", "surprise")

ANNOTATION_FILES = {
    "train": "train_sent_emo.csv",
    "valid": "dev_sent_emo.csv",
    "test": "test_sent_emo.csv",
}

# Rows per class of each part, in the order of MELD_LABELS.
MELD_COUNTS = {
    "train": (1109, 271, 268, 1743, 4710, 683, 1205),
    "valid": (153, 22, 40, 163, 470, 111, 150),
    "test": (345, 68, 50, 402, 1256, 208, 281),
}

# The archives of clips inside MELD.Raw.tar.gz, and the folders that they unpack to.
CLIP_ARCHIVES = {"train": "train.tar.gz", "valid": "dev.tar.gz", "test": "test.tar.gz"}
CLIP_FOLDERS = {
    "train": "train_splits",
    "valid": "dev_splits_complete",
    "test": "output_repeated_splits_test",
}

# What is wrong with published clips, by the issues of the repository.
CORRUPT_CLIP = "train_dia125_utt3"  # published broken: issue 39
UNPUBLISHED_CLIP = "valid_dia110_utt7"  # never published: issues 22, 27
NO_USABLE_CLIP = frozenset({CORRUPT_CLIP, UNPUBLISHED_CLIP})
WRONG_CUTS = (  # not the turn of the row, up to minutes: issues 9, 20
    "train_dia309_utt0",
    "train_dia793_utt0",
    "test_dia38_utt4",
    "test_dia220_utt0",
)
RECUT_PREFIX = "final_videos_test"  # in the name of a test clip that was cut again: issue 22

FRESH_ANNOTATION = "take the file again from https://github.com/declare-lab/MELD (data/MELD)"
