//! A small file with many operators, damaged at random: far more of it is structure than of a real
//! model.

use proptest::prelude::*;
use systole_compiler::network::Output;

use super::builder::Builder;
use super::operators::many_operators;

/// The file of [`many_operators`].
fn file() -> Vec<u8> {
    let (builder, output): (Builder, i32) = many_operators();
    builder.file(output)
}

#[test]
fn many_operators_are_read() {
    let network = crate::read(&file()).expect("it is supported");
    assert_eq!(network.layers.len(), 6);
    assert!(matches!(network.finish, Output::Softmax { unsigned: true, .. }));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(5_000) })]

    #[test]
    fn damage_is_an_error_or_another_network(
        changes in proptest::collection::vec((any::<prop::sample::Index>(), damage()), 1..5),
        end in proptest::option::weighted(0.1, any::<prop::sample::Index>()),
    ) {
        let mut file = file();
        for (at, bytes) in changes {
            let at = at.index(file.len());
            file.iter_mut().skip(at).zip(bytes).for_each(|(byte, new)| *byte = new);
        }
        if let Some(end) = end {
            file.truncate(end.index(file.len()));
        }
        if let Ok(network) = crate::read(&file) {
            prop_assert!(network.check().is_ok());
        }
    }
}

/// One, two or four bytes: any, small or close to a limit.
fn damage() -> impl Strategy<Value = Vec<u8>> {
    let word = prop_oneof![
        any::<i32>(),
        -64i32..64,
        (0i32..64).prop_map(|near| i32::MAX - near),
        (0i32..64).prop_map(|near| i32::MIN + near),
    ];
    (word, prop::sample::select(vec![1usize, 2, 4]))
        .prop_map(|(word, width)| word.to_le_bytes()[..width].to_vec())
}
