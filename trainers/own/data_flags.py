"""Flags of the scripts that read a user's own data."""

from absl import flags

# The flags that are defined here are those of the script that calls.
flags.disclaim_key_flags()


def define():
    """Defines the flags."""
    flags.DEFINE_list(
        "label",
        None,
        "Name of the column of a .csv or .parquet file that holds the labels, "
        "or several names separated by commas. Without it: the last column.",
    )
    flags.DEFINE_string(
        "data_dir",
        None,
        "With a TFDS data set: the folder that holds the prepared data sets.",
    )


def options(flags):
    """Returns what these flags say, as arguments of `compare_norms`."""
    label = flags.label
    if label and len(label) == 1:
        (label,) = label
    return {"label": label or None, "data_dir": flags.data_dir}
