"""The time loop of the normalized recurrent layers."""

import dataclasses
from collections.abc import Callable

import tensorflow as tf

from ..numerics.arithmetic import normalize, spread
from ..numerics.scan import scan


@dataclasses.dataclass(frozen=True)
class Norms:
    """The normalizations of a cell.

    Attributes:
        source: where the moments come from, see `recurrent_moments`.
        affine: site -> gamma and beta; beta may be None.
        epsilon: added to the variance.
    """

    source: object
    affine: dict
    epsilon: float

    #: Whether the moments are known in front of the loop.
    known = False

    def __call__(self, site, value, now):
        """Returns the normalized value, and the moments if they are kept.

        A site without normalization keeps its value.
        """
        if site not in self.affine:
            return value, {}
        mean, variance = self.source(site, value, now)
        features = [len(value.shape) - 1]
        gamma, beta = (spread(w, features, value) for w in self.affine[site])
        y = normalize(value, mean, variance, self.epsilon, gamma, beta)
        return y, {site: (mean, variance)} if self.source.keeps else {}

    def pop_shift(self, site):
        """Returns the beta of a site, which is without one from now on."""
        gamma, beta = self.affine.get(site, (None, None))
        if site in self.affine:
            self.affine[site] = gamma, None
        return beta

    def shifted(self, site, value, now, shifts):
        """Returns what a call does, with a list of vectors added to it."""
        if not shifts:
            return self(site, value, now)
        shift = tf.add_n(shifts)
        if site not in self.affine:
            return value + shift, {}
        gamma, beta = self.affine[site]
        pair = gamma, shift if beta is None else beta + shift
        norms = dataclasses.replace(self, affine={site: pair})
        return norms(site, value, now)

    def known_maps(self):
        """Returns what the loop needs to know: nothing."""
        return {}

    def of_input(self, z, now):
        """Returns the input's part of a step: all is done in front."""
        del now
        return z

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
        maps: site -> scale and shift, (time, 1, features); shift may be None.
    """

    maps: dict

    known = True

    @classmethod
    def of_rows(cls, rows, affine, epsilon):
        """Makes it from site -> mean and variance, and gamma and beta."""
        maps = {}
        for site, (mean, variance) in rows.items():
            gamma, beta = affine[site]
            scale = gamma * tf.math.rsqrt(variance + epsilon)
            shift = -mean * scale
            maps[site] = scale, shift if beta is None else shift + beta
        return cls(maps)

    def known_maps(self):
        """Returns what the loop needs to know, with time as first axis."""
        return {
            site: tuple(value for value in pair if value is not None)
            for site, pair in self.maps.items()
        }

    def __call__(self, site, value, now):
        """Returns the normalized value, and no moments."""
        if site not in self.maps:
            return value, {}
        scale, *shifts = now[site]
        return value * scale + shifts[0] if shifts else value * scale, {}

    def pop_shift(self, site):
        """Returns the shift of a site, which is without one from now on."""
        scale, shift = self.maps.get(site, (None, None))
        if site in self.maps:
            self.maps[site] = scale, None
        return shift

    def shifted(self, site, value, now, shifts):
        """Returns `value`, of all steps, to be changed by `of_input`.

        In the loop its steps are in the processor's cache.
        """
        del now
        if site not in self.maps:
            return value + sum(shifts) if shifts else value, {}
        scale, shift = self.maps[site]
        self.maps[site] = scale, sum(shifts, shift)
        return value, {}

    def of_input(self, z, now):
        """Returns the normalized input's part of a step."""
        return self("input", z, now)[0]

    def kept_shapes(self):
        """Returns the shapes of the moments that a step keeps: of none."""
        return {}


def project(x, kernel, masks=None):
    """Returns `x @ kernel`, with dropout masks for all gates or for each."""
    if masks is None:
        return tf.matmul(x, kernel)
    if not isinstance(masks, list):
        return tf.matmul(x * tf.cast(masks, x.dtype), kernel)
    kernels = tf.split(kernel, len(masks), -1)
    pairs = zip(masks, kernels, strict=True)
    return tf.concat([project(x, k, mask) for mask, k in pairs], -1)


@dataclasses.dataclass(frozen=True)
class Loop:
    """The time loop of a cell.

    Attributes:
        step: of x, r, states and the cell's norm, see `recurrent_cells`.
        norms: a `Norms`.
        product: a function of h and what is known of the step, to the
            normalized product of h and the moments it keeps.
        bias: to be added to the normalized product of h, or None.
    """

    step: Callable
    norms: Norms
    product: Callable
    bias: object = None

    def run(self, z, real, states, sequence, unroll):
        """Runs over what the input gives.

        Args:
            z: the normalized products of the input, (time, batch, features).
            real: where there is no padding, (time, batch, 1), or None.
            states: a list of tensors, h first.
            sequence: whether to return h of all steps.
            unroll: whether to write out the loop.

        Returns:
            h of all steps or None, the last states, and the kept moments.
        """

        def body(states, now):
            states, kept = self._next(states, now)
            return states, {"kept": kept, "h": states[:sequence]}

        sequences = {"z": z, **self.norms.known_maps()}
        if real is not None:
            sequences["real"] = real
        shapes = {
            "kept": self.norms.kept_shapes(),
            "h": [states[0].shape][:sequence],
        }
        states, outputs = scan(body, states, sequences, shapes, unroll=unroll)
        return outputs["h"][0] if sequence else None, states, outputs["kept"]

    def _next(self, states, now):
        """Returns the states after a step, and the moments it keeps."""
        r, kept = self.product(states[0], now)
        kept = dict(kept)
        r = r if self.bias is None else r + self.bias

        def norm_cell(c):
            c, moments = self.norms("cell", c, now)
            kept.update(moments)
            return c

        z = self.norms.of_input(now["z"], now)
        new = self.step(z, r, states, norm_cell)
        if "real" in now:
            pairs = zip(new, states, strict=True)
            new = [tf.where(now["real"], s, old) for s, old in pairs]
        return new, kept
