//! Names of a printed module, and which of their bits are read.

use std::collections::BTreeMap;

use systole_hdl::ir::{Module, Ty};

/// Every name declared in a module, with the bits that the printed text reads.
#[derive(Clone, Debug, Default)]
pub(super) struct Names {
    read: BTreeMap<String, Vec<bool>>,
    made: Vec<String>,
}

impl Names {
    /// The names that the designer gave.
    pub fn of(module: &Module) -> Self {
        let mut names = Self::default();
        for signal in &module.signals {
            names.declare(&signal.name, signal.ty);
        }
        for memory in &module.memories {
            names.declare(&memory.name, Ty::U(1));
        }
        for instance in &module.instances {
            names.declare(&instance.name, Ty::U(1));
        }
        for port in ["clk", "rst"] {
            names.declare(port, Ty::U(1));
        }
        names
    }

    fn declare(&mut self, name: &str, ty: Ty) {
        self.read.entry(name.into()).or_insert_with(|| vec![false; ty.width() as usize]);
    }

    /// Declares a new name: `wanted`, with a number behind it if that is taken.
    pub fn fresh(&mut self, wanted: &str, ty: Ty) -> String {
        let mut name = wanted.to_string();
        for n in 2.. {
            if !self.read.contains_key(&name) {
                break;
            }
            name = format!("{wanted}_{n}");
        }
        self.declare(&name, ty);
        self.made.push(name.clone());
        name
    }

    /// The names that the printer made up, in order.
    pub fn made(&self) -> &[String] {
        &self.made
    }

    /// Notes that bits `high..=low` of a name are read.
    pub fn read(&mut self, name: &str, high: u32, low: u32) {
        if let Some(bits) = self.read.get_mut(name) {
            bits[low as usize..=high as usize].fill(true);
        }
    }

    /// Notes that a whole name is read.
    pub fn read_all(&mut self, name: &str) {
        if let Some(bits) = self.read.get_mut(name) {
            bits.fill(true);
        }
    }

    /// The parts of a name that nothing reads, as they are written, most significant first.
    pub fn unread(&self, name: &str) -> Vec<String> {
        let bits = &self.read[name];
        if !bits.contains(&true) {
            return vec![name.to_string()];
        }
        let mut parts = Vec::new();
        let mut high = bits.len();
        while high > 0 {
            let low = bits[..high].iter().rposition(|&bit| bit).map_or(0, |read| read + 1);
            match high - low {
                0 => {}
                1 => parts.push(format!("{name}[{low}]")),
                _ => parts.push(format!("{name}[{}:{low}]", high - 1)),
            }
            high = low.saturating_sub(1);
        }
        parts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unread_parts() {
        let mut names = Names::default();
        assert_eq!(names.fresh("x", Ty::U(8)), "x");
        assert_eq!(names.fresh("x", Ty::U(8)), "x_2");
        assert_eq!(names.unread("x"), ["x"]);
        names.read("x", 5, 2);
        assert_eq!(names.unread("x"), ["x[7:6]", "x[1:0]"]);
        names.read("x", 7, 7);
        assert_eq!(names.unread("x"), ["x[6]", "x[1:0]"]);
        names.read("x", 0, 0);
        assert_eq!(names.unread("x"), ["x[6]", "x[1]"]);
        names.read_all("x");
        assert!(names.unread("x").is_empty());
    }
}
