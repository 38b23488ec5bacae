"""The programs that train supervised runs together, as they begin."""

import functools

from ..data.pipeline import batch_specs
from ..run.state import build_state
from ..together.dropout_rates import check_alike, described, rates_of
from ..together.feed import Feed
from ..together.side_by_side import SideBySide
from ..together.stacked import Stacked
from ..together.state import StackedState, values_of
from .build import (
    built_from,
    compiled_model,
    new_model,
    new_optimizer,
    steps_per_execution,
)
from .population import find_population


def stacked(configs, data, session, jit_compile=True):
    """Returns the `Stacked` program of runs, and their `Population`s.

    Args:
        configs: of the runs, checked, of one structure.
        data: the `Data` of each.
        session: the `Session` of the process.
        jit_compile: whether XLA compiles the program.
    """
    beginnings = _beginnings(configs, data, session)
    rows, rates, models = zip(*beginnings, strict=True)
    check_alike(models)
    config = configs[0]
    model = compiled_model(config, data[0], session.models)
    build_state(model, batch_specs(data[0].train, config.batch_size))
    optimizers = [
        new_optimizer(config, each)
        for config, each in zip(configs, data, strict=True)
    ]
    state = StackedState(model, optimizers, rows, rates)
    feed, check_every = _feed(configs, data)
    program = Stacked(model, state, feed, check_every, jit_compile)
    populations = [
        find_population(model, each, config, session.models)
        for config, each in zip(configs, data, strict=True)
    ]
    return program, populations


def _beginnings(configs, data, session):
    """Yields values, dropout rates and description of each run's new model.

    To make one takes as long as a hundred steps, so that runs whose optimizers
    alone differ share it.
    """
    found = {}
    for config, each in zip(configs, data, strict=True):
        key = config.seed, id(each), built_from(config, each)
        if key not in found:
            session.seed(config.seed, config.deterministic)
            model = new_model(config, each)
            found[key] = values_of(model), rates_of(model), described(model)
        yield found[key]


def side_by_side(configs, data, session):
    """Returns the `SideBySide` program of runs, and their `Population`s.

    Args:
        configs, data, session: as of `stacked`.
    """
    models = []
    for config, each in zip(configs, data, strict=True):
        session.seed(config.seed, config.deterministic)
        # Of those that the session keeps there is one of each structure.
        model = compiled_model(config, each)
        build_state(model, batch_specs(each.train, config.batch_size))
        models.append(model)
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
