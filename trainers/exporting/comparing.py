"""A model and its file on the same examples."""

import functools

import keras
import numpy as np

from ...layers.models.inner_layers import inner_layers
from ..common import timing
from ..common.errors import InputError
from ..data import nested

#: The largest difference, as a share of the largest output.
_TOLERANCE = 1e-4
_OF_HALF_PRECISION = 2e-2


class Subject:
    """A function of inputs, with its outputs for all examples, in float64.

    Args:
        run: function of a batch of inputs; returns arrays or tensors.
        inputs: of all examples, arrays in one of the ways of `nested`.
        batch_size: of each call; the last one may be smaller.
    """

    def __init__(self, run, inputs, batch_size):
        self.run = run
        self.inputs = inputs
        count = nested.count_of(inputs)
        batches = [
            _flat(run(part(inputs, start, start + batch_size)))
            for start in range(0, count, batch_size)
        ]
        self.arrays = [
            np.concatenate(each) for each in zip(*batches, strict=True)
        ]

    def difference(self, other):
        """Returns the largest difference to the outputs of another one.

        Raises:
            InputError: these have other shapes.
        """
        shapes = [[y.shape for y in each.arrays] for each in (self, other)]
        if shapes[0] != shapes[1]:
            raise InputError(
                "The exported model has outputs of other shapes. Expected: "
                f"{shapes[0]}. Received: {shapes[1]}. Nothing was written."
            )
        return max(map(_difference, self.arrays, other.arrays))

    @property
    def scale(self):
        """The largest absolute output."""
        return max(float(np.max(np.abs(y), initial=0)) for y in self.arrays)

    def accuracy(self, labels, decide):
        """Returns how many classes are right, or None without labels."""
        if labels is None:
            return None
        found = np.asarray(decide(self.arrays[0]))
        return float(np.mean(found == np.asarray(labels)))


def _difference(a, b):
    # Equal ones among them may be infinite or NaN.
    same = (a == b) | (np.isnan(a) & np.isnan(b))
    with np.errstate(invalid="ignore"):
        apart = np.where(same, 0, np.abs(a - b))
    return float(np.max(np.nan_to_num(apart, nan=np.inf), initial=0))


def _flat(outputs):
    return [
        keras.ops.convert_to_numpy(y).astype("float64")
        for y in keras.tree.flatten(outputs)
    ]


def part(inputs, start, stop):
    """Returns some of the examples."""
    return nested.each(lambda x: x[start:stop], inputs)


def tolerance(model):
    """Returns how far outputs may be apart, as a share of the largest one.

    Args:
        model: the original. What computes in half precision rounds elsewhere.
    """
    types = {layer.compute_dtype for layer in inner_layers(model)}
    is_half = bool(types & {"float16", "bfloat16"})
    return _OF_HALF_PRECISION if is_half else _TOLERANCE


def seconds_of(subjects, sizes, repeats):
    """Returns name -> number of examples -> median seconds of a call.

    All calls take turns.

    Args:
        subjects: name -> `Subject`.
        sizes: numbers of examples.
        repeats: how many calls of each are timed.
    """
    calls = {
        (name, size): functools.partial(
            _run, subject.run, part(subject.inputs, 0, size)
        )
        for size in sizes
        for name, subject in subjects.items()
    }
    seconds = timing.interleaved(calls, repeats)
    return {name: {n: seconds[name, n] for n in sizes} for name in subjects}


def _run(run, inputs):
    # A tensor may still be on its way.
    _flat(run(inputs))
