//! Lines: trailing comments in columns, long lines broken, and where each line came from.
//!
//! While text is put together, a line ends in a mark for each remark about it. [`finish`] takes
//! the marks out again.

use systole_hdl::ir::Location;

/// Columns of code.
const WIDTH: usize = 100;
/// A comment column further right than this is not worth the alignment.
const COMMENT_COLUMN: usize = 72;
const INDENT: usize = 4;

const MARK: char = '\u{1}';

/// Remarks about lines.
#[derive(Debug, Default)]
pub(super) struct Remarks(Vec<Remark>);

#[derive(Debug)]
struct Remark {
    location: Location,
    comment: String,
}

/// A generated line and the Rust line that it came from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Origin {
    /// 1-based line of the generated file.
    pub line: usize,
    /// Where it was written.
    pub location: Location,
}

impl Remarks {
    /// A mark for a line that declares or drives something: its comment and its place in the
    /// Rust source are printed behind it.
    pub fn origin(&mut self, doc: &str, location: Location) -> String {
        let place = short(location);
        let doc = doc.trim();
        let comment = if doc.is_empty() { place } else { format!("{doc} ({place})") };
        self.mark(location, comment)
    }

    /// A mark for a line whose place only stands in the source map.
    pub fn silent(&mut self, location: Location) -> String {
        self.mark(location, String::new())
    }

    fn mark(&mut self, location: Location, comment: String) -> String {
        self.0.push(Remark { location, comment });
        format!("{MARK}{}{MARK}", self.0.len() - 1)
    }
}

/// `file.rs:line`, with its folder where the file's name alone says little.
fn short(location: Location) -> String {
    let file = location.file;
    let parts: Vec<_> = file.rsplit('/').take(2).collect();
    match parts.as_slice() {
        [name @ ("mod.rs" | "lib.rs" | "main.rs"), folder] => {
            format!("{folder}/{name}:{}", location.line)
        }
        [name, ..] => format!("{name}:{}", location.line),
        [] => String::new(),
    }
}

/// Breaks and aligns marked text, and says where its lines came from.
pub(super) fn finish(marked: &str, remarks: &Remarks) -> (String, Vec<Origin>) {
    let mut lines = Vec::new();
    let mut origins = Vec::new();
    for marked in marked.lines() {
        let (code, remark) = take_mark(marked, remarks);
        let mut comment = remark.map_or("", |remark| remark.comment.as_str());
        let indent = " ".repeat(code.len() - code.trim_start().len());
        if code.len() + comment.len() + 4 > WIDTH && comment.contains(' ') {
            lines.push((format!("{indent}// {comment}"), ""));
            comment = "";
        }
        for (i, code) in broken(code.trim_end()).into_iter().enumerate() {
            let comment = if i == 0 { comment } else { "" };
            lines.push((code, comment));
            origins.extend(remark.map(|r| Origin { line: lines.len(), location: r.location }));
        }
    }
    (aligned(&lines), origins)
}

/// Puts a `` `line `` directive before each line whose origin is known.
pub(super) fn with_lines(text: &str, origins: &[Origin]) -> String {
    let mut origins = origins.iter().peekable();
    let mut directed = String::new();
    for (i, line) in text.lines().enumerate() {
        while let Some(origin) = origins.next_if(|origin| origin.line == i + 1) {
            let Location { file, line, .. } = origin.location;
            directed.push_str(&format!("`line {line} \"{file}\" 0\n"));
        }
        directed.push_str(line);
        directed.push('\n');
    }
    directed
}

fn take_mark<'a, 'r>(line: &'a str, remarks: &'r Remarks) -> (String, Option<&'r Remark>) {
    let mut parts: std::str::Split<'a, char> = line.split(MARK);
    let before = parts.next().unwrap_or_default();
    let remark = parts.next().and_then(|index| remarks.0.get(index.parse::<usize>().ok()?));
    (format!("{before}{}", parts.next().unwrap_or_default()), remark)
}

/// Puts the comments of consecutive lines in one column.
fn aligned(lines: &[(String, &str)]) -> String {
    let mut text = String::new();
    let runs = lines.chunk_by(|a, b| a.1.is_empty() == b.1.is_empty());
    for run in runs {
        let widths = run.iter().map(|(code, _)| code.len());
        let column = widths.filter(|&width| width <= COMMENT_COLUMN).max().unwrap_or(0);
        for (code, comment) in run {
            if comment.is_empty() {
                text.push_str(code);
            } else {
                text.push_str(&format!("{code:column$}  // {comment}"));
            }
            text.push('\n');
        }
    }
    text
}

/// The line, in several if it is too long or a chain of conditions.
fn broken(line: &str) -> Vec<String> {
    let code = line.trim_start();
    let indent = line.len() - code.len();
    if ["//", "$display", "(*"].iter().any(|whole| code.starts_with(whole)) {
        return vec![line.to_string()];
    }
    if let Some(lines) = chain(code, indent) {
        return lines;
    }
    if line.len() <= WIDTH {
        return vec![line.to_string()];
    }
    if let Some(lines) = concatenation(code, indent) {
        return lines;
    }
    let mut lines = Vec::new();
    break_into(code, indent, indent + INDENT, &mut lines);
    lines
}

/// `target = {a, b, c};` with the parts between lines for the braces: a line each, or as many as
/// fit if they are short.
fn concatenation(code: &str, indent: usize) -> Option<Vec<String>> {
    const SHORT: usize = 24;
    let inside = code.strip_suffix("};")?;
    let open = unmatched_brace(inside)?;
    let (head, inside) = code[..inside.len()].split_at(open + 1);
    let mut parts = Vec::new();
    let mut from = 0;
    for place in breaks(inside).into_iter().filter(|place| place.depth == 0) {
        if inside[..place.at].ends_with(", ") {
            parts.push(&inside[from..place.at]);
            from = place.at;
        }
    }
    parts.push(&inside[from..]);
    if parts.len() < 2 {
        return None;
    }
    let inner = indent + INDENT;
    let mut lines = vec![format!("{:indent$}{head}", "")];
    if parts.iter().all(|part| part.len() <= SHORT) {
        let mut line = String::new();
        for part in parts {
            if inner + line.len() + part.trim_end().len() > WIDTH {
                lines.push(format!("{:inner$}{}", "", line.trim_end()));
                line.clear();
            }
            line.push_str(part);
        }
        lines.push(format!("{:inner$}{line}", ""));
    } else {
        for part in parts {
            break_into(part.trim_end(), inner, inner + INDENT, &mut lines);
        }
    }
    lines.push(format!("{:indent$}}};", ""));
    Some(lines)
}

/// The brace that stays open at the end of `code`, if it is the last one to do so.
fn unmatched_brace(code: &str) -> Option<usize> {
    let mut open = Vec::new();
    for (at, byte) in code.bytes().enumerate() {
        match byte {
            b'(' | b'{' | b'[' => open.push(at),
            b')' | b'}' | b']' => _ = open.pop(),
            _ => {}
        }
    }
    let last = open.pop()?;
    (open.is_empty() && code.as_bytes()[last] == b'{').then_some(last)
}

/// `target = a ? b : c ? d : e` with a line for each alternative.
fn chain(code: &str, indent: usize) -> Option<Vec<String>> {
    let at_top = |pattern: &str| -> Vec<usize> {
        let places = breaks(code).into_iter().filter(|b| b.depth == 0);
        places.map(|b| b.at).filter(|&at| code[..at].ends_with(pattern)).collect()
    };
    let (choices, ends) = (at_top(" ? "), at_top(" : "));
    if choices.len() < 2 || choices.len() != ends.len() {
        return None;
    }
    let ends_of = |operator: &&str| Some(code[..choices[0]].find(*operator)? + operator.len());
    let start = [" <= ", " = "].iter().filter_map(ends_of).min()?;
    let mut lines = Vec::new();
    lines.push(format!("{:indent$}{}", "", code[..start].trim_end()));
    let inner = indent + INDENT;
    let mut from = start;
    for end in ends.into_iter().chain([code.len()]) {
        let piece = code[from..end].trim_end();
        break_into(piece, inner, inner + INDENT, &mut lines);
        from = end;
    }
    Some(lines)
}

/// Breaks code at its outermost operators so that each line fits, if it can be done.
fn break_into(code: &str, indent: usize, inner: usize, lines: &mut Vec<String>) {
    if indent + code.len() <= WIDTH {
        lines.push(format!("{:indent$}{code}", ""));
        return;
    }
    let room = WIDTH - indent;
    // The loosest operator that still leaves a full line, or else the last one that fits.
    let places: Vec<_> = breaks(code).into_iter().filter(|place| place.at <= room).collect();
    let best = places
        .iter()
        .filter(|place| place.at > room / 3)
        .min_by_key(|place| (place.depth, std::cmp::Reverse(place.at)));
    let Some(place) = best.or(places.last()) else {
        lines.push(format!("{:indent$}{code}", ""));
        return;
    };
    lines.push(format!("{:indent$}{}", "", code[..place.at].trim_end()));
    break_into(&code[place.at..], inner, inner, lines);
}

/// A place where a line may end.
struct Break {
    at: usize,
    depth: usize,
}

/// After binary operators, `?`, `:` and commas, and after the `=` of an assignment.
fn breaks(code: &str) -> Vec<Break> {
    const OPERATORS: [&str; 22] = [
        "+", "-", "*", "&", "|", "^", "&&", "||", "==", "!=", "<", "<=", "<<", ">>", ">>>", "?",
        ":", "=", ">", ">=", "%", "/",
    ];
    let mut found = Vec::new();
    let mut depth = 0_usize;
    let mut quoted = false;
    for (at, byte) in code.bytes().enumerate() {
        match byte {
            b'"' => quoted = !quoted,
            _ if quoted => {}
            b'(' | b'{' | b'[' => depth += 1,
            b')' | b'}' | b']' => depth = depth.saturating_sub(1),
            b' ' => {
                let word = code[..at].rsplit(' ').next().unwrap_or_default();
                if word.ends_with(',') || OPERATORS.contains(&word) {
                    found.push(Break { at: at + 1, depth });
                }
            }
            _ => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(line: u32) -> Location {
        Location { file: "hw/chip/src/npu/pe.rs", line, column: 5 }
    }

    #[test]
    fn comments_stand_in_a_column() {
        let mut remarks = Remarks::default();
        let (a, b, c) =
            (remarks.origin("", at(3)), remarks.origin("Sum.", at(4)), remarks.silent(at(5)));
        let marked = format!("module m;\n    wire a;{a}\n    wire [7:0] b;{b}\n    x <= y;{c}\n");
        let (text, origins) = finish(&marked, &remarks);
        assert_eq!(
            text,
            "module m;\n    wire a;        // pe.rs:3\n    wire [7:0] b;  // Sum. (pe.rs:4)\n    x <= y;\n"
        );
        let lines: Vec<_> = origins.iter().map(|o| (o.line, o.location.line)).collect();
        assert_eq!(lines, [(2, 3), (3, 4), (4, 5)]);
    }

    #[test]
    fn chains_of_conditions_get_a_line_each() {
        let (text, _) = finish("    assign x = a ? b : (c == d) ? e : f;\n", &Remarks::default());
        assert_eq!(text, "    assign x =\n        a ? b :\n        (c == d) ? e :\n        f;\n");
    }

    #[test]
    fn long_concatenations_get_lines_of_their_own() {
        let sums: Vec<_> = (0..4).map(|i| format!("left[{i}] + {{right[{i}], 1'b0}}")).collect();
        let line = format!("    wire [31:0] sums = {{{}}};", sums.join(", "));
        let (text, _) = finish(&line, &Remarks::default());
        let expected: Vec<_> = sums.iter().map(|sum| format!("        {sum}")).collect();
        let expected = expected.join(",\n");
        assert_eq!(text, format!("    wire [31:0] sums = {{\n{expected}\n    }};\n"));
    }

    #[test]
    fn long_lines_break_at_the_outermost_operators() {
        let terms: Vec<_> = (0..8).map(|i| format!("(request_{i} && !grant_{i})")).collect();
        let line = format!("    assign pending = {};", terms.join(" || "));
        let (text, _) = finish(&line, &Remarks::default());
        assert!(text.lines().all(|line| line.len() <= WIDTH), "{text}");
        assert!(text.lines().next().unwrap().ends_with("||"), "{text}");
        assert_eq!(text.split_whitespace().count(), line.split_whitespace().count());
    }
}
