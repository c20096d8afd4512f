//! Addresses that are used right after they were made.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use systole_golden::Isa;
use systole_isa::{AtomicOp, Instruction, Register};

use super::blocks::{data_address, link};
use super::instructions::{access, arithmetic, atomics, beside, register};
use crate::program::{Block, Maker, Usage};

/// An address that an instruction makes, and accesses or a jump with it.
pub(super) fn pointer(isa: Isa) -> BoxedStrategy<Block> {
    let mut makers = vec![
        Just(Maker::Add).boxed(),
        Just(Maker::Load).boxed(),
        Just(Maker::Csr).boxed(),
        Just(Maker::Link).boxed(),
    ];
    if isa.m {
        makers.extend([Maker::Multiply, Maker::Divide].map(|maker| Just(maker).boxed()));
    }
    if isa.a {
        makers.push(Just(Maker::LoadReserved).boxed());
        makers.push(select(&AtomicOp::ALL[2..]).prop_map(Maker::Amo).boxed());
    }
    let maker = proptest::strategy::Union::new(makers.clone()).boxed();
    if isa.a {
        makers.push(Just(Maker::StoreConditional).boxed());
    }
    let jumps = proptest::strategy::Union::new(makers);
    let between = prop_oneof![6 => arithmetic(isa), 1 => beside()];
    let between = vec(between, 0..3);
    let jump = (link(), any::<bool>()).prop_map(|(link, odd)| Usage::Jump { link, odd });
    let same = prop_oneof![2 => register(), 1 => Just(Register::RA)];
    prop_oneof![
        1 => (jumps, same, between.clone(), jump),
        1 => (maker, register(), between, accesses(isa)),
    ]
    .prop_map(|(maker, register, between, usage)| Block::Pointer {
        maker,
        register,
        between,
        usage,
    })
    .boxed()
}

fn accesses(isa: Isa) -> impl Strategy<Value = Usage> {
    let one: BoxedStrategy<Instruction> = match isa.a {
        true => prop_oneof![access(isa), atomics(isa)].boxed(),
        false => access(isa),
    };
    (data_address(), vec(one, 1..3))
        .prop_map(|(address, accesses)| Usage::Access { address, accesses })
}
