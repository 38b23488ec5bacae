"""What is measured of the runs of a group besides their training."""

from ..run.progress import epochs_due
from ..together.member import Finished
from . import fit, results
from .probes import Probe, find_probe


class Measures:
    """Validates, probes and, at the end, tests and saves the runs of a group.

    Args:
        program: of the runs, such as `together.stacked.Stacked`.
        members: the `Member`s of the group.
        data: the `Data` of each.
        populations: the `Population` of each, or None.
        report: as of `run.together.Together`.
    """

    def __init__(self, program, members, data, populations, report):
        self._program = program
        self._members = members
        self._data = data
        self._populations = populations
        self._report = report
        self._config = members[0].config
        measure = find_probe(self._config.probe)
        self._probes = {
            run: Probe(measure, data[run], member)
            for run, member in enumerate(members)
            if measure and not isinstance(member, Finished)
        }

    def begin(self):
        """Measures the models as they were made."""
        self._probe(0)

    def validate(self):
        """Returns name -> value on validation data, of each run."""
        if not self._estimates or not self._config.population.validation:
            return self._program.evaluate("validation")
        with self._program.lent_statistics():
            for run, _ in self._program.each():
                self._estimate(run)
            return self._program.evaluate("validation")

    def end_epoch(self, number):
        """Measures the models after an epoch."""
        every, last = self._config.probe_every_epochs, self._config.epochs
        if number in epochs_due(every, last):
            self._probe(number)
        self._report(number / last)

    def finish(self):
        """Tests and saves all runs; returns the results of those not finished.

        Returns:
            The number of a run -> its result, as `DONE` holds it.
        """
        trained = self._trained()
        for run, model in self._program.each():
            member = self._members[run]
            member.save(self._program.saved_state(model), member.progress)
            self._estimate(run)
        estimated = {}
        if self._estimates:
            estimated = self._evaluated("test", "validation")
        # All have one structure, so one of the models tells it.
        memory = fit.memory_of_run(model, self._data[0], self._config)
        return {
            run: self._finish(run, model, trained[run], estimated, memory)
            for run, model in self._program.each()
            if not isinstance(self._members[run], Finished)
        }

    @property
    def _estimates(self):
        return self._populations[0] is not None

    def _probe(self, number):
        if not self._probes:
            return
        for run, model in self._program.each():
            # Some have ended before.
            is_due = self._members[run].progress.epoch >= number - 1
            if is_due and run in self._probes:
                self._probes[run].set_model(model)
                self._probes[run].write(number)

    def _estimate(self, run):
        """Gives a run, which the program holds, population statistics."""
        population = self._populations[run]
        if population is None or self._members[run].progress.diverged:
            return
        population.estimate()
        self._program.store(run)

    def _evaluated(self, *splits):
        return {split: self._program.evaluate(split) for split in splits}

    def _trained(self):
        """Returns what each model as trained is measured as."""
        splits = ["test"]
        if self._estimates and self._config.population.validation:
            splits.append("validation")
        found = self._evaluated(*splits)
        trained = []
        for run, member in enumerate(self._members):
            own = _of(run, found)
            figures = results.trained(member.progress, own["test"])
            if not member.progress.diverged:
                figures |= own
            trained.append(figures)
        return trained

    def _finish(self, run, model, trained, estimated, memory):
        member, population = self._members[run], self._populations[run]
        progress, log = member.progress, member.log
        if not estimated or progress.diverged:
            figures = results.as_trained(
                log, progress, trained, self._estimates
            )
        else:
            own, cost = _of(run, estimated), population.cost()
            figures = results.with_population(log, progress, trained, own, cost)
        folder = member.rundir.path / "checkpoints"
        found = results.result(
            model, self._data[run], progress, figures, memory
        )
        fit.save(model, folder, found, self._program.file_of(model))
        member.rundir.finish(found)
        return found


def _of(run, values):
    """Returns the part of split -> name -> values that is of one run."""
    return {
        split: {name: float(each[run]) for name, each in named.items()}
        for split, named in values.items()
    }
