"""Readers: a folder on disk becomes a Corpus, one reader a file."""

from mcsan_lite.datasets.meld import read_meld
from mcsan_lite.datasets.ravdess import read_ravdess
from mcsan_lite.datasets.synthetic import read_synthetic

READERS = {"synthetic": read_synthetic, "ravdess": read_ravdess, "meld": read_meld}
