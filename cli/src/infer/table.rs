//! The table of layers, on the terminal and as CSV.

use systole_verif::infer::{Cost, LayerInfo, utilisation};

use super::Case;
use crate::output::grouped;

/// Longest name of a layer that is printed whole.
const NAME: usize = 30;

/// Prints the table, what the host does, and the totals.
pub fn print(case: &Case) {
    let (model, chip) = (&case.model, &case.chip);
    let dim = case.planned.shape.dim;
    say!(
        "{}: {} {:?} to {} {:?}, on {} ({dim} x {dim})",
        case.file.display(),
        model.input_element(),
        model.input_shape(),
        model.output_element(),
        model.output_shape(),
        chip.name
    );
    let (host, steps) = ("host", model.host_steps());
    let before = steps.iter().filter(|step| step.at == "input");
    let behind = steps.iter().filter(|step| step.at == "output");
    say!("");
    say!(
        "  #   {:<NAME$}  {:<22} {:>11} {:>12} {:>10} {:>10} {:>7}  limit",
        "layer",
        "operation",
        "output",
        "MACs",
        "cycles",
        "predicted",
        "used"
    );
    for step in before {
        say!("  {host} {:<NAME$} {} ({})", step.at, step.operation, step.reason);
    }
    for (index, (layer, cost)) in case.planned.layers.iter().zip(&case.costs.layers).enumerate() {
        say!("{}", row(index, layer, cost, dim));
    }
    for step in behind {
        say!("  {host} {:<NAME$} {} ({})", step.at, step.operation, step.reason);
    }
    let macs = model.network.macs();
    let cycles = case.costs.cycles;
    say!(
        "      {:<NAME$}  {:<22} {:>11} {:>12} {:>10} {:>10} {:>5.1} %",
        "all",
        "",
        "",
        grouped(macs),
        cycles.map_or_else(|| "-".to_owned(), grouped),
        grouped(case.costs.predicted),
        100.0 * utilisation(macs, cycles.unwrap_or(case.costs.predicted), dim)
    );
}

fn row(index: usize, layer: &LayerInfo, cost: &Cost, dim: u32) -> String {
    let shape = layer.shape;
    let size = format!("{}x{}x{}", shape.height, shape.width, shape.channels);
    let cycles = cost.cycles.unwrap_or(cost.predicted);
    format!(
        "  {index:<3} {:<NAME$}  {:<22} {size:>11} {:>12} {:>10} {:>10} {:>5.1} %  {}",
        short(&layer.name),
        layer.operation,
        grouped(layer.macs),
        cost.cycles.map_or_else(|| "-".to_owned(), grouped),
        grouped(cost.predicted),
        100.0 * utilisation(layer.macs, cycles, dim),
        cost.limit.name()
    )
}

/// The end of a long name, which tells layers apart.
fn short(name: &str) -> String {
    let length = name.chars().count();
    if length <= NAME {
        return name.to_owned();
    }
    let end: String = name.chars().skip(length - NAME + 2).collect();
    format!("..{end}")
}

/// The table of layers as comma-separated values with a header (RFC 4180).
pub fn csv(case: &Case) -> String {
    let dim = case.planned.shape.dim;
    let mut text =
        "id,name,op,height,width,channels,macs,cycles,predicted_cycles,utilisation,limit\r\n"
            .to_owned();
    for (index, (layer, cost)) in case.planned.layers.iter().zip(&case.costs.layers).enumerate() {
        let shape = layer.shape;
        let cycles = cost.cycles.unwrap_or(cost.predicted);
        text += &format!(
            "{index},\"{}\",\"{}\",{},{},{},{},{},{},{:.6},{}\r\n",
            layer.name.replace('"', "\"\""),
            layer.operation,
            shape.height,
            shape.width,
            shape.channels,
            layer.macs,
            cost.cycles.map_or_else(String::new, |cycles| cycles.to_string()),
            cost.predicted,
            utilisation(layer.macs, cycles, dim),
            cost.limit.name()
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::short;

    #[test]
    fn long_names_keep_their_end() {
        assert_eq!(short("conv"), "conv");
        let name = short("/features/features.0/conv/Conv_quant");
        assert_eq!(name.len(), 30);
        assert!(name.starts_with("..") && name.ends_with("/conv/Conv_quant"), "{name}");
    }
}
