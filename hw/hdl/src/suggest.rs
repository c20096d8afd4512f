//! "Did you mean": names near a misspelt one.

/// `: did you mean `a` or `b`?` for the names nearest to `wanted`, or nothing when none is near.
pub fn did_you_mean<'a>(wanted: &str, names: impl IntoIterator<Item = &'a str>) -> String {
    let near = nearest(wanted, names);
    let quoted: Vec<String> = near.iter().map(|name| format!("`{name}`")).collect();
    match quoted.as_slice() {
        [] => String::new(),
        [one] => format!(": did you mean {one}?"),
        [first @ .., last] => format!(": did you mean {} or {last}?", first.join(", ")),
    }
}

/// Up to three names near `wanted`, the nearest first.
pub fn nearest<'a>(wanted: &str, names: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let limit = 1 + wanted.chars().count() / 3;
    let mut near: Vec<(usize, &str)> = names
        .into_iter()
        .map(|name| (distance(wanted, name), name))
        .map(|(edits, name)| (if contains(wanted, name) { edits.min(limit) } else { edits }, name))
        .filter(|(edits, _)| *edits <= limit)
        .collect();
    near.sort_unstable();
    near.dedup();
    near.into_iter().take(3).map(|(_, name)| name).collect()
}

fn contains(wanted: &str, name: &str) -> bool {
    wanted.len() >= 3 && name.contains(wanted)
}

/// Edits (insertions, deletions, replacements) between two names.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_the_near_ones_nearest_first() {
        let names = ["dim", "bus_bits", "scratchpad_rows", "accumulator_rows"];
        assert_eq!(nearest("dmi", names), ["dim"]);
        assert_eq!(nearest("bus_bit", names), ["bus_bits"]);
        assert_eq!(nearest("scratchpad", names), ["scratchpad_rows"]);
        assert!(nearest("frequency", names).is_empty());
    }

    #[test]
    fn counts_edits() {
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("same", "same"), 0);
    }

    #[test]
    fn reads_as_a_sentence() {
        assert_eq!(did_you_mean("stal", ["stall", "start"]), ": did you mean `stall` or `start`?");
        assert_eq!(did_you_mean("xyz", ["stall"]), "");
    }
}
