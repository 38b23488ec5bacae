"""Tasks of all kinds on real data, in one call each."""

import keras
import numpy as np
import pytest

import normzoo

sklearn_data = pytest.importorskip(
    "sklearn.datasets", reason="scikit-learn is not installed."
)

pytestmark = pytest.mark.slow
Dense = keras.layers.Dense


def table(name):
    x, y = getattr(sklearn_data, f"load_{name}")(return_X_y=True)
    return (x - x.mean(0)) / x.std(0), y


def network(x, outputs, activation=None):
    return keras.Sequential(
        [
            keras.Input(x.shape[1:]),
            Dense(16, use_bias=False),
            keras.layers.BatchNormalization(),
            keras.layers.ReLU(),
            Dense(outputs, activation=activation),
        ]
    )


def breast_cancer():
    x, y = table("breast_cancer")
    model = network(x, 1, "sigmoid")
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    return model, x, y


def wine():
    x, y = table("wine")
    model = network(x, 3, "softmax")
    model.compile(
        "adam", "sparse_categorical_crossentropy", metrics=["accuracy"]
    )
    return model, x, y


def diabetes():
    x, y = table("diabetes")
    model = network(x, 1)
    y = (y - y.mean()) / y.std()
    model.compile("adam", "mse", metrics=[keras.metrics.R2Score()])
    return model, x, y


def linnerud():
    x, y = table("linnerud")
    model = network(x, 3)
    model.compile("adam", "mae")
    return model, np.tile(x, (3, 1)), np.tile(y, (3, 1))


def photograph():
    """Tiles of a photograph; a pixel's label is its strongest color."""
    image = sklearn_data.load_sample_images().images[0][:416, :640] / 255
    tiles = image.reshape(26, 16, 40, 16, 3).swapaxes(1, 2)
    tiles = tiles.reshape(-1, 16, 16, 3)[::4].astype("float32")
    masks = tiles.argmax(-1)
    inputs = keras.Input((16, 16, 3))
    x = keras.layers.Conv2D(8, 3, padding="same", use_bias=False)(inputs)
    x = keras.layers.ReLU()(keras.layers.BatchNormalization()(x))
    model = keras.Model(inputs, keras.layers.Conv2D(3, 1)(x))
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(0.02), loss, metrics=["accuracy"])
    return model, tiles, masks


def text():
    """Characters of the description of a data set."""
    described = sklearn_data.load_wine().DESCR
    letters = sorted(set(described))
    codes = np.array([letters.index(each) for each in described])
    windows = np.lib.stride_tricks.sliding_window_view(codes, 17)[::6]
    model = keras.Sequential(
        [
            keras.Input((16,), dtype="int64"),
            keras.layers.Embedding(len(letters), 16),
            keras.layers.LayerNormalization(),
            keras.layers.GRU(16, return_sequences=True),
            Dense(len(letters), activation="softmax"),
        ]
    )
    loss = "sparse_categorical_crossentropy"
    model.compile(keras.optimizers.Adam(0.01), loss, metrics=["accuracy"])
    return model, windows[:, :-1], windows[:, 1:]


LAYER = ("layer",)
#: Function -> what is said, the least that any norm reaches (the most of an
#: error), and the norms. One is enough: the task does not depend on it.
TASKS = {
    breast_cancer: ("binary label", 0.8, ("as_is", "layer")),
    wine: ("single label, one of 3 classes", 0.7, LAYER),
    diabetes: ("regression, 1 target", 0.1, LAYER),
    linnerud: ("regression, 3 targets", -1e3, LAYER),
    photograph: ("segmentation, one of 3 for each pixel", 0.6, LAYER),
    text: ("next token, one of", 0.15, LAYER),
}


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.__name__)
def test_a_real_task(task, tmp_path, capsys):
    model, x, y = task()
    words, least, norms = TASKS[task]
    found = normzoo.compare_norms(
        model,
        (x, y),
        norms=norms,
        epochs=10,
        batch_size=16,
        seeds=1,
        tune=False,
        workdir=tmp_path,
    )
    said = f"Task: {words}"
    assert found.summary.about.startswith(said)
    for name in ("report.html", "summary.md", "summary.json"):
        assert said in (tmp_path / name).read_text()
    metric = found.found.design.metric
    if not model.get_compile_config()["metrics"]:
        assert metric.name == "loss"
    sign = 1 if metric.higher_is_better else -1
    for row in found.summary.rows:
        assert sign * row.values[metric.key][0] > least
    assert not normzoo.diagnose(found.best("layer"), (x, y)).problems
