//! Who may know whom: the crates' dependencies, and the words that belong in one room only.

use std::fs;
use std::path::Path;

use anyhow::Result;

use super::Findings;
use crate::workspace::{self, Package};

/// All that the rules of service work may be built on.
const DOMAIN_MAY_USE: [&str; 8] =
    ["chrono", "garde", "serde", "serde_bytes", "serde_json", "sha2", "thiserror", "uuid"];

/// Which crates of ours each crate may use.
const MAY_USE_OURS: [(&str, &[&str]); 11] = [
    ("domain", &[]),
    ("sync", &["domain"]),
    ("server", &["domain", "powercut", "sync"]),
    ("app", &["domain", "sync"]),
    ("sim", &["domain", "server", "sync"]),
    ("fuzz", &["app", "domain", "server", "sync"]),
    ("bench", &["clock-bench", "domain", "sync"]),
    ("clock-bench", &["domain"]),
    ("powercut", &[]),
    ("xtask", &[]),
    ("bindgen", &[]),
];

/// A word that may stand below one folder only, or nowhere in `sources` when `only_below` is empty.
struct Confined {
    words: &'static [&'static str],
    sources: &'static str,
    only_below: &'static str,
    reason: &'static str,
}

const CONFINED: [Confined; 3] = [
    Confined {
        words: &[
            "SystemTime",
            "std::time::Instant",
            "Utc::now",
            "Local::now",
            "std::fs",
            "std::net",
            "std::env",
            "rand::",
            "getrandom",
            "tokio",
            "web_sys",
            "js_sys",
            "Uuid::now_v7",
            "Uuid::new_v4",
        ],
        sources: "domain/src",
        only_below: "",
        reason: "domain neither reads a clock, rolls dice, waits nor touches a device",
    },
    Confined {
        words: &["web_sys"],
        sources: "app/src",
        only_below: "app/src/device",
        reason: "screens get plain Rust types; the browser is spoken to in app/src/device/",
    },
    Confined {
        words: &["sqlx::", "sqlx("],
        sources: "server/src",
        only_below: "server/src/store",
        reason: "SQL stays in server/src/store/",
    },
];

pub(super) fn check() -> Result<Findings> {
    let mut findings = Findings::new();
    for package in workspace::packages()? {
        findings.extend(check_dependencies(&package));
    }
    for confined in &CONFINED {
        for path in workspace::files_below(&workspace::root().join(confined.sources))? {
            let file = workspace::relative(&path);
            if is_rust(&path) && !confined.is_at_home(&file) {
                findings.extend(confined.find_in(&file, &fs::read_to_string(&path)?));
            }
        }
    }
    Ok(findings)
}

fn check_dependencies(package: &Package) -> Findings {
    let name = &package.name;
    let Some((_, ours)) = MAY_USE_OURS.iter().find(|(known, _)| known == name) else {
        return vec![format!(
            "{name} is a new crate: say in xtask/src/tidy/rooms.rs which of ours it may use"
        )];
    };
    let is_ours = |dependency: &str| MAY_USE_OURS.iter().any(|(known, _)| *known == dependency);
    let mut findings = Findings::new();
    for dependency in &package.dependencies {
        let used = &dependency.name;
        if is_ours(used) && !ours.contains(&used.as_str()) {
            findings.push(format!("{name} must not use {used}"));
        }
        let is_ordinary = dependency.kind.is_none();
        if used == "powercut" && is_ordinary {
            findings.push(format!("{name} may use powercut in its tests only"));
        }
        if name == "domain" && is_ordinary && !DOMAIN_MAY_USE.contains(&used.as_str()) {
            findings.push(format!("domain must not use {used}: it is not in its list of pure crates"));
        }
    }
    findings
}

impl Confined {
    fn is_at_home(&self, file: &str) -> bool {
        let room = self.only_below;
        !room.is_empty() && (file.starts_with(&format!("{room}/")) || file == format!("{room}.rs"))
    }

    fn find_in(&self, file: &str, source: &str) -> Findings {
        let mut findings = Findings::new();
        for (number, line) in source.lines().enumerate() {
            let code = line.split("//").next().unwrap_or_default();
            for word in self.words.iter().filter(|word| code.contains(*word)) {
                findings.push(format!("{file}:{}: {word} — {}", number + 1, self.reason));
            }
        }
        findings
    }
}

fn is_rust(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending == "rs")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_outside_its_room_is_found_with_its_line() {
        let browser = &CONFINED[1];
        assert!(browser.is_at_home("app/src/device/camera.rs") && browser.is_at_home("app/src/device.rs"));
        assert!(!browser.is_at_home("app/src/devices.rs"));
        let findings = browser.find_in("app/src/main.rs", "//! Not web_sys.\nuse web_sys::Window;\n");
        assert_eq!(findings.len(), 1);
        assert!(findings[0].starts_with("app/src/main.rs:2: web_sys"), "{}", findings[0]);
    }
}
