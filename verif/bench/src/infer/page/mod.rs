//! A network's layers, when they ran and what lay in the memories, as a page that needs nothing else:
//! no network, no other file.

mod rows;
mod units;

use askama::Template;
use serde::Serialize;
use systole_compiler::network::Network;

use super::costs::{Part, parts};
use super::{Costs, HostStep, LayerInfo, Model, Planned, Timing, utilisation};
use crate::coverage::report::grouped;
use rows::Rows;
use units::Units;

/// What the page shows beside layers and costs.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// Name of the model's file.
    pub model: &'a str,
    /// Name of the chip.
    pub chip: &'a str,
    /// What ran it, in words.
    pub engine: &'a str,
}

/// The page. `timing` is when the descriptors ran on the RTL; without it the charts show what the
/// planner expects.
pub fn page(
    subject: Subject,
    model: &Model,
    (planned, costs): (&Planned, &Costs),
    timing: Option<&Timing>,
) -> String {
    let expected = timing.is_none().then(|| Timing::expected(planned));
    let charts = timing.or(expected.as_ref());
    let charts = charts.map(|timing| Charts::new(&model.network, planned, timing));
    let steps = model.host_steps();
    let (before, behind) = steps.into_iter().partition(|step| step.at == "input");
    let dim = planned.shape.dim;
    let macs = model.network.macs();
    let share = utilisation(macs, costs.cycles.unwrap_or(costs.predicted), dim);
    let rows = planned.layers.iter().zip(&costs.layers).map(|(layer, cost)| {
        let share = utilisation(layer.macs, cost.cycles.unwrap_or(cost.predicted), dim);
        let size = layer.shape;
        Row {
            name: layer.name.clone(),
            operation: layer.operation.clone(),
            size: format!("{}x{}x{}", size.height, size.width, size.channels),
            macs: grouped(layer.macs),
            cycles: cost.cycles.map(grouped),
            predicted: grouped(cost.predicted),
            used: format!("{:.1}", 100.0 * share),
            bar: (100.0 * share).min(100.0).round() as u32,
            limit: cost.limit.name(),
        }
    });
    let page = Page {
        model: subject.model,
        chip: subject.chip,
        engine: subject.engine,
        dim,
        total: Total {
            macs: grouped(macs),
            cycles: costs.cycles.map(grouped),
            predicted: grouped(costs.predicted),
            used: format!("{:.1}", 100.0 * share),
        },
        before,
        rows: rows.collect(),
        behind,
        is_measured: timing.is_some(),
        each: charts.as_ref().map_or(1, |charts| charts.units.each),
        step: charts.as_ref().map_or(1, |charts| charts.rows.step),
        charts: charts.map(|charts| charts.json()).unwrap_or_default(),
    };
    // Writing to a string cannot fail.
    page.render().unwrap_or_default()
}

#[derive(Template)]
#[template(path = "infer/page.html")]
struct Page<'a> {
    model: &'a str,
    chip: &'a str,
    engine: &'a str,
    dim: u32,
    total: Total,
    before: Vec<HostStep>,
    rows: Vec<Row>,
    behind: Vec<HostStep>,
    /// Whether the charts show what was measured on the RTL.
    is_measured: bool,
    /// Descriptors that share a box at most.
    each: usize,
    /// Clock cycles to which times in the memory map are rounded.
    step: u64,
    /// What the charts draw, as JSON.
    charts: String,
}

struct Total {
    macs: String,
    cycles: Option<String>,
    predicted: String,
    used: String,
}

struct Row {
    name: String,
    operation: String,
    size: String,
    macs: String,
    cycles: Option<String>,
    predicted: String,
    used: String,
    /// Per cent of the meter.
    bar: u32,
    limit: &'static str,
}

/// What the charts draw.
#[derive(Serialize)]
struct Charts {
    cycles: u64,
    layers: Vec<LayerPart>,
    names: [&'static str; 3],
    units: Units,
    rows: Rows,
}

/// A layer in the charts.
#[derive(Serialize)]
struct LayerPart {
    name: String,
    operation: String,
    /// Begin of its first EXEC or STORE, end of the layer in front of it, its own end.
    start: u64,
    from: u64,
    until: u64,
}

impl Charts {
    fn new(network: &Network, planned: &Planned, timing: &Timing) -> Self {
        let parts = planned.layers.iter().zip(parts(planned, timing));
        let layer = |(layer, part): (&LayerInfo, Part)| LayerPart {
            name: layer.name.clone(),
            operation: layer.operation.clone(),
            start: part.start,
            from: part.window.start,
            until: part.window.end,
        };
        Self {
            cycles: timing.cycles,
            layers: parts.map(layer).collect(),
            names: units::names(),
            units: units::units(planned, timing),
            rows: rows::rows(network, planned, timing),
        }
    }

    /// As JSON within a page: no tag ends in it.
    fn json(&self) -> String {
        // Writing to a string cannot fail, and every key is one.
        serde_json::to_string(self).unwrap_or_default().replace('<', "\\u003c")
    }
}

#[cfg(test)]
mod tests {
    use systole_chip::ChipConfig;

    use super::{Subject, page};
    use crate::infer::{Costs, Model, Planned};

    #[test]
    fn the_page_has_every_layer_and_descriptor_and_needs_no_other_file() {
        let onnx = include_bytes!("../../../../../sw/models/digits/cnn_qop_s8s8_pc.onnx");
        let model = Model::read(onnx).expect("the model is supported");
        let config = ChipConfig::preset("edge").expect("a preset");
        let planned = Planned::new(&model.network, &config).expect("it fits");
        let subject = Subject { model: "<m>.onnx", chip: "edge", engine: "golden" };
        let html = page(subject, &model, (&planned, &Costs::predicted(&planned)), None);
        for layer in &planned.layers {
            assert!(html.contains(&format!("<td>{}</td>", layer.name)), "{}", layer.name);
        }
        for descriptor in &planned.program.descriptors {
            let text = descriptor.to_string();
            assert!(html.contains(&format!("\"{text}\"")), "{text}");
        }
        for name in ["scratchpad", "accumulators", "parameter memory"] {
            assert!(html.contains(&format!("\"name\":\"{name}\"")), "{name}");
        }
        assert!(html.contains("&#60;m&#62;.onnx") && !html.contains("<m>"));
        assert!(!html.contains("http:") && !html.contains("https:") && !html.contains("src="));
    }
}
