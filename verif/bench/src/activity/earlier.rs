//! Bursts that were under way when a wave began: how many, so that later ones are not taken for
//! them. The NPU keeps queues of what it has asked for; those that its bus window refused lie in the
//! same queues and never come to the bus.

use super::bursts::probes;
use super::probe::Probe;
use super::wave::Wave;

/// Queue of read bursts, when the oldest is over, whether that was refused; the queue of beats that
/// have come; the address that is offered.
const READS: [&str; 7] = [
    "npu.reads.order.level",
    "npu.reads.burst_over",
    "npu.reads.refused",
    "npu.reads.slice.level",
    "m_axi_arvalid",
    "m_axi_rvalid",
    "m_axi_rready",
];
/// Queue of write bursts, when the oldest is answered, whether that was refused; the queue of
/// addresses that are still to come.
const WRITES: [&str; 4] = [
    "npu.store.writes.answers.level",
    "npu.store.writes.answered",
    "npu.store.writes.refused",
    "npu.store.writes.addresses.level",
];
const RLAST: &str = "m_axi_rlast";

pub(super) fn signals() -> Vec<String> {
    READS.iter().chain(&WRITES).chain([&RLAST]).map(|name| (*name).to_owned()).collect()
}

/// Read bursts whose address went before the wave and whose last beat comes in it; 0 if the wave
/// does not tell.
pub(super) fn reads(wave: &Wave) -> u64 {
    let (Ok([level, over, refused, beats, arvalid, rvalid, rready]), Some(rlast)) =
        (probes(wave, READS), wave.probe(RLAST))
    else {
        return 0;
    };
    let sent = sent(wave, level, over, refused);
    // Last beats that have come and wait in the queue: those that leave it without having come in
    // the wave, until it is empty.
    let mut waiting = 0u64;
    let mut came = 0u64;
    for at in 0..wave.cycles().len() {
        if beats.value(at) == Some(0) {
            break;
        }
        waiting += u64::from(over.high(at) && !refused.high(at));
        came += u64::from(rvalid.high(at) && rready.high(at) && rlast.high(at));
    }
    sent.saturating_sub(waiting.saturating_sub(came)).saturating_sub(u64::from(arvalid.high(0)))
}

/// Write bursts whose address went before the wave and whose answer comes in it; 0 if the wave does
/// not tell.
pub(super) fn writes(wave: &Wave) -> u64 {
    let Ok([level, answered, refused, addresses]) = probes(wave, WRITES) else { return 0 };
    let sent = sent(wave, level, answered, refused);
    sent.saturating_sub(addresses.value(0).unwrap_or(0))
}

/// How many of those that are in a queue when the wave begins go to the bus.
fn sent(wave: &Wave, level: Probe, leaves: Probe, refused: Probe) -> u64 {
    let count = level.value(0).unwrap_or(0);
    let leaving = (0..wave.cycles().len()).filter(|&at| leaves.high(at));
    let refused = leaving.take(count as usize).filter(|&at| refused.high(at)).count();
    count - refused as u64
}
