//! What a C# compiler says about some thousand expressions, against what comes out here.
//!
//! `tests/oracle/README.md` says where the table comes from. [`KNOWN`] lists the differences that are meant; one
//! that is none any more has to leave it.

use std::path::Path;

use super::super::testing::{Outcome, outcome};

/// Not C# that policies are known to use; refused with a message.
const LANGUAGE: &str = "the language here lacks it";
/// LINQ runs at once here.
const LINQ: &str = "queries are evaluated at once instead of on demand";
/// Values have no identity of their own.
const IDENTITY: &str = "boxes and strings are values here: whether two are the same object is not known";
/// Type objects know no type arguments.
const TYPEOF: &str = "a type object knows its class only";
/// Accepted although a compiler would refuse it.
const LENIENT: &str = "published policies contain it, or what it means is not in doubt";
/// The compiler's table models the gateway's objects by classes of its own.
const GATEWAY: &str = "classes of the gateway's objects differ from those of the table's stand-ins";
/// .NET documents no order.
const ORDER: &str = "the order of a dictionary after a removal is not specified";
/// Members of the library.
const OTHER: &str = "a rare member, or the wording of a rare message";

/// Expressions whose result differs, and why.
const KNOWN: &[(&str, &str)] = &[
    (r#"@(new object[] { 1, "a" }.OrderBy(x => x).Count())"#, LINQ),
    ("@(new[] { 1, 2, 3 }.ElementAt(3))", OTHER),
    ("@(new JArray(new { x = 1 }))", "each compiler names anonymous types its own way"),
    (r#"@(new JProperty("a", new { x = 1 }))"#, "each compiler names anonymous types its own way"),
    (
        r#"@{ var o = JObject.Parse("{\"a\":{\"b\":[1,{\"c d\":2}]}}"); return o["a"]["b"][1]["c d"].Path; }"#,
        "today's paths have no point before a bracket",
    ),
    (r#"@(JObject.Parse("{\"a\":1}")[(object)null])"#, OTHER),
    (r#"@(((JToken)JArray.Parse("[1,2]"))["a"])"#, "the words of Newtonsoft 13"),
    (
        r#"@{ var a = JArray.Parse("[1,2]"); foreach (var t in a) { t.Replace((int)t * 10); } return a; }"#,
        "a change that keeps the length is not noticed",
    ),
    ("@{ IList<int> l = new[] { 1, 2 }; l.Add(3); return l; }", "today's text is in the past tense"),
    (r"@{ object a = 1; object b = a; return a == b; }", IDENTITY),
    (r#"@{ object a = string.Concat("x", 1); object b = string.Concat("x", 1); return a == b; }"#, IDENTITY),
    (
        r#"@{ var d = new Dictionary<string, int> { { "a", 1 }, { "b", 2 }, { "c", 3 } }; d.Remove("b"); d["d"] = 4; return d; }"#,
        ORDER,
    ),
    (r"@(context.Request.Url.Port)", GATEWAY),
    (r"@(context.Request.Url.Query)", GATEWAY),
    (r"@(context.Request.OriginalUrl.Port)", GATEWAY),
    (r"@(context.Request.MatchedParameters)", GATEWAY),
    (r"@(context.Api.ServiceUrl.Port)", GATEWAY),
    (r#"@("x".PadLeft(-1))"#, OTHER),
    (r#"@(JsonConvert.DeserializeObject<List<int>>("{\"a\":1}"))"#, OTHER),
    (r#"@(JsonConvert.DeserializeObject<int[]>("[\"x\"]"))"#, OTHER),
    (r#"@(JObject.Parse("{\"a\":1}").ToObject<List<int>>())"#, OTHER),
    (r#"@(new Version("1.x"))"#, OTHER),
    (r#"@(JObject.Parse("{\"a\":[1]}")["a"]["c"])"#, OTHER),
    (r#"@(JArray.Parse("[1,2]")["a"])"#, OTHER),
    (r#"@(JsonConvert.DeserializeObject<Dictionary<string, int>>("{\"a\":\"x\"}"))"#, OTHER),
    (r"@{ Action x = () => { }; x += () => { }; return x.GetInvocationList().Length; }", LANGUAGE),
    (r#"@(context.Request.Headers.GetValueOrDefault(name: "X-Priority", defaultValue: "9"))"#, OTHER),
    (r#"@(context.Request.Headers.GetValueOrDefault(defaultValue: "9", name: "X-Missing"))"#, OTHER),
    (r"@(new[] { 5, 6 }.ElementAt(2))", OTHER),
    (r#"@(new object[] { 1, "a" }.Cast<int>().First())"#, LINQ),
    (r"@{ int n = 0; var q = new[] { 1, 2, 3 }.Select(x => { n++; return x; }); return n; }", LINQ),
    (
        r"@{ int n = 0; var q = new[] { 1, 2, 3 }.Select(x => { n++; return x; }); q.ToList(); q.ToList(); return n; }",
        LINQ,
    ),
    (r"@{ int n = 0; new[] { 1, 2, 3 }.Select(x => { n++; return x; }).First(); return n; }", LINQ),
    (r"@{ var l = new List<int> { 1 }; var q = l.Where(x => x > 0); l.Add(2); return q.Count(); }", LINQ),
    (r"@{ int limit = 1; var q = new[] { 1, 2, 3 }.Where(x => x > limit); limit = 2; return q; }", LINQ),
    (r"@{ var q = new[] { 1, 0 }.Select(x => 1 / x); return q.Any(); }", LINQ),
    (r"@(typeof(List<int>).Name)", TYPEOF),
    (r"@('ab')", LENIENT),
    (r"@('')", LENIENT),
    (r#"@(JObject.Parse("{}").Any())"#, LENIENT),
    (r#"@(Regex.Match("abab", "(?:(a)(b))+").Groups[1].Captures.Count)"#, OTHER),
    (r#"@{ switch (1) { case 1: goto case 2; case 2: return "two"; default: return "none"; } }"#, LANGUAGE),
    (r#"@{ switch (1) { case 1: goto default; default: return "d"; } }"#, LANGUAGE),
    (
        r"@{
    var i = 0;
again:
    i++;
    if (i < 3) goto again;
    return i;
}",
        LANGUAGE,
    ),
    (
        r#"@{
    var m = Regex.Match("k1=v1,k2=v2", @"(?:(\w+)=(\w+),?)+");
    return string.Join("|", m.Groups[1].Captures.Cast<Capture>().Select(c => c.Value));
}"#,
        OTHER,
    ),
    (
        r#"@(TimeSpan.Parse("01:02:03").TotalMinutes)"#,
        "today ticks are divided, not multiplied by a fraction",
    ),
    (r#"@("5".PadLeft(-1))"#, OTHER),
    (r#"@(new Uri("http://127.0.0.1:8080/").HostNameType)"#, GATEWAY),
    (r"@(context.Request.OriginalUrl.ToString())", GATEWAY),
    (r"@(context.Request.Url)", GATEWAY),
    (r#"@("hello".IndexOf('o', 9))"#, "today's text names the bound as it is: less than or equal"),
    (r#"@(0.00012345.ToString("E3"))"#, "the double lies below the half; today its exact digits are rounded"),
    (
        r#"@(new Guid("6f9619ff-8b86-4d01-b42d-00c04fc964ff").ToString("Z"))"#,
        "today's text has other quotation marks",
    ),
    ("@((float)int.MaxValue)", "mono rounds to nine digits first and then to eight"),
    ("@(new Random().Next(-1))", "today's text has the value"),
    (r#"@(Enum.Parse(typeof(DayOfWeek), ""))"#, "today's text names the parameter"),
    (r#"@(TimeSpan.Parse("25:00"))"#, "today's text has the text that was read"),
    ("@(Guid.NewGuid() != Guid.NewGuid())", "the chance of these tests gives the same number every time"),
];

struct Row {
    family: String,
    expression: String,
    expected: Outcome,
    compares_message: bool,
    compares_value: bool,
}

fn rows(file: &str) -> Vec<Row> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/oracle").join(file);
    let text = std::fs::read_to_string(path).unwrap();
    let rows = text.lines().map(|line| {
        let row: serde_json::Value = serde_json::from_str(line).unwrap();
        let get = |name: &str| row.get(name).and_then(|value| value.as_str()).map(str::to_owned);
        let message = get("message").unwrap_or_default();
        let expected = if let Some(result) = get("result") {
            Outcome::Value(get("type").unwrap(), result)
        } else if let Some(class) = get("throws") {
            Outcome::Thrown(class, message)
        } else {
            Outcome::Refused(Vec::new())
        };
        Row {
            family: get("file").unwrap_or_else(|| "by_hand".to_owned()),
            expression: get("expression").unwrap(),
            expected,
            compares_message: get("message_of").is_none(),
            compares_value: get("runtime").is_none(),
        }
    });
    rows.collect()
}

fn agrees(row: &Row, found: &Outcome) -> bool {
    match (&row.expected, found) {
        (Outcome::Refused(_), Outcome::Refused(_)) => true,
        // What the service does not allow cannot be compared.
        (_, Outcome::Refused(problems))
            if problems
                .iter()
                .any(|p| p.starts_with("member-not-allowed") || p.starts_with("type-not-allowed")) =>
        {
            true
        }
        (Outcome::Thrown(class, message), Outcome::Thrown(other, text)) => {
            class == other && (!row.compares_message || message == text)
        }
        (expected @ Outcome::Value(..), found) => expected == found,
        _ => false,
    }
}

#[test]
fn results_are_those_of_a_csharp_compiler() {
    let mut all = rows("table.jsonl");
    all.extend(rows("by_hand.jsonl"));
    let mut wrong = std::collections::BTreeMap::<String, (usize, usize)>::new();
    let mut shown = String::new();
    let mut stale = Vec::new();
    for row in all.iter().filter(|row| row.compares_value) {
        let count = wrong.entry(row.family.clone()).or_default();
        count.1 += 1;
        let found = outcome(&row.expression);
        if KNOWN.iter().any(|(known, _)| *known == row.expression) {
            if agrees(row, &found) {
                stale.push(&row.expression);
            }
            continue;
        }
        if !agrees(row, &found) {
            count.0 += 1;
            shown += &format!(
                "{}: {}\n  want {:?}\n  have {:?}\n",
                row.family, row.expression, row.expected, found
            );
        }
    }
    let total: usize = wrong.values().map(|count| count.0).sum();
    assert_eq!(total, 0, "wrong of all, by family: {wrong:?}\n{shown}");
    assert!(stale.is_empty(), "these differ no more: {stale:#?}");
}
