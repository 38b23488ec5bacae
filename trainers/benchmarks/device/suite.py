"""All checks of a machine's devices, and their verdict."""

import functools

import tensorflow as tf

from .... import layers
from ...common import timing
from .. import norms
from ..report import Table, answer
from . import numerics, training

_TIMED = ("batch", "layer", "group", "rms")
_SHAPE = (32, 14, 14, 64)


def run(repeats=9):
    """Checks, and returns the suite's tables, the verdict last.

    A row whose column `passed` says NO is an error of this package, TensorFlow
    or the device. Ratios are for information.
    """
    checks = [numerics.table(), training.loss_scales(), training.groups()]
    return [
        Table("Devices", _devices()),
        *checks,
        _ratios(repeats),
        verdict(checks),
    ]


def verdict(tables):
    """Returns the table with the number of checks and of those that failed."""
    answers = [row["passed"] for table in tables for row in table.rows]
    failed = sum(each != answer(True) for each in answers)
    row = {
        "checks": len(answers),
        "failed": failed,
        "passed": answer(answers and not failed),
    }
    return Table("Verdict", [row])


def _devices():
    return [
        {
            "device": device.name,
            **{
                key: str(value)
                for key, value in tf.config.experimental.get_device_details(
                    device
                ).items()
            },
        }
        for device in tf.config.list_physical_devices()
    ]


def _ratios(repeats):
    """Returns the table of our layers' times over Keras', float32."""
    makes = {
        (name, whose): functools.partial(make, dtype="float32")
        for name in _TIMED
        for whose, make in (
            ("ours", layers.get(name)),
            ("Keras", norms.KERAS[name]),
        )
    }
    seconds = timing.interleaved(
        {
            (name, whose, mode): norms.step(make(), _SHAPE, mode == "XLA")
            for (name, whose), make in makes.items()
            for mode in numerics.MODES
        },
        repeats,
    )
    rows = [
        {
            "layer": name,
            **{
                mode: seconds[name, "ours", mode] / seconds[name, "Keras", mode]
                for mode in numerics.MODES
            },
        }
        for name in _TIMED
    ]
    return Table("Time of a training step / Keras'", rows)
