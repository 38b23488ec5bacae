"""Learning-rate schedules and the options of Keras' optimizers."""

import keras
import numpy as np
import pytest

from normzoo.trainers.run.optimizers import build_optimizer


def rates(config, total_steps):
    rate = build_optimizer(config, total_steps)._learning_rate
    if not callable(rate):
        return [float(rate)] * (total_steps + 1)
    return [float(rate(step)) for step in range(total_steps + 1)]


@pytest.mark.parametrize(
    ("schedule", "warmup", "expected"),
    [
        ("constant", 0, [1, 1, 1, 1, 1]),
        ("constant", 2, [0, 0.5, 1, 1, 1]),
        ("cosine", 0, [1, (1 + 0.5**0.5) / 2, 0.5, (1 - 0.5**0.5) / 2, 0]),
        ("cosine", 2, [0, 0.5, 1, 0.5, 0]),
    ],
)
def test_schedules(config, schedule, warmup, expected):
    config.optimizer.learning_rate = 1.0
    config.optimizer.schedule = schedule
    config.optimizer.warmup_steps = warmup
    np.testing.assert_allclose(rates(config, 4), expected, atol=1e-6)


def test_options_reach_the_optimizer(config):
    config.optimizer.name = "sgd"
    config.optimizer.momentum = 0.9
    config.optimizer.clipnorm = 1.0
    optimizer = build_optimizer(config, 10)
    assert isinstance(optimizer, keras.optimizers.SGD)
    assert (optimizer.momentum, optimizer.clipnorm) == (0.9, 1.0)
