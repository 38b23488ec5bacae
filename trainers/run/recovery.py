"""The checkpoints in a folder, whatever has happened to them.

`tf.train.CheckpointManager` believes its file `checkpoint` in all this, and
takes a workdir's name for a pattern. Here the folder itself is what counts.
"""

import shutil

import tensorflow as tf
from absl import logging


def path_of(folder, step):
    """Returns the path of the checkpoint after `step` steps, less its ends."""
    return folder / f"step-{step}"


def newest_first(folder):
    """Returns the steps of the checkpoints whose writing has ended."""
    # The index is written last.
    return sorted(map(_step, folder.glob("step-*.index")), reverse=True)


def recover(folder):
    """Removes damaged checkpoints, and what was being written.

    Only those that are newer than the newest one that can be read are looked
    at. The log tells of them.

    Returns:
        The step of the newest checkpoint, or None.
    """
    steps = newest_first(folder)
    while steps and not _is_readable(path_of(folder, steps[0])):
        damaged = path_of(folder, steps.pop(0))
        before = f"from step {steps[0]}" if steps else "without one"
        logging.warning(
            "Checkpoint %s is damaged. Going on %s.", damaged, before
        )
    keep_only(folder, steps)
    return steps[0] if steps else None


def keep_only(folder, steps):
    """Removes all checkpoints but those of `steps`."""
    for path in folder.glob("step-*"):
        if path.is_dir():  # TensorFlow's, for what is being written
            shutil.rmtree(path)
        elif _step(path) not in steps:
            path.unlink()


def _step(path):
    return int(path.name.removeprefix("step-").partition(".")[0])


def _is_readable(path):
    """Reads everything; TensorFlow compares the check sums."""
    try:
        reader = tf.train.load_checkpoint(str(path))
        for name in reader.get_variable_to_shape_map():
            reader.get_tensor(name)
    # TensorFlow raises errors of many kinds, its own and Python's.
    except Exception:
        return False
    return True
