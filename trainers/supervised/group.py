"""Runs of one structure that train together, and what is left of each."""

import contextlib
import shutil

from ..common import precision, signals
from ..common.provenance import provenance
from ..data import loading
from ..run.checkpoints import Checkpoints
from ..run.progress import Progress
from ..together.member import Finished, Member
from ..together.training import GroupProgress, GroupTraining
from .measures import Measures
from .programs import PROGRAMS


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
            # Killed at its very end, a group has nothing left to do.
            found = {} if self._is_finished() else self._train(stack, stop)
            shutil.rmtree(self._folder, ignore_errors=True)
            return found

    def _train(self, stack, stop):
        config = self._configs[0]
        make = PROGRAMS[self._mode]
        program, populations = make(self._configs, self._data, self._session)
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
            populations,
            self._report,
        )
        GroupTraining(
            program, members, config, checkpoints, progress, stop, measures
        ).fit()
        return measures.finish()

    def _is_finished(self):
        return all(map(_is_done, self._rundirs, self._resolved))

    def _member(self, config, rundir, resolved, progress):
        kind = Finished if _is_done(rundir, resolved) else Member
        return kind(config, rundir, progress)


def _is_done(rundir, resolved):
    return rundir.result(resolved) is not None
