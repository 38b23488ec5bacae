"""Runs of one structure that train together, and what is left of each."""

import contextlib
import shutil

from ..common import precision, signals
from ..common.provenance import provenance
from ..data import loading
from ..run.checkpointing.checkpoints import Checkpoints
from ..run.checkpointing.saved_state import SavedState
from ..run.progress import Progress
from ..together.member import Finished, Member
from ..together.training import GroupProgress, GroupTraining
from .measures import Measures
from .programs import PROGRAMS


class Group:
    """Supervised runs that train together: `begin` first, and then `train`.

    Args:
        configs: checked ones, one per run, of one structure.
        rundirs: the `RunDir` of each.
        resolved: its resolved config.
        folder: `pathlib.Path` for the group's checkpoints, which are removed
            at the end.
        session: the `Session` of the process.
        mode: as of `run.together.Together`.
    """

    def __init__(self, configs, rundirs, resolved, folder, session, mode):
        self._configs = configs
        self._rundirs = rundirs
        self._resolved = resolved
        self._folder = folder
        self._session = session
        self._mode = mode
        self._data = list(_load(configs))
        self._program, self._populations = None, ()
        self._compiled = None

    def begin(self, executor=None):
        """Makes the program, if there is a run to train.

        Args:
            executor: whose thread compiles a program that is `"stacked"`, or
                None: it is compiled by its first step.
        """
        if self._is_finished():
            return
        with self._policy():
            self._program, self._populations = PROGRAMS[self._mode](
                self._configs, self._data, self._session
            )
            if executor:
                self._compiled = self._program.compile_ahead(executor)

    def train(self, report):
        """Trains to the end; returns the result of each run.

        Args:
            report: as of `run.together.Together`.

        Raises:
            NotVectorizableError: the runs cannot train in this mode.
        """
        with contextlib.ExitStack() as stack:
            for rundir in self._rundirs:
                stack.enter_context(rundir.held())
            stack.enter_context(self._policy())
            stop = stack.enter_context(signals.catch())
            made_with = provenance()
            for rundir, resolved in zip(
                self._rundirs, self._resolved, strict=True
            ):
                rundir.start(resolved, made_with)
            # Killed at its very end, a group has nothing left to do.
            found = {}
            if not self._is_finished():
                found = self._train(stack, stop, report)
            shutil.rmtree(self._folder, ignore_errors=True)
            return found

    def _policy(self):
        return precision.dtype_policy(self._configs[0].precision)

    def _train(self, stack, stop, report):
        config = self._configs[0]
        seconds = self._compiled.result() if self._compiled else 0.0
        # Other groups may have begun since.
        self._session.seed(config.seed, config.deterministic)
        checkpoints = Checkpoints(
            self._folder,
            SavedState({"runs": self._program.variables}),
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
            self._program,
            members,
            self._data,
            self._populations,
            report,
        )
        training = GroupTraining(
            self._program,
            members,
            config,
            checkpoints,
            progress,
            stop,
            measures,
        )
        training.share(seconds)
        training.fit()
        return measures.finish()

    def _is_finished(self):
        return all(map(_is_done, self._rundirs, self._resolved))

    def _member(self, config, rundir, resolved, progress):
        kind = Finished if _is_done(rundir, resolved) else Member
        return kind(config, rundir, progress)


def _load(configs):
    """Yields the `Data` of each run, which is looked up once for all alike."""
    found = {}
    for config in configs:
        key = config.dataset.to_json_best_effort(sort_keys=True)
        if key not in found:
            found[key] = loading.load_data(config)
        yield found[key]


def _is_done(rundir, resolved):
    return rundir.result(resolved) is not None
