//! What the app says stands in its catalogues (`app/locales/`), where translators find it; never in a screen's source.
//!
//! Chinese letters are the words that can be recognised without understanding the source. English ones can't.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;

use super::Findings;
use crate::workspace;

pub(super) fn check() -> Result<Findings> {
    let mut sources = Vec::new();
    for path in workspace::files_below(&workspace::root().join("app/src"))? {
        if path.extension().is_some_and(|ending| ending == "rs") {
            sources.push((fs::read_to_string(&path)?, path));
        }
    }
    let for_tests: Vec<PathBuf> =
        sources.iter().flat_map(|(source, path)| test_modules(path, source)).collect();
    let screens = sources.iter().filter(|(_, path)| !for_tests.contains(path));
    Ok(screens.flat_map(|(source, path)| find_in(&workspace::relative(path), source)).collect())
}

/// The files of the modules that a file declares for its tests only.
fn test_modules(path: &Path, source: &str) -> Vec<PathBuf> {
    let is_root = ["lib.rs", "main.rs"].iter().any(|root| path.ends_with(root));
    let folder = if is_root { path.with_file_name("") } else { path.with_extension("") };
    let declared = source.split("#[cfg(test)]").skip(1).filter_map(|after| after.lines().nth(1));
    let names = declared.filter_map(|line| line.split_once("mod ")?.1.strip_suffix(';'));
    names.map(|name| folder.join(name).with_extension("rs")).collect()
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
    fn modules_for_tests_are_told_from_others() {
        let source = "mod face;\n#[cfg(test)]\npub(crate) mod sample;\n\n#[cfg(test)]\nmod tests {\n}\n";
        let modules = |path: &str| test_modules(Path::new(path), source);
        assert_eq!(modules("app/src/tickets.rs"), [Path::new("app/src/tickets/sample.rs")]);
        assert_eq!(modules("app/src/lib.rs"), [Path::new("app/src/sample.rs")]);
    }

    #[test]
    fn words_on_a_screen_are_found_and_comments_are_not() {
        let source =
            "// 工单\nview! { <p>\"工单\"</p> }\n#[cfg(test)]\nmod tests { const A: &str = \"工单\"; }\n";
        assert_eq!(find_in("app/src/a.rs", source), ["app/src/a.rs:2: view! { <p>\"工单\"</p> }"]);
    }
}
