"""What decides the next batches besides TensorFlow's own state."""

import random

import numpy as np


def surroundings(data):
    """Returns the states of Python's and NumPy's generators, and of the data.

    Args:
        data: of the `fit`; it may have a `state_dict`.
    """
    state = getattr(data, "state_dict", None)
    return {
        "python": random.getstate(),
        "numpy": np.random.get_state(legacy=False),
        "data": state() if state else None,
    }


def set_surroundings(state, data):
    """Sets what `surroundings` returned once."""
    random.setstate(state["python"])
    np.random.set_state(state["numpy"])
    if hasattr(data, "load_state_dict") and state["data"] is not None:
        data.load_state_dict(state["data"])
