//! Signatures for the stories: a few scribbles, drawn as a hand would draw them.

use domain::ticket::{Point, Signature, Stroke};

/// A place the pen passes, in ten-thousandths of the pad's width.
type Knot = (i32, i32);

/// Height of the pad, in ten-thousandths of its width.
const HEIGHT: i32 = 3_600;
/// Points that a tablet reports between two knots.
const STEPS: i32 = 7;
/// Milliseconds between two points.
const POINT_MS: u32 = 11;
/// Milliseconds the pen needs from one stroke to the next.
const LIFT_MS: u32 = 160;

/// The strokes of some hands, as the knots they pass.
const HANDS: [&[&[Knot]]; 4] = [
    &[
        &[(1400, 900), (1900, 760), (2500, 820), (2350, 1500), (1800, 2300), (1350, 2650)],
        &[(1500, 1650), (2300, 1560), (2900, 1700)],
        &[(3400, 800), (3300, 1700), (3500, 2500), (3900, 2300), (4300, 1500)],
        &[(4700, 1100), (5300, 1000), (5900, 1150), (5300, 1900), (4800, 2400), (5600, 2250), (6600, 2350)],
        &[(6900, 900), (7000, 1700), (6800, 2600), (7600, 2100), (8500, 1300)],
    ],
    &[
        &[
            (900, 2100),
            (1300, 900),
            (1700, 700),
            (1800, 1500),
            (1500, 2400),
            (2100, 1700),
            (2500, 1500),
            (2450, 2200),
        ],
        &[(2450, 2200), (2900, 1600), (3200, 1650), (3150, 2200), (3600, 1700), (4000, 1600), (3950, 2250)],
        &[(4300, 1000), (4250, 1800), (4500, 2250), (5000, 1900), (5300, 1600), (5600, 2200), (6200, 1800)],
        &[(6200, 1800), (7000, 1500), (7900, 1750), (8900, 1350)],
    ],
    &[
        &[(1600, 700), (1500, 1500), (1300, 2500)],
        &[(1100, 1300), (1900, 1150), (2500, 1250), (2200, 2100), (1900, 2600)],
        &[(3300, 700), (3900, 900), (4400, 700)],
        &[(3200, 1400), (4000, 1300), (4800, 1450), (4200, 2000), (3400, 2700), (4500, 2300), (5300, 2500)],
        &[(6200, 800), (6100, 1800), (5700, 2700)],
        &[(6200, 1500), (7000, 1900), (7800, 2700), (8700, 2200)],
    ],
    &[
        &[(1000, 1500), (1800, 1000), (2200, 1600), (1600, 2200), (1100, 1800), (2300, 1500), (3300, 1300)],
        &[(3300, 1300), (3500, 2200), (4100, 1500), (4500, 2200), (5100, 1400), (5500, 2300), (6300, 1500)],
        &[(6000, 800), (6900, 2500), (8200, 1200), (9000, 1900)],
    ],
];

/// The signature of the hand with this number; hands are used again when there are not enough.
pub(super) fn signature(hand: usize) -> Signature {
    let mut clock_ms = 0;
    let mut strokes = Vec::new();
    for knots in HANDS[hand % HANDS.len()] {
        strokes.push(draw(knots, &mut clock_ms));
        clock_ms += LIFT_MS;
    }
    Signature::Drawn { strokes, height: HEIGHT }
}

/// Draws a smooth line through all knots (a Catmull–Rom spline), pressing less at its ends.
fn draw(knots: &[Knot], clock_ms: &mut u32) -> Stroke {
    let at = |index: usize| knots[index.min(knots.len() - 1)];
    let last = (knots.len() - 1) * STEPS.unsigned_abs() as usize;
    let mut stroke = Stroke::new();
    for index in 0..=last {
        let (segment, step) = (index / STEPS.unsigned_abs() as usize, index as i32 % STEPS);
        let neighbours = [at(segment.saturating_sub(1)), at(segment), at(segment + 1), at(segment + 2)];
        let along = |axis: fn(Knot) -> i32| between(neighbours.map(axis), step);
        let from_end = index.min(last - index).min(5);
        stroke.push(Point {
            x: along(|knot| knot.0),
            y: along(|knot| knot.1),
            at_ms: *clock_ms,
            pressure: 90 + 18 * u8::try_from(from_end).unwrap_or_default(),
        });
        *clock_ms += POINT_MS;
    }
    stroke
}

/// The value `step` of [`STEPS`] on the way from the second to the third of four neighbours. In whole numbers: the same
/// on every machine.
fn between([before, from, to, after]: [i32; 4], step: i32) -> i32 {
    let (t, n) = (i64::from(step), i64::from(STEPS));
    let [p0, p1, p2, p3] = [before, from, to, after].map(i64::from);
    let constant = 2 * p1 * n * n * n;
    let linear = (p2 - p0) * t * n * n;
    let square = (2 * p0 - 5 * p1 + 4 * p2 - p3) * t * t * n;
    let cube = (3 * p1 - p0 - 3 * p2 + p3) * t * t * t;
    i32::try_from((constant + linear + square + cube) / (2 * n * n * n)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_passes_its_knots() {
        let knots = [(1000, 1500), (1800, 1000), (2200, 1600)];
        let stroke = draw(&knots, &mut 0);
        let passed: Vec<_> = stroke.iter().step_by(7).map(|point| (point.x, point.y)).collect();
        assert_eq!(passed, knots);
    }

    #[test]
    fn every_hand_leaves_enough_ink_inside_the_pad() {
        for hand in 0..HANDS.len() {
            let signature = signature(hand);
            assert_eq!(signature.check(), Ok(()));
            let Signature::Drawn { strokes, height } = signature else { panic!("hands draw") };
            let inside = |point: &Point| (0..10_000).contains(&point.x) && (0..height).contains(&point.y);
            assert!(strokes.iter().flatten().all(inside));
        }
    }
}
