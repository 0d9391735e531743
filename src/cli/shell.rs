//! What a shell and `man` can be told of the command line.

use std::path::Path;

use clap::CommandFactory;
use clap_complete::Shell;

use super::args::Cli;
use super::session::{Session, Stop};

/// Prints completions for a shell.
pub(crate) fn completions(shell: Shell, session: &Session) {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "poolproof", &mut text);
    session.print(&String::from_utf8_lossy(&text));
}

/// Writes a manual page for the program and one for each command into `folder`.
pub(crate) fn man_pages(folder: &Path, session: &Session) -> Result<(), Stop> {
    std::fs::create_dir_all(folder)
        .and_then(|()| clap_mangen::generate_to(Cli::command().disable_help_subcommand(true), folder))
        .map_err(|error| session.usage(&format!("`{}`: {error}", folder.display())))
}
