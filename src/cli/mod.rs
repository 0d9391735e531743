//! The command line: wires everything, writes files, chooses the exit code.

mod analysis;
mod args;
mod baseline;
mod charts;
mod check_args;
mod choice;
mod commands;
mod configurations;
mod costs;
mod error;
mod execute;
pub mod exit_code;
mod gather;
#[cfg(feature = "http")]
mod lab_args;
#[cfg(feature = "http")]
mod laboratory;
mod limiter_args;
mod load;
mod log_args;
mod logs;
#[cfg(feature = "lsp")]
mod lsp;
#[cfg(feature = "http")]
mod mock_args;
mod output;
mod proof;
mod proof_args;
mod readings;
mod replicate;
mod require;
#[cfg(feature = "http")]
mod serve_args;
mod session;
mod shell;
mod simulate;
mod summarise;
mod table;
mod tables;
#[cfg(test)]
mod test_support;
mod verdict;
mod watch;
mod workload;

use std::process::ExitCode;

use clap::Parser;

use args::{Cli, Command, PolicyCommand, TraceCommand};
use exit_code::Exit;
use limiter_args::LimiterCommand;
use session::{Session, Stop};

/// Parses the command line, carries it out and gives the exit code.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let is_help = !error.use_stderr();
            // Help on a closed pipe is nobody's loss.
            drop(error.print());
            return if is_help { Exit::Ok.into() } else { Exit::Unusable.into() };
        }
    };
    let mut session = Session::default();
    if let Some(shell) = cli.completions {
        shell::completions(shell, &session);
        return Exit::Ok.into();
    }
    if let Some(folder) = &cli.man_pages {
        return shell::man_pages(folder, &session)
            .map_or_else(|Stop(exit)| exit.into(), |()| Exit::Ok.into());
    }
    if cli.watch {
        return watch::watch(&session).map_or_else(|Stop(exit)| exit.into(), |()| Exit::Ok.into());
    }
    let Some(command) = &cli.command else { return Exit::Unusable.into() };
    let result = match command {
        Command::Init(args) => commands::init::init(args, &mut session),
        Command::Import(args) => commands::import::import(args, &mut session),
        Command::Export(args) => commands::export::export(args, &mut session),
        Command::Run(args) => commands::run::run(args, &mut session),
        Command::Compare(args) => commands::compare::compare(args, &mut session),
        Command::Plot(args) => commands::plot::plot(args, &mut session),
        Command::Policy(args) => match &args.command {
            PolicyCommand::Check(args) => commands::policy::check_documents(args, &mut session),
            PolicyCommand::Explain(args) => commands::explain::explain(args, &mut session),
            PolicyCommand::Coverage(args) => commands::coverage::coverage(args, &mut session),
        },
        Command::Test(args) => commands::test::test(args, &mut session),
        #[cfg(feature = "http")]
        Command::Drive(args) => commands::drive::drive(args, &mut session),
        #[cfg(feature = "http")]
        Command::Mock(args) => commands::mock::mock(args, &mut session),
        Command::Trace(args) => match &args.command {
            TraceCommand::Stats(args) => commands::trace::stats(args, &mut session),
            TraceCommand::Import(args) => commands::trace_import::import(args, &mut session),
        },
        Command::Fit(args) => commands::fit::fit(args, &mut session),
        Command::Calibrate(args) => commands::calibrate::calibrate(args, &mut session),
        Command::Expr(args) => commands::expr::expr(args, &mut session),
        Command::Limiter(args) => match &args.command {
            LimiterCommand::Replay(args) => commands::limiter::replay_calls(args, &mut session),
        },
        #[cfg(feature = "http")]
        Command::Serve(args) => commands::serve::serve(args, &mut session),
        #[cfg(feature = "http")]
        Command::Lab(args) => commands::lab::lab(args, &mut session),
        Command::Schema(args) => commands::schema::schema(args, &mut session),
        #[cfg(feature = "lsp")]
        Command::Lsp => lsp::serve(&session),
        Command::Validate(args) => commands::validate::validate(args, &mut session),
        Command::Diff(args) => commands::diff::diff(args, &mut session),
        Command::Verify(args) => commands::verify::verify(args, &mut session),
        Command::Equivalent(args) => commands::equivalent::equivalent(args, &mut session),
        Command::Replay(args) => commands::replay::replay(args, &mut session),
        Command::Explain(args) => commands::rules::explain(args, &mut session),
        Command::Rules(args) => commands::rules::rules(args, &mut session),
    };
    match result {
        Ok(()) => Exit::Ok.into(),
        Err(Stop(exit)) => exit.into(),
    }
}
