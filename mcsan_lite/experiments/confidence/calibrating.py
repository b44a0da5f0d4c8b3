"""Calibrate runs whose training corpus is at hand, and measure on test what that is worth.

In: folders of folds, or shipped checkpoints, and their corpus. Out: a confidence.json beside each,
and a table with one row per run. Everything is fitted on training and validation; the test part is
only measured.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from mcsan_lite.corpus import Corpus
from mcsan_lite.datasets import splits
from mcsan_lite.errors import DataError
from mcsan_lite.evaluation.calibration import (
    answered,
    expected_calibration_error,
    with_temperature,
)
from mcsan_lite.experiments.checkpoints import read_provenance
from mcsan_lite.experiments.corpora import open_corpus, synthetic_folder
from mcsan_lite.features.extraction import FeatureConfig, Features, extract
from mcsan_lite.features.language.transcripts import words_of
from mcsan_lite.training.confidence.fitting import fit_confidence
from mcsan_lite.training.confidence.judging import likeness_of_sound, likeness_of_words
from mcsan_lite.training.confidence.sidecar import (
    Confidence,
    TrainedOn,
    weights_digest,
    weights_file,
    write_confidence,
)
from mcsan_lite.training.fold import FoldFeatures
from mcsan_lite.training.inference import Trained, load_run
from mcsan_lite.training.loop import predict
from mcsan_lite.training.runner import RunOptions, fold_features


class Origin(NamedTuple):
    """What the files of a run say of its training.

    Attributes:
        corpus: its name.
        fingerprint: of that corpus; "" in a shipped checkpoint, which has none.
        protocol: that drew the folds.
        fold: the name of its fold.
        seed: of its training.
    """

    corpus: str
    fingerprint: str
    protocol: str
    fold: str
    seed: int


class CalibratedRun(NamedTuple):
    """A run with what was fitted, and the features of its fold.

    Attributes:
        place: its folder or file.
        run: the model.
        parts: features of its fold.
        confidence: what was fitted.
    """

    place: Path
    run: Trained
    parts: FoldFeatures
    confidence: Confidence


def origin_of(run: Path | str) -> Origin:
    """What a run was trained on, from its own files.

    Args:
        run: a fold's folder below runs/, or a shipped checkpoint.

    Raises:
        DataError: for a model that does not say.
    """
    file = weights_file(run)
    if not file.is_file():
        raise DataError(
            f"no model at {file}",
            "a fold's folder with model.safetensors, or a .safetensors file",
            "look below runs/ for a finished one, or train one: mcsan run",
        )
    folder = file.parent
    try:
        spec = json.loads((folder.absolute().parent / "spec.json").read_text(encoding="utf-8"))
        fold, _, seed = folder.absolute().name.rpartition("-seed")
        return Origin(spec["corpus"], spec["fingerprint"], spec["protocol"], fold, int(seed))
    except (OSError, ValueError, LookupError, TypeError):
        about = read_provenance(file)
        return Origin(about["corpus"], "", "official", about["fold"], about["seed"])


def corpus_of_run(origin: Origin, data: Path | str = "data", jobs: int = 1) -> Corpus:
    """The generated corpus that a run was trained on; the lessons' own are made where missing.

    Args:
        origin: what the run says.
        data: folder of corpora.
        jobs: processes side by side.

    Raises:
        DataError: for a corpus that must be named.
    """
    folder = Path(data) / origin.corpus
    if folder.is_dir():
        return open_corpus(root=folder)
    if origin.corpus.startswith("synthetic-"):
        for world in ("matching", "leaking"):
            if synthetic_folder_name(world) == origin.corpus:
                return open_corpus(root=synthetic_folder(data=data, world=world, jobs=jobs))
    raise DataError(
        f"a run that was trained on {origin.corpus}, which is not below {data}",
        "the corpus of its training",
        "name it as for the training: --corpus NAME --root PATH",
    )


def synthetic_folder_name(world: str) -> str:
    """The name of the lessons' corpus in a world, whether it is there or not.

    Args:
        world: "matching" or "leaking".
    """
    from mcsan_lite.datasets.synthetic.generator import corpus_folder
    from mcsan_lite.experiments.corpora import synthetic_config

    return corpus_folder("data", synthetic_config("quick", world)).name


def calibrated_runs(
    places: Sequence[Path | str], corpus: Corpus, options: RunOptions = RunOptions()
) -> list[CalibratedRun]:
    """Fit the confidence of runs of one corpus. Nothing is written.

    Args:
        places: folders of folds, or checkpoints.
        corpus: what all of them were trained on.
        options: where features are kept, and with how many processes they are made.

    Raises:
        DataError: for a run of another corpus, or of folds that cannot be drawn again.
    """
    made: dict[FeatureConfig, dict[str, Features]] = {}
    found = []
    for place in map(Path, places):
        origin, run = origin_of(place), load_run(place)
        _require_corpus_of(place, origin, corpus)
        if run.features not in made:
            extracted, _ = extract(corpus, run.features, cache=options.cache, jobs=options.jobs)
            made[run.features] = {one.id: one for one in extracted}
        parts = fold_features(corpus, _fold_of(place, origin, corpus), made[run.features])
        source = TrainedOn(
            corpus.name, corpus.generated, origin.fold, len(parts.train), len(parts.valid)
        )
        confidence = fit_confidence(run, parts, source, weights_digest(place))
        found.append(CalibratedRun(place, run, parts, confidence))
    return found


def _require_corpus_of(place: Path, origin: Origin, corpus: Corpus) -> None:
    same = origin.corpus == corpus.name
    if same and origin.fingerprint in ("", corpus.fingerprint()):
        return
    raise DataError(
        f"{corpus.name} for {place}, which was trained on {origin.corpus}",
        "the same corpus, with the same utterances, as in its training",
        "open it with the options of the training: --corpus NAME --root PATH",
    )


def _fold_of(place: Path, origin: Origin, corpus: Corpus) -> splits.Fold:
    for fold in splits.folds(corpus, origin.protocol):
        if fold.name == origin.fold:
            return fold
    raise DataError(
        f"{place}, whose fold {origin.fold!r} the protocol {origin.protocol!r} does not draw",
        "a fold of its protocol",
        "keep the folder's name as the training wrote it.",
    )


def calibrate_runs(
    places: Sequence[Path | str], corpus: Corpus, options: RunOptions = RunOptions()
) -> pd.DataFrame:
    """Write the confidence of runs beside their weights.

    Args:
        places: as for `calibrated_runs`, like the other arguments.
        corpus: what they were trained on.
        options: where and with what.

    Returns:
        One row per run, as `measured_on_test` gives it.
    """
    found = calibrated_runs(places, corpus, options)
    for one in found:
        write_confidence(one.place, one.confidence)
    return pd.DataFrame([measured_on_test(one) for one in found])


def calibrate_shipped(
    places: Sequence[Path | str], options: RunOptions = RunOptions()
) -> pd.DataFrame:
    """`calibrate_runs` of checkpoints whose corpora are generated, each opened by its name.

    Args:
        places: the checkpoints.
        options: where and with what.
    """
    tables = []
    for group in grouped_by_corpus(places).values():
        corpus = corpus_of_run(origin_of(group[0]), options.data, options.jobs)
        tables.append(calibrate_runs(group, corpus, options))
    return pd.concat(tables, ignore_index=True)


def measured_on_test(one: CalibratedRun) -> dict[str, object]:
    """What calibration is worth on utterances that neither training nor fitting has seen.

    Args:
        one: a calibrated run.

    Returns:
        The temperature; ECE before and after; the share that is answered, and how many of those
        answers are right; and which share of sounds and of words is called unlike.
    """
    test, confidence = one.parts.test, one.confidence
    tested = predict(one.run.model, test, one.run.labels, standardizer=one.run.standardizer)
    calibrated = with_temperature(tested.prob, confidence.calibration.temperature)
    given = answered(calibrated, tested.true, confidence.calibration.abstain_below)
    return {
        "run": run_name(one.place),
        "T": confidence.calibration.temperature,
        "ECE": expected_calibration_error(tested.prob, tested.true),
        "ECE calibrated": expected_calibration_error(calibrated, tested.true),
        "answered": given.share,
        "right of these": given.accuracy,
        "sound unlike": share_of_unlike_sound(confidence, test),
        "words unlike": share_of_unlike_words(confidence, test),
        "n": len(test),
    }


def run_name(place: Path) -> str:
    """The name of a run for tables: run/fold of a folder, or that of a file."""
    return place.stem if place.is_file() else f"{place.parent.name}/{place.name}"


def share_of_unlike_sound(confidence: Confidence, features: Sequence[Features]) -> float:
    """Which share of clips is unlike the training part; nan where that is not known.

    Args:
        confidence: of a run.
        features: utterances, not normalised.
    """
    heard = [one.audio for one in features if len(one.audio)]
    if confidence.sound is None or not heard:
        return float("nan")
    return float(np.mean([likeness_of_sound(confidence.sound, one).unlike for one in heard]))


def share_of_unlike_words(confidence: Confidence, features: Sequence[Features]) -> float:
    """Which share of transcripts is unlike the training part; nan where that is not known.

    Args:
        confidence: of a run.
        features: utterances.
    """
    said = [words for one in features if (words := words_of(one.tokens))]
    if confidence.words is None or not said:
        return float("nan")
    return float(np.mean([likeness_of_words(confidence.words, one).unlike for one in said]))


def grouped_by_corpus(places: Sequence[Path | str]) -> Mapping[str, list[Path]]:
    """Runs by the name of the corpus that they were trained on, in their order.

    Args:
        places: folders of folds, or checkpoints.
    """
    groups: dict[str, list[Path]] = {}
    for place in map(Path, places):
        groups.setdefault(origin_of(place).corpus, []).append(place)
    return groups
