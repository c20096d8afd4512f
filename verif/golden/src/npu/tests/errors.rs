//! Every cause of the error table, the order of the checks, and what is left in memory.

use super::super::cause;
use super::{
    Bench, EXEC, LIST, LOAD, RAM, RAM_BYTES, STORE, exec_tile, head, load_rows, pair, store_rows,
    sync,
};
use crate::npu::JobEnd;

/// The end of a job with this one descriptor, marked last.
fn end_of(descriptor: [u32; 8]) -> u32 {
    Bench::new(4).run(&[descriptor]).end.cause
}

#[test]
fn opcodes() {
    for opcode in [0].into_iter().chain(4..16) {
        // A bad opcode is found before bad fields.
        assert_eq!(end_of([opcode | 0xff00_88e0, 0, 0, 0, 0, 0, 0, 0]), cause::BAD_OPCODE);
    }
}

/// A LOAD, then what is tested; the LOAD's effect stays, what follows has none.
#[test]
fn earlier_descriptors_complete_and_later_ones_do_nothing() {
    let mut bench = Bench::new(4);
    bench.fill(RAM, &[1, 2, 3, 4]);
    let copy = store_rows(RAM + 0x100, 4, 1, 0);
    let late = store_rows(RAM + 0x200, 4, 1, 0);
    let job = bench.run(&[load_rows(RAM, 4, 1, 0), copy, [0; 8], late]);
    let end = JobEnd { cause: cause::BAD_OPCODE, fault_index: 2, fault_address: 0 };
    assert_eq!((job.end, job.descriptors().len()), (end, 2));
    assert_eq!(bench.bytes(RAM + 0x100, 4), [1, 2, 3, 4]);
    assert_eq!(bench.bytes(RAM + 0x200, 4), [0; 4]);
}

#[test]
fn tokens() {
    let load = load_rows(RAM, 4, 1, 0);
    let exec = exec_tile(0, 0, 0, 1);
    let end = |list: &[[u32; 8]]| {
        let end = Bench::new(4).run(list).end;
        (end.cause, end.fault_index)
    };
    let give = sync(load, &[], &[EXEC]);
    let take = sync(exec, &[LOAD], &[]);
    assert_eq!(end(&[give, take]), (0, 0));
    assert_eq!(end(&[take]), (cause::TOKEN_UNDERFLOW, 0));
    assert_eq!(end(&[give, take, take]), (cause::TOKEN_UNDERFLOW, 2));
    // In list order: a later signal does not help.
    assert_eq!(end(&[take, give]), (cause::TOKEN_UNDERFLOW, 0));
    // The token of another pair does not help.
    assert_eq!(end(&[sync(load, &[], &[STORE]), take]), (cause::TOKEN_UNDERFLOW, 1));
    assert_eq!(end(&[give; 15]), (0, 0));
    assert_eq!(end(&[give; 16]), (cause::TOKEN_OVERFLOW, 15));
    // Underflow is checked before overflow.
    let both = [vec![give; 15], vec![sync(give, &[STORE], &[])]].concat();
    assert_eq!(end(&both), (cause::TOKEN_UNDERFLOW, 15));
    // Bad fields come before tokens.
    assert_eq!(end(&[sync(exec, &[LOAD, EXEC], &[])]), (cause::BAD_FIELD, 0));
}

#[test]
fn misaligned_lists_do_nothing() {
    for address in [LIST + 4, LIST + 16, 3] {
        let mut bench = Bench::new(4);
        bench.run(&[load_rows(RAM, 4, 1, 0)]);
        let job = bench.run_at(address, true);
        let end = JobEnd { cause: cause::MISALIGNED_LIST, ..JobEnd::default() };
        assert_eq!((job.end, job.descriptors().len()), (end, 0));
    }
}

#[test]
fn lists_run_off_the_ram() {
    let mut bench = Bench::new(4);
    let list = RAM + RAM_BYTES - 64;
    let mut words = [load_rows(RAM, 4, 1, 0); 2].concat();
    words[8] = head(LOAD, &[], &[]);
    let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
    bench.fill(list, &bytes);
    let job = bench.run_at(list, true);
    let end = JobEnd { cause: cause::FETCH_ERROR, fault_index: 2, fault_address: RAM + RAM_BYTES };
    assert_eq!((job.end, job.descriptors().len()), (end, 2));
    let job = bench.run_at(0x20, true);
    let end = JobEnd { cause: cause::FETCH_ERROR, fault_index: 0, fault_address: 0x20 };
    assert_eq!(job.end, end);
}

#[test]
fn lists_are_at_most_65536_long() {
    let mut bench = Bench::new(2);
    bench.memory = crate::memory::Memory::new(4 << 20, &crate::Isa::default());
    let mut list = vec![load_rows(RAM, 1, 1, 0); 65_536];
    let job = bench.run_raw(&list);
    let end = JobEnd { cause: cause::LIST_TOO_LONG, fault_index: 65_535, fault_address: 0 };
    assert_eq!((job.end, job.descriptors().len()), (end, 65_535));
    list[65_535][0] |= 0x10;
    assert_eq!(bench.run_raw(&list).end.cause, 0);
}

#[test]
fn loads_outside_the_ram_fail_with_the_bus_word() {
    // The second row runs over the end of the RAM by one byte.
    let end = RAM + RAM_BYTES;
    let mut bench = Bench::new(4);
    let load = [head(LOAD, &[], &[]), end - 10, 6, pair(2, 5), pair(0, 1), 0, 0, 0];
    let job = bench.run(&[load]);
    let fault = JobEnd { cause: cause::LOAD_ERROR, fault_index: 0, fault_address: end };
    assert_eq!(job.end, fault);
    let job = bench.run(&[load_rows(RAM - 3, 4, 1, 0)]);
    assert_eq!(job.end, JobEnd { fault_address: RAM - 8, ..fault });
    // The first access that fails is in the last row.
    let load = [head(LOAD, &[], &[]), RAM, 0u32.wrapping_sub(13), pair(2, 4), 0, 0, 0, 0];
    assert_eq!(bench.run(&[load]).end, JobEnd { fault_address: RAM - 16, ..fault });
}

#[test]
fn stores_outside_the_ram_leave_what_was_written_before() {
    let end = RAM + RAM_BYTES;
    let mut bench = Bench::new(4);
    bench.memories.scratchpad_mut(0).copy_from_slice(&[1, 2, 3, 4]);
    bench.memories.scratchpad_mut(1).copy_from_slice(&[5, 6, 7, 8]);
    let early = store_rows(RAM, 4, 1, 1);
    let late = store_rows(RAM + 8, 4, 1, 1);
    let mut store = store_rows(end - 6, 4, 2, 0);
    store[2] = 4;
    let job = bench.run(&[early, store, late]);
    let fault = JobEnd { cause: cause::STORE_ERROR, fault_index: 1, fault_address: end };
    assert_eq!((job.end, job.done), (fault, 10));
    assert_eq!(bench.bytes(RAM, 4), [5, 6, 7, 8]);
    assert_eq!(bench.bytes(end - 6, 6), [1, 2, 3, 4, 5, 6]);
    // What the third descriptor would write is in the record, not in memory.
    assert_eq!(bench.bytes(RAM + 8, 4), [0; 4]);
    assert_eq!(job.writes[10..].iter().map(|w| w.new).collect::<Vec<_>>(), [5, 6, 7, 8]);
    assert!(job.writes[10..].iter().all(|w| w.descriptor == 2));
    // Without a log, the same memory and the same end.
    let mut other = Bench::new(4);
    other.memories.scratchpad_mut(0).copy_from_slice(&[1, 2, 3, 4]);
    other.memories.scratchpad_mut(1).copy_from_slice(&[5, 6, 7, 8]);
    other.run(&[load_rows(RAM + 0x100, 4, 1, 40); 3]);
    for (address, word) in (LIST..).step_by(4).zip([early, store, late].concat()) {
        other.memory.store::<4>(address, word);
    }
    let job = other.run_at(LIST, false);
    assert_eq!((job.end, job.writes.len()), (fault, 0));
    assert_eq!(other.bytes(RAM, 16), bench.bytes(RAM, 16));
    assert_eq!(other.bytes(end - 6, 6), bench.bytes(end - 6, 6));
}

#[test]
fn the_lowest_index_is_reported() {
    let mut bench = Bench::new(4);
    let list = [load_rows(0x1234, 4, 1, 0), store_rows(0x5678, 4, 1, 0), [0; 8]];
    let fault = JobEnd { cause: cause::LOAD_ERROR, fault_index: 0, fault_address: 0x1230 };
    assert_eq!(bench.run(&list).end, fault);
}
