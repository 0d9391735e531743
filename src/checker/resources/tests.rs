//! The same configuration in every form, and files in the styles that people write.

use std::fmt::Write as _;

use super::*;
use crate::diagnostics::{Diagnostics, SourceMap};

/// What is read from these files, in words, and the codes of what was objected to.
fn read(files: &[(&str, &str)]) -> (String, Vec<&'static str>, Inventory) {
    let mut sources = SourceMap::new();
    let files: Vec<TextFile> = files
        .iter()
        .map(|(path, text)| {
            let source = sources.add(*path, *text);
            let form = detect(path, text).unwrap_or_else(|| panic!("{path} has no form"));
            TextFile { path: (*path).into(), source, text: (*text).into(), form }
        })
        .collect();
    let mut problems = Diagnostics::new();
    let inventory = read_all(&files, &mut problems);
    let mut words = String::new();
    for found in inventory.of(Kind::Backend).filter(|found| !found.is_reference) {
        tell(&backend(found), &mut words);
    }
    (words, problems.sorted().iter().map(|problem| problem.code).collect(), inventory)
}

fn given<T: std::fmt::Display>(value: &Given<T>) -> String {
    match value {
        Given::Absent => "-".to_owned(),
        Given::Unknown(_) => "?".to_owned(),
        Given::Known(value, _) => value.to_string(),
    }
}

fn tell(backend: &Backend, words: &mut String) {
    let name = backend.name.as_deref().unwrap_or("?");
    match &backend.kind {
        BackendKind::Unknown => writeln!(words, "{name}: unknown"),
        BackendKind::Single(single) => {
            let rules: Vec<String> = single
                .rules()
                .iter()
                .map(|rule| {
                    let ranges = rule.ranges.known().map_or("-".to_owned(), |ranges| {
                        let range = |r: &StatusRange| format!("{}-{}", given(&r.min), given(&r.max));
                        ranges.iter().map(range).collect::<Vec<_>>().join(",")
                    });
                    let seconds = |time: &Given<crate::units::Duration>| {
                        time.known()
                            .map_or("?".to_owned(), |time| (time.as_nanos() / 1_000_000_000).to_string())
                    };
                    format!(
                        " rule {} {}/{} {ranges} trip {} retry-after {}",
                        given(&rule.name),
                        given(&rule.count),
                        seconds(&rule.interval),
                        seconds(&rule.trip_duration),
                        given(&rule.accept_retry_after)
                    )
                })
                .collect();
            writeln!(words, "{name}: {}{}", given(&single.url), rules.concat())
        }
        BackendKind::Pool(pool) => {
            let member = |m: &Member| {
                let name = m.name.as_deref().unwrap_or("?");
                format!(" {name}({},{})", given(&m.priority), given(&m.weight))
            };
            let members: String = pool.members.iter().map(member).collect();
            let partial = if pool.is_partial { " and more" } else { "" };
            writeln!(words, "{name}: pool{members}{partial}")
        }
    }
    .unwrap();
}

const EXPECTED: &str =
    "east: https://east.openai.azure.com/openai rule trip 1/60 429-429,500-599 trip 60 retry-after true
west: https://west.openai.azure.com/openai rule trip 1/60 429-429,500-599 trip 60 retry-after true
pool: pool east(1,-) west(2,50)
";

#[test]
fn arm_templates_are_evaluated() {
    let template = r#"{
  "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
  "contentVersion": "1.0.0.0",
  "parameters": {
    "apimName": { "type": "string" },
    "backends": { "type": "array", "defaultValue": [ { "name": "east" }, { "name": "west", "weight": 50 } ] },
    "trip": { "type": "string", "defaultValue": "PT1M" }
  },
  "variables": {
    "prefix": "[concat('https', '://')]",
    "rule": { "name": "trip", "tripDuration": "[parameters('trip')]", "acceptRetryAfter": true, "failureCondition": {
      "count": "1", "interval": "PT1M", "copy": [ { "name": "statusCodeRanges", "count": 2, "input": {
        "min": "[if(equals(copyIndex('statusCodeRanges'), 0), 429, 500)]", "max": "[createArray(429, 599)[copyIndex('statusCodeRanges')]]" } } ] } }
  },
  "resources": [
    { "type": "Microsoft.ApiManagement/service/backends", "apiVersion": "2024-05-01",
      "name": "[format('{0}/{1}', parameters('apimName'), parameters('backends')[copyIndex()].name)]",
      "copy": { "name": "all", "count": "[length(parameters('backends'))]" },
      "properties": { "protocol": "http",
        "url": "[concat(variables('prefix'), parameters('backends')[copyIndex('all')].name, '.openai.azure.com/openai')]",
        "circuitBreaker": { "rules": [ "[variables('rule')]" ] } } },
    { "type": "Microsoft.Resources/deployments", "name": "inner", "apiVersion": "2022-09-01", "properties": { "mode": "Incremental",
      "expressionEvaluationOptions": { "scope": "inner" },
      "parameters": { "service": { "value": "[parameters('apimName')]" } },
      "template": { "parameters": { "service": { "type": "string" } }, "resources": [
        { "type": "Microsoft.ApiManagement/service/backends", "apiVersion": "2024-05-01", "name": "[concat(parameters('service'), '/pool')]",
          "properties": { "type": "Pool", "pool": { "services": [
            { "id": "[resourceId('Microsoft.ApiManagement/service/backends', parameters('service'), 'east')]", "priority": 1 },
            { "id": "/backends/west", "priority": "2", "weight": 50 } ] } } } ] } } },
    { "type": "Microsoft.ApiManagement/service/backends", "condition": false, "name": "a/none", "properties": { "url": "x" } }
  ]
}"#;
    let (words, problems, inventory) = read(&[("main.json", template)]);
    assert_eq!((words.as_str(), problems), (EXPECTED, vec![]));
    assert!(!inventory.is_partial);
    // A file of parameters gives other values.
    let values = r#"{ "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentParameters.json#",
        "parameters": { "trip": { "value": "PT2M" }, "backends": { "value": [ { "name": "north" } ] } } }"#;
    let (words, _, _) = read(&[("main.json", template), ("main.parameters.json", values)]);
    assert!(
        words.starts_with(
            "north: https://north.openai.azure.com/openai rule trip 1/60 429-429,500-599 trip 120"
        )
    );
}

#[test]
fn folders_of_apiops_name_what_is_in_them() {
    let single = r#"{ "properties": { "url": "https://east.openai.azure.com/openai", "protocol": "http" } }"#;
    let pool = r#"{ "name": "", "properties": { "type": "Pool", "pool": { "services": [{ "id": "/backends/east" }] } } }"#;
    let value = r#"{ "properties": { "displayName": "tokens", "value": "1000", "url": "x" } }"#;
    let (words, problems, inventory) = read(&[
        ("backends/east/backendInformation.json", single),
        ("backends/pool/backendInformation.json", pool),
        ("named values/tokens/namedValueInformation.json", value),
        ("loggers/l/loggerInformation.json", r#"{ "properties": { "url": "x" } }"#),
        (
            "backends/own/backendInformation.json",
            r#"{ "name": "real", "properties": { "url": "https://x" } }"#,
        ),
    ]);
    assert_eq!(
        (words.as_str(), problems),
        ("east: https://east.openai.azure.com/openai\npool: pool east(-,-)\nreal: https://x\n", vec![])
    );
    assert_eq!(inventory.of(Kind::NamedValue).count(), 1);
}

#[test]
fn bicep_is_evaluated() {
    let main = r"
@description('Name of the service')
param apimName string
param trip string = 'PT1M'
param backends array = [
  { name: 'east', priority: 1 }
  { name: 'west'
    priority: 2, weight: 50 }
]
param unused { a: string, b: int? }[]?

var urls = [for b in backends: 'https://${b.name}.openai.azure.com/openai']
/* a comment */
resource apim 'Microsoft.ApiManagement/service@2024-05-01' existing = {
  name: apimName
}

#disable-next-line BCP035
resource single 'Microsoft.ApiManagement/service/backends@2024-05-01' = [for (b, i) in backends: if (length(backends) > 0) {
  name: b.name
  parent: apim
  properties: {
    protocol: 'http'
    url: urls[i] // by place
    circuitBreaker: {
      rules: [
        {
          name: 'trip', tripDuration: trip
          acceptRetryAfter: true
          failureCondition: {
            count: 1
            interval: 'PT1M'
            statusCodeRanges: concat([{ min: 429, max: 429 }], [{ min: 500, max: 599 }])
          }
        }
      ]
    }
  }
}]

module pool './modules/pool.bicep' = {
  name: 'pool'
  params: {
    service: apim.name
    members: [for (b, i) in backends: {
      id: single[i].id
      priority: b.?priority
      weight: b.?weight
    }]
  }
}
output id string = pool.outputs.id
";
    let module = r"
param service string
param members { id: string, priority: int?, weight: int? }[]
resource apim 'Microsoft.ApiManagement/service@2024-05-01' existing = { name: service }
resource pool 'Microsoft.ApiManagement/service/backends@2024-06-01-preview' = {
  parent: apim
  name: 'pool'
  properties: any({
    type: 'Pool'
    pool: {
      services: map(members, m => union({ id: m.id }, m.priority != null ? { priority: m.priority } : {}, { weight: m.?weight }))
    }
  })
}
output id string = pool.id
";
    let files = [("infra/main.bicep", main), ("infra/modules/pool.bicep", module)];
    let (words, problems, inventory) = read(&files);
    assert_eq!((words.as_str(), problems), (EXPECTED, vec![]));
    assert!(!inventory.is_partial);
    // Without its module something may be missing.
    assert!(read(&[("infra/main.bicep", main)]).2.is_partial);
    let values = "using './main.bicep'\nparam trip = 'PT5M'\nparam backends = [{ name: 'only' }]\n";
    let (words, _, _) = read(&[files[0], files[1], ("infra/main.bicepparam", values)]);
    assert!(
        words.contains("only: https://only.openai.azure.com/openai rule trip 1/60 429-429,500-599 trip 300")
    );
    assert!(words.contains("pool: pool only(-,-)"), "{words}");
}

#[test]
fn what_only_the_deployment_knows_is_unknown() {
    let text = r"
param members array
param region string
resource pool 'Microsoft.ApiManagement/service/backends@2024-05-01' = {
  name: '${region}/pool'
  properties: { type: 'Pool', pool: { services: [for m in members: { id: '/backends/${m}', priority: 1 }] } }
}
resource one 'Microsoft.ApiManagement/service/backends@2024-05-01' = {
  name: 'svc/one'
  properties: { url: 'https://${region}.openai.azure.com', protocol: 'http' }
}
resource many 'Microsoft.ApiManagement/service/backends@2024-05-01' = [for m in members: { name: m }]
";
    let (words, problems, inventory) = read(&[("a.bicep", text)]);
    assert_eq!(words, "pool: pool and more\none: ?\n{members.each}: unknown\n");
    assert_eq!(problems, Vec::<&str>::new());
    assert!(inventory.is_partial);
}

#[test]
fn policies_in_bicep_are_found() {
    let text = r"
var policy = replace(loadTextContent('policies/p.xml'), '{backend-id}', 'pool')
resource a 'Microsoft.ApiManagement/service/apis/policies@2024-05-01' = {
  name: 'policy'
  properties: { format: 'rawxml', value: policy }
}
resource b 'Microsoft.ApiManagement/service/policies@2024-05-01' = {
  name: 'policy'
  properties: { value: '''
<policies/>''' }
}
";
    let policy =
        r#"<policies><inbound><set-backend-service backend-id="{backend-id}" /></inbound></policies>"#;
    let (_, problems, inventory) = read(&[("main.bicep", text), ("policies/p.xml", policy)]);
    assert_eq!(problems, Vec::<&str>::new());
    let texts: Vec<_> = inventory.policies.iter().map(|p| p.text.as_deref().unwrap()).collect();
    assert_eq!(texts, [policy.replace("{backend-id}", "pool").as_str(), "<policies/>"]);
    // Without the file nothing is known of the text.
    assert!(read(&[("main.bicep", text)]).2.policies[0].text.is_none());
}

#[test]
fn broken_files_are_told_and_the_rest_is_read() {
    let text = "param x string = 'a\nvar y = {\n  a 1\n}\nresource b 'Microsoft.ApiManagement/service/backends@2024-05-01' = {\n  name: 's/b'\n  properties: { url: 'https://b' }\n}\n";
    let (words, problems, _) = read(&[("a.bicep", text)]);
    assert_eq!(words, "b: https://b\n");
    assert_eq!(problems, ["bicep-syntax", "bicep-syntax"]);
    let circle = "var a = b\nvar b = a\nresource r 'Microsoft.ApiManagement/service/backends@2024-05-01' = { name: a }\n";
    assert_eq!(read(&[("a.bicep", circle)]).1, ["circular-definition"]);
    let circle = r#"{ "contentVersion": "1", "variables": { "a": "[variables('b')]", "b": "[variables('a')]" }, "resources":
        [{ "type": "Microsoft.ApiManagement/service/backends", "name": "[variables('a')]", "properties": { "url": "x" } }] }"#;
    assert_eq!(read(&[("a.json", circle)]).1, ["circular-definition"]);
}

#[test]
fn hostile_files_end() {
    for text in [
        "var x = ".to_owned() + &"(".repeat(100_000),
        "var x = ".to_owned() + &"[".repeat(100_000),
        "var x = ".to_owned() + &"!".repeat(100_000),
        "var x = ".to_owned() + &"a ? ".repeat(50_000),
        "var x = ".to_owned() + &"1 + ".repeat(50_000),
        "var x = ".to_owned() + &"'${".repeat(50_000),
        "var x = [for a in range(0, 9999): [for b in range(0, 9999): [for c in range(0, 9999): '${a}${b}${c}']]]\nresource r 'Microsoft.ApiManagement/service/backends@1' = [for y in x: { name: y }]".to_owned(),
        "module m 'a.bicep' = { name: 'm' }\n".to_owned(),
        "'".repeat(10_000),
        "'''".repeat(10_001),
    ] {
        read(&[("a.bicep", &text)]);
    }
}
