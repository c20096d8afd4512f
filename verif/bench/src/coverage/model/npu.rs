//! What is to be covered of the NPU: descriptors, sizes, edges, errors, and what the hart does
//! meanwhile.

use systole_golden::npu::cause;

use super::super::bins::{COUNTS, Kind, Meanwhile, Size};
use super::super::table::{Cross, Table, Verdict, axis, given, named};
use crate::generate::Target;

/// What a STORE takes, and through what.
pub(in super::super) const SOURCES: [&str; 9] = [
    "requantised",
    "double-rounding",
    "table",
    "table-after-double-rounding",
    "residual",
    "residual-after-double-rounding",
    "accumulators",
    "scratchpad",
    "pool",
];
/// Where a LOAD goes.
pub(in super::super) const SPACES: [&str; 4] = ["scratchpad", "windows", "parameters", "table"];
/// Bytes of a LOAD's row seen from the array's side.
pub(in super::super) const ROW_BYTES: [&str; 5] =
    ["none", "less-than-D", "D", "chunks", "chunks-and-rest"];
/// From one row of a LOAD to the next.
pub(in super::super) const STRIDES: [&str; 4] = ["same", "packed", "backward", "apart"];
/// Values of padding.
pub(in super::super) const PADS: [&str; 4] = ["0", "-128", "127", "other"];
/// Operations that meet padding.
pub(in super::super) const PADDED: [&str; 3] = ["convolution", "depthwise", "windows"];
/// Zero points.
pub(in super::super) const ZERO_POINTS: [&str; 5] = ["-128", "negative", "0", "positive", "127"];
/// Clamps: what is cut off.
pub(in super::super) const CLAMPS: [&str; 5] =
    ["nothing", "below-zero-point", "both-ends", "to-one-value", "min-above-max"];
/// Where results of a requantising STORE lie.
pub(in super::super) const RESULTS: [&str; 3] = ["clamp-min", "clamp-max", "between"];
/// Padding of a pool on one side.
pub(in super::super) const POOL_PADS: [&str; 3] = ["none", "less-than-kernel", "whole-window"];
/// Pairs of units, from and to.
pub(in super::super) const PAIRS: [&str; 6] =
    ["LOAD-EXEC", "LOAD-STORE", "EXEC-LOAD", "EXEC-STORE", "STORE-LOAD", "STORE-EXEC"];
/// Sets of units, by their bits.
pub(in super::super) const SETS: [&str; 8] =
    ["none", "LOAD", "EXEC", "LOAD+EXEC", "STORE", "LOAD+STORE", "EXEC+STORE", "all"];
/// Lengths of a list.
pub(in super::super) const LENGTHS: [&str; 5] = ["1", "2-7", "8-31", "32-127", "more"];
/// What stands behind a bus error.
pub(in super::super) const ORIGINS: [&str; 3] = ["bus-window", "no-memory", "injected"];
/// Where a job is when it is aborted.
pub(in super::super) const ABORTS: [&str; 5] =
    ["nothing-handed-out", "in-the-list", "all-handed-out", "ended-by-itself", "no-job"];
/// Bus windows.
pub(in super::super) const WINDOWS: [&str; 5] =
    ["whole-space", "base-only", "limit-only", "base-and-limit", "empty"];

/// The groups of this file.
#[derive(Clone)]
pub(in super::super) struct Groups {
    pub load: Cross<3>,
    pub load_row: Cross<1>,
    pub load_stride: Cross<2>,
    pub windows: Cross<3>,
    pub product: Cross<3>,
    pub exec_mode: Cross<3>,
    pub kernel: Cross<2>,
    pub tiles: Cross<3>,
    pub stride: Cross<3>,
    pub padding: Cross<5>,
    pub pad_value: Cross<2>,
    pub store: Cross<2>,
    pub columns: Cross<2>,
    pub rows: Cross<2>,
    pub rounding: Cross<2>,
    pub result: Cross<2>,
    pub pool: Cross<2>,
    pub pool_pad: Cross<2>,
    pub tokens: Cross<3>,
    pub tokens_held: Cross<2>,
    pub list: Cross<1>,
    pub jobs: Cross<1>,
    pub end: Cross<1>,
    pub refused: Cross<2>,
    pub bus_error: Cross<2>,
    pub abort: Cross<1>,
    pub window: Cross<2>,
    pub meanwhile: Cross<1>,
}

impl Groups {
    pub(super) fn declare(table: &mut Table, target: &Target) -> Self {
        let dim = target.npu.dim;
        let int4 = |weights: &str| weights == "int8" || target.int4_weights;
        let size = |size: &str| given(Size::exists(size, dim));
        let sides: Vec<u32> = (1..=7).collect();
        let causes: Vec<&str> = (cause::NONE..=cause::ABORTED).map(cause::name).collect();
        let maps = ["convolution", "depthwise", "pool"];
        let source = |name: &str| match name {
            "table" | "residual" => dim > 2,
            "double-rounding" => target.double_rounding,
            "table-after-double-rounding" | "residual-after-double-rounding" => {
                target.double_rounding && dim > 2
            }
            _ => true,
        };
        let isa = target.isa;
        Self {
            load: table.cross(
                "npu.load",
                "LOADs of every memory, rows of every length, on and off bus words.",
                [axis(&SPACES), named("row", &ROW_BYTES), axis(&["aligned", "unaligned"])],
                |[space, row, align]| match (space, row) {
                    ("table", _) if dim == 2 => Verdict::Absent,
                    ("windows", "none") => given(align == "aligned"),
                    (_, "none") => Verdict::Absent,
                    _ => Verdict::Possible,
                },
            ),
            load_row: table.cross(
                "npu.load-row",
                "LOADs into the scratchpad with rows of every length around the array's side.",
                [named("bytes", Size::NAMES)],
                |[bytes]| size(bytes),
            ),
            load_stride: table.cross(
                "npu.load-stride",
                "Rows of a LOAD of several lie packed, apart, backwards or are the same.",
                [axis(&SPACES), axis(&STRIDES)],
                |[space, _]| given(space != "table" || dim > 2),
            ),
            windows: table.cross(
                "npu.windows",
                "Windows of a LOAD begin before the row, end behind it, fill some or all lanes.",
                [
                    named("begin", &["in-row", "before"]),
                    named("end", &["in-row", "behind"]),
                    named("lanes", &["all", "first", "others"]),
                ],
                |[_, _, lanes]| given(lanes != "all" || dim <= target.npu.bus_bytes),
            ),
            product: table.cross(
                "npu.product",
                "Matrix products of every height with one, two and more tiles along K and N.",
                [named("m", Size::NAMES), named("k-tiles", &COUNTS), named("n-tiles", &COUNTS)],
                |[m, ..]| size(m),
            ),
            exec_mode: table.cross(
                "npu.exec",
                "EXECs of every mode overwrite and add, with weights of 8 and of 4 bits.",
                [
                    axis(&Kind::NAMES[1..4]),
                    axis(&["overwrite", "accumulate"]),
                    axis(&["int8", "int4"]),
                ],
                |[_, _, weights]| given(int4(weights)),
            ),
            kernel: table.cross(
                "npu.kernel",
                "Convolutions with every kernel.",
                [named("height", &sides), named("width", &sides)],
                |_| Verdict::Possible,
            ),
            tiles: table.cross(
                "npu.tiles",
                "Convolutions over one, two and more planes (passes of a depthwise one) and output \
                 tiles.",
                [axis(&PADDED[..2]), named("k-tiles", &COUNTS), named("n-tiles", &COUNTS)],
                |_| Verdict::Possible,
            ),
            stride: table.cross(
                "npu.stride",
                "Every stride.",
                [axis(&maps), named("x", &[1, 2, 3, 4]), named("y", &[1, 2, 3, 4])],
                |_| Verdict::Possible,
            ),
            padding: table.cross(
                "npu.padding",
                "Windows reach over every combination of a map's edges.",
                [
                    axis(&PADDED[..2]),
                    named("top", &["in", "over"]),
                    named("left", &["in", "over"]),
                    named("bottom", &["in", "over"]),
                    named("right", &["in", "over"]),
                ],
                |_| Verdict::Possible,
            ),
            pad_value: table.cross(
                "npu.pad-value",
                "Padding with the extremes.",
                [axis(&PADDED), axis(&PADS)],
                |_| Verdict::Possible,
            ),
            store: table.cross(
                "npu.store",
                "Every way out of the accumulators and the scratchpad.",
                [axis(&SOURCES), named("to", &["memory", "scratchpad"])],
                |[name, to]| match (name, to) {
                    ("residual" | "residual-after-double-rounding", "memory") => Verdict::Absent,
                    ("accumulators", "scratchpad") => Verdict::Absent,
                    _ => given(source(name)),
                },
            ),
            columns: table.cross(
                "npu.store-columns",
                "STOREs of every width around the array's side.",
                [axis(&SOURCES), axis(Size::NAMES)],
                |[name, columns]| if source(name) { size(columns) } else { Verdict::Absent },
            ),
            rows: table.cross(
                "npu.store-rows",
                "STOREs of every number of rows around the array's side.",
                [axis(&SOURCES), axis(Size::NAMES)],
                |[name, rows]| if source(name) { size(rows) } else { Verdict::Absent },
            ),
            rounding: table.cross(
                "npu.rounding",
                "Zero points and clamps at their extremes.",
                [named("zero-point", &ZERO_POINTS), named("clamp", &CLAMPS)],
                |[zero_point, clamp]| given((zero_point, clamp) != ("-128", "below-zero-point")),
            ),
            result: table.cross(
                "npu.result",
                "Results saturate at both ends, and do not.",
                [axis(&SOURCES[..2]), axis(&RESULTS)],
                |[name, _]| given(source(name)),
            ),
            pool: table.cross(
                "npu.pool",
                "Pools with every window.",
                [named("height", &sides), named("width", &sides)],
                |_| Verdict::Possible,
            ),
            pool_pad: table.cross(
                "npu.pool-pad",
                "Pools with some padding, and with windows of padding alone.",
                [named("top", &POOL_PADS), named("left", &POOL_PADS)],
                |_| Verdict::Possible,
            ),
            tokens: table.cross(
                "npu.tokens",
                "Every unit waits for and signals every other.",
                [
                    axis(&["LOAD", "EXEC", "STORE"]),
                    named("waits-for", &SETS),
                    named("signals", &SETS),
                ],
                |[unit, waits, signals]| {
                    // A unit that waits for or signals itself is a bad descriptor.
                    given(![waits, signals].iter().any(|set| set.contains(unit) || *set == "all"))
                },
            ),
            tokens_held: table.cross(
                "npu.tokens-held",
                "Token counters from one to full.",
                [axis(&PAIRS), axis(&["1", "2-14", "15"])],
                |_| Verdict::Possible,
            ),
            list: table.cross(
                "npu.list",
                "Jobs of every length.",
                [named("descriptors", &LENGTHS)],
                |_| Verdict::Possible,
            ),
            jobs: table.cross(
                "npu.jobs",
                "Several jobs in a program, the later ones from what the earlier ones left.",
                [axis(&["first", "second", "third", "later"])],
                |_| Verdict::Possible,
            ),
            end: table.cross(
                "npu.end",
                "Jobs end in every way.",
                [axis(&causes)],
                |[end]| match end {
                    "LIST_TOO_LONG" => Verdict::Never(
                        "65,536 descriptors take 2 MiB, random programs give the NPU 64 KiB",
                    ),
                    _ => Verdict::Possible,
                },
            ),
            refused: table.cross(
                "npu.refused",
                "Descriptors of every kind are refused for every cause.",
                [axis(&causes[2..5]), axis(Kind::NAMES)],
                |_| Verdict::Possible,
            ),
            bus_error: table.cross(
                "npu.bus-error",
                "Every access of the NPU fails by the bus window, for want of memory, and by luck.",
                [axis(&["FETCH_ERROR", "LOAD_ERROR", "STORE_ERROR"]), axis(&ORIGINS)],
                |_| Verdict::Possible,
            ),
            abort: table.cross(
                "npu.abort",
                "ABORT at every stage of a job.",
                [axis(&ABORTS)],
                |_| Verdict::Possible,
            ),
            window: table.cross(
                "npu.window",
                "Jobs within every kind of bus window, and against its edges.",
                [axis(&WINDOWS), axis(&["kept", "refused"])],
                |[window, end]| match (window, end) {
                    ("whole-space", "refused") => Verdict::Absent,
                    ("empty", "kept") => Verdict::Never("the list itself cannot be read"),
                    _ => Verdict::Possible,
                },
            ),
            meanwhile: table.cross(
                "npu.meanwhile",
                "What the hart does while a job runs.",
                [axis(Meanwhile::NAMES)],
                |[what]| match what {
                    "U-mode" => given(isa.user_mode),
                    "lr" | "sc-stored" | "sc-failed" | "amo" => given(isa.a),
                    "mul-or-div" => given(isa.m),
                    _ => Verdict::Possible,
                },
            ),
        }
    }
}
