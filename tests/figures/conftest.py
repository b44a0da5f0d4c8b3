"""Figures of these tests go to no screen, and are closed after each test."""

import pytest
from matplotlib import pyplot as plt

plt.switch_backend("Agg")


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")
