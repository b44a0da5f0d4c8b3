"""`mcsan explore`: the explorer as one page, without a kernel.

In: trained models, and the four clips or some utterances of a corpus. Out: an html file, written
whole.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from mcsan_lite.cli.borders.ignored import refuse_without_corpus
from mcsan_lite.cli.borders.outputs import single_file
from mcsan_lite.cli.options import CORPORA_HELP, add_command

if TYPE_CHECKING:
    from mcsan_lite.explorer.sounds import Explorable
    from mcsan_lite.features.extraction import FeatureConfig

_MOST_IDS = 8  # utterances of a page: each brings about 150 kB. A choice


def add_explore_command(commands) -> None:
    """mcsan explore: its options."""
    parser = add_command(
        commands,
        "explore",
        explore_command,
        "one page on which words and sound are edited, and prediction and map follow",
        example="mcsan explore -o explorer.html",
    )
    parser.add_argument(
        "-o", "--out", default="explorer.html", help="the file (default: explorer.html)"
    )
    parser.add_argument(
        "--models",
        nargs="+",
        help="shipped checkpoints by name, or runs: a fold's folder, a .safetensors file "
        "(default: three shipped ones)",
    )
    parser.add_argument(
        "--corpus", help=f"utterances of: {CORPORA_HELP} (default: four clips of the package)"
    )
    parser.add_argument("--ids", nargs="+", help="with --corpus: which utterances")
    parser.add_argument("--root", help="with --corpus: its folder (default: data/<corpus>)")
    parser.add_argument(
        "--profile", default="quick", help="with --corpus synthetic: which of them (default: quick)"
    )
    parser.add_argument("--data", default="data", help="folder of caches (default: data)")
    parser.add_argument(
        "--language", default="en", help="of the page: en or de; the utterances stay as they are"
    )


def explore_command(args: argparse.Namespace) -> int:
    """Write the explorer as one page that needs no kernel."""
    from mcsan_lite.cache import write_atomic
    from mcsan_lite.errors import DataError
    from mcsan_lite.explorer.core import SHIPPED_MODELS, ExplorerCore, explorer_models
    from mcsan_lite.explorer.twin import explorer_page
    from mcsan_lite.figures.texts.reading import page_texts

    out = Path(args.out)
    if out.suffix.lower() not in (".html", ".htm"):
        raise DataError(f"--out {args.out!r}", "a name that ends with .html", "-o explorer.html")
    page_texts(args.language)  # an unknown one is refused before a model is loaded
    if bool(args.corpus) != bool(args.ids):
        raise DataError(
            "--corpus without --ids, or --ids without --corpus",
            "both, or neither",
            "name the utterances: --corpus synthetic --ids test_000003",
        )
    refuse_without_corpus(args, ("root",))
    single_file(args.out, "-o explorer.html")
    models = explorer_models(args.models or SHIPPED_MODELS)
    first = next(iter(models.values()))
    core = ExplorerCore(models, _sounds(args, first.features), Path(args.data) / "cache")
    page = explorer_page(core, language=args.language, progress=True)
    write_atomic(out, lambda part: part.write_text(page, encoding="utf-8"))
    print(f"{out} written, {len(page) / 1000:,.0f} kB: open it in a browser, offline too")
    return 0


def _sounds(args: argparse.Namespace, features: FeatureConfig) -> list[Explorable]:
    """The four clips, or what --corpus and --ids name, as far as these features hear it."""
    from mcsan_lite.cli.utterance import readable_corpus, utterance_by_id
    from mcsan_lite.errors import DataError
    from mcsan_lite.explorer.sounds import explorable_clips, explorable_corpus
    from mcsan_lite.features.extraction import heard_seconds

    rate = features.sample_rate
    if not args.corpus:
        return explorable_clips(rate)
    if len(args.ids) > _MOST_IDS:
        raise DataError(
            f"{len(args.ids)} ids", f"at most {_MOST_IDS}", "write several pages of some each."
        )
    corpus = readable_corpus(args.corpus, root=args.root, profile=args.profile, data=args.data)
    chosen = [utterance_by_id(corpus, wanted).id for wanted in args.ids]
    heard_s = heard_seconds(features)
    sounds = []
    for name in chosen:  # in the order in which they were typed
        sounds += explorable_corpus(corpus.subset([name]), rate, heard_s)
    return sounds
