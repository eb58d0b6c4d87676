//! What a chore says while it works: one line before each thing that may take a while.

use std::fmt::Display;
use std::time::Duration;

/// Announces the next piece of work.
pub(crate) fn step(text: impl Display) {
    println!("→ {text}");
}

/// Says something that is worth knowing and needs no waiting.
pub(crate) fn note(text: impl Display) {
    println!("  {text}");
}

/// Says how a check or a runner ended.
pub(crate) fn verdict(passed: bool, text: impl Display) {
    println!("{} {text}", if passed { "✓" } else { "✗" });
}

/// Puts a duration the way a person reads it: `0.4 s`, `12 s`, `3 min 05 s`.
pub(crate) fn spell_duration(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match seconds {
        0..=9 => format!("{:.1} s", duration.as_secs_f64()),
        10..=99 => format!("{seconds} s"),
        _ => format!("{} min {:02} s", seconds / 60, seconds % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_reads_like_a_sentence() {
        let cases = [(400, "0.4 s"), (12_300, "12 s"), (185_000, "3 min 05 s")];
        for (milliseconds, words) in cases {
            assert_eq!(spell_duration(Duration::from_millis(milliseconds)), words);
        }
    }
}
