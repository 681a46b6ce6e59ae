//! What the loader promises, on a registry of its own.

use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;
use serde_json::json;

use super::testing::{load, mistakes, registry};
use crate::login::{Login, OnExpiry};

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

fn logins(text: &str) -> Vec<Login> {
    load(text).unwrap().logins
}

#[test]
fn a_good_config_becomes_logins() {
    let logins = logins(GOOD);
    let [default, team] = logins.as_slice() else { panic!("{logins:?}") };
    assert_eq!((default.id.as_str(), team.id.as_str()), ("cloud.default", "cloud.team.b"));
    assert_eq!(
        (default.source.describe(), team.source.describe()),
        ("https://x".to_owned(), "auto".to_owned())
    );
    assert_eq!((default.outputs.len(), team.outputs.len()), (1, 2));
    assert_eq!((default.policy.refresh_every, default.policy.on_expiry), (None, OnExpiry::Keep));
    assert_eq!(team.policy.refresh_every, Some(Duration::from_secs(10)));
    assert_eq!(team.policy.on_expiry, OnExpiry::Remove);
}

#[test]
fn logins_with_the_same_source_share_it() {
    let logins = logins("[cloud.a]\nrole = \"role/a\"\n[cloud.b]\nrole = \"role/b\"");
    assert!(Arc::ptr_eq(&logins[0].source, &logins[1].source));
}

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
6:8+5 "a b" cannot be a name | A name has up to 64 letters, digits, `_`, `.` and `-`.
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
fn what_is_shown_is_complete_and_without_secrets() {
    insta::assert_snapshot!(load(GOOD).unwrap().to_toml(), @r#"
    [cloud.default]
    duration = "1h"
    on_expiry = "keep"
    role = "role/dev"

    [[cloud.default.outputs]]
    type = "profile"

    [cloud.default.tags]
    team = "a"

    [cloud."team.b"]
    duration = "1h"
    on_expiry = "remove"
    refresh_every = "10s"
    role = "role/b"
    source = "other"

    [[cloud."team.b".chain]]
    role = "role/c"

    [[cloud."team.b".outputs]]
    type = "profile"

    [[cloud."team.b".outputs]]
    path = "~/b.json"
    type = "whole"

    [cloud."team.b".tags]

    [source]
    authorization = "***"
    type = "remote"
    url = "https://x"

    [sources.other]
    type = "auto"
    "#);
}

#[test]
fn what_is_shown_means_the_same() {
    let open = GOOD.replace("authorization = \"hunter2\"\n", "");
    let shown = load(&open).unwrap().to_toml();
    let prints = |text: &str| logins(text).into_iter().map(|login| login.fingerprint).collect::<Vec<_>>();
    assert_eq!(prints(&open), prints(&shown));
}

#[test]
fn a_fingerprint_changes_with_all_that_counts_and_nothing_else() {
    let first = |text: &str| logins(text).remove(0).fingerprint;
    let plain = first("[cloud.a]\nrole = \"role/a\"");
    let same = "# why\n[cloud.a]\nrole    =    'role/a'\nduration = \"1h\"\noutputs = [\"profile\"]\n[cloud.b]\nrole = \"role/b\"";
    assert_eq!(first(same), plain);
    assert_eq!(plain.len(), 64);
    for other in [
        "[cloud.a]\nrole = \"role/b\"",
        "[cloud.b]\nrole = \"role/a\"",
        "[cloud.a]\nrole = \"role/a\"\non_expiry = \"remove\"",
        "[cloud.a]\nrole = \"role/a\"\noutputs = []",
        "[cloud.a]\nrole = \"role/a\"\n[source]\ntype = \"remote\"\nurl = \"x\"",
    ] {
        assert_ne!(first(other), plain, "{other}");
    }
}

#[test]
fn the_schema_has_the_keys_of_all_that_read_a_login() {
    let schema = super::schema(&registry());
    let login = &schema["properties"]["cloud"]["additionalProperties"];
    let keys: Vec<_> = super::schema::keys(login).collect();
    for key in ["role", "duration", "source", "outputs", "refresh_every", "on_expiry"] {
        assert!(keys.contains(&key), "{key}");
    }
    assert_eq!(login["required"], json!(["role"]));
    assert_eq!(login["additionalProperties"], json!(false));
    assert_eq!(login["properties"]["outputs"]["default"], json!(["profile"]));
}

#[test]
fn no_provider_has_a_key_that_every_login_has() {
    for provider in crate::registry::Registry::built_in().providers {
        let schema = provider.kind.schema();
        for key in super::common::KEYS {
            assert!(schema["properties"].get(key).is_none(), "{}: {key}", provider.kind.name);
        }
    }
}

proptest! {
    #[test]
    fn no_text_makes_the_loader_panic(text in ".*") {
        let _ = load(&text);
    }

    #[test]
    fn no_mutation_makes_the_loader_panic_or_point_outside(
        edits in prop::collection::vec((0..GOOD.len(), 0..12_usize, "[\\[\\]{}=\".,#'\na-z0-9_ é-]{0,6}"), 1..5)
    ) {
        let mut text = GOOD.to_owned();
        for (at, length, new) in edits {
            let start = text.floor_char_boundary(at);
            let end = text.floor_char_boundary(start + length);
            text.replace_range(start..end.max(start), &new);
        }
        if let Err(problems) = load(&text) {
            prop_assert!(!problems.list.is_empty());
            for mistake in problems.list {
                let line = text.split('\n').nth(mistake.line - 1).unwrap_or_default();
                prop_assert_eq!(mistake.text.as_str(), line.strip_suffix('\r').unwrap_or(line));
                prop_assert!(mistake.column <= line.chars().count() + 1);
            }
        }
    }
}
