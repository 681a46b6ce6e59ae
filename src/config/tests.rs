//! What the loader promises, on a registry of its own.

mod meaning;
mod mistakes;
mod mutations;

const GOOD: &str = r#"
[source]
type = "remote"
url = "https://x"
authorization = "hunter2"

[sources.other]
type = "auto"

[cloud.default]
role = "role/dev"
tags = { team = "a" }

[cloud."team.b"]
role = "role/b"
source = "other"
outputs = ["profile", { type = "whole", path = "~/b.json" }]
refresh_every = "10s"
on_expiry = "remove"

[[cloud."team.b".chain]]
role = "role/c"
"#;
