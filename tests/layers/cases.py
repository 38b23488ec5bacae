"""One row per layer and way to use it; the tests of all layers run over them.

A layer that normalizes is added here with one row per way that takes another
path through its code.
"""

import dataclasses
import functools
import inspect
from collections.abc import Callable

import keras
import numpy as np

from normzoo import layers


@dataclasses.dataclass(frozen=True)
class Case:
    """A layer, and what is true of it.

    Attributes:
        name: the test's id.
        layer: the layer's class.
        kwargs: the constructor's arguments.
        shape: the inputs' shape; the first axis is the batch.
        mask: whether to call the layer with a mask over `shape[:-1]`.
        reference: whether training passes a reference batch.
        per_example: whether an example's output ignores the other examples in
            training, too.
        whole_batch: whether two replicas give what one device does on the whole
            batch.
        fewest: how many examples a batch has at least in training.
        seed_generators: how many the layer has.
        amplifies: how many times the usual rounding errors it may have.
        stops: values of `training` with which no gradient flows through a part
            of what is computed.
    """

    name: str
    layer: type
    kwargs: dict = dataclasses.field(default_factory=dict)
    shape: tuple = (4, 6, 3)
    mask: bool = False
    reference: bool = False
    per_example: bool = False
    whole_batch: bool = False
    fewest: int = 1
    seed_generators: int = 0
    amplifies: float = 1.0
    stops: tuple = ()

    def make(self, **kwargs):
        """Returns a new layer."""
        return self.layer(**{**self.init_kwargs(), **kwargs})

    def init_kwargs(self):
        """Returns the constructor's arguments."""
        return self.kwargs

    def supports_masking(self):
        """Returns whether masks are passed on."""
        return True

    def inputs(self, dtype="float32", seed=0):
        """Returns random inputs, not centered."""
        rng = np.random.default_rng(seed)
        return rng.normal(2.0, 3.0, self.shape).astype(dtype)

    def modes(self):
        """Returns the values of `training` that make a difference."""
        differ = self._takes_training() or self.reference
        return (True, False) if differ else (True,)

    def call_kwargs(self, training):
        """Returns what to call the layer with, besides the inputs."""
        kwargs = {"training": training} if self._takes_training() else {}
        if self.mask:
            rng = np.random.default_rng(1)
            kwargs["mask"] = rng.random(self.shape[:-1]) < 0.7
        if self.reference and training:
            kwargs["reference"] = self.inputs(seed=4)
        return kwargs

    def _takes_training(self):
        return "training" in inspect.signature(self.layer.call).parameters


@dataclasses.dataclass(frozen=True)
class KernelCase(Case):
    """A norm of the kernels of a layer.

    Attributes:
        inner: makes that layer, whose outputs have the inputs' shape.
    """

    inner: Callable = None

    def make(self, **kwargs):
        """Returns a new layer; the one inside has its dtype policy."""
        policy = {k: v for k, v in kwargs.items() if k == "dtype"}
        return self.layer(self.inner(**policy), **{**self.kwargs, **kwargs})

    def init_kwargs(self):
        """Returns the constructor's arguments, with a new layer."""
        return {"layer": self.inner(), **self.kwargs}

    def supports_masking(self):
        """Returns whether the layer inside passes masks on."""
        return self.inner().supports_masking


BATCH = layers.BatchNormalization
LAYER = layers.LayerNormalization
GROUP = layers.GroupNormalization
INSTANCE = layers.InstanceNormalization
RMS = layers.RMSNormalization
FILTER_RESPONSE = layers.FilterResponseNormalization
DYNAMIC_TANH = layers.DynamicTanh
DYNAMIC_ERF = layers.DynamicErf
SPLIT = layers.SplitBatchNormalization
EVONORM_B0 = layers.EvoNormB0
EVONORM_S0 = layers.EvoNormS0
PIXEL = layers.PixelNormalization
SCALE = layers.ScaleNormalization
VIRTUAL = layers.VirtualBatchNormalization

BATCH_LSTM = layers.BatchNormLSTM
BATCH_GRU = layers.BatchNormGRU
BATCH_SIMPLE = layers.BatchNormSimpleRNN
BATCH_IND = layers.BatchNormIndRNN
IND = layers.IndRNN
LAYER_IND = layers.LayerNormIndRNN
LAYER_LSTM = layers.LayerNormLSTM
LAYER_GRU = layers.LayerNormGRU
LAYER_SIMPLE = layers.LayerNormSimpleRNN

CLIPPING = {"rmin": 0.3, "rmax": 3.0, "dmax": 5.0}

CASES = [
    Case("batch-vector", BATCH, shape=(8, 3)),
    Case("batch-sequence", BATCH),
    Case("batch-image", BATCH, shape=(4, 5, 5, 3)),
    Case("batch-volume", BATCH, shape=(2, 3, 3, 3, 2)),
    Case("batch-channels-first", BATCH, {"axis": 1}, shape=(4, 3, 5, 5)),
    Case("batch-mask", BATCH, mask=True),
    Case("batch-no-affine", BATCH, {"center": False, "scale": False}),
    Case(
        "batch-renorm",
        BATCH,
        {"renorm": True, "renorm_clipping": CLIPPING},
        stops=(True,),
    ),
    Case("batch-synchronized", BATCH, {"synchronized": True}, whole_batch=True),
    Case(
        "batch-synchronized-mask",
        BATCH,
        {"synchronized": True},
        mask=True,
        whole_batch=True,
    ),
    Case("batch-ghost", BATCH, {"virtual_batch_size": 3}, (7, 6, 3), mask=True),
    Case(  # groups large enough for the kernel, so sums are long
        "batch-ghost-large",
        BATCH,
        {"virtual_batch_size": 2},
        (3, 4096, 4, 4),
        amplifies=4,
    ),
    Case("batch-population", BATCH, {"statistics": "population"}),
    Case("split", SPLIT, mask=True, fewest=2),
    Case("layer", LAYER, per_example=True, whole_batch=True),
    Case("layer-vector", LAYER, shape=(8, 3), per_example=True),
    Case("layer-middle", LAYER, {"axis": 1}, per_example=True),
    Case(
        "layer-image",
        LAYER,
        {"axis": [-1, 1, 2]},
        shape=(4, 5, 5, 3),
        per_example=True,
        whole_batch=True,
    ),
    Case("layer-apart", LAYER, {"axis": (1, 3)}, shape=(2, 3, 4, 5)),
    Case(
        "layer-no-affine",
        LAYER,
        {"center": False, "scale": False},
        per_example=True,
    ),
    Case(
        "group",
        GROUP,
        {"groups": 4},
        shape=(4, 6, 12),
        per_example=True,
        whole_batch=True,
    ),
    Case("group-vector", GROUP, {"groups": 2}, (8, 6), per_example=True),
    Case(
        "group-channels-first",
        GROUP,
        {"groups": 4, "axis": 1},
        shape=(4, 6, 5, 5),
        per_example=True,
    ),
    Case("group-too-many", GROUP, shape=(4, 6, 1), per_example=True),
    Case(
        "group-no-affine",
        GROUP,
        {"groups": 1, "center": False, "scale": False},
        per_example=True,
    ),
    Case("instance", INSTANCE, per_example=True, whole_batch=True),
    Case("instance-middle", INSTANCE, {"axis": -2}, per_example=True),
    Case("rms", RMS, per_example=True, whole_batch=True),
    Case("rms-apart", RMS, {"axis": [3, 1]}, (2, 3, 4, 5), per_example=True),
    Case(
        "filter-response",
        FILTER_RESPONSE,
        shape=(4, 5, 5, 3),
        per_example=True,
        whole_batch=True,
    ),
    Case(
        "filter-response-vector",
        FILTER_RESPONSE,
        {"learned_epsilon": True, "epsilon": 1e-4},
        shape=(8, 3),
        per_example=True,
    ),
    Case(
        "filter-response-middle",
        FILTER_RESPONSE,
        {"axis": 1, "threshold": False, "center": False},
        per_example=True,
    ),
    Case("evonorm-b0", EVONORM_B0),
    Case("evonorm-b0-image", EVONORM_B0, shape=(4, 5, 5, 3)),
    Case("evonorm-b0-vector", EVONORM_B0, {"center": False}, shape=(8, 3)),
    Case("evonorm-b0-channels-first", EVONORM_B0, {"axis": 1}, (4, 3, 5, 5)),
    Case(
        "evonorm-b0-mask",
        EVONORM_B0,
        {"synchronized": True},
        mask=True,
        whole_batch=True,
    ),
    Case(
        "evonorm-s0",
        EVONORM_S0,
        {"groups": 4},
        shape=(4, 6, 12),
        per_example=True,
        whole_batch=True,
    ),
    Case("evonorm-s0-mask", EVONORM_S0, mask=True, per_example=True),
    Case(
        "evonorm-s0-channels-first",
        EVONORM_S0,
        {"groups": 2, "axis": 1, "scale": False, "center": False},
        shape=(4, 6, 5, 5),
        per_example=True,
    ),
    Case(
        "evonorm-s0-vector",
        EVONORM_S0,
        {"groups": 2},
        shape=(8, 6),
        per_example=True,
    ),
    Case("pixel", PIXEL, per_example=True, whole_batch=True),
    Case("pixel-apart", PIXEL, {"axis": [3, 1]}, (2, 3, 4, 5)),
    Case("scale", SCALE, per_example=True, whole_batch=True),
    Case("scale-apart", SCALE, {"axis": [3, 1]}, (2, 3, 4, 5)),
    Case("dynamic-tanh", DYNAMIC_TANH, per_example=True, whole_batch=True),
    Case(
        "dynamic-tanh-middle",
        DYNAMIC_TANH,
        {"axis": 1, "center": False, "initial_alpha": 0.2},
        per_example=True,
    ),
    Case("dynamic-erf", DYNAMIC_ERF, per_example=True, whole_batch=True),
    Case(
        "dynamic-erf-vector",
        DYNAMIC_ERF,
        {"scale": False, "initial_shift": 0.3},
        shape=(8, 3),
        per_example=True,
    ),
    *(
        Case(
            f"virtual-{name}",
            VIRTUAL,
            kwargs,
            shape,
            mask=name == "mask",
            reference=True,
            per_example=True,
            whole_batch=True,
        )
        for name, kwargs, shape in [
            ("vector", {}, (8, 3)),
            ("image", {}, (4, 5, 5, 3)),
            ("volume", {}, (2, 3, 3, 3, 2)),
            ("channels-first", {"axis": 1}, (4, 3, 5, 5)),
            ("mask", {}, (4, 6, 3)),
            ("no-affine", {"center": False, "scale": False}, (4, 6, 3)),
        ]
    ),
]

# As many units as features, so that outputs have the inputs' shape.
SEQUENCES = {"units": 3, "return_sequences": True}


def recurrent(name, layer, mask=False, **kwargs):
    """Returns a row for a recurrent layer."""
    per_example = layer not in (BATCH_LSTM, BATCH_GRU, BATCH_SIMPLE, BATCH_IND)
    return Case(
        name,
        layer,
        {**SEQUENCES, **kwargs},
        shape=(4, 3, 3),
        mask=mask,
        per_example=per_example,
        whole_batch=per_example,
        seed_generators=1,
        amplifies=4.0,  # from step to step
    )


CASES += [
    recurrent("batch-lstm", BATCH_LSTM, mask=True, max_timesteps=2),
    recurrent("batch-gru", BATCH_GRU, go_backwards=True, per_timestep=False),
    recurrent("batch-simple-rnn", BATCH_SIMPLE, mask=True, per_timestep=False),
    recurrent("layer-lstm", LAYER_LSTM, mask=True, carry_normalized=True),
    recurrent("layer-gru", LAYER_GRU),
    recurrent("layer-simple-rnn", LAYER_SIMPLE, unroll=True),
    recurrent("ind-rnn", IND, mask=True, activation="tanh"),
    recurrent("batch-ind-rnn", BATCH_IND, activation="tanh"),
    recurrent(
        "layer-ind-rnn",
        LAYER_IND,
        activation="tanh",
        normalize_recurrent=True,
    ),
]

SPECTRAL = layers.SpectralNormalization
WEIGHT = layers.WeightNormalization
STANDARDIZED = layers.WeightStandardization
SCALED = layers.ScaledWeightStandardization

DENSE = functools.partial(keras.layers.Dense, 3)
CONV = functools.partial(keras.layers.Conv2D, 3, 3, padding="same")
TRANSPOSED = functools.partial(
    keras.layers.Conv2DTranspose, 3, 3, padding="same"
)
DEPTHWISE = functools.partial(keras.layers.DepthwiseConv1D, 3, padding="same")
IMAGES = (4, 5, 5, 3)
#: Large kernels make a sine of the outputs too steep for differences.
SMOOTH = {"epsilon": 0.5}

CASES += [
    KernelCase(
        name,
        layer,
        kwargs,
        shape,
        inner=inner,
        per_example=True,
        whole_batch=True,
        amplifies=4.0,  # sums of products
        # Through the singular vectors.
        stops=(True, False) if layer is SPECTRAL else (),
    )
    for name, layer, kwargs, shape, inner in [
        ("spectral", SPECTRAL, {}, (4, 6, 3), DENSE),
        ("spectral-conv", SPECTRAL, {"power_iterations": 3}, IMAGES, CONV),
        ("weight", WEIGHT, {}, (4, 6, 3), DENSE),
        ("weight-transposed", WEIGHT, {}, IMAGES, TRANSPOSED),
        ("standardization", STANDARDIZED, SMOOTH, (4, 6, 3), DENSE),
        ("standardization-conv", STANDARDIZED, SMOOTH, IMAGES, CONV),
        ("scaled", SCALED, {"gamma": "relu"}, (4, 6, 3), DENSE),
        ("scaled-depthwise", SCALED, {"scale": False}, (4, 6, 3), DEPTHWISE),
    ]
]


def public_layers():
    """Returns the layer classes of `normzoo.layers` that take one input.

    The others have tests of their own, in conditional/.
    """
    public = (getattr(layers, name) for name in layers.__all__)
    return {
        value
        for value in public
        if isinstance(value, type)
        and issubclass(value, keras.layers.Layer)
        and not issubclass(value, keras.Model)
        and value.__module__.split(".")[-2] != "conditional"
    }
