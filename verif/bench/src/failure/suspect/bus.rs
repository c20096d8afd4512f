//! A rule of a bus that was broken.

use systole_hdl::Bits;
use systole_hdl::origin::{Expected, History, Step};
use systole_sim::{Port, Violation};

use super::{Search, Wrong};

/// A channel on which the chip sends: valid, ready and what has to keep its value while it waits.
struct Channel {
    valid: &'static str,
    ready: &'static str,
    payload: &'static [&'static str],
}

const FETCH: Channel =
    Channel { valid: "ibus_req_valid", ready: "ibus_req_ready", payload: &["ibus_req_address"] };
const DATA: Channel = Channel {
    valid: "dbus_req_valid",
    ready: "dbus_req_ready",
    payload: &["dbus_req_address", "dbus_req_write", "dbus_req_wstrb", "dbus_req_wdata"],
};
const READ: Channel = Channel {
    valid: "m_axi_arvalid",
    ready: "m_axi_arready",
    payload: &["m_axi_araddr", "m_axi_arlen"],
};
const WRITE: Channel = Channel {
    valid: "m_axi_awvalid",
    ready: "m_axi_awready",
    payload: &["m_axi_awaddr", "m_axi_awlen"],
};
const BEAT: Channel = Channel {
    valid: "m_axi_wvalid",
    ready: "m_axi_wready",
    payload: &["m_axi_wstrb", "m_axi_wlast", "m_axi_wdata"],
};

fn channels(port: Port) -> &'static [Channel] {
    match port {
        Port::Ibus => &[FETCH],
        Port::Dbus => &[DATA],
        Port::AxiRead => &[READ],
        Port::AxiWrite => &[WRITE, BEAT],
        Port::Rvfi => &[],
    }
}

impl Search<'_> {
    /// The signal that broke the rule.
    pub(super) fn bus(&self, port: Port, violation: Violation) -> Vec<Step> {
        let cycle = self.divergence.cycle;
        let whole = |signal| {
            let width = self.wave.width(signal).unwrap_or(1);
            self.follow(signal, 0, cycle, Expected::Unknown(width))
        };
        let channel = channels(port).first();
        let payload = |index: usize| channel.map(|channel| channel.payload[index]);
        match violation {
            Violation::RequestChanged => self.changed(port),
            Violation::Misaligned | Violation::BadForm => payload(0).map_or_else(Vec::new, whole),
            Violation::LongBurst | Violation::CrossesPage => {
                payload(1).map_or_else(Vec::new, whole)
            }
            Violation::BadStrobe => {
                self.follow("dbus_req_wstrb", 0, cycle, Expected::Value(Bits::zero(4)))
            }
            Violation::BadLast => self.last_beat(),
            Violation::RetireOrder => whole("rvfi_order"),
        }
    }

    /// What changed while it should have waited.
    fn changed(&self, port: Port) -> Vec<Step> {
        let cycle = self.divergence.cycle;
        let Some(before) = cycle.checked_sub(1) else { return Vec::new() };
        let waited = |channel: &&Channel| {
            self.number(channel.valid, before) == 1 && self.number(channel.ready, before) == 0
        };
        let changed = channels(port).iter().filter(waited).flat_map(|channel| {
            let signals = [channel.valid].into_iter().chain(channel.payload.iter().copied());
            signals.filter_map(|signal| {
                let expected = self.wave.value(signal, before)?;
                Some(Wrong { signal, low: 0, cycle, expected })
            })
        });
        let first = changed.into_iter().find(|wrong| self.is_wrong(wrong));
        first.map_or_else(Vec::new, |wrong| self.follow_wrong(&wrong))
    }

    /// `wlast` of the last beat that was sent: it is judged when its beat reaches memory.
    fn last_beat(&self) -> Vec<Step> {
        let sent = |&at: &u64| {
            self.number("m_axi_wvalid", at) == 1 && self.number("m_axi_wready", at) == 1
        };
        let beat = (0..=self.divergence.cycle).rev().find(sent);
        beat.map_or_else(Vec::new, |at| self.follow("m_axi_wlast", 0, at, Expected::Unknown(1)))
    }
}
