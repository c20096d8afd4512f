//! Differences of two waves.
//!
//! Both files are read at the same time, each by a thread, and compared time by time, so memory
//! does not grow with them.

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use crate::error::Result;
use crate::hierarchy::SignalRef;
use crate::timescale::Timescale;
use crate::value::Value;
use crate::wave::Wave;

/// Changes that are handed over at once.
const BATCH: usize = 4096;

/// Signals of two waves, by name.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Pairs {
    /// Signals that both have, the same in kind and width.
    pub both: Vec<(SignalRef, SignalRef)>,
    /// Signals that both have, but other in kind or width.
    pub unlike: Vec<(SignalRef, SignalRef)>,
    /// Signals that only the first has.
    pub only_first: Vec<SignalRef>,
    /// Signals that only the second has.
    pub only_second: Vec<SignalRef>,
}

/// The first time at which two signals of the same name differ.
#[derive(Clone, PartialEq, Debug)]
pub struct Difference {
    /// Index in [`Pairs::both`].
    pub pair: usize,
    /// Time in femtoseconds, because the waves may have other ticks.
    pub femtoseconds: u128,
    /// Value of the first wave.
    pub first: Value,
    /// Value of the second.
    pub second: Value,
}

/// Finds signals of the same name. The scope `TOP`, which Verilator puts around a design, does
/// not count.
pub fn pairs(a: &Wave, b: &Wave, of_a: &[SignalRef], of_b: &[SignalRef]) -> Pairs {
    let name = |wave: &Wave, signal: SignalRef| {
        let name = wave.signal(signal).name();
        name.strip_prefix("TOP.").map(str::to_owned).unwrap_or(name)
    };
    let mut second: HashMap<String, SignalRef> = HashMap::new();
    for &signal in of_b {
        second.entry(name(b, signal)).or_insert(signal);
    }
    let mut pairs = Pairs::default();
    let mut seen = std::collections::HashSet::new();
    for &signal in of_a {
        let name = name(a, signal);
        match second.get(&name) {
            None => pairs.only_first.push(signal),
            Some(&other) if a.kind(signal) == b.kind(other) => pairs.both.push((signal, other)),
            Some(&other) => pairs.unlike.push((signal, other)),
        }
        seen.insert(name);
    }
    let only = |signal: &&SignalRef| !seen.contains(&name(b, **signal));
    pairs.only_second = of_b.iter().filter(only).copied().collect();
    pairs
}

/// The first difference of each pair of signals, in the order of time and of the first file, and
/// at most `most` of them. Compared is the time that both waves cover, and values at the end of
/// each time. A signal without a value differs from nothing.
///
/// # Errors
/// A broken file.
pub fn differences(
    (a, b): (&Wave, &Wave),
    pairs: &[(SignalRef, SignalRef)],
    most: usize,
) -> Result<Vec<Difference>> {
    let end = femtoseconds(a.timescale(), a.end()).min(femtoseconds(b.timescale(), b.end()));
    let start = femtoseconds(a.timescale(), a.start()).max(femtoseconds(b.timescale(), b.start()));
    let (of_a, of_b): (Vec<_>, Vec<_>) = pairs.iter().copied().unzip();
    let (to_a, from_a) = sync_channel(4);
    let (to_b, from_b) = sync_channel(4);
    std::thread::scope(|scope| {
        let reads = [(a, of_a, to_a), (b, of_b, to_b)]
            .map(|(wave, signals, sender)| scope.spawn(move || send(wave, &signals, end, &sender)));
        let mut comparison = Comparison {
            users: [
                users(a, pairs.iter().map(|pair| pair.0)),
                users(b, pairs.iter().map(|pair| pair.1)),
            ],
            values: vec![[None, None]; pairs.len()],
            differs: vec![false; pairs.len()],
            touched: Vec::new(),
            found: Vec::new(),
        };
        comparison.run([Changes::new(from_a), Changes::new(from_b)], start, most);
        for read in reads {
            match read.join() {
                Ok(result) => result?,
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        Ok(comparison.found)
    })
}

/// Time in femtoseconds, series, value.
type Change = (u128, u32, Value);

/// Sends all changes up to `end`, until nobody listens.
fn send(
    wave: &Wave,
    signals: &[SignalRef],
    end: u128,
    sender: &SyncSender<Vec<Change>>,
) -> Result<()> {
    let scale = wave.timescale();
    let until = u64::try_from(end / u128::from(scale.femtoseconds())).unwrap_or(u64::MAX);
    let mut batch = Vec::with_capacity(BATCH);
    wave.stream(signals, until, &mut |time, series, value| {
        batch.push((femtoseconds(scale, time), series, value));
        let full = batch.len() == BATCH;
        if full && sender.send(std::mem::take(&mut batch)).is_err() {
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    })?;
    let _ = sender.send(batch);
    Ok(())
}

fn femtoseconds(scale: Timescale, time: u64) -> u128 {
    u128::from(time) * u128::from(scale.femtoseconds())
}

/// Pairs that each series belongs to.
fn users(wave: &Wave, signals: impl Iterator<Item = SignalRef>) -> HashMap<u32, Vec<usize>> {
    let mut users: HashMap<u32, Vec<usize>> = HashMap::new();
    for (pair, signal) in signals.enumerate() {
        users.entry(wave.series(signal)).or_default().push(pair);
    }
    users
}

/// Changes that come from a thread.
struct Changes {
    receiver: Receiver<Vec<Change>>,
    batch: std::vec::IntoIter<Change>,
    next: Option<Change>,
}

impl Changes {
    fn new(receiver: Receiver<Vec<Change>>) -> Self {
        let mut changes = Self { receiver, batch: Vec::new().into_iter(), next: None };
        changes.advance();
        changes
    }

    fn time(&self) -> Option<u128> {
        self.next.as_ref().map(|(time, ..)| *time)
    }

    /// The next change, if it is at `time`.
    fn take_at(&mut self, time: u128) -> Option<Change> {
        if self.time() != Some(time) {
            return None;
        }
        let change = self.next.take();
        self.advance();
        change
    }

    fn advance(&mut self) {
        self.next = self.batch.next();
        while self.next.is_none() {
            let Ok(batch) = self.receiver.recv() else { return };
            self.batch = batch.into_iter();
            self.next = self.batch.next();
        }
    }
}

struct Comparison {
    /// Of each wave: the pairs that a series belongs to.
    users: [HashMap<u32, Vec<usize>>; 2],
    /// Values of each pair.
    values: Vec<[Option<Value>; 2]>,
    differs: Vec<bool>,
    /// Pairs with a change at the present time.
    touched: Vec<usize>,
    found: Vec<Difference>,
}

impl Comparison {
    fn run(&mut self, mut changes: [Changes; 2], start: u128, most: usize) {
        // Until both waves have begun, there is nothing to compare: all pairs are, once they have.
        let mut begun = false;
        loop {
            let next = changes.iter().filter_map(Changes::time).min();
            if !begun && next.is_none_or(|next| next > start) {
                begun = true;
                self.touched = (0..self.values.len()).collect();
                self.compare(start, most);
            }
            let Some(time) = next else { break };
            for (side, changes) in changes.iter_mut().enumerate() {
                while let Some((_, series, value)) = changes.take_at(time) {
                    for &pair in self.users[side].get(&series).into_iter().flatten() {
                        self.values[pair][side] = Some(value.clone());
                        self.touched.push(pair);
                    }
                }
            }
            if begun {
                self.compare(time, most);
            }
            if self.found.len() >= most {
                break;
            }
        }
    }

    fn compare(&mut self, time: u128, most: usize) {
        self.touched.sort_unstable();
        self.touched.dedup();
        for pair in self.touched.drain(..) {
            let [Some(first), Some(second)] = &self.values[pair] else { continue };
            if first != second && !self.differs[pair] && self.found.len() < most {
                self.differs[pair] = true;
                let (first, second) = (first.clone(), second.clone());
                self.found.push(Difference { pair, femtoseconds: time, first, second });
            }
        }
    }
}
