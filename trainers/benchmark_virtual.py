"""What virtual batch norm costs: a training step against one with batch norm.

Run it by itself: `python -m normzoo.trainers.benchmark_virtual`.
"""

import statistics
import time

import keras
import numpy as np
from absl import app

from ..layers import ReferenceModel, get

BATCH = 64
REPEATS = 20
NOISE = 100
POLICIES = ("float32", "mixed_bfloat16")


def generator(norm, dtype):
    """Returns a DCGAN generator of 28x28 images, 64 channels wide."""
    make_norm = get(norm, dtype=dtype)
    conv = {"padding": "same", "dtype": dtype}
    return keras.Sequential(
        [
            keras.Input((NOISE,)),
            keras.layers.Dense(7 * 7 * 128, use_bias=False, dtype=dtype),
            keras.layers.Reshape((7, 7, 128)),
            make_norm(),
            keras.layers.ReLU(dtype=dtype),
            keras.layers.Conv2DTranspose(
                64, 5, strides=2, use_bias=False, **conv
            ),
            make_norm(),
            keras.layers.ReLU(dtype=dtype),
            keras.layers.Conv2DTranspose(
                1, 5, strides=2, activation="tanh", **conv
            ),
        ]
    )


def training_step(norm, dtype, jit_compile):
    """Returns a function that trains a generator on one batch."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(BATCH, NOISE)).astype("float32")
    images = np.zeros((BATCH, 28, 28, 1), "float32")
    model = generator(norm, dtype)
    if norm == "virtual":
        model = ReferenceModel(model, rng.normal(size=x.shape))
    model.compile("adam", "mse", jit_compile=jit_compile)
    return lambda: model.train_on_batch(x, images)


def measure(steps, repeats=REPEATS):
    """Returns the median milliseconds of each step, measured in turns."""
    seconds = {name: [] for name in steps}
    for turn in range(repeats + 2):
        for name, step in steps.items():
            start = time.perf_counter()
            step()
            # The first turns compile and warm up.
            if turn >= 2:
                seconds[name].append(time.perf_counter() - start)
    return {name: 1e3 * statistics.median(s) for name, s in seconds.items()}


def virtual_rows(policies=POLICIES, repeats=REPEATS):
    """Returns a row per dtype policy and mode: milliseconds and ratio."""
    rows = []
    for policy in policies:
        for jit_compile in (False, True):
            steps = {
                norm: training_step(norm, policy, jit_compile)
                for norm in ("none", "batch", "virtual")
            }
            medians = measure(steps, repeats)
            rows.append(
                {
                    "policy": policy,
                    "xla": jit_compile,
                    **medians,
                    "ratio": medians["virtual"] / medians["batch"],
                }
            )
    return rows


def main(_):
    """Prints the rows."""
    for row in virtual_rows():
        print(row)


if __name__ == "__main__":
    app.run(main)
