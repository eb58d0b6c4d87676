//! What the app says stands in its catalogues (`app/locales/`), where translators find it; never in a screen's source.
//!
//! Chinese letters are the words that can be recognised without understanding the source. English ones can't.

use std::fs;

use anyhow::Result;

use super::Findings;
use crate::workspace;

pub(super) fn check() -> Result<Findings> {
    let mut findings = Findings::new();
    for path in workspace::files_below(&workspace::root().join("app/src"))? {
        let file = workspace::relative(&path);
        if file.ends_with(".rs") {
            findings.extend(find_in(&file, &fs::read_to_string(&path)?));
        }
    }
    Ok(findings)
}

fn find_in(file: &str, source: &str) -> Findings {
    // Tests stand at a file's end and may name things the way customers do.
    let code = source.split("#[cfg(test)]").next().unwrap_or_default();
    let is_comment = |line: &str| line.trim_start().starts_with("//");
    let lines = code.lines().enumerate().filter(|(_, line)| !is_comment(line) && line.contains(is_chinese));
    lines.map(|(number, line)| format!("{file}:{}: {}", number + 1, line.trim())).collect()
}

/// Recognises Chinese letters and the punctuation that goes with them.
fn is_chinese(letter: char) -> bool {
    matches!(letter, '\u{3000}'..='\u{303f}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{ff00}'..='\u{ffef}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_on_a_screen_are_found_and_comments_are_not() {
        let source =
            "// 工单\nview! { <p>\"工单\"</p> }\n#[cfg(test)]\nmod tests { const A: &str = \"工单\"; }\n";
        assert_eq!(find_in("app/src/a.rs", source), ["app/src/a.rs:2: view! { <p>\"工单\"</p> }"]);
    }
}
