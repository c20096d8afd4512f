//! Where the memories and the multiplications of a design went, from what Yosys prints.

use std::collections::BTreeMap;

use systole_hdl::stats::statistics;

use super::origin::Origins;

/// What a memory is made of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Storage {
    /// Blocks of RAM.
    Block,
    /// Look-up tables.
    Lut,
    /// Flip-flops, or logic if it is never written.
    FlipFlop,
}

/// A memory of the design.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Memory {
    /// Its name below the top, with instances before points.
    pub name: String,
    /// Its size, where the design is ours.
    pub bits: Option<u64>,
    /// What it is made of.
    pub storage: Storage,
}

/// The multiplications of a module, in all its instances.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Multipliers {
    /// The module; in a design that is not ours, an instance.
    pub module: String,
    /// Multiplications in the source, of two values that are not constant; known where the design
    /// is ours.
    pub products: Option<u64>,
    /// Multipliers of the FPGA that do them. A product may take several, and Yosys may have made
    /// one of products that are never needed together.
    pub cells: u64,
}

/// The memories that `log` of Yosys tells about below `top`, in the order of their names.
pub(super) fn memories(log: &str, top: &str, origins: &Origins) -> Vec<Memory> {
    let mut found: Vec<Memory> =
        log.lines().filter_map(|line| memory(line, top, origins)).collect();
    found.sort_by(|a, b| a.name.cmp(&b.name));
    found
}

fn memory(line: &str, top: &str, origins: &Origins) -> Option<Memory> {
    let (name, storage) = match line.strip_prefix("mapping memory ") {
        Some(rest) => {
            let (name, cell) = rest.split_once(" via ")?;
            // LUTRAM of Gowin and Xilinx, DPR16X4 of Lattice.
            let luts = ["LUTRAM", "DPR16X4"].iter().any(|part| cell.contains(part));
            (name, if luts { Storage::Lut } else { Storage::Block })
        }
        None => (line.strip_prefix("using FF mapping for memory ")?, Storage::FlipFlop),
    };
    let name = name.strip_prefix(top)?.strip_prefix('.')?;
    // Tables that Yosys has made of case statements.
    let own = !name.contains('$');
    own.then(|| Memory { name: name.to_owned(), bits: bits(name, origins), storage })
}

fn bits(name: &str, origins: &Origins) -> Option<u64> {
    let (module, name) = origins.inside(name)?;
    let memory = module.memories.iter().find(|memory| memory.name == name)?;
    Some(u64::from(memory.depth) * u64::from(memory.ty.width()))
}

/// The multipliers of a netlist, whose names below the top are in `list`, a line each: those of
/// modules with multiplications, and of what else has some.
pub(super) fn multipliers(list: &str, origins: &Origins) -> Vec<Multipliers> {
    let statistics = origins.design().map(|design| statistics(&design)).unwrap_or_default();
    let own = statistics.into_iter().map(|row| (row.module, row.own.multipliers * row.occurrences));
    let products: BTreeMap<String, u64> = own.filter(|(_, products)| *products > 0).collect();
    let mut cells: BTreeMap<String, u64> = products.keys().map(|name| (name.clone(), 0)).collect();
    for line in list.lines() {
        let Some((_, name)) = line.split_once('/') else { continue };
        *cells.entry(module_of(name, origins)).or_default() += 1;
    }
    let row = |(module, cells): (String, u64)| {
        let ours = origins.design().is_some();
        let products = ours.then(|| products.get(&module).copied().unwrap_or(0));
        Multipliers { module, products, cells }
    };
    cells.into_iter().map(row).collect()
}

/// The module that a cell is in, or the instance where that is not known: `row_0.pe_1.product_MULT`,
/// or `$flatten\row_0.\pe_1.$mul$pe.v:29$2`.
fn module_of(cell: &str, origins: &Origins) -> String {
    let plain = cell.trim_start_matches("$flatten").replace('\\', "");
    let path = plain.split('$').next().unwrap_or_default();
    if let Some((module, _)) = origins.inside(path) {
        return module.name.clone();
    }
    path.rsplit_once('.').map_or("", |(instance, _)| instance).to_owned()
}

#[cfg(test)]
mod tests {
    use super::{Origins, Storage, memories, multipliers};
    use systole_hdl::prelude::*;

    /// A memory of 8 words of 16 bits and a product, two times, below an instance `board`.
    fn origins() -> Origins {
        let child = module("multiply", |m| {
            let (a, b) = (m.input("a", U(8)), m.input("b", U(8)));
            let rows = m.memory("rows", 8, U(16));
            m.clocked(|| rows.write(a.bits(2, 0), a * b));
            m.output("row", rows.read(b.bits(2, 0)));
        });
        let top = module("top", |m| {
            let (a, b) = (m.input("a", U(8)), m.input("b", U(8)));
            let first = m.instance("first", &child).pin("a", a).pin("b", b);
            let second = m.instance("second", &child).pin("a", b).pin("b", a);
            m.output("row", first.out("row") ^ second.out("row") ^ (a * lit(3, U(8))));
        });
        Origins::new(&check(&top).unwrap(), "board", "")
    }

    #[test]
    fn a_memory_is_told_with_its_size_and_what_it_is_made_of() {
        let log = "4.1. Executing MEMORY_LIBMAP pass\n\
            mapping memory ulx3s.board.second.rows via $__PDPW16KD_\n\
            mapping memory ulx3s.board.first.rows via $__TRELLIS_DPR16X4_\n\
            using FF mapping for memory ulx3s.other\n\
            using FF mapping for memory ulx3s.$auto$proc_rom.cc:155:do_switch$3\n";
        let told = memories(log, "ulx3s", &origins());
        let memory = |name: &str, bits, storage| super::Memory { name: name.into(), bits, storage };
        assert_eq!(
            told,
            [
                memory("board.first.rows", Some(128), Storage::Lut),
                memory("board.second.rows", Some(128), Storage::Block),
                memory("other", None, Storage::FlipFlop),
            ]
        );
    }

    #[test]
    fn multipliers_are_counted_by_module_and_missing_ones_are_seen() {
        let list = "ulx3s/board.first.rows_MULT18X18D_P0\n\
            ulx3s/$flatten\\board.\\second.$mul$multiply.v:9$2\nulx3s/pll.x_DSP\n";
        let row = |module: &str, products, cells| super::Multipliers {
            module: module.into(),
            products,
            cells,
        };
        let told = multipliers(list, &origins());
        assert_eq!(told, [row("multiply", Some(2), 2), row("pll", Some(0), 1)]);
        assert_eq!(multipliers("", &origins()), [row("multiply", Some(2), 0)]);
        let foreign = multipliers(list, &Origins::default());
        assert_eq!(foreign[0], row("board.first", None, 1));
    }
}
