"""cMKL, a text CNN and audio functionals told apart by multiple kernel learning: in Table 2.

S. Poria, I. Chaturvedi, E. Cambria, A. Hussain, "Convolutional MKL based multimodal emotion
recognition and sentiment analysis", ICDM 2016. As a baseline on MELD: S. Poria et al., "MELD",
ACL 2019, one utterance at a time, without context.

In: a batch with audio and text. Out: class logits. They are the CNN's in training, and the kernel
machine's after `finish`.

    c = tanh(W [max_t ReLU(conv_w(x))]_{w = 3, 4, 5} + b)
        trained with softmax(U c) in the ordinary loop (Kim, EMNLP 2014)
    f = selected functionals of the MFCC frames; then, once, in `finish`:
    s_class(c, f) = Σ_i β_i Σ_m d_m k_m((c, f), (c_i, f_i)) + b
        weights d on the simplex, learned: kernels.py

Verified: CNN features of the text, and MKL decides (abstract). In third-party notes: openSMILE
functionals with selection. Also verified: MELD's authors released a 100-d text-CNN vector with
GloVe and 1,611 openSMILE numbers chosen by an L2 linear SVM; their text-CNN baseline reads frozen
GloVe with widths 3/4/5, ReLU, max over time, dense 100 tanh, dropout .5 (512 maps per width).
Remembered [M], not verified: five RBF and three polynomial kernels (degrees 2, 3, 4), SPG-GMKL as
the solver.
Chosen: 100 maps per width; functionals of our MFCC in place of openSMILE's; the RBF widths; kernels
on text, on audio and on both; SimpleMKL's objective; one C of `costs` for weights and machine, by
weighted F1 on validation; squared hinge in the final machine; its scores times one factor fitted on
validation (temperature scaling: Guo et al., ICML 2017), so that their softmax is a usable
probability; no class weights. Nyström: kernels are held for at most `landmarks` training
utterances, drawn once. The selector's C is fixed. The machine is in buffers, not parameters, so a
parameter count is the CNN's.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields

import numpy as np
import torch
from scipy.optimize import minimize_scalar
from sklearn.feature_selection import SelectFromModel
from sklearn.svm import LinearSVC
from torch import Tensor, nn
from torch.nn import functional as F

from mcsan_lite.errors import DataError
from mcsan_lite.evaluation import metrics
from mcsan_lite.features.batch import Batch, Dims, ModelOutput
from mcsan_lite.features.functionals import FUNCTIONALS, functionals
from mcsan_lite.models.baselines.kernels import KernelMachine, fit_machine

MACHINE_BUFFERS = tuple(field.name for field in fields(KernelMachine))
_CONV_WIDTHS = (3, 4, 5)  # verified: MELD's baseline, in words


@dataclass(frozen=True)
class CMKLConfig:
    """What can be chosen in cMKL. Each comment says where the default is from.

    Raises:
        DataError: for a machine that cannot be built.
    """

    maps: int = 100  # chosen, per width; MELD's baseline has 512
    code: int = 100  # verified: the released text-CNN vector
    dropout: float = 0.5  # verified in MELD's baseline
    # Chosen: utterances whose kernels are held. As many as there are to train on = exact kernels.
    landmarks: int = 2000
    costs: tuple[float, ...] = (0.1, 1.0, 10.0)  # chosen: the C among which validation decides

    def __post_init__(self) -> None:
        sizes_are_possible = self.maps >= 1 and self.code >= 1 and self.landmarks >= 2
        costs_are_possible = bool(self.costs) and min(self.costs) > 0
        if not (sizes_are_possible and costs_are_possible):
            raise DataError(
                str(self),
                "maps and code of at least 1, two landmarks or more, costs above 0",
                "change the one that is not.",
            )


class CMKL(nn.Module):
    """The text CNN, and after `finish` the kernel machine.

    The machine reads the CNN's code beside the audio functionals. There is no attention, and so
    there are no maps.
    """

    Config = CMKLConfig

    def __init__(self, dims: Dims, config: CMKLConfig) -> None:
        super().__init__()
        self.config = config
        self.convs = nn.ModuleList(
            nn.Conv1d(dims.text, config.maps, width) for width in _CONV_WIDTHS
        )
        self.code = nn.Linear(len(_CONV_WIDTHS) * config.maps, config.code)
        self.dropout = nn.Dropout(config.dropout)
        self.classifier = nn.Linear(config.code, dims.classes)
        columns = config.code + FUNCTIONALS * dims.audio
        self.register_buffer("mean", torch.zeros(columns))
        self.register_buffer("deviation", torch.ones(columns))
        self.register_buffer("chosen", torch.ones(columns, dtype=torch.bool))
        for name in MACHINE_BUFFERS:
            self.register_buffer(name, torch.zeros(0))

    def encode(self, batch: Batch) -> Tensor:
        """The CNN's code of the words, c (B, code).

        A window starts at every real word. What it sees after the last one is zero, as padded words
        are.
        """
        words = batch.text.masked_fill(~batch.text_mask[..., None], 0).transpose(1, 2)  # (B, E, L)
        pooled = []
        for conv in self.convs:
            width = conv.kernel_size[0]
            maps = conv(F.pad(words, (0, width - 1))).relu()  # (B, maps, L)
            # After a ReLU, zero is the least: a padded window cannot win.
            pooled.append(maps.masked_fill(~batch.text_mask[:, None], 0).amax(2))  # (B, maps)
        return self.code(self.dropout(torch.cat(pooled, 1))).tanh()

    def describe(self, batch: Batch) -> Tensor:
        """The machine's input (B, code + functionals), standardised on the training part.

        A modality that is missing is described by its average, which is zero.
        """
        heard = functionals(batch.audio, batch.audio_mask)
        x = torch.cat((self.encode(batch), heard), 1)
        x = (x - self.mean) / self.deviation
        has_words = batch.text_mask.any(1, keepdim=True).expand(-1, self.config.code)
        has_sound = batch.audio_mask.any(1, keepdim=True).expand(-1, heard.shape[1])
        return x.masked_fill(~torch.cat((has_words, has_sound), 1), 0)

    def forward(self, batch: Batch, *, need_attention: bool = False) -> ModelOutput:
        """Classify a batch of B utterances.

        Args:
            batch: audio (B, T, F) and text (B, L, E), with their masks.
            need_attention: changes nothing here.

        Returns:
            Logits (B, C).
        """
        if self.training or not self.landmarks.numel():
            return ModelOutput(self.classifier(self.dropout(self.encode(batch))))
        machine = KernelMachine(*(getattr(self, name) for name in MACHINE_BUFFERS))
        scores = machine.scores(self.describe(batch)[:, self.chosen], self._sizes())
        return ModelOutput(scores.float())

    def begin_epoch(self, epoch: int) -> None:
        """Forget the machine: it stands on the code that the CNN had."""
        for name in MACHINE_BUFFERS:
            setattr(self, name, getattr(self, name).new_zeros(0))

    def finish(
        self,
        train: Callable[[], Iterable[Batch]],
        valid: Callable[[], Iterable[Batch]],
        labels: Sequence[str],
    ) -> None:
        """Learn kernel weights and machine on the labelled training utterances.

        C and the scale of the scores are chosen on validation.

        Args:
            train: gives the batches of the training part.
            valid: gives the batches of the validation part.
            labels: the class order.
        """
        self.eval()
        self.begin_epoch(0)
        self._standardise(train)
        x, y = self._described(train)
        x_valid, y_valid = self._described(valid)
        self._select_functionals(x, y)
        x, x_valid = x[:, self.chosen.cpu()], x_valid[:, self.chosen.cpu()]
        landmarks = np.random.default_rng(0).permutation(len(x))[: self.config.landmarks]
        best_machine, best_scores, best_f1 = None, None, -math.inf
        for C in self.config.costs:
            machine = fit_machine(x, y, len(labels), self._sizes(), C, landmarks)
            scores = machine.scores(x_valid, self._sizes())
            f1 = metrics.weighted_f1(y_valid, scores.numpy().argmax(1))
            if f1 > best_f1:
                best_machine, best_scores, best_f1 = machine, scores, f1
        self._keep(best_machine, _temperature(best_scores, torch.from_numpy(y_valid)))

    def _standardise(self, train: Callable[[], Iterable[Batch]]) -> None:
        """Take mean and deviation of every column from the training part."""
        self.mean.zero_()
        self.deviation.fill_(1)
        self.chosen.fill_(True)
        x, _ = self._described(train)
        self.mean.copy_(x.mean(0))
        self.deviation.copy_(x.std(0, correction=0))
        self.deviation[self.deviation < 1e-6] = 1

    def _select_functionals(self, x: Tensor, y: np.ndarray) -> None:
        """Keep the functionals that a linear SVM finds useful; all where there is one class."""
        if len(np.unique(y)) < 2:
            return
        code = self.config.code
        selector = SelectFromModel(LinearSVC(C=0.01, dual=False, tol=0.1))
        selector.fit(x[:, code:].numpy(), y)
        self.chosen[code:] = torch.from_numpy(selector.get_support()).to(self.chosen.device)

    def _keep(self, machine: KernelMachine, scale: float) -> None:
        """Put the machine into the buffers, its scores times `scale`."""
        for name in MACHINE_BUFFERS:
            value = getattr(machine, name)
            if name in ("coefficients", "bias"):
                value = value * scale
            setattr(self, name, value.to(self.mean.device))

    def _sizes(self) -> tuple[int, int]:
        """How many columns the machine reads of the code, and of the functionals."""
        return self.config.code, int(self.chosen.sum()) - self.config.code

    @torch.no_grad()
    def _described(self, part: Callable[[], Iterable[Batch]]) -> tuple[Tensor, np.ndarray]:
        """(N, D) descriptions and (N,) classes of the N labelled utterances of a part."""
        rows, labels = [], []
        for batch in part():
            rows.append(self.describe(batch).cpu())
            labels.append(batch.label.cpu())
        label = torch.cat(labels)
        return torch.cat(rows)[label >= 0], label[label >= 0].numpy()

    def _load_from_state_dict(self, state: dict, prefix: str, *rest) -> None:
        # The machine's buffers become as long as those in the checkpoint.
        for name in MACHINE_BUFFERS:
            if prefix + name in state:
                setattr(self, name, self.mean.new_zeros(state[prefix + name].shape))
        super()._load_from_state_dict(state, prefix, *rest)


def _temperature(scores: Tensor, labels: Tensor) -> float:
    """The factor of scores (N, C) under which the labels (N,) are likeliest."""

    def loss(log_factor: float) -> float:
        return F.cross_entropy(scores * math.exp(log_factor), labels).item()

    return math.exp(minimize_scalar(loss, bounds=(-3, 5), method="bounded").x)
