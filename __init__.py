"""Normalization layers, a model zoo and trainers that compare them.

`normzoo.layers`, `normzoo.zoo`, `normzoo.trainers` and `normzoo.configs` are
imported on first use.
"""

import importlib

__version__ = "0.1.0"

_SUBPACKAGES = ("layers", "zoo", "trainers", "configs")

__all__ = [*_SUBPACKAGES, "__version__"]


def __getattr__(name):
    # Nothing is imported eagerly: pytest imports this file once more under the
    # checkout's folder name, and would make a second copy of every layer.
    if name in _SUBPACKAGES:
        return importlib.import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__():
    return sorted(__all__)
