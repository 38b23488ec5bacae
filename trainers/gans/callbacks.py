"""What happens beside a GAN's training: pictures, and the way back from NaN."""

import time

import keras
import numpy as np

from ...layers.numerics.restoring import remember, restore
from ..run.events import EventFile, ScalarEvents
from ..run.summaries import image
from .pictures import save

#: How often a run goes back before it is given up.
_RETURNS = 10


class Pictures(keras.callbacks.Callback):
    """Writes what the averaged generator makes of the same noise, each epoch.

    Files are `images/fixed-STEP.png`; TensorBoard shows them under
    `train/images`.

    Args:
        folder: of the run.
        draw: function of the generator that returns a picture.
        progress: the `Progress` that tells the step.
        tag: of TensorBoard, which says what the picture shows.
    """

    def __init__(self, folder, draw, progress, tag="fixed noise"):
        super().__init__()
        self.folder = folder
        self.draw = draw
        self.progress = progress
        self.tag = tag

    def on_epoch_end(self, epoch, logs=None):
        """Writes the picture of this step."""
        with self.model.averaged_generator() as generator:
            picture = self.draw(generator)
        step = self.progress.step
        save(picture, self.folder / "images" / f"fixed-{step:08}.png")
        pixels = np.asarray(picture)
        pixels = pixels.reshape(*pixels.shape[:2], -1)
        with EventFile(self.folder / "train" / "images") as events:
            events.add(image(self.tag, pixels), step)


class Speed(keras.callbacks.Callback):
    """Writes each epoch's steps per second for TensorBoard.

    They are not in `metrics.jsonl`, which is the same for equal runs. Tag
    `steps_per_second` in `train/speed`.

    Args:
        folder: of the run.
        progress: the `Progress` that tells the step.
    """

    def __init__(self, folder, progress):
        super().__init__()
        self.folder = folder
        self.progress = progress

    def on_epoch_begin(self, epoch, logs=None):
        """Starts the clock."""
        self._first = self._last = self._now()

    def on_train_batch_end(self, batch, logs=None):
        """Notes the time: validation comes before the epoch's end."""
        self._last = self._now()

    def on_epoch_end(self, epoch, logs=None):
        """Writes the speed."""
        steps, seconds = np.subtract(self._last, self._first)
        with ScalarEvents(self.folder / "train" / "speed") as events:
            speed = {"steps_per_second": steps / seconds}
            events.write(speed, self.progress.step)

    def _now(self):
        return self.progress.step, time.perf_counter()


class BackToFinite(keras.callbacks.Callback):
    """Sets all weights back when a loss or a gradient was not finite.

    To what they were when `every_steps` steps were last complete. The data and
    the noise go on. A run that has to go back ten times is given up.

    Args:
        every_steps: how far apart the states are that it can go back to.
        progress: the `Progress` that is told when it is given up.
    """

    def __init__(self, every_steps, progress):
        super().__init__()
        self.every_steps = every_steps
        self.progress = progress
        self._left = _RETURNS
        self._seen = 0

    def on_train_begin(self, logs=None):
        """Keeps the state to begin with."""
        self._seen = int(self.model.tally.nonfinite.numpy())
        self._keep()

    def on_train_batch_end(self, batch, logs=None):
        """Looks at the count of bad steps."""
        if logs["nonfinite"] > self._seen:
            self._seen = int(logs["nonfinite"])
            self._go_back()
        elif self.progress.step - self._step >= self.every_steps:
            self._keep()

    def _keep(self):
        self._step = self.progress.step
        self._state = remember(self.model.learned())

    def _go_back(self):
        self._left -= 1
        restore(self._state)
        if self._left == 0:
            self.progress.diverged = True
            self.model.stop_training = True
