//! One sheet out of `style/main.css` and the files it imports.
//!
//! Ours is plain CSS that browsers understand as it is; only the imports have to go, for each would cost the first
//! screen one more journey to the server. Comments and indentation go too. No further tricks: Brotli finds the rest.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};

/// Puts a sheet and all that it imports into one text.
pub(super) fn bundle(main: &Path) -> Result<String> {
    let mut sheet = String::new();
    append(main, &mut sheet)?;
    Ok(sheet)
}

fn append(path: &Path, sheet: &mut String) -> Result<()> {
    let source = fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
    let source = tighten(&source);
    if source.matches('{').count() != source.matches('}').count() {
        bail!("{}: as many {{ as }} are expected", path.display());
    }
    for line in source.lines() {
        let Some(import) = line.strip_prefix("@import") else {
            sheet.push_str(line);
            sheet.push('\n');
            continue;
        };
        let import = Import::parse(import).with_context(|| format!("{}: {line}", path.display()))?;
        if let Some(layer) = &import.layer {
            sheet.push_str(&format!("@layer {layer} {{\n"));
        }
        append(&path.with_file_name(&import.file), sheet)?;
        if import.layer.is_some() {
            sheet.push_str("}\n");
        }
    }
    Ok(())
}

/// What stands behind `@import`: a file, and the layer to put it in.
#[derive(Debug, PartialEq)]
struct Import {
    file: String,
    layer: Option<String>,
}

impl Import {
    fn parse(text: &str) -> Result<Self> {
        let text = text.trim().strip_suffix(';').context("an import takes one line and ends with ;")?.trim();
        let quote =
            text.trim_start_matches("url(").chars().next().filter(|&quote| quote == '"' || quote == '\'');
        let mut parts = text.splitn(3, quote.context("the file's name stands in quotes")?);
        let (_, file) = (parts.next(), parts.next().context("a file is named")?);
        let rest = parts.next().unwrap_or_default().trim_start_matches(')').trim();
        let layer = match rest.strip_prefix("layer(").and_then(|rest| rest.strip_suffix(')')) {
            Some(layer) => Some(layer.trim().to_owned()),
            None if rest.is_empty() => None,
            None => bail!("only layer(…) is understood after the file's name"),
        };
        Ok(Self { file: file.to_owned(), layer })
    }
}

/// Drops comments, indentation and empty lines; what stands in quotes is left alone.
fn tighten(source: &str) -> String {
    let bare = without_comments(source);
    let lines = bare.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.collect::<Vec<_>>().join("\n")
}

fn without_comments(source: &str) -> String {
    let mut kept = String::with_capacity(source.len());
    let mut quote = None;
    let mut rest = source;
    while let Some(letter) = rest.chars().next() {
        if quote.is_none() && rest.starts_with("/*") {
            rest = rest.split_once("*/").map_or("", |(_, after)| after);
            continue;
        }
        match quote {
            None if letter == '"' || letter == '\'' => quote = Some(letter),
            Some(open) if open == letter => quote = None,
            _ => {}
        }
        kept.push(letter);
        rest = &rest[letter.len_utf8()..];
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_go_but_not_out_of_quotes() {
        assert_eq!(tighten("/* a */\n  b { content: \"/* c */\"; }\n\n"), "b { content: \"/* c */\"; }");
    }

    #[test]
    fn an_import_names_a_file_and_perhaps_a_layer() {
        let import = |file: &str, layer: Option<&str>| Import {
            file: file.to_owned(),
            layer: layer.map(str::to_owned),
        };
        let cases = [
            (r#" "a.css";"#, import("a.css", None)),
            (r#" url("a.css") layer(base);"#, import("a.css", Some("base"))),
            (" 'parts/a.css' layer( parts.card );", import("parts/a.css", Some("parts.card"))),
        ];
        for (text, expected) in cases {
            assert_eq!(Import::parse(text).unwrap(), expected, "{text}");
        }
        for wrong in [r#" "a.css""#, " a.css;", r#" "a.css" print;"#] {
            assert!(Import::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn imports_are_replaced_in_their_order_and_layers_wrap_them() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
        write("main.css", "@layer base, parts;\n@import \"base.css\" layer(base);\n@import \"parts.css\";\n");
        write("base.css", "a { color: red }\n");
        write("parts.css", "b { color: blue }\n");
        let sheet = bundle(&folder.path().join("main.css")).unwrap();
        assert_eq!(sheet, "@layer base, parts;\n@layer base {\na { color: red }\n}\nb { color: blue }\n");
    }
}
