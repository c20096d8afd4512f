//! The bus window: its edges, and every cause that it can give.

use super::super::cause;
use super::{Bench, LIST, RAM, load_rows, store_rows};
use crate::npu::{BusWindow, JobEnd};

fn bench(base: u32, limit: u32) -> Bench {
    let mut bench = Bench::new(4);
    bench.window = BusWindow { base, limit };
    bench
}

fn fault(cause: u32, fault_index: u32, fault_address: u32) -> JobEnd {
    JobEnd { cause, fault_index, fault_address }
}

#[test]
fn windows_hold_what_lies_between_their_edges() {
    for (base, limit, inside, outside) in [
        (0, 0, &[0, 0x1000, u32::MAX][..], &[][..]),
        (0x1000, 0, &[0x1000, u32::MAX], &[0, 0xfff]),
        (0, 0x1000, &[0, 0xfff], &[0x1000, u32::MAX]),
        (0x1000, 0x3000, &[0x1000, 0x2fff], &[0xfff, 0x3000]),
        (0x1000, 0x1000, &[], &[0xfff, 0x1000]),
        (0x3000, 0x1000, &[], &[0x0, 0x2000, 0x4000]),
    ] {
        let window = BusWindow { base, limit };
        assert!(inside.iter().all(|&address| window.allows(address)), "{window:x?}");
        assert!(!outside.iter().any(|&address| window.allows(address)), "{window:x?}");
    }
}

#[test]
fn lists_end_where_the_window_does() {
    let list = [load_rows(RAM, 4, 1, 0); 3];
    assert_eq!(bench(LIST + 0x1000, 0).run(&list).end, fault(cause::FETCH_ERROR, 0, LIST));
    // The third descriptor is in the next page.
    let mut bench = bench(RAM, LIST + 0x1000);
    let at = LIST + 0x1000 - 64;
    for (address, word) in (at..).step_by(4).zip(list.concat()) {
        bench.memory.store::<4>(address, word);
    }
    let end = fault(cause::FETCH_ERROR, 2, LIST + 0x1000);
    assert_eq!(bench.run_at(at, true).end, end);
}

#[test]
fn loads_fail_at_the_first_word_outside() {
    let edge = RAM + 0x1000;
    let mut bench = bench(edge, 0);
    assert_eq!(bench.run(&[load_rows(edge, 4, 1, 0)]).end.cause, 0);
    let end = fault(cause::LOAD_ERROR, 1, edge - 8);
    assert_eq!(bench.run(&[load_rows(edge, 4, 1, 0), load_rows(edge - 1, 4, 1, 0)]).end, end);
    bench.window = BusWindow { base: RAM, limit: LIST + 0x1000 };
    let last = LIST + 0x1000;
    let end = fault(cause::LOAD_ERROR, 0, last);
    assert_eq!(bench.run(&[load_rows(last - 7, 4, 2, 0)]).end, end);
}

#[test]
fn stores_write_all_that_comes_before() {
    let edge = LIST + 0x1000;
    let mut bench = bench(RAM, edge);
    bench.fill(RAM, &[1, 2, 3, 4, 5, 6, 7, 8]);
    bench.fill(edge - 6, &[9; 12]);
    let list = [load_rows(RAM, 4, 2, 0), store_rows(edge - 6, 4, 2, 0)];
    let job = bench.run(&list);
    assert_eq!(job.end, fault(cause::STORE_ERROR, 1, edge));
    assert_eq!((job.faults, job.done), (vec![job.end], 6));
    assert_eq!(bench.bytes(edge - 6, 12), [1, 2, 3, 4, 5, 6, 9, 9, 9, 9, 9, 9]);
}

/// Each unit's first fault is on record, whatever its later descriptors would meet.
#[test]
fn faults_are_the_first_of_each_unit() {
    let mut bench = bench(LIST, LIST + 0x1000);
    let (load, store) = (load_rows(RAM, 4, 1, 0), store_rows(RAM + 0x100, 4, 1, 0));
    let job = bench.run(&[store, load, load, store]);
    let store_fault = fault(cause::STORE_ERROR, 0, RAM + 0x100);
    assert_eq!(job.end, store_fault);
    assert_eq!(job.faults, [store_fault, fault(cause::LOAD_ERROR, 1, RAM)]);
    assert_eq!(bench.run_at(LIST, false).end, store_fault);
}
