"""What a run depends on beside its config: the code of a user's own."""

from ... import zoo
from ...layers.lookup import look_up
from ..own import files
from ..own.code_parts import code_parts, digests, norms_code
from . import callbacks
from .task import COMPILED


def code_of(config):
    """Returns key -> digest, of the code of a user's own that a config names.

    That is its callbacks, the function that builds the model, what makes the
    norm, and what is in a compiled model, see `code_parts`.

    Raises:
        InputError: as of `callbacks.code_of`, or the model cannot be loaded.
    """
    found = digests(_model(config))
    if config.task == COMPILED:
        found |= code_parts(files.load(config.model.path))
    code = {f"code of {name}": digest for name, digest in found.items()}
    return callbacks.code_of(config) | norms_code(config.model) | code


def _model(config):
    try:
        return [("model", look_up(config.model.name, zoo.MODELS, "model"))]
    except ValueError:  # Building it says why.
        return []
