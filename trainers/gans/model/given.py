"""What a network is called on: examples or noise, and perhaps their classes."""


def given(inputs, labels):
    """Returns the inputs of a network.

    Args:
        inputs: noise, or examples.
        labels: their classes, or None if the network is not told.
    """
    return inputs if labels is None else [inputs, labels]
