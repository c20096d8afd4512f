//! `systole bench`, on the smallest chip.

use crate::support::*;

#[test]
fn every_figure_is_measured() {
    let folder = folder();
    run(folder.path(), "bench --preset nano --json b.json")
        .code(0)
        .prints(&["golden model", "nano"]);
    let result = json(&folder.path().join("b.json"));
    assert_documented(&result);
    assert!(result["golden_instructions_per_second"].as_f64() > Some(1e6));
    let simulation = &result["simulation"][0];
    assert_documented(simulation);
    assert!(simulation["ratio"].as_f64() > Some(0.0));
    let jobs = result["npu"].as_array().expect("jobs");
    assert!(jobs.len() >= 4);
    for job in jobs {
        assert_documented(job);
        let (cycles, predicted) = (job["cycles"].as_u64(), job["predicted_cycles"].as_u64());
        let utilisation = job["utilisation"].as_f64().expect("a number");
        assert!(utilisation > 0.0 && utilisation <= 1.0, "{job}");
        // A law that the array beats counts something wrong.
        assert!(cycles >= predicted.map(|cycles| cycles * 9 / 10), "{job}");
    }
}
