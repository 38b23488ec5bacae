"""All metrics of a generator, on a split of the data."""

import contextlib
import functools
import math

import numpy as np

from ...common.errors import InputError
from ...data import nested
from .. import real
from ..inputs import drawn_inputs, inputs_for
from ..sampling import Sampling
from .conditional import measured_classes
from .dependence import batch_dependence
from .features import SOURCES
from .measures import Samples, measures
from .memorization import memorization

#: How much noise batch norms' statistics are estimated from, at least.
_STATISTICS = 1024

#: How many training examples are searched for those that were memorized, and
#: how many of them at once.
_SEARCHED, _AT_ONCE = 10_000, 1000


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
    if config.conditional:
        for split in splits:
            measured_classes(split.labels[: config.metrics.samples])


class Evaluator:
    """Measures a generator against the real examples of a split.

    As many examples are made as are real, always from the same noise, and of
    the same classes where the generator is told.

    Args:
        config: `ConfigDict` with the keys of `configs/gan_default.py`.
        data: `loading.Data`.
        features: `features.Features`.

    Attributes:
        sampling: the `Sampling` of the generator that was measured last, or
            None.
    """

    def __init__(self, config, data, features):
        self.sampling = None
        self._config = config
        self._data = data
        self._features = features
        self._real = {}

    def validate(self, generator):
        """Returns the metrics on the validation split."""
        return self.measure(generator, "validation")

    def measure(self, generator, split):
        """Returns metric -> number, for the generator as it is.

        Beside the metrics stand `n_real`, `n_fake`, `seed` (of the noise) and,
        for classifiers, `feature_accuracy`.
        """
        each = [measure.measure for measure in measures(self._config)]
        return self._measured(generator, split, each)

    def measure_last(self, generator, split):
        """Returns what `measure` does, and `memorization`, once at the end.

        Beside it stands `n_train`, how many training examples were searched.
        """
        each = [measure.measure for measure in measures(self._config)]
        each.append(lambda samples: self._memorization(samples, split))
        return self._measured(generator, split, each)

    def _measured(self, generator, split, functions):
        config = self._config.metrics
        real, real_classes = self._real_features(split)
        labels = np.asarray(getattr(self._data, split).labels[: len(real)])
        inputs = inputs_for(self._config, config.seed, "metrics", labels)
        made = self.make(generator, inputs)
        finite = np.isfinite(made).all()
        made = np.nan_to_num(made)
        fake, fake_classes = self._features.extract(made)
        samples = Samples(
            real=real,
            fake=fake,
            made=made,
            real_classes=real_classes,
            fake_classes=fake_classes,
            labels=labels,
            num_classes=self._data.num_classes,
            modes=self._data.modes,
            neighbors=config.neighbors,
            seed=config.seed,
        )
        measured = {}
        for function in functions:
            measured |= function(samples)
        if not finite:
            measured = dict.fromkeys(measured, math.nan)
        conditions = {"n_real": len(real), "n_fake": len(fake)}
        conditions["seed"] = config.seed
        if self._features.accuracy is not None:
            conditions["feature_accuracy"] = self._features.accuracy
        return measured | conditions

    def _memorization(self, samples, split):
        """Returns the made examples' `memorization` of training examples."""
        held_out = samples.real
        if split == "train":
            held_out, _ = self._real_features("validation")
        train = self._data.train
        count = min(train.count, _SEARCHED)
        # All parts of the set, which may be in the order of its classes.
        rows = np.linspace(0, train.count - 1, count).astype(int)
        searched = self._data._replace(train=train.taken(rows))
        examples = real.examples(searched, "train")
        features = (
            self._features.extract(examples[i : i + _AT_ONCE])[0]
            for i in range(0, count, _AT_ONCE)
        )
        found = memorization(samples.fake, held_out, features)
        return {"memorization": found, "n_train": count}

    def make(self, generator, inputs):
        """Returns examples in [-1, 1], with statistics fit for sampling."""
        with self.statistics(generator):
            return self.sampling(inputs)

    @contextlib.contextmanager
    def statistics(self, generator):
        """Makes the generator's statistics fit for sampling, for a block."""
        if self.sampling is None or self.sampling.generator is not generator:
            self.sampling = Sampling(generator, self._config.batch_size)
        with self.sampling.statistics(self._population):
            yield

    @functools.cached_property
    def _population(self):
        """Inputs to estimate the statistics of batch norms from, or None."""
        if not self._config.generator.reestimate:
            return None
        batch = self._config.batch_size
        return self._drawn("statistics", -(-_STATISTICS // batch) * batch)

    def dependence(self, generator):
        """Returns how the generator's outputs depend on their batch mates."""
        size = self._config.batch_size
        inputs = self._drawn("dependence", 3 * size)

        def part(i):
            return nested.each(lambda x: x[i * size : (i + 1) * size], inputs)

        first, *mates = map(part, range(3))
        return batch_dependence(generator, first, mates)

    def _drawn(self, role, rows):
        seed = self._config.metrics.seed
        return drawn_inputs(self._config, self._data, seed, role, rows)

    def _real_features(self, split):
        if split not in self._real:
            count = self._config.metrics.samples
            examples = real.examples(self._data, split)[:count]
            self._real[split] = self._features.extract(examples)
        return self._real[split]
