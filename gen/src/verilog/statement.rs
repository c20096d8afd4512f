//! Statements of `always` blocks.

use systole_hdl::ir::{ExprId, Location, MemoryId, Module, Statement};

use super::expression::{Expressions, Hoisted};
use super::layout::Remarks;
use super::text::Level;

const STEP: usize = 4;
/// An `if` with one statement stays on one line up to this width.
const SHORT: usize = 88;

/// Prints the statements of one `always` block, a string a line.
pub(super) struct Statements<'p, 'm> {
    module: &'m Module,
    expressions: &'p mut Expressions<'m>,
    remarks: &'p mut Remarks,
    /// `<=` or `=`.
    assignment: &'static str,
    lines: Vec<String>,
    variables: Vec<Hoisted>,
}

impl<'p, 'm> Statements<'p, 'm> {
    pub fn new(
        module: &'m Module,
        expressions: &'p mut Expressions<'m>,
        remarks: &'p mut Remarks,
        assignment: &'static str,
    ) -> Self {
        let (lines, variables) = Default::default();
        Self { module, expressions, remarks, assignment, lines, variables }
    }

    pub fn block(&mut self, statements: &[Statement], indent: usize) {
        for statement in statements {
            self.statement(statement, indent);
        }
    }

    /// The lines, and the variables that they use.
    pub fn finish(self) -> (Vec<String>, Vec<Hoisted>) {
        (self.lines, self.variables)
    }

    fn statement(&mut self, statement: &Statement, indent: usize) {
        match statement {
            Statement::Set { target, value, location } => {
                let target = &self.module.signal(*target).name;
                let value = self.expressions.assigned(*value);
                self.set_variables(indent);
                let code = format!("{target} {} {value};", self.assignment);
                self.line(indent, &code, Some(*location));
            }
            &Statement::Write { memory, address, data, byte_enable, location } => {
                let write = Write { memory, address, data, byte_enable, location };
                self.write(&write, None, indent);
            }
            Statement::If { arms, otherwise, location } => {
                self.choice(arms, otherwise, *location, indent);
            }
            Statement::Switch { on, arms, default, location } => {
                let on = self.expressions.case_subject(*on);
                self.set_variables(indent);
                self.line(indent, &format!("case ({on})"), Some(*location));
                for (labels, body) in arms {
                    let labels: Vec<_> =
                        labels.iter().map(|&label| self.expressions.case_label(label)).collect();
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
        if let ([(condition, body)], []) = (arms, otherwise)
            && let &[Statement::Write { memory, address, data, byte_enable, location }] =
                body.as_slice()
            && byte_enable.is_some()
        {
            let write = Write { memory, address, data, byte_enable, location };
            self.write(&write, Some(*condition), indent);
            return;
        }
        let conditions: Vec<_> =
            arms.iter().map(|(condition, _)| self.expressions.root(*condition).code).collect();
        self.set_variables(indent);
        let bodies = arms.iter().map(|(_, body)| self.apart(body)).collect::<Vec<_>>();
        if let ([condition], [body], []) = (conditions.as_slice(), bodies.as_slice(), otherwise)
            && let Some(line) = on_one_line(condition, body, indent)
        {
            self.lines.push(line);
            return;
        }
        for (i, (condition, body)) in conditions.iter().zip(&bodies).enumerate() {
            let keyword = if i == 0 { "if" } else { "end else if" };
            self.line(indent, &format!("{keyword} ({condition}) begin"), Some(location));
            self.place(body, indent + STEP);
        }
        if !otherwise.is_empty() {
            self.line(indent, "end else begin", None);
            self.block(otherwise, indent + STEP);
        }
        self.line(indent, "end", None);
    }

    fn arm(&mut self, label: &str, body: &[Statement], indent: usize) {
        let lines = self.apart(body);
        match (lines.as_slice(), body) {
            ([], _) => self.line(indent, &format!("{label}: ;"), None),
            ([statement], [Statement::Set { .. }]) => {
                self.lines.push(format!("{:indent$}{label}: {statement}", ""));
            }
            (statements, _) => {
                self.line(indent, &format!("{label}: begin"), None);
                self.place(statements, indent + STEP);
                self.line(indent, "end", None);
            }
        }
    }

    fn place(&mut self, lines: &[String], indent: usize) {
        self.lines.extend(lines.iter().map(|line| format!("{:indent$}{line}", "")));
    }

    /// The lines of a body, not yet placed.
    fn apart(&mut self, body: &[Statement]) -> Vec<String> {
        let before = std::mem::take(&mut self.lines);
        self.block(body, 0);
        std::mem::replace(&mut self.lines, before)
    }

    /// Prints a write. Quartus finds byte enables only if each lane has an `if` of its own with
    /// nothing around it, so the condition of an enclosing one is repeated.
    fn write(&mut self, write: &Write, condition: Option<ExprId>, indent: usize) {
        let &Write { memory, address, data, byte_enable, location } = write;
        let word = self.expressions.word(memory, address);
        let Some(enable) = byte_enable else {
            let data = self.expressions.assigned(data);
            self.line(indent, &format!("{word} <= {data};"), Some(location));
            return;
        };
        let width = self.module.memories[memory.0 as usize].ty.width();
        let condition = condition.map(|id| self.expressions.root(id).within(Level::LogicalAnd));
        for lane in 0..width.div_ceil(8) {
            let (low, high) = (8 * lane, (8 * lane + 7).min(width - 1));
            let enabled = self.expressions.bits(enable, lane, lane);
            let enabled = match &condition {
                Some(condition) => format!("{condition} && {}", enabled.within(Level::Unary)),
                None => enabled.code,
            };
            let data = self.expressions.bits(data, high, low).code;
            let target = if width <= 8 { word.clone() } else { format!("{word}[{high}:{low}]") };
            self.line(indent, &format!("if ({enabled}) {target} <= {data};"), Some(location));
        }
    }

    /// Sets the variables that the next line needs.
    fn set_variables(&mut self, indent: usize) {
        for variable in self.expressions.take_variables() {
            let code = format!("{} = {};", variable.name, variable.value);
            self.line(indent, &code, Some(variable.location));
            self.variables.push(variable);
        }
    }

    fn line(&mut self, indent: usize, code: &str, location: Option<Location>) {
        let mark = location.map(|location| self.remarks.silent(location)).unwrap_or_default();
        self.lines.push(format!("{:indent$}{code}{mark}", ""));
    }
}

/// `if (condition) statement;` where that is short and simple.
fn on_one_line(condition: &str, body: &[String], indent: usize) -> Option<String> {
    let [statement] = body else { return None };
    let line = format!("{:indent$}if ({condition}) {statement}", "");
    let printed = line.find('\u{1}').unwrap_or(line.len());
    let simple = !line.contains(" ? ") && !statement.starts_with("if ");
    (printed <= SHORT && simple).then_some(line)
}

/// A memory write.
struct Write {
    memory: MemoryId,
    address: ExprId,
    data: ExprId,
    byte_enable: Option<ExprId>,
    location: Location,
}
