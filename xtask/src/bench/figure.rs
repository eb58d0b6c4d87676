//! Measured numbers, and how they are shown.

use serde::{Deserialize, Serialize};

/// One measured number beside what it is to be compared with. `bench/src/figure.rs` and `end2end/bench/figures.ts` write the
/// same form.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Figure {
    name: String,
    value: f64,
    unit: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    goal: Option<Goal>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    peer: Option<Peer>,
}

/// What the number should be.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Goal {
    AtMost(f64),
    AtLeast(f64),
}

/// Something else that was measured in the same run, in the same unit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Peer {
    name: String,
    value: f64,
}

impl Figure {
    pub(super) fn new(name: String, value: f64, unit: &str) -> Self {
        Self { name, value, unit: unit.to_owned(), goal: None, peer: None }
    }

    pub(super) fn at_most(mut self, most: f64) -> Self {
        self.goal = Some(Goal::AtMost(most));
        self
    }

    /// It stands beside something else in the same unit.
    pub(super) fn beside(mut self, name: &str, value: f64) -> Self {
        self.peer = Some(Peer { name: name.to_owned(), value });
        self
    }

    pub(super) const fn value(&self) -> f64 {
        self.value
    }

    fn goal_words(&self) -> String {
        let (sign, goal, reached) = match self.goal {
            None => return String::new(),
            Some(Goal::AtMost(most)) => ("≤", most, self.value <= most),
            Some(Goal::AtLeast(least)) => ("≥", least, self.value >= least),
        };
        format!("{} {sign} {}", if reached { "✓" } else { "✗" }, spell(goal))
    }

    fn peer_words(&self) -> String {
        self.peer.as_ref().map_or_else(String::new, |peer| {
            format!("{:.2} × {} {}", self.value / peer.value, peer.name, spell(peer.value))
        })
    }
}

/// All figures, one a line.
pub(super) fn table(figures: &[Figure]) -> String {
    let width = figures.iter().map(|figure| figure.name.chars().count()).max().unwrap_or_default();
    let line = |figure: &Figure| {
        let Figure { name, value, unit, .. } = figure;
        let (value, goal, peer) = (spell(*value), figure.goal_words(), figure.peer_words());
        format!("{name:width$} {value:>12} {unit:9} {goal:13} {peer}").trim_end().to_owned()
    };
    figures.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// Puts a number the way a person reads it: `1,234,567`, `0.75`.
fn spell(number: f64) -> String {
    if number < 100.0 {
        let text = format!("{number:.2}");
        return text.trim_end_matches('0').trim_end_matches('.').to_owned();
    }
    let digits = format!("{number:.0}");
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_like_numbers() {
        let cases =
            [(0.0, "0"), (0.754, "0.75"), (12.5, "12.5"), (999.6, "1,000"), (1_234_567.0, "1,234,567")];
        for (number, text) in cases {
            assert_eq!(spell(number), text);
        }
    }

    #[test]
    fn a_figure_stands_beside_its_goal_and_its_peer() {
        let written = r#"{"name":"pushed","value":20000.0,"unit":"/s","goal":{"at_least":100000.0},"peer":{"name":"bare","value":200000.0}}"#;
        let figure: Figure = serde_json::from_str(written).unwrap();
        assert_eq!(serde_json::to_string(&figure).unwrap(), written);
        let line = table(&[figure]);
        assert_eq!(line, "pushed       20,000 /s        ✗ ≥ 100,000   0.10 × bare 200,000");
        let reached = Figure::new("bytes".to_owned(), 5.0, "bytes").at_most(5.0);
        assert!(table(&[reached]).contains("✓ ≤ 5"));
    }
}
