"""The learning rates of several runs."""

import json

import keras
import numpy as np
import tensorflow as tf


class Rates:
    """The learning rates of all runs as a function of the step.

    Args:
        configs: numbers, or the configs of schedules.

    Attributes:
        variable: holds the rates if they are numbers, else None.
    """

    def __init__(self, configs):
        self.variable = None
        if not isinstance(configs[0], dict):
            # Keras makes float32 of a list, whatever its floats are.
            rates = np.array(configs)
            self.variable = keras.Variable(rates, trainable=False)
            return
        texts = [json.dumps(each, sort_keys=True) for each in configs]
        # Schedules take many operations, and most runs share theirs.
        unique = list(dict.fromkeys(texts))
        self._places = [unique.index(text) for text in texts]
        self._schedules = [
            keras.optimizers.schedules.deserialize(json.loads(text))
            for text in unique
        ]

    def __call__(self, steps):
        """Returns the rates of all runs.

        Args:
            steps: those that have been taken, of all runs or `(runs,)`.
        """
        if self.variable is not None:
            return tf.convert_to_tensor(self.variable)
        if len(steps.shape):
            return tf.stack(
                [
                    tf.convert_to_tensor(self._schedules[place](steps[run]))
                    for run, place in enumerate(self._places)
                ]
            )
        rates = [tf.convert_to_tensor(each(steps)) for each in self._schedules]
        return tf.gather(tf.stack(rates), self._places)
