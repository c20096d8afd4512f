//! When the units were at work: a box for each descriptor, or for some of them where there are many.

use serde::Serialize;
use systole_isa::Unit;

use crate::infer::{Planned, Timing};

/// Boxes of a page, about: each has some hundred bytes.
const BOXES: usize = 6000;

/// The units' lanes.
#[derive(Serialize)]
pub(super) struct Units {
    /// Descriptors that share a box at most: neighbours of one unit and layer.
    pub each: usize,
    /// Of LOAD, EXEC and STORE the boxes, in order.
    pub lanes: [Vec<Box>; 3],
}

/// A box: begin of the first descriptor, when the unit has completed the one in front of it, end of
/// the last descriptor (in clock cycles), layer, index of the first descriptor, how many, the first
/// as text. An array in JSON.
#[derive(Serialize)]
pub(super) struct Box(u64, u64, u64, usize, usize, usize, String);

/// The lanes of a job whose descriptors ran as `timing` tells.
pub(super) fn units(planned: &Planned, timing: &Timing) -> Units {
    of_at_most(BOXES, planned, timing)
}

fn of_at_most(boxes: usize, planned: &Planned, timing: &Timing) -> Units {
    let descriptors = &planned.program.descriptors;
    let each = descriptors.len().div_ceil(boxes);
    let mut lanes: [Vec<Box>; 3] = Default::default();
    let mut layer = 0;
    for (index, apart) in timing.apart(descriptors).into_iter().enumerate() {
        if planned.layers.get(layer).is_some_and(|of| index > of.last) {
            layer += 1;
        }
        let descriptor = &descriptors[index];
        let Some(unit) = descriptor.unit() else { continue };
        let lane = &mut lanes[unit as usize];
        match lane.last_mut() {
            Some(Box(_, _, end, of, _, count, _)) if *of == layer && *count < each => {
                *end = apart.end;
                *count += 1;
            }
            _ => {
                let start = timing.spans[index].start;
                let text = descriptor.to_string();
                lane.push(Box(start, apart.start, apart.end, layer, index, 1, text));
            }
        }
    }
    Units { each, lanes }
}

/// Names of the lanes.
pub(super) fn names() -> [&'static str; 3] {
    Unit::ALL.map(|unit| match unit {
        Unit::Load => "LOAD",
        Unit::Exec => "EXEC",
        Unit::Store => "STORE",
    })
}

#[cfg(test)]
mod tests {
    use systole_chip::ChipConfig;

    use super::of_at_most;
    use crate::infer::{Planned, Timing};

    #[test]
    fn every_descriptor_is_in_a_box_of_its_layer() {
        let onnx = include_bytes!("../../../../../sw/models/digits/resnet_qop_s8s8_pc.onnx");
        let network = systole_import::read(onnx).expect("the model is supported");
        let config = ChipConfig::preset("nano").expect("a preset");
        let planned = Planned::new(&network, &config).expect("it fits");
        let timing = Timing::expected(&planned);
        let descriptors = planned.program.descriptors.len();
        for boxes in [descriptors, descriptors / 2, descriptors / 7, 1] {
            let units = of_at_most(boxes, &planned, &timing);
            let all = || units.lanes.iter().flatten();
            assert_eq!(all().map(|of| of.5).sum::<usize>(), descriptors);
            assert!(all().all(|of| (1..=units.each).contains(&of.5)));
            assert!(all().count() <= boxes + 3 * planned.layers.len());
            for of in all() {
                let first = if of.3 == 0 { 0 } else { planned.layers[of.3 - 1].last + 1 };
                assert!((first..=planned.layers[of.3].last).contains(&of.4));
                assert!(of.0 <= of.1 && of.1 < of.2);
            }
            for lane in &units.lanes {
                assert!(lane.windows(2).all(|pair| pair[0].2 <= pair[1].1));
            }
        }
    }
}
