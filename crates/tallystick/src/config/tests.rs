//! The layers, and the annotated file against the structs.

use std::path::Path;

use clap::{Args, FromArgMatches};

use super::*;

/// The file that documents every setting.
const ANNOTATED: &str = include_str!("../../../../tallystick.toml");

fn parse(text: &str) -> Result<Layer, ConfigError> {
    file::parse(text, Path::new("t.toml"))
}

fn flags(flags: &[&str]) -> Layer {
    let command = Layer::augment_args(clap::Command::new("t").no_binary_name(true));
    Layer::from_arg_matches(&command.try_get_matches_from(flags).unwrap()).unwrap()
}

/// The annotated file with the settings themselves brought out of their comments: `#key = value` has a default, `# key = value` is an
/// example of a setting that is not set by default.
fn uncommented(also_examples: bool) -> String {
    let is_setting = |line: &str| line.split_once(" = ").is_some_and(|(key, _)| is_key(key));
    ANNOTATED
        .lines()
        .map(|line| match (line.strip_prefix("# "), line.strip_prefix('#')) {
            (Some(example), _) if also_examples && is_setting(example) => example,
            (_, Some(default)) if is_setting(default) => default,
            _ => line,
        })
        .fold(String::new(), |text, line| text + line + "\n")
}

fn is_key(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-')
}

/// Every setting, to be compared.
fn shown(settings: Settings) -> String {
    format!("{settings:#?}")
}

#[test]
fn the_annotated_file_as_it_stands_changes_nothing() {
    assert_eq!(shown(Settings::resolve(parse(ANNOTATED).unwrap())), shown(Settings::default()));
}

#[test]
fn the_annotated_file_shows_every_setting_with_its_default() {
    let file: toml::Table = uncommented(false).parse().unwrap();
    let shown: toml::Table = uncommented(true).parse().unwrap();
    for setting in Layer::described() {
        let find = |file: &toml::Table| file.get(setting.section).and_then(|table| table.get(setting.key())).cloned();
        let default = find(&file).map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned));
        assert_eq!(default, setting.default, "[{}] {}", setting.section, setting.key());
        assert!(find(&shown).is_some(), "[{}] lacks an example of {}", setting.section, setting.key());
        assert!(ANNOTATED.contains(setting.variable), "{} is not named", setting.variable);
    }
}

#[test]
fn the_annotated_file_without_comments_parses_to_the_defaults() {
    assert_eq!(shown(Settings::resolve(parse(&uncommented(false)).unwrap())), shown(Settings::default()));
    // Its examples parse as well, so that none of them names a key that does not exist.
    parse(&uncommented(true)).unwrap();
}

#[test]
fn a_setting_has_one_name() {
    for setting in Layer::described() {
        assert_eq!(setting.variable, format!("TALLYSTICK_{}", setting.name.to_uppercase()));
    }
}

#[test]
fn flags_lie_over_the_file_and_the_file_over_the_defaults() {
    let file = parse("[database]\nwrite-group = 7\nwrite-queue = 9\n[limits]\nrate-limit = \"off\"").unwrap();
    let settings = Settings::resolve(flags(&["--write-group", "1"]).over(file));
    assert_eq!(settings.database.write_group, 1);
    assert_eq!(settings.database.write_queue, 9);
    assert_eq!(settings.limits.rate_limit, Rate::Off);
    assert_eq!(settings.server, Server::default());
}

#[test]
fn an_unknown_key_is_named_with_its_line() {
    let error = parse("[server]\nlisten = \"127.0.0.1:0\"\nlisten-port = 1\n").unwrap_err().to_string();
    assert!(error.contains("t.toml") && error.contains("line 3") && error.contains("listen-port"), "{error}");
    let error = parse("[servers]\n").unwrap_err().to_string();
    assert!(error.contains("line 1") && error.contains("servers"), "{error}");
}

#[test]
fn a_wrong_value_is_named_with_its_line_and_the_remedy() {
    let error = parse("[server]\n\nheader-timeout = \"soon\"").unwrap_err().to_string();
    assert!(error.contains("line 3") && error.contains("`soon`") && error.contains("such as 30s"), "{error}");
}

#[test]
fn a_password_is_not_shown_with_what_is_wrong() {
    let smpp = "[channels.main]\nkind = \"smpp\"\n";
    for (text, line, told) in [
        (format!("{smpp}password = \"hunter22\nhost = \"a\"\n"), "line 3", "string"),
        (format!("{smpp}password = hunter22\n"), "line 3", "quoted"),
        (format!("{smpp}password = 22222222\n"), "line 1", "must be a text between quotes, in `password`"),
        (format!("{smpp}password = 'a'\npassword = 'hunter22'\n"), "line 4", "duplicate key"),
        ("[channels]\npassword = 'hunter22'\n".to_owned(), "line 2", "[channels.NAME]"),
    ] {
        let error = parse(&text).unwrap_err();
        let shown = error.to_string();
        assert!(shown.contains(line) && shown.contains(told), "{shown}");
        for secret in ["hunter22", "22222222"] {
            assert!(!format!("{shown} {error:?}").contains(secret), "{shown}");
        }
    }
}

/// The tables that are in the file alone, which stand in its comments, three blanks in.
fn tables_of_the_file_alone() -> String {
    ANNOTATED.lines().filter_map(|line| line.strip_prefix("#   ")).flat_map(|line| [line, "\n"]).collect()
}

#[test]
fn the_annotated_file_shows_every_plan_with_its_defaults() {
    let lending = parse(&tables_of_the_file_alone()).unwrap().lending.made().unwrap();
    let defaults = domain::lending::Lending::default();
    assert_eq!(lending.plans().collect::<Vec<_>>(), defaults.plans().collect::<Vec<_>>());
    assert_eq!(lending.regular(), defaults.regular());
}

#[test]
fn a_wrong_plan_is_told_at_start() {
    let error = Settings::of(parse("[[lending.plan]]\nid = 4\nterms = []").unwrap(), None).unwrap_err().to_string();
    assert!(error.contains("`lending`: plan 4: terms"), "{error}");
    let error = parse("[[lending.plan]]\nid = 4\nrate = \"9.99\"").unwrap_err().to_string();
    assert!(error.contains("line 3") && error.contains("such as \"9.99%\""), "{error}");
}

#[test]
fn the_channels_of_the_annotated_file_can_be_made() {
    let text = tables_of_the_file_alone();
    let directory = tempfile::tempdir().unwrap();
    let trusted = directory.path().join("ca.pem");
    std::fs::write(&trusted, rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap().cert.pem()).unwrap();
    let text = text.replace("/etc/tallystick/ca.pem", trusted.to_str().unwrap());
    let channels = parse(&text).unwrap().channels;
    let mut kinds: Vec<_> = channels.values().map(|channel| channel.kind.name()).collect();
    kinds.sort_unstable();
    assert_eq!(kinds, ["console", "drop", "e-invoice-http", "http-gateway", "mail-folder", "smpp", "smtp"]);
    for (name, channel) in &channels {
        crate::providers::check(name, channel).unwrap();
    }
}

#[test]
fn a_certificate_needs_its_key() {
    let error = Settings::resolve(flags(&["--tls-cert", "a.pem"])).checked().unwrap_err().to_string();
    assert!(error.contains("tls-key"), "{error}");
}

#[test]
fn numbers_that_would_stop_everything_are_refused() {
    for flag in
        ["--max-connections", "--write-group", "--write-queue", "--read-connections", "--connections", "--body-limit"]
    {
        let error = Settings::resolve(flags(&[flag, "0"])).checked().unwrap_err().to_string();
        assert!(error.contains(flag.trim_start_matches('-')), "{error}");
    }
}

#[test]
fn a_file_that_was_asked_for_must_be_there() {
    let error = Settings::load(Layer::default(), Some("no/such/file.toml".into()), Layer::default()).unwrap_err();
    assert!(matches!(error, ConfigError::Unreadable { .. }), "{error}");
}

#[test]
fn a_proxy_without_a_public_address_is_noticed() {
    let is_noticed = |text: &str| Settings::resolve(parse(text).unwrap()).is_behind_unnamed_proxy();
    assert!(is_noticed("[limits]\ntrusted-proxies = \"192.0.2.1\""));
    assert!(!is_noticed(
        "[limits]\ntrusted-proxies = \"192.0.2.1\"\n[onboarding]\npublic-url = \"https://api.example.com\""
    ));
    assert!(!is_noticed(""));
}
