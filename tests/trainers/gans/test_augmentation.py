"""Random changes of images against loops in NumPy, and their gradients."""

import numpy as np
import pytest
import tensorflow as tf

from normzoo.trainers.gans.model.augmentation import CHANGES, Augmentation

ROWS, HEIGHT, WIDTH, CHANNELS = 5, 8, 16, 3
RNG = np.random.default_rng(0)


def color(image, numbers):
    brightness, saturation, contrast = numbers
    image = image + brightness - 0.5
    gray = image.mean(-1, keepdims=True)
    image = gray + (image - gray) * 2 * saturation
    return image.mean() + (image - image.mean()) * (contrast + 0.5)


def translation(image, numbers):
    # An eighth of 8 and of 16.
    down, right = (
        int(u * (2 * most + 1)) - most
        for u, most in zip(numbers, (1, 2), strict=True)
    )
    shifted = np.zeros_like(image)
    for i, j in np.ndindex(HEIGHT, WIDTH):
        if 0 <= i + down < HEIGHT and 0 <= j + right < WIDTH:
            shifted[i, j] = image[i + down, j + right]
    return shifted


def cutout(image, numbers):
    # Half of 8 and of 16, with a center anywhere, the far border included.
    row, column = int(numbers[0] * 9), int(numbers[1] * 17)
    image = image.copy()
    image[max(0, row - 2) : row + 2, max(0, column - 4) : column + 4] = 0
    return image


REFERENCES = {"color": color, "translation": translation, "cutout": cutout}


def images_and_numbers(count):
    images = RNG.normal(size=(ROWS, HEIGHT, WIDTH, CHANNELS))
    numbers = RNG.random((ROWS, count))
    numbers[0], numbers[1] = 0, np.nextafter(1, 0)
    return images, numbers


@pytest.mark.parametrize("name", CHANGES)
def test_each_is_what_a_loop_computes_with_its_gradient(name):
    change = CHANGES[name]
    images, numbers = images_and_numbers(change.count)
    compiled = tf.function(change.function, jit_compile=True)
    x = tf.constant(images)
    with tf.GradientTape() as tape:
        tape.watch(x)
        changed = compiled(x, numbers)
        energy = tf.reduce_sum(tf.square(changed))
    expected = [
        REFERENCES[name](image, row)
        for image, row in zip(images, numbers, strict=True)
    ]
    np.testing.assert_allclose(changed, expected, 1e-9, 1e-12)
    slope = tape.gradient(energy, x)
    direction = RNG.normal(size=images.shape)
    ends = [
        sum(
            np.square(REFERENCES[name](image, row)).sum()
            for image, row in zip(images + step, numbers, strict=True)
        )
        for step in (1e-6 * direction, -1e-6 * direction)
    ]
    along = (ends[0] - ends[1]) / 2e-6
    np.testing.assert_allclose(np.sum(slope * direction), along, 1e-6)


def test_changes_follow_from_the_seed_the_update_and_the_draw():
    images = tf.ones((4, 8, 8, 1))

    def made(seed=1, **knobs):
        augment = Augmentation("color,translation,cutout", seed)
        return augment(images, **{"update": 3, "draw": 0, **knobs}).numpy()

    np.testing.assert_array_equal(made(), made())
    assert len({image.tobytes() for image in made()}) == 4
    for other in (made(seed=2), made(update=4), made(draw=1)):
        assert not np.array_equal(other, made())


def test_without_names_images_stay_as_they_are():
    images = tf.ones((4, 2))
    assert Augmentation("", 0)(images, 0, 0) is images
