//! Choosing mutants: seeded, and from every module in proportion to what can go wrong in it.

use std::collections::{BTreeMap, HashSet};

use systole_hdl::Design;
use systole_hdl::mutate::{self, Mutant};

use crate::scramble::scramble;

/// Every mutant of a chip that is also one of `bare`, the chip without its retire port: a bench that
/// compares what that port says notices every mistake of the port itself.
pub fn all(design: &Design, bare: &Design) -> Vec<Mutant> {
    let mut there: BTreeMap<Identity, usize> = BTreeMap::new();
    for mutant in mutate::mutants(bare) {
        *there.entry(identity(&mutant)).or_default() += 1;
    }
    let mut mutants = mutate::mutants(design);
    mutants.retain(|mutant| match there.get_mut(&identity(mutant)) {
        Some(left) if *left > 0 => {
            *left -= 1;
            true
        }
        _ => false,
    });
    mutants
}

/// What a mutant is called in both chips.
type Identity = (String, systole_hdl::ir::Location, String);

fn identity(mutant: &Mutant) -> Identity {
    (mutant.module.clone(), mutant.location, mutant.description.clone())
}

/// `count` of the mutants in their order, fewer if there are not as many: from each module a share
/// by its number of mutants, at least one while `count` allows it.
pub fn sample(all: &[Mutant], count: usize, seed: u64) -> Vec<Mutant> {
    let mut modules: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (index, mutant) in all.iter().enumerate() {
        modules.entry(&mutant.module).or_default().push(index);
    }
    let sizes: Vec<usize> = modules.values().map(Vec::len).collect();
    let mut chosen = HashSet::new();
    for (indices, share) in modules.values_mut().zip(shares(&sizes, count.min(all.len()))) {
        indices.sort_by_key(|&index| scramble(seed, index as u64));
        chosen.extend(indices.iter().copied().take(share));
    }
    let chosen = |index: &usize| chosen.contains(index);
    (0..all.len()).filter(chosen).map(|index| all[index].clone()).collect()
}

/// `count` in parts that are proportional to `sizes`, none larger than its size, and none zero while
/// `count` allows it (the larger modules first).
fn shares(sizes: &[usize], count: usize) -> Vec<usize> {
    let total: usize = sizes.iter().sum();
    let mut shares = vec![0; sizes.len()];
    for _ in 0..count {
        // The one that has least of what it should have.
        let lack = |&index: &usize| {
            let wanted = sizes[index] as f64 * count as f64 / total as f64;
            let first = if shares[index] == 0 { count as f64 } else { 0.0 };
            first + wanted - shares[index] as f64
        };
        let open = (0..sizes.len()).filter(|&index| shares[index] < sizes[index]);
        let next = open.max_by(|a, b| lack(a).total_cmp(&lack(b)).then(b.cmp(a)));
        shares[next.expect("count is at most the sum of the sizes")] += 1;
    }
    shares
}

#[cfg(test)]
mod tests {
    use super::*;
    use systole_chip::{ChipConfig, soc};

    /// The smallest chip with its retire port and without.
    fn designs() -> [Design; 2] {
        let config = ChipConfig::preset("nano").expect("a preset");
        let checked = |rvfi| systole_hdl::check(&soc::soc(&config, rvfi)).expect("a good design");
        [true, false].map(checked)
    }

    #[test]
    fn shares_are_proportional_and_add_up() {
        assert_eq!(shares(&[100, 200, 700], 10), [1, 2, 7]);
        assert_eq!(shares(&[1, 1, 1000], 4), [1, 1, 2]);
        assert_eq!(shares(&[5, 9, 7], 2), [0, 1, 1]);
        assert_eq!(shares(&[2, 3], 5), [2, 3]);
    }

    #[test]
    fn a_sample_is_of_every_module_and_depends_on_the_seed() {
        let [design, bare] = designs();
        let all = all(&design, &bare);
        let modules = |some: &[Mutant]| -> HashSet<String> {
            some.iter().map(|mutant| mutant.module.clone()).collect()
        };
        let one = sample(&all, 300, 1);
        assert_eq!(one.len(), 300);
        assert_eq!(modules(&one), modules(&all));
        assert_eq!(one, sample(&all, 300, 1));
        assert_ne!(one, sample(&all, 300, 2));
        assert_eq!(sample(&all, usize::MAX, 1), all);
    }

    #[test]
    fn the_retire_port_is_left_alone() {
        let [design, bare] = designs();
        let of_port = |mutant: &&Mutant| mutant.module == "core_rvfi";
        assert_eq!(all(&design, &bare).iter().filter(of_port).count(), 0);
        assert!(mutate::mutants(&design).iter().filter(of_port).count() > 0);
    }
}
