"""The networks of patches: their sizes, their formulas, how they start."""

import keras
import numpy as np
import pytest
from scipy.special import erf, softmax

from normzoo import zoo

RNG = np.random.default_rng(0)
SHAPE = (4, 8, 2)
SMALL = {
    "vit_tiny": {"depth": 2, "width": 12, "head_width": 4, "patch_size": 2},
    "mlp_mixer": {
        "depth": 2,
        "width": 6,
        "patch_size": 2,
        "token_units": 5,
        "channel_units": 7,
    },
}
ROWS = {
    "vit-pre": ("vit_tiny", {"norm": "layer"}),
    "vit-post": ("vit_tiny", {"norm": "layer", "norm_position": "after"}),
    "vit-mean": (
        "vit_tiny",
        {"pooling": "mean", "branch_start": "skip_init"},
    ),
    "mixer-pre": ("mlp_mixer", {"norm": "layer", "branch_start": "skip_init"}),
    "mixer-post": ("mlp_mixer", {"norm": "layer", "norm_position": "after"}),
}


def build(name, **knobs):
    return zoo.MODELS[name](SHAPE, 5, **{**SMALL[name], **knobs})


def images(count=3):
    return RNG.normal(size=(count, *SHAPE)).astype(np.float32)


class Reference:
    """The formulas in float64."""

    def __init__(self, model, norm_position="before", **_):
        self.weights = {w.path: np.float64(w.numpy()) for w in model.weights}
        self.first = norm_position == "before"

    def __call__(self, x):
        batch, rows, columns, channels = x.shape
        x = np.float64(x).reshape(
            batch, rows // 2, 2, columns // 2, 2, channels
        )
        x = x.transpose(0, 1, 3, 2, 4, 5).reshape(batch, -1, 4 * channels)
        kernel = self.weights["patches/kernel"]
        x = x @ kernel.reshape(-1, kernel.shape[-1])
        x = x + self.weights["patches/bias"]
        token = self.weights.get("positions/token")
        if token is not None:
            x = np.concatenate([np.tile(token, (batch, 1, 1)), x], 1)
        x = x + self.weights.get("positions/positions", 0.0)
        for i in range(2):
            if "tokens_0_0/kernel" in self.weights:
                x = self.branch(x, f"tokens_{i}", self.over_tokens)
                x = self.branch(x, f"channels_{i}", self.mlp)
            else:
                x = self.branch(x, f"attention_{i}", self.attention)
                x = self.branch(x, f"mlp_{i}", self.mlp)
        if self.first:
            x = self.normed(x, "end")
        pooled = x.mean(1) if token is None else x[:, 0]
        return self.dense(pooled, "logits")

    def branch(self, x, name, function):
        y = function(self.normed(x, name) if self.first else x, name)
        x = x + self.weights.get(f"scale_{name}/scale", 1.0) * y
        return x if self.first else self.normed(x, name)

    def attention(self, x, name):
        w = {
            key.removeprefix(f"{name}/"): value
            for key, value in self.weights.items()
        }
        query, key, value = (
            np.einsum("btc,chd->bhtd", x, w[f"{part}/kernel"])
            + w[f"{part}/bias"][:, None]
            for part in ("query", "key", "value")
        )
        scores = softmax(query @ key.swapaxes(2, 3) / 2.0, -1)
        y = np.einsum(
            "bhtd,hdc->btc", scores @ value, w["attention_output/kernel"]
        )
        return y + w["attention_output/bias"]

    def mlp(self, x, name):
        x = self.dense(x, f"{name}_0")
        return self.dense(x * (1 + erf(x / np.sqrt(2))) / 2, f"{name}_1")

    def over_tokens(self, x, name):
        return self.mlp(x.swapaxes(1, 2), name).swapaxes(1, 2)

    def dense(self, x, name):
        kernel, bias = (self.weights[f"{name}/{k}"] for k in ("kernel", "bias"))
        return x @ kernel + bias

    def normed(self, x, name):
        gamma = self.weights.get(f"norm_{name}/gamma")
        if gamma is None:
            return x
        x = x - x.mean(-1, keepdims=True)
        x = x / np.sqrt((x**2).mean(-1, keepdims=True) + 1e-3)
        return gamma * x + self.weights[f"norm_{name}/beta"]


@pytest.mark.quick("vit-pre", "mixer-post")
@pytest.mark.parametrize("row", ROWS)
def test_what_it_computes(row):
    name, knobs = ROWS[row]
    model = build(name, **knobs)
    for weight in model.weights:
        weight.assign(RNG.uniform(-0.5, 0.9, weight.shape))
    x = images()
    expected = Reference(model, **knobs)(x)
    np.testing.assert_allclose(model(x), expected, 2e-4, 2e-4)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "knobs", "weights"),
    [
        # DeiT's table 1: 5.7 million; the Mixer's table 1, S/16: 18.5.
        ("vit_tiny", {}, 5_717_416),
        (
            "mlp_mixer",
            {"width": 512, "token_units": 256, "channel_units": 2048},
            18_528_264,
        ),
    ],
)
def test_the_published_networks_have_their_sizes(name, knobs, weights):
    model = zoo.MODELS[name](
        (224, 224, 3), 1000, patch_size=16, norm="layer", **knobs
    )
    assert model.count_params() == weights


def test_attention_starts_from_kernels_of_its_own():
    """Queries, keys and values differ, and have the scale of one matrix."""
    layer = build("vit_tiny", width=64, head_width=16).get_layer("attention_0")
    kernels = [w.numpy() for w in layer.weights if "kernel" in w.path]
    assert len(kernels) == 4
    for i, kernel in enumerate(kernels):
        # Glorot: 6 / (64 + 64) is the square of the largest.
        np.testing.assert_allclose(np.abs(kernel).max(), 0.2165, rtol=0.01)
        for other in kernels[:i]:
            assert not np.array_equal(kernel.ravel(), other.ravel())


@pytest.mark.parametrize("name", SMALL)
def test_skip_init_starts_as_a_shallow_network(name):
    model = build(name, branch_start="skip_init")
    ends = [x for x in model.layers if x.name.startswith("scale_")]
    assert len(ends) == 4
    first = "positions" if name == "vit_tiny" else "tokens"
    x = images()
    below, above = (
        keras.Model(model.input, model.get_layer(layer).output)(x)
        for layer in (first, "norm_end")
    )
    np.testing.assert_array_equal(above, below)
