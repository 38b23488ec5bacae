"""Moving statistics of replicas with unequal shares of a batch."""

import numpy as np
import pytest
import tensorflow as tf

from .cases import BATCH, CASES
from .stepping import assert_close, perturbed

#: Those that learn in training from what they see, and not from a reference.
LEARNING = [
    case
    for case in CASES
    if not case.per_example and not case.reference
    if case.layer.__name__.startswith("Batch")
]
pytestmark = pytest.mark.slow
each_learning = pytest.mark.parametrize(
    "case", LEARNING, ids=lambda case: case.name
)


def statistics(layer):
    """Returns name -> variable that is learned, and not by gradients."""
    return {
        weight.path.rpartition("/")[2]: weight
        for weight in layer.non_trainable_weights
        if weight.dtype.startswith("float")
    }


def made(case, fresh):
    """Returns a built layer, always with equal weights.

    Args:
        case: of the layer.
        fresh: whether it has learned nothing yet.
    """
    layer = case.make()
    layer.build(case.shape)
    initial = {w.path: w.numpy() for w in statistics(layer).values()}
    perturbed(layer, case.shape)
    if fresh:
        for weight in statistics(layer).values():
            weight.assign(initial[weight.path])
    return layer


def on_replicas(case, cut, strategy, fresh=False):
    """Returns name -> statistic after a step; `cut` divides the batch."""
    with strategy.scope():
        layer = made(case, fresh)
    kwargs = case.call_kwargs(training=True)
    cuts = tf.constant([0, cut, case.shape[0]])
    x = tf.constant(case.inputs())

    @tf.function(autograph=False)
    def step():
        def replica():
            i = tf.distribute.get_replica_context().replica_id_in_sync_group
            rows = slice(cuts[i], cuts[i + 1])
            mine = dict(kwargs)
            if case.mask:
                mine["mask"] = tf.constant(mine["mask"])[rows]
            layer(x[rows], **mine)

        strategy.run(replica)

    step()
    found = {}
    for name, weight in statistics(layer).items():
        first, second = strategy.experimental_local_results(weight.value)
        assert_close([first], [second], 0)
        found[name] = first.numpy()
    return found


def on_one_device(case, rows=slice(None), fresh=False):
    """Returns name -> statistic after a step with rows of the batch."""
    layer = made(case, fresh)
    kwargs = case.call_kwargs(training=True)
    if case.mask:
        kwargs["mask"] = kwargs["mask"][rows]
    layer(case.inputs()[rows], **kwargs)
    return {name: w.numpy() for name, w in statistics(layer).items()}


def assert_equal(found, expected):
    assert found.keys() == expected.keys()
    for name in expected:
        np.testing.assert_allclose(
            found[name], expected[name], 1e-5, 1e-6, err_msg=name
        )


@pytest.mark.parametrize(
    ("case", "empty"),
    [
        pytest.param(case, empty, id=f"{case.name}-{empty}")
        # Either replica, and the last one, which a short batch leaves empty.
        for empty, cases in ((0, LEARNING[:2]), (1, LEARNING))
        for case in cases
    ],
)
def test_a_replica_without_examples_counts_for_nothing(
    case, empty, two_replicas
):
    cut = (0, case.shape[0])[empty]
    assert_equal(on_replicas(case, cut, two_replicas), on_one_device(case))


def counted(case, rows, row_count):
    """Returns how many positions of rows count, for each row of statistics."""
    mask = case.call_kwargs(training=True).get("mask")
    if mask is None:
        mask = np.ones(case.shape[:-1])
    mask = mask[rows]
    if case.layer is BATCH or row_count == 1:
        return mask.sum()
    # A row is the moments of the real steps of that number.
    lengths = mask.sum(1)
    return np.array([[(lengths > step).sum()] for step in range(row_count)])


def expected(case, cut):
    """Returns name -> statistic after a step, from those of the parts."""
    parts = slice(cut), slice(cut, None)
    values = [on_one_device(case, rows, fresh=True) for rows in parts]
    sizes = cut, case.shape[0] - cut
    merged = {}
    for name in values[0]:
        one, other = (part[name] for part in values)
        n, m = (counted(case, rows, len(one)) for rows in parts)
        if name == "moving_weight":  # by how much of the batch reaches a step
            n, m = sizes
        merged[name] = (n * one + m * other) / (n + m)
    if case.kwargs.get("renorm"):
        variance = merged["moving_stddev"] ** 2 - case.make().epsilon
        merged["moving_variance"] = variance
    return merged


@each_learning
def test_replicas_count_by_what_they_see(case, two_replicas):
    """The statistics weigh by examples, or by what of them is not masked."""
    found = on_replicas(case, 1, two_replicas, fresh=True)
    # What is merged exactly is that of the whole batch.
    if case.whole_batch or case.kwargs.get("statistics") == "population":
        assert_equal(found, on_one_device(case, fresh=True))
    else:
        assert_equal(found, expected(case, 1))
