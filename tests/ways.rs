//! The table of programs in `examples/README.md` says what the program's own table says, and names tests that exist.

#![expect(clippy::unwrap_used, reason = "a test that cannot look must fail")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use evercred::outputs::consumers::DELIVERIES;

/// The cells of each row of the tables.
fn rows() -> Vec<Vec<String>> {
    let text = fs::read_to_string(at("examples/README.md")).unwrap();
    let rows = text.lines().filter_map(|line| line.strip_prefix("| ")?.strip_suffix(" |"));
    let cells =
        |row: &str| row.split(" | ").map(|cell| cell.trim_matches('`').to_owned()).collect::<Vec<_>>();
    rows.map(cells).filter(|cells| cells[0] != "way").collect()
}

fn at(path: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

#[test]
fn everybody_who_is_served_has_a_row_that_says_when_they_look_again() {
    let written: BTreeSet<_> = rows()
        .into_iter()
        .filter(|cells| cells.len() == 5)
        .map(|cells| (cells[0].clone(), cells[1].clone(), cells[3].clone()))
        .collect();
    let known: BTreeSet<_> = DELIVERIES
        .iter()
        .flat_map(|delivery| delivery.consumers.iter().map(|consumer| (delivery.way, consumer)))
        .map(|(way, consumer)| (way.to_owned(), consumer.name.to_owned(), consumer.reads.to_string()))
        .collect();
    assert_eq!(written, known);
}

#[test]
fn every_test_that_a_row_names_exists() {
    let mut seen = 0;
    for cells in rows() {
        let Some((file, name)) = cells.last().unwrap().split_once(": ") else {
            assert_eq!(cells.last().unwrap(), "—", "{cells:?}");
            continue;
        };
        let text = fs::read_to_string(at(file)).unwrap_or_else(|error| panic!("{file}: {error}"));
        let is_test = text.contains(&format!("#[test]\nfn {name}("));
        assert!(is_test, "{file} has no test {name}");
        seen += 1;
    }
    assert!(seen > 40, "only {seen} tests were looked for");
}

#[test]
fn every_program_that_was_promised_is_proved_in_some_way() {
    let rows = rows();
    let proved = |program: &str| {
        rows.iter().any(|cells| cells[1].starts_with(program) && cells.last().is_some_and(|cell| cell != "—"))
    };
    for program in [
        "boto3",
        "aws CLI",
        "AWS SDK for JavaScript",
        "aws-config for Rust",
        "Terraform s3 backend",
        "docker-credential-ecr-login",
        "google-auth for Python",
        "google-auth-library for Node",
        "google-cloud-auth for Rust",
        "gcloud",
        "azure-identity for Python",
        "azure-identity for JavaScript",
        "az",
        "hvac",
        "bao",
        "kubectl",
        "skopeo",
        "git at",
    ] {
        assert!(proved(program), "{program}");
    }
}
