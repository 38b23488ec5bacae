"""What a run depends on beside its config: the code of a user's own."""

from ... import zoo
from ...layers.lookup import look_up
from ..own import files
from ..own.code_parts import code_parts, digests
from ..own.norms import classes_of
from . import callbacks
from .task import COMPILED


def code_of(config):
    """Returns key -> digest, of the code of a user's own that a config names.

    That is its callbacks, the function that builds the model, the norm's class,
    and what is in a compiled model, see `code_parts`.

    Raises:
        InputError: as of `callbacks.code_of`, or the model cannot be loaded.
    """
    found = digests([*_model(config), *_norm(config)])
    if config.task == COMPILED:
        found |= code_parts(files.load(config.model.path))
    code = {f"code of {name}": digest for name, digest in found.items()}
    return callbacks.code_of(config) | code


def _model(config):
    try:
        return [("model", look_up(config.model.name, zoo.MODELS, "model"))]
    except ValueError:  # Building it says why.
        return []


def _norm(config):
    norm = config.model.get("norm")
    try:
        kinds = classes_of(norm) if norm else {}
    except (TypeError, ValueError):  # The same.
        return []
    return [("norm", kind) for kind in kinds.values()]
