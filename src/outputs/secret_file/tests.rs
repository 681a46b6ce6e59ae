use serde_json::json;

use super::*;

fn context(template: Option<&str>, is_composed: bool) -> SecretContext {
    let environment = [("HOME", "/home/dev")].into_iter().collect();
    SecretContext { environment, owner: None, template: template.map(str::to_owned), is_composed }
}

fn write_in(context: &SecretContext, config: Value, data: &Value) -> Result<String, Failure> {
    let mut config = config;
    config["file"] = json!("~/secret");
    let config: Config = serde_json::from_value(config).unwrap();
    let secret = evercred_core::Secret::new(data.to_string());
    let credential =
        Credential::new("kv/data/app", std::time::SystemTime::UNIX_EPOCH).with(Field::DATA, secret);
    let output = config.build(context).unwrap().pop().unwrap();
    output.render(&credential, None).map(|bytes| String::from_utf8(bytes).unwrap())
}

fn write(config: Value, data: &Value) -> Result<String, Failure> {
    write_in(&context(None, false), config, data)
}

fn mistake(config: Value, context: &SecretContext) -> BuildError {
    serde_json::from_value::<Config>(config).unwrap().build(context).unwrap_err()
}

#[test]
fn json_is_the_format_of_a_secret_that_names_none() {
    assert_eq!(write(json!({}), &json!({"b": 1, "a": "x"})).unwrap(), "{\n  \"a\": \"x\",\n  \"b\": 1\n}\n");
}

#[test]
fn one_field_is_written_bare_also_from_inside() {
    let data = json!({"db": {"password": "p w"}, "a.b": 7, "list": [1]});
    assert_eq!(write(json!({"field": "db.password"}), &data).unwrap(), "p w");
    assert_eq!(write(json!({"field": "a.b"}), &data).unwrap(), "7");
    let failure = write(json!({"field": "pasword"}), &data).unwrap_err();
    assert_eq!(
        (failure.to_string().as_str(), failure.remedy()),
        (
            "failed to render the secret (/home/dev/secret): the secret has no field `pasword`",
            Some("There are: a.b, db.password, list.")
        )
    );
    assert!(write(json!({"field": "list"}), &data).is_err());
}

#[test]
fn variables_are_quoted_only_where_they_have_to_be() {
    let data =
        json!({"URL": "postgres://u:p@h/d?a=b", "KEY": "a\nb $c", "EMPTY": "", "PORT": 5432, "LIST": [1]});
    let written = write(json!({"format": "dotenv"}), &data).unwrap();
    assert_eq!(written, "EMPTY=\nKEY='a\nb $c'\nLIST='[1]'\nPORT=5432\nURL='postgres://u:p@h/d?a=b'\n");
}

#[test]
fn variables_that_readers_would_misread_are_refused_by_name_alone() {
    for value in ["it's", "back\\\\slash", "end \\"] {
        let failure = write(json!({"format": "dotenv"}), &json!({ "KEY": value })).unwrap_err();
        assert!(failure.to_string().contains("`KEY`") && !failure.to_string().contains(value), "{failure}");
    }
    assert!(write(json!({"format": "dotenv"}), &json!({"a-b": 1})).is_err());
}

#[test]
fn the_variables_of_several_reads_stand_together_unless_their_names_clash() {
    let composed = context(None, true);
    let dotenv = |data| write_in(&composed, json!({"format": "dotenv"}), &data);
    assert_eq!(dotenv(json!({"db": {"PASSWORD": "p"}, "app": {"KEY": "k"}})).unwrap(), "KEY=k\nPASSWORD=p\n");
    assert!(
        dotenv(json!({"db": {"KEY": "p"}, "app": {"KEY": "k"}})).unwrap_err().to_string().contains("`KEY`")
    );
}

#[test]
fn a_certificate_comes_before_its_chain_and_its_key() {
    let data = json!({"certificate": "C\n", "issuing_ca": "I", "ca_chain": ["A", "B"], "private_key": "K"});
    assert_eq!(write(json!({"format": "pem"}), &data).unwrap(), "C\nA\nB\nK\n");
    let chosen = json!({"format": "pem", "contents": ["private-key", "certificate"]});
    assert_eq!(write(chosen, &data).unwrap(), "K\nC\n");
    let signed = json!({"certificate": "C", "issuing_ca": "I", "ca_chain": null});
    assert_eq!(write(json!({"format": "pem"}), &signed).unwrap(), "C\nI\n");
    let failure = write(json!({"format": "pem", "contents": ["private-key"]}), &signed).unwrap_err();
    assert!(failure.to_string().ends_with("the secret has no private key"), "{failure}");
}

#[test]
fn a_template_has_each_field_by_its_name_and_all_of_them_as_data() {
    let template = "{{ user }}:{{ password|tojson }}\n{% for key in data %}{{ key }} {% endfor %}<&>\n";
    let written =
        write(json!({ "template": template }), &json!({"user": "u", "password": "a\"b'<"})).unwrap();
    assert_eq!(written, "u:\"a\\\"b'<\"\npassword user <&>\n");
    let composed = context(Some("{{ db.username }}@{{ app.host }}"), true);
    let data = json!({"db": {"username": "u"}, "app": {"host": "h"}});
    assert_eq!(write_in(&composed, json!({"template_file": "/t"}), &data).unwrap(), "u@h");
}

#[test]
fn a_name_that_is_not_there_is_an_error_with_its_line_and_the_names_there_are() {
    let template = "user = {{ username }}\npassword = {{ pasword }}\n";
    let failure =
        write(json!({ "template": template }), &json!({"username": "u", "password": "hunter2"})).unwrap_err();
    assert!(
        failure
            .to_string()
            .ends_with("line 2 of the template uses a name that is not there: password = {{ pasword }}")
    );
    assert_eq!(failure.remedy(), Some("There are: password, username."));
    let nested =
        write(json!({"template": "{{ db.pasword }}"}), &json!({"db": {"password": "hunter2"}})).unwrap_err();
    assert_eq!(nested.remedy(), Some("There are: db.password."));
}

#[test]
fn an_error_of_a_template_never_shows_a_value() {
    let data = json!({"password": "hunter2", "list": ["hunter2"]});
    for template in [
        "{{ password|int }}",
        "{{ password + 1 }}",
        "{{ password.x.y }}",
        "{{ password() }}",
        "{% for x in 5 %}{% endfor %}",
    ] {
        let failure = write(json!({ "template": template }), &data).unwrap_err();
        let shown = format!("{failure} {failure:?} {:?}", failure.remedy());
        assert!(shown.contains("line 1") && !shown.contains("hunter2"), "{shown}");
    }
}

#[test]
fn a_template_that_is_no_template_is_a_mistake_of_its_key_with_its_line() {
    let error = mistake(json!({"file": "/f", "template": "a\n{% if b %}\n"}), &context(None, false));
    assert_eq!(error.key, Some("template"));
    assert!(error.message.starts_with("line "), "{error}");
    let error = mistake(json!({"file": "/f", "template_file": "/t"}), &context(Some("{{ a"), false));
    assert_eq!(error.key, Some("template_file"));
}

#[test]
fn keys_that_contradict_one_another_are_mistakes() {
    let cases = [
        (json!({"file": "secret"}), "file"),
        (json!({"file": "/f", "format": "raw"}), "format"),
        (json!({"file": "/f", "format": "template"}), "format"),
        (json!({"file": "/f", "format": "json", "field": "a"}), "field"),
        (json!({"file": "/f", "field": "a", "contents": []}), "contents"),
        (json!({"file": "/f", "template": "a", "template_file": "/t"}), "template_file"),
    ];
    for (config, key) in cases {
        assert_eq!(mistake(config, &context(Some("a"), false)).key, Some(key));
    }
    assert_eq!(mistake(json!({"file": "/f", "format": "pem"}), &context(None, true)).key, Some("format"));
}
