//! The backends in the files that belong together.

use super::resource::{Resource, read_resource};
use crate::diagnostics::{Diagnostic, Diagnostics, Span};
use crate::resources::{Form, Found, Kind, TextFile, read_all};

/// The backend resources of `files`, in order. Problems are told. `None` when the name of one cannot be read,
/// because then nothing can be said about names that seem to be missing.
pub(crate) fn read_resources(files: &[TextFile], diagnostics: &mut Diagnostics) -> Option<Vec<Resource>> {
    let mut problems = Diagnostics::new();
    let inventory = read_all(files, &mut problems);
    let is_readable = !problems.has_errors();
    diagnostics.extend(problems);
    let deployed: Vec<&Found> = inventory.of(Kind::Backend).filter(|found| !found.is_reference).collect();
    if is_readable {
        tell_empty(files, &deployed, diagnostics);
    }
    if inventory.is_partial {
        let place = files.first().map(|file| Span::new(file.source, 0, 0));
        diagnostics.push(
            Diagnostic::warning("partly-known", place, "some resources are known to the deployment only")
                .label("these files leave something to the deployment")
                .note("what loops over an unknown list or comes from a module that was not given is left out")
                .help("give values for the parameters, or the compiled template with its parameters"),
        );
    }
    let read: Vec<_> = deployed.into_iter().map(|found| read_resource(found, diagnostics)).collect();
    read.into_iter().collect()
}

/// Says which files hold no backend although they should.
fn tell_empty(files: &[TextFile], deployed: &[&Found], diagnostics: &mut Diagnostics) {
    for file in files {
        // Files of the other forms may stand for values, variables or modules only.
        let is_whole = matches!(file.form, Form::Plain | Form::Template | Form::TerraformPlan);
        let has_some = deployed.iter().any(|found| found.name_span.source == file.source);
        if has_some || (!is_whole && !deployed.is_empty()) {
            continue;
        }
        let start = file.text.len().saturating_sub(file.text.trim_start().len());
        let place = Span::new(file.source, start, start.saturating_add(1));
        diagnostics.push(
            Diagnostic::error("no-backends", place, "there is no backend resource in this file")
                .label("expected a resource of type `Microsoft.ApiManagement/service/backends`")
                .help("give Bicep, Terraform, an ARM template, an array of resources, or one resource"),
        );
    }
}
