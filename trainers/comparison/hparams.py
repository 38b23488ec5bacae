"""Summaries for TensorBoard's HParams tab, which compares the runs."""

import tensorflow as tf
from tensorboard.plugins.hparams import api as hp

from .summary import metrics_of


def write_hparams(run, result, keys, folder):
    """Writes one run's hyperparameters and final metrics as its trial.

    Args:
        run: a `Run`.
        result: its result.
        keys: dotted config keys, the same for all runs: the tab shows no run
            that lacks one.
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
        for metric in metrics_of(result):
            if result[metric] is not None:
                tf.summary.scalar(metric, result[metric], step=0)


def _look_up(config, key):
    for part in key.split("."):
        config = config[part]
    # The tab knows strings, numbers and booleans.
    return config if isinstance(config, (str, int, float)) else str(config)
