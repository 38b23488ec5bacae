"""What can be measured in a model before training and after each epoch."""

import keras

from ...layers.numerics.restoring import restored
from ..data import pipeline
from ..inspection import (
    gradients,
    independence,
    landscape,
    through_time,
    training_mode,
)
from ..run.progress import epochs_due

#: Name of `config.probe` -> function of the model, the first training
#: examples, their labels and the config that returns name -> number.
PROBES = {
    "independence": independence.independence,
    "landscape": landscape.landscape,
    "layers": gradients.layer_gradients,
    "time": through_time.through_time,
    "training_mode": training_mode.training_mode,
}

_EXAMPLES = 256  # at most, in the order of the training split


def find_probe(name):
    """Returns the function of a probe's name; of `""` None."""
    return PROBES[name] if name else None


class Probe(keras.callbacks.Callback):
    """Writes lines of the split `"probe"` to a run's log.

    Args:
        measure: one of `PROBES`.
        data: the `Data` of the run.
        run: the `Training`, or another that has its `config`, `progress` and
            `log`.
    """

    def __init__(self, measure, data, run):
        super().__init__()
        self.measure = measure
        self.run = run
        batches = pipeline.evaluation_batches(data.train, _EXAMPLES)
        self.examples = next(iter(batches))

    def on_train_begin(self, logs=None):
        """Measures the model as it was made."""
        if not self.run.progress.step:
            self.write(0)

    def on_epoch_end(self, epoch, logs=None):
        """Measures the model as it is now."""
        config = self.run.config
        if epoch + 1 in epochs_due(config.probe_every_epochs, config.epochs):
            self.write(epoch + 1)

    def write(self, epoch):
        """Measures the model and logs it, as of an epoch from 1, or of 0."""
        with restored(self.model.variables):
            values = self.measure(self.model, *self.examples, self.run.config)
        self.run.log.write("probe", values, epoch)
