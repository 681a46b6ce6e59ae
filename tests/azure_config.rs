//! Mistakes in the config of an Azure login: each has its place and its remedy, and all are told at once.

use evercred_test_support::Home;

#[test]
fn every_mistake_has_its_line_and_its_remedy() {
    let home = Home::new();
    let file = home.config(
        r#"[source]
type = "file"
path = "/nowhere"

[azure.one]
tenant_id = "common"
client_id = "my app"
resource = ["https://storage.azure.com"]
cloud = "germany"
authority_host = "http://login.acme.dev"
resources = ["https://storage.azure.com", "https://storage.azure.com/.default"]
outputs = ["workload-identiy", { type = "azure-cli", folder = "here" }]

[azure.two]
outputs = [{ type = "azure-token", format = "yaml" }, { type = "workload-identity", env_path = "a" }]
"#,
    );
    let outcome = home.run(["config", "check"]);
    assert_eq!(outcome.code(), Some(3));
    for (place, said, hint) in [
        ("6:13", "stands for many tenants", "az account show"),
        ("7:13", "\"my app\" is not an ID of Entra", "Application (client) ID"),
        ("8:1", "no key `resource`", "`resources`"),
        ("9:9", "unknown variant `germany`", "`us-government`"),
        ("10:18", "does not begin with https", "https://login.acme.dev/"),
        ("11:13", "stands there twice", "name it once"),
        ("12:12", "no type `workload-identiy`", "`workload-identity`"),
        ("14:1", "AZURE_TENANT_ID is not set", "az account show"),
        ("15:45", "unknown variant `yaml`", "`json`"),
    ] {
        let start = format!("{}:{place}:", file.display());
        let (_, report) =
            outcome.stderr.split_once(&start).unwrap_or_else(|| panic!("{place}: {}", outcome.stderr));
        let report = report.split("\n\n").next().unwrap_or_default();
        assert!(report.contains(said) && report.contains(hint), "{place}: {report}");
    }
}

#[test]
fn an_output_of_azure_is_refused_where_there_is_nothing_for_it() {
    let home = Home::new();
    let login = "tenant_id = \"acme.dev\"\nclient_id = \"11111111-2222-3333-4444-555555555555\"\n";
    for (table, output, lacking) in [
        ("[token.a]\naudience = \"a\"\n".to_owned(), "azure-cli", "`client_id`"),
        ("[token.a]\naudience = \"a\"\n".to_owned(), "workload-identity", "`tenant_id`"),
        (format!("[azure.a]\n{login}resources = []\n"), "azure-token", "`access_token`"),
    ] {
        home.config(&format!(
            "[source]\ntype = \"file\"\npath = \"/nowhere\"\n\n{table}outputs = [\"{output}\"]\n"
        ));
        let outcome = home.run(["config", "check"]);
        assert_eq!(outcome.code(), Some(3), "{output}: {outcome:?}");
        assert!(outcome.stderr.contains(lacking) && outcome.stderr.contains("does not give"), "{outcome:?}");
    }
    for outputs in ["\"workload-identity\"", "\"azure-cli\"", "\"workload-identity\", \"azure-cli\""] {
        home.config(&format!(
            "[source]\ntype = \"file\"\npath = \"/nowhere\"\n\n[azure.a]\n{login}resources = []\noutputs = [{outputs}]\n"
        ));
        assert_eq!(home.run(["config", "check"]).code(), Some(0), "{outputs}");
    }
}
