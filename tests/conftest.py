"""What all tests share."""

import keras
import pytest
import tensorflow as tf

# Two devices, so that a MirroredStrategy has two replicas. TensorFlow takes
# this only before its first operation.
tf.config.set_logical_device_configuration(
    tf.config.list_physical_devices("CPU")[0],
    [tf.config.LogicalDeviceConfiguration()] * 2,
)

# Warnings are errors, except these, which others' code gives for what is right.
IGNORED_WARNINGS = [
    # Keras makes arrays of variables when it saves a model.
    "ignore:__array__ implementation doesn't accept:DeprecationWarning",
    # Keras' layer harness trains from a generator.
    "ignore:.shuffle=True. was passed:UserWarning",
    "ignore:The model does not have any trainable weights:UserWarning",
]


def pytest_configure(config):
    for line in IGNORED_WARNINGS:
        config.addinivalue_line("filterwarnings", line)
    config.addinivalue_line(
        "markers", "requires_trainable_backend: of Keras' own tests"
    )


@pytest.fixture(autouse=True)
def _same_random_numbers_in_each_test():
    keras.utils.set_random_seed(0)


# One for all tests: a second strategy in a process numbers its collective
# operations like the first, and they get mixed up.
@pytest.fixture(scope="session")
def two_replicas():
    """A strategy with two replicas on this machine's CPU."""
    return tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
