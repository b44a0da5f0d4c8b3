"""MDRE, multimodal dual recurrent encoder: a rival of MCSAN in Table 1, without any attention.

S. Yoon, S. Byun, K. Jung, "Multimodal Speech Emotion Recognition Using Audio and Text", SLT 2018
(arXiv 1810.04635).

In: a batch with audio and text. Out: class logits.

    hᵃ = last state of GRU(audio);  hᵗ = last state of GRU(words)
    A = hᵃ Wₐ + bₐ;  B = hᵗ Wₜ + bₜ, each to half its width;  logits = [A; B] W + b

Verified in the authors' code (david-yoon/multimodal-speech-emotion, 44d05d5): GRUs of 200 (MCSAN's
text says LSTMs); linear from there to the logits; each bias is a *single number*; dropout .3 on
audio and .7 on words ("dr" there is what is kept); orthogonal GRUs whose gates begin with a bias of
1 (TensorFlow's cell: with 0, as here until November 2026, small trainings did not leave chance) and
other matrices from U(-.25, .25); a *sigmoid* cross-entropy per class.
Remembered [M]: the paper's loss is a softmax cross-entropy.
Chosen: 40 normalised MFCC in up to 1,000 frames, for the code's 39 in 750; softmax
(`loss="sigmoid"` is the code); frozen word vectors, where the code trains its embedding; `stride`;
no prosody. The code puts 35 openSMILE numbers beside hᵃ, which no reader here has. The training
loop of the re-run that MCSAN quotes is in no repository. Reported probabilities are softmax either
way; the predicted class is the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mcsan_lite.errors import require_name
from mcsan_lite.features.batch import Batch, Dims, ModelOutput
from mcsan_lite.models.layers import at_least_one
from mcsan_lite.models.recurrent import Recurrent, pool_frames


@dataclass(frozen=True)
class MDREConfig:
    """What can be chosen in MDRE. Each comment says where the default is from."""

    hidden: int = 200  # verified: code
    audio_dropout: float = 0.3  # verified: code, keeps .7
    text_dropout: float = 0.7  # verified: code, keeps .3
    loss: Literal["softmax", "sigmoid"] = "softmax"  # remembered: paper; "sigmoid" verified: code
    stride: int = 1  # MFCC frames averaged into one step: 1 as in the source, more for speed

    def __post_init__(self) -> None:
        at_least_one(hidden=self.hidden, stride=self.stride)
        require_name(self.loss, ("softmax", "sigmoid"), "loss")


class ScalarAffine(nn.Module):
    """x W + b with one number b for all outputs.

    Before a softmax such a b changes nothing: its gradient is zero there.
    """

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(outputs, inputs).uniform_(-0.25, 0.25))
        self.bias = nn.Parameter(torch.zeros(1))

    def forward(self, x: Tensor) -> Tensor:
        """(…, inputs) -> (…, outputs)."""
        return F.linear(x, self.weight) + self.bias


class MDRE(nn.Module):
    """The whole network. It has no attention, and so no maps.

    Attributes:
        frames_per_step: MFCC frames in one step of the sound.
    """

    Config = MDREConfig
    frames_per_step: int

    def __init__(self, dims: Dims, config: MDREConfig) -> None:
        super().__init__()
        self.config = config
        self.frames_per_step = config.stride
        half = config.hidden // 2
        self.audio = Recurrent(dims.audio, config.hidden, dropout=config.audio_dropout)
        self.text = Recurrent(dims.text, config.hidden, dropout=config.text_dropout)
        self.from_audio = ScalarAffine(config.hidden, half)
        self.from_text = ScalarAffine(config.hidden, half)
        self.classifier = ScalarAffine(2 * half, dims.classes)

    def forward(self, batch: Batch, *, need_attention: bool = False) -> ModelOutput:
        """Classify a batch of B utterances.

        Args:
            batch: audio (B, T, F) and text (B, L, E), with their masks.
            need_attention: changes nothing here.

        Returns:
            Logits (B, C).
        """
        frames, frame_mask = pool_frames(batch.audio, batch.audio_mask, self.config.stride)
        _, audio = self.audio(frames, frame_mask)  # (B, D)
        _, text = self.text(batch.text, batch.text_mask)  # (B, D)
        halves = torch.cat((self.from_audio(audio), self.from_text(text)), -1)
        return ModelOutput(self.classifier(halves))

    def loss(self, output: ModelOutput, batch: Batch) -> Tensor:
        """The loss of the paper, or that of the code.

        Args:
            output: what `forward` gave for this batch.
            batch: its `label` is -1 where the class is unknown; such utterances do not count.

        Returns:
            A scalar: softmax cross-entropy, or sigmoid cross-entropy of each class against the
            one-hot label. It is the mean over what is known, and zero where nothing is.
        """
        known = batch.label >= 0
        logits, label = output.logits[known], batch.label[known]
        if not len(label):
            return output.logits.sum() * 0
        if self.config.loss == "softmax":
            return F.cross_entropy(logits, label)
        one_hot = F.one_hot(label, logits.shape[-1]).to(logits.dtype)
        return F.binary_cross_entropy_with_logits(logits, one_hot)
