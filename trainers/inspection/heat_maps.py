"""Numbers over time and units as an image."""

import numpy as np

_LEAST = 240  # pixels of the longer side


def heat_map(values):
    """Returns an image of a matrix, time to the right and units downwards.

    The colors go from the smallest to the largest number that is finite; what
    is not finite is white.

    Args:
        values: (time, units).

    Returns:
        Bytes, (height, width, 3).
    """
    from matplotlib import colormaps

    values = np.asarray(values, float).T
    finite = np.isfinite(values)
    low, high = (
        (values[finite].min(), values[finite].max()) if finite.any() else (0, 1)
    )
    shares = (np.where(finite, values, low) - low) / ((high - low) or 1.0)
    pixels = colormaps["viridis"](shares, bytes=True)[..., :3]
    pixels = np.where(finite[..., np.newaxis], pixels, 255).astype("uint8")
    factor = max(_LEAST // max(values.shape), 1)
    return pixels.repeat(factor, 0).repeat(factor, 1)
