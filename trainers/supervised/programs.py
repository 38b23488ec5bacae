"""The programs that train supervised runs together, as they begin."""

import functools
import gc

from ..together.dropout_rates import check_alike, described, rates_of
from ..together.feed import Feed
from ..together.side_by_side import SideBySide
from ..together.stacked import Stacked
from ..together.state import StackedState, Stacks, values_of
from .build import (
    built_from,
    compiled_model,
    new_model,
    new_optimizer,
    steps_per_execution,
)
from .population import find_population

#: Bytes of a model's variables that are worth looking for ones to discard.
_MUCH = 2**20


def stacked(configs, data, session, jit_compile=True):
    """Returns the `Stacked` program of runs, and their `Population`s.

    Args:
        configs: of the runs, checked, of one structure.
        data: the `Data` of each.
        session: the `Session` of the process.
        jit_compile: whether XLA compiles the program.
    """
    values, rates, first = _beginnings(configs, data, session)
    config = configs[0]
    model = compiled_model(config, data[0], session.models, first)
    optimizers = [
        new_optimizer(config, each)
        for config, each in zip(configs, data, strict=True)
    ]
    state = StackedState(model, optimizers, values, rates)
    feed, check_every = _feed(configs, data)
    program = Stacked(model, state, feed, check_every, jit_compile)
    populations = [
        find_population(model, each, config, session.models)
        for config, each in zip(configs, data, strict=True)
    ]
    return program, populations


def _beginnings(configs, data, session):
    """Returns what runs begin with.

    To make a model takes as long as a hundred steps, so that runs whose
    optimizers alone differ share it.

    Returns:
        The values of the runs' new models, stacked; their dropout rates; the
        model of the first run.
    """
    first, rates, values = {}, [], Stacks(len(configs))
    kept = layers = None
    for run, (config, each) in enumerate(zip(configs, data, strict=True)):
        key = config.seed, id(each), built_from(config, each)
        if key in first:
            values.copy(first[key], run)
            rates.append(rates[first[key]])
            continue
        session.seed(config.seed, config.deterministic)
        model = new_model(config, each)
        own = described(model)
        layers = layers or own
        check_alike([layers, own])
        first[key] = run
        values.set(run, values_of(model))
        rates.append(rates_of(model))
        if kept is None:
            kept = model
        del model
        if values.row_bytes > _MUCH:
            # Layers refer to each other, and would stay with their weights.
            gc.collect(1)
    return values.arrays, rates, kept


def side_by_side(configs, data, session):
    """Returns the `SideBySide` program of runs, and their `Population`s.

    Args:
        configs, data, session: as of `stacked`.
    """
    models = []
    for config, each in zip(configs, data, strict=True):
        session.seed(config.seed, config.deterministic)
        # Of those that the session keeps there is one of each structure.
        models.append(compiled_model(config, each))
    feed, check_every = _feed(configs, data)
    # Keras has decided whether it would compile them.
    jit_compile = bool(models[0].jit_compile)
    program = SideBySide(models, feed, check_every, jit_compile)
    populations = [
        find_population(*each)
        for each in zip(models, data, configs, strict=True)
    ]
    return program, populations


#: How runs train together -> function that returns their program.
PROGRAMS = {
    "stacked": stacked,
    "call_by_call": functools.partial(stacked, jit_compile=False),
    "side_by_side": side_by_side,
}


def _feed(configs, data):
    """Returns the `Feed`, and after how many steps divergence is looked for."""
    config = configs[0]
    feed = Feed(
        data,
        [each.seed for each in configs],
        config.batch_size,
        config.evaluation_batch_size,
    )
    return feed, steps_per_execution(config, feed.steps)
