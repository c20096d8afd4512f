//! The result as JSON; `docs/cli.md` explains the keys.

use serde_json::{Value, json};
use systole_verif::infer::{Array, Cost, LayerInfo, Numbers, utilisation};

use super::Case;
use super::inputs::Inputs;
use super::run::Outcome;
use super::verify::{Runtime, Verified};

/// The result of a run, or of a check if nothing was run.
pub fn result(case: &Case, run: Option<(&Inputs, &Outcome)>) -> Value {
    let dim = case.planned.shape.dim;
    let macs = case.model.network.macs();
    let (cycles, predicted) = (case.costs.cycles, case.costs.predicted);
    let layers = case.planned.layers.iter().zip(&case.costs.layers).enumerate();
    let (inputs, outcome) = run.unzip();
    let failure = outcome.and_then(|outcome| outcome.failure.as_ref());
    json!({
        "model": case.file.display().to_string(),
        "engine": run.map(|_| case.engine.name()),
        "preset": case.chip.name,
        "dim": dim,
        "input": inputs.map(|inputs| inputs.source.clone()),
        "input_shape": case.model.input_shape(),
        "input_type": case.model.input_element().name(),
        "output_shape": case.model.output_shape(),
        "output_type": case.model.output_element().name(),
        "images": outcome.map(|outcome| outcome.outputs.shape[0]),
        "macs": macs,
        "cycles": cycles,
        "predicted_cycles": predicted,
        "utilisation": utilisation(macs, cycles.unwrap_or(predicted), dim),
        "layers": layers.map(|(id, (info, cost))| layer(id, info, cost, dim)).collect::<Vec<_>>(),
        "host": case.model.host_steps().iter().map(|step| json!({
            "at": step.at, "op": step.operation, "reason": step.reason,
        })).collect::<Vec<_>>(),
        "output": outcome.map(|outcome| images(&outcome.outputs)),
        "verified": outcome.and_then(|outcome| outcome.verified.as_ref()).map(verified),
        "failure": failure.map(|(place, failure)| format!("{place}: {failure}")),
        "seconds": outcome.map(|outcome| outcome.seconds),
    })
}

fn layer(id: usize, info: &LayerInfo, cost: &Cost, dim: u32) -> Value {
    json!({
        "id": id,
        "name": info.name,
        "op": info.operation,
        "shape": [info.shape.height, info.shape.width, info.shape.channels],
        "macs": info.macs,
        "cycles": cost.cycles,
        "start": cost.span.as_ref().map(|span| span.start),
        "end": cost.span.as_ref().map(|span| span.end),
        "predicted_cycles": cost.predicted,
        "utilisation": utilisation(info.macs, cost.cycles.unwrap_or(cost.predicted), dim),
        "limit": cost.limit.name(),
    })
}

/// The numbers of each image.
fn images(outputs: &Array) -> Vec<Value> {
    let length = outputs.numbers.len() / outputs.shape[0].max(1);
    let of = |image: usize| match outputs.numbers.pick(image * length..(image + 1) * length) {
        Numbers::Float32(numbers) => json!(numbers),
        Numbers::Int8(numbers) => json!(numbers),
        Numbers::Uint8(numbers) => json!(numbers),
    };
    (0..outputs.shape[0]).map(of).collect()
}

fn verified(verified: &Verified) -> Value {
    let difference = verified.difference.as_ref().map(|(image, d)| {
        json!({
            "image": image,
            "layer": d.layer,
            "op": d.operation,
            "elements": d.elements,
            "differing": d.differing,
            "first": d.first,
            "found": d.found,
            "expected": d.expected,
        })
    });
    let (version, differing) = match &verified.runtime {
        Runtime::Ran { version, differing, .. } => (Some(version), Some(differing)),
        Runtime::Unasked | Runtime::Absent | Runtime::Refuses(_) => (None, None),
    };
    json!({
        "layers": verified.layers,
        "images": verified.images,
        "difference": difference,
        "unseen": verified.unseen.iter().map(|(layer, _)| layer).collect::<Vec<_>>(),
        "onnxruntime": version,
        "onnxruntime_differing": differing,
    })
}
