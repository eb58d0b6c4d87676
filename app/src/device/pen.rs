//! Drawing by finger, pen or mouse, as strokes that look the same on any screen.

use domain::ticket::{Point, Signature, Stroke};
use gloo_events::{EventListener, EventListenerOptions};
use leptos::prelude::*;
use leptos::tachys::html::element::ElementType;
use wasm_bindgen::JsCast;
use web_sys::{Element, Event, PointerEvent};

use super::network::keep;

/// The pad's width in the units of a [`Point`].
const WIDTH: f64 = 10_000.0;
/// Pressure of devices that can't tell.
const PLAIN_PRESSURE: u8 = 128;
/// Places nearer to one another than this are one place, in units of a [`Point`]: a hand that rests adds nothing to a line.
const NEAR: f64 = 8.0;
/// Farthest place from the pad's corner that is noted: a stroke may leave the pad, not the screen.
const FARTHEST: f64 = 90_000.0;

/// What has been drawn on a pad.
#[derive(Debug, Clone, Copy)]
pub struct Pen {
    strokes: RwSignal<Vec<Stroke>>,
    height: RwSignal<i32>,
    drawing: RwSignal<Option<i32>>,
    /// When the first point was drawn, by the events' own clock, in milliseconds.
    begun: StoredValue<Option<f64>>,
}

/// Lets people draw on an element, as long as the caller's owner lives. The element's style must say `touch-action: none`.
pub fn use_pen<E>(pad: NodeRef<E>) -> Pen
where
    E: ElementType + 'static,
    E::Output: JsCast + AsRef<Element> + Clone + 'static,
{
    let pen = Pen {
        strokes: RwSignal::default(),
        height: RwSignal::default(),
        drawing: RwSignal::default(),
        begun: StoredValue::default(),
    };
    Effect::new(move |_| {
        if let Some(element) = pad.get() {
            let element: &Element = element.as_ref();
            pen.watch(element);
        }
    });
    pen
}

impl Pen {
    /// The strokes so far, the one being drawn included.
    pub fn strokes(&self) -> Signal<Vec<Stroke>> {
        self.strokes.into()
    }

    /// The pad's height, in ten-thousandths of its width, when it was last drawn on.
    pub fn height(&self) -> Signal<i32> {
        self.height.into()
    }

    /// Whether a stroke is being drawn.
    pub fn is_drawing(&self) -> Signal<bool> {
        let drawing = self.drawing;
        Signal::derive(move || drawing.with(Option::is_some))
    }

    /// Wipes the pad.
    pub fn clear(&self) {
        self.drawing.set(None);
        self.strokes.set(Vec::new());
        self.begun.set_value(None);
    }

    /// Takes the last stroke back.
    pub fn undo(&self) {
        self.drawing.set(None);
        self.strokes.update(|strokes| {
            strokes.pop();
        });
    }

    /// Puts strokes back that were drawn earlier, from a draft.
    pub fn restore(&self, strokes: Vec<Stroke>, height: i32) {
        self.height.set(height);
        self.strokes.set(strokes);
    }

    fn watch(self, element: &Element) {
        let on = |name: &'static str, handle: fn(Self, &Element, &PointerEvent)| {
            let pad = element.clone();
            let options = EventListenerOptions::enable_prevent_default();
            let listener = EventListener::new_with_options(element, name, options, move |event: &Event| {
                if let Some(event) = event.dyn_ref::<PointerEvent>() {
                    handle(self, &pad, event);
                }
            });
            keep(listener);
        };
        on("pointerdown", Self::down);
        on("pointermove", Self::move_on);
        on("pointerup", Self::up);
        on("pointercancel", Self::up);
    }

    fn down(self, pad: &Element, event: &PointerEvent) {
        // One hand signs: a second finger or the palm beside the pen draws nothing.
        if self.drawing.with_untracked(Option::is_some) || event.button() != 0 {
            return;
        }
        event.prevent_default();
        // Fails for a pointer that is gone already; its stroke then ends where it leaves the pad.
        let _ = pad.set_pointer_capture(event.pointer_id());
        let frame = pad.get_bounding_client_rect();
        self.height
            .set((frame.height() / frame.width().max(1.0) * WIDTH).round().clamp(0.0, FARTHEST) as i32);
        self.begun.update_value(|begun| {
            begun.get_or_insert(event.time_stamp());
        });
        // A hand that never stops draws into the void, so that what it has drawn can still be kept and sent.
        if self
            .strokes
            .with_untracked(|strokes| strokes.len() >= Signature::MAX_STROKES || room(strokes) == 0)
        {
            return;
        }
        self.drawing.set(Some(event.pointer_id()));
        let first = self.point(pad, event);
        self.strokes.update(|strokes| strokes.push(vec![first]));
    }

    fn move_on(self, pad: &Element, event: &PointerEvent) {
        if self.drawing.get_untracked() != Some(event.pointer_id()) {
            return;
        }
        event.prevent_default();
        // The browser hands over one event for each frame; the places between are in its coalesced events.
        let between: Vec<Point> = event
            .get_coalesced_events()
            .iter()
            .filter_map(|event| Some(self.point(pad, event.dyn_ref::<PointerEvent>()?)))
            .collect();
        let points = if between.is_empty() { vec![self.point(pad, event)] } else { between };
        self.strokes.update(|strokes| {
            let room = room(strokes);
            let Some(stroke) = strokes.last_mut() else { return };
            let full = stroke.len() + room;
            for point in points {
                if stroke.len() < full && stroke.last().is_none_or(|last| distance(*last, point) >= NEAR) {
                    stroke.push(point);
                }
            }
        });
    }

    fn up(self, _: &Element, event: &PointerEvent) {
        if self.drawing.get_untracked() == Some(event.pointer_id()) {
            self.drawing.set(None);
        }
    }

    fn point(self, pad: &Element, event: &PointerEvent) -> Point {
        let frame = pad.get_bounding_client_rect();
        let scale = WIDTH / frame.width().max(1.0);
        let place = |distance: f64| (distance * scale).round().clamp(-FARTHEST, FARTHEST) as i32;
        let begun = self.begun.get_value().unwrap_or_else(|| event.time_stamp());
        let pressure = match event.pointer_type().as_str() {
            "pen" => (f64::from(event.pressure()) * 255.0).round() as u8,
            _ => PLAIN_PRESSURE,
        };
        Point {
            x: place(f64::from(event.client_x()) - frame.left()),
            y: place(f64::from(event.client_y()) - frame.top()),
            at_ms: (event.time_stamp() - begun).max(0.0) as u32,
            pressure,
        }
    }
}

/// How many points more a signature may have.
fn room(strokes: &[Stroke]) -> usize {
    let drawn: usize = strokes.iter().map(Vec::len).sum();
    Signature::MAX_POINTS.saturating_sub(drawn)
}

fn distance(one: Point, other: Point) -> f64 {
    f64::hypot(f64::from(one.x) - f64::from(other.x), f64::from(one.y) - f64::from(other.y))
}
