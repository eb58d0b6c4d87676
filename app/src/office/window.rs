//! Which part of a long list is drawn: ten thousand rows scroll as smoothly as ten, because only those in sight exist.

use std::ops::Range;

/// Rows drawn beyond either edge, so that quick scrolling and the keyboard find them there.
const SPARE_ROWS: f64 = 8.0;

/// The sizes of what is drawn, in CSS pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sizes {
    /// One row.
    pub row: f64,
    /// One heading.
    pub heading: f64,
}

/// What is in sight.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct View {
    /// How far the list is scrolled.
    pub top: f64,
    /// How high the visible part is.
    pub height: f64,
}

/// Sections one below the other, each a heading and so many rows.
#[derive(Debug, Clone, PartialEq)]
pub struct Layout {
    rows: Vec<usize>,
    sizes: Sizes,
}

/// The rows of one section that are drawn, with the room that the others would take.
#[derive(Debug, Clone, PartialEq)]
pub struct Drawn {
    /// Which rows, counted within the section.
    pub rows: Range<usize>,
    /// Room of the rows above.
    pub before: f64,
    /// Room of the rows below.
    pub after: f64,
}

impl Layout {
    /// A list whose sections have so many rows.
    pub const fn new(rows: Vec<usize>, sizes: Sizes) -> Self {
        Self { rows, sizes }
    }

    /// What is drawn of each section. Headings always are: they are few.
    pub fn drawn(&self, view: View) -> Vec<Drawn> {
        let mut top = 0.0;
        self.rows
            .iter()
            .map(|count| {
                let first_row = top + self.sizes.heading;
                top = first_row + self.sizes.row * *count as f64;
                self.part(*count, view.top - first_row, view.height)
            })
            .collect()
    }

    fn part(&self, count: usize, top: f64, height: f64) -> Drawn {
        let row = self.sizes.row.max(1.0);
        // Casts cut negative numbers of rows to zero.
        let first = ((top / row).floor() - SPARE_ROWS) as usize;
        let last = (((top + height) / row).ceil() + SPARE_ROWS) as usize;
        let (first, last) = (first.min(count), last.min(count));
        Drawn { rows: first..last, before: row * first as f64, after: row * (count - last) as f64 }
    }

    /// How far to scroll so that a row (counted through all sections) is in sight; nothing, if it is.
    pub fn reveal(&self, row: usize, view: View) -> Option<f64> {
        let mut top = 0.0;
        let mut left = row;
        for count in &self.rows {
            top += self.sizes.heading;
            if left < *count {
                top += self.sizes.row * left as f64;
                break;
            }
            left -= count;
            top += self.sizes.row * *count as f64;
        }
        // The heading sticks to the top and hides what lies under it.
        let above = top - self.sizes.heading;
        let below = top + self.sizes.row - view.height;
        if above < view.top {
            Some(above.max(0.0))
        } else if below > view.top {
            Some(below)
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZES: Sizes = Sizes { row: 50.0, heading: 20.0 };

    fn drawn(rows: &[usize], top: f64) -> Vec<Range<usize>> {
        let layout = Layout::new(rows.to_vec(), SIZES);
        layout.drawn(View { top, height: 500.0 }).into_iter().map(|part| part.rows).collect()
    }

    #[test]
    fn of_ten_thousand_rows_only_those_in_sight_are_drawn() {
        let drawn_at = |top| drawn(&[10_000], top).pop();
        assert_eq!(drawn_at(0.0), Some(0..18));
        assert_eq!(drawn_at(250_020.0), Some(4_992..5_018));
        assert_eq!(drawn_at(499_520.0), Some(9_982..10_000));
    }

    #[test]
    fn a_window_over_two_sections_draws_the_end_of_one_and_the_beginning_of_the_other() {
        assert_eq!(drawn(&[10, 10_000], 400.0), [0..10, 0..16]);
    }

    #[test]
    fn a_section_out_of_sight_draws_nothing_but_keeps_its_room() {
        let layout = Layout::new(vec![100, 100], SIZES);
        let parts = layout.drawn(View { top: 0.0, height: 100.0 });
        assert_eq!((parts[1].rows.len(), parts[1].after), (0, 5_000.0));
        let below = layout.drawn(View { top: 9_000.0, height: 100.0 });
        assert_eq!((below[0].rows.len(), below[0].before), (0, 5_000.0));
    }

    #[test]
    fn all_room_together_is_always_the_same() {
        let layout = Layout::new(vec![300, 700], SIZES);
        for top in [0.0, 1_000.0, 15_000.0, 16_020.0, 49_540.0] {
            let parts = layout.drawn(View { top, height: 500.0 });
            let total: f64 =
                parts.iter().map(|part| part.before + part.after + part.rows.len() as f64 * SIZES.row).sum();
            assert_eq!(total, 50_000.0);
        }
    }

    #[test]
    fn a_row_out_of_sight_is_scrolled_to_the_nearer_edge() {
        let layout = Layout::new(vec![3, 100], SIZES);
        let view = View { top: 1_000.0, height: 500.0 };
        assert_eq!(layout.reveal(0, view), Some(0.0));
        assert_eq!(layout.reveal(3, view), Some(170.0));
        assert_eq!(layout.reveal(60, view), Some(40.0 + 60.0 * 50.0 + 50.0 - 500.0));
        assert_eq!(layout.reveal(22, view), None);
    }
}
