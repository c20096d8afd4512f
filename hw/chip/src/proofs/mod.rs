//! Proofs: modules of the chip, small, in an environment that may do anything it is allowed to.
//!
//! A proof is a module as well. It instantiates the module under proof, drives it from free inputs,
//! says with `m.assume` what the environment never does, and with `m.check` what must then hold;
//! `m.cover` names what must be possible, so that no contradiction among the assumptions makes a
//! proof hold for want of behaviour. `systole formal` hands it to Yosys and a solver.
//!
//! Where an unbounded proof needs to speak of registers inside, [`probe`](systole_hdl::probe) makes
//! outputs of them.

mod array;
mod board;
mod bus;
mod fifo;
mod free;
mod interconnect;
mod requantise;
mod requests;
mod scratchpad;
mod tokens;

use std::fmt;

use systole_hdl::Module;
use systole_hdl::fault::Fault;

/// A statement about a module of the chip, with what proves it.
#[derive(Clone, Copy, Debug)]
pub struct Proof {
    /// Name on the command line.
    pub name: &'static str,
    /// What holds, in a sentence.
    pub statement: &'static str,
    /// The module under proof in its environment.
    pub module: fn() -> Module,
    /// How it is proven.
    pub method: Method,
    /// Faults of the module under proof, for each of which the proof must fail.
    pub faults: &'static [Fault],
}

/// How a statement is proven.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Method {
    /// For every run of any length: what holds in `k` cycles in a row holds in the next, and it
    /// holds in the first `cycles` from reset on.
    Induction {
        /// Length of the induction.
        k: u32,
        /// Cycles from reset that are searched for a counter-example first; at least `k`.
        cycles: u32,
    },
    /// For every run of so many cycles from reset on.
    Bounded {
        /// Number of cycles.
        cycles: u32,
    },
}

impl Method {
    /// Cycles from reset on that are searched.
    pub const fn cycles(self) -> u32 {
        match self {
            Method::Induction { cycles, .. } | Method::Bounded { cycles } => cycles,
        }
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Method::Induction { k: 1, .. } => write!(f, "every run, by induction"),
            Method::Induction { k, .. } => write!(f, "every run, by {k}-induction"),
            Method::Bounded { cycles } => write!(f, "every run of {cycles} cycles"),
        }
    }
}

/// All proofs.
pub fn all() -> Vec<Proof> {
    [
        fifo::PROOFS,
        tokens::PROOFS,
        interconnect::PROOFS,
        requests::PROOFS,
        scratchpad::PROOFS,
        requantise::PROOFS,
        array::PROOFS,
        board::PROOFS,
        bus::PROOFS,
    ]
    .concat()
}

/// The proof of this name.
pub fn find(name: &str) -> Option<Proof> {
    all().into_iter().find(|proof| proof.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use systole_hdl::{check, fault};

    #[test]
    fn every_proof_is_well_formed_with_and_without_its_faults() {
        for proof in all() {
            let design = check(&(proof.module)()).unwrap_or_else(|e| panic!("{}: {e}", proof.name));
            assert!(!proof.faults.is_empty(), "{}: no planted fault", proof.name);
            fault::inject(&design, proof.faults).unwrap_or_else(|e| panic!("{}: {e}", proof.name));
        }
    }

    #[test]
    fn the_manual_lists_the_proofs() {
        let row = |proof: &Proof| {
            let Proof { name, statement, method, .. } = proof;
            format!("| `{name}` | {statement} | {method} |\n")
        };
        let table: String = all().iter().map(row).collect();
        let manual = include_str!("../../../../docs/formal.md");
        assert!(manual.contains(&table), "the table in docs/formal.md has to be:\n{table}");
    }

    #[test]
    fn names_are_distinct() {
        let mut names: Vec<&str> = all().iter().map(|proof| proof.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all().len());
    }

    #[test]
    fn an_induction_starts_from_a_base_that_is_long_enough() {
        for proof in all() {
            if let Method::Induction { k, cycles } = proof.method {
                assert!((1..=cycles).contains(&k), "{}", proof.name);
            }
        }
    }
}
