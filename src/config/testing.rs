//! Files for the tests of this module.

use std::collections::BTreeMap;

use super::{FileError, Files, Overrides, Scenario, load_scenario};
use crate::diagnostics::{Diagnostics, SourceMap};

/// Editable files in memory.
#[derive(Clone)]
pub(crate) struct TestFiles(BTreeMap<String, Vec<u8>>);

impl Files for TestFiles {
    fn read(&self, path: &str) -> Result<Vec<u8>, FileError> {
        self.0.get(path).cloned().ok_or(FileError::NotFound)
    }
}

impl TestFiles {
    /// The same with `from` replaced by `to` in the file whose path ends in `file`.
    pub(crate) fn replace(mut self, file: &str, from: &str, to: &str) -> Self {
        let path = format!("walkthrough/{file}");
        let text = String::from_utf8(self.0.remove(&path).expect("a file")).expect("UTF-8");
        assert!(text.contains(from), "{file} has no {from}");
        self.0.insert(path, text.replacen(from, to, 1).into_bytes());
        self
    }

    /// The same with another file.
    pub(crate) fn with(mut self, file: &str, text: impl Into<Vec<u8>>) -> Self {
        self.0.insert(format!("walkthrough/{file}"), text.into());
        self
    }

    pub(crate) fn without(mut self, file: &str) -> Self {
        self.0.remove(&format!("walkthrough/{file}"));
        self
    }
}

/// A code, the file, line and column, and the marked text.
pub(crate) type Found = (String, String, u32, u32, String);

/// Loads `walkthrough/scenario.json` and tells the problems.
pub(crate) fn load_with(files: &TestFiles, overrides: &Overrides) -> (Option<Scenario>, Vec<Found>) {
    let mut sources = SourceMap::new();
    let mut diagnostics = Diagnostics::new();
    let scenario =
        load_scenario("walkthrough/scenario.json", files, overrides, &mut sources, &mut diagnostics);
    let found = diagnostics.sorted().into_iter().map(|d| match d.span {
        Some(span) => {
            let at = sources.position(span);
            let name = sources.name(span.source).trim_start_matches("walkthrough/").to_owned();
            (d.code.to_owned(), name, at.line, at.column, sources.slice(span).to_owned())
        }
        None => (d.code.to_owned(), String::new(), 0, 0, String::new()),
    });
    let found = found.collect();
    assert_eq!(scenario.is_none(), diagnostics.has_errors(), "{diagnostics:?}");
    (scenario, found)
}

/// The scenario, if it has no errors.
pub(crate) fn load(files: &TestFiles) -> Result<Scenario, Vec<Found>> {
    let (scenario, found) = load_with(files, &Overrides::default());
    scenario.ok_or(found)
}

/// The configuration of the published walkthrough: three regions, one pool, one retry.
pub(crate) fn walkthrough() -> TestFiles {
    let backend = |region: &str| {
        format!(
            r#"    {{
      "type": "Microsoft.ApiManagement/service/backends",
      "apiVersion": "2024-06-01-preview",
      "name": "apim/openai-{region}",
      "properties": {{
        "url": "https://openai-{region}.openai.azure.com/openai",
        "protocol": "http",
        "circuitBreaker": {{
          "rules": [
            {{
              "name": "openAIBreakerRule",
              "failureCondition": {{
                "count": "1",
                "interval": "PT5M",
                "statusCodeRanges": [{{ "min": 429, "max": 429 }}]
              }},
              "tripDuration": "PT1M",
              "acceptRetryAfter": true
            }}
          ]
        }}
      }}
    }}"#
        )
    };
    let regions = ["eastus", "westus", "swedencentral"];
    let backends: Vec<String> = regions.iter().map(|region| backend(region)).collect();
    let members: Vec<String> =
        regions.iter().map(|region| format!(r#"{{ "id": "/backends/openai-{region}" }}"#)).collect();
    let resources = format!(
        r#"{{
  "resources": [
{},
    {{
      "type": "Microsoft.ApiManagement/service/backends",
      "name": "openai-backend-pool",
      "properties": {{ "type": "Pool", "pool": {{ "services": [{}] }} }}
    }}
  ]
}}
"#,
        backends.join(",\n"),
        members.join(", ")
    );
    let policy = r#"<policies>
  <inbound><base /><set-backend-service backend-id="openai-backend-pool" /></inbound>
  <backend><retry condition="@(context.Response.StatusCode == 429)" count="2" interval="0" first-fast-retry="true"><forward-request buffer-request-body="true" /></retry></backend>
  <outbound><base /></outbound>
  <on-error><base /></on-error>
</policies>
"#;
    let mut files = TestFiles(BTreeMap::new());
    files = files.with("scenario.json", SCENARIO).with("backends.json", resources).with("policy.xml", policy);
    files
}

const SCENARIO: &str = r#"{
  "formatVersion": 1,
  "policy": "policy.xml",
  "resources": ["backends.json"],
  "gateway": { "tier": "BasicV2", "units": 1 },
  "operation": {
    "path": "/deployments/gpt-4o-mini/chat/completions?api-version=2024-02-01",
    "headers": { "api-key": "secret" }
  },
  "backends": {
    "openai-eastus": { "region": "East US", "model": "gpt-4o-mini", "standard": { "tpm": 8000 } },
    "openai-westus": { "region": "West US", "model": "gpt-4o-mini", "standard": { "tpm": 8000 } },
    "openai-swedencentral": { "region": "Sweden Central", "model": "gpt-4o-mini", "standard": { "tpm": 8000 } }
  },
  "traffic": {
    "kind": "closed-loop", "requests": 20, "pause": "1s",
    "request": { "messages": [{ "characters": 41 }, { "characters": 31 }], "completionTokens": 150 }
  },
  "variants": {
    "priority": {
      "note": "East US first",
      "pools": {
        "openai-backend-pool": {
          "openai-eastus": { "priority": 1 },
          "openai-westus": { "priority": 2 },
          "openai-swedencentral": { "priority": 3 }
        }
      }
    },
    "weighted": {
      "pools": {
        "openai-backend-pool": {
          "openai-eastus": { "priority": 1 },
          "openai-westus": { "priority": 2, "weight": 50 },
          "openai-swedencentral": { "priority": 2, "weight": 50 }
        }
      }
    }
  }
}
"#;
