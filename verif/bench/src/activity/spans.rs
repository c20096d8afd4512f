//! What lasted from one cycle to another, with a name: what tracks and timelines are made of.

use super::{Activity, Burst, Descriptor, Job, Tile};

/// Something that lasted a while.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Span {
    /// First cycle.
    pub begin: u64,
    /// Cycle behind the last one.
    pub end: u64,
    /// In a word or two.
    pub label: String,
    /// The rest; may be empty.
    pub detail: String,
}

impl Span {
    /// Label and detail in one.
    pub fn text(&self) -> String {
        let text = format!("{} {}", self.label, self.detail);
        text.trim_end().to_owned()
    }
}

impl Activity {
    /// The jobs of the NPU.
    pub fn job_spans(&self) -> impl Iterator<Item = Span> + '_ {
        let span = |job: &Job| {
            let list = job.list.map_or_else(|| "?".to_owned(), |list| format!("{list:08x}"));
            let cause = match job.cause {
                0 => String::new(),
                _ => format!(" {} at {}", job.cause_name, job.fault_index),
            };
            Span {
                begin: job.begin.unwrap_or(self.begin),
                end: job.end.unwrap_or(self.end),
                label: format!("job {}", job.number),
                detail: format!("@{list}{cause}"),
            }
        };
        self.jobs.iter().map(span)
    }

    /// The descriptors that a unit (`load`, `exec` or `store`) was at work on.
    pub fn descriptor_spans(&self, unit: &'static str) -> impl Iterator<Item = Span> + '_ {
        let of_unit = self.descriptors.iter().filter(move |descriptor| descriptor.unit == unit);
        of_unit.filter_map(|descriptor| self.descriptor_span(descriptor))
    }

    fn descriptor_span(&self, descriptor: &Descriptor) -> Option<Span> {
        // What only waits in a queue does not show: the unit is at work on another one.
        let begin = match (descriptor.started, descriptor.words) {
            (Some(started), _) => started,
            (None, None) => self.begin,
            (None, Some(_)) => return None,
        };
        let index = descriptor.index.map_or_else(|| "?".to_owned(), |index| index.to_string());
        Some(Span {
            begin,
            end: descriptor.end().map_or(self.end, |end| end + 1),
            label: format!("#{index}"),
            detail: descriptor.text.clone(),
        })
    }

    /// The tiles that EXEC streamed.
    pub fn tile_spans(&self) -> impl Iterator<Item = Span> + '_ {
        let span = |tile: &Tile| {
            let index = tile.descriptor.and_then(|at| self.descriptors[at].index);
            let label = match (index, tile.number, tile.of) {
                (Some(index), Some(number), Some(of)) => {
                    format!("#{index} tile {}/{of}", number + 1)
                }
                _ => "tile".to_owned(),
            };
            Span {
                begin: tile.begin.unwrap_or(self.begin),
                end: tile.end.map_or(self.end, |end| end + 1),
                label,
                detail: String::new(),
            }
        };
        self.tiles.iter().map(span)
    }

    /// The bursts on the NPU's bus that write, or those that read.
    pub fn burst_spans(&self, write: bool) -> impl Iterator<Item = Span> + '_ {
        let span = |burst: &Burst| {
            let error = if burst.error { " error" } else { "" };
            let whose = if burst.descriptors == Some(true) { " descriptors" } else { "" };
            Span {
                begin: burst.begin.unwrap_or(self.begin),
                end: burst.end.map_or(self.end, |end| end + 1),
                label: burst.address.map_or_else(|| "?".to_owned(), |at| format!("{at:08x}")),
                detail: format!("x{}{whose}{error}", burst.beats),
            }
        };
        self.bursts.iter().filter(move |burst| burst.write == write).map(span)
    }
}
