"""MHA, multi-hop attention: a rival of MCSAN in Table 1 whose two modalities ask by turns.

S. Yoon, S. Byun, S. Dey, K. Jung, "Speech Emotion Recognition Using Multi-hop Attention Mechanism",
ICASSP 2019 (arXiv 1904.10788).

In: a batch with audio and text. Out: class logits, and one attention map per hop.

    oᵃ, oᵗ = BiLSTM states of the frames and of the words;  oᵃ_last = the sound's summary
    hop 1: αᵢ = softmaxᵢ((oᵃ_last W₁ + b₁) · oᵗᵢ), H₁ = Σ αᵢ oᵗᵢ   MHA-1: logits from [H₁; oᵃ_last]
    hop 2: βᵢ = softmaxᵢ((H₁ W₂ + b₂) · oᵃᵢ),      H₂ = Σ βᵢ oᵃᵢ   MHA-2: logits from [H₁; H₂]
    hop 3: as hop 1, asked by H₂, gives H₃                         MHA-3: logits from [H₃; H₂]

Verified (abstract): two bidirectional LSTMs; the sound finds words, then those words find sound.
(The author, in an issue: the attention of MHA-1 is that of his MDREA, whose code asks with an
affine map of the summary, unscaled.) In third-party notes: hops 1 and 2, without b, and that a
third hop is worse.
Remembered [M]: the row called "MHA" is MHA-2; hidden 200; the third hop and its readout.
Chosen: MFCC as MCSAN's; oᵃ_last is the last state of each direction; dropout as in MDRE's code;
masked padding (MDREA's code did not mask until 2020); frozen word vectors; `stride`. No public code
of MHA was found. The code of MDREA, its nearest kin, also drops the encoders' outputs, and maps the
sound's summary to the width of the words before it answers: neither is done here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
from torch import nn

from mcsan_lite.errors import DataError, require_name
from mcsan_lite.features.batch import Batch, Dims, ModelOutput
from mcsan_lite.models.layers import at_least_one
from mcsan_lite.models.recurrent import Hop, Recurrent, affine, pool_frames

# How the fields of `Recurrent` are set for each choice of `MultiHopConfig.rnn`.
_ENCODERS = {"bilstm": {"cell": "lstm", "both": True}, "gru": {"cell": "gru", "both": False}}


@dataclass(frozen=True)
class MultiHopConfig:
    """What can be chosen in MHA. Each comment says where the default is from."""

    hops: int = 2  # remembered: MHA-2 is the reported one; 1 and 3 are its siblings
    hidden: int = 200  # remembered; per direction
    rnn: Literal["bilstm", "gru"] = "bilstm"  # verified: abstract; "gru" as in the AMH code base
    audio_dropout: float = 0.3  # chosen: as MDRE
    text_dropout: float = 0.7  # chosen: as MDRE
    stride: int = 1  # MFCC frames averaged into one step: 1 as in the source, more for speed

    def __post_init__(self) -> None:
        at_least_one(hidden=self.hidden, stride=self.stride)
        require_name(self.rnn, tuple(_ENCODERS), "rnn")
        if self.hops not in (1, 2, 3):
            raise DataError(f"hops={self.hops}", "1, 2 or 3, as in the paper", "take one of these.")


class MultiHop(nn.Module):
    """The whole network.

    Maps: "hop.1.audio_from_text", "hop.2.text_from_audio", …, each (B, 1, 1, K): one summary asks K
    steps.

    Attributes:
        frames_per_step: MFCC frames in one step of the sound on a map.
    """

    Config = MultiHopConfig
    frames_per_step: int

    def __init__(self, dims: Dims, config: MultiHopConfig) -> None:
        super().__init__()
        self.config = config
        self.frames_per_step = config.stride
        encoder = _ENCODERS[config.rnn]
        self.audio = Recurrent(dims.audio, config.hidden, dropout=config.audio_dropout, **encoder)
        self.text = Recurrent(dims.text, config.hidden, dropout=config.text_dropout, **encoder)
        width = self.audio.width
        self.hops = nn.ModuleList(Hop(width, width) for _ in range(config.hops))
        self.classifier = affine(2 * width, dims.classes)

    def forward(self, batch: Batch, *, need_attention: bool = False) -> ModelOutput:
        """Classify a batch of B utterances.

        Args:
            batch: audio (B, T, F) and text (B, L, E), with their masks.
            need_attention: whether the maps are returned too.

        Returns:
            Logits (B, C) and the maps that were asked for.
        """
        frames, frame_mask = pool_frames(batch.audio, batch.audio_mask, self.config.stride)
        audio_states, audio_summary = self.audio(frames, frame_mask)
        text_states, _ = self.text(batch.text, batch.text_mask)
        states = {"audio": audio_states, "text": text_states}
        masks = {"audio": frame_mask, "text": batch.text_mask}
        summary, maps = {"audio": audio_summary}, {}
        asking, answering = "audio", "text"
        for number, hop in enumerate(self.hops, 1):
            summary[answering], weights = hop(summary[asking], states[answering], masks[answering])
            maps[f"hop.{number}.{asking}_from_{answering}"] = weights
            asking, answering = answering, asking
        logits = self.classifier(torch.cat((summary["text"], summary["audio"]), -1))
        return ModelOutput(logits, maps if need_attention else {})
