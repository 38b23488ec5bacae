"""The residual network: its size, its formula, and how it starts."""

import numpy as np
import pytest

from normzoo import zoo

RNG = np.random.default_rng(0)
SHAPE = (9, 8, 2)
SMALL = {"depth": 8, "width": 4}
#: Options, in rows that have each of them in each version.
ROWS = {
    "1": {"norm": "batch"},
    "1-after": {"norm": "batch", "norm_position": "after"},
    "1-projection": {"norm": "batch", "shortcut": "projection"},
    "1-activates": {"norm": "filter_response", "shortcut": "projection"},
    "1-fixup": {"branch_start": "fixup"},
    "2": {"version": 2, "norm": "batch", "branch_start": "skip_init"},
    "2-after": {"version": 2, "norm": "batch", "norm_position": "after"},
    "2-projection": {"version": 2, "norm": "none", "shortcut": "projection"},
    "2-fixup": {"version": 2, "branch_start": "fixup"},
}


def build(**knobs):
    return zoo.resnet(SHAPE, 5, **{**SMALL, **knobs})


def images(count=3):
    return RNG.normal(size=(count, *SHAPE)).astype(np.float32)


class Reference:
    """The formula in float64, from the published description."""

    def __init__(self, model, version=1, norm="none", **knobs):
        self.weights = {w.path: np.float64(w.numpy()) for w in model.weights}
        self.version, self.norm = version, norm
        self.after = knobs.get("norm_position") == "after"
        # Behind the addition, together with the activation.
        self.joined = self.after or norm == "filter_response"

    def __call__(self, x):
        x = self.conv(np.float64(x), "conv")
        if self.version == 1:
            x = self.active(x, "conv")
        for i in range(3):
            block = self.block_1 if self.version == 1 else self.block_2
            x = block(x, f"block_{i}", 2 if i else 1)
        if self.version == 2:
            x = self.active(x, "end")
        x = self.scalars(x.mean((1, 2)), "shift_logits")
        return x @ self.weights["logits/kernel"] + self.weights["logits/bias"]

    def block_1(self, x, name, stride):
        y = self.both(x, name, stride)
        if not self.joined:
            y = self.normed(y, f"{name}_conv_1")
        if stride > 1:
            x = self.shortcut(x, f"{name}_shortcut", y.shape[-1])
            if f"norm_{name}_shortcut/gamma" in self.weights:
                x = self.normed(x, f"{name}_shortcut")
        x = x + self.scalars(y, f"scale_{name}")
        return self.active(x, name) if self.joined else np.maximum(x, 0)

    def block_2(self, x, name, stride):
        active = self.active(x, name)
        y = self.both(active, name, stride)
        if stride > 1:
            x = self.shortcut(active, f"{name}_shortcut", y.shape[-1])
        return x + self.scalars(y, f"scale_{name}")

    def both(self, x, name, stride):
        x = self.scalars(x, f"shift_{name}_conv_0")
        x = self.active(
            self.conv(x, f"{name}_conv_0", stride), f"{name}_conv_0"
        )
        x = self.scalars(x, f"shift_{name}_conv_1")
        return self.conv(x, f"{name}_conv_1")

    def shortcut(self, x, name, channels):
        if f"{name}/kernel" in self.weights:
            return self.conv(x, name, 2)
        more = channels - x.shape[-1]
        return np.pad(x[:, ::2, ::2], [(0, 0)] * 3 + [(0, more)])

    def active(self, x, name):
        x = self.scalars(x, f"shift_activation_{name}")
        if self.after:
            return self.normed(np.maximum(x, 0), name)
        x = self.normed(x, name)
        return x if self.joined else np.maximum(x, 0)

    def normed(self, x, name):
        if self.norm == "none":
            return x
        path = f"norm_{name}"
        gamma, beta = (self.weights[f"{path}/{k}"] for k in ("gamma", "beta"))
        if self.norm == "filter_response":
            square = np.mean(x**2, (1, 2), keepdims=True)
            y = gamma * x / np.sqrt(square + 1e-6) + beta
            return np.maximum(y, self.weights[f"{path}/tau"])
        mean = self.weights[f"{path}/moving_mean"]
        variance = self.weights[f"{path}/moving_variance"]
        return gamma * (x - mean) / np.sqrt(variance + 1e-3) + beta

    def scalars(self, x, path):
        scale = self.weights.get(f"{path}/scale", 1.0)
        return scale * x + self.weights.get(f"{path}/shift", 0.0)

    def conv(self, x, name, stride=1):
        kernel = self.weights[f"{name}/kernel"]
        size = len(kernel)
        padded = np.pad(x, [(0, 0), *[(size // 2,) * 2] * 2, (0, 0)])
        rows, columns = x.shape[1:3]
        y = sum(
            padded[:, i : i + rows : stride, j : j + columns : stride]
            @ kernel[i, j]
            for i in range(size)
            for j in range(size)
        )
        return y + self.weights.get(f"{name}/bias", 0.0)


@pytest.mark.quick("1", "1-fixup", "2")
@pytest.mark.parametrize("row", ROWS)
def test_what_it_computes(row):
    model = build(**ROWS[row])
    for weight in model.weights:
        low = 0.5 if "variance" in weight.path else -0.5
        weight.assign(RNG.uniform(low, 0.9, weight.shape))
    x = images()
    expected = Reference(model, **ROWS[row])(x)
    np.testing.assert_allclose(model(x), expected, 2e-4, 2e-4)


@pytest.mark.quick("20-269722")
@pytest.mark.parametrize(
    ("depth", "weights"), [(20, 269_722), (32, 464_154), (56, 853_018)]
)
def test_the_published_networks_have_their_sizes(depth, weights):
    """The paper's table 6: 0.27, 0.46 and 0.85 million."""
    model = zoo.resnet((32, 32, 3), 10, depth=depth, norm="batch")
    assert sum(np.prod(w.shape) for w in model.trainable_weights) == weights


def test_fixup_starts_as_a_shallow_network():
    """Each branch and the logits are zeros, kernels inside are scaled."""
    plain, fixup = build(depth=14), build(depth=14, branch_start="fixup")
    assert not fixup(images()).numpy().any()
    for name, scale in (
        ("conv", 1),
        *((f"block_{i}_conv_0", 6**-0.5) for i in range(6)),
        *((f"block_{i}_conv_1", 0) for i in range(6)),
        ("logits", 0),
    ):
        expected = scale * plain.get_layer(name).kernel.numpy()
        np.testing.assert_allclose(
            fixup.get_layer(name).kernel, expected, rtol=1e-5
        )


@pytest.mark.parametrize("norm", ["none", "layer"])
def test_skip_init_starts_as_a_shallow_network(norm):
    """What a branch computes makes no difference, and it has a gradient."""
    model = build(norm=norm, branch_start="skip_init")
    x = images()
    before = model(x).numpy()
    branch = model.get_layer("block_1_conv_1")
    branch.kernel.assign(branch.kernel + 1.0)
    np.testing.assert_array_equal(model(x), before)
    model.get_layer("scale_block_1").scale_weight.assign(0.5)
    assert not np.allclose(model(x), before)


@pytest.mark.slow
def test_deep_networks_start_with_outputs_of_ordinary_size():
    """Without a norm or another start they grow with each block."""
    x = images(16)

    def size(**knobs):
        return np.std(build(depth=38, width=2, **knobs)(x))

    assert size() > 30 * size(branch_start="skip_init")
