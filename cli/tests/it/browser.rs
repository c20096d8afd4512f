//! Pages opened in a browser without a screen.
//!
//! Without Chromium on the path a test says that it was skipped, unless `SYSTOLE_NEED_BROWSER` is set,
//! as in CI: there it fails.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

const NAMES: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/// Longest time that a page may take.
const PATIENCE: Duration = Duration::from_secs(120);

/// In front of all of the page: what goes wrong is kept. Frames are a matter of time only: without a
/// screen they may never come.
const WATCH: &str = r#"<script>
const wrong = [];
requestAnimationFrame = (draw) => setTimeout(() => draw(performance.now()), 1);
addEventListener("error", (event) => wrong.push(`error: ${event.message}`), true);
addEventListener("unhandledrejection", (event) => wrong.push(`rejected: ${event.reason}`));
addEventListener("securitypolicyviolation", (event) => wrong.push(`blocked: ${event.blockedURI}`));
</script>"#;

/// What a page did.
#[derive(Debug)]
pub struct Seen {
    /// What the script returned.
    pub value: Value,
    /// Errors of scripts, what the page wanted from outside, and messages on the console.
    pub wrong: Vec<String>,
}

/// The browser, if there is one.
///
/// # Panics
/// If there is none and `SYSTOLE_NEED_BROWSER` is set.
pub fn browser() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let mut files = NAMES.iter().flat_map(|name| folders.iter().map(move |dir| dir.join(name)));
    let found = files.find(|file| file.is_file());
    if found.is_none() {
        let needed = std::env::var_os("SYSTOLE_NEED_BROWSER").is_some();
        assert!(!needed, "none of {} is on the path", NAMES.join(", "));
        println!("skipped: none of {} is on the path", NAMES.join(", "));
    }
    found
}

/// Opens a copy of `page` in a window of so many pixels, and runs `script` behind its own ones: the
/// body of an async function that returns a value.
pub fn drive(browser: &Path, page: &Path, (width, height): (u32, u32), script: &str) -> Seen {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let copy = folder.path().join("page.html");
    let text = std::fs::read_to_string(page).expect("a page");
    let text = text.replacen("<head>", &format!("<head>{WATCH}"), 1);
    std::fs::write(&copy, text.replacen("</body>", &format!("{}</body>", driver(script)), 1))
        .expect("a file in a temporary folder");
    let mut command = Command::new(browser);
    command
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"])
        .args(["--enable-logging=stderr", "--v=0", "--virtual-time-budget=20000", "--dump-dom"])
        .arg(format!("--user-data-dir={}", folder.path().join("profile").display()))
        .arg(format!("--window-size={width},{height}"))
        .arg(format!("file://{}", copy.display()));
    let (dom, log) = output_of(&mut command, folder.path());
    let value = dom.split_once("<pre id=\"seen\">").and_then(|(_, rest)| rest.split_once("</pre>"));
    let (value, _) = value.unwrap_or_else(|| panic!("the script did not end:\n{log}\n{dom}"));
    let value = value.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&");
    let seen: Value = serde_json::from_str(&value).expect("JSON");
    let strings = seen["wrong"].as_array().expect("a list").iter();
    let mut wrong: Vec<String> = strings.map(ToString::to_string).collect();
    wrong.extend(log.lines().filter(|line| line.contains("CONSOLE")).map(str::to_owned));
    Seen { value: seen["value"].clone(), wrong }
}

fn driver(script: &str) -> String {
    format!(
        r#"<script>
(async () => {{
  const frame = () => new Promise((resolve) => setTimeout(resolve, 20));
  let value = null;
  try {{ value = await (async () => {{ await frame(); {script} }})(); }}
  catch (error) {{ wrong.push(`thrown: ${{error}}`); }}
  for (const entry of performance.getEntriesByType("resource")) wrong.push(`loaded: ${{entry.name}}`);
  const seen = document.createElement("pre");
  seen.id = "seen";
  seen.textContent = JSON.stringify({{ value, wrong }});
  document.body.append(seen);
}})();
</script>"#
    )
}

/// Standard output and error, through files: a browser's children may keep pipes open.
fn output_of(command: &mut Command, folder: &Path) -> (String, String) {
    let [out, err] = ["out", "err"].map(|name| folder.join(name));
    let to = |path: &Path| Stdio::from(std::fs::File::create(path).expect("a file"));
    let mut child = command.stdout(to(&out)).stderr(to(&err)).spawn().expect("the browser runs");
    let in_time = wait(&mut child);
    let read = |path: &Path| String::from_utf8_lossy(&std::fs::read(path).expect("ours")).into();
    let (out, err): (String, String) = (read(&out), read(&err));
    assert!(in_time, "the browser did not end:\n{err}");
    (out, err)
}

fn wait(child: &mut Child) -> bool {
    let start = Instant::now();
    while start.elapsed() < PATIENCE {
        if child.try_wait().expect("our own child").is_some() {
            return true;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    let _ = child.kill();
    let _ = child.wait();
    false
}
