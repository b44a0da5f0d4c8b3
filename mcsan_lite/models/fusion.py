"""Five ways to fuse sound and words that do not attend, on the encoders of MCSAN.

In: a `Batch` with audio and text. Out: a `ModelOutput` with one logit per class. There are no
attention maps.

    a = max over time of BiLSTM(pool(conv(pool(conv(MFCC)))))          as in MCSAN, Eq. 1 to 3
    t = max over time of BiLSTM(words)                                 as in MCSAN, Eq. 4, 5

    early     logits = classifier([a; t])
    late      logits = (classifierₐ(a) + classifierₜ(t)) / 2
    gated     z = σ(W [a; t]);  h = z ∘ tanh(Wₐ a) + (1 - z) ∘ tanh(Wₜ t);  classifier(h)
    tensor    h = [Wₐ a; 1] ⊗ [Wₜ t; 1], every product of two numbers;  classifier(h)
    low-rank  h = Σᵣ (Aᵣ [a; 1]) ∘ (Tᵣ [t; 1]);  classifier(h)

Remembered of the sources [M], not read again here: gated is the GMU of Arevalo et al. 2017 (arXiv
1702.01992), tensor the TFN of Zadeh et al. 2017 (arXiv 1707.07250), low-rank the LMF of Liu et al.
2018 (arXiv 1806.00064). Early and late are the two ends of the old division into fusion of features
and fusion of decisions. Chosen here: the encoders, the maximum over time and the classifier of two
layers, so that the rows of the fusion table differ in the fusion alone; the linear maps that bring
both vectors to `factor` numbers before the tensor, which would be too large for a laptop without.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mcsan_lite.errors import require_name
from mcsan_lite.features.batch import Batch, Dims, ModelOutput
from mcsan_lite.models.layers import BiLSTMMean, ConvBlock, ConvSizes, at_least_one, masked_max


@dataclass(frozen=True)
class FusionConfig:
    """What can be chosen. The sizes are those of MCSAN.

    Raises:
        DataError: for an unknown kind of fusion, and for a size below 1.
    """

    kind: Literal["early", "late", "gated", "tensor", "low-rank"] = "early"
    hidden: int = 128  # as MCSAN
    kernel: int = 3  # as MCSAN, convolution and max-pooling alike
    pool_stride: int = 3  # as MCSAN
    factor: int = 32  # tensor: numbers per modality before the outer product
    rank: int = 4  # low-rank: how many products are added up
    dropout: float = 0.1  # as MCSAN: in the classifier

    def __post_init__(self) -> None:
        require_name(self.kind, FUSIONS, "kind")
        at_least_one(
            hidden=self.hidden,
            kernel=self.kernel,
            pool_stride=self.pool_stride,
            factor=self.factor,
            rank=self.rank,
        )


def with_one(x: Tensor) -> Tensor:
    """Append the number 1: (B, D) -> (B, D + 1)."""
    return F.pad(x, (0, 1), value=1.0)


def outer_product(audio: Tensor, text: Tensor) -> Tensor:
    """Every product of a number of the sound and a number of the words.

    Args:
        audio: (B, D).
        text: (B, E).

    Returns:
        (B, D · E).
    """
    return (audio[:, :, None] * text[:, None, :]).flatten(1)


def _classifier(width: int, classes: int, config: FusionConfig) -> nn.Sequential:
    """The classifier of MCSAN: two fully connected layers."""
    return nn.Sequential(
        nn.Linear(width, config.hidden),
        nn.ReLU(),
        nn.Dropout(config.dropout),
        nn.Linear(config.hidden, classes),
    )


class EarlyFusion(nn.Module):
    """Both vectors side by side, and one classifier that sees them together."""

    def __init__(self, classes: int, config: FusionConfig) -> None:
        super().__init__()
        self.classifier = _classifier(2 * config.hidden, classes, config)

    def forward(self, audio: Tensor, text: Tensor) -> Tensor:
        """(B, D), (B, D) -> (B, C)."""
        return self.classifier(torch.cat((audio, text), -1))


class LateFusion(nn.Module):
    """One classifier per modality; their logits are averaged. The two never meet before that."""

    def __init__(self, classes: int, config: FusionConfig) -> None:
        super().__init__()
        self.from_audio = _classifier(config.hidden, classes, config)
        self.from_text = _classifier(config.hidden, classes, config)

    def forward(self, audio: Tensor, text: Tensor) -> Tensor:
        """(B, D), (B, D) -> (B, C)."""
        return (self.from_audio(audio) + self.from_text(text)) / 2


class GatedFusion(nn.Module):
    """A gate per number, which both modalities set: how much sound, and how much of the words."""

    def __init__(self, classes: int, config: FusionConfig) -> None:
        super().__init__()
        hidden = config.hidden
        self.from_audio = nn.Linear(hidden, hidden)
        self.from_text = nn.Linear(hidden, hidden)
        self.gate = nn.Linear(2 * hidden, hidden)
        self.classifier = _classifier(hidden, classes, config)

    def forward(self, audio: Tensor, text: Tensor) -> Tensor:
        """(B, D), (B, D) -> (B, C)."""
        share = torch.sigmoid(self.gate(torch.cat((audio, text), -1)))  # (B, D), of the sound
        sound, words = torch.tanh(self.from_audio(audio)), torch.tanh(self.from_text(text))
        return self.classifier(share * sound + (1 - share) * words)


class TensorFusion(nn.Module):
    """Every product of a number of the sound and a number of the words, and each by itself."""

    def __init__(self, classes: int, config: FusionConfig) -> None:
        super().__init__()
        self.from_audio = nn.Linear(config.hidden, config.factor)
        self.from_text = nn.Linear(config.hidden, config.factor)
        self.classifier = _classifier((config.factor + 1) ** 2, classes, config)

    def forward(self, audio: Tensor, text: Tensor) -> Tensor:
        """(B, D), (B, D) -> (B, C)."""
        sound, words = with_one(self.from_audio(audio)), with_one(self.from_text(text))
        return self.classifier(outer_product(sound, words))  # (B, (factor + 1)²) -> (B, C)


class LowRankFusion(nn.Module):
    """What a linear map of the tensor gives, for maps that are sums of few products.

    The tensor itself is never made.
    """

    def __init__(self, classes: int, config: FusionConfig) -> None:
        super().__init__()
        self.rank = config.rank
        # The bias is what the appended 1 is multiplied with.
        self.from_audio = nn.Linear(config.hidden, config.rank * config.hidden)
        self.from_text = nn.Linear(config.hidden, config.rank * config.hidden)
        self.classifier = _classifier(config.hidden, classes, config)

    def forward(self, audio: Tensor, text: Tensor) -> Tensor:
        """(B, D), (B, D) -> (B, C)."""
        sound = self.from_audio(audio).unflatten(-1, (self.rank, -1))  # (B, R · D) -> (B, R, D)
        words = self.from_text(text).unflatten(-1, (self.rank, -1))
        return self.classifier((sound * words).sum(1))  # (B, R, D) -> (B, D) -> (B, C)


FUSIONS: dict[str, Callable[[int, FusionConfig], nn.Module]] = {
    "early": EarlyFusion,
    "late": LateFusion,
    "gated": GatedFusion,
    "tensor": TensorFusion,
    "low-rank": LowRankFusion,
}


class Fusion(nn.Module):
    """MCSAN's encoders, one vector per modality, and one of FUSIONS. It has no attention.

    Attributes:
        config: the settings.
        frames_per_step: MFCC frames from one step of the encoded sound to the next.
    """

    Config = FusionConfig
    frames_per_step: int

    def __init__(self, dims: Dims, config: FusionConfig) -> None:
        """Make the layers. The order in which they are made decides their initial weights.

        Args:
            dims: sizes of the data.
            config: the settings.
        """
        super().__init__()
        self.config = config
        self.frames_per_step = config.pool_stride**2  # two blocks
        sizes = ConvSizes(config.kernel, config.kernel, config.pool_stride)
        hidden = config.hidden
        self.conv = nn.ModuleList(
            ConvBlock(inputs, hidden, sizes, activation=nn.ReLU())
            for inputs in (dims.audio, hidden)
        )
        self.audio_lstm = BiLSTMMean(hidden, hidden)
        self.text_lstm = BiLSTMMean(dims.text, hidden)
        self.fusion = FUSIONS[config.kind](dims.classes, config)

    def summarise(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """One vector for the sound and one for the words, before they meet.

        Args:
            batch: B utterances.

        Returns:
            (B, D) and (B, D); zeros where a modality is missing.
        """
        x, mask = batch.audio, batch.audio_mask
        for block in self.conv:
            x, mask = block(x, mask)  # Eq. 1
        audio = masked_max(self.audio_lstm(x, mask), mask)  # Eq. 2, 3, P
        words = self.text_lstm(batch.text, batch.text_mask)  # Eq. 4, 5
        return audio, masked_max(words, batch.text_mask)

    def forward(self, batch: Batch, *, need_attention: bool = False) -> ModelOutput:
        """Classify a batch of B utterances.

        Args:
            batch: audio (B, T, F) and text (B, L, E), with their masks.
            need_attention: changes nothing here.

        Returns:
            Logits (B, C).
        """
        return ModelOutput(self.fusion(*self.summarise(batch)))
