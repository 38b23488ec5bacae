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


#: Of tests that compare with what older versions of Keras do not have.
KERAS = tuple(map(int, keras.__version__.split(".")[:2]))


@pytest.hookimpl
def pytest_collection_modifyitems(items):
    """Puts slow tests first; skips `keras(version)` under an older Keras."""
    # Whatever takes long must not be the last, when only one process works.
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)
    for item in items:
        marker = item.get_closest_marker("keras")
        if marker and marker.args[0] > KERAS:
            item.add_marker(pytest.mark.skip(f"needs Keras {marker.args[0]}"))


@pytest.fixture(autouse=True)
def _same_random_numbers_in_each_test():
    keras.utils.set_random_seed(0)


@pytest.fixture(scope="session")
def two_replicas():
    """A strategy with two replicas on this machine's CPU.

    It is the one that `config.distribution = "mirrored"` means, too: a second
    one in a process numbers its collective operations like the first, and they
    get mixed up.
    """
    from normzoo.trainers.run.session import Session

    return Session().strategy("mirrored")


@pytest.fixture(scope="session")
def data_dir(tmp_path_factory):
    """A TFDS folder that the tests share."""
    return tmp_path_factory.mktemp("tfds")
