//! The built client: everything a browser downloads, as one folder that the server embeds.
//!
//! The way of a build:
//!
//! 1. cargo makes `app.wasm`, wasm-bindgen writes the JavaScript beside it ([`glue`]).
//! 2. `style/main.css` and what it imports become one sheet ([`style`]).
//! 3. Every file gets a name that carries the hash of its content, and every mention of it is rewritten ([`names`]); such
//!    a file may be cached for ever. What must keep its name (the page, the service worker, the manifest) is asked for anew.
//! 4. The service worker gets the list of all files with their hashes, and one build id made from that list.
//! 5. Each file is compressed ahead of time ([`compress`]), in the release flavour only.
//!
//! A step is skipped when nothing it reads has changed. The finished folder replaces the former one at once, so that a
//! running development server never serves half of a build.

mod compress;
mod glue;
mod names;
mod style;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use clap::Args;

pub(crate) use glue::tool;

use crate::toolchain::{WASM, WasmCompiler};
use crate::{console, process, workspace};
use names::{Names, hash};

#[derive(Args)]
pub(crate) struct ClientOptions {
    /// Quick to build, larger to download
    #[arg(long)]
    dev: bool,
}

/// Which client: the one for daily work and tests, or the one to ship.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flavour {
    Dev,
    Release,
}

impl Flavour {
    /// The cargo profile it is compiled with.
    pub(crate) fn profile(self) -> &'static str {
        match self {
            Self::Dev => "client-dev",
            Self::Release => "client",
        }
    }

    /// The finished folder. `server/src/assets.rs` looks for it in the same place.
    pub(crate) fn folder(self) -> PathBuf {
        workspace::target().join("client").join(self.name())
    }

    fn name(self) -> &'static str {
        match self {
            Self::Dev => "dev",
            Self::Release => "release",
        }
    }
}

pub(crate) fn run(options: &ClientOptions) -> Result<()> {
    let folder = build(if options.dev { Flavour::Dev } else { Flavour::Release })?;
    console::note(format!("The client is in {}", workspace::relative(&folder)));
    Ok(())
}

/// Brings the client up to date and returns its folder.
pub(crate) fn build(flavour: Flavour) -> Result<PathBuf> {
    let wasm = compile(flavour)?;
    let folder = flavour.folder();
    let inputs = hash_inputs(&wasm)?;
    let stamp = folder.with_extension("inputs");
    if folder.is_dir() && fs::read_to_string(&stamp).is_ok_and(|former| former == inputs) {
        return Ok(folder);
    }
    console::step(format!("Putting the client together ({})", flavour.name()));
    let client = assemble(flavour, &wasm)?;
    replace(&folder, &client, flavour)?;
    fs::write(stamp, inputs)?;
    Ok(folder)
}

fn compile(flavour: Flavour) -> Result<PathBuf> {
    let compiler = WasmCompiler::prepare()?;
    console::step(format!("Compiling the client for the browser ({})", flavour.name()));
    process::run(compiler.cargo("build").args(["--package", "app", "--profile", flavour.profile()]))?;
    Ok(compiler.target_folder().join(WASM).join(flavour.profile()).join("app.wasm"))
}

/// Hashes everything the folder is made from: the wasm, the files that go in beside it, and the sources of this pipeline.
fn hash_inputs(wasm: &Path) -> Result<String> {
    let mut files = vec![wasm.to_path_buf()];
    files.extend(["index.html", "boot.js", "rescue-mode.js"].map(page_source));
    files.push(workspace::root().join("xtask/src/client.rs"));
    for folder in ["app/sw", "app/workers", "style", "public", "xtask/src/client"] {
        files.extend(workspace::files_below(&workspace::root().join(folder))?);
    }
    let mut list = String::new();
    for file in files {
        let content = fs::read(&file).with_context(|| format!("reading {}", file.display()))?;
        list.push_str(&format!("{} {}\n", hash(&content), workspace::relative(&file)));
    }
    Ok(list)
}

/// The files of a client, by the address they are served at, without its leading slash.
type Files = BTreeMap<String, Vec<u8>>;

fn assemble(flavour: Flavour, wasm: &Path) -> Result<Files> {
    let mut files = Files::new();
    let mut names = Names::default();
    add_public(&mut files, &mut names)?;
    add_style(&mut files, &mut names)?;
    add_program(&mut files, &mut names, flavour, wasm)?;
    add_page_and_worker(&mut files, &names)?;
    names::check_mentions(&files)?;
    Ok(files)
}

/// Adds what lies ready in `public/`. Files in its folders are renamed; those at its top have addresses that the world
/// expects (`/favicon.ico`), keep them, and may mention the renamed ones.
fn add_public(files: &mut Files, names: &mut Names) -> Result<()> {
    let public = workspace::root().join("public");
    let mut at_the_top = Vec::new();
    for path in workspace::files_below(&public)? {
        let address = path.strip_prefix(&public)?.to_string_lossy().into_owned();
        let content = fs::read(&path)?;
        if address.contains('/') {
            let name = names.add(&address, &format!("assets/{address}"), &content);
            files.insert(name, content);
        } else {
            at_the_top.push((address, content));
        }
    }
    for (address, content) in at_the_top {
        let content = match String::from_utf8(content) {
            Ok(text) => names.rewrite(&text).into_bytes(),
            Err(not_text) => not_text.into_bytes(),
        };
        files.insert(address, content);
    }
    Ok(())
}

fn add_style(files: &mut Files, names: &mut Names) -> Result<()> {
    let sheet = style::bundle(&workspace::root().join("style/main.css"))?;
    let sheet = names.rewrite(&sheet).into_bytes();
    files.insert(names.add("pkg/style.css", "pkg/style.css", &sheet), sheet);
    Ok(())
}

fn add_program(files: &mut Files, names: &mut Names, flavour: Flavour, wasm: &Path) -> Result<()> {
    let glue = glue::generate(flavour, wasm)?;
    files.insert(names.add("pkg/app.wasm", "pkg/app.wasm", &glue.wasm), glue.wasm);
    for (path, content) in glue.snippets {
        let address = format!("pkg/snippets/{path}");
        files.insert(names.add(&address, &address, &content), content);
    }
    // The program names its snippets relative to itself; from the root, they can be renamed like everything else.
    let script = names.rewrite(&glue.script.replace("./snippets/", "/pkg/snippets/")).into_bytes();
    files.insert(names.add("pkg/app.js", "pkg/app.js", &script), script);
    for (address, source) in [
        ("pkg/boot.js", "boot.js"),
        ("pkg/rescue-mode.js", "rescue-mode.js"),
        ("pkg/journal.js", "workers/journal.js"),
        ("pkg/pictures.js", "workers/pictures.js"),
        ("pkg/rescue.js", "workers/rescue.js"),
    ] {
        let script = names.rewrite(&fs::read_to_string(page_source(source))?).into_bytes();
        files.insert(names.add(address, address, &script), script);
    }
    Ok(())
}

/// Adds the two files that know the build id. Each goes into the id as it is before it learns it.
fn add_page_and_worker(files: &mut Files, names: &Names) -> Result<()> {
    const BUILD: &str = "{{build}}";
    let page = names.rewrite(&fs::read_to_string(page_source("index.html"))?);
    if !page.contains(BUILD) {
        bail!("app/index.html has no {BUILD}: the running app could not tell which build it is");
    }
    let worker = fs::read_to_string(page_source("sw/sw.js"))?;

    let list = list_assets(files);
    let build =
        hash(format!("{page}\n{worker}\n{}", serde_json::to_string(&list)?).as_bytes())[..12].to_owned();

    let page = page.replace(BUILD, &build).into_bytes();
    let mut assets = vec![("/".to_owned(), hash(&page))];
    assets.extend(list);
    let assets = serde_json::to_string(&assets)?;
    files.insert("index.html".to_owned(), page);
    files.insert(
        "sw.js".to_owned(),
        format!("const BUILD = \"{build}\";\nconst ASSETS = {assets};\n{worker}").into_bytes(),
    );
    Ok(())
}

/// Lists address and hash of every file, for the service worker to fetch and check.
fn list_assets(files: &Files) -> Vec<(String, String)> {
    files.iter().map(|(address, content)| (format!("/{address}"), hash(content))).collect()
}

fn page_source(name: &str) -> PathBuf {
    workspace::root().join("app").join(name)
}

/// Writes the files beside the former folder and then swaps the two.
fn replace(folder: &Path, files: &Files, flavour: Flavour) -> Result<()> {
    let (next, former) = (folder.with_extension("next"), folder.with_extension("former"));
    remove(&next)?;
    remove(&former)?;
    for (address, content) in files {
        let path = next.join(address);
        fs::create_dir_all(path.parent().expect("it lies in the folder"))?;
        fs::write(path, content)?;
    }
    if flavour == Flavour::Release {
        compress::folder(&next)?;
    }
    if folder.is_dir() {
        fs::rename(folder, &former)?;
    }
    fs::rename(&next, folder)?;
    remove(&former)
}

fn remove(folder: &Path) -> Result<()> {
    if folder.is_dir() {
        fs::remove_dir_all(folder).with_context(|| format!("removing {}", folder.display()))?;
    }
    Ok(())
}
