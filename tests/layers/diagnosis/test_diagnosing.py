"""Models that are broken on purpose, one for each check, and healthy ones."""

import keras
import numpy as np
import pytest

from normzoo import layers, zoo
from normzoo.layers import diagnose, reestimate_statistics

BN = keras.layers.BatchNormalization
Dense = keras.layers.Dense
RNG = np.random.default_rng(0)
X = RNG.normal(size=(512, 6)).astype("float32")
Y = (X[:, 0] > 0).astype(int)
IMAGES = RNG.normal(size=(256, 6, 6, 3)).astype("float32")
SEQUENCES = RNG.normal(size=(128, 5, 3)).astype("float32")
WORDS = RNG.integers(0, 9, size=(128, 7))


def dense(*stack, shape=(6,)):
    """A model whose statistics are those of the data."""
    model = keras.Sequential([keras.Input(shape), *stack])
    return settled(model, X)


def settled(model, x):
    reestimate_statistics(model, x, verbose=0)
    return model


def late():
    model = dense(Dense(8, use_bias=False), BN(name="norm"), Dense(2))
    model.get_layer("norm").moving_mean.assign([2.0] * 8)
    return model, X


def slow():
    model = dense(Dense(8, use_bias=False), BN(name="norm"), Dense(2))
    model.compile("sgd", "sparse_categorical_crossentropy")
    model.optimizer.iterations.assign(90)
    model.get_layer("norm").moving_mean.assign([2.0] * 8)
    return model, X


def tiny_batches():
    model, _ = slow()
    return model, X, 2


class TrainsAlways(keras.layers.BatchNormalization):
    """Takes the statistics of the batch in inference, too."""

    def call(self, inputs, training=None, mask=None):
        return super().call(inputs, training=True, mask=mask)


def batch_mates():
    model = keras.Sequential(
        [keras.Input((6,)), Dense(8), TrainsAlways(name="norm"), Dense(2)]
    )
    return model, X


def after_dropout():
    dropout = keras.layers.Dropout(0.5, name="drop")
    return dense(
        Dense(8), dropout, Dense(8, use_bias=False), BN(name="norm")
    ), X


def unused_mask():
    model = keras.Sequential(
        [
            keras.Input((7,), dtype="int32"),
            keras.layers.Embedding(9, 4, mask_zero=True, name="embedding"),
            keras.layers.GroupNormalization(2, name="norm"),
            keras.layers.GlobalAveragePooling1D(),
        ]
    )
    return model, WORDS


def unvisited():
    model = keras.Sequential(
        [
            keras.Input((None, 3)),
            layers.BatchNormLSTM(4, max_timesteps=8, name="norm"),
        ]
    )
    model(SEQUENCES, training=True)
    return model, SEQUENCES


def constant():
    relu = keras.layers.ReLU()
    model = dense(Dense(8, name="first"), relu, BN(name="norm"), Dense(2))
    bias = np.zeros(8)
    bias[:3] = -100
    model.get_layer("first").bias.assign(bias)
    return settled(model, X), X


def dead():
    model = dense(Dense(8, use_bias=False), BN(name="norm"), Dense(2))
    gamma = np.ones(8)
    gamma[:2] = 0
    model.get_layer("norm").gamma.assign(gamma)
    return model, X


def growing():
    wide = keras.initializers.RandomNormal(stddev=1e4)
    return dense(
        BN(name="norm"),
        Dense(8, use_bias=False, kernel_initializer=wide),
        BN(name="second"),
    ), X / 100


def vanishing():
    stack = [Dense(8, "sigmoid", name=f"hidden_{i}") for i in range(12)]
    model = dense(BN(), *stack, Dense(2))
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile("sgd", loss)
    return model, (X, Y)


def overflowing():
    model = dense(BN(name="norm"))
    return settled(model, X * 1e5), X * 1e5


def biased():
    return dense(Dense(8, name="front"), BN(name="norm"), Dense(2)), X


def foldable():
    return dense(Dense(8, use_bias=False), BN(name="norm"), Dense(2)), X


#: Name of a check -> a model that has it, where, and a part of the figure.
BROKEN = {
    "late_statistics": (late, "norm", "means off by"),
    "slow_momentum": (slow, "norm", "40% of the initial values"),
    "small_batches": (tiny_batches, "norm", "a batch of 2 varies by"),
    "batch_mates": (batch_mates, "outputs", "alone and in a batch"),
    "norms_after_dropout": (after_dropout, "norm", "drop in front of it"),
    "unused_masks": (unused_mask, "norm", "embedding makes a mask"),
    "unvisited_rows": (unvisited, "norm", "3 time steps"),
    "constant_channels": (constant, "norm", "3 channels do not vary"),
    "dead_gammas": (dead, "norm", "2 gammas are below"),
    "signal_spread": (growing, "second", "times those of norm"),
    "gradient_spread": (vanishing, "hidden_0/kernel", "times smaller"),
    "float16_overflow": (overflowing, "norm", "inputs of up to"),
    "useless_biases": (biased, "norm", "8 biases"),
    "foldable_norms": (foldable, "norm", "1 of 1 batch norms"),
}


#: Those of large models, or of many batches.
SLOWEST = {"small_batches", "gradient_spread", "float16_overflow"}


@pytest.mark.quick(*(name for name in BROKEN if name not in SLOWEST))
@pytest.mark.parametrize("symptom", BROKEN)
def test_what_is_wrong_is_found(symptom):
    make, where, figure = BROKEN[symptom]
    model, data, *batch = make()
    before = model.get_weights()
    found = diagnose(model, data, batch_size=batch[0] if batch else 64)
    by_symptom = {each.symptom: each for each in found.findings}
    assert symptom in by_symptom
    finding = by_symptom[symptom]
    assert where in finding.where
    assert figure in finding.figure
    # Neither hints nor one fault bring others along, but for what they cause.
    hints = {"useless_biases", "foldable_norms"}
    caused = {"late_statistics", "slow_momentum"}
    others = {each.symptom for each in found.problems} - {symptom}
    assert others <= caused
    assert finding.is_problem is (symptom not in hints)
    # The model is as it was.
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


def mlp():
    return zoo.mlp((6,), 3, norm="batch", depth=2, width=16), X


def cnn(norm):
    return zoo.cnn((6, 6, 3), 3, norm=norm), IMAGES


def rnn():
    return zoo.stacked_rnn((5, 3), 3, norm="batch", units=(8,)), SEQUENCES


HEALTHY = {
    "mlp": mlp,
    "cnn, batch": lambda: cnn("batch"),
    "cnn, group": lambda: cnn("group"),
    "cnn, layer": lambda: cnn("layer"),
    "rnn": rnn,
}


@pytest.mark.quick("cnn, batch", "rnn")
@pytest.mark.parametrize("name", HEALTHY)
def test_nothing_is_found_in_healthy_models(name):
    model, x = HEALTHY[name]()
    if layers_with_statistics(model):
        reestimate_statistics(model, x, verbose=0)
    found = diagnose(model, x, batch_size=64)
    assert not found, str(found)
    assert "No problem was found" in str(found)


def layers_with_statistics(model):
    return [w for w in model.non_trainable_weights if "moving" in w.name]


@pytest.mark.slow
def test_the_fixes_fix():
    model, x = late()
    reestimate_statistics(model, x, verbose=0)
    assert not diagnose(model, x, batch_size=64)
    model, x, batch_size = tiny_batches()
    other = layers.replace_norms(model, "group", groups=4).model
    assert not diagnose(other, x, batch_size=batch_size)
    model, x = slow()
    reestimate_statistics(model, x, verbose=0)
    assert not diagnose(model, x, batch_size=64)
    model, x = unused_mask()
    other = layers.replace_norms(model, "group", groups=2).model
    assert not diagnose(other, x)
    model, x = foldable()
    folded = layers.fold_batch_norm(model).model
    with pytest.raises(ValueError, match="no norms"):
        diagnose(folded, x)


class Own(keras.Model):
    """Has a `call` of its own."""

    def __init__(self):
        super().__init__()
        self.norm = BN(name="inner")

    def call(self, x, training=None):
        return self.norm(x, training=training)


def test_models_with_a_call_of_their_own():
    model = Own()
    model(X)
    found = diagnose(model, X + 5)
    assert [each.symptom for each in found.problems] == ["late_statistics"]
    assert found.findings[0].where == "inner"


def test_how_it_is_shown():
    model, x = late()
    found = diagnose(model, x, batch_size=64)
    text = str(found)
    assert text.startswith("1 problem was found in the norm.")
    assert max(map(len, text.splitlines())) <= 80
    assert "<table role=" in found._repr_html_()
    assert bool(found)


@pytest.mark.parametrize(
    ("model", "data", "error", "words"),
    [
        (3, X, TypeError, "object of type int"),
        (keras.Sequential(), X, ValueError, "no weights yet"),
        (late, X[:0], ValueError, "at least one example"),
    ],
)
def test_bad_arguments(model, data, error, words):
    if callable(model) and not isinstance(model, keras.Model):
        model, _ = model()
    with pytest.raises(error, match=words):
        diagnose(model, data)
