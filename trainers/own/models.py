"""New models like one in a file, with fresh weights and other norms."""

import keras

from ...layers import replace_norms, replace_weight_norms
from ..common.errors import InputError
from . import files
from .compiled import compile_arguments
from .fresh import refresh
from .likeness import WEIGHTS, copied, of_class
from .norms import classes_of, meant
from .optimizers import learning_rate_of, optimizer_like

#: The norm's name under which a model keeps its own.
AS_IS = "as_is"


def build(
    input_shape,
    num_classes,
    *,
    seed,
    path,
    norm,
    only=(),
    insert=None,
    weight_norm=None,
    start,
):
    """Returns a model like the one in a file, with another norm.

    For a seed all norms start with equal weights, those that the norms
    themselves have excepted.

    Args:
        input_shape: of one example; of several inputs one for each, see
            `data.nested.shapes_of`.
        num_classes: not used.
        seed: of the fresh weights, and of the layers' noise.
        path: of the file.
        norm: a name as `layers.replace_norms` takes it, or `"as_is"`, or what
            `norms.described` returns.
        only: names and paths of the layers that make room for it; `()`: all
            norms.
        insert: where norms are put into a model without any, as of
            `layers.replace_norms`.
        weight_norm: what `layers.replace_weight_norms` takes; None: the model's
            own.
        start: one of `starts.STARTS`.

    Raises:
        InputError: the examples do not fit the model, the file is no good, or
            the model has no such norm, or cannot have it.
    """
    del num_classes
    source = files.load(path)
    files.check_shapes(source, input_shape)
    return _like(source, seed, norm, only, insert, weight_norm, start)


def _like(source, seed, norm, only, insert, weight_norm, start):
    model = copied(source)
    if start == "fresh":
        refresh(model, source, seed)
    if norm != AS_IS:
        model = _with_norm(model, norm, only, insert)
    if weight_norm is not None:
        model = _with_weight_norm(model, weight_norm)
    is_as_it_was = norm == AS_IS and weight_norm is None
    return model if is_as_it_was else of_class(source, model)


def _with_norm(model, norm, only, insert):
    name = norm
    if isinstance(norm, dict):
        name, norm = norm["name"], meant(norm)
    result = replace_norms(model, norm, only=list(only) or None, insert=insert)
    # The norm "none" is not inserted.
    if not result.replaced and (result.left or not insert):
        raise InputError(
            f"The model has no norms that {name!r} can replace. "
            f"{_reasons(result) or 'It has none at all'}. Set insert="
            '"before_activation" to put some around its activations; or put '
            "`keras.layers.Identity(name=...)` where norms could be, and name "
            "them with `only`."
        )
    return result.model


def _with_weight_norm(model, name):
    try:
        result = replace_weight_norms(model, name)
    except TypeError as error:
        raise InputError(str(error)) from error
    if name != "none" and not result.replaced:
        raise InputError(
            f"The model has no layer whose kernels {name!r} can normalize. "
            f"{_reasons(result) or 'It has no such layer at all'}. Leave "
            "model.weight_norm out."
        )
    return result.model


def _reasons(result):
    """Returns why layers were not replaced, as text."""
    return "; ".join(f"{path}: {why}" for path, why in result.left.items())


def trained(knobs, folder):
    """Returns the trained and compiled model of a run.

    Args:
        knobs: `config.model` of the run.
        folder: a `pathlib.Path`, of its checkpoints.
    """
    source = files.load(knobs.path)
    if not (folder / WEIGHTS).exists():
        # A norm from a script or a notebook, which no file can name.
        known = classes_of(knobs.norm, knobs.get("weight_norm"))
        return keras.models.load_model(folder / "final.keras", known)
    only, insert = knobs.get("only", ()), knobs.get("insert")
    norm = knobs.to_dict()["norm"]
    weight_norm = knobs.get("weight_norm")
    model = _like(source, 0, norm, only, insert, weight_norm, knobs.start)
    model.load_weights(folder / WEIGHTS)
    rate = learning_rate_of(source)
    model.compile(optimizer_like(knobs.path, rate), **compile_arguments(source))
    return model
