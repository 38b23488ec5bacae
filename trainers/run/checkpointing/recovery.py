"""Finding the usable checkpoints in a folder.

`tf.train.CheckpointManager` trusts its list in the file `checkpoint`, which a
killed process may leave outdated, and treats a workdir's name as a pattern.
Here only the files in the folder count.
"""

import shutil

import tensorflow as tf
from absl import logging

from ...common.errors import InputError, writing


def path_of(folder, step):
    """Returns the prefix of the files of the checkpoint of a step."""
    return folder / f"step-{step}"


def newest_first(folder):
    """Returns the steps of all checkpoints that were written to the end."""
    # TensorFlow writes the index last.
    return sorted(map(_step, folder.glob("step-*.index")), reverse=True)


def recover(folder):
    """Removes damaged and incomplete checkpoints.

    Checkpoints are read from the newest one to the first that is intact, and
    those before it are not read. Each damaged one is logged.

    Returns:
        The step of the newest intact checkpoint, or None.

    Raises:
        InputError: the system does not let it be read.
    """
    steps = newest_first(folder)
    while steps and not _is_readable(path_of(folder, steps[0])):
        damaged = path_of(folder, steps.pop(0))
        start = f"at step {steps[0]}" if steps else "from the beginning"
        logging.warning(
            "Checkpoint %s is damaged. Continuing %s.", damaged, start
        )
    keep_only(folder, steps)
    return steps[0] if steps else None


def keep_only(folder, steps):
    """Removes all checkpoints but those of `steps`."""
    with writing(f"The folder {folder}"):
        for path in folder.glob("step-*"):
            if path.is_dir():  # TensorFlow's, of an incomplete checkpoint
                shutil.rmtree(path)
            elif _step(path) not in steps:
                path.unlink()


def _step(path):
    return int(path.name.removeprefix("step-").partition(".")[0])


def _is_readable(path):
    """Returns whether all tensors can be read; this verifies checksums.

    Raises:
        InputError: the system does not let it be read, which is no damage.
    """
    try:
        for file in path.parent.glob(f"{path.name}.*"):
            with open(file, "rb") as opened:
                opened.read(1)
    except OSError as error:
        raise InputError(
            f"The checkpoint {path} cannot be read: {error}. Fix that and "
            "repeat the same command, or name another workdir."
        ) from error
    try:
        reader = tf.train.load_checkpoint(str(path))
        for name in reader.get_variable_to_shape_map():
            reader.get_tensor(name)
    # TensorFlow raises errors of many kinds, its own and Python's.
    except Exception:
        return False
    return True
