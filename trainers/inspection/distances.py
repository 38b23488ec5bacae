"""How far the moving statistics of norms are from those of a batch."""

import numpy as np
import tensorflow as tf

from ...layers.models.batch_norms import is_batch_norm, is_recurrent


def distances(norm, seen):
    """Returns how far a batch norm's moving statistics are from a batch's.

    - `mean_distance`: the root mean square over the channels of the difference
      of the means, in the batch's standard deviations;
    - `variance_distance`: the same of the difference of the logarithms of the
      variances.

    A norm in a recurrent layer has them over all time steps, and for each one
    as `mean_distance_through_time`; `mean_distance_SITE` and the like are those
    of our recurrent layers.

    Args:
        norm: the layer.
        seen: what `norm_measures` has described, as arrays; without a batch's
            statistics there are no distances.

    Returns:
        Name -> number or, for each step, an array.
    """
    found = {}
    for name, batch, moving, in_time in _pairs(norm, seen):
        mean, variance = batch[0], batch[1] + norm.epsilon
        shift = (moving[0] - mean) / np.sqrt(variance)
        logarithm = np.log((moving[1] + norm.epsilon) / variance)
        for kind, values in (("mean", shift), ("variance", logarithm)):
            key = f"{kind}_distance{name}"
            found[key] = _root_mean_square(values[~np.isnan(values)])
            if in_time:
                steps = np.sqrt(np.mean(values**2, 1))
                found[f"{key}_through_time"] = steps
    return found


def _root_mean_square(values):
    """Returns it as a float; NaN where there are none."""
    return float(np.sqrt(np.mean(values**2))) if values.size else np.nan


def _pairs(norm, seen):
    """Yields a name, the batch's and the moving statistics, whether in time."""
    if "batch_mean" in seen:
        batch = seen["batch_mean"], seen["batch_variance"]
        yield "", batch, _moving(norm), False
    elif "batch_mean_over_time" in seen and is_batch_norm(norm):
        yield "", _steps(seen, ""), _moving(norm), True
    elif is_recurrent(norm):
        statistics = norm.statistics
        for site, mean in statistics.means.items():
            if f"batch_mean_{site}_over_time" in seen:
                batch = _steps(seen, f"_{site}")
                rows = _rows(statistics, len(batch[0]))
                both = mean, statistics.variances[site]
                moving = tuple(_array(variable)[rows] for variable in both)
                yield f"_{site}", batch, moving, True


def _steps(seen, name):
    kinds = ("mean", "variance")
    return tuple(seen[f"batch_{kind}{name}_over_time"] for kind in kinds)


def _moving(norm):
    return _array(norm.moving_mean), _array(norm.moving_variance)


def _rows(statistics, steps):
    """Returns the row of each step: the last one known stands for the rest."""
    known = int((_array(statistics.moving_weight) > 0).sum())
    return np.minimum(np.arange(steps), max(known - 1, 0))


def _array(variable):
    return np.asarray(tf.convert_to_tensor(variable), "float64")
