//! Bursts on the NPU's bus.

use std::collections::VecDeque;

use serde::Serialize;

use super::earlier;
use super::probe::Probe;
use super::wave::Wave;

/// A burst on `m_axi`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Burst {
    /// It writes.
    pub write: bool,
    /// Byte address of its first beat; `None` if its address went before the wave began.
    pub address: Option<u32>,
    /// Beats asked for; those seen when the address went before the wave began.
    pub beats: u32,
    /// Cycle in which its address was accepted; `None` before the wave.
    pub begin: Option<u64>,
    /// Cycle of its last read beat or of its write answer; `None` behind the wave.
    pub end: Option<u64>,
    /// An answer was an error.
    pub error: bool,
    /// A read of descriptors, not of a LOAD; `None` if the wave does not tell.
    pub descriptors: Option<bool>,
}

const READ: [&str; 8] = [
    "m_axi_arvalid",
    "m_axi_arready",
    "m_axi_araddr",
    "m_axi_arlen",
    "m_axi_rvalid",
    "m_axi_rready",
    "m_axi_rresp",
    "m_axi_rlast",
];
const WRITE: [&str; 7] = [
    "m_axi_awvalid",
    "m_axi_awready",
    "m_axi_awaddr",
    "m_axi_awlen",
    "m_axi_bvalid",
    "m_axi_bready",
    "m_axi_bresp",
];
/// A request that will be the next address offered: when, that the bus window lets it, for whom.
const REQUEST: [&str; 3] =
    ["npu.reads.request", "npu.reads.inside_window", "npu.reads.fetch_request_valid"];

pub(super) fn signals() -> Vec<String> {
    let own = READ.iter().chain(&WRITE).chain(&REQUEST).map(|name| (*name).to_owned());
    own.chain(earlier::signals()).collect()
}

/// The bursts of a wave by the cycle of their address, and the signals that were missing.
pub(super) fn bursts(wave: &Wave) -> (Vec<Burst>, Vec<String>) {
    let mut missing = Vec::new();
    let mut bursts = Vec::new();
    match probes(wave, READ) {
        Ok(port) => bursts.extend(reads(wave, port)),
        Err(names) => missing.extend(names),
    }
    match probes(wave, WRITE) {
        Ok(port) => bursts.extend(writes(wave, port)),
        Err(names) => missing.extend(names),
    }
    bursts.sort_by_key(|burst| burst.begin);
    (bursts, missing)
}

/// All of these signals, or the names of those that are missing.
pub(super) fn probes<'w, const N: usize>(
    wave: &'w Wave,
    names: [&str; N],
) -> Result<[Probe<'w>; N], Vec<String>> {
    let probes = names.map(|name| wave.probe(name).ok_or_else(|| name.to_owned()));
    let missing: Vec<String> = probes.iter().filter_map(|p| p.as_ref().err().cloned()).collect();
    if !missing.is_empty() {
        return Err(missing);
    }
    let mut found = probes.into_iter().flatten();
    Ok(names.map(|_| found.next().expect("as many as there are names")))
}

/// A burst whose address is accepted now.
fn accepted(write: bool, cycle: u64, address: Option<u64>, length: Option<u64>) -> Burst {
    Burst {
        write,
        address: address.map(|address| address as u32),
        beats: length.unwrap_or(0) as u32 + 1,
        begin: Some(cycle),
        end: None,
        error: false,
        descriptors: None,
    }
}

/// A burst whose address the wave does not show.
fn from_before(write: bool) -> Burst {
    Burst { begin: None, beats: 0, ..accepted(write, 0, None, None) }
}

fn is_error(response: Option<u64>) -> bool {
    response.is_some_and(|response| response & 2 != 0)
}

fn reads(wave: &Wave, port: [Probe; 8]) -> Vec<Burst> {
    let [arvalid, arready, araddr, arlen, rvalid, rready, rresp, rlast] = port;
    let request = probes(wave, REQUEST).ok();
    let mut older = earlier::reads(wave);
    let mut under_way: VecDeque<Burst> = (0..older).map(|_| from_before(false)).collect();
    let mut over = Vec::new();
    let mut descriptors = None;
    for at in 0..wave.cycles().len() {
        let cycle = wave.cycles().number(at);
        if rvalid.high(at)
            && rready.high(at)
            && let Some(burst) = under_way.front_mut()
        {
            burst.beats += u32::from(older > 0);
            burst.error |= is_error(rresp.value(at));
            if rlast.high(at) {
                burst.end = Some(cycle);
                older = older.saturating_sub(1);
                over.extend(under_way.pop_front());
            }
        }
        if arvalid.high(at) && arready.high(at) {
            let burst = accepted(false, cycle, araddr.value(at), arlen.value(at));
            under_way.push_back(Burst { descriptors, ..burst });
        }
        if let Some([request, inside, fetch]) = request
            && request.high(at)
            && inside.high(at)
        {
            descriptors = Some(fetch.high(at));
        }
    }
    over.extend(under_way);
    over
}

fn writes(wave: &Wave, port: [Probe; 7]) -> Vec<Burst> {
    let [awvalid, awready, awaddr, awlen, bvalid, bready, bresp] = port;
    let mut under_way: VecDeque<Burst> =
        (0..earlier::writes(wave)).map(|_| from_before(true)).collect();
    let mut over = Vec::new();
    for at in 0..wave.cycles().len() {
        let cycle = wave.cycles().number(at);
        if bvalid.high(at)
            && bready.high(at)
            && let Some(mut burst) = under_way.pop_front()
        {
            burst.end = Some(cycle);
            burst.error = is_error(bresp.value(at));
            over.push(burst);
        }
        if awvalid.high(at) && awready.high(at) {
            under_way.push_back(accepted(true, cycle, awaddr.value(at), awlen.value(at)));
        }
    }
    over.extend(under_way);
    over
}
