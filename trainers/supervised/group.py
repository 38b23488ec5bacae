"""Runs of one structure that train together, and what is left of each."""

import contextlib
import shutil

from ..common import precision, signals
from ..common.provenance import provenance
from ..data import loading
from ..run.checkpoints import Checkpoints
from ..run.progress import Progress
from ..run.state import build_state
from ..together.feed import Feed
from ..together.member import Finished, Member
from ..together.stacked import Stacked
from ..together.state import StackedState, values_of
from ..together.training import GroupProgress, GroupTraining
from .build import (
    compiled_model,
    new_model,
    new_optimizer,
    steps_per_execution,
    training_batches,
)
from .measures import Measures
from .population import find_population


class Group:
    """Supervised runs that train together.

    Args:
        configs: checked ones, one per run, of one structure.
        rundirs: the `RunDir` of each.
        resolved: its resolved config.
        folder: `pathlib.Path` for the group's checkpoints, which are removed
            at the end.
        session: the `Session` of the process.
        mode, report: as of `run.together.Together`.
    """

    def __init__(
        self, configs, rundirs, resolved, folder, session, mode, report
    ):
        self._configs = configs
        self._rundirs = rundirs
        self._resolved = resolved
        self._folder = folder
        self._session = session
        self._mode = mode
        self._report = report
        self._data = [loading.load_data(config) for config in configs]

    def train(self):
        """Trains to the end; returns the result of each run."""
        with contextlib.ExitStack() as stack:
            for rundir in self._rundirs:
                stack.enter_context(rundir.held())
            policy = precision.dtype_policy(self._configs[0].precision)
            stack.enter_context(policy)
            stop = stack.enter_context(signals.catch())
            made_with = provenance()
            for rundir, resolved in zip(
                self._rundirs, self._resolved, strict=True
            ):
                rundir.start(resolved, made_with)
            return self._train(stack, stop)

    def _train(self, stack, stop):
        config = self._configs[0]
        program, model = self._program()
        checkpoints = Checkpoints(
            self._folder,
            {"runs": program.variables},
            config.checkpoint.keep,
            GroupProgress.from_json,
        )
        progress = checkpoints.restore() or GroupProgress(
            runs=[Progress() for _ in self._configs]
        )
        members = [
            stack.enter_context(self._member(*each))
            for each in zip(
                self._configs,
                self._rundirs,
                self._resolved,
                progress.runs,
                strict=True,
            )
        ]
        measures = Measures(
            program,
            members,
            self._data,
            self._populations(model),
            self._report,
        )
        GroupTraining(
            program, members, config, checkpoints, progress, stop, measures
        ).fit()
        found = measures.finish()
        shutil.rmtree(self._folder, ignore_errors=True)
        return found

    def _program(self):
        """Returns the program in the state that the runs begin with."""
        configs, data = self._configs, self._data
        rows = []
        for config, each in zip(configs, data, strict=True):
            self._session.seed(config.seed, config.deterministic)
            rows.append(values_of(new_model(config, each)))
        config = configs[0]
        model = compiled_model(config, data[0], self._session.models)
        build_state(model, training_batches(config, data[0]).element_spec)
        optimizers = [
            new_optimizer(config, each)
            for config, each in zip(configs, data, strict=True)
        ]
        state = StackedState(model, optimizers, rows)
        feed = Feed(
            data,
            [each.seed for each in configs],
            config.batch_size,
            config.evaluation_batch_size,
        )
        check_every = steps_per_execution(config, feed.steps)
        return Stacked(model, state, feed, check_every, True), model

    def _member(self, config, rundir, resolved, progress):
        is_done = rundir.result(resolved) is not None
        return (Finished if is_done else Member)(config, rundir, progress)

    def _populations(self, model):
        return [
            find_population(model, data, config, self._session.models)
            for config, data in zip(self._configs, self._data, strict=True)
        ]
