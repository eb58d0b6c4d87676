//! Words that betray where they come from: every text of a ticket carries the ticket's canary, so that any byte of it that
//! reaches somebody who may not see the ticket is recognised.

/// What every canary begins with. Stands nowhere else.
const MARK: &str = "cnry";
/// How many digits follow.
const DIGITS: usize = 5;

/// The canary of the ticket with this number.
pub(crate) fn of(ticket: usize) -> String {
    format!("{MARK}{ticket:0DIGITS$}")
}

/// The numbers of the tickets whose canaries are in these bytes, each as often as it is there.
pub(crate) fn found_in(bytes: &[u8]) -> Vec<usize> {
    let text = String::from_utf8_lossy(bytes);
    let number =
        |(place, _): (usize, &str)| text.get(place + MARK.len()..place + MARK.len() + DIGITS)?.parse().ok();
    let mut found: Vec<usize> = text.match_indices(MARK).filter_map(number).collect();
    found.sort_unstable();
    found.dedup();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_canary_is_found_wherever_it_is() {
        let text = format!("{{\"note\":\"{} and {}\"}}", of(7), of(12_345));
        assert_eq!(found_in(text.as_bytes()), [7, 12_345]);
        assert!(found_in(b"cnr 00007").is_empty());
    }
}
