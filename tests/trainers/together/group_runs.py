"""Small runs that train together, and alone, and what is left of both."""

import json

import numpy as np
import tensorflow as tf

from normzoo.trainers import classify
from normzoo.trainers.run.checkpointing.recovery import newest_first, path_of
from normzoo.trainers.run.session import Session
from normzoo.trainers.supervised.trainer import begin_together

from ..equal_runs import arrays, assert_equal, result

MODES = ("stacked", "call_by_call", "side_by_side")
#: How far numbers may be apart, relative and absolute. Side by side, TensorFlow
#: computes what it does alone; of a stack it sums in another order.
TOLERANCE = {"stacked": 2e-3, "call_by_call": 2e-3, "side_by_side": 0}


def changed(config, overrides):
    """Returns a config with other values, of keys that may be new."""
    config = config.copy_and_resolve_references()
    with config.unlocked():
        for key, value in overrides.items():
            *parts, last = key.split(".")
            holder = config
            for part in parts:
                holder = holder[part]
            holder[last] = value
    return config


def members(config, rates):
    """Returns configs of a group, one for each learning rate."""
    return [
        changed(config, {"seed": i, "optimizer.learning_rate": rate})
        for i, rate in enumerate(rates)
    ]


def together(
    configs, root, session, mode, report=lambda share: None, executor=None
):
    """Trains a group; returns the results of those not finished before."""
    folders = folders_in(root, configs)
    with session.run():
        train = begin_together(
            configs, folders, root / "group", session, mode, executor
        )
        return train(report)


def folders_in(root, configs):
    return [root / str(i) for i in range(len(configs))]


def alone(config, folder, session):
    """Trains a run by itself."""
    with session.run():
        classify.train(config, folder, verbose=0, session=session)


def assert_ends_as_alone(configs, root, mode):
    """Trains a group and each of its runs alone, and compares them."""
    with Session(reuse_models=True) as session:
        together(configs, root / "together", session, mode)
        for number, config in enumerate(configs):
            folder = root / "alone" / str(number)
            alone(config, folder, session)
            actual = folders_in(root / "together", configs)[number]
            assert_same(actual, folder, TOLERANCE[mode])


def assert_same(actual, expected, tolerance):
    """Compares all that two finished runs have left.

    Args:
        actual, expected: their folders.
        tolerance: relative, and absolute; 0: bit by bit.
    """
    if not tolerance:
        assert_equal(actual, expected)
    assert_close(result(actual), result(expected), tolerance)
    assert_close(lines(actual), lines(expected), tolerance)
    assert_close(arrays(actual), arrays(expected), tolerance)
    for folder in ("checkpoints", "checkpoints/best"):
        states = state(actual / folder), state(expected / folder)
        assert_close(*states, tolerance)


def lines(folder):
    """Returns the lines of the log."""
    text = (folder / "metrics.jsonl").read_text()
    return [json.loads(line) for line in text.splitlines()]


def state(folder):
    """Returns name -> array, of weights, statistics and optimizer.

    Those of the metrics do not count: an epoch begins with new ones, and what
    they hold between two epochs is of the training or of its validation. A run
    that diverges has no best state.
    """
    if not (steps := newest_first(folder)):
        return {}
    step = steps[0]
    reader = tf.train.load_checkpoint(str(path_of(folder, step)))
    names = sorted(reader.get_variable_to_shape_map())
    groups = ("model/", "optimizer/")
    return {"step": step} | {
        name: reader.get_tensor(name)
        for name in names
        if name.startswith(groups)
    }


def assert_close(actual, expected, tolerance):
    """Compares nested numbers and texts."""
    if isinstance(expected, dict):
        assert sorted(actual) == sorted(expected)
        for key, value in expected.items():
            # Rounding may decide on which side an example is or two.
            counted = tolerance and "accuracy" in str(key)
            allowed = max(tolerance, 0.01) if counted else tolerance
            assert_close(actual[key], value, allowed)
    elif isinstance(expected, list):
        for pair in zip(actual, expected, strict=True):
            assert_close(*pair, tolerance)
    elif isinstance(expected, (str, type(None))):
        assert actual == expected
    else:
        np.testing.assert_allclose(
            actual, expected, rtol=tolerance, atol=tolerance
        )
