"""Examples in memory, and the splits that a run works with."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from . import nested, scaling
from .disk.rows import Rows, taken

SPLITS = ("train", "validation", "test")


class Examples(NamedTuple):
    """A split, in memory or as `disk.rows.Rows`.

    Attributes:
        inputs: what `scaling` says of images `(examples, height, width,
            channels)`, of what a view makes of them, of signals `(examples,
            steps, channels)`, of points `(examples, 2)`, or of a text's
            characters `(examples, steps)`; or several, see `nested`.
        labels: int64 `(examples,)`, or `(examples, steps)` for a text; of a
            model with several outputs one for each, see `nested`.
        weights: float32 `(examples, ...)`, how much each counts; for several
            outputs one for all or one for each; None: all count alike.
        prepare: function of inputs that returns what models see of them:
            `scaling.seen`, or `scaling.as_given`.
    """

    inputs: np.ndarray | dict | tuple
    labels: np.ndarray | dict | tuple
    weights: np.ndarray | dict | tuple | None = None
    prepare: Callable = scaling.seen

    @property
    def batch(self):
        """All examples as Keras takes a batch: a pair, or with weights."""
        pair = self.inputs, self.labels
        return pair if self.weights is None else (*pair, self.weights)

    @property
    def count(self):
        """How many there are."""
        return nested.count_of(self.labels)

    @property
    def is_on_disk(self):
        """Whether they are read batch by batch."""
        return any(isinstance(x, Rows) for x in nested.leaves(self.batch))

    @property
    def places(self):
        """How many labels an output has, such as one for each step."""
        several = isinstance(self.labels, (dict, tuple))
        return self.count if several else self.labels.size

    def taken(self, rows):
        """Returns some of the examples."""
        some = nested.each(lambda x: taken(x, rows), self.batch)
        return Examples(*some)._replace(prepare=self.prepare)

    def seen(self):
        """Returns the `batch` with inputs as models see them, in memory."""
        return prepared(self.prepare, nested.each(np.asarray, self.batch))


def prepared(prepare, batch):
    """Returns a batch whose inputs are as models see them.

    Args:
        prepare: of the `Examples`.
        batch: as of `Examples.batch`.
    """
    inputs, *others = batch
    return nested.each(prepare, inputs), *others


class Modes(NamedTuple):
    """The modes of a mixture of Gaussians that data were drawn from.

    Attributes:
        centers: `(modes, dimensions)`.
        deviation: the standard deviation of each, in all directions.
    """

    centers: np.ndarray
    deviation: float


class Data(NamedTuple):
    """What a run trains and is measured on.

    Attributes:
        train, validation, test: `Examples` each.
        num_classes: one more than the largest label there can be.
        bounds: the interval `(low, high)` that models see all inputs in, or
            None where it is not known.
        modes: `Modes`, or None where the distribution is not known.
    """

    train: Examples
    validation: Examples
    test: Examples
    num_classes: int
    bounds: tuple[int, int] | None = None
    modes: Modes | None = None

    @property
    def input_shape(self):
        """Shape of one image, signal, point or window of a text.

        Of several inputs there is one for each.
        """
        return nested.shapes_of(self.train.inputs)

    @property
    def counts(self):
        """Name of a split -> how many examples it has."""
        splits = {name: getattr(self, name) for name in SPLITS}
        return {name: split.count for name, split in splits.items()}

    @property
    def per_step(self):
        """Whether each step of an example has a label of its own."""
        return self.train.labels.ndim > 1
