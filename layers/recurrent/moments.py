"""Where the moments of a recurrent layer come from."""

from ..numerics.arithmetic import moments
from ..numerics.batch_scores import BatchScores
from ..numerics.feature_scores import FeatureScores


class ByExample:
    """The moments of each example's features: layer normalization."""

    #: The `Scores` that standardize with them.
    scores = FeatureScores
    #: Whether the moments of each step are to be kept.
    keeps = False
    #: Whether a factor of a product may be centered in the product's place.
    centers = True
    #: Whether they are those of all replicas.
    synchronized = False

    def __call__(self, site, value, now):
        """Returns mean and variance of what stands at a `Site`.

        Args:
            site: its name.
            value: (..., batch, features).
            now: what is known of the step, or of all steps.
        """
        del site, now
        mean, variance, _ = moments(value, [len(value.shape) - 1])
        return mean, variance


class ByExampleNoted(ByExample):
    """The same, and keeps the moments of each step's batch, to be looked at."""

    keeps = True
    centers = False

    def kept(self, value, used, now):
        """Returns the moments of the batch, as `ByBatch` would."""
        del used
        mean, variance, _ = moments(
            value, [len(value.shape) - 2], now.get("real")
        )
        return mean, variance


class ByBatch:
    """The moments of each step's batch, without padding."""

    scores = BatchScores
    keeps = True
    centers = True

    def __init__(self, synchronized=False):
        self.synchronized = synchronized

    def __call__(self, site, value, now):
        """Returns mean and variance, as `ByExample`."""
        del site
        batch = len(value.shape) - 2
        mean, variance, _ = moments(
            value, [batch], now.get("real"), self.synchronized
        )
        return mean, variance

    def kept(self, value, used, now):
        """Returns the moments that are kept: those that are used."""
        del value, now
        return used
