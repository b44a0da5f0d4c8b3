"""Multiple kernel learning: a weighted sum of kernels whose weights are learned with the support vector machine.

    k(x, y) = Σ_m d_m k_m(x, y),  d_m >= 0,  Σ d_m = 1      J(d) = Σ_classes max_α 1ᵀα − ½ (α∘y)ᵀ K(d) (α∘y),  0 <= α <= C

J is the objective of SimpleMKL (Rakotomamonjy, Bach, Canu & Grandvalet, JMLR 2008), convex in d, with one set of weights
for all one-versus-rest machines. We minimise it by turns: machines for fixed d, then d in closed form, d_m ∝ ‖w_m‖ (Xu et
al., ICML 2010; Kloft et al., JMLR 2011, p = 1), which never raises J and needs no line search. Nyström (Williams & Seeger,
NeurIPS 2000) makes it fit a laptop: only the kernels of a few landmarks are held.
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

WIDTHS = (0.25, 0.5, 1.0, 2.0, 4.0)  # RBF: exp(−s ‖x − y‖² / d)
DEGREES = (2, 3, 4)  # polynomial: (1 + x·y / d)^p
EACH = len(WIDTHS) + len(DEGREES)  # kernels a block of features


def bank(x: Tensor, y: Tensor, sizes: Sequence[int]) -> Iterator[Tensor]:
    """The kernels (N, M) between rows x (N, D) and y (M, D): EACH for every block of columns, EACH for all columns.

    `sizes`: columns of each block, in order. Give both in float64: squared distances are differences of large numbers.
    """
    for a, b in [*zip(x.split(list(sizes), 1), y.split(list(sizes), 1), strict=True), (x, y)]:
        product = a @ b.T
        distance = (a.square().sum(1)[:, None] + b.square().sum(1) - 2 * product).clamp(min=0)
        d = max(1, a.shape[1])
        yield from (torch.exp(distance * (-s / d)) for s in WIDTHS)
        yield from ((1 + product / d) ** p for p in DEGREES)


def combine(x: Tensor, y: Tensor, sizes: Sequence[int], weights: Tensor) -> Tensor:
    """Σ_m weights_m k_m: (N, M). No more than one kernel is held at a time."""
    total = x.new_zeros(len(x), len(y))
    for weight, kernel in zip(weights.tolist(), bank(x, y, sizes), strict=True):
        if weight:
            total += weight * kernel
    return total


def learn_weights(
    kernels: np.ndarray, labels: np.ndarray, C: float, *, gap: float = 0.01, rounds: int = 50
) -> np.ndarray:
    """Weights (M,) on the simplex for kernels (M, N, N) and labels (N,).

    Stops where no kernel would gain more than `gap` over their weighted mean (relative duality gap), or after `rounds`.
    """
    m, n, _ = kernels.shape
    weights, rows = np.full(m, 1 / m), kernels.reshape(m, n * n)
    classes = np.unique(labels)
    if len(classes) < 2:  # nothing to tell apart
        return weights
    for _ in range(rounds):
        total, outer = (weights @ rows).reshape(n, n), np.zeros((n, n))
        for c in classes:
            machine = SVC(C=C, kernel="precomputed", tol=1e-2).fit(total, labels == c)
            outer[np.ix_(machine.support_, machine.support_)] += np.outer(
                machine.dual_coef_, machine.dual_coef_
            )
        gains = (rows @ outer.ravel()).clip(0)  # Σ_c a_cᵀ K_m a_c: −2 times the gradient of J
        if gains.max() <= (1 + gap) * (weights @ gains):
            break
        weights = weights * np.sqrt(gains)  # ‖w_m‖ = d_m √(aᵀ K_m a)
        weights = np.where(weights < 1e-6 * weights.sum(), 0, weights)
        weights /= weights.sum()
    return weights


@dataclass(frozen=True)
class Machine:
    """A fitted machine: scores(x) = Σ_m weights_m k_m(x, landmarks) @ coefficients + bias."""

    landmarks: Tensor  # (M, D)
    weights: Tensor  # (kernels,), each divided by its mean diagonal: "trace-normalised"
    coefficients: Tensor  # (M, classes)
    bias: Tensor  # (classes,)

    def scores(self, x: Tensor, sizes: Sequence[int]) -> Tensor:
        """x (N, D) -> one-versus-rest decision values (N, classes), in float64."""
        kernel = combine(x.double(), self.landmarks.double(), sizes, self.weights.double())
        return kernel @ self.coefficients.double() + self.bias.double()


def fit_machine(
    x: Tensor,
    labels: np.ndarray,
    classes: int,
    sizes: Sequence[int],
    C: float,
    landmarks: np.ndarray,
) -> Machine:
    """Weights learned exactly on the rows `landmarks`, then one linear machine a class (squared hinge) on all rows x (N, D)
    in the Nyström features K_NM K_MM^(−½). With every row a landmark nothing is approximated but the hinge's shape.

    A class that no row has, or that all rows have, gets a constant score of −1 or 1.
    """
    x = x.double()
    marks = x[landmarks]
    kernels = np.stack([k.numpy() for k in bank(marks, marks, sizes)])  # (kernels, M, M)
    diagonal = np.einsum("mii->m", kernels) / len(marks)
    kernels /= diagonal[:, None, None]
    learned = learn_weights(kernels, labels[landmarks], C)
    values, vectors = np.linalg.eigh(np.tensordot(learned, kernels, 1))
    kept = values > 1e-4 * values[-1]  # directions below it are noise, blown up
    whiten = vectors[:, kept] / np.sqrt(values[kept])  # (M, rank)
    weights = torch.from_numpy(learned / diagonal)
    features = combine(x, marks, sizes, weights).numpy() @ whiten  # (N, rank)
    coefficients, bias = np.zeros((len(marks), classes)), np.zeros(classes)
    for c in range(classes):
        target = labels == c
        if target.all() or not target.any():
            bias[c] = 1.0 if target.all() else -1.0
            continue
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            machine = LinearSVC(C=C, dual=False, tol=1e-2).fit(features, target)
        coefficients[:, c], bias[c] = whiten @ machine.coef_[0], machine.intercept_[0]
    return Machine(
        marks.float(),
        weights.float(),
        torch.from_numpy(coefficients).float(),
        torch.from_numpy(bias).float(),
    )
