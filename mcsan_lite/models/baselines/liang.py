"""Dual auto-encoders, supervised and semi-supervised: a rival of MCSAN in Table 2.

J. Liang, R. Li, Q. Jin, "Semi-supervised Multi-modal Emotion Recognition with Cross-Modal
Distribution Matching", ACM Multimedia 2020 (arXiv 2009.02598).

In: a batch with audio and text. Out: class logits, and in training what the loss needs.

    z_a = enc_a(functionals)   z_l = enc_l(words)   logits = classifier([z_a; z_l])
    U = .2 (MSE(dec_a(z_a), functionals) + MSE(dec_l(z_l), words))
        + .1 MMD(z_a, z_l) − .1 MMD(z_a', z_l'), where z_a', z_l' are codes of different utterances
    labelled utterances: CE + U;  unlabelled ones, if `semi`, from epoch `warmup` on: U
    MMD(x, y) = mean k(x, x) + mean k(y, y) − 2 mean k(x, y), biased,
        k = Σ of 5 Gaussian kernels, a factor 2 apart

Verified in code of the authors (IEMOCAP; none was found for MELD): the weights, MMD with bandwidths
centred on the mean squared distance of the joint batch, widths, warm-up 10, batch 128, rate 1e-3.
Acoustic: 512-256-128 with ReLU, mirrored. Lexical: a Transformer (2 layers, 4 heads, pre-norm,
inner width × 4, no dropout; words times √width, sinusoids) on 22 words × 1,024 of BERT, two 2-D
convolutions (1-64: 4, stride 2; 64-4: 4, stride 3), 512, 128, both linear. Decoder: two linear
layers, transposed convolutions, a 2-layer causal Transformer, last word first. Classifier:
256-64-16-C.
Adapted: functionals of our MFCC (z-scored by running moments) for openSMILE's IS10, 1,582 numbers;
GloVe, mapped linearly to `width`, for BERT; the first 22 words of any utterance, masked; GroupNorm
for BatchNorm, since our batches are sorted by length and not alike; no ReLU on reconstructions,
logits and the decoder's memory, where theirs cannot fit; a decoder that is pre-norm, has positions
and is fed the words (theirs is post-norm, has none, is fed the encoder's states, and its attention
puts a ReLU on queries, keys and values and no map on what comes out); PyTorch's first weights for
N(0, .02), which learns little in a quick run; dropout before the classifier (the name of their run
holds a 0.3). A permutation of a batch has the batch's MMD, so z_a' is of every other utterance and
z_l' of the rest. MELD's unlabelled pool is unknown: ours are the labels that TrainConfig.unlabelled
holds back, so no row of ours repeats the published .571.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mcsan_lite.errors import DataError
from mcsan_lite.features.batch import Batch, Dims, ModelOutput
from mcsan_lite.features.functionals import FUNCTIONALS, functionals
from mcsan_lite.models.layers import positions

CODE_WIDTH = 128  # verified: numbers in each of the two codes
_WORDS = 22  # verified: words that are read
_HEADS = 4  # verified: of the lexical Transformers
_LAYERS = 2  # verified: of the lexical Transformers


@dataclass(frozen=True)
class LiangConfig:
    """What can be chosen here. Each comment says where the default is from.

    Raises:
        DataError: for a width that the heads cannot share.
    """

    semi: bool = False  # verified: both settings are in the paper
    warmup: int = 10  # verified: the first epoch, from 1, that learns from unlabelled utterances
    width: int = 128  # chosen: of the lexical Transformers (1,024 on BERT)
    reconstruction: float = 0.2  # verified
    matching: float = 0.1  # verified: MMD of an utterance's two codes
    mismatching: float = 0.1  # verified: MMD, subtracted, of different utterances' codes
    dropout: float = 0.3  # chosen

    def __post_init__(self) -> None:
        if self.width < _HEADS or self.width % _HEADS:
            raise DataError(
                f"width={self.width}", f"a multiple of {_HEADS}, its heads", "change width."
            )


def mmd(x: Tensor, y: Tensor) -> Tensor:
    """Squared maximum mean discrepancy: how far two sets of vectors are from one distribution.

    A. Gretton et al., "A Kernel Two-Sample Test", JMLR 2012; the biased estimate. Five Gaussian
    kernels are summed. Each bandwidth is twice the one before, and the middle one is the mean
    squared distance of all N + M vectors. This was read in the code of Liang et al.'s co-author.

    Args:
        x: (N, D).
        y: (M, D).

    Returns:
        A scalar; zero where one of the sets is empty.
    """
    if not len(x) or not len(y):
        return 0 * (x.sum() + y.sum())
    joint, n = torch.cat((x, y)), len(x)
    square = joint.square().sum(1)
    distance = (square[:, None] + square - 2 * joint @ joint.T).clamp(min=0)  # (N + M, N + M)
    pairs = len(joint) * (len(joint) - 1)
    bandwidth = distance.detach().sum() / pairs + 1e-12
    k = sum(torch.exp(-distance / (bandwidth * 2.0**i)) for i in (-2, -1, 0, 1, 2))
    return k[:n, :n].mean() + k[n:, n:].mean() - 2 * k[:n, n:].mean()


def _dense_layers(*widths: int) -> list[nn.Module]:
    """Linear maps from each width to the next, each with a ReLU after it."""
    layers = []
    for inputs, outputs in itertools.pairwise(widths):
        layers += [nn.Linear(inputs, outputs), nn.ReLU()]
    return layers


class LexicalAutoEncoder(nn.Module):
    """Words to a code and back, on a grid of 22 words."""

    def __init__(self, inputs: int, width: int) -> None:
        """Build both directions.

        Args:
            inputs: numbers in a word vector.
            width: numbers per word within the Transformers.
        """
        super().__init__()
        self.width = width
        half = width // 2  # columns after the first convolution
        columns = (half - 2) // 3 + 1  # and after the second
        self.enter, self.leave = nn.Linear(inputs, width), nn.Linear(width, inputs)
        layer_options = {"dropout": 0.0, "norm_first": True, "batch_first": True}
        self.encoder = nn.TransformerEncoder(
            nn.TransformerEncoderLayer(width, _HEADS, 4 * width, **layer_options),
            _LAYERS,
            nn.LayerNorm(width),
            enable_nested_tensor=False,
        )
        self.decoder = nn.TransformerDecoder(
            nn.TransformerDecoderLayer(width, _HEADS, 4 * width, **layer_options),
            _LAYERS,
            nn.LayerNorm(width),
        )
        self.reduce = nn.Sequential(
            nn.Conv2d(1, 64, 4, 2, 1),  # (B, 1, 22, width) -> (B, 64, 11, half)
            nn.GroupNorm(1, 64),
            nn.ReLU(),
            nn.Conv2d(64, 4, 4, 3, 1),  # -> (B, 4, 4, columns)
            nn.GroupNorm(1, 4),
            nn.ReLU(),
            nn.Flatten(),
            nn.Linear(16 * columns, 512),
            nn.Linear(512, CODE_WIDTH),
        )
        self.expand = nn.Sequential(
            nn.Linear(CODE_WIDTH, 512),
            nn.Linear(512, 16 * columns),
            nn.Unflatten(1, (4, 4, columns)),
            nn.ConvTranspose2d(4, 64, 4, 3, 1, output_padding=(0, half - 3 * columns + 1)),
            nn.ReLU(),
            nn.ConvTranspose2d(64, 1, 4, 2, 1),  # -> (B, 1, 22, width)
        )

    def _enter(self, words: Tensor) -> Tensor:
        """(B, L, E) -> (B, L, width), with positions."""
        place = positions(words.shape[1], self.width, like=words)
        return math.sqrt(self.width) * self.enter(words) + place

    def forward(self, words: Tensor, mask: Tensor) -> Tensor:
        """The code of the words.

        Args:
            words: (B, L, E), L at most 22.
            mask: (B, L), True where a word is real.

        Returns:
            (B, 128), zero for an utterance without a word.
        """
        # An empty utterance attends to one zero word; attending to none would give NaN.
        hidden = F.pad(~mask[:, 1:], (1, 0))
        x = self.encoder(self._enter(words), src_key_padding_mask=hidden)
        x = x.masked_fill(~mask[..., None], 0)
        grid = F.pad(x, (0, 0, 0, _WORDS - x.shape[1]))  # (B, 22, width)
        return self.reduce(grid[:, None]).masked_fill(~mask.any(1, keepdim=True), 0)

    def error(self, code: Tensor, words: Tensor, mask: Tensor) -> Tensor:
        """How badly the decoder tells the words, last word first.

        It tells each word from the code and from the words that it has told before.

        Args:
            code: (B, 128).
            words: (B, L, E).
            mask: (B, L), True where a word is real.

        Returns:
            (B,), the squared error, a mean over real words.
        """
        steps = torch.arange(words.shape[1], device=mask.device)
        mirrored = (mask.sum(1, keepdim=True) - 1 - steps).clamp(min=0)[..., None]  # (B, L, 1)
        target = words.gather(1, mirrored.expand_as(words))
        told_before = F.pad(target, (0, 0, 1, 0))[:, :-1]  # (B, L, E), a zero word first
        is_later = steps > steps[:, None]  # (L, L): a step sees itself and what was before
        states = self.decoder(self._enter(told_before), self.expand(code)[:, 0], tgt_mask=is_later)
        wrong = (self.leave(states) - target).square().mean(2).masked_fill(~mask, 0)
        return wrong.sum(1) / mask.sum(1).clamp(min=1)


class Liang(nn.Module):
    """Both auto-encoders and the classifier of their two codes.

    The decoders run in training only. There is no attention between the modalities, and so there
    are no maps.
    """

    Config = LiangConfig

    def __init__(self, dims: Dims, config: LiangConfig) -> None:
        super().__init__()
        self.config = config
        self.epoch = 0
        inputs = FUNCTIONALS * dims.audio
        # It holds the running moments of the functionals, and does no more.
        self.scale = nn.BatchNorm1d(inputs, affine=False, momentum=None)
        self.acoustic = nn.Sequential(*_dense_layers(inputs, 512, 256, CODE_WIDTH))
        self.acoustic_back = nn.Sequential(
            *_dense_layers(CODE_WIDTH, 256, 512), nn.Linear(512, inputs)
        )
        self.lexical = LexicalAutoEncoder(dims.text, config.width)
        self.classifier = nn.Sequential(
            nn.Dropout(config.dropout),
            *_dense_layers(2 * CODE_WIDTH, 64, 16),
            nn.Linear(16, dims.classes),
        )

    def forward(self, batch: Batch, *, need_attention: bool = False) -> ModelOutput:
        """Classify a batch of B utterances.

        Args:
            batch: audio (B, T, F) and text (B, L, E), with their masks.
            need_attention: changes nothing here.

        Returns:
            Logits (B, C); in training mode also the `extras` that `loss` needs.
        """
        raw = functionals(batch.audio, batch.audio_mask)  # (B, 14 F)
        heard, read = batch.audio_mask.any(1), batch.text_mask.any(1)  # (B,) each
        x = F.batch_norm(raw, self.scale.running_mean, self.scale.running_var)
        x = x.masked_fill(~heard[:, None], 0)
        acoustic = self.acoustic(x).masked_fill(~heard[:, None], 0)  # (B, 128)
        words, mask = _first_words(batch)
        lexical = self.lexical(words, mask)  # (B, 128)
        output = ModelOutput(self.classifier(torch.cat((acoustic, lexical), 1)))
        if self.training:
            output.extras = {
                "raw": raw,
                "heard": heard,
                "read": read,
                "acoustic": acoustic,
                "lexical": lexical,
                "acoustic error": (self.acoustic_back(acoustic) - x).square().mean(1),
                "lexical error": self.lexical.error(lexical, words, mask),
            }
        return output

    def begin_epoch(self, epoch: int) -> None:
        """Remember the epoch, counted from 1: the warm-up depends on it."""
        self.epoch = epoch

    def loss(self, output: ModelOutput, batch: Batch) -> Tensor:
        """CE + U on the labelled utterances, and U on the others when it is their time.

        Args:
            output: what `forward` gave for this batch in training mode.
            batch: its `label` is -1 where an utterance is unlabelled.

        Returns:
            A scalar.
        """
        labelled, extras = batch.label >= 0, output.extras
        groups = [labelled]
        if self.config.semi and self.epoch >= self.config.warmup:
            groups.append(~labelled)
        in_use = torch.stack(groups).any(0)
        known = extras["raw"][in_use & extras["heard"]]
        if len(known) > 1:  # one utterance has no variance
            self.scale(known.detach())
        errors = F.cross_entropy(output.logits, batch.label, ignore_index=-1, reduction="sum")
        supervised = errors / labelled.sum().clamp(min=1)
        return supervised + sum(self._unsupervised(extras, rows) for rows in groups)

    def _unsupervised(self, extras: dict[str, Tensor], rows: Tensor) -> Tensor:
        """U of the utterances that `rows` (B,) marks."""
        total = extras["lexical"].sum() * 0  # a zero with a gradient
        for name, present in (("acoustic error", "heard"), ("lexical error", "read")):
            there = rows & extras[present]
            error = (extras[name] * there).sum()
            total = total + self.config.reconstruction * error / there.sum().clamp(min=1)
        both = rows & extras["heard"] & extras["read"]
        acoustic, lexical = extras["acoustic"][both], extras["lexical"][both]
        matched = mmd(acoustic, lexical)
        mismatched = mmd(acoustic[::2], lexical[1::2])  # codes of different utterances
        return total + self.config.matching * matched - self.config.mismatching * mismatched


def _first_words(batch: Batch) -> tuple[Tensor, Tensor]:
    """At most 22 words (B, L, E), zero on padding, and their mask (B, L), no longer than needed."""
    longest = int(batch.text_mask.sum(1).max())
    length = max(1, min(_WORDS, longest))
    mask = batch.text_mask[:, :length]
    return batch.text[:, :length].masked_fill(~mask[..., None], 0), mask
