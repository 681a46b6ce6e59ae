use proptest::prelude::*;
use serde_json::json;

use super::*;

fn add(text: &str, value: &Value) -> String {
    let list = JsonList::whole(text).unwrap();
    list.edited(&vec![Fate::Stays; list.items.len()], std::slice::from_ref(value))
}

fn remove(text: &str, value: &Value) -> String {
    let list = JsonList::whole(text).unwrap();
    let fate = |item: &Item| if item.value == *value { Fate::Goes } else { Fate::Stays };
    list.edited(&list.items.iter().map(fate).collect::<Vec<_>>(), &[])
}

#[test]
fn an_item_is_added_in_the_manner_of_the_others() {
    let ours = json!({"a": 1});
    for (before, after) in [
        ("[]", r#"[{"a":1}]"#),
        ("[ ]\n", "[{\"a\":1} ]\n"),
        (r#"[{"b": 1.50}]"#, r#"[{"b": 1.50}, {"a":1}]"#),
        ("[\n    {\n        \"b\": 1e3\n    }\n]", "[\n    {\n        \"b\": 1e3\n    },\n    {\"a\":1}\n]"),
        ("\u{feff}[1,2]", "\u{feff}[1,2,{\"a\":1}]"),
    ] {
        assert_eq!(add(before, &ours), after);
        assert_eq!(remove(after, &ours), before);
    }
}

#[test]
fn the_first_the_middle_and_the_last_can_go() {
    let text = r#"[ {"a":1}, {"b":2} ,{"c":3} ]"#;
    assert_eq!(remove(text, &json!({"a": 1})), r#"[ {"b":2} ,{"c":3} ]"#);
    assert_eq!(remove(text, &json!({"b": 2})), r#"[ {"a":1} ,{"c":3} ]"#);
    assert_eq!(remove(text, &json!({"c": 3})), r#"[ {"a":1}, {"b":2} ]"#);
}

#[test]
fn a_list_is_found_under_its_key_and_the_last_of_two_counts() {
    let text = "\u{feff}{\"list\": [], \"x\": {\"list\": [7]}, \"list\" : [ 1, \"]\" ]}";
    let list = JsonList::member(text, "list").unwrap();
    assert_eq!(list.items.iter().map(|item| item.value.clone()).collect::<Vec<_>>(), [json!(1), json!("]")]);
    let edited = list.edited(&[Fate::Becomes(json!("one")), Fate::Goes], &[]);
    assert_eq!(edited, "\u{feff}{\"list\": [], \"x\": {\"list\": [7]}, \"list\" : [ \"one\" ]}");
    assert!(JsonList::member(text, "x").is_none() && JsonList::member(text, "y").is_none());
}

#[test]
fn a_list_that_is_not_there_is_made() {
    for (text, made) in [
        ("{}", r#"{"l": []}"#),
        ("{ }", r#"{"l": [] }"#),
        ("\u{feff}{\"id\": \"a\"\n}\n", "\u{feff}{\"id\": \"a\", \"l\": []\n}\n"),
    ] {
        assert_eq!(with_member(text, "l").as_deref(), Some(made));
    }
    assert!(with_member("[]", "l").is_none());
}

#[test]
fn what_is_no_json_is_nothing() {
    for text in ["", "[", "[1,]", "[1 2]", "{", "\u{feff}", "{\"a\" 1}", "[1] 2"] {
        assert!(JsonList::whole(text).is_none(), "{text:?}");
        assert!(JsonList::member(text, "a").is_none() && with_member(text, "a").is_none(), "{text:?}");
    }
}

/// JSON as somebody might have written it, with white space anywhere.
fn list() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("null".to_owned()),
        "-?[1-9][0-9]{0,9}(\\.[0-9]{1,4})?",
        "\"[a-z\\[\\]{},: é]{0,9}\""
    ];
    let space = || "[ \n\t\r]{0,3}";
    let items = move |item: BoxedStrategy<String>| {
        let padded = (space(), item, space()).prop_map(|(before, item, after)| before + &item + &after);
        (prop::collection::vec(padded, 0..4), space())
            .prop_map(|(items, space)| if items.is_empty() { space } else { items.join(",") })
    };
    let value = leaf.prop_recursive(3, 12, 4, move |inner| {
        let member = ("\"[a-z]{1,4}\"", inner.clone()).prop_map(|(key, value)| format!("{key}: {value}"));
        prop_oneof![
            items(inner.boxed()).prop_map(|items| format!("[{items}]")),
            items(member.boxed()).prop_map(|items| format!("{{{items}}}")),
        ]
    });
    (prop::bool::ANY, space(), items(value.boxed()), space()).prop_map(|(mark, before, items, after)| {
        format!("{}{before}[{items}]{after}", if mark { "\u{feff}" } else { "" })
    })
}

proptest! {
    #[test]
    fn what_was_added_can_be_taken_out_to_the_byte(text in list()) {
        let ours = json!({"evercred": "azure.default"});
        let with = add(&text, &ours);
        prop_assert!(JsonList::whole(&with).unwrap().items.last().unwrap().value == ours, "{with:?}");
        prop_assert_eq!(remove(&with, &ours), text);
    }

    #[test]
    fn nothing_that_is_text_makes_it_stumble(text in "[\\[\\]{}\",:a1 \n\u{feff}é]{0,24}") {
        let _ = (JsonList::whole(&text), JsonList::member(&text, "a"), with_member(&text, "a"));
    }
}
