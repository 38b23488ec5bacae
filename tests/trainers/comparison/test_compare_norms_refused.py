"""What `compare_norms` refuses, before anything is written."""

import keras
import numpy as np
import pytest

import normzoo
from normzoo.trainers.common.errors import InputError

from .small_classifier import CLASSES, QUICK, X, classifier, network


def eager():
    """A classifier whose first batch takes no trace."""
    model = classifier()
    model.run_eagerly = True
    return model


def uncompiled():
    return network(3)


def bare():
    model = keras.Sequential([keras.Input((5,)), keras.layers.Dense(3)])
    model.compile("adam", "sparse_categorical_crossentropy", run_eagerly=True)
    return model


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"model": uncompiled}, "not compiled"),
        ({"model": "nothing.py:make"}, "cannot be found"),
        ({"model": "nothing.keras"}, "cannot be loaded: there is no such file"),
        ({"model": lambda units: None}, "without arguments.*'units'"),
        ({"model": lambda: None}, "an object of type NoneType"),
        ({"model": bare}, "no norms that 'none'.*Set insert="),
        ({"train": X}, "a pair of arrays"),
        ({"train": (X[:, :2], CLASSES)}, r"takes examples of shape \(5,\)"),
        ({"train": (X, np.eye(5)[CLASSES])}, "do not fit the model's outputs"),
        ({"norms": ("as_is", "bacth")}, "Unknown normalization"),
        ({"norms": ("as_is", "instance")}, "over positions"),
        ({"norms": ("as_is",), "only": "nothing"}, "no layer 'nothing'"),
        ({"norms": ()}, "at least one"),
        ({"insert": "before_activation"}, "This one has norm: leave `insert`"),
        ({"insert": "before", "norms": "layer"}, "'before_activation', "),
        ({"norms": [lambda name: None]}, "a lambda. Put it at the top level"),
        ({"norms": [{"groups": 4}]}, "has `class_name` and `config`"),
        ({"norms": [3]}, "A normalization is a name"),
        ({"norms": ["layer", "layer"]}, "'layer' names two of the norms"),
        ({"metric": "auc"}, "Unknown metric"),
        ({"start": "best"}, "Unknown start"),
        ({"batch_size": 61}, "batch_size must be 1 to"),
        ({"train": (X[:20], CLASSES[:20])}, "batch_size must be 1 to 13"),
        ({"train": (X[:2], [0, 1])}, "too few to hold some out"),
        ({"train": (X * np.nan, CLASSES)}, "not finite: 300 of 300"),
        ({"train": (X, CLASSES * np.nan)}, "y_train holds .* not finite"),
        ({"train": (X, CLASSES[:50])}, "60 examples and y_train has 50"),
        ({"train": (X, 0 * CLASSES)}, "y_train are the same: 0.*nothing to"),
        ({"train": (X, CLASSES + 1)}, "from 1 to 3, but the model has 3"),
        ({"train": zip(X, CLASSES, strict=True)}, "is a generator"),
        ({"train": (X, CLASSES), "label": "y"}, "names a column of a table"),
        ({"seeds": 0}, "seeds"),
        ({"vary": {"task": ("", "x")}}, "Unknown key of vary.*batch_size"),
        ({"vary": {"model.insert": ("a", "b")}}, "Unknown key of vary"),
        ({"vary": {"batch_size": 8}}, "several values.*'batch_size': 8"),
        ({"vary": {"batch_size": (8, 8)}}, "has a value twice: 8"),
        ({"vary": {"batch_size": (8, 61)}}, "batch_size must be 1 to"),
        ({"vary": {"epochs": (1, "two")}}, "epochs.*two"),
        ({"callbacks": [keras.callbacks.Callback()]}, "a function without"),
        ({"callbacks": "nowhere:make"}, "'nowhere:make' cannot be found"),
        ({"callbacks": lambda: keras.callbacks.Callback()}, "returns a list"),
        ({"callbacks": lambda: [1], "jobs": 2}, "Or set jobs=1"),
    ],
)
def test_bad_arguments(arguments, words, tmp_path):
    arguments = {"model": eager, "train": (X, CLASSES), **arguments}
    with pytest.raises(InputError, match=words):
        normzoo.compare_norms(
            **{**QUICK, **arguments}, workdir=tmp_path / "work"
        )
    assert not (tmp_path / "work").exists()


def test_a_refused_call_leaves_a_folder_as_it_was(tmp_path):
    kept = [tmp_path / "notes.txt", tmp_path / "data-0123456789ab.npz"]
    for path in kept:
        path.write_text("mine")
    arguments = {**QUICK, "workdir": tmp_path, "norms": ("as_is", "instance")}
    with pytest.raises(InputError, match="over positions"):
        normzoo.compare_norms(classifier, (X, CLASSES), **arguments)
    assert sorted(tmp_path.iterdir()) == sorted(kept)


def test_a_schedule_has_no_rates_to_choose_from(tmp_path):
    model = classifier()
    schedule = keras.optimizers.schedules.CosineDecay(0.1, 10)
    model.compile(keras.optimizers.Adam(schedule), model.loss)
    with pytest.raises(InputError, match="is a schedule"):
        normzoo.compare_norms(model, (X, CLASSES), workdir=tmp_path)
