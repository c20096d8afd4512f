//! The page of `systole infer --report`, as a browser shows it.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::browser::{browser, drive};
use crate::support::*;

/// The page of a network of the digits on `nano`, and the result as JSON.
fn network(folder: &Path, engine: &str) -> (PathBuf, Value) {
    let model = Path::new(env!("CARGO_MANIFEST_DIR")).join("../sw/models/digits");
    let model = model.join("resnet_qop_s8s8_pc.onnx");
    let mut command = systole(folder);
    command.args(["infer", "--preset", "nano", "--engine", engine, "--report", "p.html"]);
    outcome(command.args(["--json", "r.json"]).arg(model)).code(0);
    (folder.join("p.html"), json(&folder.join("r.json")))
}

/// Of each lane of the timeline and each memory: the share of its pixels that something is drawn on,
/// and how many colours there are.
const DRAWN: &str = r##"
  const painted = (chart, top, height) => {
    const canvas = document.querySelector(`#${chart} canvas`), scale = canvas.width / canvas.clientWidth;
    const [x, y, w, h] = [60, top, canvas.clientWidth - 72, height].map((side) => Math.round(side * scale));
    const copy = document.createElement("canvas");
    [copy.width, copy.height] = [canvas.width, canvas.height];
    const context = copy.getContext("2d", { willReadFrequently: true });
    context.drawImage(canvas, 0, 0);
    const { data } = context.getImageData(x, y, w, h), colours = new Set();
    let drawn = 0;
    for (let at = 0; at < data.length; at += 4) {
      const [red, green, blue, alpha] = data.slice(at, at + 4);
      // The axis' lines are grey.
      if (!alpha || Math.max(red, green, blue) - Math.min(red, green, blue) < 12) continue;
      drawn += 1;
      colours.add(`${red >> 3} ${green >> 3} ${blue >> 3}`);
    }
    return [drawn / (w * h), colours.size];
  };
  const lanes = [0, 1, 2, 3].map((lane) => painted("timeline", 26 + 32 * lane, 20));
  const memories = [[44, 296], [372, 106], [510, 66]].map(([top, height]) => painted("memory", top, height));
  const titles = [...document.querySelectorAll("h2")].map((title) => title.textContent);
  const charts = JSON.parse(document.getElementById("charts").textContent);
  return { lanes, memories, titles, charts, legend: document.querySelectorAll(".layers button").length };
"##;

/// The cycles that are shown after each control, and what is told of a place.
const CONTROLS: &str = r##"
  const canvas = document.querySelector("#timeline canvas"), seen = {};
  const tools = document.querySelector("#timeline .tools");
  const note = async (name) => {
    await frame(); await frame();
    const texts = [...document.querySelectorAll(".range")].map((range) => range.textContent);
    const [, from, to] = texts[0].replaceAll(",", "").match(/^cycles (\d+) to (\d+)$/);
    seen[name] = { from: Number(from), to: Number(to), alike: texts.every((text) => text === texts[0]) };
  };
  const press = async (text) => {
    [...tools.querySelectorAll("button")].find((button) => button.textContent === text).click();
    await note(`button ${text}`);
  };
  const key = async (key) => {
    canvas.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
    await note(key);
  };
  await note("first");
  await key("+");
  await key("ArrowLeft");
  await key("ArrowRight");
  await key("-");
  await press("+");
  await press("\u2212");
  await press("+");
  await key("Home");
  const box = canvas.getBoundingClientRect();
  canvas.dispatchEvent(new WheelEvent("wheel", { deltaY: -400, clientX: box.right - 100,
    clientY: box.top + 40, bubbles: true, cancelable: true }));
  await note("wheel");
  document.querySelectorAll(".layers button")[2].click();
  await note("layer");
  await press("all");
  const told = async (chart, x, y) => {
    const canvas = document.querySelector(`#${chart} canvas`), box = canvas.getBoundingClientRect();
    const at = { clientX: box.left + 58 + x * (box.width - 70), clientY: box.top + y, bubbles: true };
    canvas.dispatchEvent(new PointerEvent("pointermove", at));
    await frame();
    const tip = document.querySelector(".tip");
    return getComputedStyle(tip).visibility === "visible" ? tip.textContent : "";
  };
  seen.layer_told = await told("timeline", 0.5, 36);
  seen.exec_told = await told("timeline", 0.5, 100);
  seen.row_told = await told("memory", 0.5, 44);
  return seen;
"##;

/// What reaches out of its place, at the width of the window.
const PLACES: &str = r##"
  const out = [], root = document.documentElement;
  if (root.scrollWidth > root.clientWidth) out.push(`the page is ${root.scrollWidth} wide`);
  for (const canvas of document.querySelectorAll("canvas")) {
    const box = canvas.getBoundingClientRect();
    if (box.right > root.clientWidth) out.push(`a chart ends at ${box.right}`);
    const sharp = canvas.width / (canvas.clientWidth * devicePixelRatio);
    if (Math.abs(sharp - 1) > 0.02) out.push(`a chart is drawn at ${sharp}`);
    canvas.dispatchEvent(new PointerEvent("pointermove",
      { clientX: box.right - 30, clientY: box.top + 100, bubbles: true }));
    await frame();
    const tip = document.querySelector(".tip").getBoundingClientRect();
    if (tip.right > root.clientWidth || tip.left < 0) out.push(`${tip.left} to ${tip.right} is told`);
  }
  return out;
"##;

#[test]
fn a_browser_shows_the_page_of_a_network() {
    let Some(browser) = browser() else { return };
    let folder = folder();
    for (engine, heading) in [("rtl", "measured on the RTL"), ("golden", "the planner expects it")]
    {
        let (page, result) = network(folder.path(), engine);
        let size = std::fs::metadata(&page).expect("a page").len();
        assert!(size < 2_000_000, "{engine}: {size} bytes");

        let drawn = drive(&browser, &page, (1200, 900), DRAWN);
        assert_eq!(drawn.wrong, [""; 0], "{engine}");
        let seen = &drawn.value;
        for part in ["lanes", "memories"] {
            for (index, of) in seen[part].as_array().expect(part).iter().enumerate() {
                let [share, colours] = [0, 1].map(|i| of[i].as_f64().expect("a number"));
                assert!(share > 0.005 && colours >= 4.0, "{engine}: {part} {index}: {of}");
            }
        }
        let titles = seen["titles"].to_string();
        assert_eq!(titles.matches(heading).count(), 2, "{engine}: {titles}");
        let layers = result["layers"].as_array().expect("layers");
        assert_eq!(seen["legend"], layers.len(), "{engine}");
        let key = if engine == "rtl" { "cycles" } else { "predicted_cycles" };
        assert_eq!(seen["charts"]["cycles"], result[key], "{engine}");
        for (layer, of) in layers.iter().zip(seen["charts"]["layers"].as_array().expect("layers")) {
            let [from, until] = ["from", "until"].map(|key| of[key].as_u64().expect("a cycle"));
            assert_eq!(layer[key], until - from, "{engine}: {of}");
            if engine == "rtl" {
                assert_eq!((&layer["start"], &layer["end"]), (&of["start"], &json!(until)));
            } else {
                assert_eq!((&layer["start"], &layer["end"]), (&Value::Null, &Value::Null));
            }
        }

        let controls = drive(&browser, &page, (1200, 900), CONTROLS);
        assert_eq!(controls.wrong, [""; 0], "{engine}");
        let seen = &controls.value;
        let shown = |name: &str| {
            let [from, to] = ["from", "to"].map(|end| seen[name][end].as_u64());
            assert_eq!(seen[name]["alike"], true, "{engine}: {name} moves every chart");
            from.zip(to).unwrap_or_else(|| panic!("{name}: {controls:?}"))
        };
        let span = |name: &str| shown(name).1 - shown(name).0;
        let all = (0, result[key].as_u64().expect("cycles"));
        for whole in ["first", "Home", "-", "button \u{2212}", "button all"] {
            assert_eq!(shown(whole), all, "{engine}: {whole}");
        }
        assert!(span("+").abs_diff(all.1 / 2) <= 1 && span("button +") < all.1, "{engine}");
        assert!(shown("ArrowLeft").0 < shown("+").0, "{engine}");
        assert_eq!(shown("ArrowRight"), shown("+"), "{engine}");
        assert!(span("wheel") < all.1 && shown("wheel").0 > 0, "{engine}: at the pointer");
        let layer = &drawn.value["charts"]["layers"][2];
        assert!(shown("layer").1 >= layer["until"].as_u64().expect("a cycle"), "{engine}");
        assert!(span("layer") < all.1, "{engine}");
        for (told, words) in [
            ("layer_told", ["layer ", "cycles "]),
            ("exec_told", ["EXEC ", "cycles "]),
            ("row_told", ["of the scratchpad", ""]),
        ] {
            let text = seen[told].as_str().unwrap_or_default();
            assert!(words.iter().all(|word| text.contains(word)), "{engine}: {told}: {text}");
        }

        for width in [1200, 400] {
            let places = drive(&browser, &page, (width, 900), PLACES);
            assert_eq!(places.wrong, [""; 0], "{engine} at {width}");
            assert_eq!(places.value, json!([]), "{engine} at {width}");
        }
    }
}
