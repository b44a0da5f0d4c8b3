"""Readers: a folder on disk becomes a `Corpus`, one reader per corpus."""

from mcsan_lite.datasets.iemocap.reader import read_iemocap
from mcsan_lite.datasets.manifest import read_manifest
from mcsan_lite.datasets.meld.reader import read_meld
from mcsan_lite.datasets.ravdess import read_ravdess
from mcsan_lite.datasets.synthetic.reader import read_synthetic

READERS = {
    "synthetic": read_synthetic,
    "iemocap": read_iemocap,
    "meld": read_meld,
    "ravdess": read_ravdess,
    "manifest": read_manifest,
}
