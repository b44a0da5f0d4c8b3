"""(a) Training throughput on one core, at IEMOCAP's lengths and the paper's sizes, against a loop
as one would first write.

The plain loop pads every utterance to 1000 frames and 128 words, shuffles, packs its LSTMs, and
calls Adam as it comes. Weights, data and loss are the same; that the losses agree is checked before
the clock starts. Both take turns in one process, and the clock counts the CPU seconds of that
process, so that other work on the machine tilts neither.
"""

from __future__ import annotations

import copy
import time
from dataclasses import replace

import numpy as np
import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from mcsan_lite.features import batch
from mcsan_lite.features.extraction import Features
from mcsan_lite.models import precision
from mcsan_lite.models.layers import BiLSTMMean
from mcsan_lite.models.mcsan import MCSAN, MCSANConfig
from mcsan_lite.training import loop
from mcsan_lite.training.config import TrainConfig

LABELS = tuple("abcdefg")
FRAMES, WORDS = 1000, 128  # where the paper and the IEMOCAP transcripts end


def iemocap_like(n: int, seed: int = 0) -> list[Features]:
    """n random utterances with the lengths of IEMOCAP's 10,039 turns: log-normal with their mean of
    444 frames and deviation of 306 (at least 56, cut at 1000), one word every 30 frames.
    """
    random = np.random.default_rng(seed)
    sigma = np.log(1 + (306 / 444) ** 2) ** 0.5
    frames = np.clip(random.lognormal(np.log(444) - sigma**2 / 2, sigma, n), 56, FRAMES).astype(int)
    words = np.clip(frames * 14.8 / 444 * random.uniform(0.7, 1.3, n), 1, WORDS).astype(int)
    return [
        Features(
            f"u{i}",
            random.standard_normal((t, 40), np.float32),
            random.standard_normal((w, 300), np.float32),
            ("word",) * w,
            LABELS[i % len(LABELS)],
        )
        for i, (t, w) in enumerate(zip(frames, words, strict=True))
    ]


class PackedBiLSTM(nn.Module):
    """Eq. 2 and 3 as one would first write them: a bidirectional LSTM over a packed sequence.

    Weights of a BiLSTMMean.
    """

    def __init__(self, ours: BiLSTMMean) -> None:
        super().__init__()
        self.lstm = nn.LSTM(
            ours.forwards.input_size,
            ours.forwards.hidden_size,
            batch_first=True,
            bidirectional=True,
        )
        weights = dict(ours.forwards.named_parameters())
        weights |= {f"{name}_reverse": value for name, value in ours.backwards.named_parameters()}
        self.lstm.load_state_dict({name: value.detach() for name, value in weights.items()})

    def forward(self, x: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        packed = pack_padded_sequence(x, mask.sum(1).cpu(), batch_first=True, enforce_sorted=False)
        both = pad_packed_sequence(self.lstm(packed)[0], batch_first=True, total_length=x.shape[1])[
            0
        ]
        return both.unflatten(-1, (2, -1)).mean(-2)  # (B, T, 2 D) -> (B, T, D)


def plain(model: MCSAN) -> MCSAN:
    """The same network with packed LSTMs."""
    model = copy.deepcopy(model)
    model.audio_lstm, model.text_lstm = (
        PackedBiLSTM(model.audio_lstm),
        PackedBiLSTM(model.text_lstm),
    )
    return model


def padded(data: list[Features]) -> batch.Batch:
    """One batch, padded to 1000 frames and 128 words whatever is in it."""
    made = batch.collate(data, LABELS)

    def widen(x: torch.Tensor, length: int) -> torch.Tensor:
        return torch.cat([x, x.new_zeros(len(x), length - x.shape[1], *x.shape[2:])], 1)

    return replace(
        made,
        audio=widen(made.audio, FRAMES),
        audio_mask=widen(made.audio_mask, FRAMES),
        text=widen(made.text, WORDS),
        text_mask=widen(made.text_mask, WORDS),
    )


def plain_epoch(model: MCSAN, data: list[Features], seed: int, size: int) -> None:
    order = np.random.default_rng(seed).permutation(len(data))
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    model.train()
    for start in range(0, len(order), size):
        made = padded([data[i] for i in order[start : start + size]])
        loss = nn.functional.cross_entropy(model(made).logits, made.label)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


def our_epoch(model: MCSAN, data: list[Features], seed: int, size: int, precision: str) -> None:
    config = TrainConfig(epochs=1, batch_size=size, precision=precision, seed=seed)
    loop.fit(
        model, loop.TrainingData(data, data[: len(LABELS)], LABELS), config
    )  # hardly any validation: the time is that of training


def measure(n: int = 512, rounds: int = 3, size: int = 256) -> dict[str, float]:
    """CPU seconds of each variant for n utterances, and the ratios to the plain loop: medians over
    the rounds.
    """
    torch.set_num_threads(1)
    data = iemocap_like(n)
    torch.manual_seed(0)
    ours = MCSAN(batch.Dims(40, 300, len(LABELS)), MCSANConfig(dropout=0.0))
    some = data[:16]
    losses = [
        nn.functional.cross_entropy(model.eval()(made).logits, made.label).item()
        for model, made in ((ours, batch.collate(some, LABELS)), (plain(ours), padded(some)))
    ]
    if abs(losses[0] - losses[1]) > 1e-5:
        raise RuntimeError(
            f"Given: losses {losses} of the same weights. Expected: equal to 1e-5. Do: mend one "
            "of the two "
            "networks before timing them."
        )
    variants = {
        "plain": lambda r: plain_epoch(plain(ours), data, r, size),
        "float32": lambda r: our_epoch(copy.deepcopy(ours), data, r, size, "float32"),
        "bfloat16": lambda r: our_epoch(copy.deepcopy(ours), data, r, size, "bfloat16"),
    }
    if not precision.bfloat16_trains():
        del variants["bfloat16"]
    spent: dict[str, list[float]] = {name: [] for name in variants}
    for r in range(-1, rounds):  # the first one warms up
        for name, run in variants.items():
            start = time.process_time()
            run(r + 1)
            if r >= 0:
                spent[name].append(time.process_time() - start)
    seconds = {name: float(np.median(s)) for name, s in spent.items()}
    return {
        "utterances": n,
        "batch": size,
        **{f"{name}_utterances_per_s": n / s for name, s in seconds.items()},
        **{
            f"{name}_ratio": seconds["plain"] / seconds[name]
            for name in variants
            if name != "plain"
        },
    }


if __name__ == "__main__":
    print(measure())
