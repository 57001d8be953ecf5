//! Tells Cargo to embed the web app anew whenever it was built anew.

fn main() {
    println!("cargo::rerun-if-changed=web/dist");
}
