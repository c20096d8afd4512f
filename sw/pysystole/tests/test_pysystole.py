"""The package on the digits models of this repository; needs a built `systole` and numpy only."""

from pathlib import Path

import numpy as np
import pytest

import pysystole

MODELS = Path(__file__).resolve().parents[2] / "models"
DIGITS = MODELS / "digits"
MODEL = DIGITS / "cnn_qdq_s8s8_pc.onnx"


def images(count):
    pixels = np.fromfile(DIGITS / "inputs.u8", dtype=np.uint8).reshape(-1, 1, 8, 8)
    return pixels[:count].astype(np.float32) / 16


def logits(count):
    recorded = np.fromfile(DIGITS / "cnn_qdq_s8s8_pc.logits.f32", dtype="<f4").reshape(-1, 10)
    return recorded[:count]


def test_outputs_are_those_of_onnx_runtime():
    model = pysystole.compile(MODEL)
    outputs = model.run(images(50), engine="golden")
    assert outputs.dtype == np.float32
    assert np.array_equal(outputs, logits(50))


def test_the_rtl_gives_the_same_and_says_what_it_takes():
    model = pysystole.compile(MODEL)
    expected = model.report()
    assert all(layer.cycles is None for layer in expected.layers)
    assert np.array_equal(model.run(images(2)), logits(2))
    report = model.report()
    assert report.cycles == sum(layer.cycles for layer in report.layers)
    assert abs(report.cycles - expected.cycles) < 0.1 * expected.cycles
    assert "utilisation" in str(report)


def test_one_image_has_one_output():
    model = pysystole.compile(MODEL.read_bytes())
    assert model.input_shape == (1, 8, 8)
    assert np.array_equal(model.run(images(1)[0], engine="golden"), logits(1)[0])
    assert np.array_equal(model.run(images(1), engine="golden"), logits(1)[0])


def test_a_tensorflow_lite_model_equals_its_onnx_form():
    folder = MODELS / "mlperf-tiny"
    forms = ["kws_ref_model.tflite", "kws_ref_model_qoperator.onnx"]
    both = [pysystole.compile(folder / form) for form in forms]
    x = np.fromfile(folder / "kws_ref_model.x.s8", dtype=np.int8)
    x = x.reshape(64, *both[0].input_shape)[:3]
    first, second = (model.run(x, engine="golden") for model in both)
    assert np.array_equal(first, second)


def test_what_is_no_model_is_an_error_with_the_tools_message():
    with pytest.raises(pysystole.Error) as raised:
        pysystole.compile(b"no model")
    assert raised.value.exit_code == 2
    assert str(raised.value).startswith("error: the model: ")


def test_what_does_not_fit_says_which_chip_would_do():
    with pytest.raises(pysystole.Error) as raised:
        pysystole.compile(MODELS / "mlperf-tiny" / "pretrainedResnet_quant_qoperator.onnx", preset="nano")
    assert raised.value.exit_code == 2


def test_wrong_arguments_are_named():
    model = pysystole.compile(MODEL, settings={"npu.dim": 4, "npu.requantise_lanes": 4})
    with pytest.raises(ValueError, match="engine 'fast'"):
        model.run(images(1), engine="fast")
    with pytest.raises(TypeError, match="int is no path"):
        pysystole.compile(7)
