"""How sure and how right: reliability before and after calibration, on the test part.

In: calibrated runs. Out: a figure with two diagrams per run.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mcsan_lite.evaluation.calibration import with_temperature
from mcsan_lite.evaluation.intervals import reliability
from mcsan_lite.experiments.confidence.calibrating import CalibratedRun, run_name
from mcsan_lite.figures.networks import draw_reliability
from mcsan_lite.training.loop import predict

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def reliability_figure(found: Sequence[CalibratedRun], names: Sequence[str] = ()) -> Figure:
    """Two diagrams for each run: as trained, and at its temperature.

    Args:
        found: calibrated runs, with their test parts.
        names: what the runs are called; by default after their folders.
    """
    import matplotlib.pyplot as plt

    size = (9.2, 4.2 * len(found))
    drawn, rows = plt.subplots(len(found), 2, figsize=size, squeeze=False, layout="constrained")
    for place, (one, axes) in enumerate(zip(found, rows, strict=True)):
        name = names[place] if names else run_name(one.place)
        test, run = one.parts.test, one.run
        tested = predict(run.model, test, run.labels, standardizer=run.standardizer)
        temperature = one.confidence.calibration.temperature
        versions = {
            "as trained": tested.prob,
            f"temperature {temperature:.2f}": with_temperature(tested.prob, temperature),
        }
        for ax, (how, prob) in zip(axes, versions.items(), strict=True):
            draw_reliability(reliability(prob, tested.true), ax=ax)
            ax.set_title(f"{name}, {how}\n{ax.get_title()}", fontsize=9)
    return drawn
