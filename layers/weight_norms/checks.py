"""What kernels cannot be normalized by a norm."""

import math


def check_several_weights(kernel):
    """Raises `ValueError` if the units of a `BuiltKernel` have one weight each.

    It is its own mean, and nothing would be left of it.
    """
    if math.prod(kernel.sizes(kernel.fan_in)) == 1:
        raise ValueError(
            f"The {kernel.kernel.name} of the layer {kernel.holder.name!r} has "
            "one weight for each unit, which is 0 when standardized. Received: "
            f"a kernel of shape {tuple(kernel.variable.shape)}. Leave that "
            "layer out, or use another weight norm."
        )
