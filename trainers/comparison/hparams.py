"""Summaries for TensorBoard's HParams tab, which compares the runs."""

import math

import tensorflow as tf
from tensorboard.plugins.hparams import api as hp


def write_hparams(run, result, keys, metrics, folder):
    """Writes one run's hyperparameters and final metrics as its trial.

    A diverged run has `diverged` = 1 and the worst value of each metric, 0 for
    an accuracy; none where the worst is infinite, as of a loss.

    Args:
        run: a `Run`.
        result: its result.
        keys: dotted config keys, the same for all runs: the tab shows no run
            that lacks one.
        metrics: the `Metric`s that tell how good a run is.
        folder: of the run.
    """
    flat = run.config.to_dict()
    values = {key: _look_up(flat, key) for key in keys}
    diverged = result["status"] == "diverged"
    for old in folder.glob("events.out.tfevents.*"):
        old.unlink()
    with tf.summary.create_file_writer(str(folder)).as_default():
        hp.hparams(values, trial_id=run.name)
        # Present in every run: one without any metric would not be shown.
        tf.summary.scalar("diverged", float(diverged), step=0)
        for metric in metrics:
            value = shown_value(metric, result)
            if math.isfinite(value):
                tf.summary.scalar(metric.key, value, step=0)


def shown_value(metric, result):
    """Returns a result's number; the worst possible one if it diverged."""
    value = result.get(metric.key)
    if result["status"] == "diverged" or value is None:
        return metric.bounds[0 if metric.higher_is_better else 1]
    return value


def _look_up(config, key):
    for part in key.split("."):
        config = config[part]
    # The tab knows strings, numbers and booleans.
    return config if isinstance(config, (str, int, float)) else str(config)
