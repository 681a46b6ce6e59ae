//! The `evercred` program.

fn main() {}
