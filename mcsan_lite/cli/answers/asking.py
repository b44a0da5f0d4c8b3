"""What `mcsan predict` and `mcsan attend` share: the run, the recording, and what is said of both.

In: parsed options. Out: an `Answerer`, an utterance, and sentences on stderr.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mcsan_lite.corpus import Utterance
    from mcsan_lite.features.extraction import Features
    from mcsan_lite.training.confidence.judging import Judgement
    from mcsan_lite.training.confidence.sidecar import Confidence
    from mcsan_lite.training.inference import Trained


@dataclass(frozen=True)
class Answerer:
    """What answers.

    Attributes:
        run: the trained model.
        confidence: what is known of its limits; None where nobody has calibrated it.
        corpus: the name of what it was trained on; "" where its files do not say.
        cache: the folder in which features are kept.
    """

    run: Trained
    confidence: Confidence | None
    corpus: str
    cache: Path

    def judgement(self, features: Features) -> Judgement:
        """The answer to one utterance, whose features are normalised."""
        from mcsan_lite.training.confidence.judging import judge

        return judge(self.run, features, self.confidence)


def add_recording_options(parser: argparse.ArgumentParser) -> None:
    """--run, --audio, --text, --video, --vectors, --frames, --data: who answers, and to what."""
    parser.add_argument(
        "--run", required=True, help="a fold's folder below runs/, or a .safetensors file"
    )
    parser.add_argument("--audio", help="a recording or film: wav, flac, ogg, mp3, mp4, avi, …")
    parser.add_argument("--text", default="", help="its transcript")
    parser.add_argument(
        "--video",
        help="what is seen, for a run that looks at video: a csv of OpenFace or an array .npy",
    )
    parser.add_argument(
        "--vectors", help="the word vectors of the training, where the run does not find them"
    )
    parser.add_argument(
        "--frames",
        help="for a run that was trained on frames made elsewhere: those of the recording, a .npy; "
        "for many recordings, a folder",
    )
    parser.add_argument("--data", default="data", help="folder of caches (default: data)")


def answerer_of(args: argparse.Namespace) -> Answerer:
    """The run that is asked, with what is known of its limits.

    Args:
        args: options of `add_recording_options`.

    Raises:
        DataError: for a run that cannot be loaded, or a confidence.json that does not fit it.
    """
    from mcsan_lite.features.language.quick_nltk import load_nltk_alone
    from mcsan_lite.training import inference
    from mcsan_lite.training.confidence.judging import training_corpus
    from mcsan_lite.training.confidence.sidecar import read_confidence

    load_nltk_alone()
    run = inference.load_run(args.run, vectors=args.vectors, frames=args.frames)
    if args.video:
        run.require_video()
    confidence = read_confidence(args.run)
    corpus = confidence.source.corpus if confidence else training_corpus(args.run)
    return Answerer(run, confidence, corpus, Path(args.data) / "cache")


def report(remarks: list[str]) -> None:
    """Say something of the input on stderr, a line each."""
    for remark in remarks:
        print(remark, file=sys.stderr)


def remarks_on_times(run: Trained, *, known: bool) -> list[str]:
    """What to say where the run was trained with word times and does not get them now.

    Args:
        run: the trained model.
        known: whether it gets them.
    """
    if run.features.align != "gold" or known:
        return []
    return [
        "no word times: this run was trained with them; "
        "the words are now placed in proportion to their letters"
    ]


def your_utterance(audio: str | None, text: str, video: str | None) -> Utterance:
    """What was typed, as an utterance.

    Args:
        audio: a file.
        text: its transcript.
        video: a file of what is seen.
    """
    from mcsan_lite.corpus import Utterance

    sound = None if audio is None else Path(audio)
    film = None if video is None else Path(video)
    return Utterance("your recording", sound, text, "unknown", video=film)
