"""Writes quantised networks with the layers of well-known ones, for 224 x 224 pixels and 1,000
classes, and random weights.

What a network takes on the chip depends on its shapes, not on what it has learnt. The files have up
to 26 MB, so they are made where they are needed:

    pip install onnx==1.22.0 numpy
    python sw/models/imagenet/generate.py resnet50 resnet50.onnx
    systole infer resnet50.onnx --preset apex
"""

import sys

from network import Network


def resnet50(network):
    """Deep Residual Learning for Image Recognition (2015); version 1.5: strides in the 3 x 3."""
    of = network.max_pool("pool", network.convolution("stem", "x", 64, 7, 2, True))
    for stage, (blocks, width) in enumerate([(3, 64), (4, 128), (6, 256), (3, 512)]):
        for block in range(blocks):
            stride = 2 if stage > 0 and block == 0 else 1
            of = bottleneck(network, f"s{stage + 2}b{block}", of, width, stride)
    return of


def bottleneck(network, name, of, width, stride):
    a = network.convolution(f"{name}_a", of, width, 1, 1, True)
    b = network.convolution(f"{name}_b", a, width, 3, stride, True)
    c = network.convolution(f"{name}_c", b, 4 * width, 1, 1, False)
    if network.channels[of] != 4 * width:
        of = network.convolution(f"{name}_d", of, 4 * width, 1, stride, False)
    return network.add(f"{name}_add", of, c, True)


def mobilenet_v2(network):
    """MobileNetV2: Inverted Residuals and Linear Bottlenecks (2018), table 2."""
    of = network.convolution("stem", "x", 32, 3, 2, True)
    rows = [(1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2)]
    rows += [(6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1)]
    for stage, (expansion, channels, blocks, stride) in enumerate(rows):
        for block in range(blocks):
            name = f"s{stage + 1}b{block}"
            of = inverted(network, name, of, (expansion, channels), stride if block == 0 else 1)
    return network.convolution("head", of, 1280, 1, 1, True)


def inverted(network, name, of, sizes, stride):
    expansion, channels = sizes
    seen = network.channels[of]
    width = expansion * seen
    wide = of
    if expansion > 1:
        wide = network.convolution(f"{name}_expand", of, width, 1, 1, True)
    depth = network.convolution(f"{name}_depth", wide, width, 3, stride, True, group=width)
    thin = network.convolution(f"{name}_project", depth, channels, 1, 1, False)
    if stride == 1 and channels == seen:
        return network.add(f"{name}_add", of, thin, False)
    return thin


NETWORKS = {"resnet50": resnet50, "mobilenet_v2": mobilenet_v2}


def main():
    if len(sys.argv) not in (3, 4) or sys.argv[1] not in NETWORKS:
        sys.exit(f"usage: generate.py {'|'.join(NETWORKS)} OUTPUT.onnx [SIDE]")
    network = Network(int(sys.argv[3]) if len(sys.argv) == 4 else 224)
    network.classify(NETWORKS[sys.argv[1]](network), 1000)
    network.save(sys.argv[1], sys.argv[2])


if __name__ == "__main__":
    main()
