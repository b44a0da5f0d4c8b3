"""Multiple kernel learning: a weighted sum of kernels, its weights learned with the machine.

In: one row of numbers per utterance, in blocks of columns, and a class for each row. Out: a
`KernelMachine` that gives one score per class.

    k(x, y) = Σ_m d_m k_m(x, y),  d_m >= 0,  Σ d_m = 1
    J(d) = Σ_classes max_α 1ᵀα − ½ (α∘y)ᵀ K(d) (α∘y),  0 <= α <= C

J is the objective of SimpleMKL (Rakotomamonjy, Bach, Canu & Grandvalet, JMLR 2008). It is convex in
d, with one set of weights for all one-versus-rest machines. We minimise it by turns: machines for
fixed d, then d in closed form, d_m ∝ ‖w_m‖ (Xu et al., ICML 2010; Kloft et al., JMLR 2011, p = 1).
This never raises J and needs no line search. Nyström (Williams & Seeger, NeurIPS 2000) makes it fit
a laptop: only the kernels of a few landmarks are held.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from sklearn.exceptions import ConvergenceWarning
from sklearn.svm import SVC, LinearSVC
from torch import Tensor

_RBF_WIDTHS = (0.25, 0.5, 1.0, 2.0, 4.0)  # s of exp(−s ‖x − y‖² / d)
_DEGREES = (2, 3, 4)  # p of (1 + x·y / d)^p
KERNELS_PER_BLOCK = len(_RBF_WIDTHS) + len(_DEGREES)


def kernel_bank(x: Tensor, y: Tensor, sizes: Sequence[int]) -> Iterator[Tensor]:
    """The kernels between all rows of `x` and all rows of `y`, one after the other.

    Args:
        x: (N, D) in float64, since squared distances are differences of large numbers.
        y: (M, D) in float64.
        sizes: columns of each block, in order.

    Yields:
        (N, M): KERNELS_PER_BLOCK for every block of columns, then as many for all columns.
    """
    x_blocks, y_blocks = x.split(list(sizes), 1), y.split(list(sizes), 1)
    for a, b in [*zip(x_blocks, y_blocks, strict=True), (x, y)]:
        product = a @ b.T
        distance = (a.square().sum(1)[:, None] + b.square().sum(1) - 2 * product).clamp(min=0)
        columns = max(1, a.shape[1])
        for width in _RBF_WIDTHS:
            yield torch.exp(distance * (-width / columns))
        for degree in _DEGREES:
            yield (1 + product / columns) ** degree


def weighted_kernel(x: Tensor, y: Tensor, sizes: Sequence[int], weights: Tensor) -> Tensor:
    """Σ_m weights_m k_m. No more than one kernel is held at a time.

    Args:
        x: (N, D).
        y: (M, D).
        sizes: columns of each block, in order.
        weights: one per kernel of `kernel_bank`.

    Returns:
        (N, M).
    """
    total = x.new_zeros(len(x), len(y))
    for weight, kernel in zip(weights.tolist(), kernel_bank(x, y, sizes), strict=True):
        if weight:
            total += weight * kernel
    return total


def learn_weights(
    kernels: np.ndarray, labels: np.ndarray, C: float, *, gap: float = 0.01, rounds: int = 50
) -> np.ndarray:
    """The weights d on the simplex that minimise J.

    Args:
        kernels: (M, N, N).
        labels: (N,) classes.
        C: the price of an error.
        gap: stop where no kernel would gain more than this share over their weighted mean, the
            relative duality gap.
        rounds: stop after so many in any case.

    Returns:
        (M,), which sum to one.
    """
    count, n, _ = kernels.shape
    weights = np.full(count, 1 / count)
    rows = kernels.reshape(count, n * n)
    classes = np.unique(labels)
    if len(classes) < 2:  # nothing to tell apart
        return weights
    for _ in range(rounds):
        total = (weights @ rows).reshape(n, n)
        outer = _sum_of_outer_products(total, labels, classes, C)
        gains = (rows @ outer.ravel()).clip(0)  # Σ_c a_cᵀ K_m a_c: −2 times the gradient of J
        if gains.max() <= (1 + gap) * (weights @ gains):
            break
        weights = weights * np.sqrt(gains)  # ‖w_m‖ = d_m √(aᵀ K_m a)
        weights = np.where(weights < 1e-6 * weights.sum(), 0, weights)
        weights /= weights.sum()
    return weights


def _sum_of_outer_products(
    kernel: np.ndarray, labels: np.ndarray, classes: np.ndarray, C: float
) -> np.ndarray:
    """Σ_c a_c a_cᵀ (N, N), a = α∘y of the machine of class c against the rest."""
    outer = np.zeros(kernel.shape)
    for c in classes:
        machine = SVC(C=C, kernel="precomputed", tol=1e-2).fit(kernel, labels == c)
        support = np.ix_(machine.support_, machine.support_)
        outer[support] += np.outer(machine.dual_coef_, machine.dual_coef_)
    return outer


@dataclass(frozen=True)
class KernelMachine:
    """A fitted machine: scores(x) = Σ_m weights_m k_m(x, landmarks) @ coefficients + bias.

    Attributes:
        landmarks: (M, D).
        weights: one per kernel, each divided by its mean diagonal ("trace-normalised").
        coefficients: (M, classes).
        bias: (classes,).
    """

    landmarks: Tensor
    weights: Tensor
    coefficients: Tensor
    bias: Tensor

    def scores(self, x: Tensor, sizes: Sequence[int]) -> Tensor:
        """One-versus-rest decision values.

        Args:
            x: (N, D).
            sizes: columns of each block, in order.

        Returns:
            (N, classes) in float64.
        """
        landmarks, weights = self.landmarks.double(), self.weights.double()
        kernel = weighted_kernel(x.double(), landmarks, sizes, weights)
        return kernel @ self.coefficients.double() + self.bias.double()


def fit_machine(
    x: Tensor,
    labels: np.ndarray,
    classes: int,
    sizes: Sequence[int],
    C: float,
    landmarks: np.ndarray,
) -> KernelMachine:
    """Learn the weights on the landmarks, then one linear machine per class on all rows.

    The linear machines (squared hinge) read the Nyström features K_NM K_MM^(−½). Where every row is
    a landmark, nothing is approximated but the shape of the hinge.

    Args:
        x: (N, D).
        labels: (N,) classes from 0 to `classes` - 1.
        classes: how many there are.
        sizes: columns of each block, in order.
        C: the price of an error, for weights and machines.
        landmarks: (M,) the rows on which the weights are learned.

    Returns:
        The machine. A class that no row has, or that all rows have, gets a constant score of −1
        or 1.
    """
    x = x.double()
    marks = x[landmarks]
    kernels = np.stack([kernel.numpy() for kernel in kernel_bank(marks, marks, sizes)])
    diagonal = np.einsum("mii->m", kernels) / len(marks)  # (kernels, M, M) -> (kernels,)
    kernels /= diagonal[:, None, None]
    learned = learn_weights(kernels, labels[landmarks], C)
    whiten = _inverse_root(np.tensordot(learned, kernels, 1))  # (M, rank)
    weights = torch.from_numpy(learned / diagonal)
    features = weighted_kernel(x, marks, sizes, weights).numpy() @ whiten  # (N, rank)
    coefficients, bias = np.zeros((len(marks), classes)), np.zeros(classes)
    for c in range(classes):
        target = labels == c
        if target.all() or not target.any():
            bias[c] = 1.0 if target.all() else -1.0
            continue
        machine = _linear_machine(features, target, C)
        coefficients[:, c] = whiten @ machine.coef_[0]
        bias[c] = machine.intercept_[0]
    return KernelMachine(
        marks.float(),
        weights.float(),
        torch.from_numpy(coefficients).float(),
        torch.from_numpy(bias).float(),
    )


def _inverse_root(kernel: np.ndarray) -> np.ndarray:
    """K^(−½) of a kernel (M, M) as (M, rank), without the directions that are only noise."""
    values, vectors = np.linalg.eigh(kernel)
    kept = values > 1e-4 * values[-1]  # directions below it are noise, blown up
    return vectors[:, kept] / np.sqrt(values[kept])


def _linear_machine(features: np.ndarray, target: np.ndarray, C: float) -> LinearSVC:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return LinearSVC(C=C, dual=False, tol=1e-2).fit(features, target)
