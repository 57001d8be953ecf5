//! Tells Cargo to embed the web app anew whenever it was built anew.
#![expect(clippy::print_stdout, reason = "a build script speaks to Cargo on standard output")]

fn main() {
    println!("cargo::rerun-if-changed=web/dist");
}
