//! What descriptors ask for.

use systole_golden::npu::descriptor::{
    Convolution, Descriptor, Destination, Exec, Kernel, Load, Operation, Pool, Source, Space,
    Store, Then, Windows,
};

use super::super::super::bins::{Size, count_class};
use super::super::super::model::npu::Groups;
use super::super::Counts;
use super::Job;

/// Number of a pool in the axis of strides.
const POOL: usize = 2;

/// Counts the fields of descriptors, and the results that they wrote to memory.
pub(super) fn count(job: &Job, descriptors: &[Descriptor], groups: &Groups, counts: &mut Counts) {
    let mut counter = Counter { dim: job.config.dim, bus: job.config.bus_bytes, groups, counts };
    for descriptor in descriptors {
        match &descriptor.operation {
            Operation::Load(load) => counter.load(load),
            Operation::Exec(exec) => counter.product(exec),
            Operation::Convolution(convolution) => counter.convolution(convolution),
            Operation::Store(store) => counter.store(store),
        }
    }
    let writes = &job.record.writes[..job.record.done];
    for chunk in writes.chunk_by(|one, next| one.descriptor == next.descriptor) {
        let descriptor = descriptors.get(chunk[0].descriptor as usize);
        if let Some(Operation::Store(store)) = descriptor.map(|descriptor| descriptor.operation) {
            counter.results(&store, chunk.iter().map(|write| write.new as i8));
        }
    }
}

struct Counter<'a> {
    dim: u32,
    bus: u32,
    groups: &'a Groups,
    counts: &'a mut Counts,
}

impl Counter<'_> {
    fn load(&mut self, load: &Load) {
        let space = match (load.space, load.windows) {
            (Space::Scratchpad, None) => 0,
            (Space::Scratchpad, Some(_)) => 1,
            (Space::Parameters, _) => 2,
            (Space::Table, _) => 3,
        };
        let dim = self.dim;
        let row = match load.row_bytes {
            0 => 0,
            bytes if bytes < dim => 1,
            bytes if bytes == dim => 2,
            bytes if bytes.is_multiple_of(dim) => 3,
            _ => 4,
        };
        if space == 0 {
            self.counts.hit(self.groups.load_row.at([Size::of(load.row_bytes, dim)]));
        }
        let several = load.rows > 1;
        let on_words = |value: u32| value.is_multiple_of(self.bus);
        let aligned = on_words(load.address) && (!several || on_words(load.stride));
        // Nothing is read where a row has no bytes.
        let unaligned = usize::from(!aligned && row != 0);
        self.counts.hit(self.groups.load.at([space, row, unaligned]));
        if several {
            let stride = match load.stride {
                0 => 0,
                stride if stride == load.row_bytes => 1,
                stride if (stride as i32) < 0 => 2,
                _ => 3,
            };
            self.counts.hit(self.groups.load_stride.at([space, stride]));
        }
        if let Some(windows) = &load.windows {
            self.windows(load, windows);
        }
    }

    fn windows(&mut self, load: &Load, windows: &Windows) {
        let last = i64::from(windows.lead)
            + i64::from(windows.count - 1) * i64::from(windows.window_step)
            + i64::from(windows.window_bytes);
        let [before, behind] = [windows.lead < 0, last > i64::from(load.row_bytes)];
        let lanes = match (windows.lane, windows.window_bytes) {
            (0, bytes) if bytes == self.dim => 0,
            (0, _) => 1,
            _ => 2,
        };
        let bins = [usize::from(before), usize::from(behind), lanes];
        self.counts.hit(self.groups.windows.at(bins));
        if before || behind {
            self.pad_value(2, windows.pad_value);
        }
    }

    fn product(&mut self, exec: &Exec) {
        let [k, n] = [exec.k_tiles, exec.n_tiles].map(count_class);
        self.counts.hit(self.groups.product.at([Size::of(exec.m_rows, self.dim), k, n]));
        let mode = [0, usize::from(exec.accumulate), usize::from(exec.int4)];
        self.counts.hit(self.groups.exec_mode.at(mode));
    }

    fn convolution(&mut self, c: &Convolution) {
        let (depthwise, height, width) = match c.kernel {
            Kernel::Full { height, width } => (0, height, width),
            Kernel::Depthwise => (1, c.k_tiles * (self.dim / 4).clamp(1, 3), self.dim.min(4)),
        };
        if depthwise == 0 {
            self.counts.hit(self.groups.kernel.at([height as usize - 1, width as usize - 1]));
        }
        let mode = [1 + depthwise, usize::from(c.accumulate), usize::from(c.int4)];
        self.counts.hit(self.groups.exec_mode.at(mode));
        let [k, n] = [c.k_tiles, c.n_tiles].map(count_class);
        self.counts.hit(self.groups.tiles.at([depthwise, k, n]));
        self.stride(depthwise, c.stride_x, c.stride_y);
        let end = |first: i32, outputs: u32, stride: u32, kernel: u32| {
            i64::from(first) + i64::from(outputs - 1) * i64::from(stride) + i64::from(kernel)
        };
        let over = [
            c.first_y < 0,
            c.first_x < 0,
            end(c.first_y, c.out_height, c.stride_y, height) > c.in_height.into(),
            end(c.first_x, c.out_width, c.stride_x, width) > c.in_width.into(),
        ];
        let [top, left, bottom, right] = over.map(usize::from);
        self.counts.hit(self.groups.padding.at([depthwise, top, left, bottom, right]));
        if over.contains(&true) {
            self.pad_value(depthwise, c.pad_value);
        }
    }

    fn stride(&mut self, kind: usize, x: u32, y: u32) {
        self.counts.hit(self.groups.stride.at([kind, x as usize - 1, y as usize - 1]));
    }

    fn pad_value(&mut self, kind: usize, value: i8) {
        let class = match value {
            0 => 0,
            i8::MIN => 1,
            i8::MAX => 2,
            _ => 3,
        };
        self.counts.hit(self.groups.pad_value.at([kind, class]));
    }

    fn store(&mut self, store: &Store) {
        let source = source(&store.source);
        let to_scratchpad = matches!(store.destination, Destination::Scratchpad { .. });
        self.counts.hit(self.groups.store.at([source, usize::from(to_scratchpad)]));
        self.counts.hit(self.groups.columns.at([source, Size::of(store.columns, self.dim)]));
        self.counts.hit(self.groups.rows.at([source, Size::of(store.rows, self.dim)]));
        match &store.source {
            Source::Requantised(_) => self.rounding(store),
            Source::Pool(pool) => self.pool(pool),
            Source::Raw | Source::Scratchpad => {}
        }
    }

    fn rounding(&mut self, store: &Store) {
        let zero_point = match store.zero_point {
            i8::MIN => 0,
            -127..0 => 1,
            0 => 2,
            1..i8::MAX => 3,
            i8::MAX => 4,
        };
        let clamp = match (store.clamp_min, store.clamp_max) {
            (i8::MIN, i8::MAX) => 0,
            (min, i8::MAX) if min == store.zero_point => 1,
            (min, max) if min < max => 2,
            (min, max) if min == max => 3,
            _ => 4,
        };
        self.counts.hit(self.groups.rounding.at([zero_point, clamp]));
    }

    fn pool(&mut self, pool: &Pool) {
        let [height, width] = [pool.kernel_height, pool.kernel_width];
        self.counts.hit(self.groups.pool.at([height as usize - 1, width as usize - 1]));
        self.stride(POOL, pool.stride_x, pool.stride_y);
        let class = |pad: u32, kernel: u32| match pad {
            0 => 0,
            pad if pad < kernel => 1,
            _ => 2,
        };
        let bins = [class(pool.pad_top, height), class(pool.pad_left, width)];
        self.counts.hit(self.groups.pool_pad.at(bins));
    }

    /// Where the bytes of a STORE lie between its clamps.
    fn results(&mut self, store: &Store, bytes: impl Iterator<Item = i8>) {
        let source = source(&store.source);
        if source > 1 || store.clamp_min >= store.clamp_max {
            return;
        }
        let mut met = [0u64; 3];
        for byte in bytes {
            let class = if byte == store.clamp_min {
                0
            } else if byte == store.clamp_max {
                1
            } else {
                2
            };
            met[class] += 1;
        }
        for (class, met) in met.into_iter().enumerate() {
            self.counts.0[self.groups.result.at([source, class])] += met;
        }
    }
}

/// Number of a source in the model's `SOURCES`.
fn source(source: &Source) -> usize {
    match source {
        Source::Requantised(how) => {
            let then = match how.then {
                Then::Keep => 0,
                Then::Table => 2,
                Then::Add { .. } => 4,
            };
            then + usize::from(how.double_rounding)
        }
        Source::Raw => 6,
        Source::Scratchpad => 7,
        Source::Pool(_) => 8,
    }
}
