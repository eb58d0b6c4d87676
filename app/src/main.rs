//! The program the page starts.

fn main() {
    app::start();
}
