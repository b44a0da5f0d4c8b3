"""Multiple kernel learning: the kernels, the weights, the machine."""

import numpy as np
import pytest
import torch
from sklearn.metrics.pairwise import polynomial_kernel, rbf_kernel
from sklearn.svm import SVC

from mcsan_lite.models.baselines import kernels

SIZES = (3, 4)


def data(n=120, classes=3, seed=0, informative=slice(0, 3)):
    random = np.random.default_rng(seed)
    label = random.integers(0, classes, n)
    x = random.standard_normal((n, sum(SIZES)))
    x[:, informative] += 2 * random.standard_normal((classes, sum(SIZES)))[label][:, informative]
    return torch.from_numpy(x), label


def objective(bank, weights, label, C):
    """J(d): what the machines of all classes reach with the kernel Σ d_m K_m."""
    total, value = np.tensordot(weights, bank, 1), 0.0
    for c in np.unique(label):
        machine = SVC(C=C, kernel="precomputed", tol=1e-6).fit(total, label == c)
        a, s = machine.dual_coef_[0], machine.support_
        value += np.abs(a).sum() - a @ total[np.ix_(s, s)] @ a / 2
    return value


def normalised(x):
    bank = np.stack([k.numpy() for k in kernels.kernel_bank(x, x, SIZES)])
    return bank / np.einsum("mii->m", bank)[:, None, None] * len(x)


def test_the_bank_is_sklearns_on_each_block_and_on_both():
    x, y = data(5)[0], data(7, seed=1)[0]
    found = list(kernels.kernel_bank(x, y, SIZES))
    assert len(found) == 3 * kernels.KERNELS_PER_BLOCK == 24 and found[0].shape == (5, 7)
    for block, columns in enumerate((slice(0, 3), slice(3, 7), slice(0, 7))):
        a, b, d = x[:, columns].numpy(), y[:, columns].numpy(), columns.stop - columns.start
        wanted = [rbf_kernel(a, b, gamma=s / d) for s in (0.25, 0.5, 1, 2, 4)]
        wanted += [polynomial_kernel(a, b, degree=p, gamma=1 / d, coef0=1) for p in (2, 3, 4)]
        for kernel, want in zip(found[block * 8 : block * 8 + 8], wanted, strict=True):
            np.testing.assert_allclose(kernel.numpy(), want, rtol=1e-9)


def test_weights_are_on_the_simplex_and_on_the_informative_block():
    x, label = data()
    weights = kernels.learn_weights(normalised(x), label, 1.0)
    assert weights.min() >= 0 and weights.sum() == pytest.approx(1)
    blocks = weights.reshape(3, 8).sum(1)
    assert blocks[1] < 0.1 < blocks[0]  # columns 3 to 6 are noise
    other = (
        kernels.learn_weights(normalised(data(informative=slice(3, 7))[0]), label, 1.0)
        .reshape(3, 8)
        .sum(1)
    )
    assert other[0] < 0.1 < other[1]


def test_weights_reach_the_least_objective():
    """Two kernels: every mixture by brute force. Then the condition of optimality on all 24."""
    x, label = data(informative=slice(0, 5))
    bank = normalised(x)
    pair = bank[[2, 10]]
    learned = objective(
        pair, kernels.learn_weights(pair, label, 1.0, gap=1e-4, rounds=500), label, 1.0
    )
    line = [objective(pair, np.array([w, 1 - w]), label, 1.0) for w in np.linspace(0, 1, 41)]
    assert learned <= min(line) * 1.002 and learned < 0.98 * max(line)
    weights = kernels.learn_weights(bank, label, 1.0)
    assert objective(bank, weights, label, 1.0) < objective(bank, np.full(24, 1 / 24), label, 1.0)


def test_one_class_has_uniform_weights():
    assert kernels.learn_weights(np.ones((4, 3, 3)), np.zeros(3, int), 1.0).tolist() == [0.25] * 4


@pytest.mark.parametrize("marks", [120, 60])
def test_the_machine_tells_new_utterances_apart(marks):
    x, label = data(400)
    landmarks = np.random.default_rng(0).permutation(120)[:marks]
    machine = kernels.fit_machine(x[:120].float(), label[:120], 4, SIZES, 1.0, landmarks)
    found = machine.scores(x[120:].float(), SIZES)
    assert machine.landmarks.shape == (marks, 7) and machine.coefficients.shape == (marks, 4)
    assert found.shape == (280, 4) and found.dtype == torch.float64
    assert (found.argmax(1).numpy() == label[120:]).mean() > 0.9
    assert (found[:, 3] == -1).all()  # the class that nobody has
    # As sklearn's machine with the same kernel: exact where all are landmarks, else near it.
    exact = kernels.weighted_kernel(x, x, SIZES, machine.weights.double()).numpy()
    svc = SVC(C=1.0, kernel="precomputed").fit(exact[:120, :120], label[:120])
    assert (svc.predict(exact[120:, :120]) == found.argmax(1).numpy()).mean() > 0.95


def test_scores_of_one_utterance_are_its_own():
    x, label = data(100)
    machine = kernels.fit_machine(x, label, 3, SIZES, 1.0, np.arange(50))
    torch.testing.assert_close(
        machine.scores(x[7:8], SIZES), machine.scores(x, SIZES)[7:8], rtol=0, atol=1e-9
    )


def test_a_single_class_is_always_told():
    x, _ = data(20)
    machine = kernels.fit_machine(x, np.ones(20, int), 3, SIZES, 1.0, np.arange(10))
    assert (machine.scores(x, SIZES) == torch.tensor([-1.0, 1.0, -1.0])).all()
