"""What a network takes on a chip, layer by layer."""

from dataclasses import dataclass
from typing import Optional


@dataclass(frozen=True)
class Layer:
    """A layer as it was planned; a convolution takes over the add behind it."""

    id: int
    name: str
    op: str
    shape: tuple
    """Height, width and channels of its output."""
    macs: int
    cycles: Optional[int]
    """`None` where nothing was run on the RTL."""
    predicted_cycles: int
    utilisation: Optional[float]
    limit: str
    """`compute`, `bus` or `configuration`."""


class Report:
    """Cycles, utilisation and layers of a network. `str()` makes a table of it."""

    def __init__(self, data):
        self.data = data
        """All that `systole infer --json` tells (docs/cli.md)."""

    @property
    def cycles(self):
        """Clock cycles of one inference; those expected where nothing was run on the RTL."""
        measured = self.data["cycles"]
        return self.data["predicted_cycles"] if measured is None else measured

    @property
    def macs(self):
        """Multiplications that the model asks for."""
        return self.data["macs"]

    @property
    def utilisation(self):
        """Part of the multiplications that the array could do in this time, 0 to 1."""
        return self.data["utilisation"]

    @property
    def layers(self):
        """All layers, in order."""
        names = Layer.__dataclass_fields__
        return [
            Layer(**{name: _value(name, layer[name]) for name in names})
            for layer in self.data["layers"]
        ]

    def __str__(self):
        rows = [("id", "op", "shape", "MACs", "cycles", "predicted", "utilisation", "limit")]
        for layer in self.layers:
            rows.append(
                (
                    str(layer.id),
                    layer.op,
                    "x".join(map(str, layer.shape)),
                    _count(layer.macs),
                    _count(layer.cycles),
                    _count(layer.predicted_cycles),
                    _percent(layer.utilisation),
                    layer.limit or "",
                )
            )
        rows.append(
            ("", "all", "", _count(self.macs), _count(self.data["cycles"]),
             _count(self.data["predicted_cycles"]), _percent(self.utilisation), "")
        )
        widths = [max(map(len, column)) for column in zip(*rows)]
        left = {1, 2, 7}
        def line(row):
            cells = (
                cell.ljust(width) if at in left else cell.rjust(width)
                for at, (cell, width) in enumerate(zip(row, widths))
            )
            return "  ".join(cells).rstrip()
        return "\n".join(map(line, rows))


def _value(name, value):
    return tuple(value) if name == "shape" else value


def _count(number):
    return "" if number is None else f"{number:,}"


def _percent(part):
    return "" if part is None else f"{100 * part:.1f} %"
