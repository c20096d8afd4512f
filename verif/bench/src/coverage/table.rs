//! Groups of cover points: crosses of named bins, declared in [`super::model`].

/// One axis of a group: its name in the names of points, if it needs one, and its bins.
pub struct Axis {
    name: &'static str,
    bins: Vec<String>,
}

/// An axis whose bins speak for themselves.
pub(super) fn axis<B: ToString>(bins: &[B]) -> Axis {
    named("", bins)
}

/// An axis whose bins are written `name=bin`.
pub(super) fn named<B: ToString>(name: &'static str, bins: &[B]) -> Axis {
    Axis { name, bins: bins.iter().map(ToString::to_string).collect() }
}

impl Axis {
    /// Name in the names of points, empty for none.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The bins, without the axis' name.
    pub fn bins(&self) -> &[String] {
        &self.bins
    }
}

/// What is to be expected of a point.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// It can be hit, and should be.
    Possible,
    /// It means nothing in this configuration; it is not even listed.
    Absent,
    /// It would have a meaning, but nothing can hit it, for this reason.
    Never(&'static str),
}

/// `Possible` where the configuration has what a point needs.
pub(super) fn given(condition: bool) -> Verdict {
    if condition { Verdict::Possible } else { Verdict::Absent }
}

/// A cross of axes with a purpose.
pub struct Group {
    /// First part of the names of its points.
    pub name: &'static str,
    /// What it is for, a sentence.
    pub purpose: &'static str,
    /// Its axes, the last one varying fastest.
    pub axes: Vec<Axis>,
    /// Number of its first point.
    pub first: usize,
    /// What is expected of its points, by number.
    pub verdicts: Vec<Verdict>,
}

impl Group {
    /// Name of point `index` of this group, such as `hazard/load/store-data/distance=1`.
    pub fn point(&self, index: usize) -> String {
        let bins = bins(&self.axes, index);
        let parts = self.axes.iter().zip(bins).map(|(axis, bin)| match axis.name {
            "" => format!("/{bin}"),
            name => format!("/{name}={bin}"),
        });
        parts.fold(self.name.to_owned(), |name, part| name + &part)
    }
}

/// The bins of point `index` of a cross.
fn bins(axes: &[Axis], mut index: usize) -> Vec<&str> {
    let mut bins: Vec<&str> = Vec::with_capacity(axes.len());
    for axis in axes.iter().rev() {
        bins.push(&axis.bins[index % axis.bins.len()]);
        index /= axis.bins.len();
    }
    bins.reverse();
    bins
}

/// Where the points of a group are among all: what a collector counts with.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cross<const N: usize> {
    first: usize,
    sizes: [usize; N],
}

impl<const N: usize> Cross<N> {
    /// Number of the point with these bins.
    #[inline(always)]
    pub(super) fn at(&self, bins: [usize; N]) -> usize {
        let mut index = 0;
        for (bin, size) in bins.into_iter().zip(self.sizes) {
            debug_assert!(bin < size, "bin {bin} of {size} at point {}", self.first);
            index = index * size + bin;
        }
        self.first + index
    }
}

/// All groups, in the order of their declaration.
#[derive(Default)]
pub(super) struct Table {
    groups: Vec<Group>,
    points: usize,
}

impl Table {
    /// Declares a group; `verdict` gets the bins of each point.
    pub(super) fn cross<const N: usize>(
        &mut self,
        name: &'static str,
        purpose: &'static str,
        axes: [Axis; N],
        verdict: impl Fn([&str; N]) -> Verdict,
    ) -> Cross<N> {
        let sizes = axes.each_ref().map(|axis| axis.bins.len());
        let count = sizes.iter().product();
        let of = |index| verdict(bins(&axes, index).try_into().expect("a bin of each axis"));
        let verdicts = (0..count).map(of).collect();
        let first = self.points;
        self.points += count;
        self.groups.push(Group { name, purpose, axes: axes.into(), first, verdicts });
        Cross { first, sizes }
    }

    /// Makes the points absent that `hit` picks by the name of their group and their bins.
    pub(super) fn forget(&mut self, hit: impl Fn(&str, &[&str]) -> bool) {
        for Group { name, axes, verdicts, .. } in &mut self.groups {
            for (index, verdict) in verdicts.iter_mut().enumerate() {
                if hit(name, &bins(axes, index)) {
                    *verdict = Verdict::Absent;
                }
            }
        }
    }

    /// The groups that were declared.
    pub(super) fn into_groups(self) -> Vec<Group> {
        self.groups
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_are_numbered_through_and_named_by_their_bins() {
        let mut table = Table::default();
        table.cross("first", "", [axis(&["a", "b"])], |_| Verdict::Possible);
        let cross = table.cross(
            "second",
            "",
            [axis(&["x", "y"]), named("size", &[1, 2, 4])],
            |[letter, size]| given(letter == "x" || size == "2"),
        );
        let number = cross.at([1, 2]);
        let groups = table.into_groups();
        assert_eq!(number, 2 + 5);
        assert_eq!(groups[1].point(number - groups[1].first), "second/y/size=4");
        let possible = groups[1].verdicts.iter().filter(|&&v| v == Verdict::Possible).count();
        assert_eq!(possible, 4);
    }
}
