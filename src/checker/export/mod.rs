//! Configurations as files that can be deployed: Bicep, an ARM template, Terraform, a folder of APIOps.
//!
//! Rules
//! - The service and what a policy belongs to (API, product, operation) are there already: they are spoken of by
//!   parameters. Backends, pools, policies, fragments and named values are written whole.
//! - Reading what was written gives what was written from, property by property, whatever is in the texts.
//! - What only the deployment of the source knows becomes a parameter; it is never guessed.
//! - The same bundle gives the same bytes. Nothing here does I/O.
//!
//! Deliberately not written: the service, its APIs and operations, accounts of models, role assignments.

mod apiops;
mod arm;
mod bicep;
mod bundle;
mod item;
mod names;
mod print;
mod scopes;
mod terraform;
#[cfg(test)]
mod tests;
mod texts;

use crate::resources::versions::GENERALLY_AVAILABLE;

pub use bundle::{Bundle, Fragment, InForce, ScopedPolicy, Source, Written};
pub use item::{Item, Open, OpenKind};

/// A form in which a configuration is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// Bicep, with the policies in files beside it.
    Bicep,
    /// One ARM template with everything in it, and a file of parameters.
    Arm,
    /// Terraform with the providers `azapi` and `azurerm`.
    Terraform,
    /// A folder as the extractor of APIOps writes it and its publisher takes it.
    ApiOps,
}

/// A file to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutFile {
    /// Relative to the folder, with `/`.
    pub path: String,
    /// Its content.
    pub text: String,
}

impl Target {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Bicep, Self::Arm, Self::Terraform, Self::ApiOps];

    /// The name, as the command line has it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Bicep => "bicep",
            Self::Arm => "arm",
            Self::Terraform => "terraform",
            Self::ApiOps => "apiops",
        }
    }
}

/// The files of a bundle, in the order in which they are best read.
pub fn render(bundle: &Bundle, target: Target) -> Vec<OutFile> {
    match target {
        Target::Bicep => bicep::render(bundle),
        Target::Arm => arm::render(bundle),
        Target::Terraform => terraform::render(bundle),
        Target::ApiOps => apiops::render(bundle),
    }
}

/// What whoever deploys should know.
pub fn notes(bundle: &Bundle, target: Target) -> Vec<String> {
    let mut notes = bundle.notes.clone();
    let is_apiops = target == Target::ApiOps;
    let advice = if is_apiops {
        "left out here: set it in the publisher's configuration"
    } else {
        "a parameter here: give a value for it"
    };
    let known =
        |open: &Open| format!("`{}` is known to the deployment of the source only, and {advice}", open.words);
    notes.extend(bundle.open.iter().map(known));
    if is_apiops && bundle.api_version > GENERALLY_AVAILABLE {
        let version = bundle.api_version;
        notes.push(format!(
            "let the publisher use version {version} of the API: by its own it may drop properties"
        ));
    }
    let has_unknown = bundle.parents().iter().any(|parent| bundle.value_for(parent) == bundle::NAME);
    match target {
        Target::ApiOps if has_unknown => {
            notes.push(format!("rename the folders called `{}` to what is there", bundle::NAME));
        }
        Target::Arm if has_unknown || bundle.service.is_none() => {
            notes.push(format!("replace `{}` in azuredeploy.parameters.json", bundle::NAME));
        }
        _ => {}
    }
    if is_apiops && bundle.is_xml {
        let note = "the publisher deploys policies as rawxml, and these have the format xml: write their expressions \
                    without escapes first";
        notes.push(note.to_owned());
    }
    if target == Target::Bicep {
        notes.extend(bicep::too_long(bundle).into_iter().map(|file| {
            let most = bicep::MOST_LOADED;
            format!("`{file}` has more than the {most} characters that Bicep loads: choose another form")
        }));
    }
    if !bundle.named_values.is_empty() {
        let note = "named values are written as the scenario has them: keep secrets in a key vault instead";
        notes.push(note.to_owned());
    }
    notes
}

/// How the files are deployed from the folder `folder`, as commands of a shell.
pub fn commands(bundle: &Bundle, target: Target, folder: &str) -> Vec<String> {
    match target {
        Target::Bicep => bicep::commands(bundle, folder),
        Target::Arm => arm::commands(folder),
        Target::Terraform => terraform::commands(bundle, folder),
        Target::ApiOps => apiops::commands(bundle, folder),
    }
}
