//! Checking configurations before they are deployed.

use serde_json::Value;

use crate::support::{Done, Work, call, root};

const POLICY: &str = r#"<policies>
    <inbound>
        <base />
        <llm-token-limit counter-key="@(context.Subscription.Id)" tokens-per-minute="1000" estimate-prompt-tokens="true" />
        <set-backend-service backend-id="openai-pool" />
    </inbound>
    <backend>
        <retry condition="@(context.Response != null &amp;&amp; context.Response.StatusCode == 429)" count="2" interval="0">
            <forward-request timeout="60" />
        </retry>
    </backend>
    <outbound>
        <base />
    </outbound>
    <on-error>
        <base />
    </on-error>
</policies>
"#;

const BICEP: &str = r"param apimName string

resource apim 'Microsoft.ApiManagement/service@2024-05-01' existing = {
  name: apimName
}

var regions = ['east', 'west']

resource backends 'Microsoft.ApiManagement/service/backends@2024-05-01' = [for region in regions: {
  parent: apim
  name: 'openai-${region}'
  properties: {
    url: 'https://openai-${region}.openai.azure.com/openai'
    protocol: 'http'
    circuitBreaker: {
      rules: [
        {
          name: 'throttled'
          tripDuration: 'PT1M'
          acceptRetryAfter: true
          failureCondition: {
            count: 1
            interval: 'PT1M'
            statusCodeRanges: [
              { min: 429, max: 429 }
              { min: 599, max: 500 }
            ]
          }
        }
      ]
    }
  }
}]

resource pool 'Microsoft.ApiManagement/service/backends@2024-05-01' = {
  parent: apim
  name: 'openai-pool'
  properties: {
    type: 'Pool'
    pool: {
      services: [for (region, i) in regions: {
        id: backends[i].id
        priority: i + 1
      }]
    }
  }
}
";

fn work() -> Work {
    let work = Work::empty();
    work.write("policy.xml", POLICY);
    work.write("main.bicep", BICEP);
    work
}

fn codes(done: &Done) -> Vec<String> {
    let document: Value =
        serde_json::from_str(&done.out).unwrap_or_else(|e| panic!("{e}\n{}\n{}", done.out, done.err));
    let findings = document["findings"].as_array().unwrap();
    let told = findings.iter().filter(|finding| finding["suppressed"].is_null());
    told.map(|finding| finding["code"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn policy_and_bicep_are_looked_at_together() {
    let work = work();
    let done = work.call(&["validate", ".", "--format", "concise"]);
    assert_eq!(done.code, 1, "{}", done.err);
    let lines: Vec<&str> = done.out.lines().collect();
    // The range is written once, although two backends have it.
    let range = lines.iter().filter(|line| line.contains("PP1008")).count();
    assert_eq!(range, 1, "{lines:?}");
    assert!(lines.iter().any(|line| line.starts_with("main.bicep:26:22: error[PP1008]")), "{lines:?}");
    assert!(lines.iter().any(|line| line.starts_with("policy.xml:9:13: error[PP1101]")), "{lines:?}");
    let human = work.call(&["validate", "policy.xml", "main.bicep"]);
    assert_eq!(human.code, 1);
    assert!(human.out.contains("^^"), "{}", human.out);
    assert!(human.out.contains("poolproof explain"), "{}", human.out);
}

#[test]
fn fixes_change_only_what_they_mend() {
    let work = work();
    let crlf = format!("\u{feff}{}", POLICY.replace('\n', "\r\n"));
    std::fs::write(work.path().join("policy.xml"), &crlf).unwrap();
    let diff = work.call(&["validate", "policy.xml", "--diff"]);
    assert!(
        diff.out.contains("+            <forward-request buffer-request-body=\"true\" timeout=\"60\" />"),
        "{}",
        diff.out
    );
    assert_eq!(std::fs::read(work.path().join("policy.xml")).unwrap(), crlf.as_bytes(), "only shown");
    let done = work.call(&["validate", "policy.xml", "--fix"]);
    assert_eq!(done.code, 0, "{}{}", done.out, done.err);
    let mended = std::fs::read_to_string(work.path().join("policy.xml")).unwrap();
    let expected =
        crlf.replace("<forward-request timeout", "<forward-request buffer-request-body=\"true\" timeout");
    assert_eq!(mended, expected);
}

#[test]
fn a_duration_that_only_people_read_is_rewritten() {
    let work = work();
    let other = BICEP
        .replace("interval: 'PT1M'", "interval: period")
        .replace("var regions", "// poolproof: ignore PP1008: on purpose\nvar period = '90s'\n\nvar regions");
    work.write("main.bicep", &other.replace("{ min: 599, max: 500 }", "{ min: 500, max: 599 }"));
    let done = work.call(&["validate", "main.bicep", "--format", "concise"]);
    assert_eq!(done.code, 1, "{}", done.out);
    assert!(done.out.contains("main.bicep:8:14: error[PP1002]"), "{}", done.out);
    let done = work.call(&["validate", "main.bicep", "--unsafe-fixes", "--format", "concise"]);
    assert!(!done.out.contains("PP1002"), "{}", done.out);
    assert!(work.read("main.bicep").contains("var period = 'PT1M30S'\n"));
}

#[test]
fn rules_can_be_chosen_and_weighed() {
    let work = work();
    let json = |more: &[&str]| {
        let mut args = vec!["validate", ".", "--format", "json"];
        args.extend(more);
        let done = work.call(&args);
        (done.code, codes(&done))
    };
    let (code, all) = json(&[]);
    assert_eq!(code, 1);
    assert!(all.contains(&"PP1101".to_owned()) && all.contains(&"PP1008".to_owned()), "{all:?}");
    let (_, selected) = json(&["--select", "PP1101"]);
    assert_eq!(selected, ["PP1101"]);
    let (_, ignored) = json(&["--ignore", "PP10,unbuffered-retry"]);
    assert!(ignored.iter().all(|code| !code.starts_with("PP10") && code != "PP1101"), "{ignored:?}");
    assert_eq!(json(&["--select", "PP1101", "--severity", "PP1101=warning"]).0, 0);
    assert_eq!(json(&["--fail-on", "never"]).0, 0);
    let unknown = work.call(&["validate", ".", "--select", "PP9999"]);
    assert_eq!(unknown.code, 2);
    assert!(unknown.err.contains("`PP9999`"), "{}", unknown.err);
}

#[test]
fn findings_are_ignored_with_a_reason_or_by_a_baseline() {
    let work = work();
    let ignored = POLICY.replace(
        "            <forward-request",
        "            <!-- poolproof: ignore PP1101: requests are small and have no body -->\n            <forward-request",
    );
    work.write("policy.xml", &ignored);
    let done = work.call(&["validate", "policy.xml"]);
    assert_eq!(done.code, 0, "{}", done.out);
    assert!(done.out.contains("1 ignored with a reason"), "{}", done.out);
    work.write("policy.xml", POLICY);
    let written = work.call(&["validate", ".", "--write-baseline", "known.json"]);
    assert_eq!(written.code, 0, "{}{}", written.out, written.err);
    let done = work.call(&["validate", ".", "--baseline", "known.json"]);
    assert_eq!((done.code, done.out.as_str()), (0, "nothing to object to\n"));
    // New lines above do not make old findings new; a new one is told.
    work.write("policy.xml", &format!("<!-- new -->\n{POLICY}"));
    assert_eq!(work.call(&["validate", ".", "--baseline", "known.json"]).code, 0);
    work.write("policy.xml", &POLICY.replace("<base />\n    </outbound>", "<bose />\n    </outbound>"));
    assert_eq!(work.call(&["validate", ".", "--baseline", "known.json"]).code, 1);
}

#[test]
fn findings_are_as_their_schema_says() {
    let work = work();
    let schema: Value = serde_json::from_str(&work.call(&["schema", "findings"]).ok().out).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    work.write("none.xml", "");
    for paths in [&["."][..], &["policy.xml", "none.xml"], &["gone.xml"]] {
        let mut args = vec!["validate", "--format", "json", "--info"];
        args.extend(paths);
        let document: Value = serde_json::from_str(&work.call(&args).out).unwrap();
        let problems: Vec<String> = validator.iter_errors(&document).map(|error| error.to_string()).collect();
        assert_eq!(problems, Vec::<String>::new(), "{paths:?}");
        let mut other = document.clone();
        other["findings"][0]["code"] = Value::Null;
        assert!(!validator.is_valid(&other));
    }
}

#[test]
fn sarif_is_valid() {
    let work = work();
    let done = work.call(&["validate", ".", "--format", "sarif"]);
    let document: Value = serde_json::from_str(&done.out).unwrap();
    assert_eq!(document["version"], "2.1.0");
    assert_eq!(sarif_problems(&document), Vec::<String>::new());
    let results = document["runs"][0]["results"].as_array().unwrap();
    assert!(results.iter().any(|result| result["ruleId"] == "PP1101" && result["fixes"].is_array()));
}

/// What the schema of SARIF objects to.
pub(crate) fn sarif_problems(document: &Value) -> Vec<String> {
    let schema: Value = serde_json::from_str(&sarif_schema()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    validator.iter_errors(document).map(|error| error.to_string()).collect()
}

/// The schema of SARIF 2.1.0, as the package `serde-sarif` has it in its source.
fn sarif_schema() -> String {
    let run = |program: &str, args: &[&str]| {
        let output = std::process::Command::new(program).args(args).current_dir(root()).output().unwrap();
        assert!(output.status.success(), "{program} {args:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    // Packages of other platforms need not be on this machine.
    let about = run("rustc", &["-vV"]);
    let host = about.lines().find_map(|line| line.strip_prefix("host: ")).unwrap();
    let metadata = ["metadata", "--format-version", "1", "--offline", "--locked", "--filter-platform", host];
    let output = run(env!("CARGO"), &metadata);
    let metadata: Value = serde_json::from_str(&output).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let package = packages.iter().find(|package| package["name"] == "serde-sarif").unwrap();
    let manifest = std::path::PathBuf::from(package["manifest_path"].as_str().unwrap());
    let schema = std::fs::read_to_string(manifest.with_file_name("src").join("schema.json")).unwrap();
    // One pattern of it (for a language, which is not used) is no regular expression to a strict reader.
    schema.replace("^[a-zA-Z]{2}|^[a-zA-Z]{2}-[a-zA-Z]{2}]?$", "^[a-zA-Z]{2}(-[a-zA-Z]{2})?$")
}

#[test]
fn what_cannot_be_used_ends_with_two() {
    let work = Work::empty();
    for (name, text) in [
        ("broken.json", "{ \"properties\": "),
        ("broken.xml", "<policies><inbound></policies>"),
        (
            "broken.bicep",
            "resource x 'Microsoft.ApiManagement/service/backends@2024-05-01' = {\n  name 1\n}\n",
        ),
        (
            "endless.bicep",
            "var a = map(range(0, 9999), i => range(0, 9999))\nresource b 'Microsoft.ApiManagement/service/backends@2024-05-01' = {\n  name: 'apim/${length(a)}'\n}\n",
        ),
        ("words.txt", "words"),
    ] {
        work.write(name, text);
        let done = work.call(&["validate", name]);
        assert_eq!(done.code, 2, "{name}: {}{}", done.out, done.err);
        assert!(done.out.contains(name), "{name}: {}", done.out);
    }
    let gone = work.call(&["validate", "gone.xml", "--format", "concise"]);
    assert_eq!(gone.code, 2);
    assert!(gone.out.starts_with("gone.xml:1:1: error[missing-file]"), "{}", gone.out);
    let empty = Work::empty();
    assert_eq!(empty.call(&["validate", "."]).code, 4, "nothing to look at");
}

/// Nothing is kept from root: it takes another user to see this.
#[cfg(unix)]
#[test]
fn what_may_not_be_read_ends_with_two() {
    use std::os::unix::fs::PermissionsExt as _;
    let work = Work::empty();
    work.write("infra/policy.xml", POLICY);
    let mode = |name: &str, mode: u32| {
        std::fs::set_permissions(work.path().join(name), std::fs::Permissions::from_mode(mode)).unwrap();
    };
    mode("infra/policy.xml", 0o000);
    if std::fs::read(work.path().join("infra/policy.xml")).is_ok() {
        eprintln!("skipped: whoever runs this may read every file");
        return;
    }
    let told = |path: &str, place: &str| {
        let done = work.call(&["validate", path, "--format", "concise"]);
        assert_eq!(done.code, 2, "{path}: {}{}", done.out, done.err);
        assert!(done.out.starts_with(&format!("{place}:1:1: error[unreadable-file]")), "{}", done.out);
    };
    told("infra/policy.xml", "infra/policy.xml");
    told("infra", "infra/policy.xml");
    // Names can be read, and nothing of what they name.
    mode("infra", 0o444);
    told("infra", "infra/policy.xml");
    told("infra/policy.xml", "infra/policy.xml");
    mode("infra", 0o000);
    told("infra", "infra");
    told(".", "infra");
    mode("infra", 0o755);
}

#[test]
fn our_own_scenarios_are_clean() {
    let done = call(&root(), &["validate", "scenarios", "--format", "concise"]);
    assert_eq!(done.code, 0, "{}{}", done.out, done.err);
    // The walkthrough is as its guide has it: what is wrong with it is known.
    let errors = done.out.lines().filter(|line| line.contains("error[")).count();
    assert_eq!(errors, 0, "{}", done.out);
}

#[test]
fn every_rule_has_a_page() {
    let work = Work::empty();
    let list = work.call(&["rules"]).ok();
    assert!(list.out.lines().count() > 60, "{}", list.out);
    for line in list.out.lines() {
        let code = line.split_whitespace().next().unwrap();
        let page = work.call(&["explain", code]).ok();
        assert!(page.out.starts_with(code), "{}", page.out);
        for part in ["\nWhy\n", "\nWhat to do\n", "\nSource\n", "\nFound in: "] {
            assert!(page.out.contains(part), "{code} {part}");
        }
    }
    let unknown = work.call(&["explain", "PP1O01"]);
    assert_eq!(unknown.code, 2);
    assert!(unknown.err.contains("PP1001"), "{}", unknown.err);
}

#[test]
fn bicep_becomes_a_scenario_that_runs() {
    let work = work();
    work.write("main.bicep", &BICEP.replace("{ min: 599, max: 500 }", "{ min: 500, max: 599 }"));
    work.write("main.bicepparam", "using 'main.bicep'\nparam apimName = 'contoso'\n");
    let done = work.call(&["import", ".", "--out", "scenario"]).ok();
    assert!(done.out.contains("wrote scenario/scenario.json"), "{}", done.out);
    assert!(work.exists("scenario/policy.xml") && work.exists("scenario/resources/main.bicep"));
    let run = work.call(&["run", "scenario/scenario.json", "--no-charts"]).ok();
    assert!(run.out.contains("openai-west"), "{}", run.out);
    // A second time nothing is written over.
    assert_eq!(work.call(&["import", ".", "--out", "scenario"]).code, 2);
}
