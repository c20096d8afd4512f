//! Any bytes as a model, ONNX or TensorFlow Lite: an error, or a network that is consistent.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Ok(network) = systole_import::read(data) {
        network.check().expect("what is read is consistent");
    }
});
