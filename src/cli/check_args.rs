//! Arguments of the commands that look at configurations.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::diagnostics::Severity;

/// Arguments of `validate`.
#[derive(Debug, Args)]
pub(crate) struct ValidateArgs {
    /// Policies (XML), backends (Bicep, Terraform, ARM JSON, APIOps), scenarios, or folders of them. All belong
    /// to one configuration, except that each scenario is one with what it names
    #[arg(required = true, value_name = "PATH")]
    pub paths: Vec<String>,
    /// What is printed
    #[arg(long, value_enum, default_value_t, overrides_with = "format")]
    pub format: FindingFormat,
    /// Print to this file instead
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// End with exit code 1 when there is a finding of this severity or worse
    #[arg(long, value_enum, value_name = "SEVERITY", default_value_t, overrides_with = "fail_on")]
    pub fail_on: FailOn,
    /// Ask only these rules: codes, beginnings of codes or names, with commas between them (repeatable)
    #[arg(long, value_name = "RULES", value_delimiter = ',')]
    pub select: Vec<String>,
    /// Do not ask these rules (repeatable)
    #[arg(long, value_name = "RULES", value_delimiter = ',')]
    pub ignore: Vec<String>,
    /// Take the findings of a rule for more or less severe, for example `PP1010=info` (repeatable)
    #[arg(long, value_name = "RULE=SEVERITY", value_delimiter = ',', value_parser = rule_and_severity)]
    pub severity: Vec<(String, Severity)>,
    /// Show what is worth a thought only, too
    #[arg(long)]
    pub info: bool,
    /// Tier of the service, for example `Consumption` or `StandardV2`, where no file says it
    #[arg(long, value_name = "SKU", value_parser = tier)]
    pub tier: Option<crate::rules::Tier>,
    /// Mend what can be mended without changing what is meant
    #[arg(long)]
    pub fix: bool,
    /// Mend more: look at the changes before you keep them
    #[arg(long)]
    pub unsafe_fixes: bool,
    /// Show what would be mended, and change nothing
    #[arg(long)]
    pub diff: bool,
    /// Do not tell what this file lists: findings that were there before
    #[arg(long, value_name = "FILE")]
    pub baseline: Option<PathBuf>,
    /// Write what is found now as a baseline, and tell nothing
    #[arg(long, value_name = "FILE", conflicts_with_all = ["baseline", "fix", "unsafe_fixes", "diff"])]
    pub write_baseline: Option<PathBuf>,
    /// Pass over named files that are no part of a configuration
    #[arg(long)]
    pub skip_others: bool,
}

/// What `validate` prints.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum FindingFormat {
    /// Text for people, with marked excerpts
    #[default]
    Human,
    /// A line for each finding
    Concise,
    /// One JSON document
    Json,
    /// A JSON object on each line
    Jsonl,
    /// SARIF 2.1.0
    Sarif,
    /// JUnit XML for build servers
    Junit,
    /// Commands of GitHub workflows: remarks beside the lines of a pull request
    Github,
    /// Code quality report of GitLab
    Gitlab,
    /// Markdown for a job's summary
    Markdown,
}

/// What decides the exit code.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum FailOn {
    /// Errors
    #[default]
    Error,
    /// Warnings too
    Warning,
    /// Everything
    Info,
    /// Nothing
    Never,
}

/// Arguments of `import`.
#[derive(Debug, Args)]
pub(crate) struct ImportArgs {
    /// Files and folders with policies and backends (Bicep, Terraform, ARM JSON, APIOps), parameters with them
    #[arg(required = true, value_name = "PATH")]
    pub paths: Vec<String>,
    /// Folder for the scenario; it must not hold one yet
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// The policy that is meant, by a part of its path, where there are several
    #[arg(long, value_name = "NAME")]
    pub policy: Option<String>,
    /// Change a value of the scenario, for example `traffic.requests=50` (repeatable)
    #[arg(long, value_name = "PATH=VALUE", value_parser = super::args::path_and_value)]
    pub set: Vec<(String, String)>,
    /// What is printed
    #[arg(long, value_enum, default_value_t)]
    pub format: super::args::Format,
}

/// Arguments of `export`.
#[derive(Debug, Args)]
pub(crate) struct ExportArgs {
    /// Scenario file
    #[arg(value_name = "SCENARIO")]
    pub scenario: String,
    /// The form that is written
    #[arg(long, value_enum, value_name = "FORM")]
    pub to: ExportForm,
    /// Folder for the files
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// Write this variant of the scenario (or `round-robin`, `priority`, `weighted` where it has none) instead of the
    /// scenario itself
    #[arg(long, value_name = "NAME")]
    pub variant: Option<String>,
    /// Change a value of the scenario, for example `pools.openai-pool.openai-eastus.priority=1` (repeatable)
    #[arg(long, value_name = "PATH=VALUE", value_parser = super::args::path_and_value)]
    pub set: Vec<(String, String)>,
    /// Name of the API that the policy belongs to, where it is known already
    #[arg(long, value_name = "NAME")]
    pub api: Option<String>,
    /// Write over files that are there
    #[arg(long)]
    pub force: bool,
    /// What is printed
    #[arg(long, value_enum, default_value_t)]
    pub format: super::args::Format,
}

/// Forms that `export` writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ExportForm {
    /// Bicep, with the policies beside it
    Bicep,
    /// An ARM template and a file of parameters
    Arm,
    /// Terraform with the providers azapi and azurerm
    Terraform,
    /// A folder for the publisher of APIOps
    Apiops,
}

impl ExportForm {
    /// The form, as what writes it calls it.
    pub(crate) const fn target(self) -> crate::export::Target {
        match self {
            Self::Bicep => crate::export::Target::Bicep,
            Self::Arm => crate::export::Target::Arm,
            Self::Terraform => crate::export::Target::Terraform,
            Self::Apiops => crate::export::Target::ApiOps,
        }
    }
}

/// Arguments of `diff`.
#[derive(Debug, Args)]
#[command(after_help = DIFF_HELP)]
pub(crate) struct DiffArgs {
    /// The old and the new configuration: each a policy (XML), a scenario, or a folder with a policy and its backends
    /// (Bicep, Terraform, ARM JSON, APIOps)
    #[arg(value_names = ["OLD", "NEW"], num_args = 2, required_unless_present_all = ["old", "new"])]
    pub sides: Vec<String>,
    /// Several files or folders that make up the old configuration
    #[arg(long, value_name = "PATH", num_args = 1.., requires = "new", conflicts_with = "sides")]
    pub old: Vec<String>,
    /// Several files or folders that make up the new configuration
    #[arg(long, value_name = "PATH", num_args = 1.., requires = "old", conflicts_with = "sides")]
    pub new: Vec<String>,
    /// Files that belong to both, for example backends for two policies (repeatable)
    #[arg(long, value_name = "PATH")]
    pub with: Vec<String>,
    /// The policy that is meant on both sides, by a part of its path, where there are several
    #[arg(long, value_name = "NAME")]
    pub policy: Option<String>,
    /// The policy that is meant on the old side
    #[arg(long, value_name = "NAME")]
    pub old_policy: Option<String>,
    /// The policy that is meant on the new side
    #[arg(long, value_name = "NAME")]
    pub new_policy: Option<String>,
    /// Take this variant of the old scenario
    #[arg(long, value_name = "NAME")]
    pub old_variant: Option<String>,
    /// Take this variant of the new scenario
    #[arg(long, value_name = "NAME")]
    pub new_variant: Option<String>,
    /// Value of a named value, `{{NAME}}` in policies, on both sides (repeatable)
    #[arg(long, value_name = "NAME=VALUE", value_parser = super::args::name_and_value)]
    pub named_value: Vec<(String, String)>,
    /// Play every other reading of what the documentation leaves open, too, and say what differs only there
    #[arg(long)]
    pub all_readings: bool,
    /// What is printed
    #[arg(long, value_enum, default_value_t)]
    pub format: PageFormat,
}

const DIFF_HELP: &str =
    "Exit codes: 0 nothing that clients or backends can tell apart, 1 there are differences, \
2 a side cannot be used, 4 a side has no configuration.

Examples:
  poolproof diff old/ new/
  poolproof diff old.xml new.xml --with backends.bicep
  poolproof diff scenario.json scenario.json --new-variant priority";

/// Arguments of `rules`.
#[derive(Debug, Args)]
pub(crate) struct RulesArgs {
    /// What is printed
    #[arg(long, value_enum, default_value_t)]
    pub format: PageFormat,
}

/// Arguments of `explain`.
#[derive(Debug, Args)]
pub(crate) struct ExplainArgs {
    /// Code or name of a rule, for example `PP1001`
    #[arg(value_name = "RULE")]
    pub rule: String,
    /// What is printed
    #[arg(long, value_enum, default_value_t)]
    pub format: PageFormat,
}

/// How pages are printed.
pub(crate) type PageFormat = super::args::ExplainFormat;

impl FailOn {
    /// The mildest severity that fails.
    pub(crate) const fn severity(self) -> Option<Severity> {
        match self {
            Self::Error => Some(Severity::Error),
            Self::Warning => Some(Severity::Warning),
            Self::Info => Some(Severity::Info),
            Self::Never => None,
        }
    }
}

fn rule_and_severity(text: &str) -> Result<(String, Severity), String> {
    let expected = "expected RULE=error, RULE=warning or RULE=info";
    let (rule, name) = text.split_once('=').ok_or(expected)?;
    let all = [Severity::Error, Severity::Warning, Severity::Info];
    let severity = all.into_iter().find(|severity| severity.name() == name.trim()).ok_or(expected)?;
    Ok((rule.trim().to_owned(), severity))
}

fn tier(text: &str) -> Result<crate::rules::Tier, String> {
    crate::rules::Tier::named(text).ok_or_else(|| {
        "expected Consumption, Developer, Basic, Standard, Premium, BasicV2, StandardV2 or PremiumV2"
            .to_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn severities_are_given_by_rule() {
        assert_eq!(rule_and_severity("PP10=info"), Ok(("PP10".to_owned(), Severity::Info)));
        assert!(rule_and_severity("PP1001").is_err());
        assert!(rule_and_severity("PP1001=bad").is_err());
        assert!(tier("BasicV2").is_ok());
        assert!(tier("Free").is_err());
    }
}
