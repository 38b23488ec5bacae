"""What one number of a result means."""

import dataclasses
import math


@dataclasses.dataclass(frozen=True, kw_only=True)
class Metric:
    """A number that a run ends with, as tables, plots and reports show it.

    Attributes:
        key: of the result, such as `"test_accuracy"`.
        name: what `metrics.jsonl` and `config.compare.metric` call it, such
            as `"accuracy"`; `""` if neither knows it.
        title: of its column, short.
        higher_is_better: whether larger numbers are better; None where
            neither end is.
        bounds: `(low, high)` of what it can be, `(0, 1)` for a share.
        scale: factor of the shown number, 100 for percent.
        digits: behind the decimal point of the shown number.
        noun: what sentences call it, such as `"Frechet distance"`; `""`: its
            split and name, `"test accuracy"`.
        legend: what is said below a table whose first column it is, with
            `{means}` in place of how the means were taken; `""`: its title.
    """

    key: str
    name: str = ""
    title: str
    higher_is_better: bool | None
    bounds: tuple[float, float] = (-math.inf, math.inf)
    scale: float = 1
    digits: int = 3
    noun: str = ""
    legend: str = ""

    def said(self, means):
        """Returns the legend's sentence about a table of means."""
        legend = self.legend or f"{self.title}: {{means}}; "
        return legend.format(means=means)

    def text(self, value, sign=""):
        """Returns a value as a table shows it.

        Args:
            value: of the metric, or a difference of two values.
            sign: `"+"` for a sign in front of positive numbers, too.
        """
        return f"{value * self.scale:{sign}.{self.digits}f}"

    @property
    def called(self):
        """What sentences call it."""
        return self.noun or self.key.replace("_", " ")

    @property
    def split(self):
        """What of a run it is about: `"test"`, `"last"`, `"best"`."""
        return self.key.partition("_")[0]
