//! What is used more than once has a name, unless it is small: an expression without a name would
//! be printed, and read, as often as it is used.

use super::Report;
use crate::arena::operator_name;
use crate::ir::{ExprId, ExprKind, Item, Module};
use crate::walk;

/// Operators that an expression without a name may have and still be used twice.
const SMALL: u32 = 3;

pub(super) fn check(report: &mut Report) {
    let module = report.module;
    let operators = operators(module);
    for (i, uses) in uses(module).into_iter().enumerate() {
        if uses > 1 && operators[i] > SMALL {
            let expr = &module.exprs[i];
            let message = format!(
                "this `{}` of {} operators is used {uses} times; give it a name: `.named(\"..\")`",
                operator_name(&expr.kind),
                operators[i]
            );
            report.error(expr.location, message);
        }
    }
}

/// How often each expression that is alive is used.
fn uses(module: &Module) -> Vec<u32> {
    let mut uses = vec![0; module.exprs.len()];
    let mut pending: Vec<ExprId> = Vec::new();
    for item in &module.items {
        if !matches!(item, Item::Unused(_)) {
            walk::item_roots(module, item, &mut |root| pending.push(root));
        }
    }
    while let Some(expr) = pending.pop() {
        let count: &mut u32 = &mut uses[expr.0 as usize];
        *count += 1;
        if *count == 1 {
            walk::operands(&module.expr(expr).kind, &mut |operand| pending.push(operand));
        }
    }
    uses
}

/// Operators of each expression written out, by expression id.
fn operators(module: &Module) -> Vec<u32> {
    let mut operators: Vec<u32> = Vec::with_capacity(module.exprs.len());
    for expr in &module.exprs {
        let own = match expr.kind {
            ExprKind::Literal(_)
            | ExprKind::Signal(_)
            | ExprKind::Slice { .. }
            | ExprKind::Extend(_)
            | ExprKind::Truncate(_)
            | ExprKind::Cast(_) => 0,
            _ => 1,
        };
        let mut total: u32 = own;
        walk::operands(&expr.kind, &mut |operand| {
            total = total.saturating_add(operators[operand.0 as usize]);
        });
        operators.push(total);
    }
    operators
}
