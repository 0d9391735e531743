//! What is written is read again: the same model, and the same bytes when it is written once more.

use std::collections::BTreeMap;
use std::sync::Arc;

use hcl_edit::expr::{Expression, ObjectKey, TraversalOperator};
use hcl_edit::structure::Body;
use proptest::prelude::*;
use serde_json::{Value as Json, json};

use super::*;
use crate::diagnostics::{Diagnostics, SourceMap};
use crate::policy::PolicyScope;
use crate::resources::{Found, Inventory, Kind, TextFile, detect, read_all};

/// Forms that the readers of this package read back.
const READ_BACK: [Target; 4] = [Target::Bicep, Target::Arm, Target::Terraform, Target::ApiOps];

const POLICY: &str = "<policies>\n\t<inbound><base /><set-variable name=\"it's\" value=\"@('${x} %{y} [z] é \\\\ \"\" {0}')\" />\r\n</inbound></policies>\n";
const FRAGMENT: &str = "<fragment><include-fragment fragment-id=\"second\" /></fragment>";

fn read(files: &[(String, String)]) -> Inventory {
    let mut sources = SourceMap::new();
    let mut problems = Diagnostics::new();
    let files: Vec<TextFile> = files
        .iter()
        .map(|(path, text)| {
            let source = sources.add(path.as_str(), text.as_str());
            let form = detect(path, text).unwrap_or_else(|| panic!("{path} has no form"));
            TextFile { path: path.as_str().into(), source, text: text.as_str().into(), form }
        })
        .collect();
    let inventory = read_all(&files, &mut problems);
    let told: Vec<String> = problems.sorted().iter().map(|d| format!("{}: {}", d.code, d.message)).collect();
    assert_eq!(told, Vec::<String>::new());
    inventory
}

fn written(bundle: &Bundle, target: Target) -> Vec<(String, String)> {
    render(bundle, target).into_iter().map(|file| (file.path, file.text)).collect()
}

fn source(inventory: &Inventory) -> Source<'_> {
    Source {
        title: "scenario `s`".to_owned(),
        resources: inventory.of(Kind::Backend).filter(|found| !found.is_reference).collect(),
        policies: vec![
            ScopedPolicy { scope: PolicyScope::Operation, text: POLICY.to_owned() },
            ScopedPolicy { scope: PolicyScope::Global, text: POLICY.to_owned() },
        ],
        fragments: vec![
            ("first".to_owned(), FRAGMENT.to_owned()),
            ("second".to_owned(), "<fragment />".to_owned()),
        ],
        named_values: vec![("limit".to_owned(), "it's ${1}".to_owned())],
        ..Source::default()
    }
}

fn bundle(source: &Source<'_>) -> Bundle {
    let mut problems = Diagnostics::new();
    let bundle = Bundle::new(source, &mut problems);
    bundle.unwrap_or_else(|| panic!("{:?}", problems.sorted()))
}

/// What a bundle of these resources is, and what is read of it again in every form.
fn round_trip(resources: &Json) {
    let inventory = read(&[("backends.json".to_owned(), resources.to_string())]);
    let first = bundle(&source(&inventory));
    for target in READ_BACK {
        let files = written(&first, target);
        let inventory = read(&files);
        let again = bundle(&source(&inventory));
        assert_eq!(again.backends, first.backends, "{target:?}");
        assert_eq!(again.api_version, first.api_version, "{target:?}");
        assert_eq!(written(&again, target), files, "{target:?}");
        let values: Vec<&Found> = inventory.of(Kind::NamedValue).collect();
        let [value] = values.as_slice() else { panic!("{target:?}: a named value") };
        let value = value.properties().and_then(|p| p.get("value")?.text());
        assert_eq!(value, Some("it's ${1}"), "{target:?}");
        let texts = inventory.policies.iter().filter_map(|policy| policy.text.as_deref());
        let policies = texts.filter(|text| *text == POLICY).count();
        assert_eq!(policies, if target == Target::ApiOps { 0 } else { 2 }, "{target:?}");
    }
    assert_eq!(
        read_terraform(&first),
        first.backends.iter().map(|b| b.properties.clone()).collect::<Vec<_>>()
    );
}

/// The properties of the backends in `main.tf`, by the parser of the language.
fn read_terraform(bundle: &Bundle) -> Vec<Item> {
    let files = written(bundle, Target::Terraform);
    let parsed: Vec<Body> = files
        .iter()
        .filter(|(path, _)| ["main.tf", "variables.tf"].contains(&path.as_str()))
        .map(|(path, text)| text.parse().unwrap_or_else(|error| panic!("{path}: {error}\n{text}")))
        .collect();
    let blocks = || {
        let main = parsed[0].blocks().filter(|block| block.ident.as_str() == "resource");
        main.filter(|block| block.labels[0].as_str() == "azapi_resource")
    };
    let text = |block: &hcl_edit::structure::Block, name: &str| {
        block.body.get_attribute(name).and_then(|a| a.value.as_str().map(str::to_owned)).unwrap()
    };
    let names: BTreeMap<String, Arc<str>> =
        blocks().map(|block| (block.labels[1].as_str().to_owned(), text(block, "name").into())).collect();
    assert_eq!(names.len(), bundle.backends.len());
    blocks()
        .map(|block| {
            let body = &block.body.get_attribute("body").unwrap().value;
            let Item::Object(members) = item(body, &names) else { panic!("an object") };
            members[0].1.clone()
        })
        .collect()
}

fn item(expression: &Expression, names: &BTreeMap<String, Arc<str>>) -> Item {
    match expression {
        Expression::Bool(value) => Item::Bool(*value.value()),
        Expression::Number(number) => Item::Number(number.value().to_string()),
        Expression::String(text) => match text.value().strip_prefix("/backends/") {
            Some(name) => Item::Id(name.into()),
            None => Item::Text(text.value().clone()),
        },
        Expression::Array(elements) => Item::List(elements.iter().map(|e| item(e, names)).collect()),
        Expression::Object(object) => Item::Object(
            object
                .iter()
                .map(|(key, value)| {
                    let name = match key {
                        ObjectKey::Ident(name) | ObjectKey::Expression(Expression::Variable(name)) => {
                            name.as_str().to_owned()
                        }
                        ObjectKey::Expression(name) => name.as_str().unwrap().to_owned(),
                    };
                    (name, item(value.expr(), names))
                })
                .collect(),
        ),
        // A text of which signs are written twice is a template without anything in it.
        Expression::StringTemplate(parts) => {
            let part = |part: &hcl_edit::template::Element| match part {
                hcl_edit::template::Element::Literal(text) => text.value().clone(),
                other => panic!("a template: {other:?}"),
            };
            Item::Text(parts.iter().map(part).collect())
        }
        Expression::Traversal(way) => {
            let TraversalOperator::GetAttr(label) = way.operators[0].value() else { panic!("an id") };
            Item::Id(Arc::clone(&names[label.as_str()]))
        }
        other => panic!("{other:?}"),
    }
}

/// Texts with what languages take for more than text.
fn text() -> impl Strategy<Value = String> {
    let pieces = vec![
        "'",
        "''",
        "'''",
        "\"",
        "\\",
        "${",
        "$${",
        "$",
        "%{",
        "%%{",
        "%",
        "{",
        "}",
        "{0}",
        "[",
        "[[",
        "]",
        "\n",
        "\r\n",
        "\t",
        "\u{1}",
        "\u{7f}",
        "\u{2028}",
        "é",
        "漢",
        "🙂",
        "//",
        "/*",
        "#",
        "<!--",
        "]]>",
        "&amp;",
        "a",
        "B",
        "1",
        " ",
        "concat('x')",
        "parameters",
        "\\u{41}",
        "\\u0041",
        "EOT",
        "~",
    ];
    prop::collection::vec(prop::sample::select(pieces).prop_map(str::to_owned), 1..8)
        .prop_map(|pieces| pieces.concat())
}

fn name() -> impl Strategy<Value = String> {
    "[a-zA-Z0-9é]([a-zA-Z0-9é_.'$%&~ -]{0,12}[a-zA-Z0-9])?"
}

fn duration() -> impl Strategy<Value = String> {
    prop_oneof![
        (1..900_u32).prop_map(|s| format!("PT{s}S")),
        Just("P1D".to_owned()),
        Just("PT1H30M".to_owned())
    ]
}

/// A number as it is, or as a text.
fn number(range: std::ops::RangeInclusive<u64>) -> impl Strategy<Value = Json> {
    (range, any::<bool>()).prop_map(|(n, is_text)| if is_text { json!(n.to_string()) } else { json!(n) })
}

/// An object of those members that are there.
fn object_of(members: Vec<(&'static str, BoxedStrategy<Json>, bool)>) -> BoxedStrategy<Json> {
    let each: Vec<BoxedStrategy<Option<(String, Json)>>> = members
        .into_iter()
        .map(|(name, value, is_required)| {
            let name = name.to_owned();
            let there = value.prop_map(move |value| Some((name.clone(), value)));
            if is_required { there.boxed() } else { prop_oneof![Just(None), there].boxed() }
        })
        .collect();
    each.prop_map(|members| Json::Object(members.into_iter().flatten().collect())).boxed()
}

fn any_text() -> BoxedStrategy<Json> {
    text().prop_map(Json::from).boxed()
}

fn rule() -> BoxedStrategy<Json> {
    let range =
        object_of(vec![("min", number(200..=599).boxed(), true), ("max", number(200..=599).boxed(), true)]);
    let condition = object_of(vec![
        ("count", number(1..=10_000).boxed(), false),
        ("percentage", number(1..=100).boxed(), false),
        ("interval", duration().prop_map(Json::from).boxed(), true),
        ("statusCodeRanges", prop::collection::vec(range, 0..4).prop_map(Json::from).boxed(), false),
        ("errorReasons", prop::collection::vec(any_text(), 0..3).prop_map(Json::from).boxed(), false),
    ]);
    object_of(vec![
        ("name", name().prop_map(Json::from).boxed(), false),
        ("failureCondition", condition, true),
        ("tripDuration", duration().prop_map(Json::from).boxed(), true),
        (
            "acceptRetryAfter",
            prop_oneof![Just(json!(true)), Just(json!("false")), Just(json!(null))].boxed(),
            false,
        ),
        ("failureResponse", number(100..=599).prop_map(|n| json!({ "statusCode": n })).boxed(), false),
    ])
}

fn single() -> BoxedStrategy<Json> {
    let header = prop::collection::btree_map(text(), prop::collection::vec(text(), 1..3), 0..3);
    object_of(vec![
        ("url", name().prop_map(|name| json!(format!("https://{name}/openai"))).boxed(), true),
        ("protocol", Just(json!("http")).boxed(), false),
        ("type", prop_oneof![Just(json!("Single")), Just(json!("single"))].boxed(), false),
        ("title", any_text(), false),
        ("description", any_text(), false),
        ("resourceId", any_text().prop_map(|t| json!(t.as_str().unwrap().replace('{', "("))).boxed(), false),
        ("azureRegion", any_text(), false),
        (
            "circuitBreaker",
            prop::collection::vec(rule(), 0..2).prop_map(|r| json!({ "rules": r })).boxed(),
            false,
        ),
        ("credentials", header.prop_map(|header| json!({ "header": header })).boxed(), false),
        (
            "tls",
            Just(json!({ "validateCertificateChain": "true", "validateCertificateName": false })).boxed(),
            false,
        ),
    ])
}

fn pool(names: Vec<String>) -> BoxedStrategy<Json> {
    let id = (prop::sample::select(names), any::<bool>());
    let id = id.prop_map(|(name, is_long)| {
        let head = if is_long { "/subscriptions/s/resourceGroups/g/providers/p/service/a" } else { "" };
        json!(format!("{head}/backends/{name}"))
    });
    let service = object_of(vec![
        ("id", id.boxed(), true),
        ("priority", number(0..=100).boxed(), false),
        ("weight", prop_oneof![number(0..=100), Just(json!(null))].boxed(), false),
        ("preferredCarbonEmission", Just(json!("Low")).boxed(), false),
    ]);
    let body = object_of(vec![
        ("services", prop::collection::vec(service, 1..5).prop_map(Json::from).boxed(), true),
        ("failureResponse", number(100..=599).prop_map(|n| json!({ "statusCode": n })).boxed(), false),
        ("sessionAffinity", Just(json!({ "sessionId": { "source": "cookie", "name": "s" } })).boxed(), false),
    ]);
    object_of(vec![
        ("type", prop_oneof![Just(json!("Pool")), Just(json!("pool"))].boxed(), false),
        ("description", any_text(), false),
        ("pool", body, true),
    ])
}

fn resources() -> impl Strategy<Value = Json> {
    let names = prop::collection::vec(name(), 2..6).prop_map(|names| {
        let mut seen = std::collections::BTreeSet::new();
        names.into_iter().filter(|name| seen.insert(name.to_lowercase())).collect::<Vec<_>>()
    });
    names.prop_flat_map(|names| {
        let (pooled, singles) = names.split_first().unwrap();
        let (pooled, singles) = (pooled.clone(), singles.to_vec());
        let members = if singles.is_empty() { vec!["elsewhere".to_owned()] } else { singles.clone() };
        let all = prop::collection::vec(single(), singles.len());
        (pool(members), all).prop_map(move |(pool, all)| {
            let resource = |name: &str, properties: Json| {
                json!({ "type": "Microsoft.ApiManagement/service/backends", "name": format!("svc/{name}"),
                    "properties": properties })
            };
            let singles = singles.iter().zip(all).map(|(name, properties)| resource(name, properties));
            Json::from(std::iter::once(resource(&pooled, pool)).chain(singles).collect::<Vec<_>>())
        })
    })
}

proptest! {
    #[test]
    fn what_is_written_is_read_again(resources in resources()) {
        round_trip(&resources);
    }
}

fn walkthrough() -> Json {
    let single = |name: &str| {
        json!({ "name": name, "properties": { "url": format!("https://{name}/openai"), "circuitBreaker": {
            "rules": [{ "name": "r", "tripDuration": "PT1M", "failureCondition": { "count": "3", "interval": "PT1M",
                "statusCodeRanges": [{ "min": "429", "max": 429 }] } }] } } })
    };
    json!([
        { "name": "svc/pool", "properties": { "type": "pool", "pool": { "services": [
            { "id": "/backends/east", "priority": "1" }, { "id": "/backends/WEST", "weight": 5 } ] } } },
        single("svc/east"),
        single("svc/west"),
    ])
}

#[test]
fn values_have_the_types_of_the_schema_and_priorities_those_in_force() {
    let inventory = read(&[("b.json".to_owned(), walkthrough().to_string())]);
    let mut source = source(&inventory);
    source.in_force =
        vec![InForce { pool: "POOL".into(), members: vec![(Some(2), Some(7)), (Some(1), None)] }];
    let bundle = bundle(&source);
    assert_eq!(bundle.service.as_deref(), Some("svc"));
    assert_eq!(bundle.api_version, "2024-05-01");
    let names: Vec<&str> = bundle.backends.iter().map(|backend| &*backend.name).collect();
    assert_eq!(names, ["east", "west", "pool"], "endpoints first");
    let bicep = &render(&bundle, Target::Bicep)[0].text;
    for part in [
        "url: 'https://svc/east/openai'\n    protocol: 'http'\n",
        "count: 3\n",
        "  #disable-next-line BCP035\n  properties: {\n    pool: {\n",
        "min: 429\n",
        "type: 'Pool'\n",
        "id: eastBackend.id\n          priority: 2\n          weight: 7\n",
        "id: westBackend.id\n          priority: 1\n        }",
        "dependsOn: [\n    eastBackend\n    westBackend\n    poolBackend\n    limitValue\n    secondFragment\n  ]",
        "value: loadTextContent('fragments/second.xml')",
        "resource operation 'Microsoft.ApiManagement/service/apis/operations@2024-05-01' existing = {\n  parent: api\n",
        "resource globalPolicy 'Microsoft.ApiManagement/service/policies@2024-05-01' = {\n  parent: apim\n",
    ] {
        assert!(bicep.contains(part), "{part}\n{bicep}");
    }
    let arm = &render(&bundle, Target::Arm)[0].text;
    for part in [
        "\"name\": \"[format('{0}/{1}/{2}/{3}', parameters('apimName'), parameters('apiName'), parameters('operationName'), 'policy')]\"",
        "\"id\": \"[resourceId('Microsoft.ApiManagement/service/backends', parameters('apimName'), 'east')]\"",
    ] {
        assert!(arm.contains(part), "{part}\n{arm}");
    }
    let terraform = &render(&bundle, Target::Terraform)[0].text;
    for part in [
        "            id       = azapi_resource.east.id\n            priority = 2\n            weight   = 7\n",
        "resource \"azurerm_api_management_policy\" \"global\"",
        "  }\n  # The schema that azapi brings asks for what the service refuses here.\n  schema_validation_enabled = false\n}",
        "  operation_id        = var.operation_name\n",
    ] {
        assert!(terraform.contains(part), "{part}\n{terraform}");
    }
}

#[test]
fn previews_are_named_where_a_property_needs_one() {
    for (properties, expected) in [
        (json!({ "url": "https://x", "azureRegion": "westeurope" }), "2025-03-01-preview"),
        (json!({ "url": "https://x", "tls": { "serverX509Names": [] } }), "2025-03-01-preview"),
        (
            json!({ "type": "Pool", "pool": { "services": [], "failureResponse": { "statusCode": 429 } } }),
            "2024-10-01-preview",
        ),
        (json!({ "url": "https://x", "azureRegion": null }), "2024-05-01"),
    ] {
        let inventory =
            read(&[("b.json".to_owned(), json!([{ "name": "x", "properties": properties }]).to_string())]);
        let bundle = bundle(&source(&inventory));
        assert_eq!(bundle.api_version, expected, "{properties}");
        assert_eq!(bundle.notes.len(), usize::from(expected != "2024-05-01"));
    }
}

#[test]
fn what_the_source_leaves_open_becomes_a_parameter() {
    let text = r"
param key string
param openai string
resource one 'Microsoft.ApiManagement/service/backends@2024-05-01' = {
  name: 'svc/one'
  properties: {
    url: 'https://x', protocol: 'http', title: '${key}!'
    resourceId: resourceId('Microsoft.CognitiveServices/accounts', openai)
    credentials: { header: { 'api-key': [ key ] } }
    tls: { validateCertificateChain: bool(key) }
  }
}";
    let inventory = read(&[("main.bicep".to_owned(), text.to_owned())]);
    let first = bundle(&source(&inventory));
    assert_eq!(first.open.len(), 4);
    let bicep = &render(&first, Target::Bicep)[0].text;
    for part in [
        "@secure()\nparam oneApiKey string",
        "param oneTitle string",
        "param oneResourceId string",
        "param oneTlsValidateCertificateChain bool",
        "'api-key': [\n          oneApiKey\n        ]",
    ] {
        assert!(bicep.contains(part), "{part}\n{bicep}");
    }
    let terraform = render(&first, Target::Terraform);
    assert!(terraform[0].text.contains("var.one_api_key"), "{}", terraform[0].text);
    assert!(terraform[1].text.contains("variable \"one_api_key\" {"), "{}", terraform[1].text);
    let arm = &render(&first, Target::Arm)[0].text;
    let given = &render(&first, Target::Arm)[1].text;
    assert!(!given.contains("oneApiKey"), "{given}");
    assert!(arm.contains("\"[parameters('oneApiKey')]\"") && arm.contains("\"securestring\""), "{arm}");
    let apiops = &render(&first, Target::ApiOps)[0].text;
    assert!(!apiops.contains("credentials") && !apiops.contains("null"), "{apiops}");
    // Written and read again, the same is open.
    for target in [Target::Bicep, Target::Arm] {
        let files = written(&first, target);
        let inventory = read(&files);
        let again = bundle(&source(&inventory));
        assert_eq!(again.open, first.open, "{target:?}");
        assert_eq!(again.backends, first.backends, "{target:?}");
    }
}

#[test]
fn names_that_would_leave_the_folder_are_refused() {
    let inventory = read(&[("b.json".to_owned(), walkthrough().to_string())]);
    for (id, expected) in [
        ("..", Some("unsafe-name")),
        ("a/b", Some("unsafe-name")),
        ("a\\b", Some("unsafe-name")),
        (" ", Some("unsafe-name")),
        ("FIRST", Some("duplicate-name")),
        ("third-one_2.x", None),
    ] {
        let mut source = source(&inventory);
        source.fragments.push((id.to_owned(), String::new()));
        let mut problems = Diagnostics::new();
        let bundle = Bundle::new(&source, &mut problems);
        let codes: Vec<_> = problems.sorted().iter().map(|d| d.code).collect();
        assert_eq!(codes, expected.into_iter().collect::<Vec<_>>(), "{id}");
        assert_eq!(bundle.is_none(), expected.is_some(), "{id}");
    }
}
