"""The flags of `compare`, most of them for a model of the user's own."""

from absl import flags as absl_flags

from ..common.errors import InputError
from ..own.starts import STARTS

#: Flag -> what does the same with `--config`, or "".
_INSTEAD = {
    "epochs": "--config.epochs",
    "batch_size": "--config.batch_size",
    "callbacks": "--config.callbacks",
    "data": "--config.dataset.name",
    "label": "",
    "data_dir": "--config.dataset.data_dir",
    "only": "",
    "insert": "",
    "start": "",
    "tune": "--config.compare.tune.rates",
    "metric": "--config.compare.metric",
    "least": "--config.compare.least.METRIC",
}

# The flags that are defined here are those of the script that calls.
absl_flags.disclaim_key_flags()


def define():
    """Defines the flags."""
    absl_flags.DEFINE_list(
        "norms",
        None,
        "Norms to compare instead of the variants of the config's sweep(), "
        "such as batch,layer; for a GAN, norms of the generator.",
    )
    absl_flags.DEFINE_multi_string(
        "vary",
        [],
        "Config key and values to compare instead of the variants of the "
        "config's sweep(), such as batch_size:8,32. Repeat the flag for other "
        "keys: all combinations of values are compared.",
    )
    absl_flags.DEFINE_integer(
        "seeds",
        None,
        "Number of seeds, starting at config.seed, after which verdicts are "
        "given. Without it, the sweep() or config.compare.looks decides.",
    )
    absl_flags.DEFINE_bool(
        "dry_run", False, "List the runs and looks without training."
    )
    absl_flags.DEFINE_string(
        "model",
        None,
        "In place of --config: 'file.py:function' or 'module:function' that "
        "returns a compiled Keras model, or a .keras file.",
    )
    absl_flags.DEFINE_string(
        "data",
        None,
        "With --model: a .npz, .csv or .parquet file, a folder of images, or "
        "the name of a TFDS data set.",
    )
    absl_flags.DEFINE_list(
        "only",
        None,
        "With --model: names of the layers to replace, separated by commas. "
        "Without it: all norms.",
    )
    absl_flags.DEFINE_string(
        "insert",
        None,
        "With --model, if it has no norms: before_activation or "
        "after_activation.",
    )
    absl_flags.DEFINE_list(
        "tune",
        "True",
        "With --model: True lets each norm choose from three learning rates, "
        "the model's own, a third of it and three times as much; False uses "
        "the model's own; or give the rates, such as 1e-4,1e-3,1e-2.",
    )
    absl_flags.DEFINE_string(
        "metric",
        None,
        "With --model: the metric that judges the norms, by the name that "
        "Keras prints, or loss. Without it: the model's first metric, or the "
        "loss if there are several outputs.",
    )
    absl_flags.DEFINE_float(
        "least",
        None,
        "With --model: the smallest difference in that metric that counts. "
        "Without it: 0.005 for a share, such as an accuracy, and otherwise 1% "
        "of the untrained model's value.",
    )
    absl_flags.DEFINE_enum(
        "start",
        "fresh",
        STARTS,
        "With --model: train from fresh weights, drawn by the seed, or from "
        "the model's own.",
    )
    absl_flags.DEFINE_string(
        "callbacks",
        None,
        "With --model: 'file.py:function' or 'module:function' that returns a "
        "list of new Keras callbacks; it is called for each run.",
    )
    absl_flags.DEFINE_integer(
        "epochs", 10, "With --model: number of epochs of training."
    )
    absl_flags.DEFINE_integer(
        "batch_size", 32, "With --model: batch size of training."
    )


def arguments(flags):
    """Returns what the flags say, as arguments of `make_own_plan`."""
    return {
        "norms": flags.norms,
        "only": flags.only,
        "insert": flags.insert,
        "seeds": "auto" if flags.seeds is None else flags.seeds,
        "tune": _tune(flags.tune),
        "epochs": flags.epochs,
        "batch_size": flags.batch_size,
        "metric": flags.metric or "",
        "least": flags.least,
        "start": flags.start,
        "callbacks": flags.callbacks or "",
    }


def refuse(flags):
    """Raises `InputError` if a flag is given that has no effect.

    Args:
        flags: the parsed flags, without `--model`.
    """
    for name, instead in _INSTEAD.items():
        if flags[name].present:
            raise InputError(
                f"--{name} has no effect without --model. "
                + (f"Use {instead}." if instead else "Leave it out.")
            )


def _tune(texts):
    text = ",".join(texts)
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    try:
        return tuple(map(float, text.split(",")))
    except ValueError as error:
        raise InputError(
            "--tune takes True, False or learning rates, such as "
            f"1e-4,1e-3,1e-2. Received: {text}."
        ) from error
