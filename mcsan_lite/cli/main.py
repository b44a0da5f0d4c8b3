"""The command line: names and options. What each command does is in `commands`."""

from __future__ import annotations

import argparse
import sys

from mcsan_lite.cli import data as data_module
from mcsan_lite.cli import own, paper
from mcsan_lite.cli import run as run_module

CORPORA = "synthetic, iemocap, meld, ravdess, or manifest: a csv of your own"
PROGRAMMES = ("table1", "table2", "table3", "ambiguities")


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(
        prog="mcsan", description="MCSAN: emotion from sound and words. Each command has --help."
    )
    names = top.add_subparsers(required=True, metavar="command")

    def command(name: str, run, text: str, within=names) -> argparse.ArgumentParser:
        made = within.add_parser(name, help=text, description=text)
        made.set_defaults(run_command=run)
        return made

    def common(made: argparse.ArgumentParser) -> argparse.ArgumentParser:
        made.add_argument(
            "--profile",
            default="quick",
            help="smoke (seconds), quick (a minute a row), paper (hours)",
        )
        made.add_argument(
            "--data", default="data", help="folder of corpora and caches (default: data)"
        )
        made.add_argument("--runs", default="runs", help="folder of results (default: runs)")
        made.add_argument("--jobs", type=int, default=1, help="processes side by side (default: 1)")
        return made

    def with_corpus(made: argparse.ArgumentParser) -> argparse.ArgumentParser:
        common(made)
        made.add_argument(
            "--root", help="the corpus's folder, or the manifest's file (default: data/<corpus>)"
        )
        return made

    def with_reader(made: argparse.ArgumentParser) -> argparse.ArgumentParser:
        with_corpus(made)
        made.add_argument(
            "--classes",
            type=int,
            help="iemocap: 7, the paper's, or 4, happy and excited as one (default: 7)",
        )
        made.add_argument(
            "--defects",
            help="meld: what to do about wrong clips, by comma: keep, trim, drop, recut "
            "(default: keep)",
        )
        made.add_argument(
            "--allow-incomplete",
            action="store_true",
            help="go on where published counts are not met",
        )
        made.add_argument(
            "--skip-bad",
            action="store_true",
            help="go on without clips that cannot be read or heard, and "
            "without videos that cannot be read",
        )
        made.add_argument(
            "--video",
            help="folder or .npz of what is seen, by utterance: ID.csv of OpenFace or an array "
            "ID.npy",
        )
        return made

    def with_folds(made: argparse.ArgumentParser) -> argparse.ArgumentParser:
        with_reader(made)
        made.add_argument(
            "--rows", help='rows of Table 3, by comma: "MCSAN,w/o cross" (default: all nine)'
        )
        made.add_argument(
            "--protocol",
            help="official, kfold10, yoon5, speaker, speaker10, session5, scenario, dialogue, "
            "or a csv of folds (default: the corpus's own)",
        )
        made.add_argument(
            "--precision", help="float32, or bfloat16: faster where the processor has it"
        )
        made.add_argument(
            "--vectors", help="word vectors: a file or a gensim-data name (default: GloVe 6B 50-d)"
        )
        return made

    command(
        "doctor",
        run_module.doctor,
        "check this environment; every failure comes with the command that repairs it",
    )
    data = names.add_parser("data", help="make or fetch data").add_subparsers(
        required=True, metavar="what"
    )
    synthetic = common(
        command(
            "synthetic",
            data_module.data_synthetic,
            "generate the synthetic corpus, with its knobs",
            data,
        )
    )
    for name, kind, text in (
        ("train", int, "utterances"),
        ("valid", int, "utterances"),
        ("test", int, "utterances"),
        ("seed", int, "another corpus"),
        ("world", str, "matching or leaking"),
        ("pairs", int, "homophone pairs"),
        ("held-out-pairs", int, "pairs only in the test part"),
        ("max-words", int, "homophones an utterance"),
        ("speakers", int, "voices"),
        ("speaker-leak", float, "share of speakers that tell the class"),
        ("imbalance", str, "none or iemocap"),
        ("label-noise", float, "share of wrong labels"),
        ("stress-share", float, "stressed by chance"),
        ("fillers", float, "chance of an untranscribed um"),
        ("missing-text", float, "share without transcript"),
        ("missing-audio", float, "share without clip"),
        ("video-noise", float, "a face too, each of whose signs errs so often"),
    ):
        synthetic.add_argument(f"--{name}", type=kind, help=text)
    synthetic.add_argument(
        "--layout",
        help="write the folder tree of another corpus at its full size instead: iemocap or "
        "meld. To try its reader without a licence",
    )
    synthetic.add_argument(
        "--scene-leak",
        type=float,
        default=0.0,
        help="with --layout iemocap: share of turns whose scene is chosen by the class",
    )
    meld = common(
        command(
            "meld", data_module.data_meld, "download MELD: annotation, on request the clips", data
        )
    )
    meld.add_argument(
        "--download",
        action="store_true",
        help="fetch the three annotation files (1.5 MB) into --data/meld",
    )
    meld.add_argument("--clips", action="store_true", help="and the clips: 10 GB, resumable")
    command(
        "vectors",
        data_module.data_vectors,
        "download word vectors through gensim, with progress",
        data,
    ).add_argument("name", help="for example glove-wiki-gigaword-300, the paper's 300 dimensions")
    check = with_corpus(
        command(
            "check",
            data_module.check,
            "is this the paper's set? counts, clips, duplicates, defects",
        )
    )
    check.add_argument("corpus", help=CORPORA)
    check.add_argument("--json", action="store_true", help="the same as one JSON object")
    check.add_argument(
        "--fast", action="store_true", help="look whether the clips are there, and open none"
    )
    split = with_folds(
        command(
            "split",
            data_module.split,
            "a protocol's folds: sizes, what is on both sides, ids as csv",
        )
    )
    split.add_argument("corpus", help=CORPORA)
    floors = with_folds(
        command(
            "floors",
            run_module.floors,
            "what classical models get on the same folds; the leak meter: "
            "what is scored without hearing or reading anything",
        )
    )
    floors.add_argument("corpus", help=CORPORA)

    def with_programme(made: argparse.ArgumentParser, plain, program) -> argparse.ArgumentParser:
        made.set_defaults(run_command=lambda args: (program if args.table else plain)(args))
        made.add_argument(
            "table",
            nargs="?",
            choices=PROGRAMMES,
            help="a table of the paper: its rows on paired "
            "folds, with floors and verdicts. ambiguities: one change at a time of what the paper leaves open",
        )
        made.add_argument("--out", help="folder of a table's files (default: tables, below --runs)")
        with_folds(made).add_argument("--corpus", default="synthetic", help=CORPORA)
        made.add_argument(
            "--folds",
            type=int,
            help="only the first so many folds; a later call adds the others (default: "
            "all; of a table: smoke 2, quick 3, paper all)",
        )
        return made

    run = with_programme(
        command(
            "run",
            run_module.run,
            "train and score rows of Table 3, or a table of the paper; finished "
            "folds are not done again",
        ),
        run_module.run,
        paper.run,
    )
    run.add_argument(
        "--per-class", action="store_true", help="also a table a class and the confusion matrix"
    )
    run.add_argument("--seeds", type=int, default=1, help="trainings a fold (default: 1)")
    run.add_argument("--device", default="cpu", help="cpu, cuda or mps")
    run.add_argument(
        "--backend",
        default="loky",
        help="who runs the jobs: loky (processes here), dask or ray (a running "
        "cluster, else a local one), sequential",
    )
    run.add_argument(
        "--estimate", action="store_true", help="with a table: print what it will cost, and stop"
    )
    with_programme(
        command(
            "table",
            run_module.table,
            "what is finished, from disk: every run, or a table of the paper with "
            "verdicts, as markdown, csv and figure",
        ),
        run_module.table,
        paper.table,
    )
    ledger = with_folds(
        command(
            "ledger",
            paper.ledger,
            "generated from code and results: what the paper claims, "
            "what it leaves open, which function is which equation",
        )
    )
    ledger.add_argument("ledger", choices=("claims", "ambiguities", "equations"))
    ledger.add_argument(
        "--corpus", help="with what is finished of its tables, or of ambiguities, on: " + CORPORA
    )
    ledger.set_defaults(folds=None)
    ceilings = common(
        command(
            "ceilings",
            run_module.ceilings,
            "synthetic corpus: the best possible score and each trained model's",
        )
    )
    ceilings.add_argument("--seeds", type=int, default=1, help="trainings a row (default: 1)")
    shipped = common(
        command(
            "checkpoints",
            run_module.checkpoints,
            "the models that the lessons open, from their runs, in half precision; trains what is missing",
        )
    )
    shipped.add_argument("--out", help="folder (default: the repository's checkpoints/)")
    readings = common(
        command(
            "readings",
            run_module.readings,
            "synthetic corpus: which reading of the model points at the word that decides?",
        )
    )
    readings.add_argument(
        "--seeds", type=int, default=3, help="trainings a world (default: 3, all that are shipped)"
    )
    readings.add_argument(
        "--utterances", type=int, default=300, help="test utterances a training (default: 300)"
    )
    readings.add_argument(
        "--retrain", action="store_true", help="the profile's own runs, not the shipped checkpoints"
    )
    align = with_reader(
        command("align", run_module.align, "does each word look at its own sound? Needs word times")
    )
    align.add_argument(
        "--run", required=True, help="a fold's folder below runs/, or a .safetensors file"
    )
    align.add_argument("--corpus", default="synthetic", help=CORPORA)
    align.add_argument(
        "--utterances",
        type=int,
        default=300,
        help="the first so many of the test part (default: 300)",
    )
    for name, function, text in (
        ("predict", own.predict, "the emotion of your own recording and transcript"),
        (
            "attend",
            own.attend,
            "which sounds each word looks at: a page to explore (html), svg, png, csv",
        ),
    ):
        made = command(name, function, text)
        made.add_argument(
            "--run", required=True, help="a fold's folder below runs/, or a .safetensors file"
        )
        made.add_argument("--audio", help="wav, flac, ogg or mp4")
        made.add_argument("--text", default="", help="its transcript")
        made.add_argument(
            "--video",
            help="what is seen, for a run that looks at video: a csv of OpenFace or an array .npy",
        )
        made.add_argument("--data", default="data", help="folder of caches (default: data)")
    made.add_argument(
        "--corpus",
        help=f"instead of --audio and --text, an utterance of: {CORPORA}. --video is then the "
        "folder of its videos",
    )
    made.add_argument("--id", help="with --corpus: which utterance, such as test_000003")
    made.add_argument("--root", help="with --corpus: its folder (default: data/<corpus>)")
    made.add_argument(
        "--profile", default="quick", help="with --corpus synthetic: which of them (default: quick)"
    )
    made.add_argument(
        "--map",
        help="which map (default: the first of words × seconds, such as cross.0.text_from_audio)",
    )
    made.add_argument(
        "--out", default="attention", help="name of the files, without ending (default: attention)"
    )
    return top


def main(argv: list[str] | None = None) -> int:
    args = parser().parse_args(argv)
    try:
        return args.run_command(args)
    except (
        ValueError,
        RuntimeError,
        FloatingPointError,
    ) as error:  # our refusals carry three parts: no traceback
        if "Given:" not in str(error):
            raise
        print(error, file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
