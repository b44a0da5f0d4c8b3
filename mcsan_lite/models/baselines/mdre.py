"""MDRE, multimodal dual recurrent encoder: S. Yoon, S. Byun, K. Jung, "Multimodal Speech Emotion Recognition Using Audio
and Text", SLT 2018 (arXiv 1810.04635).

    hᵃ = last state of GRU(audio);  h̃ᵃ = [hᵃ; p], p the utterance's prosody, where there is one
    A = h̃ᵃ Wₐ + bₐ;  B = hᵗ Wₜ + bₜ, each to half its width;  logits = [A; B] W + b

Verified in the authors' code (david-yoon/multimodal-speech-emotion, 44d05d5): GRUs of 200 (MCSAN's text says LSTMs), linear
from there to the logits, 235 -> 117 and 200 -> 100, each bias a *single number*, dropout .3 on audio and .7 on words
("dr" there is what is kept), orthogonal GRUs, other matrices U(-.25, .25), and a *sigmoid* cross-entropy per class.
Remembered [M]: the paper's loss is a softmax cross-entropy.
Chosen: 40 MFCC in up to 1,000 frames, normalised, for the code's 39 in 750; softmax (`loss="sigmoid"` is the code); no
prosody, since no features here have the 35 openSMILE numbers, so `prosody` is there for its parameter count and for a batch
that you make and pass yourself; frozen word vectors, where the code trains its embedding; `stride`. The training loop of
the re-run that MCSAN quotes is in no repository. Probabilities that are reported are softmax either way; the predicted
class is the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mcsan_lite.errors import DataError, require_name
from mcsan_lite.features.batch import Batch, Dims, ModelOutput
from mcsan_lite.models.layers import at_least_one
from mcsan_lite.models.recurrent import Recurrent, pool_frames


@dataclass(frozen=True)
class MDREConfig:
    hidden: int = 200  # verified: code
    audio_dropout: float = 0.3  # verified: code, keeps .7
    text_dropout: float = 0.7  # verified: code, keeps .3
    loss: Literal["softmax", "sigmoid"] = "softmax"  # remembered: paper; "sigmoid" verified: code
    prosody: int = 0  # verified: 35 in the code; chosen: none. With it, forward asks for `batch.prosody` (B, prosody)
    stride: int = 1  # as in the source; more: the mean of so many frames is one step, for speed

    def __post_init__(self) -> None:
        at_least_one(hidden=self.hidden, stride=self.stride)
        require_name(self.loss, ("softmax", "sigmoid"), "loss")


class ScalarAffine(nn.Module):
    """x W + b with one number b for all outputs. Behind the logits a softmax cannot see it: its gradient is zero there."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(outputs, inputs).uniform_(-0.25, 0.25))
        self.bias = nn.Parameter(torch.zeros(1))

    def forward(self, x: Tensor) -> Tensor:
        return F.linear(x, self.weight) + self.bias


class MDRE(nn.Module):
    """No attention, so no maps."""

    Config = MDREConfig

    def __init__(self, dims: Dims, config: MDREConfig) -> None:
        super().__init__()
        self.config = config
        self.audio = Recurrent(dims.audio, config.hidden, dropout=config.audio_dropout)
        self.text = Recurrent(dims.text, config.hidden, dropout=config.text_dropout)
        heard = config.hidden + config.prosody
        self.from_audio = ScalarAffine(heard, heard // 2)
        self.from_text = ScalarAffine(config.hidden, config.hidden // 2)
        self.classifier = ScalarAffine(heard // 2 + config.hidden // 2, dims.classes)

    def forward(self, batch: Batch, *, need_attention: bool = False) -> ModelOutput:
        _, audio = self.audio(*pool_frames(batch.audio, batch.audio_mask, self.config.stride))
        _, text = self.text(batch.text, batch.text_mask)
        if self.config.prosody:
            audio = torch.cat((audio, self._prosody(batch)), -1)
        return ModelOutput(
            self.classifier(torch.cat((self.from_audio(audio), self.from_text(text)), -1))
        )

    def _prosody(self, batch: Batch) -> Tensor:
        wanted, given = (len(batch.ids), self.config.prosody), getattr(batch, "prosody", None)
        if given is None or given.shape != wanted:
            found = "no prosody" if given is None else f"prosody of shape {tuple(given.shape)}"
            raise DataError(
                f"a batch with {found}, and MDRE with prosody={self.config.prosody}",
                f"`batch.prosody` of shape {wanted}",
                "take prosody=0: no reader here makes it.",
            )
        return given

    def loss(self, output: ModelOutput, batch: Batch) -> Tensor:
        """Softmax cross-entropy, or the code's: sigmoid cross-entropy of each class against the one-hot label, mean over
        all. Utterances of unknown class, -1, do not count; zero where none is known."""
        known = batch.label >= 0
        logits, label = output.logits[known], batch.label[known]
        if not len(label):
            return output.logits.sum() * 0
        if self.config.loss == "softmax":
            return F.cross_entropy(logits, label)
        return F.binary_cross_entropy_with_logits(
            logits, F.one_hot(label, logits.shape[-1]).to(logits.dtype)
        )
