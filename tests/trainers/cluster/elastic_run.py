"""A run on some devices that kills itself, in a process of its own."""

import os
import signal


def main(config, workdir, devices, last):
    """Trains.

    Args:
        config: of the run.
        workdir: folder.
        devices: the number of logical CPUs, each of which is a replica.
        last: the step after which the process is killed; 0: it is not.
    """
    import keras
    import tensorflow as tf

    from normzoo.trainers.classify import train

    # Only before TensorFlow's first operation, thus in a process of its own.
    tf.config.set_logical_device_configuration(
        tf.config.list_physical_devices("CPU")[0],
        [tf.config.LogicalDeviceConfiguration()] * devices,
    )

    class Kill(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            if self.model.optimizer.iterations == last:
                os.kill(os.getpid(), signal.SIGKILL)

    train(config, workdir, callbacks=[Kill()], verbose=0)


if __name__ == "job_main":
    main(**JOB)  # noqa: F821
