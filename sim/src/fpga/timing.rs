//! What nextpnr says about a placed and routed design, from `--report`.

use serde_json::Value;

use super::origin::{Origins, Place};

/// A placed and routed design.
#[derive(Clone, PartialEq, Debug)]
pub struct Timing {
    /// The highest frequency of the slowest clock, in MHz; `None` without a path between flip-flops.
    pub fmax_mhz: Option<f64>,
    /// Cells by type: used, and available in the device.
    pub utilisation: Vec<Use>,
    /// The slowest way from a flip-flop to another of the same clock.
    pub critical_path: Vec<PathStep>,
}

/// How much of something is used.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Use {
    /// What nextpnr calls it.
    pub name: String,
    /// How many are used.
    pub used: u64,
    /// How many there are.
    pub available: u64,
}

/// A part of a path: through a cell or along a net.
#[derive(Clone, PartialEq, Debug)]
pub struct PathStep {
    /// As nextpnr calls it: `clk-to-q`, `routing`, `logic`, `setup`.
    pub kind: String,
    /// Name of the net for routing, else of the cell that it goes through.
    pub name: String,
    /// Time in ns.
    pub delay_ns: f64,
    /// Where it was written, as far as names survive.
    pub place: Option<Place>,
}

impl Timing {
    /// Reads a report; `None` if it is something else.
    pub fn read(text: &str, origins: &Origins) -> Option<Timing> {
        let report: Value = serde_json::from_str(text).ok()?;
        let clocks = report.get("fmax")?.as_object()?;
        let slowest = clocks
            .iter()
            .filter_map(|(name, clock)| Some((name.as_str(), clock.get("achieved")?.as_f64()?)))
            .min_by(|(_, a), (_, b)| a.total_cmp(b));
        let utilisation = report.get("utilization")?.as_object()?;
        let number = |entry: &Value, key| entry.get(key).and_then(Value::as_u64);
        let utilisation = utilisation
            .iter()
            .filter_map(|(name, entry)| {
                let (used, available) = (number(entry, "used")?, number(entry, "available")?);
                Some(Use { name: name.clone(), used, available })
            })
            .collect();
        let paths = report.get("critical_paths")?.as_array()?;
        let path = slowest.and_then(|(clock, _)| {
            let edge =
                |path: &Value, end| Some(path.get(end)?.as_str()?.split_once(' ')?.1 == clock);
            let of_clock =
                |path: &&Value| edge(path, "from") == Some(true) && edge(path, "to") == Some(true);
            let parts = |path: &&Value| delay(path).unwrap_or_default();
            paths.iter().filter(of_clock).max_by(|a, b| parts(a).total_cmp(&parts(b)))
        });
        let steps = path.and_then(|path| path.get("path")?.as_array());
        let critical_path =
            steps.into_iter().flatten().filter_map(|part| step(part, origins)).collect();
        Some(Timing { fmax_mhz: slowest.map(|(_, mhz)| mhz), utilisation, critical_path })
    }

    /// Times in ns along the critical path: in cells, and between them.
    pub fn logic_and_routing(&self) -> (f64, f64) {
        let (routing, logic): (Vec<_>, Vec<_>) =
            self.critical_path.iter().partition(|step| step.kind == "routing");
        let sum = |steps: Vec<&PathStep>| steps.iter().map(|step| step.delay_ns).sum();
        (sum(logic), sum(routing))
    }
}

/// Time of a whole path, in ns.
fn delay(path: &Value) -> Option<f64> {
    let parts = path.get("path")?.as_array()?;
    Some(parts.iter().filter_map(|part| part.get("delay")?.as_f64()).sum())
}

fn step(part: &Value, origins: &Origins) -> Option<PathStep> {
    let kind = part.get("type")?.as_str()?.to_owned();
    let delay_ns = part.get("delay")?.as_f64()?;
    let net = part.get("net").and_then(Value::as_str);
    let cell = |end| part.get(end)?.get("cell")?.as_str();
    let name = net.or_else(|| cell("to")).or_else(|| cell("from")).unwrap_or_default().to_owned();
    let sources = part.get("sources").and_then(Value::as_array);
    let sources = sources.into_iter().flatten().filter_map(Value::as_str);
    let place = origins.place(&name, sources);
    Some(PathStep { kind, name, delay_ns, place })
}

#[cfg(test)]
mod tests {
    use super::*;

    const REPORT: &str = r#"{
        "fmax": {"clk": {"achieved": 50.0, "constraint": 12.0},
                 "slow": {"achieved": 20.0, "constraint": 12.0}},
        "utilization": {"ICESTORM_LC": {"available": 5280, "used": 84}},
        "critical_paths": [
            {"from": "posedge clk", "to": "posedge clk", "path": [{"type": "setup", "delay": 20.0}]},
            {"from": "posedge slow", "to": "posedge slow", "path": [
                {"type": "clk-to-q", "delay": 1.5,
                 "from": {"cell": "board.a_DFF", "port": "O"}, "to": {"cell": "board.a_DFF", "port": "O"}},
                {"type": "routing", "delay": 2.0, "net": "board.a[3]", "sources": ["top.v:7.1-7.9"],
                 "from": {"cell": "board.a_DFF"}, "to": {"cell": "board.b_LUT"}},
                {"type": "setup", "delay": 0.5, "from": {"cell": "board.b_LUT"}, "to": {"cell": "board.b_LUT"}}]},
            {"from": "<async>", "to": "posedge slow", "path": []}]}"#;

    #[test]
    fn the_slowest_clock_and_its_path_are_read() {
        let timing = Timing::read(REPORT, &Origins::default()).unwrap();
        assert_eq!(timing.fmax_mhz, Some(20.0));
        let lc = Use { name: "ICESTORM_LC".into(), used: 84, available: 5280 };
        assert_eq!(timing.utilisation, [lc]);
        let names: Vec<_> = timing.critical_path.iter().map(|step| step.name.as_str()).collect();
        assert_eq!(names, ["board.a_DFF", "board.a[3]", "board.b_LUT"]);
        assert_eq!(timing.logic_and_routing(), (2.0, 2.0));
        // Without a source map the tools' own place is better than none.
        let place = timing.critical_path[1].place.as_ref().unwrap();
        assert_eq!((place.file.as_str(), place.line), ("top.v", 7));
    }

    #[test]
    fn a_design_without_clocked_paths_has_no_frequency() {
        let text = r#"{"fmax": {}, "utilization": {}, "critical_paths": []}"#;
        let timing = Timing::read(text, &Origins::default()).unwrap();
        assert_eq!((timing.fmax_mhz, timing.critical_path.len()), (None, 0));
        assert_eq!(Timing::read("{}", &Origins::default()), None);
    }
}
