//! Activations that are part of an operator: bounds of its result.

use systole_compiler::network::Requantise;

use super::operator::Operator;
use crate::ImportError;
use crate::value::Quantisation;

/// The least and the largest int8 that an activation lets through, `ActivationFunctionType`.
///
/// A bound is rounded as XNNPACK does it, half to even with the zero point added.
fn bounds(activation: u8, q: Quantisation) -> Option<(i8, i8)> {
    let code = |real: f32| {
        (real / q.scale + f32::from(q.zero_point)).clamp(-128.0, 127.0).round_ties_even() as i8
    };
    match activation {
        0 => Some((i8::MIN, i8::MAX)),
        1 => Some((code(0.0), i8::MAX)),
        2 => Some((code(-1.0), code(1.0))),
        3 => Some((code(0.0), code(6.0))),
        _ => None,
    }
}

fn known(
    operator: &Operator,
    activation: u8,
    output: Quantisation,
) -> Result<(i8, i8), ImportError> {
    bounds(activation, output).ok_or_else(|| {
        let reason = match activation {
            4 => "the fused activation TANH is not supported".into(),
            5 => "the fused activation SIGN_BIT is not supported".into(),
            other => format!("there is no fused activation {other}"),
        };
        operator.error(reason)
    })
}

/// Bounds what a layer makes.
pub fn bound(
    operator: &Operator,
    activation: u8,
    output: Quantisation,
    requantise: Requantise,
) -> Result<Requantise, ImportError> {
    let (clamp_min, clamp_max) = known(operator, activation, output)?;
    Ok(Requantise { clamp_min, clamp_max, ..requantise })
}

/// Checks that an activation bounds nothing.
pub fn no_bound(
    operator: &Operator,
    activation: u8,
    output: Quantisation,
) -> Result<(), ImportError> {
    match known(operator, activation, output)? {
        (i8::MIN, i8::MAX) => Ok(()),
        (low, high) => Err(operator.error(format!(
            "its activation bounds the result to {low} to {high}, which is supported of layers \
             with weights and means alone"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::bounds;
    use crate::value::Quantisation;

    #[test]
    fn bounds_are_codes() {
        let q = Quantisation { scale: 0.1, zero_point: -100, unsigned: false };
        let all = [0, 1, 2, 3, 4].map(|activation| bounds(activation, q));
        let expected = [(-128, 127), (-100, 127), (-110, -90), (-100, -40)];
        assert_eq!(all[..4], expected.map(Some));
        assert_eq!(all[4], None);
        // 6 is beyond the largest code.
        let q = Quantisation { scale: 0.02, zero_point: -128, unsigned: false };
        assert_eq!(bounds(3, q), Some((-128, 127)));
    }
}
