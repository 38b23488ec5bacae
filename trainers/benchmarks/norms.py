"""The benchmark suite `norms`: forward and backward of each normalization."""

import functools
import inspect

import keras
import tensorflow as tf

from ... import layers
from ..common import timing
from . import conditional, dcgan, folding, layer_memory, remote, watching
from .formulas import FORMULAS
from .report import Table, goal

#: Keras' layers for the same thing, or its operations.
KERAS = {
    "batch": keras.layers.BatchNormalization,
    "layer": keras.layers.LayerNormalization,
    "group": functools.partial(keras.layers.GroupNormalization, groups=8),
    "instance": functools.partial(keras.layers.GroupNormalization, groups=-1),
    "rms": keras.layers.RMSNormalization,
    **FORMULAS,
}

IMAGES = (64, 14, 14, 128)
ROWS = (4096, 512)

MODES = ("graph", "XLA")

#: Type, numerator, denominator, and the most that the ratio should be. What
#: names no mode counts in its faster one.
GOALS = (
    ("float32", "batch", "Keras batch", 0.35),
    ("bfloat16", "batch", "Keras batch", 0.30),
    ("float32", "batch, XLA", "Keras batch, XLA", 0.45),
    ("bfloat16", "batch, XLA", "Keras batch, XLA", 0.30),
    ("float32", "layer, graph", "Keras layer, graph", 0.55),
    ("float32", "layer, XLA", "Keras layer, XLA", 0.55),
    ("bfloat16", "layer, graph", "Keras layer, graph", 0.55),
    ("bfloat16", "layer, XLA", "Keras layer, XLA", 0.55),
    ("float32", "layer", "torch layer", 1.20),
    ("bfloat16", "layer", "torch layer", 1.20),
    *(
        ("float32", f"conditional {norm}, {mode}", f"{norm}, {mode}", 1.1)
        for norm in conditional.NORMS
        for mode in MODES
    ),
    *(
        ("float32", f"{name}, {mode}", f"Keras {name}, {mode}", most)
        for name in FORMULAS
        for mode, most in (("graph", 0.7), ("XLA", 1.0))
    ),
)


def run(repeats=25, images=IMAGES, rows=ROWS):
    """Measures and returns the suite's tables."""
    tables, goals = [], []
    for dtype in ("float32", "bfloat16"):
        for shape in (images, rows):
            seconds = measure(shape, dtype, repeats)
            title = f"Forward and backward, {dtype} {shape}"
            tables.append(Table(title, _rows(seconds)))
            goals += _goals(seconds, dtype) if shape == images else []
    goals += dcgan.goals(repeats)
    goals += folding.goals(repeats)
    goals.append(layer_memory.goal_of_layer_norm())
    goals += watching.goals()
    return [*tables, Table("Goals", goals)]


def measure(shape, dtype, repeats):
    """Returns the median seconds of each subject in each mode.

    The names are like "batch, graph", "Keras batch, XLA", "torch layer".
    """
    policy = "mixed_bfloat16" if dtype == "bfloat16" else dtype
    callables = {
        f"{name}, {mode}": step(make(dtype=policy), shape, mode == "XLA")
        for name, make in subjects(len(shape)).items()
        for mode in MODES
    }
    with remote.torch_calls(
        "torch_layers.py", "steps", shape=shape, dtype=dtype
    ) as twins:
        return timing.interleaved(callables | twins, repeats)


def subjects(rank):
    """Returns the normalizations for a rank, Keras' and the floor, by name."""
    # ReLU reads and writes once each way: nothing that touches all of its
    # inputs is faster.
    result = {"ReLU": keras.layers.ReLU}
    for name, norm in layers.NORMS.items():
        if rank == 2 and getattr(norm, "over_positions", False):
            continue
        result[name] = norm
        theirs = KERAS.get(name)
        if theirs is not None and _class(norm) is not _class(theirs):
            result[f"Keras {name}"] = theirs
    plain = result.keys()
    conditioned = conditional.SUBJECTS.items()
    return result | {k: v for k, v in conditioned if k.split()[1] in plain}


def step(layer, shape, jit):
    """Returns a callable that runs a layer forward and backward."""
    layer.build(shape)
    x, dy = (
        tf.cast(tf.random.normal(shape), layer.compute_dtype) for _ in range(2)
    )
    takes_training = "training" in inspect.signature(layer.call).parameters
    kwargs = {"training": True} if takes_training else {}

    @tf.function(jit_compile=jit, autograph=False)
    def compiled(x, dy):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = layer(x, **kwargs)
        weights = [weight.value for weight in layer.trainable_weights]
        return y, tape.gradient(y, [x, *weights], dy)

    run = compiled.get_concrete_function(x, dy)

    def call():
        run(x, dy)
        tf.test.experimental.sync_devices()

    return call


def _class(make):
    return make.func if isinstance(make, functools.partial) else make


def _rows(seconds):
    floor = min(seconds[f"ReLU, {mode}"] for mode in MODES)
    rows = []
    for name in dict.fromkeys(key.split(", ")[0] for key in seconds):
        row = {"layer": name}
        for mode in MODES:
            time = seconds.get(f"{name}, {mode}")
            row[f"{mode}, ms"] = None if time is None else 1e3 * time
            theirs = seconds.get(f"Keras {name}, {mode}")
            row[f"{mode} / Keras'"] = theirs and time / theirs
        row["best, ms"] = 1e3 * timing.best(seconds, name)
        row["best / ReLU"] = timing.best(seconds, name) / floor
        rows.append(row)
    return rows


def _goals(seconds, dtype):
    rows = []
    for kind, *names, limit in GOALS:
        times = [timing.best(seconds, name) for name in names]
        if kind == dtype and None not in times:
            figure = f"{names[0]} / {names[1]}, {dtype}"
            rows.append(goal(figure, times[0] / times[1], limit))
    return rows
