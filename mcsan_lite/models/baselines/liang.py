"""Dual auto-encoders, supervised and semi-supervised: J. Liang, R. Li, Q. Jin, "Semi-supervised Multi-modal Emotion
Recognition with Cross-Modal Distribution Matching", ACM Multimedia 2020, arXiv 2009.02598.

    z_a = enc_a(functionals)   z_l = enc_l(words)   logits = classifier([z_a; z_l])
    U = .2 (MSE(dec_a(z_a), functionals) + MSE(dec_l(z_l), words)) + .1 MMD(z_a, z_l) − .1 MMD(z_a', z_l')
    labelled: CE + U       unlabelled, if `semi`, from epoch `warmup` on: U       (z_a', z_l'): codes of different utterances
    MMD(x, y) = mean k(x, x) + mean k(y, y) − 2 mean k(x, y), biased, k = Σ of 5 Gaussian kernels, a factor 2 apart

Verified in code of the authors (IEMOCAP; none found for MELD): the weights, MMD with bandwidths centred on the mean squared
distance of the joint batch, widths, warm-up 10, batch 128, rate 1e-3; acoustic 512-256-128 with ReLU, mirrored; lexical:
Transformer (2 layers, 4 heads, pre-norm, inner width × 4, no dropout; words times √width, sinusoids) on 22 words × 1,024 of
BERT, two 2-D convolutions (1-64: 4, stride 2; 64-4: 4, stride 3), 512, 128, both linear; decoder: two linear layers,
transposed convolutions, 2-layer causal Transformer, last word first; classifier 256-64-16-C.
Adapted: functionals of our MFCC (z-scored by running moments) for openSMILE's IS10, 1,582 numbers; GloVe, mapped linearly
to `width`, for BERT; the first 22 words of any utterance, masked; GroupNorm for BatchNorm, since our batches are sorted by
length and not alike; no ReLU on reconstructions, logits and the decoder's memory, where theirs cannot fit; the decoder
pre-norm, with positions, fed the words (theirs: post-norm, without, fed the encoder's states); PyTorch's first weights for
N(0, .02), which learns little in a quick run; dropout before the classifier (their run's name holds a 0.3). A permutation of
a batch has the batch's MMD: so z_a' is of every other utterance and z_l' of the rest. MELD's unlabelled pool is unknown:
ours are the labels that TrainConfig.unlabelled holds back, so no row of ours repeats the published .571.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mcsan_lite.features.batch import Batch, Dims, ModelOutput
from mcsan_lite.features.functionals import EACH, functionals
from mcsan_lite.models.baselines.mmd import mmd
from mcsan_lite.models.layers import positions

WORDS, HEADS, CODE = 22, 4, 128  # verified


@dataclass(frozen=True)
class LiangConfig:
    semi: bool = False  # verified: both settings are in the paper
    warmup: int = (
        10  # verified: the first epoch, counted from 1, that learns from unlabelled utterances
    )
    width: int = 128  # chosen: of the lexical Transformers (1,024 on BERT)
    reconstruction: float = 0.2  # verified
    matching: float = 0.1  # verified: MMD of an utterance's two codes
    mismatching: float = 0.1  # verified: MMD, subtracted, of different utterances' codes
    dropout: float = 0.3  # chosen

    def __post_init__(self) -> None:
        if self.width < HEADS or self.width % HEADS:
            raise ValueError(
                f"Given: width={self.width}. Expected: a multiple of {HEADS}, its heads. Do: change width."
            )


def dense(*widths: int) -> list[nn.Module]:
    return [layer for a, b in itertools.pairwise(widths) for layer in (nn.Linear(a, b), nn.ReLU())]


class Lexical(nn.Module):
    """The lexical auto-encoder, on a grid of 22 words."""

    def __init__(self, inputs: int, width: int) -> None:
        super().__init__()
        half, self.width = width // 2, width
        columns = (half - 2) // 3 + 1
        form = {"dropout": 0.0, "norm_first": True, "batch_first": True}
        self.enter, self.leave = nn.Linear(inputs, width), nn.Linear(width, inputs)
        self.encoder = nn.TransformerEncoder(
            nn.TransformerEncoderLayer(width, HEADS, 4 * width, **form),
            2,
            nn.LayerNorm(width),
            enable_nested_tensor=False,
        )
        self.decoder = nn.TransformerDecoder(
            nn.TransformerDecoderLayer(width, HEADS, 4 * width, **form), 2, nn.LayerNorm(width)
        )
        self.reduce = nn.Sequential(  # (B, 1, 22, width) -> (B, 64, 11, half) -> (B, 4, 4, columns) -> (B, 128)
            nn.Conv2d(1, 64, 4, 2, 1),
            nn.GroupNorm(1, 64),
            nn.ReLU(),
            nn.Conv2d(64, 4, 4, 3, 1),
            nn.GroupNorm(1, 4),
            nn.ReLU(),
            nn.Flatten(),
            nn.Linear(16 * columns, 512),
            nn.Linear(512, CODE),
        )
        self.expand = nn.Sequential(
            nn.Linear(CODE, 512),
            nn.Linear(512, 16 * columns),
            nn.Unflatten(1, (4, 4, columns)),
            nn.ConvTranspose2d(4, 64, 4, 3, 1, output_padding=(0, half - 3 * columns + 1)),
            nn.ReLU(),
            nn.ConvTranspose2d(64, 1, 4, 2, 1),
        )

    def _place(self, words: Tensor) -> Tensor:
        return math.sqrt(self.width) * self.enter(words) + positions(
            words.shape[1], self.width, like=words
        )

    def forward(self, words: Tensor, mask: Tensor) -> Tensor:
        """words (B, L, E), L <= 22, mask (B, L) -> code (B, 128), zero for an utterance without a word."""
        hidden = F.pad(
            ~mask[:, 1:], (1, 0)
        )  # an empty utterance attends to one zero word, never to none
        x = self.encoder(self._place(words), src_key_padding_mask=hidden).masked_fill(
            ~mask[..., None], 0
        )
        x = F.pad(x, (0, 0, 0, WORDS - x.shape[1]))  # (B, 22, width)
        return self.reduce(x[:, None]).masked_fill(~mask.any(1, keepdim=True), 0)

    def error(self, code: Tensor, words: Tensor, mask: Tensor) -> Tensor:
        """Mean squared error (B,) of each word told from the code and the words behind it."""
        steps = torch.arange(words.shape[1], device=mask.device)
        mirrored = (mask.sum(1, keepdim=True) - 1 - steps).clamp(min=0)[
            ..., None
        ]  # (B, L, 1): last word first
        target = words.gather(1, mirrored.expand_as(words))
        causal = steps > steps[:, None]  # (L, L): a step sees itself and what was before
        told = self.decoder(
            self._place(F.pad(target, (0, 0, 1, 0))[:, :-1]),
            self.expand(code)[:, 0],
            tgt_mask=causal,
        )
        wrong = (self.leave(told) - target).square().mean(2).masked_fill(~mask, 0)
        return wrong.sum(1) / mask.sum(1).clamp(min=1)


class Liang(nn.Module):
    """Both auto-encoders and the classifier of their two codes. The decoders run in training only."""

    Config = LiangConfig

    def __init__(self, dims: Dims, config: LiangConfig) -> None:
        super().__init__()
        self.config, self.epoch = config, 0
        self.scale = nn.BatchNorm1d(
            EACH * dims.audio, affine=False, momentum=None
        )  # holds the running moments, no more
        self.acoustic = nn.Sequential(*dense(EACH * dims.audio, 512, 256, CODE))
        self.acoustic_back = nn.Sequential(
            *dense(CODE, 256, 512), nn.Linear(512, EACH * dims.audio)
        )
        self.lexical = Lexical(dims.text, config.width)
        self.classifier = nn.Sequential(
            nn.Dropout(config.dropout), *dense(2 * CODE, 64, 16), nn.Linear(16, dims.classes)
        )

    def forward(self, batch: Batch, *, need_attention: bool = False) -> ModelOutput:
        raw, heard, read = (
            functionals(batch.audio, batch.audio_mask),
            batch.audio_mask.any(1),
            batch.text_mask.any(1),
        )
        x = F.batch_norm(raw, self.scale.running_mean, self.scale.running_var).masked_fill(
            ~heard[:, None], 0
        )
        acoustic = self.acoustic(x).masked_fill(~heard[:, None], 0)
        mask = batch.text_mask[
            :, : max(1, min(WORDS, int(batch.text_mask.sum(1).max())))
        ]  # (B, L): no longer than needed
        words = batch.text[:, : mask.shape[1]].masked_fill(~mask[..., None], 0)
        lexical = self.lexical(words, mask)
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
        self.epoch = epoch

    def loss(self, output: ModelOutput, batch: Batch) -> Tensor:
        """CE + U on the labelled utterances; U on the others too, when it is their time."""
        labelled, extras = batch.label >= 0, output.extras
        use = (
            [labelled, ~labelled]
            if self.config.semi and self.epoch >= self.config.warmup
            else [labelled]
        )
        known = extras["raw"][torch.stack(use).any(0) & extras["heard"]]
        if len(known) > 1:
            self.scale(known.detach())
        errors = F.cross_entropy(output.logits, batch.label, ignore_index=-1, reduction="sum")
        return errors / labelled.sum().clamp(min=1) + sum(
            self._unsupervised(extras, rows) for rows in use
        )

    def _unsupervised(self, extras: dict[str, Tensor], rows: Tensor) -> Tensor:
        total = extras["lexical"].sum() * 0
        for name, there in (
            ("acoustic error", rows & extras["heard"]),
            ("lexical error", rows & extras["read"]),
        ):
            total = total + self.config.reconstruction * (
                extras[name] * there
            ).sum() / there.sum().clamp(min=1)
        both = rows & extras["heard"] & extras["read"]
        a, l = extras["acoustic"][both], extras["lexical"][both]
        return (
            total
            + self.config.matching * mmd(a, l)
            - self.config.mismatching * mmd(a[::2], l[1::2])
        )
