//! Turns the message catalogues in `locales/` into typed functions.
//!
//! `locales/<locale>/<subject>.json` maps a key to a text, or to `{"one": …, "other": …}` where the text depends on a
//! count. `{name}` in a text is filled in by the caller. Every key becomes a method of `Words`: a key that is missing in one
//! locale, unused placeholders or a misspelt name stop the build, so a screen can't ask for words that don't exist.
#![expect(clippy::unwrap_used, reason = "a build script stops the build by panicking")]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs};

/// Locales in the order of the `Locale` enum; the first one is the reference for keys and placeholders.
const LOCALES: [(&str, &str); 3] = [("en", "En"), ("zh-CN", "ZhCn"), ("zh-TW", "ZhTw")];

type Catalogue = BTreeMap<String, Text>;

#[derive(Clone)]
enum Text {
    Plain(String),
    Counted { one: Option<String>, other: String },
}

impl Text {
    fn forms(&self) -> Vec<&str> {
        match self {
            Self::Plain(text) => vec![text],
            Self::Counted { one, other } => one.iter().map(String::as_str).chain([other.as_str()]).collect(),
        }
    }

    fn is_counted(&self) -> bool {
        matches!(self, Self::Counted { .. })
    }
}

fn main() {
    println!("cargo:rerun-if-changed=locales");
    let catalogues: Vec<Catalogue> = LOCALES.iter().map(|(folder, _)| read(folder)).collect();
    let keys: Vec<&String> = catalogues[0].keys().collect();
    for (catalogue, (folder, _)) in catalogues.iter().zip(LOCALES) {
        for key in catalogue.keys() {
            assert!(catalogues[0].contains_key(key), "locales/{folder}: `{key}` does not exist in `en`");
        }
        for key in &keys {
            assert!(catalogue.contains_key(*key), "locales/{folder}: `{key}` is missing");
        }
    }
    let mut code = String::from("impl Words {\n");
    for key in keys {
        let texts: Vec<&Text> = catalogues.iter().map(|catalogue| &catalogue[key]).collect();
        code += &method(key, &texts);
    }
    code += "}\n";
    fs::write(Path::new(&env::var("OUT_DIR").unwrap()).join("words.rs"), code).unwrap();
}

fn read(folder: &str) -> Catalogue {
    let mut catalogue = Catalogue::new();
    let path = Path::new("locales").join(folder);
    let mut files: Vec<_> = fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    for file in files.iter().filter(|file| file.extension().is_some_and(|ending| ending == "json")) {
        let json: serde_json::Map<String, serde_json::Value> =
            serde_json::from_str(&fs::read_to_string(file).unwrap())
                .unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        for (key, value) in json {
            let text = match value {
                serde_json::Value::String(text) => Text::Plain(text),
                serde_json::Value::Object(forms) => Text::Counted {
                    one: forms.get("one").map(|text| text.as_str().unwrap().to_owned()),
                    other: forms["other"].as_str().unwrap().to_owned(),
                },
                _ => panic!("{}: `{key}` must be a text or have `other`", file.display()),
            };
            assert!(catalogue.insert(key.clone(), text).is_none(), "{}: `{key}` twice", file.display());
        }
    }
    catalogue
}

/// Placeholder names of a text, in the order of their first appearance.
fn placeholders(text: &str) -> Vec<&str> {
    let mut names = Vec::new();
    for (start, _) in text.match_indices('{') {
        let name = text[start + 1..].split('}').next().unwrap();
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

fn method(key: &str, texts: &[&Text]) -> String {
    let counted = texts[0].is_counted();
    let mut names = placeholders(texts[0].forms().last().unwrap());
    for text in texts {
        for form in text.forms() {
            for name in placeholders(form) {
                assert!(names.contains(&name), "`{key}`: {{{name}}} is not in the English text");
            }
        }
    }
    names.retain(|name| !counted || *name != "count");
    let doc = texts[0].forms().last().unwrap().replace('\n', " ");
    let mut code = format!("    /// {doc:?}\n");
    if names.is_empty() && !counted {
        writeln!(code, "    pub fn {key}(self) -> &'static str {{\n        match self.0 {{").unwrap();
        for (text, (_, variant)) in texts.iter().zip(LOCALES) {
            writeln!(code, "            Locale::{variant} => {:?},", text.forms()[0]).unwrap();
        }
    } else {
        let mut parameters = String::new();
        if counted {
            parameters += ", count: usize";
        }
        for name in &names {
            write!(parameters, ", {name}: impl ::core::fmt::Display").unwrap();
        }
        writeln!(
            code,
            "    #[allow(clippy::too_many_arguments, reason = \"a message has as many gaps as it needs\")]"
        )
        .unwrap();
        writeln!(code, "    pub fn {key}(self{parameters}) -> String {{\n        match self.0 {{").unwrap();
        for (text, (_, variant)) in texts.iter().zip(LOCALES) {
            if let Text::Counted { one: Some(one), .. } = text {
                writeln!(code, "            Locale::{variant} if count == 1 => {},", filled(one)).unwrap();
            }
            let other = text.forms().pop().unwrap();
            writeln!(code, "            Locale::{variant} => {},", filled(other)).unwrap();
        }
    }
    code += "        }\n    }\n\n";
    code
}

/// The expression for a text with its placeholders filled in.
fn filled(text: &str) -> String {
    if placeholders(text).is_empty() { format!("{text:?}.to_owned()") } else { format!("format!({text:?})") }
}
