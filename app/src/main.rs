//! The Fieldloop client.

fn main() {
    leptos::mount::mount_to_body(|| "Fieldloop");
}
