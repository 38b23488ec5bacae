"""Batches: complete, of fixed shape, in an order that the seed fixes."""

import numpy as np
import pytest

from normzoo.trainers.common.errors import InputError
from normzoo.trainers.data import loading, pipeline, scaling


@pytest.fixture(scope="module")
def examples():
    """Ten images whose single pixel tells which one they are."""
    images = np.arange(10, dtype=np.uint8).reshape(10, 1, 1, 1)
    return loading.Examples(images, np.arange(10))


def labels(dataset):
    return [y.tolist() for _, y in dataset.as_numpy_iterator()]


def test_training_batches(examples):
    dataset = pipeline.training_batches(examples, 3, epochs=2, seed=0)
    batches = labels(dataset)
    assert dataset.element_spec[0].shape == (3, 1, 1, 1)
    assert len(batches) == 6
    for epoch in (batches[:3], batches[3:]):
        seen = [label for batch in epoch for label in batch]
        assert len(set(seen)) == 9  # one example fills no batch
    assert batches[:3] != batches[3:]


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"weights": np.ones(10, np.float32)},
        {"inputs": {"a": np.ones((10, 2)), "b": np.arange(10, dtype=np.int8)}},
        {"inputs": np.array(["x", "yy"] * 5), "prepare": scaling.as_given},
        {"labels": (np.arange(10), np.ones((10, 4), np.float32))},
    ],
    ids=["images", "weights", "dict", "texts", "outputs"],
)
def test_specs_are_those_of_the_batches(examples, more):
    examples = examples._replace(**more)
    dataset = pipeline.training_batches(examples, 4, epochs=1, seed=0)
    assert pipeline.batch_specs(examples, 4) == dataset.element_spec


def test_the_seed_fixes_the_order(examples):
    def order(seed):
        return labels(pipeline.training_batches(examples, 5, 3, seed))

    assert order(1) == order(1)
    assert order(1) != order(2)


def test_images_and_labels_stay_together_and_are_scaled(examples):
    batches = pipeline.training_batches(examples, 5, epochs=1, seed=0)
    for images, y in batches.as_numpy_iterator():
        assert images.dtype == np.float32
        np.testing.assert_allclose(images.ravel() * 255, y, rtol=1e-6)


@pytest.mark.parametrize(("replicas", "workers"), [(2, 1), (2, 2), (6, 3)])
def test_parts_make_the_batches_of_one_device(examples, replicas, workers):
    one = pipeline.training_batches(examples, 6, epochs=2, seed=4)
    count = replicas // workers
    parts = [
        labels(
            pipeline.training_batches(
                examples, 6, 2, seed=4, start=(1, 0), part=part
            )
        )
        for i in range(workers)
        for part in [pipeline.Part(replicas, i * count, count)]
    ]
    shares = [batches[i] for batches in parts for i in range(count)]
    assert all(len(share) == 6 // replicas for share in shares)
    assert labels(one)[1:] == [[y for share in shares for y in share]]


@pytest.mark.parametrize("batch_size", [1, 3, 4, 64])
@pytest.mark.parametrize(("replicas", "workers"), [(2, 2), (3, 1), (6, 3)])
def test_parts_evaluate_every_example_once(
    examples, batch_size, replicas, workers
):
    count = replicas // workers
    parts = [
        labels(pipeline.evaluation_batches(examples, batch_size, part))
        for i in range(workers)
        for part in [pipeline.Part(replicas, i * count, count)]
    ]
    assert len({len(batches) for batches in parts}) == 1
    seen = [y for batches in parts for batch in batches for y in batch]
    assert sorted(seen) == list(range(10))
    # Keras takes the mean of the replicas' first batches.
    first = [batch for batches in parts for batch in batches[:count]]
    assert len({len(batch) for batch in first}) == 1


@pytest.mark.parametrize("batch_size", [3, 10, 64])
def test_evaluation_sees_every_example_once(examples, batch_size):
    batches = labels(pipeline.evaluation_batches(examples, batch_size))
    assert [y for batch in batches for y in batch] == list(range(10))


def test_nobody_waits_for_the_thread_that_tunes(examples):
    batches = (
        pipeline.training_batches(examples, 5, epochs=1, seed=0),
        pipeline.evaluation_batches(examples, 5),
    )
    assert not any(b.options().autotune.enabled for b in batches)


def test_runs_share_the_decoded_images(config):
    config.seed = 1
    first = loading.load_data(config)
    config.seed = 2
    assert loading.load_data(config) is first
    assert first.input_shape == (8, 8, 1)
    assert first.num_classes == 10


def test_images_can_be_resized(config):
    config.dataset.image_size = 12
    assert loading.load_data(config).input_shape == (12, 12, 1)


@pytest.mark.parametrize("batch_size", [0, 1205])
def test_a_batch_must_fit_the_split(config, batch_size):
    config.batch_size = batch_size
    with pytest.raises(InputError, match=f"1 to 1204.*Received: {batch_size}"):
        loading.load_data(config)
