"""The layers of models and their connections, for TensorBoard."""

import keras
import pytest
from keras import layers

from normzoo import zoo
from normzoo.layers import ReferenceModel
from normzoo.trainers.inspection.graph_view import graph_view


def sequential(name="block"):
    return keras.Sequential(
        [
            keras.Input((3,), name=f"{name}_in"),
            layers.Dense(3, name=f"{name}_out"),
        ],
        name=name,
    )


def plain():
    return sequential()


def with_a_constant():
    x = keras.Input((3,), name="x")
    return keras.Model(x, layers.Dense(2, name="y")(x + 1.0))


def twice():
    x, shared = keras.Input((3,), name="x"), layers.Dense(3, name="shared")
    return keras.Model(x, shared(shared(x)))


def by_keyword():
    x = keras.Input((4, 3), name="x")
    value = layers.Dense(3, name="value")(x)
    attend = layers.MultiHeadAttention(1, 2, name="attend")
    return keras.Model(x, attend(x, value=value))


def nested():
    x, other = keras.Input((3,), name="x"), keras.Input((3,), name="other")
    inner = sequential()(x)
    return keras.Model(
        [x, other], layers.Concatenate(name="joined")([inner, other])
    )


def deep():
    x = keras.Input((3,), name="x")
    inner = keras.Model(x, sequential()(x), name="inner")
    y = keras.Input((3,), name="y")
    return keras.Model(y, layers.Dense(1, name="last")(inner(y)))


class Own(keras.Model):
    def __init__(self):
        super().__init__()
        self.inside = layers.Dense(2)

    def call(self, x):
        return self.inside(x)


#: Model -> node -> what it is computed from.
CASES = {
    plain: {"block_in": [], "block_out": ["block_in"]},
    with_a_constant: {"x": [], "add": ["x"], "y": ["add"]},
    twice: {"x": [], "shared": ["x"], "shared_call_2": ["shared"]},
    by_keyword: {"x": [], "value": ["x"], "attend": ["x", "value"]},
    nested: {
        "x": [],
        "other": [],
        "block/block_in": ["x"],
        "block/block_out": ["block/block_in"],
        "joined": ["block/block_out", "other"],
    },
    deep: {
        "y": [],
        "inner/x": ["y"],
        "inner/block/block_in": ["inner/x"],
        "inner/block/block_out": ["inner/block/block_in"],
        "last": ["inner/block/block_out"],
    },
    Own: {"inside": []},
}


def edges(models):
    return {n.name: list(n.input) for n in graph_view(models).node}


@pytest.mark.parametrize("make", CASES, ids=lambda make: make.__name__)
def test_the_nodes_are_the_calls(make):
    keras.utils.clear_session()
    assert edges({"model": make()}) == CASES[make]


def test_several_models_stand_beside_each_other():
    found = edges({"one": sequential("a"), "two": sequential("b")})
    assert found["two/b_out"] == ["two/b_in"]
    assert "one/a_in" in found


def test_a_model_with_a_reference_batch_is_that_inside():
    model = zoo.mlp((6,), 3, norm="virtual", depth=1, width=4)
    x = keras.ops.ones((2, 6))
    found = edges({"model": ReferenceModel(model, x)})
    assert found == edges({"model": model})


def test_a_node_has_its_shape_and_weights():
    node = graph_view({"model": sequential()}).node[1]
    assert node.op == "Dense"
    assert node.attr["weights"].i == 12
    (shape,) = node.attr["_output_shapes"].list.shape
    assert [d.size for d in shape.dim] == [-1, 3]
