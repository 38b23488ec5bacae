"""Finding the newest checkpoint that can be read, after whatever happened."""

import shutil

import tensorflow as tf
from absl import logging

#: Checkpoints are the files `step-STEP.*`.
NAME = "step"


def recover(folder):
    """Leaves in `folder` only checkpoints up to the newest readable one.

    What an interrupted save has left, and checkpoints that are damaged, are
    removed; of the latter the log tells.

    Returns:
        The path of the newest checkpoint, as TensorFlow names it, or None.
    """
    paths = _newest_first(folder)
    while paths and not _is_readable(paths[0]):
        damaged = paths.pop(0)
        logging.warning(
            "The checkpoint %s is damaged. The run continues from %s.",
            damaged,
            f"the one before, {paths[0]}" if paths else "its start",
        )
    remove_unlisted(folder, paths)
    if not paths:
        return None
    # CheckpointManager believes this file, which may be damaged, too.
    tf.compat.v1.train.update_checkpoint_state(
        str(folder), paths[0], list(reversed(paths))
    )
    return paths[0]


def remove_unfinished(folder):
    """Removes what an interrupted save has left."""
    remove_unlisted(folder, _newest_first(folder))


def remove_unlisted(folder, paths):
    """Removes the files of all checkpoints but those of `paths`."""
    for file in folder.glob(f"{NAME}-*"):
        if file.is_dir():
            shutil.rmtree(file)
        elif str(file.with_suffix("")) not in paths:
            file.unlink()


def _newest_first(folder):
    paths = [file.with_suffix("") for file in folder.glob(f"{NAME}-*.index")]
    return sorted(map(str, paths), key=_step, reverse=True)


def _step(path):
    return int(path.rpartition("-")[2])


def _is_readable(path):
    """Reads everything; TensorFlow compares the check sums."""
    try:
        reader = tf.train.load_checkpoint(path)
        for name in reader.get_variable_to_shape_map():
            reader.get_tensor(name)
    # A damaged index is a ValueError or a RuntimeError to TensorFlow.
    except (tf.errors.OpError, ValueError, RuntimeError):
        return False
    return True
