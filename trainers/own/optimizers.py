"""Optimizers like the one that a user's model was compiled with."""

from . import files


def learning_rate_of(model):
    """Returns the learning rate of a compiled model; None of a schedule."""
    rate = model.optimizer.get_config()["learning_rate"]
    # As it was written: 0.001 is another number in float32.
    return None if isinstance(rate, dict) else float(f"{rate:.6g}")


def optimizer_like(path, learning_rate):
    """Returns a new optimizer like that of the compiled model in a file.

    Args:
        path: of the file.
        learning_rate: of the new one; a schedule stays what it is.
    """
    model = files.load(path)
    config = model.optimizer.get_config()
    if learning_rate_of(model) is not None:
        config["learning_rate"] = learning_rate
    return type(model.optimizer).from_config(config)
