//! The hart's buses, as accesses of the RAM.

use systole_hdl::prelude::*;

use super::super::map::BOOT_ADDRESS_BITS;
use super::boot_rom::boot_rom;
use super::buses::{RamRead, RamWrite};
use super::shape::{Shape, part, part_of_next_cycle};
use crate::soc::bus::{DataBus, FetchBus};
use crate::soc::map::RAM_BASE;

/// Module `board_hart_port`: reads of `ibus` and `dbus` share the port `ram_read_*`; writes have
/// theirs. While `overlay` is 1, reads of the first 4 KiB of the RAM are answered by
/// the boot ROM; writes always go to the RAM. Accesses outside the RAM are errors.
///
/// A read of `dbus` goes first, but a fetch that gave way to one goes before the next. So whether
/// `dbus` is ready does not depend on `ibus`, whose requests depend on `dbus` inside the hart.
pub fn hart_port(shape: Shape) -> Module {
    let Shape { fetch_bits, address_bits, .. } = shape;
    module("board_hart_port", |m| {
        m.doc("Instruction and data accesses of the hart.");
        let overlay = m.input("overlay", Bit).doc("the boot ROM lies over the RAM");
        let ibus = FetchBus::sink(m, "ibus", fetch_bits);
        let dbus = DataBus::sink(m, "dbus", 32);
        let read = RamRead::source(m, "ram", address_bits, fetch_bits);
        let write = RamWrite::source(m, "ram", address_bits, 32);

        m.section("Reads");
        let dbus_reads = (dbus.req_valid & !dbus.req_write).named("dbus_reads");
        let fetch_is_next = m.reg("fetch_is_next", Bit).reset(0).doc("it gave way before");
        let load_may = !fetch_is_next;
        let loads = (dbus_reads & load_may).named("loads");
        let address = loads.mux(dbus.req_address, ibus.req_address).named("read_address");
        let moves = (read.read_valid & read.read_ready).named("read_moves");
        read.read_valid.drive(ibus.req_valid | loads);
        read.read_address.drive(address.bits(address_bits - 1, 0));
        ibus.req_ready.drive(read.read_ready & !loads);
        let gives_way = fetch_is_next.mux(!moves, loads & moves);
        m.clocked(|| fetch_is_next.set(ibus.req_valid & gives_way));

        m.section("Writes");
        let data_outside = shape.outside(dbus.req_address).named("data_outside");
        write.write_valid.drive(dbus.req_valid & dbus.req_write);
        write.write_address.drive(dbus.req_address.bits(address_bits - 1, 0));
        write.write_data.drive(dbus.req_wdata);
        write.write_strobe.drive(dbus.req_wstrb & (!data_outside).repeat(4));
        let read_taken = read.read_ready & load_may;
        dbus.req_ready.drive(dbus.req_write.mux(write.write_ready, read_taken));

        m.section("Responses");
        let fetches = (ibus.req_valid & ibus.req_ready).named("fetches");
        let fetched = m.reg("fetched", Bit).reset(0);
        let fetch_failed = m.reg("fetch_failed", Bit);
        let answered = m.reg("answered", Bit).reset(0);
        let access_failed = m.reg("access_failed", Bit);
        let from_rom = m.reg("from_rom", Bit);
        let boot_page = address.bits(31, BOOT_ADDRESS_BITS).eq(RAM_BASE >> BOOT_ADDRESS_BITS);
        m.clocked(|| {
            fetched.set(fetches);
            fetch_failed.set(shape.outside(ibus.req_address));
            answered.set(dbus.req_valid & dbus.req_ready);
            access_failed.set(data_outside);
            from_rom.set(overlay & boot_page);
        });
        let rom = m
            .instance("boot", &boot_rom(fetch_bits))
            .pin("enable", moves)
            .pin("address", address.bits(BOOT_ADDRESS_BITS - 1, 0));
        let word = from_rom.mux(rom.out("word"), read.read_data).named("word");
        ibus.rsp_valid.drive(fetched);
        ibus.rsp_rdata.drive(word);
        ibus.rsp_error.drive(fetch_failed);
        dbus.rsp_valid.drive(answered);
        let half = part_of_next_cycle(m, "half", dbus.req_address, (fetch_bits, 32));
        dbus.rsp_rdata.drive(part(word, half, 32));
        dbus.rsp_error.drive(access_failed);

        m.check("one_word_is_read", !(fetches & dbus_reads & dbus.req_ready));
        m.cover("fetch_with_write", ibus.req_valid & dbus.req_valid & dbus.req_write);
    })
}
