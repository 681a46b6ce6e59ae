use evercred_core::{Credential, Field, Secret};
use proptest::prelude::*;
use serde_json::json;

use super::super::testing::{context, credential};
use super::*;

fn outputs(config: Config) -> [Box<dyn Output>; 2] {
    let context = OutputContext { kind: "azure".to_owned(), ..context() };
    config.build(&context).unwrap().try_into().unwrap()
}

fn of_azure(subscriptions: &Value) -> Credential {
    credential()
        .with(Field::CLIENT_ID, Secret::new("c-1"))
        .with(Field::TENANT_ID, Secret::new("t-1"))
        .with(Field::CLOUD, Secret::new("public"))
        .with(Field::SUBSCRIPTIONS, Secret::new(subscriptions.to_string()))
}

fn seen(ids: &[&str]) -> Credential {
    let one = |id: &&str| json!({"id": id, "name": format!("named {id}"), "state": "Enabled"});
    of_azure(&ids.iter().map(one).collect())
}

fn render(output: &dyn Output, credential: &Credential, current: &str) -> String {
    let written = output.render(credential, Some(current.as_bytes())).unwrap();
    let again = output.render(credential, Some(&written)).unwrap();
    assert_eq!(written, again, "rendering twice changes nothing");
    String::from_utf8(written).unwrap()
}

/// As `az` writes it for a user with one subscription.
const ALICE: &str = "\u{feff}{\"installationId\": \"i-1\", \"subscriptions\": [{\"id\": \"s-1\", \"name\": \"Alice's\", \"state\": \"Enabled\", \"user\": {\"name\": \"alice@acme.dev\", \"type\": \"user\"}, \"isDefault\": true, \"tenantId\": \"t-1\", \"environmentName\": \"AzureCloud\", \"unknown\": 1.50}]}";

#[test]
fn the_files_are_those_of_az_under_its_own_lock() {
    let [entries, profile] = outputs(Config::default());
    assert_eq!(entries.target().path.to_str(), Some("/home/dev/.azure/service_principal_entries.json"));
    let lock = entries.target().lock_file.as_ref().unwrap();
    assert_eq!(lock.to_str(), Some("/home/dev/.azure/service_principal_entries.json.lockfile"));
    assert_eq!(profile.target().path.to_str(), Some("/home/dev/.azure/azureProfile.json"));
    let environment = [("HOME", "/home/dev"), ("AZURE_CONFIG_DIR", "/srv/az")].into_iter().collect();
    let outputs = Config::default().build(&OutputContext { environment, ..context() }).unwrap();
    assert!(
        outputs.iter().all(|output| output.target().path.starts_with("/srv/az") && output.target().shared)
    );
}

#[test]
fn without_files_there_are_such_as_az_would_write() {
    let [entries, profile] = outputs(Config::default());
    let written = entries.render(&seen(&["s-2"]), None).unwrap();
    assert_eq!(
        serde_json::from_slice::<Value>(&written).unwrap(),
        json!([{"client_id": "c-1", "tenant": "t-1", "client_assertion": "e30.e30.c2ln", "evercred": "azure.default"}])
    );
    assert_eq!(entries.retract(&written), None);
    let written = profile.render(&seen(&["s-2"]), None).unwrap();
    let written = str::from_utf8(&written).unwrap();
    let value: Value = serde_json::from_str(written.strip_prefix('\u{feff}').unwrap()).unwrap();
    assert_eq!(
        value["subscriptions"],
        json!([{
            "id": "s-2", "name": "named s-2", "state": "Enabled", "isDefault": true, "tenantId": "t-1",
            "environmentName": "AzureCloud", "user": {"name": "c-1", "type": "servicePrincipal"},
            "evercred": "azure.default",
        }])
    );
    assert_eq!(profile.retract(written.as_bytes()), None);
}

#[test]
fn other_logins_survive_to_the_byte_and_keep_their_default() {
    let [entries, profile] = outputs(Config::default());
    let theirs = "[\n    {\n        \"client_id\": \"c-9\",\n        \"tenant\": \"t-1\",\n        \"client_secret\": \"hunter2\"\n    }\n]";
    let written = render(&*entries, &seen(&["s-2"]), theirs);
    assert!(written.starts_with(theirs.strip_suffix("\n]").unwrap()), "{written}");
    assert_eq!(entries.retract(written.as_bytes()).unwrap(), theirs.as_bytes());
    let written = render(&*profile, &seen(&["s-2"]), ALICE);
    assert!(written.starts_with(ALICE.strip_suffix("]}").unwrap()), "{written}");
    assert!(written.contains(r#""isDefault":false"#), "{written}");
    assert_eq!(profile.retract(written.as_bytes()).unwrap(), ALICE.as_bytes());
}

#[test]
fn a_new_token_takes_the_place_of_the_old_one() {
    let [entries, _] = outputs(Config::default());
    let first = render(&*entries, &seen(&[]), "[]");
    let second = render(&*entries, &seen(&[]).with(Field::ID_TOKEN, Secret::new("new")), &first);
    assert!(second.contains("new") && !second.contains("e30.e30.c2ln"), "{second}");
    assert_eq!(second.matches("client_id").count(), 1);
}

#[test]
fn what_az_login_wrote_for_the_same_service_principal_is_taken_over() {
    let [entries, profile] = outputs(Config::default());
    let stale = r#"[{"client_id": "c-1", "tenant": "t-1", "client_assertion": "stale"}]"#;
    let written = render(&*entries, &seen(&[]), stale);
    assert!(!written.contains("stale") && written.contains("evercred"), "{written}");
    let by_az = ALICE.replace("alice@acme.dev", "C-1").replace("\"user\"}", "\"servicePrincipal\"}");
    let written = render(&*profile, &seen(&["s-1"]), &by_az);
    assert!(written.contains(r#""unknown":1.5"#) && written.contains("named s-1"), "{written}");
}

#[test]
fn a_service_principal_that_has_a_secret_in_az_is_not_touched() {
    let [entries, _] = outputs(Config::default());
    let theirs = br#"[{"client_id": "c-1", "tenant": "t-1", "client_secret": "hunter2"}]"#;
    let failure = entries.render(&seen(&[]), Some(theirs)).unwrap_err();
    assert!(
        failure.to_string().contains("`client_secret`") && !failure.to_string().contains("hunter2"),
        "{failure}"
    );
    assert!(failure.remedy().unwrap().contains("az logout"));
}

#[test]
fn the_default_is_chosen_once_and_then_it_is_the_users() {
    let [_, profile] = outputs(Config { subscription: Some("NAMED s-3".into()), ..Config::default() });
    let written = render(&*profile, &seen(&["s-2", "s-3"]), "{}");
    let is_default = |text: &str, id: &str| {
        let value: Value = serde_json::from_str(text.trim_start_matches('\u{feff}')).unwrap();
        let list = value["subscriptions"].as_array().unwrap().clone();
        list.iter().find(|one| one["id"] == id).unwrap()["isDefault"] == true
    };
    assert!(is_default(&written, "s-3") && !is_default(&written, "s-2"));
    let chosen = written.replace("\"isDefault\":true", "\"isDefault\":false").replacen("false", "true", 1);
    assert!(is_default(&chosen, "s-2"));
    assert_eq!(render(&*profile, &seen(&["s-2", "s-3"]), &chosen), chosen);
    assert_eq!(profile.own_part(chosen.as_bytes()), profile.own_part(written.as_bytes()));
    let without = render(&*profile, &seen(&["s-3"]), &chosen);
    assert!(is_default(&without, "s-3"), "the one that was chosen is gone");
}

#[test]
fn a_login_without_subscriptions_is_one_to_the_tenant() {
    let [_, profile] = outputs(Config::default());
    let written = render(&*profile, &seen(&[]), "{}");
    assert!(written.contains("N/A(tenant level account)") && written.contains(r#""id":"t-1""#), "{written}");
    let written = render(&*profile, &seen(&["s-2"]), &written);
    assert!(!written.contains("N/A(tenant level account)"), "{written}");
}

#[test]
fn a_subscription_that_another_login_has_stays_with_it() {
    let [_, profile] = outputs(Config::default());
    let written = render(&*profile, &seen(&["s-1", "s-2"]), ALICE);
    assert!(written.contains("named s-2") && !written.contains("named s-1"), "{written}");
    let failure = profile.render(&seen(&["s-1"]), Some(ALICE.as_bytes())).unwrap_err();
    assert!(failure.to_string().contains("alice@acme.dev"), "{failure}");
}

#[test]
fn while_the_subscriptions_are_not_known_those_that_are_there_stay() {
    let [_, profile] = outputs(Config::default());
    let unknown = credential()
        .with(Field::CLIENT_ID, Secret::new("c-1"))
        .with(Field::TENANT_ID, Secret::new("t-1"))
        .with(Field::CLOUD, Secret::new("public"));
    assert_eq!(profile.render(&unknown, Some(b"{}")).unwrap_err().advice(), Advice::RETRY);
    let written = render(&*profile, &seen(&["s-2"]), ALICE);
    assert_eq!(render(&*profile, &unknown, &written), written);
}

#[test]
fn the_cloud_has_the_name_that_az_has_for_it() {
    let us = seen(&["s-2"]).with(Field::CLOUD, Secret::new("usgovernment"));
    let [_, profile] = outputs(Config::default());
    assert!(render(&*profile, &us, "{}").contains("\"AzureUSGovernment\""));
    let [_, profile] = outputs(Config { cloud_name: Some("mine".into()), ..Config::default() });
    let written = render(&*profile, &us, ALICE);
    assert!(written.contains("\"mine\"") && written.contains(r#""isDefault":true"#), "{written}");
}

#[test]
fn files_that_are_not_az_s_are_left_alone() {
    let [entries, profile] = outputs(Config::default());
    for text in ["{}", "[", "\"a\"", "null"] {
        assert!(entries.render(&seen(&[]), Some(text.as_bytes())).is_err(), "{text}");
        assert_eq!(entries.retract(text.as_bytes()).unwrap(), text.as_bytes());
    }
    for text in ["[]", "{", "{\"subscriptions\": {}}", "\u{feff}"] {
        assert!(profile.render(&seen(&[]), Some(text.as_bytes())).is_err(), "{text:?}");
    }
    assert!(entries.render(&seen(&[]), Some(b"\xff")).is_err());
}

#[test]
fn an_encrypted_store_is_told_of() {
    let [entries, _] = outputs(Config::default());
    let told = |text: &str| entries.shadows(&|_| Some(text.as_bytes().to_vec())).len();
    assert_eq!(told("[core]\nencrypt_token_cache = true\n"), 1);
    assert_eq!(told("[core]\nencrypt_token_cache = false\n[x]\nencrypt_token_cache = true\n"), 0);
    assert_eq!(told(""), 0);
}

#[test]
fn a_folder_must_be_absolute() {
    let error = Config { folder: Some("az".into()), ..Config::default() }.build(&context()).unwrap_err();
    assert_eq!(error.key, Some("folder"));
}

proptest! {
    #[test]
    fn whatever_others_have_there_is_there_after_a_logout(
        ids in prop::collection::btree_set("o-[a-z]{1,3}", 0..4),
        mark in prop::bool::ANY,
        pretty in prop::bool::ANY,
        chosen in prop::option::of(0..4usize),
    ) {
        let one = |(index, id): (usize, &String)| json!({
            "id": id, "name": id, "state": "Enabled", "isDefault": Some(index) == chosen, "tenantId": "t-9",
            "environmentName": "AzureCloud", "user": {"name": "bob@acme.dev", "type": "user"},
        });
        let list: Vec<Value> = ids.iter().enumerate().map(one).collect();
        let file = json!({"installationId": "i", "subscriptions": list});
        let text = if pretty { format!("{file:#}") } else { file.to_string() };
        let text = format!("{}{text}", if mark { "\u{feff}" } else { "" });
        let [_, profile] = outputs(Config::default());
        let written = render(&*profile, &seen(&["s-2", "s-3"]), &text);
        let fewer = render(&*profile, &seen(&["s-3"]), &written);
        for version in [&written, &fewer] {
            prop_assert_eq!(profile.retract(version.as_bytes()).unwrap(), text.as_bytes());
        }
    }
}
