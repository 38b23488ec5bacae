"""Normalization layers, a model zoo and trainers that compare them.

`normzoo.layers`, `normzoo.zoo`, `normzoo.trainers` and `normzoo.configs` are
imported on first use, and so is what `compare_norms`, `diagnose` and
`replace_norms` need. After `import normzoo` alone, Keras can load whatever the
package has saved: `keras.saving.load_model("final.keras")`.
"""

import importlib
import sys

__version__ = "0.1.0"

_SUBPACKAGES = ("layers", "zoo", "trainers", "configs")

#: What this package itself offers -> the module that it comes from.
_FUNCTIONS = {
    "compare_norms": "trainers.comparison.norms",
    "diagnose": "trainers.own.diagnosing",
    "replace_norms": "layers",
}

__all__ = [*_SUBPACKAGES, *_FUNCTIONS, "__version__"]

#: Module -> the classes in it that files name as `normzoo>CLASS`.
_SAVED = {
    "layers": (
        "BatchNormGRU",
        "BatchNormIndRNN",
        "BatchNormLSTM",
        "BatchNormSimpleRNN",
        "BatchNormalization",
        "ClassCondition",
        "Conditional",
        "DynamicErf",
        "DynamicTanh",
        "EvoNormB0",
        "EvoNormS0",
        "FilterResponseNormalization",
        "GroupNormalization",
        "IndRNN",
        "InstanceNormalization",
        "LayerNormGRU",
        "LayerNormIndRNN",
        "LayerNormLSTM",
        "LayerNormSimpleRNN",
        "LayerNormalization",
        "MomentumWarmUp",
        "PixelNormalization",
        "RMSNormalization",
        "ReferenceModel",
        "ScaleNormalization",
        "SpatialCondition",
        "VectorCondition",
        "ScaledWeightStandardization",
        "SpectralNormalization",
        "SplitBatchNormalization",
        "VirtualBatchNormalization",
        "WeightNormalization",
        "WeightStandardization",
    ),
    "layers.exchange.with_norms": ("WithNorms",),
    "zoo.dropout": ("Dropout",),
    "zoo.grouped_conv": ("GroupedConv2D",),
    "zoo.labels": ("OfClass",),
    "zoo.norm_noise": ("NormNoise",),
    "zoo.scalar_affine": ("ScalarAffine",),
    "zoo.tokens": ("Positions",),
    "trainers.common.adaptive_clipping": (
        "ClippedAdadelta",
        "ClippedAdafactor",
        "ClippedAdagrad",
        "ClippedAdam",
        "ClippedAdamW",
        "ClippedAdamax",
        "ClippedFtrl",
        "ClippedLamb",
        "ClippedLion",
        "ClippedNadam",
        "ClippedRMSprop",
        "ClippedSGD",
    ),
    "trainers.supervised.metrics": ("BitsPerCharacter",),
}


def __getattr__(name):
    # Nothing is imported eagerly: pytest imports this file once more under the
    # checkout's folder name, and would make a second copy of every layer.
    if name in _SUBPACKAGES:
        return importlib.import_module(f"{__name__}.{name}")
    if name in _FUNCTIONS:
        module = importlib.import_module(f"{__name__}.{_FUNCTIONS[name]}")
        return getattr(module, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__():
    return sorted(__all__)


def _register(keras):
    """Tells Keras where the classes are that saved files name."""
    known = keras.saving.get_custom_objects()
    for module, names in _SAVED.items():
        for name in names:
            known.setdefault(f"normzoo>{name}", _stand_in(module, name))


def _stand_in(module, name):
    """Returns a class that imports another one when Keras makes an instance.

    The import puts the class itself in its place.
    """

    def from_config(config, custom_objects=None):
        real = getattr(importlib.import_module(f"{__name__}.{module}"), name)
        with importlib.import_module("keras").saving.custom_object_scope(
            custom_objects or {}
        ):
            return real.from_config(config)

    return type(name, (), {"from_config": staticmethod(from_config)})


class _WhenKerasIsImported:
    """Finds Keras as usual, and calls `_register` once it is imported."""

    def find_spec(self, name, path=None, target=None):
        """Finds the module `keras`, and no other."""
        if name != "keras":
            return None
        others = (finder for finder in sys.meta_path if finder is not self)
        specs = (finder.find_spec(name, path, target) for finder in others)
        spec = next(filter(None, specs), None)
        if spec is not None and hasattr(spec.loader, "exec_module"):
            spec.loader = _ThenRegister(spec.loader, finder=self)
        return spec


class _ThenRegister:
    """A loader that calls `_register` after the module's own loader."""

    def __init__(self, loader, finder):
        self._loader = loader
        self._finder = finder

    def __getattr__(self, name):
        return getattr(self._loader, name)

    def exec_module(self, module):
        """Runs the module as its own loader does, and registers."""
        module.__loader__ = module.__spec__.loader = self._loader
        self._loader.exec_module(module)
        if self._finder in sys.meta_path:
            sys.meta_path.remove(self._finder)
        _register(module)


# Not under the checkout's name, see above. A Keras that is being imported right
# now has no `saving` yet.
if __name__ == "normzoo":
    if "keras" not in sys.modules:
        sys.meta_path.insert(0, _WhenKerasIsImported())
    elif hasattr(sys.modules["keras"], "saving"):
        _register(sys.modules["keras"])
