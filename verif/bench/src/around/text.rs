//! The table as text.

use std::fmt::Write;

use super::{Around, Instruction, Row};
use crate::failure::Style;

impl Around {
    /// Lines for a terminal, the last one with its newline. The cycle that the table is about is
    /// marked; the column of the golden model is left out if it would be empty.
    pub fn text(&self, style: Style) -> String {
        let instructions = || self.rows.iter().filter_map(|row| row.instruction.as_ref());
        let golden = instructions().any(|instruction| instruction.golden.is_some());
        let width = |heading: &str, text: fn(&Instruction) -> &str| {
            let widths = instructions().map(|instruction| text(instruction).chars().count());
            widths.fold(heading.len(), usize::max)
        };
        let columns = Columns {
            assembly: width("instruction", |instruction| &instruction.assembly),
            rtl: width("rtl", |instruction| &instruction.rtl),
            golden: golden.then(|| width("golden", golden_text)),
        };
        let heading = columns.heading();
        let mut out = format!("{}\n", style.dim(heading.trim_end()));
        for row in &self.rows {
            columns.row(&mut out, row, row.cycle == self.cycle, style);
        }
        for text in &self.under_way {
            let _ = writeln!(out, "   in cycle {}  {text}", self.cycle);
        }
        out
    }
}

/// Widths of the columns.
struct Columns {
    assembly: usize,
    rtl: usize,
    golden: Option<usize>,
}

impl Columns {
    fn heading(&self) -> String {
        let (assembly, rtl) = (self.assembly, self.rtl);
        let pc = "pc";
        let mut out = format!("   cycle  {pc:<8}  {:<assembly$}  {:<rtl$}", "instruction", "rtl");
        if let Some(golden) = self.golden {
            // Writing to a string, here and below, cannot fail.
            let _ = write!(out, "  {:<golden$}", "golden");
        }
        out
    }

    fn row(&self, out: &mut String, row: &Row, marked: bool, style: Style) {
        let none = Instruction {
            retire: 0,
            pc: String::new(),
            assembly: String::new(),
            rtl: String::new(),
            golden: None,
        };
        let instruction = row.instruction.as_ref().unwrap_or(&none);
        let differs = instruction.golden.as_ref().is_some_and(|golden| *golden != instruction.rtl);
        let (assembly, rtl) = (self.assembly, self.rtl);
        let pc = instruction.pc.trim_start_matches("0x");
        let mark = if marked { '>' } else { ' ' };
        let own = format!("{:<rtl$}", instruction.rtl);
        let own = if differs { style.red(&own) } else { own };
        let mut line =
            format!("{mark}{:>7}  {pc:<8}  {:<assembly$}  {own}", row.cycle, instruction.assembly);
        if let Some(width) = self.golden {
            let golden = format!("{:<width$}", golden_text(instruction));
            let golden = if differs { style.green(&golden) } else { golden };
            let _ = write!(line, "  {golden}");
        }
        if !row.events.is_empty() {
            let _ = write!(line, "  {}", row.events.join("; "));
        }
        let _ = writeln!(out, "{}", line.trim_end());
    }
}

/// What the golden column shows.
fn golden_text(instruction: &Instruction) -> &str {
    match &instruction.golden {
        Some(golden) if *golden == instruction.rtl => "=",
        Some(golden) => golden,
        None => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(cycle: u64, rtl: &str, golden: Option<&str>) -> Row {
        let instruction = Instruction {
            retire: cycle,
            pc: "0x80000000".into(),
            assembly: "mul a2, a0, a1".into(),
            rtl: rtl.into(),
            golden: golden.map(str::to_owned),
        };
        Row { cycle, instruction: Some(instruction), events: Vec::new() }
    }

    #[test]
    fn columns_line_up_and_the_cycle_is_marked() {
        let event = Row { cycle: 8, instruction: None, events: vec!["a".into(), "b".into()] };
        let rows = vec![row(7, "a2=1", Some("a2=1")), event, row(9, "a2=1", Some("a2=00000002"))];
        let text = Around { cycle: 9, rows: rows.clone(), under_way: vec!["tile: t".into()] }
            .text(Style::Plain);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(
            lines,
            [
                "   cycle  pc        instruction     rtl   golden",
                "       7  80000000  mul a2, a0, a1  a2=1  =",
                "       8                                               a; b",
                ">      9  80000000  mul a2, a0, a1  a2=1  a2=00000002",
                "   in cycle 9  tile: t",
            ]
        );
        let coloured = Around { cycle: 9, rows, under_way: Vec::new() }.text(Style::Coloured);
        assert!(coloured.contains("\x1b[31ma2=1\x1b[0m  \x1b[32ma2=00000002\x1b[0m"), "{coloured}");
    }

    #[test]
    fn without_golden_values_there_is_no_column_for_them() {
        let text = Around { cycle: 0, rows: vec![row(7, "a2=1", None)], under_way: Vec::new() }
            .text(Style::Plain);
        assert!(!text.contains("golden"), "{text}");
    }
}
