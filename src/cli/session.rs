//! What a command prints and how it ends. The only place that writes to the terminal.

use std::io::{IsTerminal, Write};

use super::args::SimulateArgs;
use super::exit_code::Exit;
use super::load::{Input, Loaded};
use crate::config::{Guessed, Overrides, Scenario, Variant};
use crate::diagnostics::{Diagnostic, Diagnostics, SourceMap, render_human};

/// A command ends early, with this exit code; what there was to say has been said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stop(pub Exit);

/// State of one command.
#[derive(Debug, Default)]
pub(crate) struct Session {
    /// Texts that diagnostics point into.
    pub sources: SourceMap,
    /// Problems found so far and not yet shown.
    pub diagnostics: Diagnostics,
}

impl Session {
    /// Writes results to standard output. A closed pipe is not an error: nobody listens any more.
    #[expect(clippy::unused_self, reason = "what a command shows goes through its session")]
    pub(crate) fn print(&self, text: &str) {
        let mut out = std::io::stdout().lock();
        drop(out.write_all(text.as_bytes()).and_then(|()| out.flush()));
    }

    /// Writes a remark to standard error.
    #[expect(clippy::unused_self, reason = "what a command shows goes through its session")]
    pub(crate) fn remark(&self, text: &str) {
        let mut err = std::io::stderr().lock();
        drop(err.write_all(text.as_bytes()));
    }

    /// Writes JSON to standard output.
    pub(crate) fn print_json(&self, json: &serde_json::Value) -> Result<(), Stop> {
        self.print(&self.json_text(json)?);
        Ok(())
    }

    /// JSON as text for people.
    pub(crate) fn json_text(&self, json: &serde_json::Value) -> Result<String, Stop> {
        let text = serde_json::to_string_pretty(json).map_err(|e| self.internal(&e.to_string()))?;
        Ok(text + "\n")
    }

    /// Loads an input; problems are kept until [`Session::stop_if_unusable`].
    pub(crate) fn load(&mut self, input: &Input, common: &SimulateArgs) -> Option<Loaded> {
        input.load(&common.overrides(), &mut self.sources, &mut self.diagnostics)
    }

    /// The variant of that name, or the scenario without changes. `None`: there is none, which is kept as a problem.
    pub(crate) fn variant_of(&mut self, scenario: &Scenario, name: Option<&str>) -> Option<Variant> {
        let Some(name) = name else { return Some(scenario.base.clone()) };
        let found = scenario.variants.iter().find(|variant| variant.name == name).cloned();
        if found.is_none() {
            self.unknown_variant(name, scenario);
        }
        found
    }

    /// Reads a scenario and takes that variant of it. `None`: something cannot be used; the problems are kept.
    pub(crate) fn load_variant(
        &mut self,
        input: &Input,
        overrides: &Overrides,
        name: Option<&str>,
    ) -> Option<(Scenario, Variant)> {
        let scenario = input.load(overrides, &mut self.sources, &mut self.diagnostics)?.scenario;
        let variant = self.variant_of(&scenario, name)?;
        Some((scenario, variant))
    }

    /// Keeps the problem that a scenario has no such variant.
    pub(crate) fn unknown_variant(&mut self, name: &str, scenario: &Scenario) {
        let names: Vec<&str> = scenario.variants.iter().map(|v| v.name.as_str()).collect();
        let known = if names.is_empty() { "it has none".to_owned() } else { names.join(", ") };
        self.diagnostics.push(
            Diagnostic::error(
                "unknown-variant",
                None,
                format!("scenario `{}` has no variant `{name}`", scenario.name),
            )
            .note(format!("variants: {known}")),
        );
    }

    /// Shows the problems kept so far, and stops if one of them is an error.
    pub(crate) fn stop_if_unusable(&mut self) -> Result<(), Stop> {
        let shown = std::mem::take(&mut self.diagnostics);
        if shown.is_empty() {
            return Ok(());
        }
        let colour = std::io::stderr().is_terminal() && is_colour_wanted();
        self.remark(&render_human(&shown, &self.sources, colour));
        if shown.has_errors() { Err(Stop(Exit::Unusable)) } else { Ok(()) }
    }

    /// Whether results on standard output may be coloured.
    #[expect(clippy::unused_self, reason = "what a command shows goes through its session")]
    pub(crate) fn has_colour(&self) -> bool {
        std::io::stdout().is_terminal() && is_colour_wanted()
    }

    /// Says what is wrong with the use of the command.
    pub(crate) fn usage(&self, message: &str) -> Stop {
        self.remark(&format!("error: {message}\n"));
        Stop(Exit::Unusable)
    }

    /// Says that there was nothing to do.
    pub(crate) fn nothing_ran(&self, message: &str) -> Stop {
        self.remark(&format!("error: {message}\n"));
        Stop(Exit::NothingRan)
    }

    /// Says that this program is at fault.
    pub(crate) fn internal(&self, message: &str) -> Stop {
        self.remark(&format!(
            "internal error: {message}\nThis is a defect of poolproof: please report it.\n"
        ));
        Stop(Exit::Internal)
    }

    /// The guesses for people.
    #[expect(clippy::unused_self, reason = "what a command shows goes through its session")]
    pub(crate) fn render_guesses(&self, guessed: &Guessed) -> String {
        let mut text =
            String::from("guessed, because the files do not say it (change any with --set PATH=VALUE):\n");
        for guess in &guessed.guesses {
            text.push_str(&format!("  {} = {}\n      {}\n", guess.path, guess.value, guess.reason));
        }
        text
    }
}

fn is_colour_wanted() -> bool {
    std::env::var_os("NO_COLOR").is_none()
}

/// The guesses for programs.
pub(crate) fn guesses_json(guessed: &Guessed) -> serde_json::Value {
    guessed
        .guesses
        .iter()
        .map(|g| serde_json::json!({ "path": g.path, "value": g.value, "reason": g.reason }))
        .collect()
}
