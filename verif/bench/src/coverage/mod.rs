//! Functional coverage: what random programs have exercised, out of all that they should.
//!
//! [`model`] declares the points, groups of crosses of named bins. A [`Collector`] counts hits from
//! retirements and jobs, which is cheap enough to be always on. [`Coverage`] is the sum over
//! threads, runs and shards; [`mod@file`] keeps it and [`report`] shows it.

mod bins;
mod collect;
pub mod file;
mod model;
pub mod report;
mod table;

pub use collect::Collector;
pub use table::{Axis, Group, Verdict};

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use crate::generate::{Profile, Target};
use model::Model;

/// Hits of all points of one chip.
#[derive(Clone)]
pub struct Coverage {
    target: Target,
    model: Arc<Model>,
    counts: Vec<u64>,
}

/// A point with its hits.
#[derive(Clone, Copy, Debug)]
pub struct Point {
    /// What is expected of it.
    pub verdict: Verdict,
    /// How often it was hit.
    pub hits: u64,
}

/// Points that can be hit, and those that were.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Score {
    /// Points that can be hit.
    pub points: u64,
    /// Of these, hit at least once.
    pub hit: u64,
}

impl Score {
    /// Hit points in percent; of nothing, all.
    pub fn percent(&self) -> f64 {
        if self.points == 0 { 100.0 } else { 100.0 * self.hit as f64 / self.points as f64 }
    }

    /// Adds the points of `other`.
    pub fn add(&mut self, other: Self) {
        self.points += other.points;
        self.hit += other.hit;
    }
}

impl Coverage {
    /// Nothing hit yet.
    pub fn new(target: &Target) -> Self {
        // What programs are made of decides what is hit, not what there is to hit.
        let target = Target { profile: Profile::Mixed, ..*target };
        let model = Arc::new(Model::new(&target));
        Self { target, counts: vec![0; model.size()], model }
    }

    /// A collector of the same points.
    pub fn collector(&self) -> Collector {
        Collector::new(&self.target, self.model.points.clone(), self.model.size())
    }

    /// Takes the hits of a collector that [`Self::collector`] made.
    ///
    /// # Panics
    /// When it is one of another chip.
    pub fn take(&mut self, collector: &mut Collector) {
        let counts = collector.take();
        assert_eq!(counts.len(), self.counts.len(), "a collector of another chip");
        self.counts.iter_mut().zip(counts).for_each(|(sum, count)| *sum += count);
    }

    /// Adds the hits of `other`.
    ///
    /// # Panics
    /// When it is of another chip.
    pub fn add(&mut self, other: &Self) {
        assert_eq!(self.target, other.target, "the coverage of another chip");
        self.counts.iter_mut().zip(&other.counts).for_each(|(sum, count)| *sum += count);
    }

    /// Hits by the names of the points, of those that mean something in this configuration.
    fn hits(&self) -> BTreeMap<String, u64> {
        let mut hits = BTreeMap::new();
        for group in self.groups() {
            let points = self.points(group);
            hits.extend(points.map(|(index, point)| (group.point(index), point.hits)));
        }
        hits
    }

    /// The reverse of [`Self::hits`].
    ///
    /// # Errors
    /// When there is a point too few or too many.
    fn set_hits(&mut self, hits: &BTreeMap<String, u64>) -> Result<(), String> {
        const OTHER: &str = "it was written by another version of systole";
        let mut known = 0;
        for group in &self.model.groups {
            for (index, verdict) in group.verdicts.iter().enumerate() {
                if *verdict == Verdict::Absent {
                    continue;
                }
                let name = group.point(index);
                let count = hits.get(&name).ok_or_else(|| format!("no point `{name}`: {OTHER}"))?;
                self.counts[group.first + index] = *count;
                known += 1;
            }
        }
        if known != hits.len() {
            return Err(format!("{} points too many: {OTHER}", hits.len() - known));
        }
        Ok(())
    }

    /// The groups, in the order of their declaration.
    pub fn groups(&self) -> &[Group] {
        &self.model.groups
    }

    /// The points of a group that mean something in this configuration, by number within the group.
    pub fn points(&self, group: &Group) -> impl Iterator<Item = (usize, Point)> {
        let counts = &self.counts[group.first..];
        let points = group.verdicts.iter().zip(counts).enumerate();
        points
            .filter(|(_, (verdict, _))| **verdict != Verdict::Absent)
            .map(|(index, (&verdict, &hits))| (index, Point { verdict, hits }))
    }

    /// How much of a group was hit.
    pub fn score(&self, group: &Group) -> Score {
        let mut score = Score::default();
        for (_, point) in self.points(group) {
            if point.verdict == Verdict::Possible {
                score.add(Score { points: 1, hit: u64::from(point.hits > 0) });
            }
        }
        score
    }

    /// How much of everything was hit.
    pub fn total(&self) -> Score {
        let mut total = Score::default();
        self.groups().iter().for_each(|group| total.add(self.score(group)));
        total
    }

    /// Names of the points that can be hit and were not.
    pub fn missed(&self) -> Vec<String> {
        self.named(|point| point.verdict == Verdict::Possible && point.hits == 0)
    }

    /// Names of points that were hit although the model says that nothing can hit them.
    pub fn surprises(&self) -> Vec<String> {
        self.named(|point| matches!(point.verdict, Verdict::Never(_)) && point.hits > 0)
    }

    fn named(&self, wanted: impl Fn(&Point) -> bool) -> Vec<String> {
        let mut names = Vec::new();
        for group in self.groups() {
            let points = self.points(group).filter(|(_, point)| wanted(point));
            names.extend(points.map(|(index, _)| group.point(index)));
        }
        names
    }
}

impl fmt::Debug for Coverage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Coverage").field(&self.total()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{chip, configs};

    #[test]
    fn points_of_every_chip_have_names_of_their_own() {
        for index in 0..20 {
            let coverage = Coverage::new(&chip::target(&configs::sample(5, index)));
            let points: usize =
                coverage.groups().iter().map(|group| coverage.points(group).count()).sum();
            assert_eq!(coverage.hits().len(), points, "configuration {index}");
            assert!(coverage.total().points > 1000);
        }
    }

    /// What a hart does not have is not asked of it.
    #[test]
    fn points_depend_on_the_chip() {
        let of = |settings: &[&str]| {
            let chip = systole_chip::ChipConfig::preset("edge").expect("a preset");
            Coverage::new(&chip::target(&chip.with_settings(settings).expect("a chip"))).hits()
        };
        let (all, less) = (of(&[]), of(&["core.atomics=false", "core.pmp_regions=0"]));
        assert!(
            all.contains_key("reservation/stored/rd=x0") && all.contains_key("csr/pmpaddr0/read")
        );
        let gone = |name: &String| {
            ["reservation/", "pmp/", "csr/pmp", "operands/amo"].iter().any(|g| name.starts_with(g))
        };
        assert!(less.len() < all.len() && !less.keys().any(gone));
    }
}
