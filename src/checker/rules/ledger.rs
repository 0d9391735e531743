//! What the rules owe: every known pitfall, every known defect and every bound of the schema, and who finds it.
//!
//! A pitfall that no file shows has the reason instead of a code.

use std::collections::{BTreeMap, BTreeSet};

use super::all;
use super::tests::told_of;

/// Pitfalls of backend pools by number, and the rules that find them.
const PITFALLS: &[(&str, &[&str])] = &[
    ("L01 a retry without a buffered body", &["PP1101"]),
    ("L02 priorities without breakers", &["PP1011"]),
    ("L03 a breaker that does not count 429", &["PP1012"]),
    ("L04 Retry-After is not accepted", &["PP1013"]),
    ("L05 Retry-After without a bound", &["PP1030"]),
    ("L06 a last group of one that trips on 429", &["PP1028"]),
    ("L07 a condition on words of the reason", &["PP1102"]),
    ("L08 a condition that misses what breakers trip on", &["PP1103", "PP1203"]),
    ("L09 retries of an exhausted pool", &["PP1209"]),
    ("L10 retries against members", &["PP1206"]),
    ("L11 a count above the attempts", &["PP1207"]),
    ("L12 waits before a fail-over", &["PP1104"]),
    ("L13 a count outside of 1 to 50", &["PP1192"]),
    ("L14 waits that contradict each other", &["PP1105"]),
    ("L15 a breaker in Consumption", &["PP1010"]),
    ("L16 several breaker rules", &["PP1001"]),
    ("L17 properties that a pool cannot have", &["PP1005"]),
    ("L18 numbers and lists out of range", &["PP1002"]),
    ("L19 priorities the wrong way round", &["PP1034"]),
    ("L20 weights and priorities that are partly given", &["PP1015", "PP1016"]),
    ("L21 one backend for several models", &["PP1031"]),
    ("L22 members with other deployment names", &["PP1032", "PP1033"]),
    ("L23 a response that may be null", &["PP1107"]),
    ("L24 a cast of a literal", &["PP1188"]),
    ("L25 streams that are buffered or read", &["PP1108", "PP1127"]),
    ("L26 streams in Consumption, and idle connections", &["PP1109", "PP1212"]),
    ("L27 long timeouts", &["PP1109", "PP1303"]),
    ("L28 timeouts do not trip", &["PP1014", "PP1029"]),
    ("L29 failed answers skip outbound", &["PP1110"]),
    ("L30 sent twice", &["PP1111"]),
    ("L31 never sent", &["PP1112"]),
    ("L32 an exhausted pool in one section only", &["PP1211"]),
    ("L33 another status of an exhausted pool", &["PP1205"]),
    ("L34 a base-url below a backend", &["PP1213"]),
    ("L35 pools that are bypassed", &["PP1113", "PP1202"]),
    ("L36 breakers of several instances", &["PP1304"]),
    ("L37 token limits written wrongly", &["PP1189", "PP1191", "PP1192"]),
    ("L38 periods and tiers of limits", &["PP1114", "PP1210"]),
    ("L39 what token limits count", &["PP1123", "PP1214"]),
    ("L40 one credential for all members", &["PP1125", "PP1208"]),
    ("L41 sessions and priorities", &["PP1025"]),
    ("L42 answers that tell of members", &["PP1115"]),
    ("L43 a breaker in a cache", &["PP1116"]),
    ("L44 .NET that is not allowed", &["PP1185"]),
    ("L45 a path without return", &["PP1187"]),
    ("L46 expressions that are not escaped", &["PP1182"]),
    ("L47 a count that is never reached", &["PP1301"]),
    ("L48 long trips", &["PP1036", "PP1305"]),
    ("L49 a percentage of few", &["PP1021"]),
    ("L50 retries of what cannot succeed", &["PP1020", "PP1117"]),
    ("L51 the gateway as its own backend", &["PP1035"]),
    ("L52 a response before the first attempt", &["PP1194"]),
    ("L53 two kinds of 429", &["PP1126"]),
    ("L54 nested pools", &["PP1017"]),
];

/// Defects of public threads by number: rules, or why none can be.
const DEFECTS: &[(u32, Result<&[&str], &str>)] = &[
    (1, Ok(&["PP1102"])),
    (5, Ok(&["PP1204"])),
    (6, Ok(&["PP1204"])),
    (8, Ok(&["PP1001"])),
    (9, Ok(&["PP1004"])),
    (11, Err("how long a breaker stays tripped is the gateway's doing: an invariant of the simulation")),
    (13, Err("a selection of a tripped member is the gateway's doing: an invariant of the simulation")),
    (
        15,
        Err(
            "which priority a retry reaches depends on breakers when it runs: an invariant of the simulation",
        ),
    ),
    (16, Err("whether answers have Retry-After is the backend's doing: a matter of scenarios")),
    (18, Err("fairness of the first requests is the gateway's doing: a bound that the simulation keeps")),
    (20, Err("a negative Retry-After is the backend's doing: a matter of scenarios")),
    (24, Ok(&["PP1207", "PP1301"])),
];

/// Mistakes that were seen in published definitions.
const SEEN: &[(&str, &str)] = &[
    ("an inverted status range", "PP1008"),
    ("members without id", "PP1002"),
    ("url or protocol on a pool", "PP1005"),
    ("several rules", "PP1001"),
    ("an error reason that is a status or prose", "PP1014"),
    ("count and percentage together", "PP1007"),
    ("https as protocol", "PP1022"),
    ("successes that trip", "PP1019"),
    ("accounts without a role", "PP1215"),
    ("one URL without /openai", "PP1024"),
];

#[test]
fn every_pitfall_has_its_rules() {
    let known: BTreeSet<&str> = all().map(|rule| rule.code).collect();
    let numbers: Vec<String> = (1..=54).map(|number| format!("L{number:02}")).collect();
    let listed: Vec<&str> = PITFALLS.iter().map(|(id, _)| id.split(' ').next().unwrap_or_default()).collect();
    assert_eq!(listed, numbers);
    let of_pitfalls = PITFALLS.iter().flat_map(|(id, codes)| {
        assert!(!codes.is_empty(), "{id}");
        codes.iter()
    });
    let of_defects = DEFECTS.iter().flat_map(|(number, found)| match found {
        Ok(codes) => codes.iter(),
        Err(reason) => {
            assert!(reason.len() > 20, "{number}");
            [].iter()
        }
    });
    let of_seen = SEEN.iter().map(|(_, code)| code);
    for code in of_pitfalls.chain(of_defects).chain(of_seen) {
        assert!(known.contains(code), "there is no rule {code}");
    }
}

/// A backend with these properties, of this version.
fn codes_of(version: &str, properties: &str) -> BTreeSet<&'static str> {
    let text = format!(
        "[{{ \"type\": \"Microsoft.ApiManagement/service/backends\", \"apiVersion\": \"{version}\", \
         \"name\": \"apim/own\", \"properties\": {{ {properties} }} }}]"
    );
    told_of(&[("backends.json", text.as_str())]).into_iter().map(|(code, _)| code).collect()
}

/// An endpoint with this rule instead of the usual parts of one.
fn rule(parts: &[(&str, &str)]) -> String {
    let mut fields = BTreeMap::from([
        ("name", "\"r\""),
        ("tripDuration", "\"PT1M\""),
        ("count", "1"),
        ("interval", "\"PT1M\""),
        ("statusCodeRanges", "[{ \"min\": 429, \"max\": 429 }]"),
    ]);
    fields.extend(parts.iter().copied());
    let condition = ["count", "percentage", "interval", "statusCodeRanges", "errorReasons"];
    let written = |is_condition: bool| {
        let own =
            fields.iter().filter(|(name, text)| condition.contains(name) == is_condition && !text.is_empty());
        own.map(|(name, text)| format!("\"{name}\": {text}")).collect::<Vec<_>>().join(", ")
    };
    format!(
        "\"url\": \"https://api.example.com\", \"protocol\": \"http\", \"circuitBreaker\": {{ \"rules\": \
         [{{ {}, \"failureCondition\": {{ {} }} }}] }}",
        written(false),
        written(true)
    )
}

fn pool(members: &str, rest: &str) -> String {
    format!("\"type\": \"Pool\", \"pool\": {{ \"services\": [{members}]{rest} }}")
}

#[test]
fn properties_are_told_that_are_newer_than_the_version() {
    const VERSIONS: [&str; 8] = [
        "2023-03-01-preview",
        "2023-05-01-preview",
        "2023-09-01-preview",
        "2024-05-01",
        "2024-06-01-preview",
        "2024-10-01-preview",
        "2025-03-01-preview",
        "2025-09-01-preview",
    ];
    let member = |field: &str| pool(&format!("{{ \"id\": \"/backends/a\", {field} }}"), "");
    let url = "\"url\": \"https://api.example.com\", \"protocol\": \"http\"";
    for (first, properties) in [
        ("2023-03-01-preview", rule(&[])),
        ("2023-09-01-preview", rule(&[("acceptRetryAfter", "true")])),
        ("2024-10-01-preview", rule(&[("failureResponse", "{ \"statusCode\": 429 }")])),
        ("2023-05-01-preview", pool("{ \"id\": \"/backends/a\" }", "")),
        ("2023-09-01-preview", member("\"priority\": 1")),
        ("2023-09-01-preview", member("\"weight\": 1")),
        (
            "2024-10-01-preview",
            pool("{ \"id\": \"/backends/a\" }", ", \"failureResponse\": { \"statusCode\": 429 }"),
        ),
        (
            "2024-10-01-preview",
            pool(
                "{ \"id\": \"/backends/a\" }",
                ", \"sessionAffinity\": { \"sessionId\": { \"source\": \"cookie\", \"name\": \"s\" } }",
            ),
        ),
        ("2025-03-01-preview", member("\"preferredCarbonEmission\": \"Low\"")),
        ("2025-03-01-preview", format!("{url}, \"azureRegion\": \"westus\"")),
        ("2025-03-01-preview", format!("{url}, \"tls\": {{ \"serverX509Names\": [] }}")),
        ("2025-03-01-preview", format!("{url}, \"tls\": {{ \"serverCertificateThumbprints\": [] }}")),
    ] {
        for version in VERSIONS {
            let is_told = codes_of(version, &properties).contains("PP1004");
            assert_eq!(is_told, version < first, "{version}: {properties}");
        }
    }
}

#[test]
fn every_bound_of_the_schema_is_kept() {
    let ranges = |count: usize| {
        let all: Vec<String> =
            (0..count).map(|at| format!("{{ \"min\": {0}, \"max\": {0} }}", 500 + at)).collect();
        format!("[{}]", all.join(", "))
    };
    let members = |count: usize| {
        let all: Vec<String> = (0..count).map(|at| format!("{{ \"id\": \"/backends/b{at}\" }}")).collect();
        all.join(", ")
    };
    let reasons = |count: usize| {
        let all: Vec<String> = (0..count).map(|at| format!("\"Reason{}\"", "x".repeat(at))).collect();
        format!("[{}]", all.join(", "))
    };
    let with_rule = |parts: &[(&str, &str)]| rule(parts);
    let member = |field: &str| pool(&format!("{{ \"id\": \"/backends/a\", {field} }}"), "");
    let (ten, eleven) = (ranges(10), ranges(11));
    let (ten_reasons, eleven_reasons) = (reasons(10), reasons(11));
    let shape = Some("PP1002");
    for (properties, expected) in [
        (with_rule(&[("count", "\"3\"")]), None),
        (with_rule(&[("count", "10000")]), None),
        (with_rule(&[("count", "0")]), shape),
        (with_rule(&[("count", "10001")]), shape),
        (with_rule(&[("count", "1.5")]), shape),
        (with_rule(&[("count", ""), ("percentage", "100")]), None),
        (with_rule(&[("count", ""), ("percentage", "101")]), shape),
        (with_rule(&[("count", ""), ("percentage", "0")]), shape),
        (with_rule(&[("percentage", "50")]), Some("PP1007")),
        (with_rule(&[("count", "")]), Some("PP1007")),
        (with_rule(&[("interval", "\"P1D\"")]), None),
        (with_rule(&[("interval", "\"soon\"")]), shape),
        (with_rule(&[("tripDuration", "\"PT0S\"")]), shape),
        (with_rule(&[("tripDuration", "60")]), shape),
        (with_rule(&[("statusCodeRanges", "[{ \"min\": 200, \"max\": 599 }]")]), None),
        (with_rule(&[("statusCodeRanges", "[{ \"min\": 199, \"max\": 599 }]")]), shape),
        (with_rule(&[("statusCodeRanges", "[{ \"min\": 500, \"max\": 600 }]")]), shape),
        (with_rule(&[("statusCodeRanges", "[{ \"min\": 503, \"max\": 500 }]")]), Some("PP1008")),
        (with_rule(&[("statusCodeRanges", &ten)]), None),
        (with_rule(&[("statusCodeRanges", &eleven)]), shape),
        (with_rule(&[("statusCodeRanges", "")]), Some("PP1009")),
        (with_rule(&[("errorReasons", &ten_reasons)]), None),
        (with_rule(&[("errorReasons", &eleven_reasons)]), shape),
        (with_rule(&[("failureResponse", "{ \"statusCode\": 99 }")]), shape),
        (with_rule(&[("failureResponse", "{ \"statusCode\": 599 }")]), None),
        (with_rule(&[("acceptRetryAfter", "\"true\"")]), None),
        (with_rule(&[("acceptRetryAfter", "1")]), shape),
        (pool(&members(30), ""), None),
        (pool(&members(31), ""), shape),
        (pool("", ""), shape),
        (member("\"priority\": 0, \"weight\": 100"), None),
        (member("\"priority\": null, \"weight\": null"), None),
        (member("\"priority\": 101"), shape),
        (member("\"priority\": -1"), shape),
        (member("\"weight\": 101"), shape),
        (member("\"preferredCarbonEmission\": \"Lowest\""), shape),
        (pool("{ \"priority\": 1 }", ""), shape),
        (pool("{ \"id\": \"/backends/a\" }", ", \"failureResponse\": { \"statusCode\": 600 }"), shape),
        ("\"type\": \"single\", \"url\": \"https://a.example.com\", \"protocol\": \"soap\"".to_owned(), None),
        (
            "\"type\": \"Cluster\", \"url\": \"https://a.example.com\", \"protocol\": \"http\"".to_owned(),
            shape,
        ),
        ("\"protocol\": \"http\"".to_owned(), shape),
        ("\"url\": \"https://a.example.com\", \"protocol\": \"https\"".to_owned(), Some("PP1022")),
        ("\"url\": \"a.example.com\", \"protocol\": \"http\"".to_owned(), Some("PP1023")),
    ] {
        let codes = codes_of("2025-03-01-preview", &properties);
        let told = ["PP1002", "PP1007", "PP1008", "PP1009", "PP1022", "PP1023"];
        let told: Vec<&str> = codes.iter().copied().filter(|code| told.contains(code)).collect();
        assert_eq!(told, expected.into_iter().collect::<Vec<_>>(), "{properties}");
    }
}
