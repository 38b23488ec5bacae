"""Messages between the processes of a run.

All processes must call each of these functions, in the same order, and each
call waits for the others. With one process nothing is sent.
"""

import json
import time

import numpy as np
import tensorflow as tf

from ..common.errors import InputError
from .workers import is_chief, worker_index, workers


def on_all_workers(strategy, function):
    """Returns `function()`, unless it raises on any worker.

    Args:
        strategy: of the run.
        function: without arguments; may raise `InputError`.

    Raises:
        InputError: `function` raised one on some worker. All workers raise it.
    """
    if workers(strategy) == 1:
        return function()
    result, error = None, None
    try:
        result = function()
    except InputError as caught:
        error = str(caught)
    for worker, message in enumerate(all_gather(strategy, error)):
        if message is not None:
            raise InputError(f"Worker {worker}: {message}")
    return result


def from_chief(strategy, value):
    """Returns the chief's value on all workers.

    Args:
        strategy: of the run.
        value: of this worker; JSON-ready.
    """
    return all_gather(strategy, value)[0]


def all_gather(strategy, value):
    """Returns the values of all workers, in the order of their indices.

    Args:
        strategy: of the run.
        value: of this worker; JSON-ready.
    """
    if workers(strategy) == 1:
        return [value]
    text = json.dumps(value).encode()
    index, count = worker_index(strategy), workers(strategy)
    # Bytes as floats: every communication library can add these.
    sizes = np.zeros(count, np.float32)
    sizes[index] = len(text)
    sizes = _all_reduce(strategy, sizes).numpy().astype(int)
    codes = np.zeros((count, max(sizes)), np.float32)
    codes[index, : len(text)] = list(text)
    codes = _all_reduce(strategy, codes).numpy().astype(np.uint8)
    pairs = zip(codes, sizes, strict=True)
    return [json.loads(bytes(row[:size])) for row, size in pairs]


def broadcast_variables(strategy, variables):
    """Sets variables on all replicas to the values on the chief's first one.

    Args:
        strategy: of the run.
        variables: `tf.Variable`s, the same ones on all workers.
    """
    if workers(strategy) == 1:
        return
    for variable in variables:
        copies = strategy.experimental_local_results(variable)
        # Holds integers exactly, too.
        value = tf.cast(tf.convert_to_tensor(copies[0]), tf.float64)
        mine = value if is_chief(strategy) else tf.zeros_like(value)
        total = _all_reduce(strategy, mine)
        for copy in copies:
            copy.assign(tf.cast(total, copy.dtype))


def _all_reduce(strategy, value):
    """Returns the sum of all workers' values."""
    value = tf.convert_to_tensor(value)
    replicas = strategy.num_replicas_in_sync // workers(strategy)

    def of_replica(context):
        others = context.replica_id_in_sync_group % replicas
        return tf.zeros_like(value) if others else value

    values = strategy.experimental_distribute_values_from_function(of_replica)
    return strategy.reduce("SUM", values, axis=None)


class SharedRequests:
    """Makes one worker's request known to all workers at the same step.

    Workers exchange requests about once a second, not at each step.

    Args:
        strategy: of the run.
    """

    def __init__(self, strategy):
        self._strategy = strategy
        self._steps = 0
        self._next_exchange = 1
        self._exchanged = time.monotonic()

    def at_step(self, request):
        """Counts a step; does `now` if the workers exchange at this one.

        Args:
            request: as in `now`.

        Returns:
            The workers' requests; an empty list between two exchanges.
        """
        self._steps += 1
        if workers(self._strategy) > 1 and self._steps < self._next_exchange:
            return []
        return self.now(request)

    def now(self, request):
        """Returns the requests of all workers that have one.

        Args:
            request: of this worker; JSON-ready, None for no request.
        """
        seconds = time.monotonic() - self._exchanged
        answers = all_gather(self._strategy, [request, seconds])
        slowest = max(seconds for _, seconds in answers)
        in_a_second = int(self._steps / max(slowest, 1e-3))
        self._next_exchange = max(1, min(2 * self._steps, in_a_second))
        self._steps = 0
        self._exchanged = time.monotonic()
        return [request for request, _ in answers if request is not None]
