"""One picture for each claim: centers of the seeds with 95 % intervals."""

import matplotlib
import numpy as np
from matplotlib.figure import Figure

from ...common.files import replacing
from ..intervals import interval

_LOG = "log "


def plot_claim(record, path):
    """Writes the curves of a claim's record as SVG, one panel a data set.

    Args:
        record: as `claim.json` holds it.
        path: of the picture, a `pathlib.Path`.
    """
    # `Figure` alone needs no display and leaves pyplot's state alone.
    figure = Figure(figsize=(8, 3.2), layout="constrained")
    panels = figure.subplots(1, len(record["curves"]), squeeze=False)[0]
    for axes, (dataset, points) in zip(
        panels, record["curves"].items(), strict=True
    ):
        _plot_lines(axes, points)
        axes.set_title(dataset)
        _label(axes, *record["axes"])
        axes.grid(alpha=0.3)
    if len({point["series"] for point in points}) > 1:
        panels[-1].legend(fontsize="small")
    # The same numbers make the same file.
    options = {"svg.hashsalt": record["name"], "svg.fonttype": "none"}
    with (
        replacing(path, "The picture") as temporary,
        matplotlib.rc_context(options),
    ):
        figure.savefig(temporary, format="svg", metadata={"Date": None})


def _plot_lines(axes, points):
    for name in dict.fromkeys(point["series"] for point in points):
        line = [point for point in points if point["series"] == name]
        found = [interval(point["values"].values()) for point in line]
        centers, low, high = np.array([each[:3] for each in found]).T
        axes.errorbar(
            [_place(point["x"]) for point in line],
            centers,
            yerr=np.maximum([centers - low, high - centers], 0),
            fmt="o-" if isinstance(line[0]["x"], (int, float)) else "o",
            markersize=4,
            capsize=3,
            label=str(name),
        )


def _place(x):
    return x if isinstance(x, (int, float)) else str(x)


def _label(axes, x, y):
    if x.startswith(_LOG):
        axes.set_xscale("log")
    if y.startswith(_LOG):
        axes.set_yscale("log")
    axes.set(xlabel=x.removeprefix(_LOG), ylabel=y.removeprefix(_LOG))
