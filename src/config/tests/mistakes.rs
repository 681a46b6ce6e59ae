//! Configs with mistakes: each has its place and a remedy, and all are told at once.

use crate::config::testing::mistakes;

#[test]
fn five_mistakes_are_five_problems() {
    insta::assert_snapshot!(mistakes(r#"
[cloud.default]
rol = "role/dev"
duration = 3600
tags = { team = 7 }

[cloud.other]
role = "dev"
outputs = ["profil"]
"#), @r#"
3:1+3 there is no key `rol` here | Did you mean `role`?
4:12+4 invalid type: integer `3600`, expected a string | Write it like "90s".
5:17+1 invalid type: integer `7`, expected a string | -
8:8+5 "dev" is not a role | Write it like "role/NAME".
9:12+8 there is no type `profil` | Did you mean `profile`?
"#);
}

#[test]
fn keys_are_checked_at_every_depth() {
    insta::assert_snapshot!(mistakes(r#"
[cloud.default]
role = "role/dev"
on_expire = "keep"
on_expiry = "delete"
chain = [{ role = "role/a", externalid = "x" }, { external_id = 5 }, { role = "b" }]
"#), @r#"
4:1+9 there is no key `on_expire` here | Did you mean `on_expiry`?
5:13+8 unknown variant `delete`, expected `keep` or `remove` | It can be `keep`, `remove`.
6:29+10 there is no key `externalid` here | Did you mean `external_id`?
6:49+19 the key `role` is missing | Add `role`: The next role.
6:65+1 invalid type: integer `5`, expected a string | -
6:79+3 "b" is not a role | Write it like "role/NAME".
"#);
}

#[test]
fn values_that_only_building_can_judge_have_their_line_too() {
    insta::assert_snapshot!(mistakes(r#"
[cloud.default]
role = "role/dev"
duration = "5m"
tags = { aws = "x" }
refresh_every = "0s"
"#), @r#"
4:12+4 less than 15 minutes | Write at least "15m".
5:8+13 `aws` is reserved | -
6:17+4 a login cannot be refreshed all the time | Write a duration such as "15m", or leave it out.
"#);
}

#[test]
fn tables_and_names_are_checked() {
    insta::assert_snapshot!(mistakes(r#"
[clod.default]
role = "role/dev"
[cloud]
role = "role/dev"
[cloud."a b"]
role = "role/dev"
[sources]
other = 5
[sources.remote2]
url = "x"
[source]
type = "remot"
"#), @r#"
2:2+4 there is no table `clod` | Did you mean `cloud`?
5:1+4 the key `role` belongs to no login | Write [cloud.default] instead of [cloud]; `default` may be any name.
6:8+5 "a b" cannot be a name | A name has up to 64 letters, digits, `_`, `.` and `-`, and does not begin with a dot.
9:9+1 this must be a name or a table | -
10:1+17 the key `type` is missing | It can be `auto`, `remote`.
13:8+7 there is no type `remot` | Did you mean `remote`?
"#);
}

#[test]
fn a_source_that_is_not_there_is_named_with_the_nearest() {
    insta::assert_snapshot!(mistakes(r#"
[sources.laptop]
type = "auto"
[cloud.a]
role = "role/a"
source = "lapto"
[cloud.b]
role = "role/b"
source = "remote"
[cloud.c]
role = "role/c"
source = 3
"#), @r#"
6:10+7 there is no token source named `lapto` | Did you mean `laptop`?
9:10+8 there is no token source named `remote` | Add a table [sources.remote] with type = "remote".
12:10+1 invalid type: integer `3`, expected a string | The name of the token source, from `[sources.NAME]`.
"#);
}

#[test]
fn an_output_that_asks_for_more_than_there_is_names_what_it_lacks() {
    insta::assert_snapshot!(mistakes(r#"
[cloud.default]
role = "role/dev"
outputs = [
  { type = "whole", path = "/x" },
  { type = "greedy" },
  { path = "/y" },
  7,
]
"#), @r#"
6:3+19 the output `greedy` needs `session_token`, which this login does not give | It gives `access_key_id`, `id_token`; choose an output that needs no more.
7:3+15 the key `type` is missing | It can be `greedy`, `profile`, `whole`.
8:3+1 this must be a name or a table | -
"#);
}

#[test]
fn two_outputs_in_one_place_are_a_mistake_at_both_lines() {
    insta::assert_snapshot!(mistakes(r#"
[cloud.a]
role = "role/a"
outputs = [{ type = "profile", profile = "b" }, { type = "whole", path = "/x" }]
[cloud.b]
role = "role/b"
[cloud.c]
role = "role/c"
outputs = [{ type = "whole", path = "/./x" }]
"#), @r#"
4:12+35 [b] in /home/me/.cloud/config is also written by cloud.b (line 5) | Give one of the two outputs another path or profile.
4:49+31 /x is also written by cloud.c (line 9) | Give one of the two outputs another path or profile.
5:1+9 [b] in /home/me/.cloud/config is also written by cloud.a (line 4) | Give one of the two outputs another path or profile.
9:12+33 /./x is also written by cloud.a (line 4) | Give one of the two outputs another path or profile.
"#);
}

#[test]
fn broken_syntax_is_reported_together_with_what_is_certain() {
    insta::assert_snapshot!(mistakes(r#"
[cloud.default]
role = role/dev
regoin = "x"
[cloud.other
role = "role/b"
[cloud.default]
role = "role/b"
"#), @r#"
3:8+8 string values must be quoted, expected literal string | This line is not TOML; strings need quotes, tables brackets (https://toml.io).
4:1+6 there is no key `regoin` here | Did you mean `region`?
5:13+1 unclosed table, expected `]` | This line is not TOML; strings need quotes, tables brackets (https://toml.io).
7:8+7 duplicate key | Each key and each table may stand only once; merge the two.
"#);
}

#[test]
fn a_config_without_logins_is_a_mistake_so_that_a_half_written_file_stops_nothing() {
    for text in ["", "# nothing\n", "[source]\ntype = \"auto\"\n", "[cloud]\n"] {
        assert!(mistakes(text).contains("there is no login"), "{text:?}");
    }
}

#[test]
fn a_typo_in_the_only_table_is_one_mistake() {
    let text = "[clod.default]\nrole = \"role/dev\"";
    assert_eq!(mistakes(text), "1:2+4 there is no table `clod` | Did you mean `cloud`?");
}

#[test]
fn mistakes_of_hooks_and_services_have_their_places_too() {
    let text = r#"
[audit]
max_kib = 1
pth = "~/log"
[metrics]
listen = "0.0.0.0:9464"
[cloud.a]
role = "role/a"
hooks = [{ comand = ["x"], on = ["chang"] }, { command = ["reload"], timeout = 5 }]
[cloud.b]
role = "role/b"
hooks = [{ command = ["systemctl reload x"] }]
"#;
    insta::assert_snapshot!(mistakes(text), @r#"
3:11+1 too small to hold a few lines | Write 4 or more.
4:1+3 there is no key `pth` here | Did you mean `path`?
6:10+14 other machines could reach "0.0.0.0:9464" | Write a loopback address such as "127.0.0.1:9464", or "unix:" and a path.
9:12+6 there is no key `comand` here | Did you mean `command`?
9:34+7 unknown variant `chang`, expected one of `change`, `failure`, `recovery` | Did you mean `change`?
9:80+1 invalid type: integer `5`, expected a string | Write it like "90s".
12:9+38 "systemctl reload x" is one word where a list of words belongs | Give the program and each argument a string of its own; no shell splits them.
"#);
}
