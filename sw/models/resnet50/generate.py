"""Writes a quantised network with the layers of ResNet-50 (v1.5, 224 x 224) and random weights.

What a network of this size takes on the chip depends on its shapes, not on what it has learnt. Its
weights are drawn from a fixed seed, and scales are chosen so that activations fill int8. The file
has 26 MB, so it is made where it is needed:

    pip install onnx==1.22.0 numpy
    python sw/models/resnet50/generate.py resnet50.onnx
    systole infer resnet50.onnx --preset apex
"""

import sys

import numpy as np
from onnx import TensorProto, checker, helper, numpy_helper, save

# Standard deviation of a layer's results, in steps of their scale.
SPREAD = 40
WEIGHT_SPREAD = 127 / 3**0.5


class Network:
    def __init__(self, side):
        self.random = np.random.default_rng(50)
        self.nodes, self.constants = [], []
        self.value = "x"
        self.scales = {"x": (1.0, 0)}
        # Root mean square of a tensor's codes less their zero point.
        self.spread = {"x": 127 / 3**0.5}
        self.channels = {"x": 3}
        self.side = {"x": side}

    def constant(self, name, values):
        self.constants.append(numpy_helper.from_array(np.asarray(values), name))
        return name

    def ends(self, name):
        """The scale and zero point of a tensor, as inputs of a node."""
        scale, zero = self.scales[name]
        return [
            self.constant(f"{name}_scale", np.float32(scale)),
            self.constant(f"{name}_zero", np.int8(zero)),
        ]

    def inputs(self, name):
        return [name, f"{name}_scale", f"{name}_zero"]

    def made(self, name, channels, side, relu):
        """A new tensor; after a ReLU its zero point is the lowest code."""
        self.channels[name], self.side[name] = channels, side
        self.scales[name] = (1.0, -128 if relu else int(self.random.integers(-20, 20)))
        self.spread[name] = SPREAD / 2**0.5 if relu else SPREAD
        return self.ends(name)

    def convolution(self, name, of, channels, kernel, stride, relu):
        seen, pad = self.channels[of], kernel // 2
        side = (self.side[of] + 2 * pad - kernel) // stride + 1
        shape = (channels, seen, kernel, kernel)
        weights = self.random.integers(-127, 128, shape, dtype=np.int8)
        products = seen * kernel * kernel
        factor = SPREAD / (products**0.5 * WEIGHT_SPREAD * self.spread[of])
        factors = factor * self.random.uniform(0.7, 1.4, channels)
        bias = self.random.normal(0, SPREAD / 4, channels) / factors
        parameters = [
            self.constant(f"{name}_w", weights),
            self.constant(f"{name}_w_scale", factors.astype(np.float32)),
            self.constant(f"{name}_w_zero", np.zeros(channels, np.int8)),
        ]
        ends = self.made(name, channels, side, relu)
        bias = self.constant(f"{name}_b", bias.astype(np.int32))
        inputs = self.inputs(of) + parameters + ends + [bias]
        attributes = dict(
            kernel_shape=[kernel] * 2, strides=[stride] * 2, pads=[pad] * 4, dilations=[1, 1], group=1
        )
        self.nodes.append(helper.make_node("QLinearConv", inputs, [name], name, **attributes))
        return name

    def add(self, name, a, b):
        ends = self.made(name, self.channels[a], self.side[a], True)
        inputs = self.inputs(a) + self.inputs(b) + ends
        self.nodes.append(helper.make_node("QLinearAdd", inputs, [name], name, domain="com.microsoft"))
        return name

    def bottleneck(self, name, of, width, stride):
        a = self.convolution(f"{name}_a", of, width, 1, 1, True)
        b = self.convolution(f"{name}_b", a, width, 3, stride, True)
        c = self.convolution(f"{name}_c", b, 4 * width, 1, 1, False)
        if self.channels[of] != 4 * width:
            of = self.convolution(f"{name}_d", of, 4 * width, 1, stride, False)
        return self.add(f"{name}_add", of, c)

    def model(self):
        self.ends("x")
        stem = self.convolution("stem", "x", 64, 7, 2, True)
        side = (self.side[stem] - 1) // 2 + 1
        pool = "pool"
        attributes = dict(kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1])
        self.nodes.append(helper.make_node("MaxPool", [stem], [pool], pool, **attributes))
        self.channels[pool], self.side[pool] = 64, side
        self.scales[pool], self.spread[pool] = self.scales[stem], self.spread[stem]
        self.ends(pool)
        of = pool
        for stage, (blocks, width) in enumerate([(3, 64), (4, 128), (6, 256), (3, 512)]):
            for block in range(blocks):
                stride = 2 if stage > 0 and block == 0 else 1
                of = self.bottleneck(f"s{stage + 2}b{block}", of, width, stride)
        ends = self.made("mean", self.channels[of], 1, True)
        inputs = self.inputs(of) + ends
        node = helper.make_node(
            "QLinearGlobalAveragePool", inputs, ["mean"], "mean", domain="com.microsoft", channels_last=0
        )
        self.nodes.append(node)
        self.nodes.append(helper.make_node("Flatten", ["mean"], ["features"], "features", axis=1))
        weights = self.random.integers(-127, 128, (1000, self.channels[of]), dtype=np.int8)
        factor = SPREAD / (self.channels[of] ** 0.5 * WEIGHT_SPREAD * self.spread["mean"])
        ends = self.made("logits", 1000, 1, False)
        inputs = ["features", "mean_scale", "mean_zero"]
        inputs += [self.constant("fc_w", weights), self.constant("fc_scale", np.float32(factor))]
        inputs += [self.constant("fc_zero", np.int8(0))]
        inputs += [self.constant("fc_b", np.zeros(1000, np.int32))] + ends
        attributes = dict(alpha=1.0, transA=0, transB=1)
        self.nodes.append(
            helper.make_node("QGemm", inputs, ["logits"], "fc", domain="com.microsoft", **attributes)
        )
        side = self.side["x"]
        graph = helper.make_graph(
            self.nodes,
            "resnet50",
            [helper.make_tensor_value_info("x", TensorProto.INT8, [1, 3, side, side])],
            [helper.make_tensor_value_info("logits", TensorProto.INT8, [1, 1000])],
            self.constants,
        )
        opsets = [helper.make_opsetid("", 18), helper.make_opsetid("com.microsoft", 1)]
        return helper.make_model(graph, opset_imports=opsets, ir_version=10)


def main():
    if len(sys.argv) not in (2, 3):
        sys.exit("usage: generate.py OUTPUT.onnx [SIDE]")
    model = Network(int(sys.argv[2]) if len(sys.argv) == 3 else 224).model()
    checker.check_model(model)
    save(model, sys.argv[1])


if __name__ == "__main__":
    main()
