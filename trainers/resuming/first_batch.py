"""Whether the data of a `fit` comes as it did before."""

from ..common.errors import InputError
from ..inspection.batches import Watched, unwatched
from .position import digest_of


class FirstBatch:
    """The first batch of the last epoch that has begun.

    Args:
        model: that is trained.

    Attributes:
        digest: a number that tells the batch from others, or None: it has not
            been seen.
    """

    def __init__(self, model):
        self.digest = None
        self._model = model
        self._looks = False
        self._watched = None

    def watch(self):
        """Begins to see batches, when the model's train function is there."""
        model = self._model
        model.train_function = self._watched = Watched(
            unwatched(model.train_function),
            model.steps_per_execution,
            model.distribute_strategy,
            self._is_due,
            self._keep,
            lambda: None,
        )

    def stop(self):
        """Lets the train function alone."""
        if self._watched is not None:
            self._watched.stop()
            function = unwatched(self._model.train_function)
            self._model.train_function = function

    def await_epoch(self):
        """Notes that the next batch is the first one of an epoch."""
        self.digest = None
        # Batches of several replicas cannot be passed on without a change in
        # the last bits: Keras trains with them by another function.
        replicas = self._model.distribute_strategy.num_replicas_in_sync
        self._looks = replicas == 1

    def compare(self, batch):
        """Raises `InputError` if the first batch is another one now."""
        if self.digest not in (None, digest_of(batch)):
            raise InputError(
                "The data does not come in the order that it had for the "
                "interrupted run: the first batch of its last epoch is another "
                "one. A dataset of your own that changes from epoch to epoch "
                "needs state_dict() and load_state_dict(state); code that "
                "draws random numbers needs a seed. If the data has changed, "
                "name another workdir to start from the beginning."
            )

    def _is_due(self):
        looks, self._looks = self._looks, False
        return looks

    def _keep(self, batch):
        self.digest = digest_of(batch)
