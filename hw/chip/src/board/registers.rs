//! Registers of a device on the hart's data bus.

use std::array::from_fn;

use systole_hdl::prelude::*;

use super::map::DEVICE_ADDRESS_BITS;
use crate::soc::bus::DataBus;

/// `N` registers of 32 bits from offset 0 on: they take a request in every cycle and answer it in
/// the next one. Other offsets are bus errors, and so are writes of less than a word.
pub struct Registers<const N: usize> {
    bus: DataBus,
    at: [Signal; N],
    refused: Signal,
}

impl<const N: usize> Registers<N> {
    /// Adds the ports `bus_*` to a module, and decodes the address; `names` are those of the
    /// registers.
    pub fn sink(m: M, names: [&str; N]) -> Self {
        let bus = DataBus::sink(m, "bus", DEVICE_ADDRESS_BITS);
        bus.req_ready.drive(1);
        m.section("Address decode");
        bus.req_address.bits(1, 0).unused();
        let number = bus.req_address.bits(DEVICE_ADDRESS_BITS - 1, 2);
        let at = from_fn(|n| number.eq(n).named(format!("at_{}", names[n])));
        let mapped = cat(&at).any().named("mapped");
        let part_of_word = (bus.req_write & !bus.req_wstrb.all()).named("part_of_word");
        let refused = (!mapped | part_of_word).named("refused");
        Self { bus, at, refused }
    }

    /// Register `n` is read.
    pub fn is_read(&self, n: usize) -> Signal {
        self.bus.req_valid & !self.bus.req_write & self.at[n]
    }

    /// Register `n` is written, with [`wdata`](Self::wdata).
    pub fn is_written(&self, n: usize) -> Signal {
        self.bus.req_valid & self.bus.req_write & !self.refused & self.at[n]
    }

    /// What is written.
    pub fn wdata(&self) -> Signal {
        self.bus.req_wdata
    }

    /// Answers with the `values` that the registers have in the cycle of the request.
    pub fn answer(self, m: M, values: [Signal; N]) {
        m.section("Response");
        let response = m.reg("response", Bit).reset(0);
        let failed = m.reg("failed", Bit);
        let data = m.reg("data", U(32));
        let choices: Vec<_> = self.at.into_iter().zip(values.map(|value| value.ext(32))).collect();
        m.clocked(|| {
            response.set(self.bus.req_valid);
            failed.set(self.refused);
            data.set(one_hot_select(&choices));
        });
        self.bus.rsp_valid.drive(response);
        self.bus.rsp_rdata.drive(data);
        self.bus.rsp_error.drive(failed);
    }
}
