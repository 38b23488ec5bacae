"""How a model tells its layers which rows of a batch are the reference."""

import contextlib
import contextvars

# Each thread has its own value: MirroredStrategy traces replicas in threads.
_PASS = contextvars.ContextVar("reference_pass", default=None)


class _Pass:
    """One pass of a reference batch through a model.

    Attributes:
        rows: how many leading rows of each batch are the reference.
        seen: the layers that have taken their statistics in this pass.
    """

    def __init__(self, rows):
        self.rows = rows
        self.seen = set()


@contextlib.contextmanager
def leading_reference(rows):
    """Lets layers know that the first `rows` examples are the reference."""
    token = _PASS.set(_Pass(rows))
    try:
        yield
    finally:
        _PASS.reset(token)


def reference_rows(layer):
    """Returns how many leading rows `layer` has to take as the reference.

    None outside of `leading_reference`.

    Raises:
        ValueError: the layer has asked before, in the same pass.
    """
    current = _PASS.get()
    if current is None:
        return None
    if layer in current.seen:
        raise ValueError(
            f"The layer {layer.name!r} is called several times in one pass "
            "through a ReferenceModel. It can remember the statistics of only "
            "one place. Use a separate layer for each place."
        )
    current.seen.add(layer)
    return current.rows
