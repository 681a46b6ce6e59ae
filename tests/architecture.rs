//! The dependency directions of ARCHITECTURE.md, and what deny.toml bans, held by cargo's own knowledge of the tree.

#![expect(clippy::unwrap_used, reason = "a test that cannot look must fail")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// Our crates that no user gets.
const FOR_TESTS: [&str; 2] = ["evercred-sandbox", "evercred-test-support"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn metadata() -> Value {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version=1", "--locked", "--offline", "--no-deps"])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// What each of our crates depends on in production, by name.
fn dependencies() -> BTreeMap<String, BTreeSet<String>> {
    let metadata = metadata();
    let normal = |package: &Value| {
        let all = package["dependencies"].as_array().unwrap().iter();
        all.filter(|d| d["kind"].is_null()).map(|d| d["name"].as_str().unwrap().to_owned()).collect()
    };
    let packages = metadata["packages"].as_array().unwrap().iter();
    packages.map(|package| (package["name"].as_str().unwrap().to_owned(), normal(package))).collect()
}

fn rust_files(folder: &str) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && !path.ends_with("target") {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path);
            }
        }
    }
    files
}

/// The files below `folder`, without their tests, that contain one of `words`.
fn files_with(folder: &str, words: &[&str]) -> Vec<String> {
    let contains = |path: &PathBuf| {
        let text = std::fs::read_to_string(path).unwrap();
        let code = text.split("#[cfg(test)]\nmod").next().unwrap();
        words.iter().any(|word| code.contains(word))
    };
    let relative = |path: PathBuf| path.strip_prefix(root()).unwrap().display().to_string();
    let mut found: Vec<_> = rust_files(folder).into_iter().filter(contains).map(relative).collect();
    found.retain(|path| !path.contains("/tests/") && !path.ends_with("/tests.rs"));
    found.sort();
    found
}

#[test]
fn the_vocabulary_depends_on_no_other_part_and_on_no_io() {
    let core = &dependencies()["evercred-core"];
    for banned in ["tokio", "reqwest", "notify", "rustix", "clap", "toml", "tempfile", "tracing"] {
        assert!(!core.contains(banned), "{banned}");
    }
    assert!(!core.iter().any(|name| name.starts_with("evercred")), "{core:?}");
}

#[test]
fn a_provider_depends_on_the_vocabulary_and_the_http_stack_and_on_no_other_provider() {
    for (name, dependencies) in dependencies() {
        if name == "evercred" || FOR_TESTS.contains(&name.as_str()) {
            continue;
        }
        let ours: Vec<_> = dependencies.iter().filter(|name| name.starts_with("evercred")).collect();
        assert!(
            ours.iter().all(|name| ["evercred-core", "evercred-http"].contains(&name.as_str())),
            "{name}: {ours:?}"
        );
        // Google's library wants a runtime and a file: it gets its own, and a nameless one (providers/gcp/src/proof.rs).
        let excused: &[&str] = if name == "evercred-gcp" { &["tokio", "rustix"] } else { &[] };
        for banned in ["tokio", "notify", "rustix", "clap", "toml", "tempfile"] {
            assert!(!dependencies.contains(banned) || excused.contains(&banned), "{name}: {banned}");
        }
    }
}

#[test]
fn what_is_for_tests_is_never_part_of_the_program() {
    for (name, dependencies) in dependencies() {
        assert!(!FOR_TESTS.iter().any(|crate_| dependencies.contains(*crate_)), "{name}");
    }
}

#[test]
fn only_the_registry_names_provider_crates() {
    let providers: Vec<String> = dependencies()
        .into_keys()
        .filter(|name| {
            let name = name.as_str();
            !["evercred", "evercred-core", "evercred-http"].contains(&name) && !FOR_TESTS.contains(&name)
        })
        .map(|name| format!("{}::", name.replace('-', "_")))
        .collect();
    let words: Vec<&str> = providers.iter().map(String::as_str).collect();
    assert_eq!(files_with("src", &words), ["src/registry.rs"]);
}

#[test]
fn the_engine_knows_no_sdk_no_command_line_and_no_config_format() {
    assert_eq!(files_with("src/engine", &["aws_", "clap::", "toml::", "reqwest::", "crate::cli"]), [""; 0]);
}

#[test]
fn outputs_do_no_io() {
    let io = ["std::fs::", "tokio::", "std::process", "std::net", "SystemTime::now"];
    assert_eq!(files_with("src/outputs", &io), [""; 0]);
}

#[test]
fn nothing_that_deny_toml_bans_is_in_the_tree() {
    let deny: toml::Table = std::fs::read_to_string(root().join("deny.toml")).unwrap().parse().unwrap();
    let lock: toml::Table = std::fs::read_to_string(root().join("Cargo.lock")).unwrap().parse().unwrap();
    let package = |package: &toml::Value| {
        let text = |key: &str| package[key].as_str().unwrap().to_owned();
        (text("name"), text("version"))
    };
    let present: BTreeSet<_> = lock["package"].as_array().unwrap().iter().map(package).collect();
    assert!(present.iter().any(|(name, _)| name == "rustls"), "the test looks at the right tree");
    for ban in deny["bans"]["deny"].as_array().unwrap() {
        let (name, version) =
            ban["crate"].as_str().unwrap().split_once('@').unwrap_or((ban["crate"].as_str().unwrap(), ""));
        let found = present.iter().find(|(present, of)| present == name && of.starts_with(version));
        assert_eq!(found, None);
    }
}

#[test]
fn files_and_functions_stay_short() {
    for folder in ["src", "providers", "tests", "examples"] {
        for file in rust_files(folder) {
            let text = std::fs::read_to_string(&file).unwrap();
            let code = text.split("#[cfg(test)]\nmod").next().unwrap();
            let lines = code
                .lines()
                .map(str::trim)
                .filter(|line| !line.is_empty() && !line.starts_with("//"))
                .count();
            assert!(lines <= 250, "{} has {lines} lines of code", file.display());
        }
    }
}
