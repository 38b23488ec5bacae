"""The normalizations of a recurrent layer, as values.

Both kinds have the same methods. `now` is a dictionary of what is known of a
step, or of all steps.
"""

import dataclasses

import tensorflow as tf

from ..numerics.arithmetic import normalize, spread
from .weights import Affine


@dataclasses.dataclass(frozen=True)
class OwnNorms:
    """Normalizations by the moments of what they are given.

    Attributes:
        source: where the moments come from, see `moments`.
        affine: site -> `Affine`, of the sites that are normalized.
        epsilon: added to the variance.
    """

    source: object
    affine: dict
    epsilon: float

    def __call__(self, site, value, now, shifts=()):
        """Normalizes a value.

        Args:
            site: its name. One without normalization keeps its value.
            value: (..., batch, features).
            now: with `real`, where there is padding.
            shifts: vectors to be added.

        Returns:
            The normalized value, and site -> moments if they are kept.
        """
        shift = tf.add_n(list(shifts)) if shifts else None
        if site not in self.affine:
            return value if shift is None else value + shift, {}
        gamma, beta = self.affine[site]
        if shift is not None:
            beta = shift if beta is None else beta + shift
        mean, variance = self.source(site, value, now)
        features = [len(value.shape) - 1]
        gamma, beta = (spread(w, features, value) for w in (gamma, beta))
        y = normalize(value, mean, variance, self.epsilon, gamma, beta)
        if not self.source.keeps:
            return y, {}
        return y, {site: self.source.kept(value, (mean, variance), now)}

    def of_input(self, z, now):
        """Returns the input's part of a step: all is done in front."""
        del now
        return z

    def sequences(self):
        """Returns what the loop needs to know of each step: nothing."""
        return {}

    def kept_shapes(self):
        """Returns the shapes of the moments that a step keeps."""
        if not self.source.keeps:
            return {}
        return {
            site: (tf.TensorShape([1, *gamma.shape]),) * 2
            for site, (gamma, _) in self.affine.items()
            if site != "input"
        }


@dataclasses.dataclass(frozen=True)
class KnownNorms:
    """Normalizations by given moments: a scale and a shift of each step.

    Attributes:
        maps: site -> `Affine` with weights of shape (time, 1, features).
    """

    maps: dict

    @classmethod
    def of_rows(cls, rows, affine, epsilon):
        """Makes it from site -> mean and variance, and the affine."""
        maps = {}
        for site, (mean, variance) in rows.items():
            gamma, beta = affine[site]
            scale = gamma * tf.math.rsqrt(variance + epsilon)
            shift = -mean * scale
            maps[site] = Affine(scale, shift if beta is None else shift + beta)
        return cls(maps)

    def add_in_loop(self, shifts):
        """Returns norms that add vectors to the input's products, too.

        In the loop, a step is in the processor's cache.
        """
        scale, shift = self.maps["input"]
        return self._with("input", Affine(scale, sum(shifts, shift)))

    def without_shift(self, site):
        """Returns norms that do not shift a site."""
        return self._with(site, Affine(self.maps[site].gamma))

    def _with(self, site, affine):
        return KnownNorms({**self.maps, site: affine})

    def __call__(self, site, value, now):
        """Returns the normalized value, and no moments."""
        if site not in self.maps:
            return value, {}
        scale, *shifts = now[site]
        return value * scale + shifts[0] if shifts else value * scale, {}

    def of_input(self, z, now):
        """Returns the normalized input's part of a step."""
        return self("input", z, now)[0]

    def sequences(self):
        """Returns what the loop needs to know, with time as first axis."""
        return {
            site: tuple(value for value in pair if value is not None)
            for site, pair in self.maps.items()
        }

    def kept_shapes(self):
        """Returns the shapes of the moments that a step keeps: of none."""
        return {}
