"""Which cases a test takes that would take too long with all."""

import keras
import pytest

from .cases import CASES, KernelCase

ONE_PER_LAYER = list({case.layer: case for case in CASES}.values())
MASKED = [case for case in CASES if case.mask]

#: What takes seconds to compile is compiled without these: the other recurrent
#: layers have the same loops and the same statistics.
PATHS = [c for c in CASES if c.name not in ("batch-simple-rnn", "layer-gru")]

#: Each layer as it is mostly used, and with a mask: for what does not depend
#: on axes, ranks and constructor arguments.
FEW = [*{case.layer: case for case in reversed(PATHS)}.values()]
FEW += [case for case in PATHS if case.mask and case not in FEW]

#: And the other layouts that XLA may compile in another way.
COMPILED = FEW + [
    case
    for case in PATHS
    if case.name.endswith(("-channels-first", "-image", "-apart", "-renorm"))
    and case not in FEW
]

#: Loops whose steps on two replicas, which are graphs, are compared with those
#: of one device, which are eager. To trace them takes seconds.
REPLICATED_LOOPS = [
    case
    for case in FEW
    if case.whole_batch and issubclass(case.layer, keras.layers.RNN)
]

#: What is run in a graph of its own.
IN_GRAPHS = [
    case
    for case in PATHS
    if case not in REPLICATED_LOOPS and (case in FEW or case not in COMPILED)
]

#: What does something else in inference, where those loops have no dropout.
IN_INFERENCE = [
    case
    for case in FEW
    if False in case.modes() and case not in REPLICATED_LOOPS
]

#: What normalizes its inputs, not kernels.
OF_INPUTS = [case for case in CASES if not isinstance(case, KernelCase)]

#: What replicas have to say to each other may depend on the layout.
SHARED = [case for case in PATHS if not case.per_example or case in FEW]


def table(*rows):
    """Returns the rows of a test of a case and one thing more.

    Args:
        *rows: pairs of cases, and of values that each of them gets.
    """
    return [
        pytest.param(case, value, id=f"{case.name}-{value}")
        for cases, values in rows
        for value in values
        for case in cases
    ]


each_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
