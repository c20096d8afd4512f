//! The systolic array beside a matrix product, and its cell beside its definition.

use systole_hdl::edit::edit_below;
use systole_hdl::fault::{Fault, Target};
use systole_hdl::prelude::*;
use systole_hdl::probe;

use super::free::{after, after_first_cycle, later};
use super::{Method, Proof};
use crate::npu::array::{CONTROL_LEAD, array, latency};
use crate::npu::pe::pe;

pub const PROOFS: &[Proof] = &[
    Proof {
        name: "pe",
        statement: "A cell adds to the sum from above the product of its activation, from the left \
                    or from the column, and the selected one of its two weights, each any int8.",
        module: cell,
        method: Method::Bounded { cycles: 8 },
        faults: &[
            Fault {
                name: "one-weight-register",
                description: "a load of the second weight register changes the first one, too",
                module: "npu_pe",
                signal: "weight_0",
                target: Target::Read,
                bad: |c| c.signal("load_out").mux(c.signal("weight_in"), c.original()),
            },
            Fault {
                name: "product-without-sign",
                description: "a product meets the sum without its sign",
                module: "npu_pe",
                signal: "sum",
                target: Target::Drive,
                bad: |c| c.signal("sum_in") + c.signal("product").as_unsigned().ext(32).as_signed(),
            },
        ],
    },
    Proof {
        name: "array-2",
        statement: "The 2 x 2 array gives, for every row of activations, its product with the \
                    tile of weights in the register that the row selects, while other rows and \
                    the next tile follow as closely as the rules of the array allow; in place of \
                    the product of activation and weight stands the pair of both.",
        module: || product(2),
        method: Method::Bounded { cycles: 12 },
        faults: &[Fault {
            name: "select-not-delayed",
            description: "a load strobe turns the weight register that the next cell takes",
            module: "npu_pe",
            signal: "select_out",
            target: Target::Drive,
            bad: |c| c.original() ^ c.signal("load_in"),
        }],
    },
];

/// Bits of an accumulator row's number.
const ROW: Ty = U(2);

/// A cell, beside its definition.
fn cell() -> Module {
    let under_proof = probe(&pe(), &["operand", "product"], &[]);
    module("proof_pe", |m| {
        let dut = m.instance("element", &under_proof);
        let pinned = |port: &str, ty| {
            let input = m.input(port, ty);
            dut.pin(port, input);
            input
        };
        let (left, tap) = (pinned("activation_in", S(8)), pinned("tap_in", S(8)));
        let inject = pinned("inject_in", Bit);
        let select = pinned("select_in", Bit);
        let load = pinned("load_in", Bit);
        let to = pinned("load_select", Bit);
        let weight = pinned("weight_in", S(8));
        let above = pinned("sum_in", S(32));

        m.section("Weights: each comes a cycle after its strobe");
        let load = {
            let strobe = m.reg("strobe", Bit).reset(0);
            m.clocked(|| strobe.set(load));
            strobe
        };
        let weights = [0u64, 1].map(|index| {
            let held = m.reg(format!("held_{index}"), S(8));
            let known = m.reg(format!("known_{index}"), Bit).reset(0);
            m.clocked(|| {
                when(load & to.eq(index), || {
                    held.set(weight);
                    known.set(1);
                });
            });
            (held, known)
        });
        let [(weight_0, known_0), (weight_1, known_1)] = weights;

        m.section("Operands a cycle later, the product two, the sum three");
        let operand = dut.out("probe_operand");
        let known = after(m, "known", select.mux(known_1, known_0), 1);
        let selected = later(m, "selected", select.mux(weight_1, weight_0), 1);
        m.check("takes_the_selected_weight", !known | operand.eq(selected));
        let activation = later(m, "activation", inject.mux(tap, left), 1);
        let product = later(m, "product", dut.out("activation_out") * operand, 1);
        let started = after_first_cycle(m, "started");
        m.check("multiplies", !started | dut.out("probe_product").eq(product));
        let sum = later(m, "sum", above + dut.out("probe_product").ext(32), 1);
        m.check("adds", !started | dut.out("sum_out").eq(sum));
        m.check("hands_on_activation", !started | dut.out("activation_out").eq(activation));
        m.check(
            "hands_on_select",
            !started | dut.out("select_out").eq(later(m, "select", select, 1)),
        );
        m.check(
            "hands_on_inject",
            !started | dut.out("inject_out").eq(later(m, "inject", inject, 1)),
        );
        m.check("hands_on_load", dut.out("load_out").eq(load));
        m.cover("uses_both_weights", known & known_0 & known_1);
    })
}

/// What stands for a product in the proof of the array: no two pairs of bytes have the same.
fn pair(activation: Signal, weight: Signal) -> Signal {
    cat(&[activation.as_unsigned(), weight.as_unsigned()]).as_signed()
}

/// The array with cells that give a pair where they would multiply. A solver sees at once whether
/// the right bytes meet, and cannot tell for products; that cells multiply is the proof `pe`.
fn with_pairs_for_products(array: &Module) -> Module {
    edit_below(array, "npu_pe", |editor| {
        let find = |name: &str| editor.find(name).expect("the cell has it");
        let (product, activation, weight) =
            (find("full_product"), find("activation_out"), find("operand"));
        let pair = pair(editor.signal(activation), editor.signal(weight));
        editor.assigned(product);
        editor.assign(product, &[pair]);
    })
}

/// The array with any activations and weights.
fn product(dim: u32) -> Module {
    let under_proof = with_pairs_for_products(&array(dim, ROW.width()));
    module(format!("proof_array_{dim}"), |m| {
        m.section("Waves");
        let dut = m.instance("array", &under_proof);
        let pinned = |port: &str, ty| {
            let input = m.input(port, ty);
            dut.pin(port, input);
            input
        };
        let activations = pinned("activations", U(8 * dim));
        let select = pinned("select", Bit);
        let control = [
            ("out_valid", pinned("valid", Bit)),
            ("out_last", pinned("last", Bit)),
            ("out_row", pinned("row", ROW)),
            ("out_overwrite", pinned("overwrite", Bit)),
        ];
        dut.pin("inject", 0).pin("taps_0", 0);
        let valid = control[0].1;

        let tiles = Tiles::new(m, dim, dut);
        tiles.rules(m, valid, select);

        m.section("The product");
        let rows: Vec<Signal> = (0..dim)
            .map(|row| select.mux(tiles.rows[1][row as usize], tiles.rows[0][row as usize]))
            .zip(0..)
            .map(|(weights, row)| weights.named(format!("weights_{row}")))
            .collect();
        let columns: Vec<Signal> = (0..dim)
            .map(|column| {
                let byte = |vector: Signal, index: u32| vector.bits(8 * index + 7, 8 * index);
                let products = (0..dim)
                    .map(|row| pair(byte(activations, row), byte(rows[row as usize], column)));
                let sum = products.map(|product| product.ext(32)).reduce(|sum, next| sum + next);
                sum.expect("there are rows").named(format!("product_{column}"))
            })
            .collect();

        m.section("The array gives it");
        let lead = latency(dim) - CONTROL_LEAD;
        let announced = after(m, "announced", valid, lead);
        let arrived = after(m, "arrived", announced, CONTROL_LEAD);
        for (column, product) in (0..).zip(columns) {
            let expected = later(m, &format!("product_{column}"), product, latency(dim));
            let sum = dut.out("sums").bits(32 * column + 31, 32 * column).as_signed();
            m.check(format!("column_{column}"), !arrived | sum.eq(expected));
        }
        for (port, signal) in control {
            let expected =
                if port == "out_valid" { announced } else { later(m, port, signal, lead) };
            let out = dut.out(port);
            m.check(format!("{port}_leads"), !announced | out.eq(expected));
        }
        m.check("nothing_else_arrives", announced | !dut.out("out_valid"));
        m.cover("arrives", arrived);
        let other = m.reg("other_wave_before", Bit).reset(0);
        m.clocked(|| other.set(valid & !select));
        m.cover("waves_of_both_registers", valid & select & other);
    })
}

/// The weights loaded into both registers of each row.
struct Tiles {
    dim: u32,
    /// Of register and row.
    rows: [Vec<Signal>; 2],
    /// Whether a row was ever loaded.
    loaded: [Vec<Signal>; 2],
    /// Whether it is loaded now.
    loads: [Vec<Signal>; 2],
}

impl Tiles {
    fn new(m: M, dim: u32, dut: Instance) -> Tiles {
        m.section("Weights");
        let pinned = |port: String, ty| {
            let input = m.input(&port, ty);
            dut.pin(port, input);
            input
        };
        let to = pinned("load_select".into(), Bit);
        let pair = U((dim / 2).ilog2().max(1));
        let ports = ["even", "odd"].map(|parity| {
            let weights = pinned(format!("{parity}_weights"), U(8 * dim));
            let valid = pinned(format!("load_{parity}_valid"), Bit);
            (weights, valid, pinned(format!("load_{parity}_pair"), pair))
        });
        let mut tiles = Tiles {
            dim,
            rows: Default::default(),
            loaded: Default::default(),
            loads: Default::default(),
        };
        for register in 0..2u64 {
            for row in 0..dim {
                let (weights, valid, index) = ports[(row % 2) as usize];
                let name = format!("{register}_{row}");
                let loads = valid & index.eq(row / 2) & to.eq(register);
                let loads = loads.named(format!("loads_{name}"));
                let held = m.reg(format!("tile_{name}"), U(8 * dim));
                let loaded = m.reg(format!("loaded_{name}"), Bit).reset(0);
                m.clocked(|| {
                    when(loads, || {
                        held.set(weights);
                        loaded.set(1);
                    });
                });
                let index = register as usize;
                tiles.rows[index].push(held);
                tiles.loaded[index].push(loaded);
                tiles.loads[index].push(loads);
            }
        }
        tiles
    }

    /// What the array's users keep to, as the array's documentation says.
    fn rules(&self, m: M, valid: Signal, select: Signal) {
        m.section("Rules of the array");
        for register in 0..2usize {
            let now = (valid & select.eq(register as u64)).named(format!("wave_{register}"));
            let mut before = vec![now];
            for cycle in 1..self.dim - 1 {
                let wave = m.reg(format!("wave_{register}_{cycle}"), Bit).reset(0);
                m.clocked(|| wave.set(before[cycle as usize - 1]));
                before.push(wave);
            }
            let all_loaded = cat(&self.loaded[register]).all();
            m.assume(format!("tile_{register}_is_loaded"), !now | all_loaded);

            // Row 0 enters two cycles before the first wave at the latest, the others one.
            let row_0_before = m.reg(format!("row_0_before_{register}"), Bit).reset(0);
            m.clocked(|| row_0_before.set(self.loads[register][0]));
            m.assume(format!("tile_{register}_is_there"), !(now & row_0_before));

            // Row r enters r cycles after the last wave that uses the register, or later.
            for row in 1..self.dim as usize {
                let too_early = before[..row].iter().copied().reduce(|some, more| some | more);
                let too_early = too_early.expect("row 1 has one") & self.loads[register][row];
                m.assume(format!("tile_{register}_{row}_is_not_in_use"), !too_early);
            }
        }
    }
}
