"""The benchmark suite `weight_norms`: what norms of kernels cost.

Forward and backward of a convolution with each of them, beside the same formula
in Keras' operations, Keras' own wrapper, and the convolution alone; and a
DCGAN's step with spectral norm in the discriminator.
"""

import functools

import keras
from keras import ops

from ... import layers
from ..common import timing
from . import dcgan
from .norms import MODES, step
from .report import Table, goal

#: The most that a wrapper may take, in times of the same formula in Keras'
#: operations.
LIMITS = {"graph": 0.7, "XLA": 1.0}
#: The most that a DCGAN's step with spectral norm may take, in steps without.
STEP_LIMIT = 1.15

IMAGES = (64, 14, 14, 128)
FILTERS = 128
_AXES = (0, 1, 2)


class _Spectral(keras.layers.Conv2D):
    def build(self, input_shape):
        super().build(input_shape)
        self.u = self.add_weight(
            shape=(self.filters,), initializer="random_normal", trainable=False
        )

    def convolution_op(self, inputs, kernel):
        matrix = ops.reshape(ops.cast(kernel, "float32"), (-1, self.filters))
        fixed = ops.stop_gradient(matrix)
        v = ops.normalize(ops.matmul(fixed, self.u.value))
        u = ops.normalize(ops.matmul(ops.transpose(fixed), v))
        self.u.assign(u)
        sigma = ops.sum(v * ops.matmul(matrix, u))
        kernel = ops.cast(kernel / ops.cast(sigma, kernel.dtype), inputs.dtype)
        return super().convolution_op(inputs, kernel)


class _Weight(keras.layers.Conv2D):
    def build(self, input_shape):
        super().build(input_shape)
        self.g = self.add_weight(shape=(self.filters,), initializer="ones")

    def convolution_op(self, inputs, kernel):
        v = ops.cast(kernel, "float32")
        length = ops.sqrt(ops.sum(ops.square(v), _AXES))
        kernel = v * (ops.cast(self.g, "float32") / length)
        return super().convolution_op(inputs, ops.cast(kernel, inputs.dtype))


class _Standardization(keras.layers.Conv2D):
    def convolution_op(self, inputs, kernel):
        kernel = ops.cast(kernel, "float32")
        mean, variance = ops.moments(kernel, _AXES)
        kernel = (kernel - mean) / ops.sqrt(variance + 1e-5)
        return super().convolution_op(inputs, ops.cast(kernel, inputs.dtype))


class _Scaled(keras.layers.Conv2D):
    def build(self, input_shape):
        super().build(input_shape)
        self.gain = self.add_weight(shape=(self.filters,), initializer="ones")

    def convolution_op(self, inputs, kernel):
        kernel = ops.cast(kernel, "float32")
        mean, variance = ops.moments(kernel, _AXES)
        count = kernel.shape[0] * kernel.shape[1] * kernel.shape[2]
        scale = ops.rsqrt(ops.maximum(variance * count, 1e-4))
        scale = scale * ops.cast(self.gain, "float32")
        kernel = kernel * scale - mean * scale
        return super().convolution_op(inputs, ops.cast(kernel, inputs.dtype))


#: Name -> the same formula in Keras' operations.
FORMULAS = {
    "spectral": _Spectral,
    "weight": _Weight,
    "standardization": _Standardization,
    "scaled_standardization": _Scaled,
}


def run(repeats=25, images=IMAGES, filters=FILTERS):
    """Measures and returns the suite's tables."""
    tables, goals = [], []
    for dtype, policy in dcgan.POLICIES.items():
        seconds = measure(images, filters, policy, repeats)
        title = f"Convolution, forward and backward, {dtype} {images}"
        tables.append(Table(title, rows(seconds)))
        goals += ratios(seconds, dtype)
        goals += step_ratios(step_seconds(policy, repeats), dtype)
    return [*tables, Table("Goals", goals)]


def measure(images, filters, policy, repeats):
    """Returns the median seconds of each subject in each mode.

    The names are like "spectral, graph" and "spectral in Keras, XLA".
    """
    return timing.interleaved(
        {
            f"{name}, {mode}": step(make(), images, mode == "XLA")
            for name, make in subjects(filters, policy).items()
            for mode in MODES
        },
        repeats,
    )


def subjects(filters, policy):
    """Returns name -> function that makes a layer."""
    # A scope's name does not begin with the underscore of a class.
    options = {"padding": "same", "use_bias": False, "name": "conv"}
    options["dtype"] = policy

    def wrapped(wrap):
        return wrap(keras.layers.Conv2D(filters, 3, **options))

    found = {
        name: functools.partial(wrapped, layers.get_weight_norm(name))
        for name in layers.WEIGHT_NORMS
    }
    wrapper = keras.layers.SpectralNormalization
    found["Keras spectral"] = functools.partial(wrapped, wrapper)
    for name, formula in FORMULAS.items():
        make = functools.partial(formula, filters, 3, **options)
        found[f"{name} in Keras"] = make
    return found


def rows(seconds):
    """Returns a row of milliseconds for each subject, from `measure`."""
    names = dict.fromkeys(key.split(", ")[0] for key in seconds)
    return [
        {
            "weight norm": name,
            **{
                f"{mode}, ms": 1e3 * seconds[f"{name}, {mode}"]
                for mode in MODES
            },
        }
        for name in names
    ]


def ratios(seconds, dtype):
    """Returns the rows that compare wrappers to the same formulas."""
    return [
        goal(
            f"{name} / {name} in Keras, {mode}, {dtype}",
            seconds[f"{name}, {mode}"] / seconds[f"{name} in Keras, {mode}"],
            limit,
        )
        for name in FORMULAS
        for mode, limit in LIMITS.items()
    ]


def step_seconds(policy, repeats, batch=64, width=64):
    """Returns weight norm of the discriminator -> seconds of a GAN's step."""
    norms = {
        "none": "none",
        "spectral": "spectral",
        "Keras spectral": keras.layers.SpectralNormalization,
    }
    steps = {
        name: dcgan.step("none", policy, batch, width, norm)
        for name, norm in norms.items()
    }
    return timing.interleaved(steps, repeats)


def step_ratios(seconds, dtype):
    """Returns the rows that compare the steps, from `step_seconds`."""
    limits = {"spectral": STEP_LIMIT, "Keras spectral": None}
    return [
        goal(
            f"DCGAN step, {name} / none, {dtype}",
            seconds[name] / seconds["none"],
            limit,
        )
        for name, limit in limits.items()
    ]
