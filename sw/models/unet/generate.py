"""Writes a small quantised network with operators that move numbers, and what ONNX Runtime gives for it.

An encoder with an inception block, a decoder with a skip connection (a U-Net in small): Concat of
maps of several scales, Slice, Pad, Resize, AveragePool, LeakyRelu, HardSwish and requantisation, in
QDQ form, uint8 at both ends. Weights and inputs are random; scales come from a run in float.

    pip install onnx==1.22.0 onnxruntime numpy
    python sw/models/unet/generate.py
"""

import pathlib

import numpy as np
import onnxruntime
from onnx import TensorProto, checker, helper, numpy_helper

FOLDER = pathlib.Path(__file__).parent
IMAGES = 8
SIDE = 16
CALIBRATION = 32
# An average of codes has to be so far from a tie, in steps, that float roundings cannot decide.
TIE = 2.5e-4


class Network:
    """The network in float, whose tensors that are quantised are known by name."""

    def __init__(self):
        self.random = np.random.default_rng(16)
        self.nodes, self.constants, self.quantised = [], {}, ["x"]
        self.averages = {}

    def constant(self, name, values):
        self.constants[name] = np.asarray(values)
        return name

    def node(self, operator, inputs, output, **attributes):
        self.nodes.append((operator, inputs, output, attributes))
        self.quantised.append(output)
        return output

    def convolution(self, x, name, channels, seen, kernel):
        spread = 1 / (seen * kernel * kernel) ** 0.5
        weights = self.random.normal(0, spread, (channels, seen, kernel, kernel))
        weights *= self.random.uniform(0.5, 1.5, (channels, 1, 1, 1))
        self.constant(f"{name}_w", weights.astype(np.float32))
        self.constant(f"{name}_b", self.random.normal(0, 0.2, channels).astype(np.float32))
        pads = [kernel // 2] * 4
        return self.node("Conv", [x, f"{name}_w", f"{name}_b"], name, pads=pads)

    def build(self):
        integers = lambda name, values: self.constant(name, np.array(values, np.int64))
        first = self.node("Relu", [self.convolution("x", "c1", 12, 3, 3)], "r1")
        half = self.node("MaxPool", [first], "m1", kernel_shape=[2, 2], strides=[2, 2])
        deep = self.node("LeakyRelu", [self.convolution(half, "c2", 20, 12, 3)], "l2", alpha=0.1)
        # Three branches, of which one takes some channels as they are.
        a = self.convolution(deep, "a", 10, 20, 1)
        average = self.node(
            "AveragePool", [deep], "p", kernel_shape=[3, 3], pads=[1] * 4, count_include_pad=1
        )
        self.averages[average] = (deep, 9)
        b = self.convolution(average, "b", 6, 20, 1)
        ends = [integers("from", [3]), integers("to", [17]), integers("axis", [1])]
        c = self.node("Slice", [deep, *ends], "s")
        block = self.node("Concat", [a, b, c], "k", axis=1)
        large = self.node(
            "Resize", [block, "", self.constant("scales", np.float32([1, 1, 2, 2]))], "u",
            mode="nearest", coordinate_transformation_mode="asymmetric", nearest_mode="floor",
        )
        # The skip connection without the border, which comes back as zeros.
        ends = [integers("from2", [1, 1]), integers("to2", [-1, -1]), integers("axis2", [2, 3])]
        inner = self.node("Slice", [first, *ends], "i")
        skip = self.node("Pad", [inner, integers("pads", [0, 0, 1, 1, 0, 0, 1, 1])], "z")
        both = self.node("Concat", [large, skip], "j", axis=1)
        wide = self.node("HardSwish", [self.convolution(both, "c3", 8, 42, 3)], "h")
        return self.convolution(wide, "y", 5, 8, 1)

    def model(self, nodes, constants, element, shape, output):
        x = helper.make_tensor_value_info("x", element, shape)
        y = helper.make_tensor_value_info(output, element, [shape[0], 5, SIDE, SIDE])
        constants = [numpy_helper.from_array(v, name) for name, v in constants.items()]
        graph = helper.make_graph(nodes, "unet", [x], [y], constants)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
        return model

    def ranges(self):
        """Least and largest number of each tensor, over random inputs."""
        nodes = [helper.make_node(op, i, [o], name=o, **a) for op, i, o, a in self.nodes]
        model = self.model(nodes, self.constants, TensorProto.FLOAT, [1, 3, SIDE, SIDE], "y")
        names = self.quantised[1:]
        del model.graph.output[:]
        model.graph.output.extend(
            helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in names
        )
        session = onnxruntime.InferenceSession(model.SerializeToString())
        low, high = {"x": -1.0}, {"x": 1.0}
        for _ in range(CALIBRATION):
            x = self.random.uniform(-1, 1, (1, 3, SIDE, SIDE)).astype(np.float32)
            for name, value in zip(names, session.run(None, {"x": x})):
                low[name] = min(low.get(name, 0.0), float(value.min()))
                high[name] = max(high.get(name, 0.0), float(value.max()))
        return low, high


# What is moved keeps its scale.
SAME = {"m1": "r1", "s": "l2", "u": "k", "i": "r1", "z": "r1"}


def scales(network):
    low, high = network.ranges()
    found = {}
    for name in network.quantised:
        if name in SAME:
            found[name] = found[SAME[name]]
            continue
        scale = np.float32((high[name] - low[name]) / 255)
        found[name] = (scale, int(round(-low[name] / float(scale))))
        if name in network.averages:
            of, pixels = network.averages[name]
            sums = np.arange(-255 * pixels, 255 * pixels + 1) * float(found[of][0]) / pixels
            while True:
                steps = sums / float(scale)
                near = np.abs(steps - np.floor(steps) - 0.5)[np.abs(steps) < 256]
                if near.min() > TIE:
                    break
                scale = np.float32(scale * np.float32(1.0007))
            found[name] = (scale, found[name][1])
    return found


def quantised(network):
    """The network with quantisation and dequantisation behind every tensor."""
    found = scales(network)
    nodes, constants = [], {}

    def ends(name):
        scale, zero = found[name]
        constants[f"{name}_scale"] = scale
        constants[f"{name}_zero"] = np.uint8(zero)
        return [f"{name}_scale", f"{name}_zero"]

    def add(operator, inputs, output, **attributes):
        nodes.append(helper.make_node(operator, inputs, [output], name=output, **attributes))

    add("DequantizeLinear", ["x", *ends("x")], "x_real")
    for operator, inputs, output, attributes in network.nodes:
        real = [f"{name}_real" if name in found else name for name in inputs]
        if operator == "Conv":
            x, w, b = inputs
            weights = network.constants[w]
            scale = (np.abs(weights).max((1, 2, 3)) / 127).astype(np.float32)
            codes = np.rint(weights / scale[:, None, None, None]).astype(np.int8)
            sums = (scale * found[x][0]).astype(np.float32)
            bias = np.rint(network.constants[b] / sums).astype(np.int32)
            zeros = np.zeros(len(scale), np.int8)
            constants |= {w: codes, f"{w}_scale": scale, f"{w}_zero": zeros}
            constants |= {b: bias, f"{b}_scale": sums, f"{b}_zero": zeros.astype(np.int32)}
            for name in (w, b):
                quantisation = [name, f"{name}_scale", f"{name}_zero"]
                add("DequantizeLinear", quantisation, f"{name}_real", axis=0)
            real[1:] = [f"{w}_real", f"{b}_real"]
        else:
            constants |= {name: network.constants[name] for name in inputs if name in network.constants}
        add(operator, real, f"{output}_float", **attributes)
        add("QuantizeLinear", [f"{output}_float", *ends(output)], output)
        if output != "y":
            add("DequantizeLinear", [output, *ends(output)], f"{output}_real")
    return network.model(nodes, constants, TensorProto.UINT8, ["batch", 3, SIDE, SIDE], "y")


def main():
    network = Network()
    network.build()
    model = quantised(network)
    checker.check_model(model, full_check=True)
    bytes_of_model = model.SerializeToString()
    (FOLDER / "unet.onnx").write_bytes(bytes_of_model)
    options = onnxruntime.SessionOptions()
    # Otherwise sums of uint8 and int8 saturate on some processors.
    options.add_session_config_entry("session.x64quantprecision", "1")
    session = onnxruntime.InferenceSession(bytes_of_model, options)
    x = np.random.default_rng(17).integers(0, 256, (IMAGES, 3, SIDE, SIDE), dtype=np.uint8)
    y = np.concatenate([session.run(None, {"x": image[None]})[0] for image in x])
    (FOLDER / "x.u8").write_bytes(x.tobytes())
    (FOLDER / "y.u8").write_bytes(y.tobytes())


if __name__ == "__main__":
    main()
