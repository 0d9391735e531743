//! From arguments to a scenario, with everything that was wrong told at once.

use crate::config::{DiskFiles, Guessed, Overrides, Scenario, guess_scenario, load_guessed, load_scenario};
use crate::diagnostics::{Diagnostics, SourceMap};

/// What a command works on.
#[derive(Clone, Debug)]
pub(crate) enum Input {
    /// A scenario file.
    Scenario(String),
    /// A policy and resources, for which the rest is guessed.
    Parts {
        /// Policy XML.
        policy: String,
        /// ARM JSON files.
        resources: Vec<String>,
    },
}

/// A loaded scenario, and what was guessed for it.
#[derive(Debug)]
pub(crate) struct Loaded {
    /// The scenario.
    pub scenario: Scenario,
    /// The guesses, when it was made up.
    pub guessed: Option<Guessed>,
}

impl Input {
    /// Sorts paths: a policy (`.xml`) with resources is one input, every other path is a scenario.
    ///
    /// # Errors
    /// A policy without resources, or two policies.
    pub(crate) fn from_paths(paths: &[String]) -> Result<Vec<Self>, String> {
        let is_policy = |path: &&String| {
            std::path::Path::new(path).extension().is_some_and(|e| e.eq_ignore_ascii_case("xml"))
        };
        let policies: Vec<&String> = paths.iter().filter(is_policy).collect();
        match policies.as_slice() {
            [] => Ok(paths.iter().cloned().map(Self::Scenario).collect()),
            [policy] if paths.len() > 1 => {
                let resources = paths.iter().filter(|p| !is_policy(p)).cloned().collect();
                Ok(vec![Self::Parts { policy: (*policy).clone(), resources }])
            }
            [policy] => Err(format!(
                "`{policy}` is a policy: name its backends too, as in `poolproof run {policy} backends.json`"
            )),
            _ => Err("more than one policy was named: a run takes one, with its backends".to_owned()),
        }
    }

    /// The one scenario that paths name; `what` begins the message when they name several.
    ///
    /// # Errors
    /// As [`Input::from_paths`], or there are several.
    #[cfg(feature = "http")]
    pub(crate) fn one(paths: &[String], what: &str) -> Result<Self, String> {
        let mut inputs = Self::from_paths(paths)?.into_iter();
        match (inputs.next(), inputs.next()) {
            (Some(input), None) => Ok(input),
            _ => Err(format!("{what}name one scenario")),
        }
    }

    /// Reads everything the input names. `None` when something cannot be used.
    pub(crate) fn load(
        &self,
        overrides: &Overrides,
        sources: &mut SourceMap,
        diagnostics: &mut Diagnostics,
    ) -> Option<Loaded> {
        match self {
            Self::Scenario(path) => {
                let scenario = load_scenario(path, &DiskFiles, overrides, sources, diagnostics)?;
                Some(Loaded { scenario, guessed: None })
            }
            Self::Parts { policy, resources } => {
                let guessed = guess_scenario(policy, resources, &DiskFiles, sources, diagnostics)?;
                let scenario = load_guessed(&guessed, &DiskFiles, overrides, sources, diagnostics)?;
                Some(Loaded { scenario, guessed: Some(guessed) })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(paths: &[&str]) -> Result<Vec<Input>, String> {
        Input::from_paths(&paths.iter().map(|p| (*p).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn sorts_policies_from_scenarios() {
        assert!(matches!(
            paths(&["a.json", "b.json"]).unwrap().as_slice(),
            [Input::Scenario(_), Input::Scenario(_)]
        ));
        let inputs = paths(&["b.json", "p.XML", "c.json"]).unwrap();
        assert!(matches!(inputs.as_slice(), [Input::Parts { policy, resources }]
            if policy == "p.XML" && resources.len() == 2));
        assert!(paths(&["p.xml"]).unwrap_err().contains("name its backends"));
        assert!(paths(&["p.xml", "q.xml", "b.json"]).is_err());
    }
}
