//! A network's layers and its timeline as a page that needs nothing else: no network, no script.

use askama::Template;
use systole_compiler::network::estimate;
use systole_isa::Unit;

use super::{Costs, HostStep, LayerInfo, Model, Planned, utilisation};
use crate::coverage::report::grouped;

/// Cycles of a pixel, if the page does not get too narrow or too wide by it.
const CYCLES_PER_PIXEL: u64 = 20;
const NARROWEST: u64 = 1100;
const WIDEST: u64 = 12_000;
/// Pixels left of the first cycle, for the units' names.
const MARGIN: f64 = 50.0;
/// Pixels between the numbers on the time axis, at least.
const TICK_PIXELS: u64 = 120;

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

/// The page.
pub fn page(subject: Subject, model: &Model, planned: &Planned, costs: &Costs) -> String {
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
        timeline: timeline(planned),
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
    timeline: Timeline,
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

struct Timeline {
    width: u64,
    ticks: Vec<Tick>,
    lanes: Vec<Lane>,
}

struct Tick {
    x: String,
    label: String,
}

struct Lane {
    name: &'static str,
    y: u32,
    spans: Vec<Span>,
}

struct Span {
    class: &'static str,
    x: String,
    width: String,
    title: String,
}

fn timeline(planned: &Planned) -> Timeline {
    let descriptors = &planned.program.descriptors;
    let expected = estimate(&planned.shape, descriptors);
    let width = (expected.total / CYCLES_PER_PIXEL).clamp(NARROWEST, WIDEST);
    let scale = (width as f64 - MARGIN) / expected.total.max(1) as f64;
    let lane = |(index, unit): (usize, Unit)| {
        let spans = descriptors.iter().zip(&expected.spans).enumerate();
        let of_unit = spans.filter(|(_, (descriptor, _))| descriptor.unit() == Some(unit));
        let span =
            |(index, (descriptor, &(start, end))): (usize, (&systole_isa::Descriptor, _))| {
                let (layer, name) = layer_of(&planned.layers, index);
                Span {
                    class: if layer % 2 == 0 { "even" } else { "odd" },
                    x: format!("{:.1}", MARGIN + start as f64 * scale),
                    width: format!("{:.1}", ((end - start) as f64 * scale).max(0.3)),
                    title: format!("{name}\ncycles {start} to {end}\n{index}: {descriptor}"),
                }
            };
        let name = ["LOAD", "EXEC", "STORE"][unit as usize];
        Lane { name, y: 24 + 34 * index as u32, spans: of_unit.map(span).collect() }
    };
    let lanes = Unit::ALL.into_iter().enumerate().map(lane).collect();
    let step = step(expected.total * TICK_PIXELS / width);
    let tick = |cycle: u64| Tick {
        x: format!("{:.1}", MARGIN + cycle as f64 * scale),
        label: grouped(cycle),
    };
    let ticks = (0..=expected.total / step).map(|i| tick(i * step)).collect();
    Timeline { width, ticks, lanes }
}

/// Number and name of the layer in whose part of the list a descriptor stands.
fn layer_of(layers: &[LayerInfo], descriptor: usize) -> (usize, &str) {
    let found = layers.iter().position(|layer| descriptor <= layer.last).unwrap_or(0);
    (found, layers.get(found).map_or("", |layer| &layer.name))
}

/// 1, 2 or 5 times a power of ten, at least `least`.
fn step(least: u64) -> u64 {
    let steps = (0..18).flat_map(|power| [1, 2, 5].map(|n| n * 10u64.pow(power)));
    steps.into_iter().find(|&step| step >= least).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use systole_chip::ChipConfig;

    use super::{Subject, page, step};
    use crate::infer::{Costs, Model, Planned};

    #[test]
    fn ticks_are_round_numbers() {
        assert_eq!([0, 1, 3, 11, 60].map(step), [1, 1, 5, 20, 100]);
    }

    #[test]
    fn the_page_has_every_layer_and_descriptor_and_needs_no_other_file() {
        let onnx = include_bytes!("../../../../sw/models/digits/cnn_qop_s8s8_pc.onnx");
        let model = Model::read(onnx).expect("the model is supported");
        let config = ChipConfig::preset("edge").expect("a preset");
        let planned = Planned::new(&model.network, &config).expect("it fits");
        let subject = Subject { model: "<m>.onnx", chip: "edge", engine: "golden" };
        let html = page(subject, &model, &planned, &Costs::predicted(&planned));
        for layer in &planned.layers {
            assert!(html.contains(&format!("<td>{}</td>", layer.name)), "{}", layer.name);
        }
        assert_eq!(html.matches("<rect ").count(), planned.program.descriptors.len());
        assert!(html.contains("&#60;m&#62;.onnx") && !html.contains("<m>"));
        assert!(!html.contains("http:") && !html.contains("https:") && !html.contains("src="));
    }
}
