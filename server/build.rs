//! Watches the built client that a release binary embeds (see `src/assets.rs`).
//!
//! The embedding itself tracks the files it found; this adds the case that there were none yet, or that the folder has
//! been replaced. Development binaries read the client when asked for it, and must not be rebuilt each time it changes.

fn main() {
    let watched = match std::env::var("PROFILE").as_deref() {
        Ok("release") => "../target/client/release",
        _ => "build.rs",
    };
    println!("cargo::rerun-if-changed={watched}");
}
