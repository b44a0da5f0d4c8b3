"""MHA, multi-hop attention: S. Yoon, S. Byun, S. Dey, K. Jung, "Speech Emotion Recognition Using Multi-hop Attention
Mechanism", ICASSP 2019 (arXiv 1904.10788).

    oᵃ, oᵗ = BiLSTM states of the frames and of the words;  oᵃ_last = the sound's summary
    hop 1: αᵢ = softmaxᵢ((oᵃ_last W₁ + b₁) · oᵗᵢ), H₁ = Σ αᵢ oᵗᵢ        MHA-1: logits from [H₁; oᵃ_last]
    hop 2: βᵢ = softmaxᵢ((H₁ W₂ + b₂) · oᵃᵢ),      H₂ = Σ βᵢ oᵃᵢ        MHA-2: logits from [H₁; H₂]
    hop 3: as hop 1, asked by H₂, gives H₃                              MHA-3: logits from [H₃; H₂]

Verified (abstract): two bidirectional LSTMs; the sound finds words, then those words find sound. (The author, in an issue:
the attention of MHA-1 is that of his MDREA, whose code asks with an affine map of the summary, unscaled.) In third-party
notes: hops 1 and 2, without b, and that a third hop is worse.
Remembered [M]: the row called "MHA" is MHA-2; hidden 200; the third hop and its readout.
Chosen: MFCC as MCSAN's; oᵃ_last is each direction's own last state; dropout as in MDRE's code; padding masked (MDREA's
code did not until 2020); frozen word vectors; `stride`. No public code of MHA was found.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
from torch import nn

from mcsan_lite.errors import require_name
from mcsan_lite.features.batch import Batch, Dims, ModelOutput
from mcsan_lite.models.layers import at_least_one
from mcsan_lite.models.recurrent import Hop, Recurrent, affine, pool_frames


@dataclass(frozen=True)
class MultiHopConfig:
    hops: int = 2  # remembered: MHA-2 is the reported one; 1 and 3 are its siblings
    hidden: int = 200  # remembered; a direction
    rnn: Literal["bilstm", "gru"] = (
        "bilstm"  # verified: abstract; "gru", one direction, is the AMH code base's default
    )
    audio_dropout: float = 0.3  # chosen: as MDRE
    text_dropout: float = 0.7  # chosen: as MDRE
    stride: int = 1  # as in the source; more: the mean of so many frames is one step, for speed

    def __post_init__(self) -> None:
        at_least_one(hidden=self.hidden, stride=self.stride)
        require_name(self.rnn, ("bilstm", "gru"), "rnn")
        if self.hops not in (1, 2, 3):
            raise ValueError(
                f"Given: hops={self.hops}. Expected: 1, 2 or 3, as in the paper. Do: take one of these."
            )


class MultiHop(nn.Module):
    """Maps "hop.1.audio_from_text", "hop.2.text_from_audio", ...: (B, 1, 1, K), one summary asks K steps."""

    Config = MultiHopConfig

    def __init__(self, dims: Dims, config: MultiHopConfig) -> None:
        super().__init__()
        self.config = config
        kind = (
            {"cell": "lstm", "both": True}
            if config.rnn == "bilstm"
            else {"cell": "gru", "both": False}
        )
        self.audio = Recurrent(dims.audio, config.hidden, dropout=config.audio_dropout, **kind)
        self.text = Recurrent(dims.text, config.hidden, dropout=config.text_dropout, **kind)
        width = self.audio.width
        self.hops = nn.ModuleList(Hop(width, width) for _ in range(config.hops))
        self.classifier = affine(2 * width, dims.classes)

    def forward(self, batch: Batch, *, need_attention: bool = False) -> ModelOutput:
        frames, frame_mask = pool_frames(batch.audio, batch.audio_mask, self.config.stride)
        heard, summary = self.audio(frames, frame_mask)
        read, _ = self.text(batch.text, batch.text_mask)
        memory = {"audio": (heard, frame_mask), "text": (read, batch.text_mask)}
        found, maps = {"audio": summary}, {}
        for n, hop in enumerate(self.hops, 1):
            asks, answers = ("audio", "text") if n % 2 else ("text", "audio")
            found[answers], maps[f"hop.{n}.{asks}_from_{answers}"] = hop(
                found[asks], *memory[answers]
            )
        logits = self.classifier(torch.cat((found["text"], found["audio"]), -1))
        return ModelOutput(logits, maps if need_attention else {})
