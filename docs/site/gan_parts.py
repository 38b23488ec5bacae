"""Writes docs/gan_parts.md: what a GAN can be made of, from the code's tables.

python docs/site/gan_parts.py
"""

import inspect
import pathlib
import re

from normzoo import zoo
from normzoo.trainers.gans.model.augmentation import CHANGES
from normzoo.trainers.gans.model.losses import LOSSES
from normzoo.trainers.gans.model.regularizers import REGULARIZERS

PAGE = pathlib.Path(__file__).resolve().parents[1] / "gan_parts.md"
_TITLE = """\
# Networks, losses, penalties, augmentation

This page is written by `python docs/site/gan_parts.py` from the tables in the
code. Everything here goes with everything else, if no exception is named.
"""
_NETWORKS = """\
## Networks

`config.networks`, the names in `zoo.GANS`. The functions take any norm and any
weight norm, see [zoo](api/zoo.md):
"""
_AFTER_NETWORKS = """\
`--config=mnist_sngan`, `--config=cifar10_dcgan`, `--config=digits_r3gan` and
`--config=mnist_r3gan` are settings to begin with; they were not tuned. `sngan`
is meant for a spectral norm in the discriminator, `r3gan` for the relativistic
loss with `r1` and `r2`. All of them take [classes](gan.md#conditional-gans),
too.
"""
_LOSSES = """\
## Losses

`config.loss.name`; r and f are the logits of a real and of a generated example,
means are over the batch, and s is `config.loss.label_smoothing`, 0 by default:
"""
_AFTER_LOSSES = """\
`wasserstein` comes with the gradient penalty below, with the weight
`loss.penalty`. To replace it, set `--config.loss.penalty=0`. `relativistic`
compares the examples of two batches in pairs; the generator's update looks at
the real ones, too. A loss without labels refuses label smoothing.
"""
_PENALTIES = """\
## Penalties of the discriminator's gradient

`config.regularizers.NAME.weight` is what the mean of the penalty is multiplied
by, 0 by default. Several can be on at once: R3GAN has the relativistic loss,
`r1` and `r2`. Here g is the gradient of the discriminator's logit with respect
to one example:
"""
_AFTER_PENALTIES = """\
So the weight of `r1` is the papers' gamma in gamma/2 E‖g‖².

`config.regularizers.NAME.every=16` penalizes in one of 16 updates of the
discriminator, with 16 times the weight
([Karras et al., 2020](https://arxiv.org/abs/1912.04958)). That is cheaper, and
the mean over the updates is the same. Updates are counted from the beginning of
the run, so an interrupted run goes on with the same ones. The optimizer is not
adjusted.

g is computed in inference mode and leaves the statistics of the discriminator's
norms alone. A penalty needs a discriminator that treats each example
separately; batch norm and its kin are refused. The logged `d_loss` includes the
penalties.
"""
_AUGMENTATION = """\
## Differentiable augmentation

With `--config.augmentation=color,translation,cutout` the discriminator never
sees an image as it is: whenever it judges, in the updates of both networks,
real and generated images are changed at random, each in its own way
([Zhao et al., 2020](https://arxiv.org/abs/2006.10738)). Gradients flow through
the changes, also those that are penalized. This helps where examples are few,
and generated images do not take over the changes. They are made in the order of
the names:
"""
_AFTER_AUGMENTATION = """\
The random numbers are a function of the seed and the update: an interrupted run
continues with the same ones, and several replicas together draw what one device
draws.
"""


def page():
    """Returns the page's text."""
    losses = [
        (f"`{name}`", *map(_code, loss.formulas), _papers(loss.papers))
        for name, loss in LOSSES.items()
    ]
    penalties = [
        (f"`{name}`", _code(each.formula), each.place, _papers(each.papers))
        for name, each in REGULARIZERS.items()
    ]
    changes = [(f"`{name}`", each.meaning) for name, each in CHANGES.items()]
    parts = [
        _TITLE,
        _NETWORKS,
        _table("name", "networks", "functions", "paper", rows=_networks()),
        _AFTER_NETWORKS,
        _LOSSES,
        _table("name", "discriminator", "generator", "paper", rows=losses),
        _AFTER_LOSSES,
        _PENALTIES,
        _table("name", "penalty", "at", "paper", rows=penalties),
        _AFTER_PENALTIES,
        _AUGMENTATION,
        _table("name", "change", rows=changes),
        _AFTER_AUGMENTATION,
    ]
    return "\n".join(parts)


def _networks():
    """Yields the cells of each pair, with what its module says of it."""
    for name, functions in zoo.GANS.items():
        module = inspect.getmodule(functions[0])
        meaning = module.__doc__.partition("\n")[0].rstrip(".")
        code = ", ".join(f"`{function.__name__}`" for function in functions)
        papers = re.findall(r"\[.+?\]\(\S+?\)", functions[0].__doc__)
        yield f"`{name}`", meaning, code, ", ".join(papers)


def _code(formula):
    return f"`{formula}`"


def _papers(papers):
    return ", ".join(
        f"[{authors}](https://arxiv.org/abs/{number})"
        for authors, number in papers.items()
    )


def _table(*titles, rows):
    lines = [titles, ["---"] * len(titles), *rows]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


if __name__ == "__main__":
    PAGE.write_text(page())
