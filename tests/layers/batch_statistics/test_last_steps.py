"""The exact statistics of the last steps."""

import numpy as np
import pytest
import tensorflow as tf

from normzoo.layers import BatchNormalization, MomentumWarmUp

RNG = np.random.default_rng(0)
#: Of several sizes, and with means far apart.
BATCHES = [
    RNG.normal(10 * i, 1 + i, (size, 2, 3))
    for i, size in enumerate([4, 2, 5, 1, 3, 4, 2])
]


def make(steps=3, **kwargs):
    options = {"statistics": "population", "dtype": "float64", **kwargs}
    return BatchNormalization(population_steps=steps, **options)


def assert_statistics(layer, batches):
    x = np.concatenate(batches)
    x = x.reshape(-1, x.shape[-1])
    np.testing.assert_allclose(layer.moving_mean, x.mean(0), 1e-5)
    np.testing.assert_allclose(layer.moving_variance, x.var(0), 1e-5)


@pytest.mark.parametrize("kwargs", [{}, {"dtype": "float32"}], ids=str)
def test_they_are_those_of_all_values_of_the_last_windows(kwargs):
    layer = make(**kwargs)
    # The first of the last `population_steps` steps or more.
    for step, first in enumerate([0, 0, 0, 0, 0, 0, 3]):
        layer(BATCHES[step].astype(layer.compute_dtype), training=True)
        assert_statistics(layer, BATCHES[first : step + 1])


def test_groups_and_masks_count_by_their_positions():
    layer = make(virtual_batch_size=1, momentum=0.5)
    x = np.stack([BATCHES[0][0], BATCHES[2][0]])
    mask = np.array([[True, True], [True, False]])
    layer(x, training=True, mask=mask)
    np.testing.assert_allclose(layer.moving_mean, x[mask].mean(0))
    np.testing.assert_allclose(layer.recent_count, 3)
    before = layer.get_weights()
    layer(x, training=True, mask=np.zeros((2, 2), bool))
    for a, b in zip(layer.get_weights(), before, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.slow
def test_replicas_count_all_that_they_see(two_replicas):
    with two_replicas.scope():
        layer = make(steps=2, dtype="float32")
        layer.build((None, 2, 3))

    @tf.function(autograph=False)
    def run(*batches):
        def replica():
            i = tf.distribute.get_replica_context().replica_id_in_sync_group
            rows = tf.where(i == 0, 0, 3), tf.where(i == 0, 3, 4)
            layer(batches[0][rows[0] : rows[1]], training=True)

        two_replicas.run(replica)

    batches = [BATCHES[0], BATCHES[5], BATCHES[5] + 3]
    for x in batches:
        run(tf.constant(x, "float32"))
    assert_statistics(layer, batches)


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({"statistics": "exact"}, "statistics='exact'.*moving, population"),
        ({"renorm": True}, "with renorm=True"),
        ({"momentum": MomentumWarmUp()}, "with a schedule"),
        ({"steps": 0}, "population_steps=0"),
    ],
)
def test_what_is_refused(kwargs, message):
    with pytest.raises(ValueError, match=message):
        make(**kwargs)
