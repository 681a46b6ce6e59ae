//! The sandbox as a program: `evercred-sandbox serve`, and the stand-ins `gp`, `ona` and `gitpod`.

fn main() {}
