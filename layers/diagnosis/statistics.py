"""Checks of what batch norms know, against what they are given."""

import numpy as np

from ..batch_statistics.momentum import momentum_at, share_left
from ..models.batch_norms import is_recurrent
from .findings import Finding

#: The median channel is off by so many standard deviations, or its variance
#: by such a factor.
DRIFT, FACTOR = 0.5, 2.0
#: Standard deviation of the batches' means, in standard deviations: that of
#: batches with 8 independent values.
NOISE = 8**-0.5
#: Share of the initial values in the moving ones.
LEFT = 0.05
#: A variance below this share of epsilon is none.
NONE = 1e-3
#: Half of the largest number of float16.
LARGE = 32752.0


def late_statistics(evidence):
    """Moving statistics that are not those of the data."""
    drifts = {}
    for norm, seen in evidence.seen.items():
        spread = np.sqrt(seen.variance + norm.epsilon)
        drift = np.abs(norm.moving_mean.numpy() - seen.mean) / spread
        ratio = (norm.moving_variance.numpy() + norm.epsilon) / spread**2
        off = np.median(drift), np.exp(np.median(np.abs(np.log(ratio))))
        if off[0] > DRIFT or off[1] > FACTOR:
            drifts[norm] = off
    if not drifts:
        return None
    worst = max(drifts, key=lambda norm: drifts[norm])
    shift, factor = drifts[worst]
    return Finding(
        "late_statistics",
        where(evidence, drifts, worst),
        f"means off by {shift:.2g} standard deviations, variances by a factor "
        f"of {factor:.2g}",
        "In inference the norms do not standardize what they are given, so the "
        "model is another one than the one that was trained. Fix this first: "
        "what else is found may follow from it.",
        "normzoo.layers.reestimate_statistics(model, x), with training data",
    )


def slow_momentum(evidence):
    """A momentum that has not forgotten the initial values yet."""
    optimizer = getattr(evidence.model, "optimizer", None)
    steps = int(optimizer.iterations.numpy()) if optimizer is not None else 0
    left = {
        norm: share_left(norm.momentum, steps)
        for norm in evidence.batch_norms
        # Those of the last steps have no part of the initial values.
        if steps and getattr(norm, "statistics", "moving") == "moving"
    }
    left = {norm: share for norm, share in left.items() if share > LEFT}
    if not left:
        return None
    worst = max(left, key=left.get)
    momentum = float(momentum_at(worst.momentum, steps))
    return Finding(
        "slow_momentum",
        where(evidence, left, worst),
        f"{left[worst]:.0%} of the initial values are left after {steps} "
        f"steps with a momentum of {momentum:.4g}",
        "The moving statistics are still on their way from 0 and 1.",
        "a smaller momentum, such as 0.9, or "
        "normzoo.layers.reestimate_statistics(model, x)",
        # They may have been estimated since.
        is_problem=late_statistics(evidence) is not None,
    )


def small_batches(evidence):
    """Batches whose means vary as those of a few values would."""
    noises = {}
    for norm, seen in evidence.seen.items():
        if len(seen.means) < 4:
            continue  # of so few the deviation is a guess
        varied = seen.variance > NONE * norm.epsilon
        if varied.any():
            noise = seen.means.std(0, ddof=1)[varied]
            noise = np.median(noise / np.sqrt(seen.variance[varied]))
            if noise > NOISE:
                noises[norm] = noise
    if not noises:
        return None
    worst = max(noises, key=noises.get)
    return Finding(
        "small_batches",
        where(evidence, noises, worst),
        f"the mean of a batch of {evidence.batch_size} varies by "
        f"{noises[worst]:.2g} standard deviations",
        "In training each batch is normalized by statistics that say little "
        "about the data.",
        'larger batches, or normzoo.replace_norms(model, "group")',
    )


def constant_channels(evidence):
    """Channels that do not vary."""
    counts = {
        norm: int((seen.variance < NONE * norm.epsilon).sum())
        for norm, seen in evidence.seen.items()
    }
    return _counted(
        evidence,
        counts,
        "constant_channels",
        "channels do not vary",
        "The norm divides rounding by epsilon, and the channel's output is its "
        "beta. A unit in front of it may be dead.",
        "look at what is in front of the norm: dead activations, constant "
        "inputs",
    )


def dead_gammas(evidence):
    """Channels that a norm multiplies by next to nothing."""
    counts = {
        norm: int((np.abs(norm.gamma.numpy()) < NONE).sum())
        for norm in evidence.norms
        if hasattr(getattr(norm, "gamma", None), "numpy")
    }
    return _counted(
        evidence,
        counts,
        "dead_gammas",
        f"gammas are below {NONE}",
        "Nothing of these channels gets through the norm.",
        "leave the channels out, or weaken the decay of gamma",
    )


def unvisited_rows(evidence):
    """Time steps that no sequence has reached in training."""
    counts = {
        layer: int((layer.statistics.moving_weight.numpy() == 0).sum())
        for layer in evidence.norms
        if is_recurrent(layer) and layer.built
    }
    return _counted(
        evidence,
        counts,
        "unvisited_rows",
        "time steps were never reached in training",
        "In inference these steps use the statistics of the last one that was.",
        "a smaller max_timesteps, longer sequences, or "
        "normzoo.layers.reestimate_statistics(model, x)",
    )


def float16_overflow(evidence):
    """Inputs that float16 does not hold."""
    large = {
        norm: seen.largest
        for norm, seen in evidence.seen.items()
        if seen.largest > LARGE
    }
    if not large:
        return None
    worst = max(large, key=large.get)
    return Finding(
        "float16_overflow",
        where(evidence, large, worst),
        f"inputs of up to {large[worst]:.3g}",
        "Under mixed_float16, whose largest number is 65,504, they are "
        "infinite or nearly so.",
        'smaller inputs or weights, or the policy "mixed_bfloat16"',
    )


def where(evidence, found, worst):
    """Returns the path of the worst layer, and how many others there are."""
    others = len(found) - 1
    more = f" and {others} more" if others else ""
    return f"{evidence.norms[worst]}{more}"


def _counted(evidence, counts, symptom, what, meaning, fix):
    found = {norm: count for norm, count in counts.items() if count}
    if not found:
        return None
    worst = max(found, key=found.get)
    figure = f"{sum(found.values())} {what}"
    return Finding(symptom, where(evidence, found, worst), figure, meaning, fix)
