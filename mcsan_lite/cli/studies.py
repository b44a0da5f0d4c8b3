"""The commands that answer one question each: readings, identity, align, speakers, stress.

In: parsed options. Out: a table on stdout with what it says, and the exit status. Heavy imports
wait until a command runs.
"""

from __future__ import annotations

import argparse
from dataclasses import replace

from mcsan_lite.cli.borders.ignored import refuse_for_stress
from mcsan_lite.cli.borders.numbers import count, seed
from mcsan_lite.cli.borders.outputs import csv_file, several_files
from mcsan_lite.cli.options import (
    CORPORA_HELP,
    CorpusRequest,
    RowRequest,
    add_command,
    add_corpus_options,
    add_place_options,
    add_row_options,
    add_training_options,
    requested_corpus,
    run_options,
    table3_rows,
)


def add_readings_command(commands) -> None:
    """mcsan readings: its options."""
    parser = add_command(
        commands,
        "readings",
        readings_command,
        "synthetic corpus: which reading of the model points at the word that decides?",
        example="mcsan readings --seeds 1 --utterances 100",
    )
    add_place_options(parser)
    parser.add_argument(
        "--seeds",
        type=count,
        default=3,
        help="trainings a world (default: 3, all that are shipped)",
    )
    parser.add_argument(
        "--utterances", type=count, default=300, help="test utterances a training (default: 300)"
    )
    parser.add_argument(
        "--retrain", action="store_true", help="the profile's own runs, not the shipped checkpoints"
    )


def readings_command(args: argparse.Namespace) -> int:
    """Print how well each reading of a model points at the decisive word."""
    from mcsan_lite.experiments import readings
    from mcsan_lite.explain.pointing_tables import pointing_table
    from mcsan_lite.explain.readings import READINGS

    scores = readings.reading_scores(
        {name: method.read for name, method in READINGS.items()},
        args.profile,
        seeds=range(args.seeds),
        utterances=args.utterances,
        options=run_options(args),
    )
    print(pointing_table(scores).round(3).to_string(index=False))
    print(
        "points: is the highest frame in the decisive word? low to high: 95 % over "
        "utterances and seeds, or over utterances alone where there is one seed."
    )
    print("auc: chance is .5. The best head is chosen on validation, a seed at a time.")
    return 0


def add_identity_command(commands) -> None:
    """mcsan identity: its options."""
    parser = add_command(
        commands,
        "identity",
        identity_command,
        "the listed world, where order tells nothing: which networks recognise sounds, "
        "and where their maps point",
        example="mcsan identity --seeds 3 --jobs 2 --out identity.csv",
    )
    add_place_options(parser)
    parser.add_argument("--seeds", type=count, default=3, help="trainings per row (default: 3)")
    parser.add_argument("--out", help="a csv file for the table")


def identity_command(args: argparse.Namespace) -> int:
    """Print which changes of MCSAN, and which rival, match words with sounds by what they are."""
    from mcsan_lite.experiments import identity
    from mcsan_lite.tables.own import save_table

    options = run_options(args)
    out = csv_file(args.out) if args.out else None  # a wrong one is refused before anything trains
    bounds = identity.identity_bounds(args.profile, options=options)
    table = identity.identity_table(args.profile, seeds=range(args.seeds), options=options)
    if out is not None:
        save_table(out, table)
    print(bounds.round(3).to_string())
    print(f"\n{table.round(3).to_string(index=False)}\n")
    print(*identity.identity_verdicts(table, bounds["both, unmatched"]), sep="\n")
    print(
        "low to high: 95 % over utterances and seeds. points: is the heaviest frame of the "
        "decisive word's row in that word? others: is that of any other word's row? Where one "
        "summary asks: is its heaviest frame in any other word?"
    )
    return 0


def add_align_command(commands) -> None:
    """mcsan align: its options."""
    parser = add_command(
        commands,
        "align",
        align_command,
        "does each word look at its own sound? Needs word times",
        example="mcsan align --run checkpoints/matching-seed0.safetensors --utterances 100",
    )
    add_corpus_options(parser)
    parser.add_argument(
        "--run", required=True, help="a fold's folder below runs/, or a .safetensors file"
    )
    parser.add_argument("--corpus", default="synthetic", help=CORPORA_HELP)
    parser.add_argument(
        "--vectors", help="the word vectors of the training, where the run does not find them"
    )
    parser.add_argument(
        "--frames",
        help="for a run that was trained on frames made elsewhere: those of the corpus, a folder",
    )
    parser.add_argument(
        "--utterances",
        type=count,
        default=300,
        help="the first so many of the test part (default: 300)",
    )


def align_command(args: argparse.Namespace) -> int:
    """Print how well each word's row points at the word's own sound."""
    from mcsan_lite.experiments import readings
    from mcsan_lite.training.inference import load_run

    request, options = CorpusRequest.from_args(args), run_options(args)
    if args.skip_bad:  # usable is what this run can hear: its own frames, or clips
        run = load_run(args.run, vectors=args.vectors, frames=args.frames)
        request = replace(request, features=run.features)
    corpus = requested_corpus(request)
    asked = {"utterances": args.utterances, "vectors": args.vectors, "frames": args.frames}
    table = readings.alignment_table(args.run, corpus, **asked, options=options)
    print(table.round(3).to_string(index=False))
    print(
        "points: is the heaviest frame of a word's row in that word? "
        "Mean and 95 % interval over utterances (Student)."
    )
    return 0


def add_speakers_command(commands) -> None:
    """mcsan speakers: its options."""
    parser = add_command(
        commands,
        "speakers",
        speakers_command,
        "are more speakers what is missing? The same tested speakers, with more and more to "
        "train on",
        example="mcsan speakers ravdess --root ~/corpora/RAVDESS --speakers 2,4,6",
    )
    add_row_options(parser)
    add_training_options(parser)
    parser.add_argument("corpus", help=CORPORA_HELP)
    parser.add_argument(
        "--speakers",
        default="2,4,6,8,10",
        help="how many of them train, by comma (default: 2,4,6,8,10)",
    )
    parser.add_argument(
        "--folds", type=count, help="only the first so many tested speakers (default: all)"
    )
    parser.add_argument("--seeds", type=count, default=1, help="trainings per fold (default: 1)")
    parser.add_argument(
        "--out", help="a csv file for the table; its figure lies next to it, as svg"
    )


def speakers_command(args: argparse.Namespace) -> int:
    """Print how the scores grow with the number of training speakers."""
    from mcsan_lite.errors import DataError
    from mcsan_lite.experiments import speaker_curve
    from mcsan_lite.figures.basics import use_theme

    if args.protocol:
        raise DataError(
            f"--protocol {args.protocol} with mcsan speakers, which draws its own folds",
            "no protocol",
            "leave --protocol out.",
        )
    out = csv_file(args.out) if args.out else None  # a wrong one is refused before anything trains
    counts = _counts(args.speakers)
    request = RowRequest.from_args(args)
    if request.rows is None:
        request = replace(request, rows="w/o text")
    corpus = requested_corpus(CorpusRequest.from_args(args))
    curve = speaker_curve.SpeakerCurve(corpus, counts, args.folds, range(args.seeds))
    specs = table3_rows(request, corpus, args.profile)
    results = speaker_curve.curve_results(curve, specs, run_options(args))
    table = speaker_curve.curve_table(results)
    if out is not None:
        use_theme()
        speaker_curve.save_curve(out, table)
    print(f"{table.round(3).to_string(index=False)}\n")
    print(*speaker_curve.curve_verdicts(table), sep="\n")
    print("mean: WA. low to high: 95 % over tested speakers, corrected t.")
    return 0


def _counts(text: str) -> list[int]:
    """The numbers in a list by comma, in ascending order. Raises DataError for anything else."""
    from mcsan_lite.errors import DataError

    try:
        return sorted({int(part) for part in text.split(",")})
    except ValueError:
        raise DataError(
            f"--speakers {text!r}", "whole numbers by comma", "--speakers 2,4,6"
        ) from None


def add_stress_command(commands) -> None:
    """mcsan stress: its options."""
    parser = add_command(
        commands,
        "stress",
        stress_command,
        "how a trained model bears noise, rooms, lost words, a missing modality and conflict",
        example="mcsan stress --utterances 200 --jobs 2",
    )
    add_corpus_options(parser)
    parser.add_argument(
        "--run",
        nargs="+",
        help="folds' folders below runs/, or .safetensors files; those of one name are seeds of "
        "one model (default: the models that come with the course)",
    )
    parser.add_argument(
        "--world",
        default="matching",
        help="without --run: the models of which world, matching or leaking (default: matching)",
    )
    parser.add_argument("--corpus", default="synthetic", help=CORPORA_HELP)
    parser.add_argument(
        "--vectors", help="the word vectors of the training, where the run does not find them"
    )
    parser.add_argument(
        "--stresses",
        help='which ones, by comma: "white noise,gain,words dropped" (default: all)',
    )
    parser.add_argument(
        "--utterances",
        type=count,
        default=200,
        help="so many are drawn from the test part (default: 200)",
    )
    parser.add_argument("--seed", type=seed, default=0, help="of all that is drawn (default: 0)")
    parser.add_argument("--out", help="name of the files, without ending, such as results/stress")


def stress_command(args: argparse.Namespace) -> int:
    """Print what each stress costs each model, and write the curves."""
    from mcsan_lite.errors import DataError, require_name
    from mcsan_lite.experiments.corpora import open_corpus, synthetic_folder
    from mcsan_lite.experiments.stress import conditions, report, study
    from mcsan_lite.figures.basics import use_theme

    refuse_for_stress(args)
    out = several_files(args.out, "--out results/stress") if args.out else None
    names = None
    if args.stresses:
        names = [name.strip() for name in args.stresses.split(",")]
    stresses, options = conditions.stresses_named(names), run_options(args)
    if args.run:
        runs = study.named_runs(args.run)
        corpus = requested_corpus(CorpusRequest.from_args(args))
    elif args.corpus != "synthetic" or args.root:
        raise DataError(
            f"--corpus {args.corpus}{' with --root' if args.root else ''} without --run: the "
            "models that come with the course know the synthetic corpus alone",
            "a run that was trained on this corpus",
            "name it: --run FOLDER; mcsan run --corpus … trains one.",
        )
    else:
        require_name(args.world, ("matching", "leaking"), "world")
        runs = study.shipped_runs(args.world)
        folder = synthetic_folder(args.profile, data=args.data, world=args.world, jobs=args.jobs)
        corpus = open_corpus(root=folder)
    asked = study.StressStudy(runs, corpus, stresses, args.utterances, args.seed, args.vectors)
    tables = study.stress_tables(asked, options)
    print(report.stress_text(tables))
    if out is not None:
        use_theme()
        print("written:", *map(str, report.write_stress(tables, out)))
    return 0
