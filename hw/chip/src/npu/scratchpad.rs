//! The scratchpad: four banks of rows of `dim` int8, shared by EXEC, STORE and LOAD.
//!
//! Banks are chosen by the low bits of a row's address: streams of consecutive rows then fall out
//! of each other's way after one refusal, wherever they begin.

use systole_hdl::prelude::*;

use super::exec::tap_lines;
use crate::config::NpuConfig;

/// Number of banks; the low bits of a row address select one.
pub const BANKS: u32 = 4;

/// A client's request as one bank arbiter sees it.
struct Client {
    valid: Signal,
    bank: Signal,
    address: Signal,
}

impl Client {
    fn new(valid: Signal, row: Signal, row_bits: u32, name: &str) -> Client {
        row.bits(15, row_bits).unused();
        let bank = row.bits(1, 0).named(format!("{name}_bank"));
        let address = row.bits(row_bits - 1, 2).named(format!("{name}_address"));
        Client { valid, bank, address }
    }

    /// Whether it wants bank `index`; a named wire.
    fn wants(&self, index: u32, name: &str) -> Signal {
        (self.valid & self.bank.eq(index)).named(format!("{name}_wants_{index}"))
    }

    /// Whether it wants the bank that `other` wants.
    fn blocks(&self, other: &Client) -> Signal {
        self.valid & self.bank.eq(other.bank)
    }
}

/// The scratchpad memory with its arbiters.
///
/// Read clients in falling priority: `activation_`, `tap_1_` and so on (the further lines of
/// depthwise convolutions), `weight_0_`, `weight_1_`, `store_`; write clients: `result_`, `load_`.
/// Each bank does one read and one write a cycle; a client that is refused sees `ready` low and
/// asks again. The activation and the taps are never refused: taps must not meet in a bank.
/// `<client>_data` is the row that was granted in the previous cycle, and only then; tokens keep
/// clients from a row that is being written. Of LOAD's rows only the elements in `load_write_lanes`
/// are written.
pub fn scratchpad(config: &NpuConfig) -> Module {
    let width = 8 * config.dim;
    let row_bits = config.scratchpad_rows.ilog2();
    module("npu_scratchpad", |m| {
        m.doc("Scratchpad: four banks, each with one read and one write a cycle.");
        m.section("Requests");
        let taps = tap_lines(config.dim) as usize;
        let mut read_names = vec!["activation".to_owned()];
        read_names.extend((1..taps).map(|line| format!("tap_{line}")));
        read_names.extend(["weight_0", "weight_1", "store"].map(str::to_owned));
        let readers: Vec<Client> = read_names
            .iter()
            .map(|name| {
                let valid = m.input(format!("{name}_valid"), Bit);
                let row = m.input(format!("{name}_row"), U(16)).doc("wraps");
                Client::new(valid, row, row_bits, name)
            })
            .collect();
        let write_names = ["result", "load"];
        let writers: Vec<(Client, Signal)> = write_names
            .iter()
            .map(|name| {
                let valid = m.input(format!("{name}_write_valid"), Bit);
                let row = m.input(format!("{name}_write_row"), U(16)).doc("wraps");
                let data = m.input(format!("{name}_write_data"), U(width));
                (Client::new(valid, row, row_bits, name), data)
            })
            .collect();
        let load_lanes = m.input("load_write_lanes", U(config.dim)).doc("elements to write");

        m.section("Grants: a client yields to those before it that want its bank");
        let blocked = |client: usize| {
            let blockers = (0..client).map(|before| readers[before].blocks(&readers[client]));
            let any = blockers.reduce(|some, other| some | other).expect("not the first client");
            any.named(format!("{}_blocked", read_names[client]))
        };
        let [first_weight, second_weight, store] = [taps, taps + 1, taps + 2];
        let weight_blocked = [first_weight, second_weight].map(blocked);
        let store_blocked = blocked(store);
        let result_blocks_load = writers[0].0.blocks(&writers[1].0).named("result_blocks_load");
        for (n, blocked) in weight_blocked.iter().enumerate() {
            m.output(format!("weight_{n}_ready"), !*blocked);
        }
        m.output("store_ready", !store_blocked);
        m.output("result_write_ready", lit(1, Bit));
        m.output("load_write_ready", !result_blocks_load);

        m.section("Banks");
        let mut rows_read = Vec::new();
        for bank in 0..BANKS {
            let memory = m
                .memory(format!("bank_{bank}"), config.scratchpad_rows / BANKS, U(width))
                .style(RamStyle::Block)
                .collisions_unused();
            let wants: Vec<Signal> = readers
                .iter()
                .zip(&read_names)
                .map(|(reader, name)| reader.wants(bank, name))
                .collect();
            let first = readers.iter().zip(&wants).rev();
            let address = first
                .map(|(reader, wants)| (reader.address, *wants))
                .reduce(|(later, _), (address, wants)| (wants.mux(address, later), wants))
                .map(|(address, _)| address.named(format!("read_address_{bank}")))
                .expect("there are clients");
            let enable = cat(&wants).any().named(format!("read_enable_{bank}"));
            rows_read.push(memory.read_sync(format!("row_read_{bank}"), address, enable));

            let result_wants = writers[0].0.wants(bank, "result_write");
            let load_wants = writers[1].0.wants(bank, "load_write");
            let write_address = result_wants
                .mux(writers[0].0.address, writers[1].0.address)
                .named(format!("write_address_{bank}"));
            let write_data =
                result_wants.mux(writers[0].1, writers[1].1).named(format!("write_data_{bank}"));
            let write_lanes = result_wants.repeat(config.dim) | load_lanes;
            m.clocked(|| {
                when(result_wants | load_wants, || {
                    memory.write_bytes(write_address, write_data, write_lanes);
                });
            });
        }

        m.section("Rows read, one cycle after the grant");
        let banks_read: Vec<Signal> =
            read_names.iter().map(|name| m.reg(format!("{name}_bank_read"), U(2))).collect();
        m.clocked(|| {
            for (register, reader) in banks_read.iter().zip(&readers) {
                register.set(reader.bank);
            }
        });
        for (bank_read, name) in banks_read.iter().zip(&read_names) {
            m.output(format!("{name}_data"), select(*bank_read, &rows_read));
        }

        m.section("Properties, and what should be seen");
        for line in 1..taps {
            let meets = blocked_tap(&readers[..=line]);
            m.check(format!("tap_{line}_has_its_bank"), !(readers[line].valid & meets));
        }
        m.cover("weight_refused", readers[first_weight].valid & weight_blocked[0]);
        m.cover("store_refused", readers[store].valid & store_blocked);
        m.cover("load_refused", writers[1].0.valid & result_blocks_load);
    })
}

/// Whether the last of `readers` wants the bank of one before it.
fn blocked_tap(readers: &[Client]) -> Signal {
    let (last, before) = readers.split_last().expect("a client");
    let meets = before.iter().map(|client| client.blocks(last));
    meets.reduce(|some, other| some | other).expect("the activation comes first")
}
