//! The cell, cycle by cycle.

use crate::npu::pe::pe;
use crate::npu::tests::random::Random;

use super::{start, step};

/// A register-accurate cell in plain Rust.
#[derive(Default)]
struct Cell {
    activation: i8,
    select: bool,
    inject: bool,
    load: bool,
    weights: [i8; 2],
    operand: i8,
    product: i16,
    sum: i32,
}

#[test]
fn matches_a_model_with_random_inputs() {
    let mut sim = start(&pe());
    let mut model = Cell::default();
    let mut random = Random::new(1);
    for _ in 0..20_000 {
        let [a, tap, w] = [(); 3].map(|()| corner(&mut random));
        let sum_in = random.next() as i32;
        let [select, inject, load, load_select] = [(); 4].map(|()| random.chance(50));
        sim.set_signed("activation_in", a.into());
        sim.set_signed("tap_in", tap.into());
        sim.set_signed("weight_in", w.into());
        sim.set_signed("sum_in", sum_in.into());
        sim.set("select_in", select.into());
        sim.set("inject_in", inject.into());
        sim.set("load_in", load.into());
        sim.set("load_select", load_select.into());
        step(&mut sim);

        model.sum = sum_in.wrapping_add(model.product.into());
        model.product = i16::from(model.activation) * i16::from(model.operand);
        model.operand = model.weights[usize::from(select)];
        model.activation = if inject { tap } else { a };
        (model.select, model.inject) = (select, inject);
        if model.load {
            model.weights[usize::from(load_select)] = w;
        }
        model.load = load;
        assert_eq!(sim.get_signed("activation_out"), model.activation.into());
        assert_eq!(sim.get("select_out"), model.select.into());
        assert_eq!(sim.get("inject_out"), model.inject.into());
        assert_eq!(sim.get("load_out"), model.load.into());
        assert_eq!(sim.get_signed("sum_out"), model.sum.into());
    }
}

fn corner(random: &mut Random) -> i8 {
    if random.chance(30) { random.pick(&[-128, 127, 0, -1, 1]) } else { random.next() as i8 }
}

#[test]
fn multiplies_the_extremes() {
    let mut sim = start(&pe());
    for register in [0, 1] {
        sim.set("load_in", 1);
        sim.set("load_select", register);
        step(&mut sim);
        sim.set("load_in", 0);
        sim.set_signed("weight_in", -128);
        step(&mut sim);
        sim.set("select_in", register);
        sim.set_signed("activation_in", -128);
        sim.set_signed("sum_in", i64::from(i32::MAX));
        (0..3).for_each(|_| step(&mut sim));
        assert_eq!(sim.get_signed("sum_out"), i64::from(i32::MAX.wrapping_add(16384)));
    }
}
