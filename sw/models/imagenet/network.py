"""Quantised networks that grow layer by layer, with random weights.

Weights are drawn from a fixed seed, and scales are chosen so that activations fill int8.
"""

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
        self.ends("x")

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

    def convolution(self, name, of, channels, kernel, stride, relu, group=1):
        """`group` is 1, or the number of channels: depthwise."""
        seen, pad = self.channels[of] // group, kernel // 2
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
            kernel_shape=[kernel] * 2,
            strides=[stride] * 2,
            pads=[pad] * 4,
            dilations=[1, 1],
            group=group,
        )
        self.nodes.append(helper.make_node("QLinearConv", inputs, [name], name, **attributes))
        return name

    def add(self, name, a, b, relu):
        ends = self.made(name, self.channels[a], self.side[a], relu)
        inputs = self.inputs(a) + self.inputs(b) + ends
        self.nodes.append(helper.make_node("QLinearAdd", inputs, [name], name, domain="com.microsoft"))
        return name

    def max_pool(self, name, of):
        """3 x 3, stride 2."""
        attributes = dict(kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1])
        self.nodes.append(helper.make_node("MaxPool", [of], [name], name, **attributes))
        self.channels[name], self.side[name] = self.channels[of], (self.side[of] - 1) // 2 + 1
        self.scales[name], self.spread[name] = self.scales[of], self.spread[of]
        self.ends(name)
        return name

    def classify(self, of, classes):
        """The mean of each channel, and a score for each class."""
        channels = self.channels[of]
        inputs = self.inputs(of) + self.made("mean", channels, 1, True)
        attributes = dict(domain="com.microsoft", channels_last=0)
        pool = helper.make_node("QLinearGlobalAveragePool", inputs, ["mean"], "mean", **attributes)
        flatten = helper.make_node("Flatten", ["mean"], ["features"], "features", axis=1)
        weights = self.random.integers(-127, 128, (classes, channels), dtype=np.int8)
        factor = SPREAD / (channels**0.5 * WEIGHT_SPREAD * self.spread["mean"])
        ends = self.made("logits", classes, 1, False)
        inputs = ["features", "mean_scale", "mean_zero"]
        inputs += [self.constant("fc_w", weights), self.constant("fc_scale", np.float32(factor))]
        inputs += [self.constant("fc_zero", np.int8(0))]
        inputs += [self.constant("fc_b", np.zeros(classes, np.int32))] + ends
        attributes = dict(domain="com.microsoft", alpha=1.0, transA=0, transB=1)
        gemm = helper.make_node("QGemm", inputs, ["logits"], "fc", **attributes)
        self.nodes += [pool, flatten, gemm]

    def save(self, name, path):
        side = self.side["x"]
        graph = helper.make_graph(
            self.nodes,
            name,
            [helper.make_tensor_value_info("x", TensorProto.INT8, [1, 3, side, side])],
            [helper.make_tensor_value_info("logits", TensorProto.INT8, [1, self.channels["logits"]])],
            self.constants,
        )
        opsets = [helper.make_opsetid("", 18), helper.make_opsetid("com.microsoft", 1)]
        model = helper.make_model(graph, opset_imports=opsets, ir_version=10)
        checker.check_model(model)
        save(model, path)
