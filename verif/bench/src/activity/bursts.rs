//! Bursts on the NPU's bus.

use std::collections::VecDeque;

use serde::Serialize;

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
/// Whom the read burst is for whose beats come next.
const FOR_FETCH: &str = "npu.reads.for_fetch";
/// Read bursts under way, those of them whose address is still to come, and when the oldest is over.
/// Bursts that the bus window refuses are counted, too.
const READS_AHEAD: [&str; 3] =
    ["npu.reads.order.level", "npu.reads.slice.level", "npu.reads.order.pop"];
/// Write bursts under way, and those of them whose address is still to come.
const WRITES_AHEAD: [&str; 2] =
    ["npu.store.writes.answers.level", "npu.store.writes.addresses.level"];

pub(super) fn signals() -> Vec<String> {
    let groups: [&[&str]; 5] = [&READ, &WRITE, &[FOR_FETCH], &READS_AHEAD, &WRITES_AHEAD];
    groups.concat().into_iter().map(str::to_owned).collect()
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
    let for_fetch = wave.probe(FOR_FETCH);
    let ahead = probes(wave, READS_AHEAD).ok();
    // Requests from before the wave that are not over. Those that were refused have no beats.
    let mut older = ahead.map_or(0, |[order, slice, _]| {
        order.value(0).unwrap_or(0).saturating_sub(slice.value(0).unwrap_or(0))
    });
    let mut under_way: VecDeque<Burst> = VecDeque::new();
    let mut old: Option<Burst> = None;
    let mut over = Vec::new();
    for at in 0..wave.cycles().len() {
        let cycle = wave.cycles().number(at);
        if rvalid.high(at) && rready.high(at) {
            if older > 0 && old.is_none() || old.is_none() && under_way.is_empty() {
                old = Some(from_before(false));
            }
            let is_old = old.is_some();
            let burst = old.as_mut().or(under_way.front_mut());
            let Some(burst) = burst else { continue };
            burst.beats += u32::from(is_old);
            burst.error |= is_error(rresp.value(at));
            burst.descriptors = for_fetch.map(|probe| probe.high(at));
            if rlast.high(at) {
                burst.end = Some(cycle);
                over.extend(if is_old { old.take() } else { under_way.pop_front() });
            }
        }
        if ahead.is_some_and(|[.., pop]| pop.high(at)) {
            older = older.saturating_sub(1);
        }
        if arvalid.high(at) && arready.high(at) {
            under_way.push_back(accepted(false, cycle, araddr.value(at), arlen.value(at)));
        }
    }
    over.extend(old.into_iter().chain(under_way));
    over
}

fn writes(wave: &Wave, port: [Probe; 7]) -> Vec<Burst> {
    let [awvalid, awready, awaddr, awlen, bvalid, bready, bresp] = port;
    // Bursts from before the wave that are not answered.
    let mut older = probes(wave, WRITES_AHEAD).map_or(0, |[answers, addresses]| {
        answers.value(0).unwrap_or(0).saturating_sub(addresses.value(0).unwrap_or(0))
    });
    let mut under_way: VecDeque<Burst> = VecDeque::new();
    let mut over = Vec::new();
    for at in 0..wave.cycles().len() {
        let cycle = wave.cycles().number(at);
        if bvalid.high(at) && bready.high(at) {
            let known = if older > 0 { None } else { under_way.pop_front() };
            older = older.saturating_sub(1);
            let mut burst = known.unwrap_or_else(|| from_before(true));
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
