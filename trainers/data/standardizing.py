"""Inputs of mean 0 and variance 1 over the training split."""

import numpy as np

from .examples import Data, Examples
from .scaling import seen


def standardized(data: Data):
    """Returns data whose inputs are standardized, value by value.

        (x - mean) / deviation

    with the mean and the standard deviation of that value over the examples of
    the training split, which all splits share. A value that does not vary
    there is not divided.

    Args:
        data: `Data` of images or signals.

    Example:

    >>> import numpy as np
    >>> from normzoo.trainers.data import standardizing
    >>> from normzoo.trainers.data.examples import Data, Examples
    >>> train = Examples(np.array([[1.0, 3], [5, 3]], "float32"), np.arange(2))
    >>> test = Examples(np.array([[7.0, 4]], "float32"), np.arange(1))
    >>> found = standardizing.standardized(Data(train, test, test, 2))
    >>> found.train.inputs.tolist(), found.test.inputs.tolist()
    ([[-1.0, 0.0], [1.0, 0.0]], [[2.0, 1.0]])
    """
    inputs = seen(data.train.inputs)
    # Equal numbers may have a float32 mean that is another one.
    mean = inputs.mean(0, dtype=np.float64)
    deviation = inputs.std(0, dtype=np.float64)
    varies = np.ptp(inputs, axis=0) > 0
    scale = np.where(varies, deviation, 1.0)

    def transformed(split):
        scores = (seen(split.inputs) - mean) / scale
        return Examples(scores.astype(np.float32), split.labels)

    return data._replace(
        train=transformed(data.train),
        validation=transformed(data.validation),
        test=transformed(data.test),
        bounds=None,
    )
