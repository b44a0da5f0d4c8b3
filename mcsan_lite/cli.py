"""The commands. Heavy imports wait until a command needs them, so that `mcsan --help` answers at once."""

from __future__ import annotations

import argparse
import sys
from dataclasses import fields
from pathlib import Path


def _doctor(args: argparse.Namespace) -> int:
    from mcsan_lite import doctor

    return doctor.run()


def _data_synthetic(args: argparse.Namespace) -> int:
    from mcsan_lite import course
    from mcsan_lite.datasets.synthetic import SyntheticConfig, read_synthetic

    knobs = {f.name: getattr(args, f.name) for f in fields(SyntheticConfig) if getattr(args, f.name, None) is not None}
    folder = course.synthetic_folder(args.profile, data=args.data, jobs=args.jobs, **knobs)
    corpus = read_synthetic(folder)
    print(f"{folder}: {len(corpus)} utterances, {len(corpus.skipped)} skipped\n{corpus.counts().to_string()}")
    return 0


def _data_vectors(args: argparse.Namespace) -> int:
    from gensim import downloader

    from mcsan_lite.corpus import require_name

    try:
        require_name(args.name, downloader.info(name_only=True)["models"], "word vectors")
        print(downloader.load(args.name, return_path=True))  # gensim draws the progress and checks the checksum
    except OSError as error:
        print(f"Given: {error}. Expected: a network connection. Do: try again, or pass a vectors file with --vectors.",
              file=sys.stderr)
        return 1
    return 0


def _open(args: argparse.Namespace):
    from mcsan_lite import course

    corpus = course.open_corpus(args.corpus, root=args.root, profile=args.profile, data=args.data, jobs=args.jobs,
                                strict=not args.allow_incomplete)
    for skipped in corpus.skipped[:5]:
        print(f"skipped {skipped.id}: {skipped.reason}", file=sys.stderr)
    if len(corpus.skipped) > 5:
        print(f"… and {len(corpus.skipped) - 5} more", file=sys.stderr)
    return corpus


def _specs(args: argparse.Namespace):
    from mcsan_lite import paper
    from mcsan_lite.features import FeatureConfig

    features = FeatureConfig(vectors=args.vectors) if args.vectors else FeatureConfig()
    rows = [row.strip() for row in args.rows.split(",")] if args.rows else None
    return paper.table3(args.profile, args.corpus, rows=rows, protocol=args.protocol, features=features)


def _run(args: argparse.Namespace) -> int:
    from mcsan_lite import paper
    from mcsan_lite.experiment import run_experiment

    results = run_experiment(_specs(args), _open(args), seeds=range(args.seeds), cache=Path(args.data) / "cache",
                             runs=args.runs, jobs=args.jobs, device=args.device, progress=args.jobs == 1)
    print(paper.summary(results, ("wa", "ua", "weighted_f1", "macro_f1")).round(3).to_string())
    if args.per_class:
        for name, group in results.groupby("name", sort=False):
            print(f"\n{name}, all folds and seeds together\n{_classes(group.folder)}\n")
    print("folders:", *sorted({str(Path(f).parent) for f in results.folder}), sep="\n  ")
    return 0


def _classes(folders) -> str:
    """Precision, recall, F1 and n a class, and the confusion matrix, over the predictions in these folders."""
    import pandas as pd

    from mcsan_lite import metrics

    found = pd.concat(pd.read_csv(Path(folder) / "predictions.csv") for folder in folders)
    labels = list(found.columns[2:])  # behind id and true
    true, pred = found.true.map(labels.index).to_numpy(), found[labels].to_numpy().argmax(1)
    counts = pd.DataFrame(metrics.confusion(true, pred, len(labels)), [f"true {name}" for name in labels], labels)
    return f"{metrics.per_class(true, pred, labels).round(3).to_string()}\n\n{counts.to_string()}"


def _table(args: argparse.Namespace) -> int:
    from mcsan_lite import paper
    from mcsan_lite.experiment import load_results

    for (corpus, protocol), group in load_results(args.runs).groupby(["corpus", "protocol"]):
        scores = paper.summary(group, ("wa", "ua", "weighted_f1", "macro_f1"))
        print(f"\n{corpus} · {protocol}\n{scores.round(3).to_string()}")
    return 0


def _ceilings(args: argparse.Namespace) -> int:
    from mcsan_lite import course

    table = course.ceilings_table(args.profile, seeds=range(args.seeds), data=args.data, runs=args.runs, jobs=args.jobs)
    print(table.round(3).to_string(index=False))
    return 0


def _floors(args: argparse.Namespace) -> int:
    from mcsan_lite import floors, paper, splits
    from mcsan_lite.features import extract

    spec, corpus = _specs(args)[0], _open(args)
    data, _ = extract(corpus, spec.features, cache=Path(args.data) / "cache", jobs=args.jobs)
    parts = splits.folds(corpus, spec.protocol)
    found = floors.floors(corpus, parts, data, spec.train.select, runs=args.runs, jobs=args.jobs)
    print(paper.summary(found).drop(columns=["run", "parameters"]).round(3).to_string())
    return 0


def _predict(args: argparse.Namespace) -> int:
    from mcsan_lite import inference

    run = inference.load(args.run)
    features = run.features_of(args.audio, args.text, Path(args.data) / "cache")
    print(run.probabilities(features).map("{:.1%}".format).to_string())
    return 0


def _attend(args: argparse.Namespace) -> int:
    import numpy as np

    from mcsan_lite import attention, inference, plots
    from mcsan_lite.cache import write_atomic
    from mcsan_lite.corpus import DataError, require_name

    if not (args.audio and args.text):
        raise DataError("a recording or a transcript left out", "both: a map shows where one looks in the other",
                        'give --audio my.wav and --text "what was said"')
    run = inference.load(args.run)
    maps = attention.attention_maps(run.model, run.features_of(args.audio, args.text, Path(args.data) / "cache"))
    chosen = maps[require_name(args.map, maps, "attention map")]
    if not isinstance(chosen.queries[0], str) or isinstance(chosen.keys[0], str):
        print(chosen.frame().round(3).to_string())
        return 0
    axes = plots.draw_attention(chosen.mean, chosen.queries, np.array(chosen.keys))
    axes.set_title("mean of heads; where one layer routed information, not why the model decided", fontsize=8)
    out = Path(args.out)
    write_atomic(out.with_suffix(".png"), lambda p: axes.figure.savefig(p, dpi=120))
    write_atomic(out.with_suffix(".csv"), lambda p: chosen.frame().to_csv(p))
    print(f"{chosen.describe()}\n{out.with_suffix('.png')} and {out.with_suffix('.csv')} written")
    return 0


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="mcsan", description="MCSAN: emotion from sound and words. Each command has --help.")
    commands = top.add_subparsers(required=True, metavar="command")

    def command(name: str, run, text: str, within=commands) -> argparse.ArgumentParser:
        made = within.add_parser(name, help=text, description=text)
        made.set_defaults(run_command=run)
        return made

    def common(made: argparse.ArgumentParser) -> argparse.ArgumentParser:
        made.add_argument("--profile", default="quick", help="smoke (seconds), quick (a minute a row), paper (hours)")
        made.add_argument("--data", default="data", help="folder of corpora and caches (default: data)")
        made.add_argument("--runs", default="runs", help="folder of results (default: runs)")
        made.add_argument("--jobs", type=int, default=1, help="processes side by side (default: 1)")
        return made

    def with_corpus(made: argparse.ArgumentParser) -> argparse.ArgumentParser:
        common(made)
        made.add_argument("--root", help="the corpus's folder (default: data/<corpus>)")
        made.add_argument("--rows", help='rows of Table 3, by comma: "MCSAN,w/o cross" (default: all nine)')
        made.add_argument("--protocol", help="official, kfold10 or speaker (default: the corpus's own)")
        made.add_argument("--vectors", help="word vectors: a file or a gensim-data name (default: GloVe 6B 50-d)")
        made.add_argument("--allow-incomplete", action="store_true", help="go on where published counts are not met")
        return made

    command("doctor", _doctor, "check this environment; every failure comes with the command that repairs it")
    data = commands.add_parser("data", help="make or fetch data").add_subparsers(required=True, metavar="what")
    synthetic = common(command("synthetic", _data_synthetic, "generate the synthetic corpus, with its knobs", data))
    for name, kind, text in (("train", int, "utterances"), ("valid", int, "utterances"), ("test", int, "utterances"),
                             ("seed", int, "another corpus"), ("world", str, "matching or leaking"),
                             ("pairs", int, "homophone pairs"), ("held-out-pairs", int, "pairs only in the test part"),
                             ("max-words", int, "homophones an utterance"),
                             ("speakers", int, "voices"), ("speaker-leak", float, "share of speakers that tell the class"),
                             ("imbalance", str, "none or iemocap"), ("label-noise", float, "share of wrong labels"),
                             ("stress-share", float, "stressed by chance"),
                             ("fillers", float, "chance of an untranscribed um"),
                             ("missing-text", float, "share without transcript"),
                             ("missing-audio", float, "share without clip")):
        synthetic.add_argument(f"--{name}", type=kind, help=text)
    command("vectors", _data_vectors, "download word vectors through gensim, with progress", data).add_argument(
        "name", help="for example glove-wiki-gigaword-300, the paper's 300 dimensions")
    run = with_corpus(command("run", _run, "train and score rows of Table 3; finished folds are not done again"))
    run.add_argument("--corpus", default="synthetic", help="synthetic, ravdess or meld")
    run.add_argument("--per-class", action="store_true", help="also a table a class and the confusion matrix")
    run.add_argument("--seeds", type=int, default=1, help="trainings a fold (default: 1)")
    run.add_argument("--device", default="cpu", help="cpu, cuda or mps")
    common(command("table", _table, "what is finished, from disk: mean and 95 %% interval a row"))
    ceilings = common(command("ceilings", _ceilings, "synthetic corpus: the best possible score and each trained model's"))
    ceilings.add_argument("--seeds", type=int, default=1, help="trainings a row (default: 1)")
    with_corpus(command("floors", _floors, "what classical models get on the same folds")).add_argument("corpus")
    for name, function, text in (("predict", _predict, "the emotion of your own recording and transcript"),
                                 ("attend", _attend, "which sounds each word looks at: png, csv and a description")):
        made = command(name, function, text)
        made.add_argument("--run", required=True, help="a fold's folder below runs/, or a .safetensors file")
        made.add_argument("--audio", help="wav or flac")
        made.add_argument("--text", default="", help="its transcript")
        made.add_argument("--data", default="data", help="folder of caches (default: data)")
    made.add_argument("--map", default="cross.0.text_from_audio", help="which map (default: cross.0.text_from_audio)")
    made.add_argument("--out", default="attention", help="name of the files, without ending (default: attention)")
    return top


def main(argv: list[str] | None = None) -> int:
    args = parser().parse_args(argv)
    try:
        return args.run_command(args)
    except (ValueError, RuntimeError) as error:  # our refusals, DataError among them, carry three parts: no traceback
        if "Given:" not in str(error):
            raise
        print(error, file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
