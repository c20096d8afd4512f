//! Random modules mean the same to the interpreter and, printed, to a Verilog simulator.

mod common;

use std::fmt::Write as _;

use common::random::{self, INPUTS, MEMORIES, REGISTERS, Recipe};
use common::tools;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use systole_gen::verilog;
use systole_hdl::ir::{Direction, Module};
use systole_hdl::{Bits, Design, Interpreter};

const CYCLES: usize = 24;

#[test]
fn printed_modules_mean_what_the_ir_says() {
    if !tools::available("iverilog", "equivalence of printed Verilog and interpreter") {
        return;
    }
    let config = Config {
        cases: cases(),
        max_shrink_iters: 1000,
        failure_persistence: None,
        ..Config::default()
    };
    let mut runner = TestRunner::new(config);
    let strategy = (random::recipe(), any::<u64>());
    let outcome = runner.run(&strategy, |(recipe, seed)| compare(&recipe, seed));
    if let Err(failure) = outcome {
        panic!("{failure}");
    }
}

fn cases() -> u32 {
    let asked = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok());
    asked.unwrap_or(40)
}

fn compare(recipe: &Recipe, seed: u64) -> Result<(), TestCaseError> {
    let design = Design::unchecked(random::module(recipe));
    let stimulus = stimulus(seed);
    let files = verilog(&design);
    let simulated = tools::simulate(&files, &testbench(&design.top, &stimulus));
    let expected = interpreted(&design, &stimulus);
    for (cycle, (simulated, expected)) in simulated.iter().zip(&expected).enumerate() {
        let pairs = simulated.split(' ').zip(expected.split(' ')).zip(outputs(&design.top));
        for ((simulated, expected), name) in pairs {
            prop_assert_eq!(
                simulated,
                expected,
                "{} in cycle {}\n{}",
                name,
                cycle,
                tools::all_text(&files)
            );
        }
    }
    prop_assert_eq!(simulated.len(), expected.len());
    Ok(())
}

/// Values of all inputs in all cycles; many are extremes.
fn stimulus(seed: u64) -> Vec<Vec<Bits>> {
    let mut state = seed | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    let mut value = |width: u32| {
        let words = [next(), next()];
        match next() % 8 {
            0 => Bits::zero(width),
            1 => Bits::from_i64(width, -1),
            2 => Bits::from_words(width, &[words[0] & 7, 0]),
            3 if width > 1 && width <= 64 => Bits::new(width, 1 << (width - 1)),
            _ => Bits::from_words(width, &words),
        }
    };
    (0..CYCLES).map(|_| INPUTS.iter().map(|ty| value(ty.width())).collect()).collect()
}

fn outputs(module: &Module) -> impl Iterator<Item = &str> {
    let outputs = module.ports().filter(|port| port.port == Some(Direction::Output));
    outputs.map(|port| port.name.as_str())
}

/// Runs the first cycle in reset, from a state of all zeros, as the interpreter does.
fn testbench(module: &Module, stimulus: &[Vec<Bits>]) -> String {
    let mut text = String::from("module testbench;\n    reg clk, rst;\n");
    let mut pins = vec![".clk(clk)".to_string(), ".rst(rst)".to_string()];
    for port in module.ports() {
        let kind = if port.port == Some(Direction::Input) { "reg" } else { "wire" };
        let (name, top) = (&port.name, port.ty.width() - 1);
        writeln!(text, "    {kind} [{top}:0] {name};").unwrap();
        pins.push(format!(".{name}({name})"));
    }
    writeln!(text, "    random dut ({});", pins.join(", ")).unwrap();
    text.push_str(
        "    integer n;\n    initial begin\n        clk = 0; rst = 1;\n        dut.d0 = 0;\n",
    );
    for i in 0..REGISTERS.len() {
        writeln!(text, "        dut.r{i} = 0;").unwrap();
    }
    for (i, (depth, _)) in MEMORIES.iter().enumerate() {
        writeln!(text, "        for (n = 0; n < {depth}; n = n + 1) dut.m{i}[n] = 0;").unwrap();
    }
    let names: Vec<_> = outputs(module).collect();
    let format = vec!["%h"; names.len()].join(" ");
    for values in stimulus {
        for (i, value) in values.iter().enumerate() {
            let words = value.words();
            let high = words.get(1).copied().unwrap_or(0);
            writeln!(text, "        i{i} = 128'h{high:016x}{:016x};", words[0]).unwrap();
        }
        writeln!(text, "        #1 $display(\"{format}\", {});", names.join(", ")).unwrap();
        text.push_str("        clk = 1; #1 clk = 0; rst = 0;\n");
    }
    text.push_str("    end\nendmodule\n");
    text
}

fn interpreted(design: &Design, stimulus: &[Vec<Bits>]) -> Vec<String> {
    let mut interpreter = Interpreter::new(design);
    let mut lines = Vec::new();
    for (cycle, values) in stimulus.iter().enumerate() {
        for (i, value) in values.iter().enumerate() {
            interpreter.set_bits(&format!("i{i}"), value.clone());
        }
        let value = |name: &str| hexadecimal(&interpreter.get_bits(name));
        let line: Vec<_> = outputs(&design.top).map(value).collect();
        lines.push(line.join(" "));
        if cycle == 0 { interpreter.reset() } else { interpreter.step() }
    }
    lines
}

/// As `%h` prints: one digit for each four bits begun.
fn hexadecimal(bits: &Bits) -> String {
    let digits = bits.width().div_ceil(4);
    let digit = |d: u32| (0..4).map(|i| u32::from(bits.bit(4 * d + i)) << i).sum::<u32>();
    (0..digits).rev().map(|d| char::from_digit(digit(d), 16).unwrap()).collect()
}
