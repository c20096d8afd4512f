"""Trains a small network on handwritten digits, quantises it, and runs it on the RTL of a chip.

    pip install './sw/pysystole[examples]'
    python sw/pysystole/examples/digits.py

Every step is one a user would take with a network of their own: PyTorch, ONNX export, ONNX Runtime's
static quantisation, pysystole.
"""

import tempfile
from pathlib import Path

import numpy as np
import onnxruntime
import torch
from onnxruntime.quantization import CalibrationDataReader, QuantType, quantize_static
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn

import pysystole

EPOCHS = 30
RTL_IMAGES = 20


# %% The data: 8 x 8 pixels, 0 to 16.
images, labels = load_digits(return_X_y=True)
images = (images / 16).astype(np.float32).reshape(-1, 1, 8, 8)
train_x, test_x, train_y, test_y = train_test_split(images, labels, test_size=0.25, random_state=0)

# %% The network: two convolutions, a pool, a dense layer.
torch.manual_seed(0)
network = nn.Sequential(
    nn.Conv2d(1, 16, 3, padding=1),
    nn.ReLU(),
    nn.Conv2d(16, 32, 3, padding=1),
    nn.ReLU(),
    nn.MaxPool2d(2),
    nn.Flatten(),
    nn.Linear(32 * 4 * 4, 10),
)
optimiser = torch.optim.Adam(network.parameters(), lr=2e-3)
inputs, targets = torch.from_numpy(train_x), torch.from_numpy(train_y)
for _ in range(EPOCHS):
    for batch in torch.randperm(len(inputs)).split(64):
        optimiser.zero_grad()
        nn.functional.cross_entropy(network(inputs[batch]), targets[batch]).backward()
        optimiser.step()
network.eval()


# %% Export and quantise.
class Calibration(CalibrationDataReader):
    """256 training images, one at a time."""

    def __init__(self):
        self.left = iter(train_x[:256])

    def get_next(self):
        image = next(self.left, None)
        return None if image is None else {"x": image[np.newaxis]}


folder = Path(tempfile.mkdtemp(prefix="digits-"))
torch.onnx.export(
    network,
    (torch.from_numpy(test_x[:1]),),
    str(folder / "float.onnx"),
    input_names=["x"],
    dynamo=True,
    external_data=False,
)
quantize_static(
    folder / "float.onnx",
    folder / "int8.onnx",
    Calibration(),
    activation_type=QuantType.QInt8,
    weight_type=QuantType.QInt8,
    per_channel=True,
)

# %% Run it: all images on the model of the chip, some on its RTL.
model = pysystole.compile(folder / "int8.onnx")
golden = model.run(test_x, engine="golden")
rtl = model.run(test_x[:RTL_IMAGES], engine="rtl")
assert np.array_equal(rtl, golden[:RTL_IMAGES])

session = onnxruntime.InferenceSession(folder / "int8.onnx", providers=["CPUExecutionProvider"])
reference = np.concatenate([session.run(None, {"x": x[np.newaxis]})[0] for x in test_x])
differ = int((reference != golden).sum())


def accuracy(outputs):
    return (outputs.argmax(axis=1) == test_y).mean()


with torch.no_grad():
    floats = network(torch.from_numpy(test_x)).numpy()
print(model.report())
print()
print(f"accuracy in float       {accuracy(floats):.4f}")
print(f"accuracy on the chip    {accuracy(golden):.4f}, {len(test_x)} images")
print(f"ONNX Runtime            {accuracy(reference):.4f}, {differ} of {golden.size} outputs differ")
print(f"cycles an image         {model.report().cycles:,}")
