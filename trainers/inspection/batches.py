"""A look at the batches of chosen calls of a model's train function."""

import collections
import itertools

import tensorflow as tf


class Watched:
    """Stands in for a model's `train_function` during `fit`.

    A call that is not looked at goes straight to it. Of the others the batches
    are taken out of the iterator, shown, and passed on unchanged, by an
    iterator of the same type, so that the same compiled function trains.

    Args:
        function: the model's.
        steps: number of batches that one call trains.
        strategy: of the model.
        looks: function without arguments that is called before each call:
            whether it is looked at.
        before: function of its first batch; of None where batches cannot be
            passed on, as those of several machines.
        after: function without arguments.

    Attributes:
        called: whether it has been called.
    """

    def __init__(self, function, steps, strategy, looks, before, after):
        self.function = function
        self.called = False
        self._steps, self._strategy = steps, strategy
        self._looks, self._before, self._after = looks, before, after
        self._passed = {}

    def __call__(self, iterator):
        """Trains as the function does."""
        self.called = True
        if not self._looks():
            return self.function(iterator)
        if not _can_be_passed(iterator, self._strategy):
            self._before(None)
            logs = self.function(iterator)
        else:
            batches = list(itertools.islice(iterator, self._steps))
            if not batches:
                return self.function(iterator)  # which says so as always
            self._before(batches[0])
            logs = self.function(self._passing(batches, iterator))
        self._after()
        return logs

    def stop(self):
        """Ends it: `unwatched` takes it away."""
        self.called = True
        # TensorFlow warns of iterators over Python's that outlive Python.
        self._passed.clear()

    def _passing(self, batches, iterator):
        """Returns an iterator of batches in place of another one."""
        if not isinstance(iterator, tf.data.Iterator):
            # Keras takes batches of several replicas one by one.
            return iter(batches)
        spec = iterator.element_spec
        key = repr(spec)
        if key not in self._passed:
            self._passed[key] = _passing(spec)
        queue, iterator = self._passed[key]
        queue.extend(batches)
        if len(batches) < self._steps:
            del self._passed[key]  # it ends with these
        return iterator


def _can_be_passed(iterator, strategy):
    if isinstance(iterator, tf.distribute.DistributedIterator):
        return isinstance(strategy, tf.distribute.MirroredStrategy)
    if not isinstance(iterator, tf.data.Iterator):
        return False
    dense = (tf.TensorSpec, tf.RaggedTensorSpec, tf.SparseTensorSpec)
    specs = tf.nest.flatten(iterator.element_spec)
    return all(isinstance(spec, dense) for spec in specs)


def _passing(spec):
    """Returns a queue, and an iterator over what it holds when it is asked."""
    queue = collections.deque()

    def batches():
        while queue:
            yield queue.popleft()

    data = tf.data.Dataset.from_generator(batches, output_signature=spec)
    options = tf.data.Options()
    options.autotune.enabled = False  # nothing is fetched before it is needed
    return queue, iter(data.with_options(options))


def unwatched(function):
    """Returns a train function without what an interrupted `fit` left on it."""
    while isinstance(function, Watched) and function.called:
        function = function.function
    return function
