"""Zoneout: states that keep their values from one step to the next."""

import dataclasses

import tensorflow as tf


@dataclasses.dataclass(frozen=True)
class Zoneout:
    """Keeps some of the old states, chosen for each step, example and unit.

        state = keep * old + (1 - keep) * new,  keep ~ Bernoulli(rate)

    Without seeds `keep` is its expectation, the rate.

    Attributes:
        rates: of each state, h first.
        seeds: of each state, (2,); or None, as in inference.
    """

    rates: tuple
    seeds: list | None

    def of_part(self, part):
        """Returns the same for a part of the time, given its number."""
        if self.seeds is None:
            return self
        fold = tf.random.experimental.stateless_fold_in
        seeds = [fold(seed, part) for seed in self.seeds]
        return dataclasses.replace(self, seeds=seeds)

    def sequences(self, length, states):
        """Returns what the loop needs to know of each step.

        Args:
            length: how many steps there are.
            states: the first ones, (batch, units).
        """
        if self.seeds is None:
            return {}
        keep = [
            tf.random.stateless_uniform([length, *tf.unstack(tf.shape(s))], k)
            for s, k in zip(states, self.seeds, strict=True)
        ]
        pairs = zip(keep, self.rates, strict=True)
        return {"keep": [values < rate for values, rate in pairs]}

    def __call__(self, new, old, now):
        """Returns the states after a step.

        Args:
            new: the states that the step has computed.
            old: those before it.
            now: what is known of the step.
        """
        if self.seeds is None:
            parts = zip(self.rates, old, new, strict=True)
            return [rate * a + (1 - rate) * b for rate, a, b in parts]
        parts = zip(now["keep"], old, new, strict=True)
        return [tf.where(keep, a, b) for keep, a, b in parts]
