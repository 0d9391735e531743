//! Templates in the styles in which people write them, in both languages.

use std::fmt::Write as _;
use std::sync::Arc;

use crate::diagnostics::{Diagnostics, SourceMap};
use crate::resources::{Backend, BackendKind, Inventory, Kind, TextFile, backend, detect, read_all};

/// What is in files, and codes of problems with their lines.
pub(in crate::resources) fn read(files: &[(&str, &str)]) -> (Inventory, Vec<String>, SourceMap) {
    let mut sources = SourceMap::new();
    let files: Vec<TextFile> = files
        .iter()
        .map(|(path, text)| TextFile {
            path: Arc::from(*path),
            source: sources.add(*path, *text),
            text: Arc::from(*text),
            form: detect(path, text).unwrap_or_else(|| panic!("{path} has no form")),
        })
        .collect();
    let mut problems = Diagnostics::new();
    let inventory = read_all(&files, &mut problems);
    let told = problems.sorted().into_iter().map(|problem| {
        let line = problem.span.map_or(0, |span| sources.position(span).line);
        format!("{} {line}: {} [{}]", problem.code, problem.message, problem.label)
    });
    let told = told.collect();
    (inventory, told, sources)
}

/// Backends without places, a line each.
fn lines(inventory: &Inventory) -> String {
    let mut text = String::new();
    for found in inventory.of(Kind::Backend) {
        describe(&backend(found), &mut text);
    }
    if inventory.is_partial {
        text.push_str("partial\n");
    }
    text
}

fn describe(backend: &Backend, text: &mut String) {
    write!(text, "{}", backend.name.as_deref().unwrap_or("?")).expect("written");
    if backend.is_conditional {
        text.push_str(" conditional");
    }
    if backend.is_reference {
        text.push_str(" existing");
    }
    match &backend.kind {
        BackendKind::Unknown => text.push_str(" unknown"),
        BackendKind::Single(single) => {
            let url = single.url.known().map_or(if single.url.is_absent() { "-" } else { "?" }, |url| url);
            write!(text, " {url}").expect("written");
            for rule in single.rules() {
                let number = |given: &crate::resources::Given<u64>| match given.known() {
                    Some(number) => number.to_string(),
                    None if given.is_absent() => "-".to_owned(),
                    None => "?".to_owned(),
                };
                write!(text, " rule(count {}", number(&rule.count)).expect("written");
                for range in rule.ranges.known().into_iter().flatten() {
                    write!(text, " {}-{}", number(&range.min), number(&range.max)).expect("written");
                }
                let time = rule.trip_duration.known().map(|time| time.as_nanos() / 1_000_000_000);
                write!(text, " trip {time:?})").expect("written");
            }
        }
        BackendKind::Pool(pool) => {
            text.push_str(" pool");
            for member in &pool.members {
                let number = |given: &crate::resources::Given<u64>| {
                    given.known().map_or(if given.is_absent() { "-" } else { "?" }.to_owned(), u64::to_string)
                };
                let name = member.name.as_deref().unwrap_or("?");
                write!(text, " {name}/{}/{}", number(&member.priority), number(&member.weight))
                    .expect("written");
            }
            if pool.is_partial {
                text.push_str(" ...");
            }
        }
    }
    text.push('\n');
}

#[track_caller]
pub(in crate::resources) fn check(files: &[(&str, &str)], expected: &str) -> Inventory {
    let (inventory, problems, _) = read(files);
    assert_eq!(problems, Vec::<String>::new());
    assert_eq!(lines(&inventory).trim(), expected.trim());
    inventory
}

const LAB: &str = r"
@description('The name of the API Management instance')
param apimName string = 'apim-${uniqueString(resourceGroup().id)}'

@description('List of OpenAI resources to create')
param openAIConfig array = [
  { name: 'openai1', location: 'uksouth', priority: 1 }
  { name: 'openai2', location: 'swedencentral', priority: 2, weight: 50 }
]
param openAIBackendPoolName string = 'openai-backend-pool'
var maxStatus = 700
var policyXml = loadTextContent('policy.xml')

resource apim 'Microsoft.ApiManagement/service@2024-06-01-preview' existing = {
  name: apimName
}

resource cognitiveServices 'Microsoft.CognitiveServices/accounts@2021-10-01' = [for config in openAIConfig: if(length(openAIConfig) > 0) {
  name: '${config.name}-${uniqueString(resourceGroup().id)}'
  location: config.location
  kind: 'OpenAI'
  properties: { customSubDomainName: toLower('${config.name}') }
}]

#disable-next-line BCP035
resource backendOpenAI 'Microsoft.ApiManagement/service/backends@2024-06-01-preview' = [for (config, i) in openAIConfig: if(length(openAIConfig) > 0) {
  name: config.name
  parent: apim
  properties: {
    description: 'backend description'
    url: '${cognitiveServices[i].properties.endpoint}openai' // ends with a slash
    protocol: 'http'
    circuitBreaker: {
      rules: [
        {
          failureCondition: {
            count: 1
            errorReasons: [
              'Server errors'
            ]
            interval: 'PT5M'
            statusCodeRanges: [ {
                min: 429
                max: maxStatus
              }
            ]
          }
          name: 'openAIBreakerRule'
          tripDuration: 'PT1M'
          acceptRetryAfter: true
        }
      ]
    }
  }
}]

#disable-next-line BCP035
resource backendPoolOpenAI 'Microsoft.ApiManagement/service/backends@2024-06-01-preview' = if(length(openAIConfig) > 1) {
  name: openAIBackendPoolName
  parent: apim
#disable-next-line BCP035
  properties: {
    description: 'Load balancer for multiple OpenAI endpoints'
    type: 'Pool'
    pool: {
      services: [for (config, i) in openAIConfig: {
        id: '/backends/${backendOpenAI[i].name}'
        priority: config.?priority
        weight: config.?weight ?? null
      }]
    }
  }
}

resource apiPolicy 'Microsoft.ApiManagement/service/apis/policies@2024-06-01-preview' = {
  name: 'policy'
  parent: api
  properties: {
    format: 'rawxml'
    value: replace(policyXml, '{backend-id}', (length(openAIConfig) > 1) ? openAIBackendPoolName : openAIConfig[0].name)
  }
}
resource api 'Microsoft.ApiManagement/service/apis@2024-06-01-preview' = {
  name: 'openai'
  parent: apim
  properties: { path: 'openai', protocols: ['https'] }
}

output apimServiceId string = apim.id
output apimGatewayUrl string = apim.properties.gatewayUrl
";

#[test]
fn labs_with_loops_over_a_parameter() {
    let files = [
        ("main.bicep", LAB),
        (
            "policy.xml",
            "<policies><inbound><set-backend-service backend-id=\"{backend-id}\" /></inbound></policies>",
        ),
    ];
    let inventory = check(
        &files,
        "openai1 ? rule(count 1 429-700 trip Some(60))\n\
         openai2 ? rule(count 1 429-700 trip Some(60))\n\
         openai-backend-pool pool openai1/1/- openai2/2/50",
    );
    let policy = &inventory.policies[0];
    assert_eq!(policy.format.as_deref(), Some("rawxml"));
    assert_eq!(policy.file.as_deref(), Some("policy.xml"));
    assert!(policy.text.as_deref().expect("known").contains("backend-id=\"openai-backend-pool\""));
    // The number in the variable is the one to mark.
    let (_, _, sources) = read(&files);
    let of_first = backend(inventory.of(Kind::Backend).next().expect("one"));
    let ranges = of_first.single().expect("single").rules()[0].ranges.known().expect("known").clone();
    assert_eq!(sources.slice(ranges[0].max.span().expect("placed")), "700");
    assert_eq!(sources.position(ranges[0].max.span().expect("placed")).line, 11);
}

/// One configuration, three times.
const PLAIN_BICEP: &str = r"
param apimName string
param trip string = 'PT1M'
resource apim 'Microsoft.ApiManagement/service@2024-05-01' existing = { name: apimName }
resource east 'Microsoft.ApiManagement/service/backends@2024-05-01' = {
  parent: apim
  name: 'east'
  properties: { url: 'https://east.openai.azure.com/openai', protocol: 'http', circuitBreaker: { rules: [ {
    name: 'r', tripDuration: trip, failureCondition: { count: 3, interval: 'PT5M', statusCodeRanges: [ { min: 429, max: 429 } ] }
  } ] } }
}
resource west 'Microsoft.ApiManagement/service/backends@2024-05-01' = {
  parent: apim
  name: 'west'
  properties: { url: 'https://west.openai.azure.com/openai', protocol: 'http' }
}
resource pool 'Microsoft.ApiManagement/service/backends@2024-05-01' = {
  parent: apim
  name: 'pool'
  properties: { type: 'Pool', pool: { services: [ { id: east.id, priority: 1 }, { id: west.id, priority: 2, weight: 10 } ] } }
}
";

const PLAIN_ARM: &str = r#"{
  "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
  "contentVersion": "1.0.0.0",
  "parameters": { "apimName": { "type": "string" }, "trip": { "type": "string", "defaultValue": "PT1M" } },
  "variables": { "endpoints": [ { "name": "east", "rules": [ {
      "name": "r", "tripDuration": "[parameters('trip')]",
      "failureCondition": { "count": 3, "interval": "PT5M", "statusCodeRanges": [ { "min": 429, "max": 429 } ] } } ] },
    { "name": "west" } ] },
  "resources": [
    {
      "copy": { "name": "each", "count": "[length(variables('endpoints'))]" },
      "type": "Microsoft.ApiManagement/service/backends",
      "apiVersion": "2024-05-01",
      "name": "[format('{0}/{1}', parameters('apimName'), variables('endpoints')[copyIndex()].name)]",
      "properties": {
        "url": "[concat('https://', variables('endpoints')[copyIndex('each')].name, '.openai.azure.com/openai')]",
        "protocol": "http",
        "circuitBreaker": "[if(contains(variables('endpoints')[copyIndex()], 'rules'), createObject('rules', variables('endpoints')[copyIndex()].rules), null())]"
      }
    },
    {
      "type": "Microsoft.ApiManagement/service/backends",
      "apiVersion": "2024-05-01",
      "name": "[concat(parameters('apimName'), '/pool')]",
      "dependsOn": [ "each" ],
      "properties": { "type": "Pool", "pool": { "services": [
        { "id": "[resourceId('Microsoft.ApiManagement/service/backends', parameters('apimName'), 'east')]", "priority": 1 },
        { "id": "[concat(resourceId('Microsoft.ApiManagement/service', parameters('apimName')), '/backends/west')]", "priority": 2, "weight": 10 }
      ] } }
    }
  ]
}"#;

const COMPILED: &str = r#"{
  "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
  "languageVersion": "2.0",
  "contentVersion": "1.0.0.0",
  "metadata": { "_generator": { "name": "bicep", "version": "0.30.23.60470", "templateHash": "1" } },
  "parameters": { "apimName": { "type": "string" } },
  "resources": {
    "backends": {
      "type": "Microsoft.Resources/deployments",
      "apiVersion": "2022-09-01",
      "name": "[format('{0}-backends', deployment().name)]",
      "properties": {
        "expressionEvaluationOptions": { "scope": "inner" },
        "mode": "Incremental",
        "parameters": {
          "apimName": { "value": "[parameters('apimName')]" },
          "names": { "value": ["east", "west"] },
          "rules": { "value": [ { "name": "r", "tripDuration": "PT1M", "failureCondition":
            { "count": 3, "interval": "PT5M", "statusCodeRanges": [ { "min": 429, "max": 429 } ] } } ] }
        },
        "template": {
          "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
          "languageVersion": "2.0",
          "contentVersion": "1.0.0.0",
          "parameters": {
            "apimName": { "type": "string" }, "names": { "type": "array" }, "rules": { "type": "array" },
            "priorities": { "type": "array", "nullable": true }
          },
          "variables": { "copy": [ { "name": "ids", "count": "[length(parameters('names'))]",
            "input": "[resourceId('Microsoft.ApiManagement/service/backends', parameters('apimName'), parameters('names')[copyIndex('ids')])]" } ] },
          "resources": {
            "apim": { "existing": true, "type": "Microsoft.ApiManagement/service", "apiVersion": "2024-05-01",
              "name": "[parameters('apimName')]" },
            "backend": {
              "copy": { "name": "backend", "count": "[length(parameters('names'))]" },
              "type": "Microsoft.ApiManagement/service/backends",
              "apiVersion": "2024-05-01",
              "name": "[format('{0}/{1}', parameters('apimName'), parameters('names')[copyIndex()])]",
              "properties": "[shallowMerge(createArray(createObject('protocol', 'http', 'url', format('https://{0}.openai.azure.com/openai', parameters('names')[copyIndex()])), if(equals(copyIndex(), 0), createObject('circuitBreaker', createObject('rules', parameters('rules'))), createObject())))]"
            },
            "pool": {
              "type": "Microsoft.ApiManagement/service/backends",
              "apiVersion": "2024-05-01",
              "name": "[format('{0}/{1}', parameters('apimName'), 'pool')]",
              "properties": { "type": "Pool", "pool": { "copy": [ { "name": "services", "count": "[length(range(0, length(variables('ids'))))]",
                "input": { "id": "[variables('ids')[range(0, length(variables('ids')))[copyIndex('services')]]]",
                  "priority": "[add(copyIndex('services'), 1)]",
                  "weight": "[if(equals(copyIndex('services'), 1), 10, tryGet(parameters('priorities'), 0))]" } } ] } }
            }
          }
        }
      }
    }
  }
}"#;

const PLAIN: &str = "east https://east.openai.azure.com/openai rule(count 3 429-429 trip Some(60))\n\
     west https://west.openai.azure.com/openai\n\
     pool pool east/1/- west/2/10";

#[test]
fn one_configuration_in_every_language() {
    check(&[("main.bicep", PLAIN_BICEP)], PLAIN);
    check(&[("azuredeploy.json", PLAIN_ARM)], PLAIN);
    check(&[("main.json", COMPILED)], PLAIN);
}

#[test]
fn values_come_from_parameter_files() {
    let values = r#"{ "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentParameters.json#",
        "parameters": { "trip": { "value": "PT2M" }, "apimName": { "value": "${APIM}" } } }"#;
    let expected = PLAIN.replace("60", "120");
    check(&[("a/main.bicep", PLAIN_BICEP), ("a/main.parameters.json", values)], &expected);
    check(&[("azuredeploy.json", PLAIN_ARM), ("azuredeploy.parameters.json", values)], &expected);
    let values = "using './main.bicep'\nvar minutes = 2\nparam trip = 'PT${minutes}M'\nparam apimName = readEnvironmentVariable('APIM', 'x')\n";
    check(&[("a/dev.bicepparam", values), ("a/main.bicep", PLAIN_BICEP)], &expected);
}

#[test]
fn modules_are_read_as_they_are_called() {
    let module = "param name string\nparam apim string\nparam rules array?\n@allowed(['a'\n'b'])\nparam kind string = 'a'\n\
        resource b 'Microsoft.ApiManagement/service/backends@2024-05-01' = {\n  name: '${apim}/${name}'\n  \
        properties: {\n    url: 'https://${name}.openai.azure.com/openai'\n    protocol: 'http'\n    circuitBreaker: empty(rules) ? null : { rules: rules }\n  }\n}\noutput id string = b.id\noutput name string = b.name\n";
    let main = "param apim string\nmodule each 'modules/backend.bicep' = [for n in ['east', 'west']: {\n  name: 'b-${n}'\n  params: { name: n, apim: apim }\n}]\n\
        resource pool 'Microsoft.ApiManagement/service/backends@2024-05-01' = {\n  name: '${apim}/pool'\n  properties: { type: 'Pool', pool: { services: [for i in range(0, 2): { id: each[i].outputs.id }] } }\n}\n";
    let expected = "east https://east.openai.azure.com/openai\nwest https://west.openai.azure.com/openai\npool pool east/-/- west/-/-";
    check(&[("infra/main.bicep", main), ("infra/modules/backend.bicep", module)], expected);
    // By itself, and when it is not there.
    check(&[("backend.bicep", module)], "{name} ?\npartial");
    check(&[("main.bicep", main)], "pool pool ?/-/- ?/-/-\npartial");
}

#[test]
fn names_that_are_known_in_part_compare() {
    let text = "param prefix string\nparam apim string\n\
        resource a 'Microsoft.ApiManagement/service/backends@2024-05-01' = {\n\
        \x20 name: '${apim}/${prefix}-a'\n  properties: { url: 'https://a/openai', protocol: 'http' }\n\
        }\n\
        resource p 'Microsoft.ApiManagement/service/backends@2024-05-01' = {\n  name: '${apim}/p'\n  properties: { type: 'Pool', pool: { services: [ { id: a.id }, { id: '/backends/${prefix}-a' } ] } }\n}\n";
    check(
        &[("main.bicep", text)],
        "{prefix}-a https://a/openai\np pool {prefix}-a/-/- {prefix}-a/-/-\npartial",
    );
}

#[test]
fn loops_over_what_is_not_known() {
    let text = "param backends backendType[]\ntype backendType = {\n  name: string\n  @description('x')\n  circuitBreaker: object?\n}\n\
        resource apim 'Microsoft.ApiManagement/service@2024-05-01' existing = { name: 'a' }\n\
        resource b 'Microsoft.ApiManagement/service/backends@2024-05-01' = [for backend in backends: {\n\
        \x20 parent: apim\n  name: backend.name\n  properties: {\n\
        \x20   circuitBreaker: backend.?circuitBreaker\n    url: backend.url\n\
        \x20   protocol: backend.?protocol ?? 'http'\n    tls: {\n\
        \x20     validateCertificateChain: backend.?tls.?validateCertificateChain ?? true\n    }\n  }\n\
        }]\n\
        resource p 'Microsoft.ApiManagement/service/backends@2024-05-01' = {\n  parent: apim\n  name: 'pool'\n  properties: { type: 'Pool', pool: { services: [for (b, i) in backends: { id: '/backends/${b.name}', priority: i }] } }\n}\n";
    check(&[("main.bicep", text)], "{backends.each.name} conditional ?\npool pool ...\npartial");
    let module = "module apim 'br/public:avm/res/api-management/service:0.9.1' = {\n  params: {\n    name: 'x'\n    backends: [\n      { name: 'b', url: 'https://b/openai', circuitBreaker: { rules: [ { failureCondition: { count: 1 } } ] } }\n    ]\n  }\n}\n";
    check(&[("test.bicep", module)], "b https://b/openai rule(count 1 trip None)\npartial");
}

#[test]
fn resources_inside_of_resources() {
    let bicep = "resource apim 'Microsoft.ApiManagement/service@2024-05-01' = {\n  name: 'apim'\n  sku: { name: 'BasicV2', capacity: 1 }\n\n  resource a 'backends' = {\n    name: 'a'\n    properties: { url: 'https://a/openai', protocol: 'http' }\n  }\n  @batchSize(1)\n  resource b 'backends@2024-05-01' = [for i in range(0, 2): {\n    name: 'b${i}'\n    properties: { url: 'https://b${i}/openai', protocol: 'http' }\n  }]\n  resource ws 'workspaces' = {\n    name: 'w'\n    resource c 'backends' = {\n      name: 'c'\n      properties: { type: 'Pool', pool: { services: [ { id: apim::a.id }, { id: b[1].id } ] } }\n    }\n  }\n}\n";
    let expected = "a https://a/openai\nb0 https://b0/openai\nb1 https://b1/openai\nc pool a/-/- b1/-/-";
    let inventory = check(&[("main.bicep", bicep)], expected);
    assert_eq!(inventory.of(Kind::Service).count(), 1);
    let last = inventory.of(Kind::Backend).last().expect("one");
    assert_eq!(
        last.node.get("type").and_then(|n| n.text()),
        Some("Microsoft.ApiManagement/service/workspaces/backends")
    );
    assert_eq!(last.node.get("name").and_then(|n| n.text()), Some("apim/w/c"));
    let arm = r#"{ "$schema": "deploymentTemplate.json#", "resources": [ { "type": "Microsoft.ApiManagement/service", "name": "apim", "apiVersion": "2024-05-01",
        "resources": [ { "type": "backends", "name": "a", "apiVersion": "2024-05-01", "properties": { "url": "https://a/openai", "protocol": "http" } },
          { "type": "Microsoft.ApiManagement/service/backends", "name": "apim/b", "condition": "[equals(1, 2)]", "apiVersion": "2024-05-01", "properties": { "url": "https://b" } } ] } ] }"#;
    let inventory = check(&[("main.json", arm)], "a https://a/openai");
    let first = inventory.of(Kind::Backend).next().expect("one");
    assert_eq!(first.node.get("name").and_then(|n| n.text()), Some("apim/a"));
}

#[test]
fn an_empty_list_by_default_is_to_be_filled() {
    let text = r"
param aiServicesConfig array = []
param policyXml string
param configureCircuitBreaker bool = true
resource apim 'Microsoft.ApiManagement/service@2024-06-01-preview' existing = {
  name: 'apim-${uniqueString(subscription().id, resourceGroup().id)}'
}
var endpointPath = 'openai'
var updatedPolicyXml = replace(policyXml, '{backend-id}', (length(aiServicesConfig) > 1) ? 'inference-backend-pool' : aiServicesConfig[0].name)
resource inferenceBackend 'Microsoft.ApiManagement/service/backends@2024-06-01-preview' =  [for (config, i) in aiServicesConfig: if(length(aiServicesConfig) > 0) {
  name: config.name
  parent: apim
  properties: {
    url: '${config.endpoint}${endpointPath}'
    protocol: 'http'
    circuitBreaker: (configureCircuitBreaker) ? {
      rules: [
        {
          failureCondition: {
            count: 1
            interval: 'PT5M'
            statusCodeRanges: [
              {
                min: 599
                max: 500
              }
            ]
          }
          name: 'InferenceBreakerRule'
          tripDuration: 'PT1M'
          acceptRetryAfter: true
        }
      ]
    } : null
    credentials: {
      #disable-next-line BCP037
      managedIdentity: {
          resource: 'https://cognitiveservices.azure.com'
      }
    }
  }
}]
resource backendPoolOpenAI 'Microsoft.ApiManagement/service/backends@2024-06-01-preview' = if(length(aiServicesConfig) > 1) {
  name: 'inference-backend-pool'
  parent: apim
  // BCP035: protocol and url are not needed in the Pool type. This is an incorrect error.
  #disable-next-line BCP035
  properties: {
    type: 'Pool'
    pool: {
      services: [for (config, i) in aiServicesConfig: {
        id: '/backends/${inferenceBackend[i].name}'
        priority: config.?priority
        weight: config.?weight
      }]
    }
  }
}
";
    let inventory = check(
        &[("inference-api.bicep", text)],
        "{aiServicesConfig.each.name} conditional ? rule(count 1 599-500 trip Some(60))\n\
         inference-backend-pool conditional pool ...\npartial",
    );
    let service = inventory.of(Kind::Service).next().expect("one");
    assert!(service.is_reference);
    // Whoever calls it without a list means an empty one.
    let main = "module api 'inference-api.bicep' = {\n  name: 'api'\n  params: { policyXml: 'x' }\n}\n";
    check(&[("main.bicep", main), ("inference-api.bicep", text)], "");
}

#[test]
fn policies_inside_of_resources_have_places() {
    let bicep = "resource p 'Microsoft.ApiManagement/service/apis/policies@2024-05-01' = {\n  name: 'a/b/policy'\n  properties: {\n    format: 'rawxml'\n    value: '''\n<policies/>\n'''\n  }\n}\n\
        resource q 'Microsoft.ApiManagement/service/policies@2024-05-01' = {\n  name: 'a/policy'\n\
        \x20 properties: {\n    value: loadTextContent('./p/x.xml')\n  }\n}\n\
        resource r 'Microsoft.ApiManagement/service/policies@2024-05-01' = {\n  name: 'a/policy'\n  properties: {\n    value: replace(loadTextContent('y.xml'), 'a', 'b')\n  }\n}\n";
    let (inventory, problems, sources) =
        read(&[("i/main.bicep", bicep), ("i/p/x.xml", "<policies><inbound/></policies>")]);
    assert_eq!(problems, Vec::<String>::new());
    let [block, file, elsewhere] = inventory.policies.as_slice() else { panic!("three") };
    assert!(block.is_verbatim);
    assert_eq!(sources.slice(block.span), "<policies/>\n");
    assert_eq!(block.text.as_deref(), Some("<policies/>\n"));
    assert_eq!(&*block.resource_type, "microsoft.apimanagement/service/apis/policies");
    assert_eq!(sources.name(file.span.source), "i/p/x.xml");
    assert_eq!(file.text.as_deref(), Some("<policies><inbound/></policies>"));
    assert_eq!((elsewhere.file.as_deref(), &elsewhere.text), (Some("y.xml"), &None));
    let arm = r#"{ "$schema": "deploymentTemplate.json#", "parameters": { "a": { "type": "string" } }, "resources": [
      { "type": "Microsoft.ApiManagement/service/policies", "name": "[concat(parameters('a'), '/policy')]", "properties": { "format": "xml", "value": "<policies/>" } },
      { "type": "Microsoft.ApiManagement/service/policies", "name": "a/policy", "properties": { "format": "xml", "value": "<policies>\r\n</policies>" } } ] }"#;
    let (inventory, problems, sources) = read(&[("main.json", arm)]);
    assert_eq!(problems, Vec::<String>::new());
    let [plain, escaped] = inventory.policies.as_slice() else { panic!("two") };
    assert_eq!((plain.is_verbatim, sources.slice(plain.span)), (true, "<policies/>"));
    assert!(!escaped.is_verbatim);
    assert_eq!(escaped.text.as_deref(), Some("<policies>\r\n</policies>"));
}

#[test]
fn a_part_of_a_template_is_read_without_its_declarations() {
    let text = r#"[ { "type": "Microsoft.ApiManagement/service/backends", "apiVersion": "2024-05-01",
        "name": "[format('{0}/{1}', parameters('apim'), 'east')]", "properties": { "url": "[variables('x')]", "description": "[a (b)" } },
      { "type": "Microsoft.ApiManagement/service/backends", "apiVersion": "2024-05-01",
        "name": "[concat(parameters('apim'), '/pool')]", "properties": { "type": "Pool", "pool": { "services": [
          { "id": "[concat(resourceId('Microsoft.ApiManagement/service', parameters('apim')), '/backends/east')]" } ] } } } ]"#;
    check(&[("backends.json", text)], "east ?\npool pool east/-/-");
}

#[test]
fn compiled_modules_of_modules() {
    let text = r##"{
  "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
  "languageVersion": "2.0", "contentVersion": "1.0.0.0",
  "definitions": { "backendType": { "type": "object", "properties": { "name": { "type": "string" } } } },
  "parameters": { "name": { "type": "string" },
    "backends": { "type": "array", "items": { "$ref": "#/definitions/backendType" }, "nullable": true, "metadata": { "description": "Optional. [x] (y)]" } } },
  "variables": { "$fxv#0": "<policies/>" },
  "resources": {
    "service": { "type": "Microsoft.ApiManagement/service", "apiVersion": "2024-05-01", "name": "[parameters('name')]" },
    "service_backends": {
      "copy": { "name": "service_backends", "count": "[length(coalesce(parameters('backends'), createArray()))]" },
      "type": "Microsoft.Resources/deployments", "apiVersion": "2022-09-01",
      "name": "[format('{0}-Backend-{1}', uniqueString(deployment().name, parameters('name')), copyIndex())]",
      "properties": {
        "expressionEvaluationOptions": { "scope": "inner" }, "mode": "Incremental",
        "parameters": {
          "apiManagementServiceName": { "value": "[parameters('name')]" },
          "url": { "value": "[tryGet(coalesce(parameters('backends'), createArray())[copyIndex()], 'url')]" },
          "name": { "value": "[coalesce(parameters('backends'), createArray())[copyIndex()].name]" },
          "circuitBreaker": "[if(contains(coalesce(parameters('backends'), createArray())[copyIndex()], 'circuitBreaker'), createObject('value', tryGet(coalesce(parameters('backends'), createArray())[copyIndex()], 'circuitBreaker')), createObject('value', null()))]"
        },
        "template": {
          "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
          "languageVersion": "2.0", "contentVersion": "1.0.0.0",
          "parameters": { "apiManagementServiceName": { "type": "string" }, "name": { "type": "string" }, "url": { "type": "string", "nullable": true },
            "circuitBreaker": { "type": "object", "nullable": true } },
          "resources": {
            "service": { "existing": true, "type": "Microsoft.ApiManagement/service", "apiVersion": "2024-05-01", "name": "[parameters('apiManagementServiceName')]" },
            "backend": { "type": "Microsoft.ApiManagement/service/backends", "apiVersion": "2024-05-01",
              "name": "[format('{0}/{1}', parameters('apiManagementServiceName'), parameters('name'))]",
              "properties": "[union(createObject('url', parameters('url'), 'protocol', 'http'), if(not(empty(parameters('circuitBreaker'))), createObject('circuitBreaker', parameters('circuitBreaker')), createObject()))]" }
          },
          "outputs": { "name": { "type": "string", "value": "[parameters('name')]" } }
        }
      },
      "dependsOn": ["service"]
    }
  }
}"##;
    check(&[("main.json", text)], "{backends.each.name} conditional unknown\npartial");
    let values = r#"{ "$schema": "deploymentParameters.json#", "parameters": { "name": { "value": "apim" }, "backends": { "value": [
        { "name": "a", "url": "https://a/openai" },
        { "name": "b", "url": "https://b/openai", "circuitBreaker": { "rules": [ { "failureCondition": { "count": 2 } } ] } } ] } } }"#;
    check(
        &[("main.json", text), ("values.json", values)],
        "a https://a/openai\nb https://b/openai rule(count 2 trip None)",
    );
}

#[test]
fn parts_without_types_are_read_too() {
    let text = r#"{ "value": [ { "name": "[concat(parameters('apim'), '/east')]", "properties": { "url": "https://east/openai", "protocol": "http" } } ] }"#;
    check(&[("backends.json", text)], "east https://east/openai");
    let text = r#"{ "name": "[variables('x')]", "properties": { "type": "Pool", "pool": { "services": [ { "id": "/backends/a" } ] } } }"#;
    check(&[("backend.json", text)], "{x} pool a/-/-\npartial");
}
