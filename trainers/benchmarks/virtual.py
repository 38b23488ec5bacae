"""What virtual batch norm costs in a training step of a DCGAN generator.

A `ReferenceModel` takes a reference batch of the batch's size through the whole
model, which alone doubles the work: "no norm" shows that.
"""

import keras
import numpy as np
import tensorflow as tf

from ... import layers
from ..common import timing
from .dcgan import make_generator
from .report import Table, goal

#: The most that a step may cost, in steps with batch norm.
LIMIT = 2.5

POLICIES = {"float32": "float32", "bfloat16": "mixed_bfloat16"}

SUBJECTS = {
    "none": ("none", False),
    "none, with a reference": ("none", True),
    "batch": ("batch", False),
    "virtual": ("virtual", True),
}


def run(repeats=20, batch=64, width=64):
    """Returns a table of milliseconds per step, and one of the goals."""
    rows, goals = [], []
    for dtype, policy in POLICIES.items():
        for mode, jit_compile in (("graph", False), ("XLA", True)):
            steps = {
                name: step(norm, policy, jit_compile, reference, batch, width)
                for name, (norm, reference) in SUBJECTS.items()
            }
            seconds = timing.interleaved(steps, repeats)
            columns = {f"{name}, ms": 1e3 * s for name, s in seconds.items()}
            rows.append({"type": dtype, "mode": mode, **columns})
            ratio = seconds["virtual"] / seconds["batch"]
            figure = f"generator step, virtual / batch, {dtype}, {mode}"
            goals.append(goal(figure, ratio, LIMIT))
    return [Table("generator step", rows), Table("goals", goals)]


def step(norm, policy, jit_compile, reference, batch, width):
    """Returns a callable that trains a generator on one batch, as `fit` does.

    Args:
        norm: a name in `normzoo.layers.NORMS`.
        policy: the dtype policy of all layers.
        jit_compile: whether to compile with XLA.
        reference: whether a reference batch goes along.
        batch: the number of examples, and of those of the reference.
        width: the channels of the last hidden layer.
    """
    noise = np.random.default_rng(0).normal(size=(2, batch, 100))
    images = np.zeros((batch, 28, 28, 1))
    model = make_generator(layers.NORMS[norm], policy, width)
    if reference:
        model = layers.ReferenceModel(model, noise[1])
    model.compile("adam", "mse", jit_compile=jit_compile)
    data = tf.data.Dataset.from_tensors(
        tuple(array.astype("float32") for array in (noise[0], images))
    )
    batches = iter(data.repeat())
    model.make_train_function()

    def call():
        logs = model.train_function(batches)
        return keras.tree.map_structure(np.asarray, logs)

    return call
