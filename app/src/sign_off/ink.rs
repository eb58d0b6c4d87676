//! Drawn strokes as shapes: the same on the pad, in a ticket and in print.
//!
//! A stroke becomes one filled outline, a little thicker where the pen was slow or pressed hard. Coordinates are those of a
//! [`Point`]: ten-thousandths of the pad's width, so a drawing fits any size and stays sharp.

use std::fmt::Write;

use domain::ticket::Point;

/// Half of an ordinary line's width.
const HALF_WIDTH: f64 = 24.0;
/// Points nearer to one another than this add nothing to the shape.
const NEAR: f64 = 10.0;
/// Speed, in pad units per millisecond, of an ordinary stroke by finger.
const ORDINARY_SPEED: f64 = 12.0;
/// What devices report that can't tell the pressure.
const PLAIN_PRESSURE: u8 = 128;
/// How much of the former thickness stays at each point: thickness changes gently.
const INERTIA: f64 = 0.7;

/// A place of the line with its half width there.
#[derive(Debug, Clone, Copy)]
struct Place {
    x: f64,
    y: f64,
    half: f64,
}

/// The outline of a stroke, as the `d` of an SVG path to be filled. Empty for an empty stroke.
pub fn outline(stroke: &[Point]) -> String {
    let places = places(stroke);
    let (Some(first), Some(last)) = (places.first(), places.last()) else { return String::new() };
    let mut path = String::new();
    dot(&mut path, *first);
    if places.len() > 1 {
        let (left, right) = sides(&places);
        curve(&mut path, 'M', &left);
        let back: Vec<_> = right.into_iter().rev().collect();
        curve(&mut path, 'L', &back);
        path.push('Z');
        dot(&mut path, *last);
    }
    path
}

/// Leaves out what adds nothing and finds the thickness at each place.
fn places(stroke: &[Point]) -> Vec<Place> {
    let mut places: Vec<Place> = Vec::with_capacity(stroke.len());
    let mut before: Option<Point> = None;
    for (index, point) in stroke.iter().enumerate() {
        let (x, y) = (f64::from(point.x), f64::from(point.y));
        let far = places.last().is_none_or(|last| f64::hypot(x - last.x, y - last.y) >= NEAR);
        if !far && index + 1 < stroke.len() {
            continue;
        }
        let wanted = HALF_WIDTH * thickness(before, *point);
        let half = places.last().map_or(wanted, |last| last.half * INERTIA + wanted * (1.0 - INERTIA));
        places.push(Place { x, y, half });
        before = Some(*point);
    }
    places
}

/// How much thicker (above 1) or thinner than an ordinary line.
fn thickness(before: Option<Point>, point: Point) -> f64 {
    if point.pressure != PLAIN_PRESSURE {
        return 0.45 + 1.1 * f64::from(point.pressure) / 255.0;
    }
    let Some(before) = before else { return 1.0 };
    let way = f64::hypot(f64::from(point.x) - f64::from(before.x), f64::from(point.y) - f64::from(before.y));
    let speed = way / f64::from(point.at_ms.saturating_sub(before.at_ms).max(1));
    (1.35 - 0.35 * speed / ORDINARY_SPEED).clamp(0.7, 1.3)
}

type Side = Vec<(f64, f64)>;

/// The two edges of the line.
fn sides(places: &[Place]) -> (Side, Side) {
    let at = |index: usize| places[index.min(places.len() - 1)];
    let mut left = Side::with_capacity(places.len());
    let mut right = Side::with_capacity(places.len());
    for (index, place) in places.iter().enumerate() {
        let (from, to) = (at(index.saturating_sub(1)), at(index + 1));
        let (dx, dy) = (to.x - from.x, to.y - from.y);
        let length = f64::hypot(dx, dy);
        // A turn back on itself has no direction: the edges meet there.
        let (nx, ny) = if length > 0.0 { (-dy / length, dx / length) } else { (0.0, 0.0) };
        left.push((place.x + nx * place.half, place.y + ny * place.half));
        right.push((place.x - nx * place.half, place.y - ny * place.half));
    }
    (left, right)
}

/// Goes through the middles between points, with the points pulling the curve.
fn curve(path: &mut String, begin: char, points: &[(f64, f64)]) {
    let Some((x, y)) = points.first() else { return };
    put(path, format_args!("{begin}{x:.0} {y:.0}"));
    for pair in points.windows(2) {
        let [(x, y), (next_x, next_y)] = [pair[0], pair[1]];
        let (middle_x, middle_y) = (f64::midpoint(x, next_x), f64::midpoint(y, next_y));
        put(path, format_args!("Q{x:.0} {y:.0} {middle_x:.0} {middle_y:.0}"));
    }
    if let Some((x, y)) = points.last() {
        put(path, format_args!("L{x:.0} {y:.0}"));
    }
}

fn dot(path: &mut String, place: Place) {
    let Place { x, y, half } = place;
    let left = x - half;
    let width = half * 2.0;
    put(
        path,
        format_args!(
            "M{left:.0} {y:.0}a{half:.0} {half:.0} 0 1 0 {width:.0} 0a{half:.0} {half:.0} 0 1 0 -{width:.0} 0Z"
        ),
    );
}

fn put(path: &mut String, piece: std::fmt::Arguments<'_>) {
    path.write_fmt(piece).expect("writing to a string can't fail");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(x: i32, y: i32, at_ms: u32, pressure: u8) -> Point {
        Point { x, y, at_ms, pressure }
    }

    fn widest(stroke: &[Point]) -> f64 {
        places(stroke).iter().map(|place| place.half).fold(0.0, f64::max)
    }

    #[test]
    fn nothing_draws_nothing_and_a_touch_draws_a_dot() {
        assert_eq!(outline(&[]), "");
        assert_eq!(
            outline(&[point(100, 200, 0, PLAIN_PRESSURE)]),
            "M76 200a24 24 0 1 0 48 0a24 24 0 1 0 -48 0Z"
        );
    }

    #[test]
    fn a_line_has_two_edges_and_round_ends() {
        let path = outline(&[point(0, 100, 0, 255), point(400, 100, 9, 255)]);
        assert_eq!(path.matches('M').count(), 3, "{path}");
        assert_eq!(path.matches('Z').count(), 3, "{path}");
    }

    #[test]
    fn points_on_top_of_one_another_do_not_make_the_shape_longer() {
        let still: Vec<_> = (0..500).map(|ms| point(100, 100, ms, PLAIN_PRESSURE)).collect();
        assert!(places(&still).len() <= 2);
    }

    #[test]
    fn a_slow_line_is_thicker_than_a_quick_one_and_a_pressed_one_than_a_light_one() {
        let line = |step_ms: u32, pressure| -> Vec<Point> {
            (0..20)
                .map(|step| point(i32::try_from(step).unwrap() * 60, 0, step * step_ms, pressure))
                .collect()
        };
        assert!(widest(&line(50, PLAIN_PRESSURE)) > widest(&line(1, PLAIN_PRESSURE)));
        assert!(widest(&line(5, 250)) > widest(&line(5, 30)));
    }

    #[test]
    fn the_end_of_a_stroke_is_kept_however_near() {
        let places = places(&[point(0, 0, 0, 128), point(100, 0, 9, 128), point(103, 0, 12, 128)]);
        assert_eq!(places.last().map(|place| place.x), Some(103.0));
    }
}
