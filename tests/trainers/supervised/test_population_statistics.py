"""Population statistics equal those that NumPy finds in the same batches."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from normzoo.trainers import classify
from normzoo.trainers.data import loading

from ..equal_runs import untimed


def train(config, workdir):
    return classify.train(config, workdir, verbose=0)


def saved(workdir):
    return keras.saving.load_model(workdir / "checkpoints/final.keras")


def read_batches(config):
    """The batches of the estimation in float64, by NumPy from the indices."""
    examples = loading.load_data(config).train
    count, size = len(examples.labels), config.batch_size
    order = tf.random.experimental.stateless_shuffle(
        tf.range(count, dtype=tf.int64), seed=[config.seed, -1]
    ).numpy()
    batches = min(-(-config.population.examples // size), count // size)
    rows = order[: batches * size].reshape(batches, size)
    return [examples.inputs[row].astype("float64") / 255 for row in rows]


def batch_norms(model):
    kind = keras.layers.BatchNormalization
    return [layer for layer in model.layers if isinstance(layer, kind)]


def float64(variable):
    return np.asarray(variable, "float64")


def normalized(norm, x):
    """What a batch norm makes of a batch in training."""
    axes = tuple(range(x.ndim - 1))
    x = (x - x.mean(axes)) / np.sqrt(x.var(axes) + norm.epsilon)
    return x * float64(norm.gamma) + float64(norm.beta)


def convolve(x, kernel):
    """A convolution with a kernel of 3 x 3 and padding."""
    kernel, (height, width) = float64(kernel), x.shape[1:3]
    x = np.pad(x, [(0, 0), (1, 1), (1, 1), (0, 0)])
    return sum(
        x[:, i : i + height, j : j + width] @ kernel[i, j]
        for i in range(3)
        for j in range(3)
    )


def reference_mlp(model, batches):
    """What the two batch norms of an MLP are given."""
    kernels = [model.get_layer(f"dense_{i}").kernel for i in range(2)]
    first = [x.reshape(len(x), -1) @ float64(kernels[0]) for x in batches]
    norm = batch_norms(model)[0]
    hidden = [np.maximum(normalized(norm, x), 0) for x in first]
    return first, [x @ float64(kernels[1]) for x in hidden]


def reference_cnn(model, batches):
    """What the two convolutions' batch norms of a CNN are given."""
    kernels = [model.get_layer(f"conv_{i}").kernel for i in range(2)]
    first = [convolve(x, kernels[0]) for x in batches]
    norm = batch_norms(model)[0]
    hidden = [np.maximum(normalized(norm, x), 0) for x in first]
    pooled = [
        x.reshape(len(x), x.shape[1] // 2, 2, x.shape[2] // 2, 2, -1)
        for x in hidden
    ]
    return first, [convolve(x.mean((2, 4)), kernels[1]) for x in pooled]


REFERENCES = {"mlp": reference_mlp, "cnn": reference_cnn}


@pytest.mark.slow
@pytest.mark.parametrize("name", REFERENCES)
def test_statistics_equal_numpy_on_the_same_batches(config, name, tmp_path):
    config.model.name, config.model.depth = name, 2
    config.population.examples = 5 * 64 - 1
    config.seed = 3
    result = train(config, tmp_path)
    assert result["population"].keys() == {"batches", "examples", "seconds"}
    assert result["population"]["batches"] == 5
    assert result["population"]["examples"] == 5 * 64
    model = saved(tmp_path)
    given = REFERENCES[name](model, read_batches(config))
    for norm, inputs in zip(batch_norms(model), given, strict=False):
        inputs = np.concatenate(inputs)
        inputs = inputs.reshape(-1, inputs.shape[-1])
        variance = inputs.var(0)
        scale = np.sqrt(variance.max())
        np.testing.assert_allclose(
            norm.moving_mean, inputs.mean(0), 1e-5, 1e-5 * scale
        )
        np.testing.assert_allclose(norm.moving_variance, variance, 1e-4)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("norm", "ways"),
    [
        ("batch", (True,)),
        ("virtual", (False, True)),
        ("keras.layers:BatchNormalization", (True,)),
    ],
)
def test_replicas_get_the_statistics_of_whole_batches(
    config, norm, ways, two_replicas, tmp_path
):
    config.epochs = 1
    config.model.norm = norm
    config.distribution = "mirrored"
    config.evaluation_batch_size = 100
    results = []
    for validation in ways:
        config.population.validation = validation
        results.append(untimed(train(config, tmp_path / str(validation))))
    assert results[0] == results[-1]
    if norm == "virtual":
        return
    model = saved(tmp_path / "True")
    kernel = float64(model.get_layer("dense_0").kernel)
    x = np.concatenate(read_batches(config))
    x = x.reshape(len(x), -1) @ kernel
    (found,) = batch_norms(model)
    np.testing.assert_allclose(found.moving_mean, x.mean(0), 1e-5, 1e-5)
    np.testing.assert_allclose(found.moving_variance, x.var(0), 1e-4)
