"""cMKL: a text CNN's features and audio functionals, told apart by multiple kernel learning.

S. Poria, I. Chaturvedi, E. Cambria, A. Hussain, "Convolutional MKL based multimodal emotion recognition and sentiment
analysis", ICDM 2016; as a baseline on MELD: S. Poria et al., "MELD", ACL 2019, one utterance at a time, without context.

    c = tanh(W [max_t ReLU(conv_w(x))]_{w = 3, 4, 5} + b)       trained with softmax(U c), ordinary loop  (Kim, EMNLP 2014)
    f = selected functionals of the MFCC frames                 then, once, in `finish`:
    s_class(c, f) = Σ_i β_i Σ_m d_m k_m((c, f), (c_i, f_i)) + b    weights d on the simplex, learned: kernels.py

Verified: CNN features of the text, MKL decides (abstract). In third-party notes: openSMILE functionals with selection. Also
verified:
MELD's authors released a 100-d text-CNN vector with GloVe and 1,611 openSMILE numbers chosen by an L2 linear SVM; their
text-CNN baseline reads frozen GloVe with widths 3/4/5, ReLU, max over time, dense 100 tanh, dropout .5 (512 maps a width).
Remembered [M], not verified: five RBF and three polynomial kernels (degrees 2, 3, 4), SPG-GMKL as the solver.
Chosen: 100 maps a width; functionals of our MFCC in place of openSMILE's; the RBF widths; kernels on text, on audio and on
both; SimpleMKL's objective; one C of `costs` for weights and machine, by weighted F1 on validation; squared hinge in the
final machine; its scores times one factor fitted on validation (temperature scaling: Guo et al., ICML 2017), so that their
softmax is a usable probability; no class weights. Nyström: kernels are held for at most `landmarks` training utterances,
drawn once. The selector's C is fixed. Before `finish`, and in training, the logits are the CNN's. The machine is in
buffers, not parameters: a parameter count is the CNN's.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from scipy.optimize import minimize_scalar
from sklearn.feature_selection import SelectFromModel
from sklearn.svm import LinearSVC
from torch import Tensor, nn
from torch.nn import functional as F

from mcsan_lite.evaluation import metrics
from mcsan_lite.features.batch import Batch, Dims, ModelOutput
from mcsan_lite.features.functionals import EACH, functionals
from mcsan_lite.models.baselines.kernels import Machine, fit_machine

MACHINE = ("landmarks", "weights", "coefficients", "bias")


@dataclass(frozen=True)
class CMKLConfig:
    """Raises ValueError for a machine that cannot be built."""

    maps: int = 100  # chosen, a width; MELD's baseline has 512
    code: int = 100  # verified: the released text-CNN vector
    dropout: float = 0.5  # verified in MELD's baseline
    landmarks: int = 2000  # chosen: utterances whose kernels are held; as many as there are to train on = exact kernels
    costs: tuple[float, ...] = (0.1, 1.0, 10.0)  # chosen: the C among which validation decides

    def __post_init__(self) -> None:
        if (
            min(self.maps, self.code) < 1
            or self.landmarks < 2
            or not self.costs
            or min(self.costs) <= 0
        ):
            raise ValueError(
                f"Given: {self}. Expected: maps and code of at least 1, two landmarks or more, costs above 0. "
                "Do: change the one that is not."
            )


class CMKL(nn.Module):
    """The text CNN, and after `finish` the kernel machine that reads its code beside the audio functionals."""

    Config = CMKLConfig

    def __init__(self, dims: Dims, config: CMKLConfig) -> None:
        super().__init__()
        self.config = config
        self.convs = nn.ModuleList(nn.Conv1d(dims.text, config.maps, width) for width in (3, 4, 5))
        self.code = nn.Linear(3 * config.maps, config.code)
        self.dropout = nn.Dropout(config.dropout)
        self.classifier = nn.Linear(config.code, dims.classes)
        columns = config.code + EACH * dims.audio
        self.register_buffer("mean", torch.zeros(columns))
        self.register_buffer("deviation", torch.ones(columns))
        self.register_buffer("chosen", torch.ones(columns, dtype=torch.bool))
        for name in MACHINE:
            self.register_buffer(name, torch.zeros(0))

    def encode(self, batch: Batch) -> Tensor:
        """(B, code). A window starts at every real word; what it sees behind the last one is zero, as are padded words."""
        x = batch.text.masked_fill(~batch.text_mask[..., None], 0).transpose(1, 2)  # (B, E, L)
        found = []
        for conv in self.convs:
            maps = conv(F.pad(x, (0, conv.kernel_size[0] - 1))).relu()  # (B, maps, L)
            found.append(
                maps.masked_fill(~batch.text_mask[:, None], 0).amax(2)
            )  # ReLU: zero is the least
        return self.code(self.dropout(torch.cat(found, 1))).tanh()

    def describe(self, batch: Batch) -> Tensor:
        """(B, code + functionals), standardised on the training part; of a modality that is missing, its average."""
        x = torch.cat((self.encode(batch), functionals(batch.audio, batch.audio_mask)), 1)
        there = torch.stack((batch.text_mask.any(1), batch.audio_mask.any(1)), 1)  # (B, 2)
        sizes = torch.tensor([self.config.code, x.shape[1] - self.config.code], device=x.device)
        return ((x - self.mean) / self.deviation).masked_fill(~there.repeat_interleave(sizes, 1), 0)

    def forward(self, batch: Batch, *, need_attention: bool = False) -> ModelOutput:
        if self.training or not self.landmarks.numel():
            return ModelOutput(self.classifier(self.dropout(self.encode(batch))))
        machine = Machine(*(getattr(self, name) for name in MACHINE))
        return ModelOutput(
            machine.scores(self.describe(batch)[:, self.chosen], self._sizes()).float()
        )

    def begin_epoch(self, epoch: int) -> None:
        """The machine stands on the code that the CNN had: with another code there is none."""
        for name in MACHINE:
            setattr(self, name, getattr(self, name).new_zeros(0))

    def finish(
        self,
        train: Callable[[], Iterable[Batch]],
        valid: Callable[[], Iterable[Batch]],
        labels: Sequence[str],
    ) -> None:
        """Learn kernel weights and machine on the labelled training utterances; C and the scale on validation."""
        self.eval()
        self.begin_epoch(0)
        self.mean.zero_(), self.deviation.fill_(1), self.chosen.fill_(True)
        x, y = self._all(train)
        self.mean.copy_(x.mean(0)), self.deviation.copy_(x.std(0, correction=0))
        self.deviation[self.deviation < 1e-6] = 1
        x, (x_valid, y_valid) = self._all(train)[0], self._all(valid)
        code = self.config.code
        if len(np.unique(y)) > 1:
            selector = SelectFromModel(LinearSVC(C=0.01, dual=False, tol=0.1)).fit(
                x[:, code:].numpy(), y
            )
            self.chosen[code:] = torch.from_numpy(selector.get_support()).to(self.chosen.device)
        x, x_valid = x[:, self.chosen.cpu()], x_valid[:, self.chosen.cpu()]
        landmarks = np.random.default_rng(0).permutation(len(x))[: self.config.landmarks]
        found = [
            fit_machine(x, y, len(labels), self._sizes(), C, landmarks) for C in self.config.costs
        ]
        scores = [machine.scores(x_valid, self._sizes()).numpy() for machine in found]
        best = int(np.argmax([metrics.weighted_f1(y_valid, s.argmax(1)) for s in scores]))
        target = torch.from_numpy(y_valid)
        scale = math.exp(
            minimize_scalar(
                lambda log: F.cross_entropy(
                    torch.from_numpy(scores[best]) * math.exp(log), target
                ).item(),
                bounds=(-3, 5),
                method="bounded",
            ).x
        )
        for name in MACHINE:
            value = getattr(found[best], name) * (scale if name in ("coefficients", "bias") else 1)
            setattr(self, name, value.to(self.mean.device))

    def _sizes(self) -> tuple[int, int]:
        return self.config.code, int(self.chosen.sum()) - self.config.code

    @torch.no_grad()
    def _all(self, part: Callable[[], Iterable[Batch]]) -> tuple[Tensor, np.ndarray]:
        rows, labels = zip(*((self.describe(b).cpu(), b.label.cpu()) for b in part()), strict=True)
        label = torch.cat(labels)
        return torch.cat(rows)[label >= 0], label[label >= 0].numpy()

    def _load_from_state_dict(self, state: dict, prefix: str, *rest) -> None:
        for name in MACHINE:  # as long as the machine in the checkpoint
            if prefix + name in state:
                setattr(self, name, self.mean.new_zeros(state[prefix + name].shape))
        super()._load_from_state_dict(state, prefix, *rest)
