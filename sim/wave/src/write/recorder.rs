//! Puts changes of a wave and of tracks in order, leaves out what does not change, and cuts the
//! window.

use std::io;
use std::iter::Peekable;
use std::ops::ControlFlow;
use std::vec::IntoIter;

use super::Sink;
use super::layout::{Added, Layout};
use crate::value::Value;

pub struct Recorder<'a> {
    sink: Box<dyn Sink>,
    layout: Layout,
    from: u64,
    to: u64,
    /// Changes of tracks that are still to come.
    added: Peekable<IntoIter<(u64, usize, &'a Value)>>,
    /// Last written value of each series; until the window begins, the present one.
    values: Vec<Value>,
    /// Value of each series that changes at the present time.
    pending: Vec<Option<Value>>,
    /// The series in `pending`.
    changed: Vec<usize>,
    /// The present time, once the window has begun.
    now: Option<u64>,
    /// What failed, while the reader has still to be told.
    failed: Option<io::Error>,
}

impl<'a> Recorder<'a> {
    pub fn new(
        sink: Box<dyn Sink>,
        layout: Layout,
        (from, to): (u64, u64),
        added: Added<'a>,
    ) -> Self {
        let values: Vec<Value> = layout.kinds.iter().map(|kind| kind.undefined()).collect();
        let pending = vec![None; values.len()];
        let added = added.into_iter().peekable();
        let (changed, now, failed) = (Vec::new(), None, None);
        Self { sink, layout, from, to, added, values, pending, changed, now, failed }
    }

    /// Takes a change of the wave, in the order of time.
    pub fn wave(&mut self, time: u64, series: u32, value: Value) -> ControlFlow<()> {
        let series = self.layout.series_of(series);
        let taken = self.tracks_until(time).and_then(|()| self.change(time, series, value));
        match taken {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => {
                self.failed = Some(error);
                ControlFlow::Break(())
            }
        }
    }

    /// Takes what is left of the tracks, and ends the file.
    pub fn finish(mut self) -> io::Result<()> {
        if let Some(error) = self.failed.take() {
            return Err(error);
        }
        self.tracks_until(self.to)?;
        self.begin()?;
        self.end_step()?;
        self.sink.finish(self.to)
    }

    /// Takes changes of tracks up to and at a time.
    fn tracks_until(&mut self, time: u64) -> io::Result<()> {
        while let Some((at, series, value)) = self.added.next_if(|(at, ..)| *at <= time) {
            self.change(at, series, value.clone())?;
        }
        Ok(())
    }

    fn change(&mut self, time: u64, series: usize, value: Value) -> io::Result<()> {
        if time <= self.from {
            self.values[series] = value;
            return Ok(());
        }
        if time > self.to {
            return Ok(());
        }
        self.begin()?;
        if self.now.is_some_and(|now| now < time) {
            self.end_step()?;
            self.now = Some(time);
        }
        if self.pending[series].replace(value).is_none() {
            self.changed.push(series);
        }
        Ok(())
    }

    fn begin(&mut self) -> io::Result<()> {
        if self.now.is_none() {
            self.now = Some(self.from);
            self.sink.begin(self.from, &self.values)?;
        }
        Ok(())
    }

    /// Writes what has changed at the present time.
    fn end_step(&mut self) -> io::Result<()> {
        // The order in which a file has changes of one time says nothing.
        self.changed.sort_unstable();
        let mut timed = false;
        for series in self.changed.drain(..) {
            let Some(value) = self.pending[series].take() else { continue };
            if value == self.values[series] {
                continue;
            }
            if let (false, Some(now)) = (timed, self.now) {
                self.sink.time(now)?;
                timed = true;
            }
            self.sink.change(series, &value)?;
            self.values[series] = value;
        }
        Ok(())
    }
}
