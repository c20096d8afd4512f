"""A network that is ready to run on a chip."""

import json
import tempfile
from pathlib import Path

import numpy as np

from .report import Report
from .tool import Error, call

ENGINES = ("rtl", "golden", "lockstep")


def compile(model, example=None, *, preset=None, config=None, settings=None):
    """Plans a quantised network for a chip and returns a `Model`.

    `model` is a path to a `.onnx` or `.tflite` file, its bytes, an `onnx.ModelProto`, or a quantised
    `torch.nn.Module` with the `example` input that it is exported with.

    The chip is a `preset` ("nano", "edge", "apex") or a `config` file, with `settings` such as
    `{"npu.dim": 16}` on top; without all of these it is "edge".

    Raises `Error` for a model that is not supported (the message names the node) or does not fit.
    """
    chip = []
    if preset is not None:
        chip += ["--preset", preset]
    if config is not None:
        chip += ["--config", str(config)]
    for key, value in (settings or {}).items():
        chip += ["--set", f"{key}={_setting(value)}"]
    return Model(_bytes(model, example), chip)


class Model:
    """A planned network. Made by `compile`."""

    def __init__(self, model, chip):
        self._folder = tempfile.TemporaryDirectory(prefix="pysystole-")
        self._file = Path(self._folder.name) / "model"
        self._file.write_bytes(model)
        self._chip = chip
        self._report = Report(self._infer("--check"))

    @property
    def input_shape(self):
        """Shape of one input, without a batch."""
        return tuple(self._report.data["input_shape"])

    @property
    def input_type(self):
        """Type of the inputs: float32, int8 or uint8."""
        return np.dtype(self._report.data["input_type"])

    def run(self, x, engine="rtl", verify=False):
        """Outputs of the network for `x`, as a numpy array in the model's own type.

        `x` is one input or a batch, in the model's own shape and type; each image is a run. `engine`
        is "rtl", "golden" (the model of the chip, which is faster and has no cycles) or "lockstep"
        (both, compared). With `verify` every layer is compared with the network computed by plain
        loops, and the outputs with ONNX Runtime where there is one. Raises `Error` for what is found.
        """
        if engine not in ENGINES:
            raise ValueError(f"engine {engine!r} is none of {', '.join(ENGINES)}")
        x = np.ascontiguousarray(x, dtype=self.input_type)
        single = x.shape == self.input_shape or x.shape == (1, *self.input_shape)
        if x.shape == self.input_shape:
            x = x[np.newaxis]
        folder = Path(self._folder.name)
        given, made = folder / "x.npy", folder / "y.npy"
        np.save(given, x)
        options = ["--input", given, "--output", made, "--engine", engine]
        self._report = Report(self._infer(*options, *(["--verify"] if verify else [])))
        outputs = np.load(made)
        return outputs[0] if single else outputs

    def report(self):
        """What the last run took, or is expected to take where there was none."""
        return self._report

    def write_page(self, path, engine="rtl"):
        """Writes the table and the timeline of a run on a random input as an HTML page."""
        self._infer("--engine", engine, "--report", path)

    def _infer(self, *options):
        result = Path(self._folder.name) / "result.json"
        try:
            call(["infer", self._file, *self._chip, *options, "--json", result])
        except Error as error:
            # The caller knows nothing of the file.
            message = str(error).replace(str(self._file), "the model")
            raise Error(message, error.exit_code) from None
        return json.loads(result.read_text())


def _setting(value):
    return str(value).lower() if isinstance(value, bool) else value


def _bytes(model, example):
    """The file that a model is, or becomes."""
    if isinstance(model, (bytes, bytearray)):
        return bytes(model)
    if isinstance(model, (str, Path)):
        return Path(model).read_bytes()
    if hasattr(model, "SerializeToString"):
        return model.SerializeToString()
    if hasattr(model, "state_dict"):
        return _exported(model, example)
    kind = type(model).__name__
    raise TypeError(f"{kind} is no path, no bytes, no onnx.ModelProto and no torch.nn.Module")


def _exported(module, example):
    """A torch module as ONNX."""
    if example is None:
        raise TypeError("a torch module needs an `example` input to be exported with")
    import torch

    with tempfile.TemporaryDirectory(prefix="pysystole-") as folder:
        path = Path(folder) / "model.onnx"
        arguments = example if isinstance(example, tuple) else (example,)
        torch.onnx.export(module, arguments, str(path), dynamo=True, external_data=False)
        return path.read_bytes()
