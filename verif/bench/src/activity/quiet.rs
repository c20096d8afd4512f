//! Panics of others that are errors for us.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
use std::sync::Once;

thread_local! {
    /// This thread expects a panic, of which nothing shall be printed.
    static EXPECTED: Cell<bool> = const { Cell::new(false) };
}

/// Replaces the hook that prints panics, once.
static HOOK: Once = Once::new();

/// What `call` returns; `None`, without a word on the console, if it panics.
///
/// The reader of wave files panics on some damaged ones. All that it had under way is dropped.
pub(super) fn quiet<T>(call: impl FnOnce() -> T) -> Option<T> {
    HOOK.call_once(|| {
        let before = take_hook();
        set_hook(Box::new(move |info| {
            if !EXPECTED.get() {
                before(info);
            }
        }));
    });
    EXPECTED.set(true);
    let result = catch_unwind(AssertUnwindSafe(call));
    EXPECTED.set(false);
    result.ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_nothing() {
        assert_eq!(quiet(|| 3), Some(3));
        let empty: [u8; 0] = [];
        assert_eq!(quiet(|| empty[std::hint::black_box(1)]), None);
    }
}
