use proptest::prelude::*;

use super::*;

const COMMENT: &str = "# kept fresh by evercred (aws.default)";

fn part(force: bool) -> Part {
    Part {
        login: "aws.default".to_owned(),
        titles: vec!["default".to_owned(), "profile default".to_owned()],
        is_foreign: |key| matches!(key, "process" | "static" | "role"),
        force,
        recognised: vec![("process", "run me".to_owned())],
    }
}

fn entries() -> Vec<Entry> {
    let entry = |key, value: &str, yields| Entry { key, value: value.to_owned(), yields };
    vec![entry("process", "run me", false), entry("region", "eu-west-1", true)]
}

fn render(current: &str) -> String {
    String::from_utf8(part(false).render(current.as_bytes(), &entries()).unwrap()).unwrap()
}

fn force(current: &str) -> String {
    String::from_utf8(part(true).render(current.as_bytes(), &entries()).unwrap()).unwrap()
}

fn retract(current: &str) -> String {
    String::from_utf8(part(false).retract(current.as_bytes())).unwrap()
}

#[test]
fn a_new_section_goes_to_the_end_and_is_marked_as_ours() {
    insta::assert_snapshot!(render("[profile other]\nregion = us-east-1\n"), @r#"
    [profile other]
    region = us-east-1

    [default]
    # kept fresh by evercred (aws.default): this section, process, region; see "evercred status"
    process = run me
    region = eu-west-1
    "#);
}

#[test]
fn an_empty_file_gets_nothing_but_the_section() {
    insta::assert_snapshot!(render(""), @r#"
    [default]
    # kept fresh by evercred (aws.default): this section, process, region; see "evercred status"
    process = run me
    region = eu-west-1
    "#);
    assert_eq!(retract(&render("")), "");
}

#[test]
fn a_section_with_harmless_keys_is_shared() {
    let file = "# mine\n[default]\nregion = us-east-1\ns3 =\n  a = b\n\n# about prod\n[profile prod]\n";
    insta::assert_snapshot!(render(file), @r#"
    # mine
    [default]
    region = us-east-1
    s3 =
      a = b
    # kept fresh by evercred (aws.default): process; see "evercred status"
    process = run me

    # about prod
    [profile prod]
    "#);
}

#[test]
fn a_foreign_mechanism_is_refused_by_name() {
    let error = part(false).render(b"[default]\nSTATIC = 1\n", &entries()).unwrap_err();
    assert_eq!(error, Taken { title: "default".to_owned(), key: "static".to_owned() });
}

#[test]
fn a_foreign_mechanism_in_a_second_section_of_the_same_name_is_refused_too() {
    let error = part(false).render(b"[default]\n[profile  default]\nrole=r\n", &entries()).unwrap_err();
    assert_eq!(error.title, "profile  default");
}

#[test]
fn force_sets_foreign_keys_aside_and_retract_gives_them_back() {
    let file = "[default]\nstatic = 1\nprocess =\n  folded\nregion = us-east-1\n";
    insta::assert_snapshot!(force(file), @r#"
    [default]
    # set aside by evercred (aws.default): static = 1
    # set aside by evercred (aws.default): process =
    # set aside by evercred (aws.default):   folded
    region = us-east-1
    # kept fresh by evercred (aws.default): process; see "evercred status"
    process = run me
    "#);
    assert_eq!(retract(&force(file)), file);
}

#[test]
fn a_key_set_anew_after_it_was_set_aside_is_the_one_that_comes_back() {
    let edited = format!("{}static = 2\n", force("[default]\nstatic = 1\nregion = us-east-1\n"));
    let again = force(&edited);
    insta::assert_snapshot!(again, @r#"
    [default]
    # static = 1
    region = us-east-1
    # set aside by evercred (aws.default): static = 2
    # kept fresh by evercred (aws.default): process; see "evercred status"
    process = run me
    "#);
    insta::assert_snapshot!(retract(&again), @"
    [default]
    # static = 1
    region = us-east-1
    static = 2
    ");
}

#[test]
fn a_section_of_ours_that_somebody_used_since_stays_with_their_keys() {
    let used = format!("{}output = json\n", render("[a]\n"));
    assert_eq!(retract(&used), "[a]\n\n[default]\noutput = json\n");
    assert!(!render(&used).contains("this section"), "{}", render(&used));
}

#[test]
fn a_section_of_ours_stays_where_it_is_when_others_come_after_it() {
    let grown = format!("{}\n[b]\nc = d\n", render("[a]\n"));
    assert_eq!(render(&grown), grown);
}

#[test]
fn moved_doubled_and_edited_lines_of_ours_become_one_block_again() {
    let moved = format!(
        "[default]\nregion = eu\nprocess = old\n{COMMENT}: process; see\noutput = json\n{COMMENT}: process\nprocess = x\n"
    );
    let clean = render("[default]\nregion = eu\noutput = json\n");
    assert_eq!(render(&moved), clean);
}

#[test]
fn our_line_is_recognised_after_a_program_dropped_all_comments() {
    let clean = render("[default]\noutput = json\n");
    let bare: Vec<&str> = clean.lines().filter(|line| !line.starts_with('#')).collect();
    assert!(render(&bare.join("\n")).contains(COMMENT));
}

#[test]
fn our_keys_are_indented_like_keys_that_are_all_indented() {
    let file = render("[default]\n  region = a\n  output = b\n[b]\n");
    assert!(file.contains("  output = b\n  # kept") && file.contains("\n  process = run me\n[b]"), "{file}");
}

#[test]
fn our_keys_do_not_swallow_a_header_that_is_indented() {
    let file = "  [default]\n  region = a\n\n  [profile b]\n  region = c\n";
    assert!(render(file).contains("\n  process = run me\n\n  [profile b]\n"), "{}", render(file));
    assert_eq!(retract(&render(file)), file);
}

#[test]
fn the_same_comment_of_another_login_is_not_ours() {
    let file =
        "[default]\n# kept fresh by evercred (aws.prod): process; see \"evercred status\"\nprocess = p\n";
    assert_eq!(part(false).own_lines(file.as_bytes()), None);
    assert!(part(false).render(file.as_bytes(), &entries()).is_err());
}

#[test]
fn a_lone_carriage_return_at_the_end_is_not_taken_for_a_line_ending_of_ours() {
    let file = "[profile b]\r";
    assert_eq!(render(&render(file)), render(file));
    assert_eq!(retract(&render(file)), file);
}

#[test]
fn a_comment_that_stands_alone_at_the_end_goes_with_the_line_ending_before_it() {
    let [_, region] = entries().try_into().unwrap();
    let render = |file: &[u8]| part(false).render(file, std::slice::from_ref(&region)).unwrap();
    for file in [b"[default]\r\nregion = a".as_slice(), b"[default]\nregion = a\r", b"[default]\nregion = a"]
    {
        let rendered = render(file);
        assert!(rendered.ends_with(b"(nothing); see \"evercred status\""));
        assert_eq!(render(&rendered).escape_ascii().to_string(), rendered.escape_ascii().to_string());
        assert_eq!(
            part(false).retract(&rendered).escape_ascii().to_string(),
            file.escape_ascii().to_string()
        );
    }
}

/// Files as people have them, mixed with ones they cannot have.
fn file() -> impl Strategy<Value = Vec<u8>> {
    let line = prop_oneof![
        Just("[default]"),
        Just("[profile default]"),
        Just("  [default]"),
        Just("  [profile b]"),
        Just(" [c]"),
        Just("[profile b]"),
        Just("[default] ; c"),
        Just("region = x"),
        Just("  region: y"),
        Just("output=json"),
        Just("s3 ="),
        Just("\tnested = 1"),
        Just("static = 1"),
        Just("  role = 2"),
        Just("process ="),
        Just("process = other"),
        Just("# a = b"),
        Just("; c"),
        Just(""),
        Just("   "),
        Just("odd"),
        Just("\u{FEFF}"),
        Just("\u{FEFF}[default]"),
        Just("\r"),
        Just("# set aside by somebody"),
        Just("= empty"),
    ];
    let ending = prop_oneof![Just("\n"), Just("\r\n"), Just("\r"), Just("\n\n")];
    let lines = prop::collection::vec((line, ending), 0..12).prop_map(|lines| {
        lines.into_iter().flat_map(|(line, ending)| [line, ending]).collect::<String>().into_bytes()
    });
    let cut = (lines, 0_usize..3).prop_map(|(mut file, cut)| {
        file.truncate(file.len().saturating_sub(cut));
        file
    });
    prop_oneof![4 => cut, 1 => prop::collection::vec(any::<u8>(), 0..64)]
}

proptest! {
    #[test]
    fn rendering_twice_changes_nothing(file in file()) {
        let once = part(true).render(&file, &entries()).unwrap();
        let twice = part(true).render(&once, &entries()).unwrap();
        prop_assert_eq!(once.escape_ascii().to_string(), twice.escape_ascii().to_string());
    }

    #[test]
    fn retracting_gives_back_every_byte(file in file()) {
        let rendered = part(true).render(&file, &entries()).unwrap();
        let back = part(false).retract(&rendered);
        prop_assert_eq!(back.escape_ascii().to_string(), file.escape_ascii().to_string());
    }

    #[test]
    fn every_line_of_others_stays_in_order(file in file()) {
        let rendered = part(true).render(&file, &entries()).unwrap();
        let prefix = part(true).aside_prefix();
        let mut rest = rendered.split_inclusive(|byte| *byte == b'\n');
        for line in file.split_inclusive(|byte| *byte == b'\n') {
            let same = |found: &[u8]| {
                let found = found.strip_prefix(prefix.as_bytes()).unwrap_or(found);
                found == line || (!line.ends_with(b"\n") && found.trim_ascii() == line.trim_ascii())
            };
            prop_assert!(rest.any(same), "{} lost", line.escape_ascii());
        }
    }

    #[test]
    fn our_keys_stand_once_in_the_section_and_are_read_as_keys(file in file()) {
        let rendered = part(true).render(&file, &entries()).unwrap();
        let ini = Ini::parse(&rendered);
        let here = ini.sections(|title| part(true).is_here(title));
        let keys = ini.lines.iter().filter(|line| here.contains(&line.section)).filter_map(|line| line.key());
        prop_assert_eq!(keys.filter(|key| *key == "process").count(), 1);
    }

    #[test]
    fn what_is_not_ours_is_never_claimed(file in file()) {
        prop_assert_eq!(part(true).own_lines(&file), None);
        let back = part(true).retract(&file);
        prop_assert_eq!(back, file);
    }
}
