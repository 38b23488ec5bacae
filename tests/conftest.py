"""What all tests share."""

import gc
import logging
import os

# LLVM's work on what XLA compiles is not ours to test, and takes as long as all
# else in it. Read before TensorFlow's first operation, by child processes, too.
os.environ.setdefault("XLA_FLAGS", "--xla_backend_optimization_level=0")

import keras
import numpy as np
import pytest
import tensorflow as tf

from normzoo.trainers.run import graphs

# Two devices, so that a MirroredStrategy has two replicas. TensorFlow takes
# this only before its first operation.
tf.config.set_logical_device_configuration(
    tf.config.list_physical_devices("CPU")[0],
    [tf.config.LogicalDeviceConfiguration()] * 2,
)


#: Of tests that compare with what older versions of Keras do not have.
KERAS = tuple(map(int, keras.__version__.split(".")[:2]))


@pytest.hookimpl(tryfirst=True)  # before `-m` chooses
def pytest_collection_modifyitems(config, items):
    """Puts slow tests first; skips `keras(version)` under an older Keras."""
    _mark_slow(items, whole=not any("::" in arg for arg in config.args))
    # Whatever takes long must not be the last, when only one process works.
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)
    for item in items:
        marker = item.get_closest_marker("keras")
        if marker and marker.args[0] > KERAS:
            item.add_marker(pytest.mark.skip(f"needs Keras {marker.args[0]}"))


def _mark_slow(items, whole):
    """Marks the cases that `quick` does not name.

    Args:
        items: all tests.
        whole: whether these are all cases of each test.
    """
    named, found = {}, {}
    for item in items:
        if marker := item.get_closest_marker("quick"):
            test, case = item.nodeid.split("[")[0], item.callspec.id
            named[test] = set(marker.args)
            found.setdefault(test, set()).add(case)
            if case not in named[test]:
                item.add_marker(pytest.mark.slow)
    for test in named if whole else ():
        if missing := named[test] - found[test]:
            raise pytest.UsageError(f"{test} has no cases {sorted(missing)}.")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers():
    """Starts one process more than there are cores.

    Some tests wait for processes of their own, and the last one runs alone.
    """
    return (os.cpu_count() or 1) + 1


def pytest_collection_finish():
    """Takes what the imports made out of the garbage collector's rounds.

    That is most objects of the process, and they stay. A full round goes
    through them in 0.3 s, and Keras starts one whenever its session is cleared.
    And a model that is traced makes so many objects that rounds after each 700
    of them, Python's usual number, take a tenth of the time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000)


@pytest.fixture(autouse=True)
def _graphs_are_freed():
    """A test's graphs would stay to the end of the process: gigabytes."""
    with graphs.freed():
        yield


@pytest.fixture(autouse=True)
def _same_random_numbers_in_each_test(request):
    keras.utils.set_random_seed(0)
    # Else a test's numbers depend on which ones ran before it.
    if rng := getattr(getattr(request.node, "module", None), "RNG", None):
        rng.bit_generator.state = np.random.default_rng(0).bit_generator.state


@pytest.fixture
def graphs_as_traced():
    """Graphs run without TensorFlow's optimizations, which take long.

    For short runs of many models, where something else is looked at; models
    that are trained are tested as users train them.
    """
    tf.config.optimizer.set_experimental_options(
        {"disable_meta_optimizer": True}
    )
    yield
    tf.config.optimizer.set_experimental_options(
        {"disable_meta_optimizer": False}
    )


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
    """A TFDS folder that the tests share, whichever process runs them."""
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent  # of all workers
    folder = folder / "tfds"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture
def tensorflow_logs():
    """What TensorFlow logs, a list that grows."""
    handler, found = logging.Handler(), []
    handler.emit = lambda record: found.append(record.getMessage())
    logger = tf.get_logger()
    logger.addHandler(handler)
    yield found
    logger.removeHandler(handler)
