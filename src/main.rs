//! Hands the arguments to the command line, prints the chain of errors, chooses the exit code.

use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    innospace::cli::run().unwrap_or_else(|error| {
        eprintln!("innospace: {error:#}");
        ExitCode::from(2)
    })
}
