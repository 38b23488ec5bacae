"""A model's `.keras` file, written again and again with other values."""

import contextlib
import io
import itertools
import json
import zipfile
from typing import NamedTuple

import h5py
import numpy as np

from ....layers.numerics.restoring import restored
from ..state import variables_of

_CONFIG, _METADATA = "config.json", "metadata.json"
_WEIGHTS = "model.weights.h5"


class ModelFile:
    """Writes what `model.save` does, in a fraction of the time.

    Keras looks through all objects of a model at each call, to find out what
    there is to save. Here it does so once, while each variable holds a value
    that tells it from the others; further files have other values at the same
    places. Keras saves a model each time whose file has more in it than that.

    Args:
        model: compiled, with all variables. Their values and the numbers of its
            config may change from file to file, and nothing else.
    """

    def __init__(self, model):
        self._model = model
        self._find, self._template = True, None

    def save(self, path):
        """Writes the model as it is now.

        Args:
            path: a `str` that ends in `.keras`.
        """
        if self._find:
            self._find = False
            # What a layer computes while it is saved may fail with values that
            # mean nothing. Keras then says what is wrong, if something is.
            with contextlib.suppress(Exception):
                self._template = _find_template(self._model, path)
        if self._template is None:
            self._model.save(path)
            return
        with zipfile.ZipFile(path, "w") as file:
            file.writestr(_METADATA, self._template.metadata)
            file.writestr(_CONFIG, self._template.config_of(self._model))
            file.writestr(_WEIGHTS, self._template.filled())


class _Template(NamedTuple):
    """A file's parts.

    Attributes:
        metadata: the bytes of that part.
        config: a nested dict.
        weights: the bytes of the file of weights.
        variables: pairs of a `tf.Variable` and the place of its first byte.
    """

    metadata: bytes
    config: dict
    weights: bytes
    variables: tuple

    def config_of(self, model):
        """Returns a model's config, with the shares of this one."""
        config = json.loads(model.to_json())
        return json.dumps(_with_shares(config, self.config))

    def filled(self):
        """Returns the file of weights with what the variables hold."""
        weights = bytearray(self.weights)
        for variable, place in self.variables:
            value = variable.numpy().tobytes()
            weights[place : place + len(value)] = value
        return bytes(weights)


def _find_template(model, path):
    """Returns a model's `_Template`, or None if more is saved than variables.

    Args:
        model: as in `ModelFile`.
        path: gets a file without meaning.
    """
    groups = variables_of(model, averages=True).values()
    variables = [v for v in itertools.chain(*groups) if 0 not in v.shape]
    marks = _marks(variables)
    with restored(variables):
        for variable, mark in zip(variables, marks, strict=True):
            variable.assign(mark)
        model.save(path)
        plain = json.loads(model.to_json())
    with zipfile.ZipFile(path) as file:
        parts = {name: file.read(name) for name in file.namelist()}
    config = json.loads(parts[_CONFIG])
    has_more = parts.keys() != {_CONFIG, _METADATA, _WEIGHTS}
    if has_more or _with_shares(plain, config) != config:
        return None
    places = _places(parts[_WEIGHTS])
    by_mark = {
        (mark.shape, mark.tobytes()): variable
        for variable, mark in zip(variables, marks, strict=True)
    }
    are_told_apart = len(by_mark) == len(variables)
    if not are_told_apart or any(key not in by_mark for key, _ in places):
        return None
    found = tuple((by_mark[key], place) for key, place in places)
    return _Template(parts[_METADATA], config, parts[_WEIGHTS], found)


def _with_shares(config, saved):
    """Returns a config with what only `save` says: which objects are shared.

    Args:
        config: nested, from `to_json`.
        saved: that of a file; equal but for the shares and for numbers.
    """
    if isinstance(saved, dict):
        return {
            key: _with_shares(config[key], value) if key in config else value
            for key, value in saved.items()
        }
    if isinstance(saved, list):
        pairs = zip(config, saved, strict=True)
        return [_with_shares(*pair) for pair in pairs]
    return config


def _marks(variables):
    """Returns an array for each variable, such that no two are equal."""
    chance = np.random.default_rng(0)
    return [_mark(variable.numpy(), chance) for variable in variables]


def _mark(value, chance):
    shape, dtype = value.shape, value.dtype
    if dtype.kind in "iu":
        return chance.integers(np.iinfo(dtype).max, size=shape, dtype=dtype)
    # Or bfloat16, which NumPy does not have. Some must not be negative.
    return np.asarray(chance.uniform(0.5, 1.5, shape)).astype(dtype)


def _places(weights):
    """Returns pairs of shape and bytes, and of a place, of a file's arrays."""
    places = []

    def visit(_, array):
        if isinstance(array, h5py.Dataset) and array.size:
            # Keras writes them in one piece, not compressed.
            place = array.id.get_offset()
            end = place + array.size * array.dtype.itemsize
            value = weights[place:end]
            places.append(((array.shape, value), place))

    with h5py.File(io.BytesIO(weights)) as file:
        file.visititems(visit)
    return places
