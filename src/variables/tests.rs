//! Every value that a variable can have, through the shells themselves.

use std::process::Command;

use evercred_core::Secret;
use proptest::prelude::*;

use super::*;

fn variables(values: &[&str]) -> Variables {
    let mut variables = Variables::default();
    for (index, value) in values.iter().enumerate() {
        let setting =
            Setting { login: LoginId::new("aws", "default"), value: Secret::new(*value), is_secret: true };
        variables.insert(&format!("VALUE_{index}"), setting).unwrap();
    }
    variables.unset.extend(["STALE", "VALUE_0"]);
    variables
}

/// What the program's child finds after the program has obeyed `script`.
fn obeyed(program: &str, options: &[&str], script: &str, count: usize) -> Vec<String> {
    let mut shell = Command::new(program);
    shell.args(options).arg("-c").arg(format!("{script}\nenv -0"));
    let output =
        shell.env_clear().env("PATH", "/usr/bin:/bin").env("LC_ALL", "C.UTF-8").env("STALE", "1").output();
    let output =
        output.unwrap_or_else(|error| panic!("{program}: {error}; run ./tests/run, which installs it"));
    assert!(output.status.success() && output.stderr.is_empty(), "{program}: {output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    let found = |name: &str| text.split('\0').find_map(|entry| Some(entry.strip_prefix(name)?.to_owned()));
    assert_eq!(found("STALE="), None, "{program}");
    (0..count).map(|index| found(&format!("VALUE_{index}=")).unwrap()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn shells_take_every_value_literally(values in prop::collection::vec("[^\0]{0,12}|[ '\"$`\\\\!~=*?#;&|<>(){}\n\t-]{0,12}", 8)) {
        let values: Vec<&str> = values.iter().map(String::as_str).collect();
        let variables = variables(&values);
        let sh = variables.statements(Syntax::Sh).unwrap();
        for shell in ["/bin/sh", "bash"] {
            prop_assert_eq!(&obeyed(shell, &[], &sh, values.len()), &values, "{}: {}", shell, sh);
        }
        prop_assert_eq!(&obeyed("zsh", &["--no-rcs"], &sh, values.len()), &values, "zsh: {}", sh);
        let fish = variables.statements(Syntax::Fish).unwrap();
        prop_assert_eq!(&obeyed("fish", &["--no-config"], &fish, values.len()), &values, "fish: {}", fish);
    }

    #[test]
    fn a_line_of_a_github_file_cannot_set_another_variable(value in "[^\0\r]{0,40}") {
        let entry = variables(&[&value]).github_entries(&Environment::default());
        let (first, rest) = entry.split_once('\n').unwrap();
        let delimiter = first.strip_prefix("VALUE_0<<").unwrap();
        prop_assert_eq!(rest, format!("{value}\n{delimiter}\n"));
        prop_assert!(!value.contains(delimiter));
    }
}

#[test]
fn powershell_has_every_quote_doubled() {
    let variables = variables(&["it's \u{2019} $env:HOME `n"]);
    insta::assert_snapshot!(variables.statements(Syntax::Powershell).unwrap(), @"
    Remove-Item Env:STALE -ErrorAction SilentlyContinue
    $env:VALUE_0 = 'it''s \u{2019}\u{2019} $env:HOME `n'
    ");
}

#[test]
fn an_env_file_has_no_value_that_its_readers_understand_differently() {
    assert_eq!(variables(&["a b"]).statements(Syntax::Dotenv).unwrap(), "VALUE_0='a b'\n");
    let error = variables(&["it's"]).statements(Syntax::Dotenv).unwrap_err();
    assert!(error.to_string().starts_with("the value of VALUE_0 has"), "{error}");
}

#[test]
fn masks_are_one_for_each_line_of_a_secret() {
    assert_eq!(variables(&["a%b\n\nc"]).github_masks(), "::add-mask::a%25b\n::add-mask::c\n");
}

#[test]
fn the_same_value_of_two_logins_is_no_clash_and_another_is() {
    let mut variables = variables(&["same"]);
    let of = |value: &str| Setting {
        login: LoginId::new("aws", "other"),
        value: Secret::new(value),
        is_secret: false,
    };
    variables.insert("VALUE_0", of("same")).unwrap();
    let clash = variables.insert("VALUE_0", of("another")).unwrap_err();
    insta::assert_snapshot!(clash, @"programs can find either aws.default or aws.other, but not both: each sets VALUE_0");
}
