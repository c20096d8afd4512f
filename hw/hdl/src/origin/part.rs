//! What is followed: some bits of a signal or an expression, and what is known of them.

use super::Action;
use super::scopes::Driver;
use super::values::Values;
use crate::Bits;
use crate::ir::{ExprId, ExprKind, Location, Module, SignalId, SignalKind};

/// Bits of a value whose equality with the right one is no coincidence.
const TELLING: u32 = 6;

/// Bits of a signal or an expression in a cycle, and what they should be.
#[derive(Clone)]
pub(super) struct Part {
    pub scope: usize,
    pub high: u32,
    pub low: u32,
    pub cycle: u64,
    pub expected: Option<Bits>,
}

/// Where the way leads on to.
pub(super) enum Next {
    /// These bits of a signal.
    Signal(Part, SignalId, Action),
    /// Nowhere.
    End(Location, Action),
}

impl Next {
    /// The same with another reason, where a value was only passed on.
    pub fn with(self, action: Action) -> Self {
        match self {
            Self::Signal(part, id, Action::Passed) => Self::Signal(part, id, action),
            other => other,
        }
    }
}

/// One step.
pub(super) struct Way<'a> {
    pub values: &'a Values<'a>,
    pub right: &'a [Bits],
    pub prefer: &'a [&'a str],
    pub awaited: bool,
    pub part: Part,
}

impl<'a> Way<'a> {
    /// The same for another part.
    pub fn at(&self, part: Part) -> Self {
        Self { part, ..*self }
    }

    /// The module of the part.
    pub fn module(&self) -> &'a Module {
        self.values.scopes[self.part.scope].module
    }

    /// The bits in question of an expression's value.
    pub fn value(&self, id: ExprId) -> Option<Bits> {
        let value = self.values.expr(self.part.scope, id, self.part.cycle)?;
        (self.part.high < value.width()).then(|| value.slice(self.part.high, self.part.low))
    }

    pub fn is_right(&self, id: ExprId) -> bool {
        self.part.expected.is_some() && self.value(id) == self.part.expected
    }

    /// Whether it is a constant, or one of several, that equals the right value: what a design names
    /// by a number, such as a state or a cause, is no coincidence however small it is.
    pub fn is_right_constant(&self, id: ExprId) -> bool {
        let wide = self.part.expected.as_ref().is_some_and(|expected| expected.width() > 1);
        wide && self.is_right(id) && self.constants(id).is_some()
    }

    /// Whether it is a constant, or one of several, of which none is right.
    pub fn is_wrong_constant(&self, id: ExprId) -> bool {
        let expected = self.part.expected.as_ref();
        let right = |value: &Bits| {
            let width = value.width();
            let bits = (self.part.high < width).then(|| value.slice(self.part.high, self.part.low));
            expected.is_some() && bits.as_ref() == expected
        };
        self.constants(id).is_some_and(|all| !all.iter().any(right))
    }

    /// The constants of which an expression takes one; `None` when it is no selection of constants.
    pub fn constants(&self, id: ExprId) -> Option<Vec<Bits>> {
        let own = &self.values.scopes[self.part.scope];
        match &own.module.expr(id).kind {
            ExprKind::Literal(value) => Some(vec![value.clone()]),
            ExprKind::Mux { then, other, .. } => {
                let mut both = self.constants(*then)?;
                both.extend(self.constants(*other)?);
                Some(both)
            }
            ExprKind::Signal(signal) => match own.driver(*signal) {
                Some(Driver::Assign(value, _)) => self.constants(value),
                None => match &own.module.signal(*signal).kind {
                    SignalKind::Constant(value) => Some(vec![value.clone()]),
                    _ => None,
                },
                _ => None,
            },
            _ => None,
        }
    }

    /// Whether it is no coincidence if something equals the right value: it is wide, and neither a
    /// small number nor the complement of one.
    pub fn is_telling(&self) -> bool {
        let low = |bits: &Bits| bits.words()[0] < 1 << (TELLING - 1) && is_short(bits);
        let telling = |bits: &Bits| !low(bits) && !low(&complement(bits));
        self.part.high - self.part.low + 1 >= TELLING
            && self.part.expected.as_ref().is_some_and(telling)
    }
}

/// Whether all words but the first are 0.
pub(super) fn is_short(bits: &Bits) -> bool {
    bits.words()[1..].iter().all(|&word| word == 0)
}

/// All bits inverted.
pub(super) fn complement(bits: &Bits) -> Bits {
    let words: Vec<u64> = bits.words().iter().map(|word| !word).collect();
    Bits::from_words(bits.width(), &words)
}

/// Whether all bits are 1.
pub(super) fn is_ones(bits: &Bits) -> bool {
    complement(bits).is_zero()
}

/// Whether all bits of `a` are in `b`.
pub(super) fn is_within(a: &Bits, b: &Bits) -> bool {
    a.words().iter().zip(b.words()).all(|(a, b)| a & !b == 0)
}

/// The bit that all bits are like.
pub(super) fn same_bits(bits: &Bits) -> Option<Bits> {
    let all = if bits.is_zero() { Some(0) } else { is_ones(bits).then_some(1) };
    all.map(|bit| Bits::new(1, bit))
}
