"""Groups that this process trains, one by one."""

from ...run.session import Session
from ..groups import waves
from .engine import Engine
from .training import begun, part_of


class Here(Engine):
    """Trains groups in this process."""

    def __init__(self):
        super().__init__()
        self._session = None

    @property
    def models(self):
        """The `reuse.Models` of this process."""
        return self._opened().models

    def slots(self):
        """Returns 1."""
        return 1

    def train(self, groups, shown):
        """Trains groups, see `Engine`."""
        workdir = self.work.workdir
        for wave in waves(groups):
            is_one = len(wave) == 1
            shown.doing(wave[0].runs[0].name if is_one else "compiling")
            parts = [part_of(group, workdir) for group in wave]
            with begun(self._opened(), parts, workdir) as trainings:
                for group, train in zip(wave, trainings, strict=True):
                    shown.doing(group.runs[0].name)
                    yield train(shown.reporter(len(group.runs)))

    def _opened(self):
        if self._session is None:
            session = Session(reuse_models=True)
            self._session = self._stack.enter_context(session)
        return self._session
