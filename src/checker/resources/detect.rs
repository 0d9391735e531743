//! In which form a file is, by its name and how it begins.

/// A form in which resources are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Form {
    /// ARM JSON without a template around it: a resource, a list, what the management API returns.
    Plain,
    /// An ARM template, written or compiled.
    Template,
    /// Values for the parameters of a template (`.parameters.json`, `.bicepparam`).
    Parameters,
    /// Bicep source.
    Bicep,
    /// Terraform source (`.tf`, `.tf.json`).
    Terraform,
    /// Values for the variables of Terraform (`.tfvars`, `.tfvars.json`).
    TerraformValues,
    /// `terraform show -json`.
    TerraformPlan,
    /// A file of an APIOps folder (`backendInformation.json`).
    ApiOps,
    /// A policy document.
    Policy,
    /// A scenario of poolproof.
    Scenario,
}

impl Form {
    /// What messages call it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Plain => "ARM JSON",
            Self::Template => "an ARM template",
            Self::Parameters => "parameters of a template",
            Self::Bicep => "Bicep",
            Self::Terraform => "Terraform",
            Self::TerraformValues => "values for Terraform",
            Self::TerraformPlan => "a Terraform plan",
            Self::ApiOps => "an APIOps file",
            Self::Policy => "a policy",
            Self::Scenario => "a scenario",
        }
    }
}

/// The form of the file at `path` with this text; `None` when it is none of them.
pub fn detect(path: &str, text: &str) -> Option<Form> {
    let name = path.rsplit(['/', '\\']).next().unwrap_or(path).to_ascii_lowercase();
    let ends = |ending: &str| name.ends_with(ending);
    if ends(".bicep") {
        return Some(Form::Bicep);
    }
    if ends(".bicepparam") {
        return Some(Form::Parameters);
    }
    if ends(".tf") || ends(".tf.json") {
        return Some(Form::Terraform);
    }
    if ends(".tfvars") || ends(".tfvars.json") {
        return Some(Form::TerraformValues);
    }
    if [".xml", ".policy", ".rawxml", ".cshtml"].into_iter().any(ends) {
        return crate::policy::check::mentions_policy(text)
            .then_some(Form::Policy)
            .or_else(|| crate::policy::check::looks_like_policy(text).then_some(Form::Policy));
    }
    let begin = text.trim_start_matches('\u{feff}').trim_start();
    if begin.starts_with(['{', '[']) || begin.starts_with("//") || begin.starts_with("/*") {
        return json_form(&name, text);
    }
    crate::policy::check::looks_like_policy(text).then_some(Form::Policy)
}

fn json_form(name: &str, text: &str) -> Option<Form> {
    let has = |word: &str| text.contains(word);
    if has("deploymentParameters.json") {
        return Some(Form::Parameters);
    }
    if has("deploymentTemplate.json") {
        return Some(Form::Template);
    }
    if has("\"terraform_version\"") || has("\"planned_values\"") {
        return Some(Form::TerraformPlan);
    }
    if has("\"formatVersion\"") && has("\"traffic\"") {
        return Some(Form::Scenario);
    }
    if name == "backendinformation.json" || name.ends_with("information.json") {
        return Some(Form::ApiOps);
    }
    if has("\"resources\"") && (has("\"contentVersion\"") || has("\"parameters\"") || has("\"variables\"")) {
        return Some(Form::Template);
    }
    // Without a word of the resource manager it is some other JSON.
    let is_resource = ["\"properties\"", "\"services\"", "Microsoft.ApiManagement", "\"circuitBreaker\""]
        .into_iter()
        .any(has);
    is_resource.then_some(Form::Plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_told_apart() {
        for (path, text, expected) in [
            ("a/main.bicep", "", Some(Form::Bicep)),
            ("a.bicepparam", "", Some(Form::Parameters)),
            ("A.TF", "", Some(Form::Terraform)),
            ("main.tf.json", "{}", Some(Form::Terraform)),
            ("x.tfvars.json", "{}", Some(Form::TerraformValues)),
            ("p.xml", "<policies/>", Some(Form::Policy)),
            ("p.xml", "<project/>", None),
            ("plan.json", "{\"terraform_version\": \"1\"}", Some(Form::TerraformPlan)),
            ("backends/x/backendInformation.json", "{\"properties\": {}}", Some(Form::ApiOps)),
            ("b.json", "{\"value\": [{\"properties\": {}}]}", Some(Form::Plain)),
            ("t.json", "{\"contentVersion\": \"1\", \"resources\": []}", Some(Form::Template)),
            ("s.json", "{\"formatVersion\": 1, \"traffic\": {}}", Some(Form::Scenario)),
            ("package.json", "{\"name\": \"x\"}", None),
            ("readme.md", "# text", None),
        ] {
            assert_eq!(detect(path, text), expected, "{path}");
        }
    }
}
