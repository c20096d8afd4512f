"""Quantised networks on the RTL of a Systole chip.

    import pysystole

    model = pysystole.compile("model.onnx")
    outputs = model.run(images)          # a numpy array, equal to ONNX Runtime's
    print(model.report())                # cycles and utilisation of each layer

All work is done by the command `systole infer`, which is looked for in the environment variable
`SYSTOLE`, on `PATH`, and in the `target/release` of the repository that this package lies in.
"""

from .model import Model, compile
from .report import Layer, Report
from .tool import Error, find

__all__ = ["Error", "Layer", "Model", "Report", "compile", "find"]
__version__ = "0.1.0"
