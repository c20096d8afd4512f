//! What well-formed descriptions become.

use std::sync::Arc;

use crate::ir::{ExprKind, Item, SignalKind};
use crate::prelude::*;

/// Weight-stationary multiply-accumulate cell, as in the guide.
fn pe() -> Module {
    module("pe", |m| {
        m.doc("Weight-stationary multiply-accumulate cell.");
        let enable = m.input("enable", Bit);
        let load = m.input("load", Bit);
        let a_in = m.input("a_in", S(8)).doc("activation");
        let weight_in = m.input("weight_in", S(8));
        let sum_in = m.input("sum_in", S(32));
        let a_out = m.output_reg("a_out", S(8));
        let sum_out = m.output_reg("sum_out", S(32));
        let weight = m.reg("weight", S(8)).reset(0);
        let product = (a_in * weight).named("product");
        m.clocked(|| {
            when(load, || weight.set(weight_in));
            when(enable, || {
                a_out.set(a_in);
                sum_out.set(sum_in + product.ext(32));
            });
        });
        m.check("load_while_busy", !(enable & load));
    })
}

fn array(rows: usize, columns: usize) -> Module {
    let pe = pe();
    module(format!("array_{rows}x{columns}"), |m| {
        let enable = m.input("enable", Bit);
        let load = m.input("load", Bit);
        let weights: Vec<_> = (0..columns).map(|c| m.input(format!("weight_{c}"), S(8))).collect();
        let mut sums = vec![lit(0, S(32)); columns];
        for r in 0..rows {
            let mut a = m.input(format!("a_{r}"), S(8));
            for c in 0..columns {
                let cell = m
                    .instance(format!("pe_{r}_{c}"), &pe)
                    .pin("enable", enable)
                    .pin("load", load)
                    .pin("a_in", a)
                    .pin("weight_in", weights[c])
                    .pin("sum_in", sums[c]);
                (a, sums[c]) = (cell.out("a_out"), cell.out("sum_out"));
            }
            a.unused();
        }
        for (c, sum) in sums.into_iter().enumerate() {
            m.output(format!("sum_{c}"), sum);
        }
    })
}

#[test]
fn a_cell_keeps_its_names_types_and_statements() {
    let design = check(&pe()).unwrap();
    let pe = &design.top;
    let weight = pe.signals.iter().find(|signal| signal.name == "weight").unwrap();
    assert_eq!(weight.kind, SignalKind::Register { reset: Some(Bits::zero(8)) });
    let product = pe.signals.iter().find(|signal| signal.name == "product").unwrap();
    assert_eq!(product.ty, S(16));
    assert_eq!(pe.signals.iter().find(|signal| signal.name == "a_in").unwrap().doc, "activation");
    let clocked = pe.items.iter().filter(|item| matches!(item, Item::Clocked(..))).count();
    assert_eq!(clocked, 1);
    assert!(pe.has_clock() && pe.has_reset());
}

#[test]
fn a_large_array_is_checked_in_milliseconds() {
    let start = std::time::Instant::now();
    let design = check(&array(32, 32)).unwrap();
    assert!(start.elapsed().as_millis() < 800, "took {:?}", start.elapsed());
    assert_eq!(design.modules().len(), 2);
    assert_eq!(design.top.instances.len(), 1024);
    assert!(Arc::ptr_eq(&design.top.instances[0].module, &design.top.instances[1023].module));
}

#[test]
fn declarations_stand_before_instances_that_use_them() {
    let inverter = module("inverter", |m| {
        let a = m.input("a", Bit);
        m.output("y", !a);
    });
    let top = module("top", |m| {
        let late = m.instance("late", &inverter);
        let a = m.input("a", Bit);
        let wire = (a & 1).named("wire_in");
        late.pin("a", wire);
        m.output("y", late.out("y"));
    });
    let design = check(&top).unwrap();
    let position = |wanted: &str| {
        let declares = |item: &Item| match item {
            Item::Declare(id) => design.top.signal(*id).name == wanted,
            Item::Instance(id) => design.top.instances[id.0 as usize].name == wanted,
            _ => false,
        };
        design.top.items.iter().position(declares).unwrap()
    };
    assert!(position("wire_in") < position("late"));
    assert!(position("late_y") < position("late"));
}

#[test]
fn slices_see_through_to_the_named_signal() {
    let top = module("top", |m| {
        let a = m.input("a", U(16));
        let b = m.input("b", U(16));
        let both = cat(&[a, b]);
        m.output("y", both.bits(31, 20).bits(11, 4));
        m.output("whole", both.bits(15, 0));
        a.bits(3, 0).unused();
    });
    let design = check(&top).unwrap();
    let assigned: Vec<_> = design
        .top
        .items
        .iter()
        .filter_map(|item| match item {
            Item::Assign { value, .. } => Some(&design.top.expr(*value).kind),
            _ => None,
        })
        .collect();
    assert!(matches!(assigned[0], ExprKind::Slice { high: 15, low: 8, .. }), "{assigned:?}");
    assert!(matches!(assigned[1], ExprKind::Signal(_)), "{assigned:?}");
}

#[test]
fn unused_constants_are_not_declared() {
    let top = module("top", |m| {
        let state = m.reg("state", U(2)).reset(0);
        let idle = m.constant("IDLE", 0, U(2));
        m.constant("NEVER", 3, U(2));
        m.clocked(|| {
            switch(state, |s| {
                s.case(idle, || state.set(1));
                s.cases(&[1, 2], || state.set(state + 1));
                s.default(|| state.set(idle));
            });
        });
        m.output("busy", state.ne(idle));
    });
    let design = check(&top).unwrap();
    let declared = design.top.items.iter().filter_map(|item| match item {
        Item::Declare(id) => Some(design.top.signal(*id).name.as_str()),
        _ => None,
    });
    assert_eq!(declared.collect::<Vec<_>>(), ["state", "IDLE"]);
}

#[test]
fn one_generator_called_twice_is_one_module() {
    let leaf = |invert: bool| {
        module("leaf", |m| {
            let a = m.input("a", Bit);
            m.output("y", if invert { !a } else { a });
        })
    };
    let top = |second: bool| {
        module("top", |m| {
            let a = m.input("a", Bit);
            let first = m.instance("first", &leaf(false)).pin("a", a);
            m.output("y", m.instance("second", &leaf(second)).pin("a", first.out("y")).out("y"));
        })
    };
    assert_eq!(check(&top(false)).unwrap().modules().len(), 2);
    let errors = check(&top(true)).unwrap_err().to_string();
    assert!(errors.contains("two different modules are called `leaf`"), "{errors}");
}

bundle! {
    /// Request with an answer.
    pub Request(width: u32) {
        /// Offered.
        out valid: Bit,
        in ready: Bit,
        out data: U(width),
    }
}

#[test]
fn bundles_connect_children() {
    let producer = module("producer", |m| {
        let request = Request::source(m, "request", 8);
        let count = m.reg("count", U(8)).reset(0);
        request.valid.drive(1);
        request.data.drive(count);
        m.clocked(|| {
            when(request.ready, || count.set(count + 1));
        });
    });
    let consumer = module("consumer", |m| {
        let request = Request::sink(m, "request", 8);
        request.ready.drive(request.valid);
        m.output("data", request.data);
    });
    let top = module("top", |m| {
        let from = m.instance("from", &producer);
        let into = m.instance("into", &consumer);
        let request = Request::of_instance(&from, "request", 8);
        request.into_instance(&into, "request");
        m.output("data", into.out("data"));
    });
    let design = check(&top).unwrap();
    let producer = &design.modules()[0];
    assert_eq!(producer.signals[0].doc, "Offered.");
    let names: Vec<_> = producer.ports().map(|port| port.name.as_str()).collect();
    assert_eq!(names, ["request_valid", "request_ready", "request_data"]);
    let inputs = &design.top.instances[0].inputs;
    assert_eq!(inputs.len(), 1);
}
