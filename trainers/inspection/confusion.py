"""Which classes are taken for which, as an image."""

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

#: Of more classes the cells have no numbers, and not each axis a label.
_MOST_NUMBERS, _MOST_LABELS = 20, 50


def confusion_matrix(labels, predicted, classes):
    """Returns how often each class was taken for each.

    Args:
        labels, predicted: whole numbers below `classes`, as many of both.
        classes: how many there are.

    Returns:
        Counts, `(labels, predictions)`.
    """
    places = np.asarray(labels) * classes + np.asarray(predicted)
    counts = np.bincount(places, minlength=classes**2)
    return counts.reshape(classes, classes)


def confusion_image(counts):
    """Returns a confusion matrix as an image.

    The colors are of shares of a label's examples, the numbers counts.

    Args:
        counts: from `confusion_matrix`.

    Returns:
        Bytes, (height, width, 3).
    """
    classes = len(counts)
    totals = counts.sum(1, keepdims=True)
    shares = counts / np.maximum(totals, 1)
    side = min(max(4.0, 0.45 * classes + 1.5), 10.0)
    figure = Figure(figsize=(side, side))
    # In inches, for the labels; to have them measured takes as long as to draw.
    edge, far = 0.6 / side, 1 - 0.1 / side
    axes = figure.add_axes((edge, edge, far - edge, far - edge))
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1, interpolation="nearest")
    axes.set(xlabel="prediction", ylabel="label")
    if classes <= _MOST_LABELS:
        axes.set_xticks(range(classes))
        axes.set_yticks(range(classes))
    if classes <= _MOST_NUMBERS:
        for (row, column), count in np.ndenumerate(counts):
            if count:
                dark = shares[row, column] > 0.5
                axes.text(
                    column,
                    row,
                    f"{count}",
                    ha="center",
                    va="center",
                    fontsize=8,
                    color="white" if dark else "black",
                )
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3]
