//! The boards, one file each.

mod arty;
mod icebreaker;
mod orangecrab;
mod tang_nano_20k;
mod ulx3s;

use super::Board;

pub(super) const ALL: [Board; 6] = [
    icebreaker::BOARD,
    tang_nano_20k::BOARD,
    orangecrab::BOARD,
    ulx3s::BOARD,
    arty::A7_35,
    arty::A7_100,
];
