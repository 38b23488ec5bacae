"""The benchmark suite `recurrent`: what normalization costs in an LSTM."""

import contextlib
import functools

import keras
import rich
import tensorflow as tf

from ... import layers
from ..common import timing
from . import RECURRENT_SIZES, layer_memory, recurrent_cases, remote
from .cell import BatchNormLSTMCell
from .report import Table, goal

MODES = ("graph", "XLA")

#: The size at which the other kinds and the memory are measured.
_SMALL = "64x64x100"

KINDS = ("LSTM", "GRU", "SimpleRNN")

_LOW_MEMORY = functools.partial(layers.BatchNormLSTM, memory="low")

#: What, numerator, denominator, and the most that the ratio should be. What
#: names no mode counts in its faster one.
GOALS = (
    ("training", "BatchNormLSTM", "Keras LSTM", 1.1),
    ("training", "LayerNormLSTM", "Keras LSTM", 1.1),
    ("training", "BatchNormLSTM, XLA", "Keras LSTM, XLA", 0.9),
    ("training", "LayerNormLSTM, XLA", "Keras LSTM, XLA", 0.9),
    ("training", "BatchNormLSTM", "RNN(BatchNormLSTMCell)", 0.6),
    ("training", "BatchNormLSTM", "torch LSTM", None),
    ("training", "BatchNormLSTM(memory=low)", "BatchNormLSTM", None),
    ("training", "BatchNormGRU", "Keras GRU", 1.2),
    ("training", "LayerNormGRU", "Keras GRU", 1.2),
    ("training", "BatchNormSimpleRNN", "Keras SimpleRNN", 1.2),
    ("training", "LayerNormSimpleRNN", "Keras SimpleRNN", 1.2),
    ("inference", "BatchNormLSTM", "Keras LSTM", 1.1),
    ("inference", "LayerNormLSTM", "Keras LSTM", None),
)


def run(case=None, repeats=21):
    """Measures and returns the suite's tables.

    Args:
        case: one of `recurrent_cases()`, or None for all.
        repeats: of each measurement.
    """
    tables, goals = [], []
    for name in [case] if case else recurrent_cases():
        if name == "memory":
            goals += memory_goals()
            continue
        size, dtype = name.split(",")
        for what in ("training", "inference"):
            rich.print(f"{name}, {what} ...", flush=True)
            seconds, first = measure(size, dtype, what, repeats)
            tables.append(Table(f"{what}, {name}", _rows(seconds, first)))
            goals += _goals(seconds, what, name)
    return [*tables, Table("Goals", goals)]


def measure(size, dtype, what, repeats):
    """Returns the median seconds of each subject, and those of its first call.

    The names are like "BatchNormLSTM, XLA" and "torch LSTM, threads=1".
    """
    steps, batch, units = RECURRENT_SIZES[size]
    policy = "mixed_bfloat16" if dtype == "bfloat16" else dtype
    shape = (batch, steps, units)
    make = train if what == "training" else infer
    callables = {
        f"{name}, {mode}": make(
            layer(units, dtype=policy), shape, mode == "XLA"
        )
        for name, layer in subjects(size, what).items()
        for mode in MODES
    }
    twins = contextlib.nullcontext({})
    if what == "training":
        twins = remote.torch_calls(
            "torch_layers.py",
            "lstm_steps",
            shape=shape,
            units=units,
            dtype=dtype,
        )
    with twins as found:
        callables |= found
        first = {name: timing.once(call) for name, call in callables.items()}
        return timing.interleaved(callables, repeats, 1), first


def subjects(size, what):
    """Returns the layers to be measured, by name."""
    kinds = KINDS if size == _SMALL and what == "training" else KINDS[:1]
    result = {}
    for kind in kinds:
        result[f"Keras {kind}"] = getattr(keras.layers, kind)
        for family in ("BatchNorm", "LayerNorm"):
            result[family + kind] = getattr(layers, family + kind)
    if what == "training":
        result["RNN(BatchNormLSTMCell)"] = _rnn_of_cell
        result["BatchNormLSTM(memory=low)"] = _LOW_MEMORY
    return result


def _rnn_of_cell(units, dtype):
    cell = BatchNormLSTMCell(units, dtype=dtype)
    return keras.layers.RNN(cell, dtype=dtype)


def train(layer, shape, jit):
    """Returns a callable that trains a layer on one batch, with Adam."""
    layer.build(shape)
    x = tf.random.normal(shape)
    variables = layer.trainable_variables
    optimizer = keras.optimizers.Adam()
    optimizer.build(variables)

    @tf.function(jit_compile=jit, autograph=False)
    def step(x):
        with tf.GradientTape() as tape:
            y = tf.cast(layer(x, training=True), "float32")
            loss = tf.reduce_mean(tf.square(y))
        values = [variable.value for variable in variables]
        optimizer.apply(tape.gradient(loss, values), variables)
        return loss

    return lambda: step(x).numpy()


def infer(layer, shape, jit):
    """Returns a callable that runs a layer on one batch."""
    layer.build(shape)
    x = tf.random.normal(shape)

    @tf.function(jit_compile=jit, autograph=False)
    def step(x):
        return tf.cast(layer(x, training=False), "float32")

    return lambda: step(x).numpy()


def memory_goals(units=100, batch=64, steps=(256, 512)):
    """Returns goals on the memory of forward and backward, without XLA.

    XLA plans its memory when it compiles, where it cannot be told from what
    the compiler takes.
    """
    peaks = {
        (make, length): layer_memory.peak(
            functools.partial(make, units, return_sequences=True),
            (batch, length, units),
            training=True,
        )
        for make in (layers.BatchNormLSTM, _LOW_MEMORY, keras.layers.LSTM)
        for length in steps
    }
    short, long = (peaks[layers.BatchNormLSTM, length] for length in steps)
    theirs = peaks[keras.layers.LSTM, steps[1]]
    low = peaks[_LOW_MEMORY, steps[1]]
    times = f"{steps[1] // steps[0]} times as many steps"
    return [
        goal("BatchNormLSTM / Keras LSTM, peak memory", long / theirs, 1.5),
        goal(
            "BatchNormLSTM(memory=low) / Keras LSTM, peak memory",
            low / theirs,
            1.5,
        ),
        # Some of it does not grow: a ratio of 2 is linear.
        goal(f"BatchNormLSTM, peak memory, {times}", long / short, 2.2),
    ]


def _rows(seconds, first):
    return [
        {"layer": name, "ms": 1e3 * time, "first call, s": first[name]}
        for name, time in seconds.items()
    ]


def _goals(seconds, what, case):
    return [
        goal(
            f"{numerator} / {denominator}, {what}, {case}",
            timing.best(seconds, numerator) / timing.best(seconds, denominator),
            limit,
        )
        for kind, numerator, denominator, limit in GOALS
        if kind == what and timing.best(seconds, denominator) is not None
    ]
