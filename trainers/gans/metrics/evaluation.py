"""All metrics of a generator, on a split of the data."""

import contextlib
import math

import numpy as np

from ...common.errors import InputError
from .. import real
from ..sampling import Sampler, latent, sampling_statistics
from .dependence import batch_dependence
from .features import SOURCES
from .measures import Samples, measures

#: How much noise batch norms' statistics are estimated from.
_STATISTICS = 1024


def check_samples(config, data):
    """Raises `InputError` unless the splits have enough examples."""
    splits = data.validation, getattr(data, config.metrics.split)
    smallest = min(config.metrics.samples, *(x.count for x in splits))
    source = SOURCES[config.metrics.features]
    units = source.dimensions(config, data.input_shape)
    if smallest <= max(units, config.metrics.neighbors):
        raise InputError(
            f"Too few samples for a covariance of {units} features. "
            f"Received: {smallest}. Raise --config.metrics.samples, name "
            "larger splits, or lower --config.metrics.feature_units."
        )


class Evaluator:
    """Measures a generator against the real examples of a split.

    As many examples are made as are real, always from the same noise.

    Args:
        config: `ConfigDict` with the keys of `configs/gan_default.py`.
        data: `loading.Data`.
        features: `features.Features`.
    """

    def __init__(self, config, data, features):
        self._config = config
        self._data = data
        self._features = features
        self._real = {}
        self._sampler = None

    def validate(self, generator):
        """Returns the metrics on the validation split."""
        return self.measure(generator, "validation")

    def measure(self, generator, split):
        """Returns metric -> number, for the generator as it is.

        Beside the metrics stand `n_real`, `n_fake`, `seed` (of the noise) and,
        for classifiers, `feature_accuracy`.
        """
        config = self._config.metrics
        real, real_classes = self._real_features(split)
        made = self.make(generator, self._noise("metrics", len(real)))
        finite = np.isfinite(made).all()
        made = np.nan_to_num(made)
        fake, fake_classes = self._features.extract(made)
        samples = Samples(
            real=real,
            fake=fake,
            made=made,
            real_classes=real_classes,
            fake_classes=fake_classes,
            num_classes=self._data.num_classes,
            modes=self._data.modes,
            neighbors=config.neighbors,
        )
        measured = {}
        for each in measures(self._config):
            measured |= each.measure(samples)
        if not finite:
            measured = dict.fromkeys(measured, math.nan)
        conditions = {"n_real": len(real), "n_fake": len(fake)}
        conditions["seed"] = config.seed
        if self._features.accuracy is not None:
            conditions["feature_accuracy"] = self._features.accuracy
        return measured | conditions

    def make(self, generator, noise):
        """Returns examples in [-1, 1], with statistics fit for sampling."""
        with self.statistics(generator):
            if self._sampler is None or self._sampler.generator != generator:
                self._sampler = Sampler(generator, self._config.batch_size)
            return self._sampler(noise)

    @contextlib.contextmanager
    def statistics(self, generator):
        """Makes the generator's statistics fit for sampling, for a block."""
        noise = None
        if self._config.generator.reestimate:
            noise = self._noise("statistics", _STATISTICS)
        with sampling_statistics(generator, noise, self._config.batch_size):
            yield

    def dependence(self, generator):
        """Returns how the generator's outputs depend on their batch mates."""
        size = self._config.batch_size
        noise = self._noise("dependence", 3 * size).reshape(3, size, -1)
        return batch_dependence(generator, noise[0], noise[1:])

    def _noise(self, role, rows):
        size = self._config.generator.latent_dim
        return latent(self._config.metrics.seed, role, rows, size)

    def _real_features(self, split):
        if split not in self._real:
            count = self._config.metrics.samples
            examples = real.examples(self._data, split)[:count]
            self._real[split] = self._features.extract(examples)
        return self._real[split]
