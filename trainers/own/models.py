"""New models like one in a file, with fresh weights and other norms."""

from ...layers import VirtualBatchNormalization, replace_norms
from ...layers.models.copying import copy_model
from ...layers.models.inner_layers import inner_layers
from ..common.errors import InputError
from . import files
from .fresh import refresh
from .norms import meant

#: The norm's name under which a model keeps its own.
AS_IS = "as_is"


def build(
    input_shape, num_classes, *, seed, path, norm, only=(), insert=None, start
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
        start: one of `fresh.STARTS`.

    Raises:
        InputError: the examples do not fit the model, the file is no good, or
            the model has no such norm, or cannot have it.
    """
    del num_classes
    source = files.load(path)
    files.check_shapes(source, input_shape)
    model, _ = copy_model(source)
    if start == "fresh":
        refresh(model, source, seed)
    if norm == AS_IS:
        return model
    name = norm
    if isinstance(norm, dict):
        name, norm = norm["name"], meant(norm)
    result = replace_norms(model, norm, only=list(only) or None, insert=insert)
    _check_reference(result.model, name)
    # The norm "none" is not inserted.
    if not result.replaced and (result.left or not insert):
        reasons = "; ".join(f"{p}: {why}" for p, why in result.left.items())
        raise InputError(
            f"The model has no norms that {name!r} can take the place of. "
            f"{reasons or 'It has none at all'}. Set insert="
            '"before_activation" to put some around its activations; or put '
            "`keras.layers.Identity(name=...)` where norms could be, and name "
            "them by `only`."
        )
    return result.model


def _check_reference(model, norm):
    """Raises `InputError` if a reference batch would have to hold texts."""
    texts = [x.name for x in model.inputs if x.dtype == "string"]
    layers = inner_layers(model)
    if texts and any(isinstance(x, VirtualBatchNormalization) for x in layers):
        raise InputError(
            f"{norm!r} keeps a reference batch, which cannot hold texts. The "
            f"model takes texts as {', '.join(map(repr, texts))}. Leave "
            f"{norm!r} out, or encode them in front of the model."
        )
