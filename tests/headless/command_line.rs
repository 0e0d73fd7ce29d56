//! The command line: what is understood, what is refused, and its help.

use std::ffi::OsString;
use std::time::Duration;

use clap::CommandFactory;
use clap::error::ErrorKind;
use mcloud::cli::{Cli, Command, Look, Token, parse_from};
use rstest::rstest;

fn parse(line: &str) -> Result<Cli, clap::Error> {
    parse_from(line.split(' ').map(OsString::from))
}

#[test]
fn nothing_said_is_no_error() {
    let cli = parse("mcloud").expect("it is understood");
    assert!(cli.command.is_none());
    assert_eq!(cli.common.look, Look::Auto);
    assert!(!cli.common.json && !cli.common.lines && cli.common.state_dir.is_none());
}

#[test]
fn what_every_command_takes_may_stand_behind_it() {
    let cli = parse("mcloud node list --json --state-dir /tmp/x --look ascii").expect("understood");
    assert!(cli.common.json);
    assert_eq!(cli.common.look, Look::Ascii);
    assert_eq!(cli.common.state_dir, Some("/tmp/x".into()));
}

#[test]
fn a_rehearsal_has_three_pis_at_the_speed_of_life() {
    let Some(Command::Rehearse(rehearse)) = parse("mcloud rehearse").expect("understood").command
    else {
        panic!("a rehearsal");
    };
    assert_eq!((rehearse.nodes, rehearse.seed), (3, 1));
    assert!((rehearse.speed - 1.0).abs() < f64::EPSILON);
    assert!(rehearse.fault.is_empty() && rehearse.preseed.is_none());
}

#[test]
fn faults_may_be_given_more_than_once() {
    let line = "mcloud rehearse --nodes 5 --speed 20 --fault a.b@c=d --fault e.f@g=h,2x";
    let Some(Command::Rehearse(rehearse)) = parse(line).expect("understood").command else {
        panic!("a rehearsal");
    };
    assert_eq!(rehearse.fault, ["a.b@c=d", "e.f@g=h,2x"]);
    assert_eq!(rehearse.nodes, 5);
}

#[rstest]
#[case("mcloud token create --node pi-b", 3_600)]
#[case("mcloud token create --node pi-b --ttl 30min", 1_800)]
#[case("mcloud token create --node pi-b --ttl 30days", 2_592_000)]
fn a_token_lasts_an_hour_or_what_is_said(#[case] line: &str, #[case] seconds: u64) {
    let Some(Command::Token(Token::Create { node, ttl })) =
        parse(line).expect("understood").command
    else {
        panic!("a token");
    };
    assert_eq!(node, "pi-b");
    assert_eq!(ttl, Duration::from_secs(seconds));
}

#[rstest]
#[case("mcloudd")]
#[case("/usr/bin/mcloud-agent --state-dir /tmp/x")]
#[case("mcloud daemon")]
fn under_its_daemons_names_mcloud_is_the_daemon(#[case] line: &str) {
    let cli = parse(line).expect("understood");
    assert!(matches!(cli.command, Some(Command::Daemon)), "{cli:?}");
}

#[rstest]
#[case::unknown_command("mcloud frobnicate", ErrorKind::InvalidSubcommand)]
#[case::unknown_flag("mcloud init --force", ErrorKind::UnknownArgument)]
#[case::two_faces("mcloud init --json --lines", ErrorKind::ArgumentConflict)]
#[case::two_tokens("mcloud join --token T --token-file F", ErrorKind::ArgumentConflict)]
#[case::no_pis("mcloud rehearse --nodes 0", ErrorKind::ValueValidation)]
#[case::standstill("mcloud rehearse --speed 0", ErrorKind::ValueValidation)]
#[case::no_speed("mcloud rehearse --speed NaN", ErrorKind::ValueValidation)]
#[case::bad_name("mcloud token create --node Pi_B", ErrorKind::ValueValidation)]
#[case::no_node("mcloud token create", ErrorKind::MissingRequiredArgument)]
#[case::unit_forgotten("mcloud token create --node a --ttl 60", ErrorKind::ValueValidation)]
#[case::too_long(
    "mcloud token create --node a --ttl 31days",
    ErrorKind::ValueValidation
)]
#[case::no_look("mcloud --look pink", ErrorKind::InvalidValue)]
#[case::dry_run_of_nothing("mcloud init --dry-run", ErrorKind::MissingRequiredArgument)]
#[case::half_a_command("mcloud node", ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand)]
fn a_mistake_is_refused_with_exit_code_2(#[case] line: &str, #[case] kind: ErrorKind) {
    let error = parse(line).expect_err("it is a mistake");
    assert_eq!(error.kind(), kind, "{error}");
    assert_eq!(error.exit_code(), 2);
}

#[rstest]
#[case("mcloud --version")]
#[case("mcloud token create --help")]
fn help_and_version_end_with_exit_code_0(#[case] line: &str) {
    assert_eq!(parse(line).expect_err("it ends here").exit_code(), 0);
}

#[test]
fn a_token_on_the_command_line_is_never_printed() {
    let cli = parse("mcloud join --token very-secret").expect("understood");
    assert!(!format!("{cli:?}").contains("very-secret"));
    let error = parse("mcloud join --token very-secret --token-file f").expect_err("a conflict");
    assert!(!error.to_string().contains("very-secret"));
}

#[test]
fn help_is_short_and_plain() {
    let mut root = Cli::command().term_width(80);
    root.build();
    let mut pages = vec![root.render_help().to_string()];
    for command in root
        .get_subcommands_mut()
        .filter(|command| !command.is_hide_set())
    {
        pages.push(command.render_help().to_string());
        pages.extend(
            command
                .get_subcommands_mut()
                .map(|command| command.render_help().to_string()),
        );
    }
    insta::assert_snapshot!(pages.join("\n────────\n"));
}

#[test]
fn the_command_line_is_well_formed() {
    Cli::command().debug_assert();
}
