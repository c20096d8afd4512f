//! The page of a failure, as a browser shows it.

use std::path::PathBuf;

use crate::browser::{browser, drive};
use crate::support::*;

/// A failure of `nano` with waves: its page, and its report as JSON.
fn failure(folder: &std::path::Path, fault: &str) -> (PathBuf, serde_json::Value) {
    let command = format!("cosim --preset nano --inject {fault} --seed 1 --json r.json");
    run(folder, &command).code(1);
    let dir = json(&folder.join("r.json"))["failures"][0]["dir"].as_str().map(str::to_owned);
    let dir = folder.join(dir.expect("a folder"));
    (dir.join("report.html"), json(&dir.join("report.json")))
}

/// Rows that a page draws, chart by chart: how many, and how many of them have something in them.
const ROWS: &str = r##"
  const drawn = (row) => [...row.querySelectorAll("path")].some((path) => path.getAttribute("d"));
  return ["wave", "timeline"].map((id) => {
    const rows = [...document.querySelectorAll(`#${id} .row`)];
    return [rows.length, rows.filter(drawn).length, document.querySelectorAll(`#${id} .label`).length];
  });
"##;

/// The cycles at the chart's outer ticks after each of its controls.
const CONTROLS: &str = r##"
  const chart = document.querySelector("#wave .chart"), seen = {};
  const tools = chart.previousElementSibling;
  const cycle = () => Number(tools.querySelector(".cursor").textContent.replace("cycle ", ""));
  const note = async (name) => {
    await frame(); await frame();
    const ticks = [...chart.querySelectorAll(".tick text")].map((text) => Number(text.textContent));
    seen[name] = { first: ticks[0], last: ticks.at(-1), cursor: cycle() };
  };
  const press = async (text) => {
    [...tools.querySelectorAll("button")].find((button) => button.textContent === text).click();
    await note(text);
  };
  const key = async (key) => {
    chart.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
    await note(key);
  };
  await press("all");
  await press("+");
  await press("\u2212");
  await press("difference");
  await key("ArrowLeft");
  await key("ArrowRight");
  await press("all");
  const box = chart.getBoundingClientRect();
  chart.dispatchEvent(new WheelEvent("wheel", { deltaY: -240, clientX: box.right - 100,
    clientY: box.top + 40, bubbles: true, cancelable: true }));
  await note("wheel");
  return seen;
"##;

/// Texts that reach out of their places, at the width of the window.
const PLACES: &str = r##"
  const out = [], root = document.documentElement;
  if (root.scrollWidth > root.clientWidth) out.push(`the page is ${root.scrollWidth} wide`);
  for (const chart of document.querySelectorAll(".chart")) {
    const box = chart.getBoundingClientRect(), plot = chart.querySelector(".plot").x.baseVal.value;
    const end = box.left + plot * box.width / chart.viewBox.baseVal.width;
    for (const label of chart.querySelectorAll(".label")) {
      const [name, value] = label.querySelectorAll("text");
      const [left, right] = [name, value].map((text) => text.getBoundingClientRect());
      const shown = right.width > 0 && value.textContent;
      if (left.right > (shown ? right.left : end) + 1) out.push(`name ${name.textContent}`);
    }
    for (const cell of chart.querySelectorAll(".cell")) {
      if (cell.style.display === "none" || !cell.querySelector("text").textContent) continue;
      const [text, path] = ["text", "path"].map((part) => cell.querySelector(part).getBBox().width);
      if (text > path + 2) out.push(`value ${cell.querySelector("text").textContent}`);
    }
  }
  return { out, width: root.clientWidth, text: Math.min(...[...document.querySelectorAll(".chart")]
    .map((chart) => chart.getBoundingClientRect().width / chart.viewBox.baseVal.width)) };
"##;

#[test]
fn a_browser_shows_the_page_of_a_failure() {
    let Some(browser) = browser() else { return };
    let folder = folder();
    for fault in ["sub-adds", "round-half-up"] {
        let (page, report) = failure(folder.path(), fault);

        let rows = drive(&browser, &page, (1200, 900), ROWS);
        assert_eq!(rows.wrong, [""; 0], "{fault}");
        let signals = report["wave"]["signals"].as_array().expect("signals");
        let groups: std::collections::BTreeSet<_> =
            signals.iter().filter_map(|signal| signal["group"].as_str()).collect();
        let [wave, timeline] = [&rows.value[0], &rows.value[1]];
        assert_eq!(wave[0], signals.len() + groups.len(), "{fault}: rows of the wave");
        assert_eq!(wave[1], signals.len(), "{fault}: rows with something in them");
        assert_eq!(wave[2], wave[0], "{fault}: names");
        let lanes = report["timeline"]["lanes"].as_array().expect("lanes").len() as u64;
        assert!(timeline[1].as_u64() >= Some(lanes), "{fault}: lanes {timeline}");
        assert_eq!(timeline[0], timeline[1], "{fault}: every lane has something in it");

        let controls = drive(&browser, &page, (1200, 900), CONTROLS);
        assert_eq!(controls.wrong, [""; 0], "{fault}");
        let at = |name: &str, field: &str| {
            controls.value[name][field].as_u64().unwrap_or_else(|| panic!("{name}: {controls:?}"))
        };
        let span = |name: &str| at(name, "last") - at(name, "first");
        assert!(span("+") < span("all") && span("\u{2212}") > span("+"), "{fault}: {controls:?}");
        assert!(span("wheel") < span("all"), "{fault}: {controls:?}");
        let cycle = report["cycle"].as_u64().expect("a cycle");
        let [first, last] = ["first", "last"].map(|end| at("difference", end));
        assert!((first..=last).contains(&cycle), "{fault}: {controls:?}");
        assert_eq!(at("difference", "cursor"), cycle, "{fault}");
        assert_eq!(at("ArrowLeft", "cursor") + 1, at("ArrowRight", "cursor"), "{fault}");

        for width in [1200, 400] {
            let places = drive(&browser, &page, (width, 900), PLACES);
            assert_eq!(places.wrong, [""; 0], "{fault} at {width}");
            assert_eq!(places.value["out"], serde_json::json!([]), "{fault} at {width}");
            let scale = places.value["text"].as_f64();
            assert!(scale > Some(0.9), "{fault} at {width}: texts are drawn at {scale:?}");
        }
    }
}

/// What a page must not do is seen if it does: without this the test above would say nothing.
#[test]
fn a_page_that_fails_or_loads_is_noticed() {
    let Some(browser) = browser() else { return };
    let folder = folder();
    let policy = "<meta http-equiv=\"Content-Security-Policy\" \
                  content=\"default-src 'none'; script-src 'unsafe-inline'\">";
    for (body, noticed) in [
        ("<script>nobody()</script>", "nobody is not defined"),
        ("<script>console.error('so it is')</script>", "so it is"),
        ("<img src=\"picture.png\">", "picture.png"),
    ] {
        let page = format!("<!doctype html><html><head>{policy}</head><body>{body}</body></html>");
        let page = file(folder.path(), "bad.html", page);
        let seen = drive(&browser, &page, (400, 400), "return 3;");
        assert_eq!(seen.value, 3);
        assert!(seen.wrong.iter().any(|text| text.contains(noticed)), "{body}: {:?}", seen.wrong);
    }
}
