//! Gives out rows of weights, parameters and accumulators, and puts the steps of all stages into
//! one list.

use std::collections::VecDeque;
use std::ops::Range;
use std::rc::Rc;

use systole_isa::{Descriptor, Exec, Header, Load, Source, Space, Store, Unit};

use super::memory::Image;
use super::ring::Ring;
use super::step::{Block, Group, Product, Step, Steps};
use super::tokens::List;
use crate::NpuShape;

/// Accumulator rows: blocks alternate between the halves, which are different banks.
struct Accumulators {
    half: u32,
    blocks: usize,
    next: [u32; 2],
}

impl Accumulators {
    fn take(&mut self, rows: u32) -> u32 {
        let half = self.blocks % 2;
        self.blocks += 1;
        if self.next[half] + rows > self.half {
            self.next[half] = 0;
        }
        let row = half as u32 * self.half + self.next[half];
        self.next[half] += rows;
        row
    }
}

/// LOADs of a group in pieces that come ahead of each of its EXECs: more would find LOAD's queue
/// full, and keep the EXEC behind them from being handed out.
const PIECES_AHEAD: usize = 2;

/// A group where it lies.
struct Placed {
    weights: u32,
    parameters: u32,
    /// The parameters came with it, not with an earlier group.
    has_parameters: bool,
    /// Products that are still to come.
    products: usize,
}

/// The list in the making.
pub struct Schedule<'a> {
    shape: NpuShape,
    image: &'a mut Image,
    list: List,
    weights: Ring,
    parameters: Ring,
    accumulators: Accumulators,
    /// Groups of all stages that are not loaded yet.
    waiting: VecDeque<Rc<Group>>,
    /// Those that are, from `oldest` on.
    placed: VecDeque<Placed>,
    oldest: usize,
    /// Products of each group.
    products: Vec<usize>,
    /// Where the parameters of the last group lie.
    section: u32,
    /// Where those of groups to come lie that came with them.
    early: VecDeque<u32>,
    /// LOADs that can wait until the next block's EXECs are due.
    due: Vec<Load>,
    /// The group that comes in pieces, the last one.
    in_pieces: Option<usize>,
    /// Its LOADs but the first, that come between its EXECs.
    with_products: VecDeque<Load>,
    /// Its STOREs, that come behind its LOADs.
    held: Vec<Store>,
    /// Tables that are not loaded yet, with their stages.
    tables: VecDeque<(usize, Vec<u8>)>,
    /// The stage whose table was loaded last.
    table_stage: Option<usize>,
}

impl<'a> Schedule<'a> {
    /// With all of the scratchpad for weights. The job writes memory at the addresses `memory`.
    pub fn new(shape: &NpuShape, image: &'a mut Image, memory: Range<u32>) -> Self {
        Self {
            shape: *shape,
            image,
            list: List::new(shape, memory),
            weights: Ring::new(shape.scratchpad_rows),
            parameters: Ring::new(shape.parameter_rows),
            accumulators: Accumulators {
                half: shape.accumulator_rows / 2,
                blocks: 0,
                next: [0; 2],
            },
            waiting: VecDeque::new(),
            placed: VecDeque::new(),
            oldest: 0,
            products: Vec::new(),
            section: 0,
            early: VecDeque::new(),
            due: Vec::new(),
            in_pieces: None,
            with_products: VecDeque::new(),
            held: Vec::new(),
            tables: VecDeque::new(),
            table_stage: None,
        }
    }

    /// Puts the stages, each with the rows that belong to maps from it on, into the list; returns
    /// for each the index of its first descriptor (loads of weights ahead of it not counted), and
    /// the list. `Err` is the index of a stage whose weights or parameters do not fit.
    pub fn run(
        mut self,
        stages: Vec<(u32, Steps)>,
    ) -> Result<(Vec<usize>, Vec<Descriptor>), usize> {
        let mut starts = Vec::new();
        let mut groups = 0;
        let mut all = Vec::new();
        for (stage, (maps, steps)) in stages.into_iter().enumerate() {
            let first = groups;
            let streamed = steps.groups.iter().all(|group| group.streamed);
            let largest = steps.groups.iter().map(|group| group.weights.len()).max();
            let rows = largest.filter(|_| streamed).map(|bytes| bytes as u32 / self.shape.dim);
            groups += steps.groups.len();
            self.waiting.extend(steps.groups);
            self.products.resize(groups, 0);
            self.tables.extend(steps.table.map(|table| (stage, table)));
            for step in &steps.steps {
                if let Step::Block(block) = step {
                    for (group, _) in &block.products {
                        self.products[first + group] += 1;
                    }
                }
            }
            all.push((stage, (maps, rows), first, steps.steps));
        }
        for (stage, (maps, rows), first, steps) in all {
            // Where weights are used once, LOAD is whole stages ahead of EXEC, and would wait for
            // the readers of a map to gain few rows.
            if !rows.is_some_and(|rows| self.weights.does_without(maps, rows)) {
                self.weights.start_at(maps);
            }
            starts.push(self.list.len());
            let computes = steps.iter().any(|step| matches!(step, Step::Block(_)));
            let mut inputs = steps.iter().filter(|step| matches!(step, Step::Load(_))).count();
            // Weights come before the input: they are shorter.
            for step in steps {
                match step {
                    Step::Load(load) => {
                        let next = self.oldest + self.placed.len();
                        // The weights of a later stage may still wait.
                        if next == first
                            && !self.waiting.is_empty()
                            && self.load_group().is_none()
                            && computes
                        {
                            return Err(stage);
                        }
                        inputs -= 1;
                        self.list.push(Descriptor::Load(Header::default(), load));
                    }
                    Step::Block(block) => {
                        self.block(&block, (stage, first), inputs == 0).ok_or(stage)?;
                    }
                    Step::Stream(load) => {
                        self.list.push(Descriptor::Load(Header::default(), load));
                    }
                    Step::Move(store) => {
                        self.list.push(Descriptor::Store(Header::default(), store));
                    }
                }
            }
        }
        Ok((starts, self.list.finish()))
    }

    /// Loads groups up to `group`.
    fn need(&mut self, group: usize) -> Option<()> {
        while self.oldest + self.placed.len() <= group {
            self.load_group()?;
        }
        Some(())
    }

    /// Loads groups that LOAD would start before EXEC has come to the end of the list, if there is
    /// room. Further ones would keep EXECs from being handed out.
    fn load_ahead(&mut self) {
        let free = |list: &List, unit| list.timeline().free(unit);
        while free(&self.list, Unit::Load) <= free(&self.list, Unit::Exec)
            && !self.waiting.is_empty()
        {
            if self.load_group().is_none() {
                break;
            }
        }
    }

    /// A product is in the list, and what it makes is stored or still to be added to. Groups whose
    /// products are all in the list give their rows back.
    fn release(&mut self, group: usize) {
        self.placed[group - self.oldest].products -= 1;
        while self.placed.front().is_some_and(|placed| placed.products == 0) {
            self.placed.pop_front();
            self.weights.give_back();
            self.oldest += 1;
            let next = self.placed.front().map(|next| next.has_parameters);
            let next = next.or(self.waiting.front().map(|next| !next.parameters.is_empty()));
            if next != Some(false) {
                self.parameters.give_back();
            }
        }
    }

    /// Loads the next group; `None` when it does not fit beside those in use.
    fn load_group(&mut self) -> Option<()> {
        self.load_due();
        let dim = self.shape.dim;
        let (group, placed) = self.place_group()?;
        // At first nothing runs, and whatever the first block does not need can wait.
        let first = if self.list.len() == 0 { group.first } else { group.pieces[0] };
        let (now, mut later) = group.weights.split_at(first.min(group.weights.len()));
        for load in self.loads(Space::Scratchpad, placed.weights, now) {
            self.list.push(Descriptor::Load(Header::default(), load));
        }
        let mut due = Vec::new();
        let mut row = placed.weights + first as u32 / dim;
        for &bytes in &group.pieces[1..] {
            let piece = later.split_off(..bytes).unwrap_or_default();
            due.extend(self.loads(Space::Scratchpad, row, piece));
            row += bytes as u32 / dim;
        }
        due.extend(self.loads(Space::Scratchpad, row, later));
        let (most, last) =
            group.parameters.split_at(group.parameters.len() - group.parameters_last);
        let row = placed.parameters + most.len() as u32 / dim;
        for (row, bytes) in [(placed.parameters, most), (row, last)] {
            due.extend(self.loads(Space::Parameters, row, bytes));
        }
        match group.pieces.len() {
            1 => self.due = due,
            _ => {
                self.in_pieces = Some(self.oldest + self.placed.len());
                self.with_products = due.into();
            }
        }
        self.placed.push_back(placed);
        Some(())
    }

    /// Gives the next group its rows, and leaves out of it what need not be loaded.
    fn place_group(&mut self) -> Option<(Group, Placed)> {
        let dim = self.shape.dim;
        let group = self.waiting.front()?;
        let rows = group.weights.len() as u32 / dim;
        let weights = self.weights.take(rows)?;
        let has_parameters = !group.parameters.is_empty();
        let came_early = if has_parameters { self.early.pop_front() } else { None };
        let parameters = match came_early {
            None if has_parameters => self.parameters.take(group.parameters.len() as u32 / dim),
            None => Some(self.section),
            _ => came_early,
        };
        let Some(parameters) = parameters else {
            self.weights.take_back();
            return None;
        };
        self.section = parameters;
        let mut group = Rc::unwrap_or_clone(self.waiting.pop_front()?);
        if came_early.is_some() {
            group.parameters.clear();
        } else if group.streamed && has_parameters {
            self.add_parameters(&mut group.parameters, parameters);
        }
        // Rows that meet zeros may hold anything, if only they hold something.
        let mut unused = weights + rows - group.unused as u32 / dim..weights + rows;
        if group.pieces.len() == 1 && unused.all(|row| self.list.has_written(row)) {
            group.weights.truncate(group.weights.len() - group.unused);
        }
        let products = self.products[self.oldest + self.placed.len()];
        Some((group, Placed { weights, parameters, has_parameters, products }))
    }

    /// Adds those of further groups that are used once to `parameters`, which lie at `row`: one LOAD
    /// brings all.
    fn add_parameters(&mut self, parameters: &mut Vec<u8>, row: u32) {
        let dim = self.shape.dim;
        let whole = |group: &&Rc<Group>| group.streamed && group.pieces.len() == 1;
        let streamed = self.waiting.iter().take_while(whole);
        for group in streamed.filter(|group| !group.parameters.is_empty()) {
            let next = row + parameters.len() as u32 / dim;
            match self.parameters.take(group.parameters.len() as u32 / dim) {
                Some(at) if at == next => self.early.push_back(at),
                Some(_) => return self.parameters.take_back(),
                None => return,
            }
            parameters.extend(&group.parameters);
        }
    }

    /// Loads the next table, once stage `stage` has begun and the table before was for an earlier one.
    fn load_table(&mut self, stage: usize) {
        if self.table_stage.is_some_and(|before| before >= stage) {
            return;
        }
        let Some((of_stage, table)) = self.tables.pop_front() else { return };
        self.table_stage = Some(of_stage);
        let load = Load {
            space: Space::Table,
            address: self.image.place(&table),
            stride: 4,
            rows: (table.len() / 4) as u16,
            row_bytes: 4,
            row_step: 1,
            ..Load::default()
        };
        self.list.push(Descriptor::Load(Header::default(), load));
    }

    fn load_due(&mut self) {
        for load in std::mem::take(&mut self.due) {
            self.list.push(Descriptor::Load(Header::default(), load));
        }
    }

    /// LOADs of consecutive rows of D bytes, as long as a descriptor allows.
    fn loads(&mut self, space: Space, first: u32, bytes: &[u8]) -> Vec<Load> {
        let dim = self.shape.dim;
        if bytes.is_empty() {
            return Vec::new();
        }
        let address = self.image.place(bytes);
        let most = u32::from(u16::MAX) / dim;
        let rows = bytes.len() as u32 / dim;
        let load = |start: u32| Load {
            space,
            address: address.wrapping_add(start * dim),
            rows: 1,
            row_bytes: (most.min(rows - start) * dim) as u16,
            row: (first + start) as u16,
            chunk_step: 1,
            ..Load::default()
        };
        (0..rows).step_by(most as usize).map(load).collect()
    }

    /// Puts a block of stage `stage`, whose first group is number `first`, into the list; `None`
    /// when weights do not fit. With `ahead` weights of later products come when LOAD has time.
    fn block(&mut self, block: &Block, (stage, first): (usize, usize), ahead: bool) -> Option<()> {
        let accumulators = self.accumulators.take(block.rows) as u16;
        let mut before = None;
        for &(group, product) in &block.products {
            let group = first + group;
            if let Some(before) = before {
                self.release(before);
            }
            if before != Some(group) {
                self.need(group)?;
                if ahead {
                    self.load_ahead();
                }
                self.load_due();
                self.load_table(stage);
            }
            self.product(product, group, accumulators);
            before = Some(group);
        }
        let group = before?;
        self.store(&block.store, group, accumulators);
        self.release(group);
        Some(())
    }

    /// Puts a product with weights of group `group` into the list.
    fn product(&mut self, product: Product, group: usize, accumulators: u16) {
        if self.in_pieces == Some(group) {
            self.load_pieces(PIECES_AHEAD);
        }
        let weights = self.placed[group - self.oldest].weights as u16;
        let header = Header::default();
        self.list.push(match product {
            Product::Matrix(e) => Descriptor::Exec(
                header,
                Exec { weight_row: e.weight_row + weights, accumulator_row: accumulators, ..e },
            ),
            Product::OverMap(mut e) => {
                e.activations.row += weights;
                e.accumulator_row = accumulators;
                Descriptor::Exec(header, e)
            }
            Product::Convolution(mut c) => {
                c.weight_row += weights;
                c.accumulator_row = accumulators;
                Descriptor::Convolution(header, c)
            }
        });
    }

    /// Puts the STORE of a block, the last of whose products has weights of group `group`, into the
    /// list.
    fn store(&mut self, store: &Store, group: usize, accumulators: u16) {
        let placed = &self.placed[group - self.oldest];
        let (parameters, is_last) = (placed.parameters as u16, placed.products == 1);
        let mut store = Store { source_row: accumulators, ..*store };
        if let Source::Requantised { parameter_row, .. } = &mut store.source {
            *parameter_row += parameters;
        }
        self.held.push(store);
        let in_pieces = self.in_pieces == Some(group);
        if !in_pieces || is_last {
            if in_pieces {
                self.load_pieces(self.with_products.len());
            }
            for store in std::mem::take(&mut self.held) {
                self.list.push(Descriptor::Store(Header::default(), store));
            }
        }
    }

    /// Puts some of the LOADs of a group in pieces into the list.
    fn load_pieces(&mut self, count: usize) {
        for load in self.with_products.drain(..count.min(self.with_products.len())) {
            self.list.push(Descriptor::Load(Header::default(), load));
        }
    }
}
