//! Statements of `always` blocks.

use systole_hdl::ir::{ExprId, Location, MemoryId, Module, Statement};

use super::expression::Expressions;
use super::layout::Remarks;

const STEP: usize = 4;
/// An `if` with one short statement stays on one line.
const SHORT: usize = 88;

/// Prints the statements of one `always` block, a string a line.
pub(super) struct Statements<'p, 'm> {
    pub module: &'m Module,
    pub expressions: &'p mut Expressions<'m>,
    pub remarks: &'p mut Remarks,
    /// `<=` or `=`.
    pub assignment: &'static str,
    pub lines: Vec<String>,
}

impl Statements<'_, '_> {
    pub fn block(&mut self, statements: &[Statement], indent: usize) {
        for statement in statements {
            self.statement(statement, indent);
        }
    }

    fn statement(&mut self, statement: &Statement, indent: usize) {
        match statement {
            Statement::Set { target, value, location } => {
                let target = &self.module.signal(*target).name;
                let value = self.expressions.assigned(*value);
                let code = format!("{target} {} {value};", self.assignment);
                self.line(indent, &code, Some(*location));
            }
            Statement::Write { memory, address, data, byte_enable, location } => {
                let write = Write {
                    memory: *memory,
                    address: *address,
                    data: *data,
                    byte_enable: *byte_enable,
                    location: *location,
                };
                self.write(&write, None, indent);
            }
            Statement::If { arms, otherwise, location } => {
                self.choice(arms, otherwise, *location, indent);
            }
            Statement::Switch { on, arms, default, location } => {
                let on = self.expressions.case_subject(*on);
                self.line(indent, &format!("case ({on})"), Some(*location));
                for (labels, body) in arms {
                    let labels: Vec<_> =
                        labels.iter().map(|&id| self.expressions.root(id).code).collect();
                    self.arm(&labels.join(", "), body, indent + STEP);
                }
                self.arm("default", default, indent + STEP);
                self.line(indent, "endcase", None);
            }
        }
    }

    fn choice(
        &mut self,
        arms: &[(ExprId, Vec<Statement>)],
        otherwise: &[Statement],
        location: Location,
        indent: usize,
    ) {
        if let ([(condition, body)], []) = (arms, otherwise) {
            if self.lane_writes(*condition, body, indent) {
                return;
            }
            let condition = self.expressions.root(*condition).code;
            if let [Statement::Set { .. } | Statement::Write { byte_enable: None, .. }] =
                body.as_slice()
            {
                self.short_choice(&condition, body, location, indent);
                return;
            }
            self.line(indent, &format!("if ({condition}) begin"), Some(location));
            self.block(body, indent + STEP);
            self.line(indent, "end", None);
            return;
        }
        for (i, (condition, body)) in arms.iter().enumerate() {
            let condition = self.expressions.root(*condition).code;
            let keyword = if i == 0 { "if" } else { "end else if" };
            self.line(indent, &format!("{keyword} ({condition}) begin"), Some(location));
            self.block(body, indent + STEP);
        }
        if !otherwise.is_empty() {
            self.line(indent, "end else begin", None);
            self.block(otherwise, indent + STEP);
        }
        self.line(indent, "end", None);
    }

    /// `if (condition) statement;` on one line where it fits.
    fn short_choice(
        &mut self,
        condition: &str,
        body: &[Statement],
        location: Location,
        indent: usize,
    ) {
        let first = self.lines.len();
        self.block(body, 0);
        let [statement] = &self.lines[first..] else { return };
        let code = format!("{:indent$}if ({condition}) {statement}", "");
        if code.find('\u{1}').unwrap_or(code.len()) <= SHORT && !statement.contains(" ? ") {
            self.lines[first] = code;
            return;
        }
        let statement = format!("{:1$}{statement}", "", indent + STEP);
        self.lines.truncate(first);
        self.line(indent, &format!("if ({condition}) begin"), Some(location));
        self.lines.push(statement);
        self.line(indent, "end", None);
    }

    fn arm(&mut self, label: &str, body: &[Statement], indent: usize) {
        match body {
            [] => self.line(indent, &format!("{label}: ;"), None),
            [Statement::Set { .. }] => {
                let first = self.lines.len();
                self.block(body, 0);
                let code = format!("{:indent$}{label}: {}", "", self.lines[first]);
                self.lines[first] = code;
            }
            _ => {
                self.line(indent, &format!("{label}: begin"), None);
                self.block(body, indent + STEP);
                self.line(indent, "end", None);
            }
        }
    }

    /// Writes under one condition, the only form in which Quartus finds byte enables: one `if`
    /// for each lane, nothing around it. Says whether it was such a case.
    fn lane_writes(&mut self, condition: ExprId, body: &[Statement], indent: usize) -> bool {
        let [Statement::Write { memory, address, data, byte_enable: Some(enable), location }] =
            body
        else {
            return false;
        };
        let write = Write {
            memory: *memory,
            address: *address,
            data: *data,
            byte_enable: Some(*enable),
            location: *location,
        };
        self.write(&write, Some(condition), indent);
        true
    }

    fn write(&mut self, write: &Write, condition: Option<ExprId>, indent: usize) {
        let &Write { memory, address, data, byte_enable, location } = write;
        let word = self.expressions.word(memory, address);
        let Some(enable) = byte_enable else {
            let data = self.expressions.assigned(data);
            self.line(indent, &format!("{word} <= {data};"), Some(location));
            return;
        };
        let width = self.module.memories[memory.0 as usize].ty.width();
        let condition =
            condition.map(|id| self.expressions.root(id).within(super::text::Level::LogicalAnd));
        for lane in 0..width.div_ceil(8) {
            let (low, high) = (8 * lane, (8 * lane + 7).min(width - 1));
            let enabled = self.expressions.bits(enable, lane, lane);
            let enabled = match &condition {
                Some(condition) => {
                    format!("{condition} && {}", enabled.within(super::text::Level::Reduction))
                }
                None => enabled.code,
            };
            let data = self.expressions.bits(data, high, low).code;
            let target = if width <= 8 { word.clone() } else { format!("{word}[{high}:{low}]") };
            self.line(indent, &format!("if ({enabled}) {target} <= {data};"), Some(location));
        }
    }

    fn line(&mut self, indent: usize, code: &str, location: Option<Location>) {
        let mark = location.map(|location| self.remarks.silent(location)).unwrap_or_default();
        self.lines.push(format!("{:indent$}{code}{mark}", ""));
    }
}

/// A memory write.
struct Write {
    memory: MemoryId,
    address: ExprId,
    data: ExprId,
    byte_enable: Option<ExprId>,
    location: Location,
}
