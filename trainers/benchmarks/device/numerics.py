"""How far outputs and gradients of layers are from float64."""

import inspect

import numpy as np
import tensorflow as tf

from ..report import Table, answer
from .formulas import REFERENCE
from .subjects import ELEMENTWISE, subjects

TYPES = tuple(ELEMENTWISE)
MODES = ("graph", "XLA")
_STEP = 1e-5  # of the differences


def table(chosen=None, types=TYPES):
    """Returns the table of errors, each layer in each type and mode.

    An error of outputs is the largest one over the largest output. Of a
    gradient, it is that of its product with a random direction over its length.

    Args:
        chosen: `Subject`s; None: all.
        types: dtype policies.
    """
    rows = []
    for subject in subjects() if chosen is None else chosen:
        problem = Problem(subject)
        for dtype in types:
            limit = subject.limits[dtype]
            errors = {m: problem.error(dtype, m == "XLA") for m in MODES}
            passed = max(errors.values()) <= limit
            rows.append(
                {
                    "layer": subject.name,
                    "type": dtype,
                    **{mode: f"{error:.1e}" for mode, error in errors.items()},
                    "limit": f"{limit:.0e}",
                    "against": "float64" if not subject.formula else "NumPy",
                    "passed": answer(passed),
                }
            )
    return Table("Numerics of a training step", rows)


class Problem:
    """Inputs, weights and directions of a layer, and what is right for them.

    Args:
        subject: a `Subject`.
    """

    def __init__(self, subject):
        self._subject = subject
        self._rng = np.random.default_rng(0)
        with tf.device("CPU:0"):
            exact = subject.make(dtype="float64")
            exact.build(subject.shape)
            self._weights = [
                self._rounded(
                    0.1 * self._rng.normal(size=w.shape) + self._redrawn(w)
                )
                for w in exact.trainable_weights
            ]
            self._fixed = [
                self._redrawn(w) for w in exact.non_trainable_weights
            ]
            self._inputs = self._rounded(
                1.5 * self._rng.normal(size=subject.shape) + 0.5
            )
            size = exact.compute_output_shape(subject.shape)
            self._upstream = self._rounded(self._rng.normal(size=size))
            self._directions = [
                self._direction(x) for x in (self._inputs, *self._weights)
            ]
            if subject.formula:
                right = self._by_formula(exact)
            else:
                right = self._run(exact, eager=True)
            self._outputs, self._slopes, _ = right

    def error(self, dtype, jit_compile):
        """Returns the largest error in a type, NaN where anything is NaN."""
        layer = self._subject.make(dtype=dtype)
        layer.build(self._subject.shape)
        outputs, slopes, lengths = self._run(layer, jit_compile)
        scale = np.abs(self._outputs).max()
        errors = [np.abs(outputs - self._outputs).max() / scale]
        errors += [
            abs(one - other) / max(length, 1e-30)
            for one, other, length in zip(
                slopes, self._slopes, lengths, strict=True
            )
        ]
        return np.max(errors)

    def _run(self, layer, jit_compile=False, eager=False):
        """Returns outputs, and gradients: along the directions, lengths."""
        pairs = (
            (layer.trainable_weights, self._weights),
            (layer.non_trainable_weights, self._fixed),
        )
        for variables, values in pairs:
            for variable, value in zip(variables, values, strict=True):
                variable.assign(value)
        takes = inspect.signature(layer.call).parameters
        kwargs = {"training": True} if "training" in takes else {}

        def outputs_of(x):
            if "reference" in takes:
                return layer(x, reference=x[:REFERENCE], **kwargs)
            return layer(x, **kwargs)

        def step(x, upstream):
            with tf.GradientTape() as tape:
                tape.watch(x)
                y = outputs_of(x)
            values = [w.value for w in layer.trainable_weights]
            return y, tape.gradient(y, [x, *values], upstream)

        run = step if eager else tf.function(step, jit_compile=jit_compile)
        x, upstream = (
            tf.constant(array, layer.compute_dtype)
            for array in (self._inputs, self._upstream)
        )
        outputs, gradients = run(x, upstream)
        gradients = [np.asarray(tf.cast(g, tf.float64)) for g in gradients]
        slopes = [
            np.sum(g * v)
            for g, v in zip(gradients, self._directions, strict=True)
        ]
        lengths = [np.linalg.norm(g) for g in gradients]
        return np.asarray(tf.cast(outputs, tf.float64)), slopes, lengths

    def _by_formula(self, layer):
        formula = self._subject.formula
        values = [self._inputs, *self._weights]

        def loss(values):
            return np.sum(formula(layer, *values) * self._upstream)

        slopes = []
        for i, direction in enumerate(self._directions):
            ends = [
                loss(
                    [
                        *values[:i],
                        values[i] + step * direction,
                        *values[i + 1 :],
                    ]
                )
                for step in (_STEP, -_STEP)
            ]
            slopes.append((ends[0] - ends[1]) / (2 * _STEP))
        return formula(layer, *values), slopes, None

    def _redrawn(self, weight):
        """Returns initial values, the same ones in each process."""
        values = weight.numpy()
        if not np.ptp(values):
            return values
        return np.linalg.norm(values) * self._direction(values)

    def _direction(self, x):
        direction = self._rng.normal(size=x.shape)
        return direction / np.linalg.norm(direction)

    @staticmethod
    def _rounded(values):
        # To what all types can hold, so that all get the same.
        return tf.cast(tf.cast(values, tf.bfloat16), tf.float64).numpy()
