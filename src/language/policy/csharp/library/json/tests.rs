//! Reading and writing text: every expectation is what Newtonsoft's own reader said, with the words of
//! version 13 where they changed.

use super::super::super::heap::Heap;
use super::super::super::scope::{LowestChance, Scope};
use super::*;
use crate::policy::{Facts, Request};
use crate::semantics::{JsonDates, Semantics};
use crate::units::Timestamp;

/// Runs something with a machine of its own.
fn with_machine<T>(semantics: &Semantics, run: impl FnOnce(&mut Machine<'_, '_>) -> T) -> T {
    let (mut request, mut heap, facts) = (Request::default(), Heap::default(), Facts::default());
    let (mut chance, mut trace) = (LowestChance, Vec::new());
    let mut scope = Scope {
        request: &mut request,
        response: None,
        last_error: None,
        variables: &[],
        names: &[],
        heap: &mut heap,
        facts: &facts,
        now: Timestamp::from_nanos(0),
        started: Timestamp::from_nanos(0),
        start_unix_s: 0,
        request_id: 1,
        chance: &mut chance,
        semantics,
        trace: &mut trace,
    };
    let mut machine = Machine::plain(&mut scope);
    run(&mut machine)
}

type Parse = fn(&mut Machine<'_, '_>, &str) -> Result<Value, Fault>;

fn round(text: &str, parse: Parse, semantics: &Semantics, indented: bool) -> Result<String, String> {
    with_machine(semantics, |machine| {
        let token = parse(machine, text).map_err(|fault| fault.message().to_string())?;
        print(machine, &token, indented).map_err(|fault| fault.message().to_string())
    })
}

#[test]
fn lenient_texts_are_read() {
    let rows = [
        ("{}", "{}"),
        ("[]", "[]"),
        (r#"{"a":[1,2,{"b":null}]}"#, r#"{"a":[1,2,{"b":null}]}"#),
        ("{'a':'x'}", r#"{"a":"x"}"#),
        ("{a:1,$b:2,_c:3}", r#"{"a":1,"$b":2,"_c":3}"#),
        (r#"{"a":1,}"#, r#"{"a":1}"#),
        ("[1,2,]", "[1,2]"),
        ("[1,,2]", "[1,undefined,2]"),
        ("[,]", "[undefined]"),
        (r#"{"a":,"b":1}"#, r#"{"a":undefined,"b":1}"#),
        ("/*c*/{/*d*/\"a\":/*e*/1/*f*/}//g", r#"{"a":1}"#),
        ("{1:2}", r#"{"1":2}"#),
        ("[undefined]", "[undefined]"),
        ("[NaN,Infinity,-Infinity]", r#"["NaN","Infinity","-Infinity"]"#),
        ("[0x1F,010]", "[31,8]"),
        ("[12345678901234567890,-9223372036854775808]", "[12345678901234567890,-9223372036854775808]"),
        (r#"["a\nb\u0041\/"]"#, r#"["a\nbA/"]"#),
        ("\"text\"", "\"text\""),
        ("5", "5"),
        (" true ", "true"),
        ("null", "null"),
        (r#"{"a":1,"a":2,"b":3}"#, r#"{"a":2,"b":3}"#),
        (
            r#"["2024-05-01T10:00:00Z","2024-05-01T10:00:00","2024-05-01T10:00:00.123+02:00"]"#,
            r#"["2024-05-01T10:00:00Z","2024-05-01T10:00:00","2024-05-01T08:00:00.123+00:00"]"#,
        ),
        (r#"{"a":1,/* c */"b":2}"#, r#"{"a":1,"b":2}"#),
        (r"['it\'s']", r#"["it's"]"#),
        ("[\"tab\there\",\"nl\nhere\"]", r#"["tab\there","nl\nhere"]"#),
        (r#"{"":1}"#, r#"{"":1}"#),
        ("[00]", "[0]"),
        (r#"["\ud83d\ude00\u2028"]"#, "[\"\u{1F600}\\u2028\"]"),
    ];
    for (text, expected) in rows {
        assert_eq!(round(text, parse, &Semantics::default(), false).as_deref(), Ok(expected), "{text}");
    }
}

#[test]
fn problems_are_told_with_path_line_and_position() {
    let rows = [
        (
            "{\"a\":1} x",
            "Additional text encountered after finished reading JSON content: x. Path '', line 1, position 8.",
        ),
        ("", "Error reading JToken from JsonReader. Path '', line 0, position 0."),
        ("   ", "Error reading JToken from JsonReader. Path '', line 1, position 3."),
        ("[", "Error reading JArray from JsonReader. Path '', line 1, position 1."),
        ("{", "Error reading JObject from JsonReader. Path '', line 1, position 1."),
        (
            "{\"a\"",
            "Invalid character after parsing property name. Expected ':' but got: \0. Path '', line 1, position 4.",
        ),
        ("{\"a\":", "Unexpected end of content while loading JObject. Path 'a', line 1, position 5."),
        ("{\"a\":1", "Unexpected end of content while loading JObject. Path 'a', line 1, position 6."),
        ("[1", "Unexpected end of content while loading JArray. Path '[0]', line 1, position 2."),
        ("[1,", "Unexpected end of content while loading JArray. Path '[0]', line 1, position 3."),
        (
            "[1 2]",
            "After parsing a value an unexpected character was encountered: 2. Path '[0]', line 1, position 3.",
        ),
        (
            "{\"a\" 1}",
            "Invalid character after parsing property name. Expected ':' but got: 1. Path '', line 1, position 5.",
        ),
        (
            "{\"a\":1 \"b\":2}",
            "After parsing a value an unexpected character was encountered: \". Path 'a', line 1, position 7.",
        ),
        ("{a-b:1}", "Invalid JavaScript property identifier character: -. Path '', line 1, position 2."),
        ("[tru]", "Error parsing boolean value. Path '', line 1, position 4."),
        ("[truex]", "Error parsing boolean value. Path '', line 1, position 5."),
        ("[nan]", "Unexpected character encountered while parsing value: n. Path '', line 1, position 1."),
        ("[0x1F,010,-]", "Input string '-' is not a valid number. Path '[2]', line 1, position 11."),
        ("[1a]", "Input string '1a' is not a valid number. Path '[0]', line 1, position 3."),
        ("[1.2.3]", "Input string '1.2.3' is not a valid number. Path '[0]', line 1, position 6."),
        ("[\"\\x\"]", "Bad JSON escape sequence: \\x. Path '', line 1, position 4."),
        ("[\"abc", "Unterminated string. Expected delimiter: \". Path '', line 1, position 5."),
        ("[\"\\u12", "Unexpected end while parsing Unicode escape sequence. Path '', line 1, position 4."),
        (
            "{\"a\":1}]",
            "Additional text encountered after finished reading JSON content: ]. Path '', line 1, position 7.",
        ),
        ("[1}", "JsonToken EndObject is not valid for closing JsonType Array. Path '', line 1, position 3."),
        (
            "{\"a\":[1}",
            "JsonToken EndObject is not valid for closing JsonType Array. Path 'a', line 1, position 8.",
        ),
        ("[1,2", "Unexpected end of content while loading JArray. Path '[1]', line 1, position 4."),
        (
            "{\"a\":{\"b\":[1,x]}}",
            "Unexpected character encountered while parsing value: x. Path 'a.b[0]', line 1, position 13.",
        ),
        (
            "{\"a b\":{\"c.d\":[0,{\"e\":x}]}}",
            "Unexpected character encountered while parsing value: x. Path '['a b']['c.d'][1].e', line 1, position 22.",
        ),
        ("x", "Unexpected character encountered while parsing value: x. Path '', line 0, position 0."),
        (
            "\n\n  {\"a\":\n x}",
            "Unexpected character encountered while parsing value: x. Path 'a', line 4, position 1.",
        ),
        (
            "{\"a\":1}\n\n  y",
            "Additional text encountered after finished reading JSON content: y. Path '', line 3, position 2.",
        ),
        (
            "[1,\r\n2,\r\n x]",
            "Unexpected character encountered while parsing value: x. Path '[1]', line 3, position 1.",
        ),
        ("/", "Unexpected end while parsing comment. Path '', line 1, position 1."),
        ("[/x]", "Error parsing comment. Expected: *, got x. Path '', line 1, position 2."),
        ("/* a", "Unexpected end while parsing comment. Path '', line 1, position 4."),
        ("[+1]", "Unexpected character encountered while parsing value: +. Path '', line 1, position 1."),
        ("{,}", "Invalid property identifier character: ,. Path '', line 1, position 1."),
        (
            "{\"a\":}",
            "Unexpected character encountered while parsing value: }. Path 'a', line 1, position 5.",
        ),
        ("[1e]", "Input string '1e' is not a valid number. Path '[0]', line 1, position 3."),
    ];
    for (text, expected) in rows {
        let found = round(text, parse, &Semantics::default(), false);
        assert_eq!(found, Err(expected.to_owned()), "{text:?}");
    }
    let object = "Error reading JObject from JsonReader. Current JsonReader item is not an object:";
    let rows = [
        ("5", "Integer. Path '', line 1, position 1."),
        ("[1]", "StartArray. Path '', line 1, position 1."),
        ("null", "Null. Path '', line 1, position 4."),
        ("\"a\"", "String. Path '', line 1, position 3."),
        ("true", "Boolean. Path '', line 1, position 4."),
        ("1.5", "Float. Path '', line 1, position 3."),
    ];
    for (text, expected) in rows {
        let found = round(text, parse_object, &Semantics::default(), false);
        assert_eq!(found, Err(format!("{object} {expected}")), "{text}");
    }
    let found = round("[1,{", parse_array, &Semantics::default(), false);
    let expected = "Unexpected end of content while loading JArray. Path '[1]', line 1, position 4.";
    assert_eq!(found, Err(expected.to_owned()));
}

#[test]
fn nesting_is_bounded() {
    let deep = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    assert!(round(&deep(64), parse, &Semantics::default(), false).is_ok());
    let found = round(&deep(65), parse, &Semantics::default(), false).unwrap_err();
    assert!(found.starts_with("The reader's MaxDepth of 64 has been exceeded. Path '[0]"), "{found}");
}

#[test]
fn indented_text_has_two_blanks_a_level() {
    let found = round(r#"{"a":{},"b":[],"c":[1,{"d":null}]}"#, parse, &Semantics::default(), true);
    let expected =
        "{\n  \"a\": {},\n  \"b\": [],\n  \"c\": [\n    1,\n    {\n      \"d\": null\n    }\n  ]\n}";
    assert_eq!(found.as_deref(), Ok(expected));
}

#[test]
fn dates_stay_text_when_the_switch_says_so() {
    let semantics = Semantics { expr_json_dates: JsonDates::Text, ..Semantics::default() };
    let text = r#"["2024-05-01T10:00:00.123+02:00"]"#;
    assert_eq!(round(text, parse, &semantics, false).as_deref(), Ok(text));
}

proptest::proptest! {
    #[test]
    fn any_text_ends_and_what_is_read_can_be_read_again(text in r#"[\[\]{}:,"'0-9a-z\\ /*.\-]{0,40}"#) {
        if let Ok(first) = round(&text, parse, &Semantics::default(), false) {
            let second = round(&first, parse, &Semantics::default(), false);
            proptest::prop_assert_eq!(second, Ok(first));
        }
    }
}

#[test]
fn values_of_different_number_types_have_an_order() {
    let rows = [
        (r#"@(JArray.Parse("[2.5,1,2]").OrderBy(t => t).Select(t => (double)t))"#, "[1, 2, 2.5]"),
        (r#"@(JArray.Parse("[true,false]").OrderBy(t => t).Select(t => (bool)t))"#, "[false, true]"),
        (r#"@(JArray.Parse("[\"b\",\"B\"]").OrderBy(t => t).Select(t => (string)t))"#, r#"["B", "b"]"#),
    ];
    for (text, expected) in rows {
        assert_eq!(super::super::super::testing::evaluate(text).as_deref(), Ok(expected), "{text}");
    }
}
