//! The language as a whole: code in, values, exceptions or messages out. Expected values are those of
//! C# 7 and .NET, from the language specification and the class library reference.

use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::diagnostics::{Diagnostics, SourceId, SourceMap};
use crate::policy::scan::RawText;
use crate::policy::{Header, HeaderValue, Headers, LastError, Request, Response, Section, Text};
use crate::units::{Duration, StatusCode, Timestamp};

fn raw(code: &str) -> RawText {
    RawText::verbatim(SourceId(0), code)
}

fn compiled(code: &str) -> (Expression, Variables) {
    let mut variables = Variables::new();
    let mut diagnostics = Diagnostics::new();
    let expression = Expression::compile(&raw(code), &mut variables, &mut diagnostics);
    assert!(!diagnostics.has_errors(), "{code}: {:#?}", diagnostics.sorted());
    (expression.unwrap(), variables)
}

fn problems(code: &str) -> Vec<String> {
    let mut sources = SourceMap::new();
    sources.add("x", code);
    let mut diagnostics = Diagnostics::new();
    let result = Expression::compile(&raw(code), &mut Variables::new(), &mut diagnostics);
    assert_eq!(result.is_none(), diagnostics.has_errors(), "{code}");
    let shown = diagnostics.sorted().into_iter().map(|d| {
        let help = d.help.as_deref().map(|h| format!(" | {h}")).unwrap_or_default();
        format!("{} [{}] {} | {}{help}", d.code, sources.slice(d.span.unwrap()), d.message, d.label)
    });
    shown.collect()
}

struct World {
    request: Request,
    response: Option<Response>,
    last_error: Option<LastError>,
    values: Vec<(&'static str, Value)>,
}

fn world() -> World {
    let base: Arc<[Header]> = Arc::from([
        Header { name: "Retry-After".into(), value: HeaderValue::Number(7) },
        Header { name: "Via".into(), value: HeaderValue::Text("a".into()) },
        Header { name: "via".into(), value: HeaderValue::Text("b".into()) },
    ]);
    let response = Response {
        reason: "Too Many Requests".into(),
        headers: Headers::shared(base),
        ..Response::plain(StatusCode::TOO_MANY_REQUESTS)
    };
    let last_error = LastError {
        source: "forward-request".into(),
        reason: "Timeout".into(),
        message: "it took too long".into(),
        scope: crate::policy::PolicyScope::Api,
        section: Section::Backend,
        path: "retry[1]".into(),
        policy_id: Text::EMPTY,
    };
    World {
        request: Request { method: "POST".into(), path: "/chat?api-version=1".into(), ..Request::default() },
        response: Some(response),
        last_error: Some(last_error),
        values: vec![
            ("text", Value::Str("abc".into())),
            ("digits", Value::Str(" -12 ".into())),
            ("int", Value::Int(5)),
            ("long", Value::Long(6)),
            ("double", Value::Double(DoubleBits::new(2.5))),
            ("bool", Value::Bool(true)),
            ("null", Value::Null),
        ],
    }
}

fn eval_in(world: &World, code: &str) -> Result<Value, EvalError> {
    let (expression, variables) = compiled(code);
    let names = variables.names();
    // Names that only dynamic look-ups use follow behind the slots of the program.
    let mut all: Vec<Text> = names.to_vec();
    for (name, _) in &world.values {
        if !all.iter().any(|known| known.as_str() == *name) {
            all.push((*name).into());
        }
    }
    let find = |name: &Text| world.values.iter().find(|(n, _)| *n == name.as_str()).map(|(_, v)| v.clone());
    let values: Vec<Option<Value>> = all.iter().map(find).collect();
    let scope = Scope {
        request: &world.request,
        response: world.response.as_ref(),
        last_error: world.last_error.as_ref(),
        variables: &values,
        names: &all,
        now: Timestamp::from_nanos(2_500_000_000),
        started: Timestamp::from_nanos(1_000_000_000),
    };
    let value = expression.eval(&scope);
    if expression.result_type() == Type::BOOL {
        let fast = expression.eval_bool(&scope);
        assert_eq!(value.clone().map(|v| v == Value::Bool(true)), fast, "{code}");
    }
    value
}

fn shown(code: &str) -> String {
    match eval_in(&world(), &format!("@({code})")) {
        Ok(Value::Null) => "null".to_owned(),
        Ok(Value::Str(text)) => format!("\"{text}\""),
        Ok(Value::Long(value)) => format!("{value}L"),
        Ok(Value::Char(c)) => format!("'{c}'"),
        Ok(Value::Strings(values)) => format!("{:?}", values.iter().map(Text::as_str).collect::<Vec<_>>()),
        Ok(value) => convert::format(&value).to_string(),
        Err(error) => format!("{:?}: {}", error.kind, error.message),
    }
}

#[test]
fn values_are_those_of_csharp() {
    for (code, expected) in [
        // Literals.
        ("1", "1"),
        ("0xFF", "255"),
        ("0b101", "5"),
        ("1_000", "1000"),
        ("2147483648", "2147483648L"),
        ("-2147483648", "-2147483648"),
        ("-9223372036854775808", "-9223372036854775808L"),
        ("1L", "1L"),
        ("1.5", "1.5"),
        ("1e3", "1000"),
        ("2d", "2"),
        ("true", "True"),
        ("null", "null"),
        ("'a'", "'a'"),
        (r#""a\"\\\n\u0041\x41\t""#, "\"a\"\\\nAA\t\""),
        (r#"@"c:\""x""""#, "\"c:\\\"x\"\""),
        ("\"a\" /* x */ // y\n", "\"a\""),
        // Numbers.
        ("7 / 2", "3"),
        ("-7 / 2", "-3"),
        ("-7 % 3", "-1"),
        ("7 / 2.0", "3.5"),
        ("1 + 2L", "3L"),
        ("1L + 0.5", "1.5"),
        ("'a' + 1", "98"),
        ("-'a'", "-97"),
        ("2 + 3 * 4 - -1", "15"),
        ("(2 + 3) * 4", "20"),
        ("10 - 2 - 3", "5"),
        ("(int)context.Variables[\"int\"] * 500000000", "-1794967296"),
        ("(int)context.Variables[\"int\"] + int.MaxValue", "-2147483644"),
        ("(int)2.9", "2"),
        ("(int)-2.9", "-2"),
        ("(long)3", "3L"),
        ("(double)1 / 4", "0.25"),
        ("(int)4294967297", "1"),
        ("1.0 / 0", "Infinity"),
        ("Math.Min(3, 2L)", "2L"),
        ("Math.Max(1, 2.5)", "2.5"),
        ("Convert.ToInt32(2.5)", "2"),
        ("Convert.ToInt32(3.5)", "4"),
        ("Convert.ToInt32(true)", "1"),
        ("Convert.ToInt32(context.Variables[\"digits\"])", "-12"),
        ("Convert.ToInt32(context.Variables[\"int\"])", "5"),
        ("Convert.ToInt32(context.Variables[\"null\"])", "0"),
        ("int.Parse((string)context.Variables[\"digits\"])", "-12"),
        ("Int32.Parse(\"+3\") + System.Int32.MinValue", "-2147483645"),
        // Comparison and logic.
        ("1 == 1.0 && 1 != 2 && !(2 < 1) && 2 >= 2L && 1 <= 1", "True"),
        ("false || true && false", "False"),
        ("true || 1 / ((int)context.Variables[\"int\"] - 5) == 0", "True"),
        ("\"a\" == \"a\" && \"a\" != \"A\" && \"a\" != null", "True"),
        ("'a' == 97", "True"),
        ("true == !false", "True"),
        ("1 < 2 ? \"yes\" : \"no\"", "\"yes\""),
        ("false ? 1 : 2.0", "2"),
        ("true ? 1 : false ? 2 : 3", "1"),
        // Text.
        ("\"a\" + 1 + 2", "\"a12\""),
        ("1 + 2 + \"a\"", "\"3a\""),
        ("\"a\" + null + true + 'c' + 1.5 + 2L", "\"aTruec1.52\""),
        ("\"a\" + (string)null", "\"a\""),
        ("\"Abc\".Contains(\"bc\") && !\"Abc\".Contains(\"BC\")", "True"),
        ("\"Abc\".Contains(\"BC\", StringComparison.OrdinalIgnoreCase)", "True"),
        ("\"Abc\".StartsWith(\"aB\", System.StringComparison.OrdinalIgnoreCase)", "True"),
        ("\"Abc\".EndsWith(\"c\") && \"Abc\".StartsWith(\"A\", StringComparison.Ordinal)", "True"),
        ("\"É\".Equals(\"é\", StringComparison.OrdinalIgnoreCase)", "True"),
        ("\"a\".Equals(null) || \"a\".Equals(1)", "False"),
        ("\"äbc\".IndexOf(\"c\") + \"abc\".IndexOf('x')", "1"),
        ("\"a𝄞c\".Length + \"a𝄞c\".IndexOf(\"c\")", "7"),
        ("\"a𝄞cd\".Substring(3)", "\"cd\""),
        ("\"abcdef\".Substring(1, 3)", "\"bcd\""),
        ("\" a \".Trim() + \"aB\".ToUpper() + \"aB\".ToLowerInvariant()", "\"aABab\""),
        ("\"straße\".ToUpper()", "\"STRAßE\""),
        ("\"a-b-c\".Replace(\"-\", \"\").Replace('c', 'd')", "\"abd\""),
        (
            "string.IsNullOrEmpty(\"\") && String.IsNullOrEmpty(null) && string.IsNullOrWhiteSpace(\" \")",
            "True",
        ),
        ("string.Concat(\"a\", 1, null, true)", "\"a1True\""),
        (
            "string.Equals(\"a\", \"A\", StringComparison.OrdinalIgnoreCase) && !string.Equals(null, \"a\")",
            "True",
        ),
        ("string.Empty == String.Empty && 5.ToString() == \"5\"", "True"),
        ("Convert.ToString(1.5) + Convert.ToString(context.Variables[\"null\"])", "\"1.5\""),
        ("Convert.ToBoolean(\" TRUE \") && !Convert.ToBoolean(0)", "True"),
        // Null.
        ("null ?? \"a\"", "\"a\""),
        ("(string)context.Variables[\"null\"] ?? \"b\" ?? \"c\"", "\"b\""),
        ("((string)context.Variables[\"null\"])?.Length", "null"),
        ("((string)context.Variables[\"text\"])?.Length + \"\"", "\"3\""),
        ("((string)context.Variables[\"text\"])?.ToUpper()?.Substring(1).Length ?? 0", "2"),
        ("context.Response?.StatusCode == 429 && context.Response?.StatusCode > 428", "True"),
        ("(context.Response?.StatusCode ?? 0) + 1", "430"),
        ("context?.Response?.StatusReason?.Contains(\"Many\") == true", "True"),
        ("context.Response != null && null != context.LastError && !(null == context.Response)", "True"),
        ("context.Response?.StatusCode.ToString()", "\"429\""),
        ("((int?)context.Variables[\"null\"]).HasValue", "False"),
        ("(int)(int?)context.Variables[\"int\"]", "5"),
        // Context.
        ("context.Response.StatusCode >= 400 && 500 > context.Response.StatusCode", "True"),
        ("context.Response.StatusReason", "\"Too Many Requests\""),
        ("context.Response.Headers.GetValueOrDefault(\"RETRY-AFTER\")", "\"7\""),
        ("context.Response.Headers.GetValueOrDefault(\"VIA\", \"x\")", "\"a,b\""),
        ("context.Response.Headers.GetValueOrDefault(\"none\")", "null"),
        ("context.Response.Headers.GetValueOrDefault(\"none\", \"d\")", "\"d\""),
        (
            "context.Response.Headers.ContainsKey(\"via\") && !context.Request.Headers.ContainsKey(\"via\")",
            "True",
        ),
        ("context.Response.Headers[\"via\"]", "[\"a\", \"b\"]"),
        ("context.Response.Headers[\"via\"][1] + context.Response.Headers[\"via\"].Length", "\"b2\""),
        (
            "context.Request.Method + context.Request.Url.Path + context.Request.Url.QueryString",
            "\"POST/chat?api-version=1\"",
        ),
        ("context.Variables[\"text\"]", "\"abc\""),
        ("context.Variables[\"te\" + \"xt\"].ToString()", "\"abc\""),
        ("context.Variables[(string)context.Variables[\"text\"] == \"abc\" ? \"int\" : \"x\"]", "5"),
        ("context.Variables.ContainsKey(\"text\") && !context.Variables.ContainsKey(\"Text\")", "True"),
        (
            "context.Variables.GetValueOrDefault<int>(\"int\") + context.Variables.GetValueOrDefault<int>(\"none\")",
            "5",
        ),
        (
            "context.Variables.GetValueOrDefault<string>(\"none\", \"d\") + context.Variables.GetValueOrDefault(\"none\", 3)",
            "\"d3\"",
        ),
        ("context.Variables.GetValueOrDefault<String>(\"none\")", "null"),
        ("context.Variables.GetValueOrDefault<long>(\"none\", 3)", "3L"),
        ("(Int32)context.Variables[\"int\"] > 0 && (bool)context.Variables[\"bool\"]", "True"),
        ("context.Variables[\"null\"] == null && context.Variables[\"int\"].Equals(5)", "True"),
        ("context.Variables[\"int\"] ?? 3", "5"),
        ("(string)(context.Variables[\"null\"] ?? \"d\")", "\"d\""),
        (
            "context.LastError.Source + context.LastError.Reason + context.LastError.Section + context.LastError.Path",
            "\"forward-requestTimeoutbackendretry[1]\"",
        ),
        ("context.LastError?.Message.Length", "16"),
        ("context.LastError.PolicyId", "\"\""),
        ("context.Elapsed.TotalSeconds + context.Elapsed.TotalMilliseconds", "1501.5"),
    ] {
        assert_eq!(shown(code), expected, "{code}");
    }
}

#[test]
fn exceptions_are_those_of_dotnet() {
    for (code, expected) in [
        (
            "(int)context.Variables[\"text\"]",
            "InvalidCast: Unable to cast object of type 'System.String' to type 'System.Int32'.",
        ),
        (
            "(string)context.Variables[\"int\"]",
            "InvalidCast: Unable to cast object of type 'System.Int32' to type 'System.String'.",
        ),
        (
            "(long)context.Variables[\"int\"]",
            "InvalidCast: Unable to cast object of type 'System.Int32' to type 'System.Int64'.",
        ),
        (
            "(int)context.Variables[\"null\"]",
            "NullReference: Object reference not set to an instance of an object.",
        ),
        (
            "context.Variables[\"null\"].ToString()",
            "NullReference: Object reference not set to an instance of an object.",
        ),
        (
            "((string)context.Variables[\"null\"]).Length",
            "NullReference: Object reference not set to an instance of an object.",
        ),
        ("(int)(int?)context.Variables[\"null\"]", "InvalidOperation: Nullable object must have a value."),
        (
            "context.Variables[\"none\"]",
            "KeyNotFound: The given key 'none' was not present in the dictionary.",
        ),
        (
            "context.Variables[\"no\" + (string)context.Variables[\"text\"]]",
            "KeyNotFound: The given key 'noabc' was not present in the dictionary.",
        ),
        (
            "context.Variables.GetValueOrDefault<int>(\"text\", 1)",
            "InvalidCast: Unable to cast object of type 'System.String' to type 'System.Int32'.",
        ),
        (
            "context.Response.Headers[\"none\"]",
            "KeyNotFound: The given key 'none' was not present in the dictionary.",
        ),
        ("context.Response.Headers[\"via\"][2]", "Argument: Index was out of the range of valid values."),
        ("1 / ((int)context.Variables[\"int\"] - 5)", "DivideByZero: Attempted to divide by zero."),
        ("1L % ((long)context.Variables[\"long\"] - 6)", "DivideByZero: Attempted to divide by zero."),
        (
            "(int.MinValue + (int)context.Variables[\"int\"] - 5) / -1",
            "Overflow: Arithmetic operation resulted in an overflow.",
        ),
        (
            "int.Parse((string)context.Variables[\"text\"])",
            "Format: Input string was not in a correct format.",
        ),
        ("int.Parse(\"2147483648\")", "Overflow: Value was either too large or too small for an Int32."),
        ("int.Parse(null)", "Argument: Value cannot be null."),
        ("Convert.ToInt32(1e10)", "Overflow: Value was either too large or too small for an Int32."),
        ("Convert.ToBoolean(\"yes\")", "Format: Input string was not in a correct format."),
        ("\"abc\".Substring(4)", "Argument: Index or length was out of the range of valid values."),
        ("\"abc\".Contains(null)", "Argument: Value cannot be null."),
    ] {
        assert_eq!(shown(code), expected, "{code}");
    }
}

#[test]
fn a_null_response_or_error_throws_unless_tested() {
    let world = World { response: None, last_error: None, ..world() };
    for code in [
        "context.Response.StatusCode",
        "context.Response.StatusCode == 1",
        "context.Response.StatusReason",
        "context.Response.Headers.ContainsKey(\"a\")",
        "context.LastError.Reason",
    ] {
        let error = eval_in(&world, &format!("@({code})")).unwrap_err();
        assert_eq!(error.kind, EvalErrorKind::NullReference, "{code}");
    }
    for (code, expected) in [
        ("context.Response == null && context.LastError == null", Value::Bool(true)),
        ("context.Response != null && context.Response.StatusCode == 1", Value::Bool(false)),
        ("context.Response?.StatusCode", Value::Null),
        ("context.Response?.StatusCode == 429", Value::Bool(false)),
        ("context.Response?.StatusCode != 429", Value::Bool(true)),
        ("context.Response?.StatusCode > 0", Value::Bool(false)),
        ("context.Response?.Headers.GetValueOrDefault(\"a\") ?? \"x\"", Value::Str("x".into())),
        ("context.LastError?.Reason == \"Timeout\"", Value::Bool(false)),
    ] {
        assert_eq!(eval_in(&world, &format!("@({code})")), Ok(expected), "{code}");
    }
}

#[test]
fn faults_point_into_the_code() {
    let code = "@(1 == 1 && context.Variables[\"int\"] == null || (int)context.Variables[\"text\"] > 0)";
    let span = eval_in(&world(), code).unwrap_err().span.unwrap();
    assert_eq!(code.get(span.start as usize..span.end as usize).unwrap(), "(int)context.Variables[\"text\"]");
}

#[test]
fn strings_are_bounded() {
    let big = "x".repeat(1 << 19);
    let world = World { values: vec![("b", Value::Str(big.into()))], ..world() };
    let b = "(string)context.Variables[\"b\"]";
    assert!(eval_in(&world, &format!("@({b} + {b})")).is_ok());
    let error = eval_in(&world, &format!("@({b} + {b} + \"x\")")).unwrap_err();
    assert_eq!(error.kind, EvalErrorKind::TooLong);
    let error = eval_in(&world, &format!("@(({b}).Replace(\"x\", \"yyy\"))")).unwrap_err();
    assert_eq!(error.kind, EvalErrorKind::TooLong);
}

#[test]
fn the_deepest_expressions_evaluate() {
    let leaf = "(int)context.Variables[\"int\"]";
    let nested = format!("@({}{leaf}{})", "1 + (".repeat(180), ")".repeat(180));
    assert_eq!(eval_in(&world(), &nested), Ok(Value::Int(185)));
    let chain = format!("@({leaf}{})", " - 1".repeat(180));
    assert_eq!(eval_in(&world(), &chain), Ok(Value::Int(-175)));
    let not = format!("@({}context.Response == null{})", "!(".repeat(180), ")".repeat(180));
    assert_eq!(eval_in(&world(), &not), Ok(Value::Bool(false)));
}

#[test]
fn messages_name_the_mistake_and_the_place() {
    for (code, expected) in [
        (
            "@(context.Respons.StatusCode)",
            "unknown-member [Respons] `context` has no member `Respons` | not a member that can be used here | did you mean `Response`?",
        ),
        (
            "@(context.Response.StatusCod == 1)",
            "unknown-member [StatusCod] `context.Response` has no member `StatusCod` | not a member that can be used here | did you mean `StatusCode`?",
        ),
        (
            "@(contxt.Response == null)",
            "unknown-name [contxt] unknown name `contxt` | expected `context` or a class such as `string` or `Convert` | did you mean `context`?",
        ),
        (
            "@(context.Subscription.Id)",
            "unsupported-expression [Subscription] `context.Subscription` cannot be evaluated yet | run needs it | rewrite the expression without it",
        ),
        (
            "@(context.Request.Body.As<string>(true))",
            "unsupported-expression [Body] `context.Request.Body` cannot be evaluated yet | run needs it | rewrite the expression without it",
        ),
        (
            "@(DateTime.UtcNow == null)",
            "unsupported-expression [DateTime] `DateTime` cannot be evaluated yet | run needs it | rewrite the expression without it",
        ),
        (
            "@(new Random().Next(1, 2))",
            "unsupported-expression [new] `new` cannot be evaluated yet | run needs it | rewrite the expression without it",
        ),
        (
            "@($\"a{1}\")",
            "unsupported-expression [$\"] an interpolated string (`$\"...\"`) cannot be evaluated yet | run needs it | rewrite the expression without it",
        ),
        (
            "@((JObject)context.Variables[\"a\"])",
            "unsupported-expression [JObject] the type `JObject` cannot be evaluated yet | run needs it | rewrite the expression without it",
        ),
        (
            "@{ var a = 1; return a; }",
            "unsupported-expression [var] a local variable (`var`) cannot be evaluated yet | run needs it | rewrite the expression without it",
        ),
        (
            "@{ if (true) { return 1; } return 2; }",
            "unsupported-expression [if] the statement `if` cannot be evaluated yet | run needs it | rewrite the expression without it",
        ),
        (
            "@(\"a\".Split(',').Length)",
            "unsupported-expression [Split] `string.Split` cannot be evaluated yet | run needs it | rewrite the expression without it",
        ),
        (
            "@(1 | 2)",
            "unsupported-expression [|] a bitwise operator (`|`) cannot be evaluated yet | run needs it | rewrite the expression without it",
        ),
        (
            "@(context.Variables[\"a\"] > 1)",
            "expression-type [context.Variables[\"a\"] > 1] `>` does not apply to `object` and `int` | expected two numbers | cast the variable to its type, for example `(int)`",
        ),
        (
            "@(1 && true)",
            "expression-type [1 && true] `&&` does not apply to `int` and `bool` | expected two `bool`s",
        ),
        ("@(!1)", "expression-type [!1] `!` does not apply to `int` | expected a `bool`"),
        (
            "@(\"1\" == 1)",
            "expression-type [\"1\" == 1] `==` does not apply to `string` and `int` | expected two values of one type",
        ),
        (
            "@((string)1)",
            "expression-type [(string)1] `int` cannot be cast to `string` | C# refuses to compile this cast | use `.ToString()`",
        ),
        (
            "@((int)\"1\")",
            "expression-type [(int)\"1\"] `string` cannot be cast to `int` | C# refuses to compile this cast | use `int.Parse(...)` or `Convert.ToInt32(...)`",
        ),
        (
            "@(true ? 1 : \"a\")",
            "expression-type [true ? 1 : \"a\"] `?:` gives either `int` or `string` | expected two values of one type",
        ),
        (
            "@(context.Response)",
            "expression-type [context.Response] `context.Response` is not a value that an attribute or variable can have | expected a member of it",
        ),
        (
            "@(\"a\".Contains())",
            "expression-type [Contains] `Contains` is called with 0 arguments | expected 1 to 2 arguments",
        ),
        (
            "@(\"a\".Length())",
            "expression-type [Length] `string.Length` is not used as it should be | a method has to be called, a property must not be",
        ),
        (
            "@(int.MaxValue + 1)",
            "constant-arithmetic [int.MaxValue + 1] the result does not fit `int` | C# refuses to compile this",
        ),
        ("@(1 / 0)", "constant-arithmetic [1 / 0] division by a constant zero | C# refuses to compile this"),
        ("@(1 == null)", "never-null [1 == null] a value of type `int` is never null | always false"),
        (
            "@(context.Variables[\"a\"] == \"b\")",
            "reference-comparison [context.Variables[\"a\"] == \"b\"] `object` and `string` are compared as objects, not by content | false unless both are null or the same object; read as false unless both are null | cast the variable: `(string)context.Variables[...]`",
        ),
        (
            "@(context.Response.Headers.ContainsKey('Retry-After'))",
            "single-quoted-string ['Retry-After'] a string in single quotes is not valid C# | read as a string | use double quotes: the service may refuse this",
        ),
        (
            "@(1 + )",
            "expression-syntax [] expected an expression, found the end of the expression | expected an expression",
        ),
        (
            "@(1 2)",
            "expression-syntax [2] expected an operator or the end of the expression, found a literal | expected an operator or the end of the expression",
        ),
        (
            "@(f(1)",
            "unbalanced-expression [@(f(1)] the brackets of this expression do not match | expected a bracket that closes the first one",
        ),
        ("@(\"a\nb\")", "expression-syntax [\"] this string never ends | expected `\"` on the same line"),
        (
            "@(\"\\q\")",
            "expression-syntax [\\q] this is not an escape sequence that can be read | expected one of `\\\" \\' \\\\ \\0 \\a \\b \\f \\n \\r \\t \\v \\x \\u \\U`",
        ),
        (
            "@(99999999999999999999)",
            "expression-syntax [99999999999999999999] this is not a number that fits | expected an int, a long or a double",
        ),
    ] {
        assert_eq!(problems(code), [expected], "{code}");
    }
}

#[test]
fn conditions_lower_to_the_fast_operations() {
    let (expression, _) =
        compiled("@(context.Response.StatusCode == 429 || 503 < context.Response.StatusCode)");
    let mut fast = 0;
    expression.walk(&mut |node| fast += i32::from(matches!(node.op, ir::Op::Bool(ir::BoolOp::StatusIs(..)))));
    assert_eq!(fast, 2);
    assert!(expression.reads_response());
    assert_eq!(expression.result_type(), Type::BOOL);
    let (folded, _) = compiled("@(1 + 2 * 3 == 7 && \"ab\".Contains(\"b\"))");
    assert_eq!(folded.as_constant(), Some(&Value::Bool(true)));
    assert!(!folded.reads_response());
    let (expression, variables) =
        compiled("@((string)context.Variables[\"a\"] + context.Variables[\"a\"] + context.Variables[\"b\"])");
    assert_eq!(variables.names(), [Text::Static("a"), Text::Static("b")]);
    assert!(!expression.reads_response());
}

fn code() -> impl Strategy<Value = String> {
    let leaf = prop::sample::select(vec![
        "1",
        "2147483648",
        "-2147483648",
        "1.5",
        "7L",
        "\"a\\n\"",
        "@\"b\"\"\"",
        "'c'",
        "true",
        "null",
        "context.Response.StatusCode",
        "context.Variables[\"x\"]",
        "context.Variables.GetValueOrDefault<int>(\"x\", 0)",
        "a?.b?[1].c()",
    ])
    .prop_map(str::to_owned);
    leaf.prop_recursive(5, 40, 3, |inner| {
        let op = prop::sample::select(vec![
            "??", "||", "&&", "==", "!=", "<", "<=", ">", ">=", "+", "-", "*", "/", "%",
        ]);
        prop_oneof![
            (inner.clone(), op, inner.clone()).prop_map(|(a, op, b)| format!("{a} {op} {b}")),
            inner.clone().prop_map(|a| format!("({a})")),
            inner.clone().prop_map(|a| format!("!({a})")),
            inner.clone().prop_map(|a| format!("(int?)({a})")),
            (inner.clone(), inner.clone(), inner.clone()).prop_map(|(a, b, c)| format!("({a} ? {b} : {c})")),
            inner.prop_map(|a| format!("f.g<string>({a}, 1)[{a}]")),
        ]
    })
}

proptest! {
    #[test]
    fn printed_trees_read_back(code in code()) {
        let parsed = |code: &str| {
            let mut diagnostics = Diagnostics::new();
            let tree = parse::parse(&raw(&format!("@({code})")), &mut diagnostics);
            (tree, diagnostics)
        };
        let (tree, diagnostics) = parsed(&code);
        prop_assert!(tree.is_some(), "{} {:?}", code, diagnostics.sorted());
        let printed = tree.unwrap().to_string();
        let (again, diagnostics) = parsed(&printed);
        prop_assert!(again.is_some(), "{} {:?}", printed, diagnostics.sorted());
        prop_assert_eq!(again.unwrap().to_string(), printed);
    }

    #[test]
    fn any_code_is_survived(code in "[()a-c.\"'?:!<>=+*/0-9\\[\\]{}$@& \\\\\n-]{0,40}") {
        let mut diagnostics = Diagnostics::new();
        let result = Expression::compile(&raw(&format!("@({code})")), &mut Variables::new(), &mut diagnostics);
        prop_assert_eq!(result.is_none(), diagnostics.has_errors());
    }

    #[test]
    fn ints_compute_as_csharp_does(a in any::<i32>(), b in any::<i32>()) {
        let world = World { values: vec![("a", Value::Int(a)), ("b", Value::Int(b))], ..world() };
        let (x, y) = ("(int)context.Variables[\"a\"]", "(int)context.Variables[\"b\"]");
        let value = |op: &str| eval_in(&world, &format!("@({x} {op} {y})")).ok();
        prop_assert_eq!(value("+"), Some(Value::Int(a.wrapping_add(b))));
        prop_assert_eq!(value("*"), Some(Value::Int(a.wrapping_mul(b))));
        prop_assert_eq!(value("/"), a.checked_div(b).map(Value::Int));
        prop_assert_eq!(value("%"), a.checked_rem(b).map(Value::Int));
        prop_assert_eq!(value("<"), Some(Value::Bool(a < b)));
    }
}

/// Prints nanoseconds per evaluation: `cargo test --release --lib policy_bench -- --ignored --nocapture`.
#[test]
#[ignore = "a measurement, not a check"]
#[expect(clippy::disallowed_methods, reason = "measures real time")]
fn policy_bench() {
    const ROUNDS: u32 = 5_000_000;
    let (condition, _) = compiled(
        "@(context.Response.StatusCode == 429 || (context.Response.StatusCode == 503 && \
         !context.Response.StatusReason.Contains(\"Backend pool\") && \
         !context.Response.StatusReason.Contains(\"is temporarily unavailable\")))",
    );
    let (bearer, variables) = compiled("@(\"Bearer \" + (string)context.Variables[\"t\"])");
    let request = Request::default();
    let values = [Some(Value::Str(Text::from("x".repeat(64))))];
    for (name, status) in [("200", 200), ("429", 429), ("503", 503)] {
        let response = Response::plain(StatusCode::new(status).unwrap());
        let scope = Scope {
            request: &request,
            response: Some(&response),
            last_error: None,
            variables: &values,
            names: variables.names(),
            now: Timestamp::ZERO,
            started: Timestamp::ZERO.saturating_add(Duration::ZERO),
        };
        let started = std::time::Instant::now();
        let mut hits = 0_u32;
        for _ in 0..ROUNDS {
            let scope = std::hint::black_box(&scope);
            hits += u32::from(condition.eval_bool(scope).unwrap());
        }
        let nanos = started.elapsed().as_nanos() as f64 / f64::from(ROUNDS);
        println!("condition, status {name}: {nanos:.1} ns ({hits} true)");
        let started = std::time::Instant::now();
        let mut bytes = 0;
        for _ in 0..ROUNDS / 10 {
            let value = bearer.eval(std::hint::black_box(&scope)).unwrap();
            bytes += if let Value::Str(text) = value { text.len() } else { 0 };
        }
        let nanos = started.elapsed().as_nanos() as f64 / f64::from(ROUNDS / 10);
        println!("bearer: {nanos:.1} ns ({bytes} bytes)");
    }
}
