//! What the operator's shell is given: completions and the manual.

use std::io::{ErrorKind, Write};
use std::path::Path;

use clap::{Command, CommandFactory};

use super::Exit;
use crate::cli::{Cli, Completions, Man};

/// What clap does not know of mcloud: exit status, files, environment, examples.
const SECTIONS: &str = include_str!("../../assets/man-sections.roff");

/// How lines begin that every piece of a page has and the whole has once: the macros' prologue and
/// the headings of sections.
const ONCE: [&str; 3] = [".ie ", ".el ", ".SH "];

/// Prints the completions for a shell.
pub(super) fn completions(asked: &Completions) -> Result<u8, Exit> {
    let mut script = Vec::new();
    clap_complete::generate(asked.shell, &mut shown(), "mcloud", &mut script);
    print(&script)
}

/// Prints the manual page, or writes it and those of the commands into a directory.
pub(super) fn man(asked: &Man) -> Result<u8, Exit> {
    let failed = |error| Exit::failed(format_args!("the page could not be made: {error}"));
    let whole = page().map_err(failed)?;
    let Some(dir) = &asked.dir else {
        return print(&whole);
    };
    write_pages(&whole, dir).map_err(|error| {
        let dir = dir.display();
        Exit::failed(format_args!(
            "the pages could not be written into {dir}: {error}"
        ))
    })?;
    Ok(0)
}

/// The command line without the commands that nobody is to type.
fn shown() -> Command {
    let whole = Cli::command();
    let commands = whole
        .get_subcommands()
        .filter(|command| !command.is_hide_set());
    let mut shown = Command::new("mcloud")
        .disable_help_subcommand(true)
        .args(whole.get_arguments().cloned())
        .subcommands(commands.cloned());
    if let Some(about) = whole.get_about() {
        shown = shown.about(about.clone());
    }
    shown.version(env!("CARGO_PKG_VERSION"))
}

/// mcloud(1): all commands on one page.
fn page() -> std::io::Result<Vec<u8>> {
    let root = titled(shown());
    let mut page = Vec::new();
    root.render_title(&mut page)?;
    root.render_name_section(&mut page)?;
    root.render_synopsis_section(&mut page)?;
    root.render_description_section(&mut page)?;
    root.render_options_section(&mut page)?;
    page.extend_from_slice(b".SH COMMANDS\n");
    commands(&shown(), "mcloud", &mut page)?;
    page.extend_from_slice(SECTIONS.as_bytes());
    Ok(page)
}

/// A piece of the page for each command below `parent` that can be run.
fn commands(parent: &Command, path: &str, page: &mut Vec<u8>) -> std::io::Result<()> {
    for command in parent.get_subcommands() {
        let path = format!("{path} {}", command.get_name());
        if command.has_subcommands() {
            commands(command, &path, page)?;
            continue;
        }
        let own = command.clone().disable_help_flag(true).bin_name(&path);
        let man = clap_mangen::Man::new(own);
        let mut piece = Vec::new();
        man.render_synopsis_section(&mut piece)?;
        piece.extend_from_slice(b".PP\n");
        man.render_description_section(&mut piece)?;
        man.render_options_section(&mut piece)?;
        writeln!(page, ".SS \"{path}\"")?;
        let piece = String::from_utf8_lossy(&piece);
        for line in piece.lines() {
            if !ONCE.iter().any(|once| line.starts_with(once)) {
                writeln!(page, "{}", line.trim_end())?;
            }
        }
    }
    Ok(())
}

/// The whole as mcloud.1, and pages that `man mcloud init` finds.
fn write_pages(whole: &[u8], dir: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(dir)?;
    let mut root = shown();
    root.build();
    write_below(&root, dir)?;
    std::fs::write(dir.join("mcloud.1"), whole)
}

/// A page for each command below `parent`.
fn write_below(parent: &Command, dir: &Path) -> std::io::Result<()> {
    for command in parent.get_subcommands() {
        titled(command.clone()).generate_to(dir)?;
        write_below(command, dir)?;
    }
    Ok(())
}

/// A page with its title line complete. It has no date, so that the same mcloud prints the same
/// page; but an empty one would vanish, and what follows would move up.
fn titled(command: Command) -> clap_mangen::Man {
    let source = concat!("mcloud ", env!("CARGO_PKG_VERSION"));
    let man = clap_mangen::Man::new(command).date(" ");
    man.source(source).manual("mcloud")
}

/// Prints; a reader that has read enough is no failure.
fn print(bytes: &[u8]) -> Result<u8, Exit> {
    let mut out = std::io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(Exit::failed(error)),
        _ => Ok(0),
    }
}
