"""What a run's pictures show: samples from the same noise, real examples."""

import numpy as np

from . import pictures, real
from .inputs import drawn_inputs, rows_of_classes, shown_classes

#: How many examples a picture shows, or how many of each class in a row.
_SHOWN, _COLUMNS = 64, 8


class Gallery:
    """Draws the pictures of a run.

    Those of a conditional GAN have one class in each row, ten at most, and the
    noise of a column is the same in all rows.

    Args:
        config: of the run.
        data: `Data`.
        make: function of a generator and its inputs that returns examples.

    Attributes:
        title: what a picture of the fixed noise shows.
    """

    def __init__(self, config, data, make):
        self.title = "fixed noise"
        self._config = config
        self._data = data
        self._make = make
        self._classes = self._columns = None
        if config.conditional:
            self.title += ", one class per row"
            self._classes = shown_classes(data.num_classes)
            self._columns = _COLUMNS

    def samples(self, generator, role):
        """Returns a picture of what a generator makes, as a `PIL.Image`.

        Args:
            generator: a Keras model.
            role: of the noise: `"fixed"` or `"random"`.
        """
        config = self._config
        if self._classes is None:
            inputs = drawn_inputs(config, self._data, config.seed, role, _SHOWN)
        else:
            inputs = rows_of_classes(
                config, config.seed, role, self._classes, _COLUMNS
            )
        return pictures.grid(self._make(generator, inputs), self._columns)

    def real(self):
        """Returns a picture of real examples, arranged in the same way."""
        shown = real.examples(self._data, "test")
        if self._classes is None:
            return pictures.grid(shown[:_SHOWN])
        labels = np.asarray(self._data.test.labels)
        rows = [_row(shown[labels == label]) for label in self._classes]
        return pictures.grid(np.concatenate(rows), _COLUMNS)


def _row(examples):
    """Returns as many examples as a row has; those that lack are black."""
    row = np.full((_COLUMNS, *examples.shape[1:]), -1, np.float32)
    row[: len(examples)] = examples[:_COLUMNS]
    return row
