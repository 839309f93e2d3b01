//! The README says what is true: its table of settings is what `--help` says.

use std::collections::BTreeMap;
use std::path::Path;

use clap::{Arg, Args, Command};
use medicalpro::config::{BootstrapSettings, ProvisionerSettings, ServeSettings, VerifySettings, WorkerSettings};

const BEGIN: &str = "<!-- settings:begin -->\n";
const END: &str = "<!-- settings:end -->";

/// A setting, and the commands that take it.
struct Setting {
    commands: Vec<&'static str>,
    default: String,
    help: String,
}

/// Settings by their variable, from what clap knows.
fn settings() -> BTreeMap<String, Setting> {
    let commands = [
        ("serve", ServeSettings::augment_args(Command::new("serve"))),
        ("worker", WorkerSettings::augment_args(Command::new("worker"))),
        ("bootstrap", BootstrapSettings::augment_args(Command::new("bootstrap"))),
        ("migrate", ProvisionerSettings::augment_args(Command::new("migrate"))),
        ("clinics", ProvisionerSettings::augment_args(Command::new("clinics"))),
        ("verify", VerifySettings::augment_args(Command::new("verify"))),
    ];
    let mut settings = BTreeMap::<String, Setting>::new();
    for (name, command) in &commands {
        for argument in command.get_arguments() {
            let Some(variable) = argument.get_env() else { panic!("{} has no variable", argument.get_id()) };
            let found = Setting { commands: vec![], default: default_of(argument), help: help_of(argument) };
            let setting = settings.entry(variable.to_str().unwrap().to_owned()).or_insert(found);
            assert_eq!((&setting.default, &setting.help), (&default_of(argument), &help_of(argument)));
            setting.commands.push(name);
        }
    }
    settings
}

fn default_of(argument: &Arg) -> String {
    match argument.get_default_values() {
        [] => String::new(),
        values => format!("`{}`", values.iter().map(|value| value.to_str().unwrap()).collect::<Vec<_>>().join(",")),
    }
}

fn help_of(argument: &Arg) -> String {
    let help = argument.get_long_help().or(argument.get_help()).unwrap_or_else(|| panic!("{}", argument.get_id()));
    help.to_string().split_whitespace().collect::<Vec<_>>().join(" ").replace('|', "\\|")
}

fn table() -> String {
    let row = |(variable, Setting { commands, default, help }): (String, Setting)| {
        let commands: Vec<String> = commands.iter().map(|command| format!("`{command}`")).collect();
        format!("| `{variable}` | {} | {default} | {help} |\n", commands.join(", "))
    };
    let head = "| setting | command | default | what it is |\n| --- | --- | --- | --- |\n".to_owned();
    [head].into_iter().chain(settings().into_iter().map(row)).collect()
}

fn readme() -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).expect("README.md")
}

#[test]
fn the_table_of_settings_is_what_the_commands_take() {
    let readme = readme();
    let (_, rest) = readme.split_once(BEGIN).expect("README.md has a table of settings");
    let (written, _) = rest.split_once(END).expect("the table of settings ends");
    let right = table();
    assert!(written == right, "README.md's table of settings should be:\n\n{BEGIN}{right}{END}\n");
}

#[test]
fn no_default_is_a_secret() {
    let settings = settings();
    assert!(settings.len() > 15, "only {}", settings.len());
    for secret in [
        "MEDICALPRO_MASTER_KEYS",
        "MEDICALPRO_DATABASE_URL",
        "MEDICALPRO_PROVISIONER_URL",
        "MEDICALPRO_ADMIN_URL",
        "MEDICALPRO_MAIL",
    ] {
        assert_eq!(settings[secret].default, "", "{secret}");
        assert_eq!(settings[&format!("{secret}_FILE")].default, "", "{secret}, which may be in a file");
    }
}

#[test]
fn the_commands_help_names_each_of_their_settings() {
    let settings = settings();
    for command in ["serve", "worker", "bootstrap", "migrate", "clinics", "verify"] {
        let binary = std::process::Command::new(env!("CARGO_BIN_EXE_medicalpro"))
            .args([command, "--help"])
            .env_clear()
            .output()
            .unwrap();
        let help = String::from_utf8(binary.stdout).unwrap().split_whitespace().collect::<Vec<_>>().join(" ");
        let theirs = settings.iter().filter(|(_, setting)| setting.commands.contains(&command));
        let named = |name: &str| help.contains(&format!("[env: {name}]")) || help.contains(&format!("[env: {name}=]"));
        let missing: Vec<&str> = theirs.map(|(name, _)| name.as_str()).filter(|name| !named(name)).collect();
        assert_eq!(missing, Vec::<&str>::new(), "{command} --help");
    }
}
