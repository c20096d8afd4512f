//! Whether a design fits, from what nextpnr prints.

use super::error::Overuse;

/// What a design needs more of than there is, from nextpnr's log.
pub fn overused(log: &str) -> Vec<Overuse> {
    log.lines().filter_map(usage).filter(|usage| usage.used > usage.available).collect()
}

/// A line such as `Info:   ICESTORM_LC:  6021/   5280   114%`.
fn usage(line: &str) -> Option<Overuse> {
    let (name, numbers) = line.strip_prefix("Info:")?.trim().split_once(':')?;
    let (used, rest) = numbers.split_once('/')?;
    let (available, percent) = rest.trim().split_once(' ')?;
    percent.trim().strip_suffix('%')?;
    let (used, available) = (used.trim().parse().ok()?, available.parse().ok()?);
    Some(Overuse { name: name.to_owned(), used, available })
}

/// The complaints in a log: what stands behind `ERROR:`.
pub fn complaints(log: &str) -> String {
    let errors = log.lines().filter_map(|line| line.split_once("ERROR: "));
    errors.map(|(before, error)| format!("{before}{error}")).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOG: &str = "\
Info: Device utilisation:
Info: \t         ICESTORM_LC:  6021/   5280   114%
Info: \t        ICESTORM_RAM:    31/     30   103%
Info: \t               SB_IO:     7/     96     7%

Info: Placed 7 cells based on constraints.
ERROR: Unable to place cell 'x', no BELs remaining to implement cell type 'ICESTORM_LC'
";

    #[test]
    fn what_is_overused_is_found() {
        let found = overused(LOG);
        let told: Vec<_> =
            found.iter().map(|over| (over.name.as_str(), over.used, over.available)).collect();
        assert_eq!(told, [("ICESTORM_LC", 6021, 5280), ("ICESTORM_RAM", 31, 30)]);
    }

    #[test]
    fn complaints_are_found() {
        assert!(complaints(LOG).starts_with("Unable to place cell 'x'"), "{}", complaints(LOG));
        assert_eq!(complaints("top.v:3: ERROR: syntax error\n"), "top.v:3: syntax error");
        assert_eq!(complaints("Traceback"), "");
    }
}
