"""Public sequence models beside ours: the same utterances, sizes and one thread, in one run.

    git clone <the repository of MulT's authors> peers/mult
    git clone <the repository of SelfCrossAttn's authors> peers/sca
    python benchmarks/peers.py --mult peers/mult --sca peers/sca --write

What is measured is one step of training: forward, backward, Adam, in float32, by CPU seconds. Each
peer gets its batches as its own code makes them, padded to 1,000 frames and 128 words; ours are cut
from utterances of similar length and padded to the longest. Nothing of a peer is copied: its files
are imported from the clone that you name. docs/peers.md says how to get them and what came out.

Their models have a face as well. Of MulT the encoders are taken and wired for sound and words, so
that both sides do the same; SelfCrossAttn is run whole, with 32 frames of a face, which are 25 of
its 653 steps. Its authors train it in float64, which would cost it about twice as much.
"""

from __future__ import annotations

import argparse
import importlib
import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import torch
from torch import nn

sys.path.insert(0, str(Path(__file__).parent))
import training as lengths  # benchmarks/training.py

from mcsan_lite.features.batch import Batch, Dims, batches
from mcsan_lite.features.extraction import Features
from mcsan_lite.models import MODELS
from mcsan_lite.tables.shared import between_marks

HERE = Path(__file__).parent
PAGE = HERE.parent / "docs" / "peers.md"
START, END = "<!-- peers: made by benchmarks/peers.py -->", "<!-- /peers -->"
DIMS = Dims(audio=40, text=300, classes=len(lengths.LABELS))
FACE_FRAMES, FACE_NUMBERS = 32, 2048
GOAL = 2  # times as many utterances per second as the public code


@contextmanager
def importing_from(folder: Path) -> Iterator[None]:
    """Within it, modules of a clone are found, and forgotten afterwards."""
    known = set(sys.modules)
    sys.path.insert(0, str(folder))
    try:
        yield
    finally:
        sys.path.remove(str(folder))
        for name in set(sys.modules) - known:
            if str(folder) in str(getattr(sys.modules[name], "__file__", "")):
                del sys.modules[name]


class TheirMulT(nn.Module):
    """MulT's own encoders for two modalities: each looks at the other, then at itself."""

    def __init__(self, encoder_class: type, width: int, heads: int, layers: int) -> None:
        super().__init__()

        def encoder() -> nn.Module:
            return encoder_class(embed_dim=width, num_heads=heads, layers=layers, attn_mask=True)

        self.proj_l = nn.Conv1d(DIMS.text, width, kernel_size=1, bias=False)
        self.proj_a = nn.Conv1d(DIMS.audio, width, kernel_size=1, bias=False)
        self.l_with_a, self.a_with_l = encoder(), encoder()
        self.l_memory, self.a_memory = encoder(), encoder()
        self.out = nn.Linear(2 * width, DIMS.classes)

    def forward(self, batch: Batch) -> torch.Tensor:
        words = laid_out(self.proj_l(batch.text.transpose(1, 2)).permute(2, 0, 1))  # (L, B, width)
        sound = laid_out(self.proj_a(batch.audio.transpose(1, 2)).permute(2, 0, 1))  # (T, B, width)
        of_words = self.l_memory(laid_out(self.l_with_a(words, sound, sound)))[-1]
        of_sound = self.a_memory(laid_out(self.a_with_l(sound, words, words)))[-1]
        return self.out(torch.cat((of_words, of_sound), dim=-1))


def laid_out(x: torch.Tensor) -> torch.Tensor:
    """(T, B, width) with the batch outermost in memory: with torch of today MulT's positions fail
    on any other layout.
    """
    return x.transpose(0, 1).contiguous().transpose(0, 1)


class TheirSelfCross(nn.Module):
    """A whole model of SelfCrossAttn, with a face of noise."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, batch: Batch) -> torch.Tensor:
        face = torch.randn(len(batch.ids), FACE_FRAMES, FACE_NUMBERS)
        logits, _ = self.model(batch.text, face, batch.audio)
        return logits


def sizes_of_sca() -> SimpleNamespace:
    """The settings that its script trains with."""
    sizes = {"rnntype": "gru", "rnndir": True, "rnnsize": 60, "output_dim": DIMS.classes}
    for part, numbers in (("txt", DIMS.text), ("vid", FACE_NUMBERS), ("aud", DIMS.audio)):
        sizes |= {f"{part}_dim": numbers, f"{part}_rnnsize": 60, f"{part}_rnnnum": 1}
        sizes |= {f"{part}_rnndp": 0.0, f"{part}_nh": 6, f"{part}_dp": 0.1}
    for pair in ("tv", "ta", "vt", "va", "at", "av"):
        sizes |= {f"{pair}_nh": 6, f"{pair}_dp": 0.1}
    return SimpleNamespace(**sizes)


class Ours(nn.Module):
    """One of our models, which gives its logits."""

    def __init__(self, name: str, **options: object) -> None:
        super().__init__()
        model_class = MODELS[name]
        self.model = model_class(DIMS, model_class.Config(**options))

    def forward(self, batch: Batch) -> torch.Tensor:
        return self.model(batch).logits


def pairs(mult: Path | None, sca: Path | None) -> dict[str, tuple[nn.Module, nn.Module]]:
    """{what is compared: (theirs, ours)}, of the clones that are there."""
    found = {}
    if mult is not None:
        with importing_from(mult):
            encoder_class = importlib.import_module("modules.transformer").TransformerEncoder
        sizes = {"hidden": 30, "heads": 5, "layers": 5, "memory": 5}
        options = sizes | {"text_kernel": 1, "audio_kernel": 1, "causal": True}
        theirs = TheirMulT(encoder_class, width=30, heads=5, layers=5)
        found["MulT: width 30, 5 heads, 5 + 5 layers"] = (theirs, Ours("mult", **options))
    if sca is not None:
        with importing_from(sca):
            theirs = importlib.import_module("models")
        for kind, name in (("cross", "TVAModel_Cross"), ("self", "TVAModel_Self")):
            model = TheirSelfCross(getattr(theirs, name)(sizes_of_sca()))
            found[f"SelfCrossAttn, {kind}: GRU of 2 × 60, 6 heads"] = (
                model,
                Ours("self_cross", attention=kind),
            )
    return found


def train(model: nn.Module, made: list[Batch]) -> float:
    """CPU seconds of one step per batch."""
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    model.train()
    start = time.process_time()
    for batch in made:
        loss = nn.functional.cross_entropy(model(batch), batch.label)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return time.process_time() - start


def measure(compared: dict, n: int, size: int, rounds: int) -> list[dict[str, object]]:
    """Utterances per second of both sides of each pair, and their ratio: medians over rounds.

    Args:
        compared: of `pairs`.
        n: how many utterances.
        size: utterances per batch.
        rounds: how often; one more warms up.
    """
    torch.set_num_threads(1)
    data = lengths.iemocap_like(n)
    theirs_made = [lengths.padded(data[i : i + size]) for i in range(0, n, size)]
    ours_made = shuffled_by_length(data, size)
    rows = []
    for name, (theirs, ours) in compared.items():
        spent: dict[str, list[float]] = {"theirs": [], "ours": []}
        for r in range(rounds + 1):
            for side, model, made in (
                ("theirs", theirs, theirs_made),
                ("ours", ours, ours_made),
            ):
                seconds = train(model, made)
                if r:
                    spent[side].append(seconds)
        per_second = {side: n / float(np.median(seconds)) for side, seconds in spent.items()}
        ratio = per_second["ours"] / per_second["theirs"]
        rows.append({"model": name, **per_second, "ratio": ratio})
        print(json.dumps(rows[-1]), flush=True)
    return rows


def shuffled_by_length(data: list[Features], size: int) -> list[Batch]:
    """Batches as `fit` makes them."""
    generator = np.random.default_rng(0)
    return list(batches(data, lengths.LABELS, size, generator=generator))


def page_table(rows: list[dict], machine: str, n: int, size: int) -> str:
    """The rows as markdown."""
    lines = [
        "| network, equal sizes | theirs, utterances/s | ours, utterances/s | ratio |",
        "|---|--:|--:|--:|",
    ]
    for row in rows:
        cells = (
            row["model"],
            f"{row['theirs']:.1f}",
            f"{row['ours']:.1f}",
            f"{row['ratio']:.1f} ×",
        )
        lines.append(f"| {' | '.join(cells)} |")
    about = (
        f"{n} utterances of IEMOCAP's lengths, {size} per batch, float32, one thread. {machine}."
    )
    return "\n".join([*lines, "", about, "", reading(rows)])


def reading(rows: list[dict]) -> str:
    """What the ratios say of the goal, in a sentence."""
    short = [f"{row['model'].partition(':')[0]} ({row['ratio']:.1f} ×)" for row in rows]
    reached = [row["ratio"] >= GOAL for row in rows]
    said = f"The goal was {GOAL} × or more. {sum(reached)} of {len(rows)} networks reach it"
    missed = [name for name, there in zip(short, reached, strict=True) if not there]
    return f"{said}; not reached: {', '.join(missed)}." if missed else f"{said}."


def write_page(table: str) -> None:
    """Put the table between its marks in docs/peers.md."""
    text = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(between_marks(text, START, END, table), encoding="utf-8")


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--mult", type=Path, help="a clone of Multimodal-Transformer")
    parser.add_argument("--sca", type=Path, help="a clone of SelfCrossAttn")
    parser.add_argument("--utterances", type=int, default=64)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--write", action="store_true", help="put the table into docs/peers.md")
    args = parser.parse_args()
    if args.mult is None and args.sca is None:
        parser.error(
            "Given: no clone. Expected: --mult or --sca with a folder. "
            "Do: clone a repository, see docs/peers.md."
        )
    rows = measure(pairs(args.mult, args.sca), args.utterances, args.batch, args.rounds)
    import run as all_benchmarks  # benchmarks/run.py

    table = page_table(rows, all_benchmarks.machine(), args.utterances, args.batch)
    print(table)
    if args.write:
        write_page(table)
    return 0


if __name__ == "__main__":
    sys.exit(main())
