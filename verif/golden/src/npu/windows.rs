//! LOAD's windows: overlapping parts of a source row, side by side in the lanes of scratchpad rows.

use super::descriptor::Windows;
use super::memories::{Memories, row_at};

/// Puts the windows of the source row `bytes` into scratchpad rows from `row` on. The lanes around
/// them keep what they hold.
pub(super) fn fill(d: &Windows, memories: &mut Memories, row: u32, bytes: &[u8]) {
    let mut start = i64::from(d.lead);
    for x in 0..d.count {
        let row = memories.scratchpad_mut(row_at(row, &[(x, d.window_row_step)]));
        let lanes = &mut row[d.lane as usize..(d.lane + d.window_bytes) as usize];
        for (p, lane) in (start..).zip(lanes) {
            let byte = usize::try_from(p).ok().and_then(|p| bytes.get(p));
            *lane = byte.map_or(d.pad_value, |&byte| byte as i8);
        }
        start += i64::from(d.window_step);
    }
}
