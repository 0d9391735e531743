//! The compiler as a whole: documents in, programs or messages out.

mod limits;
mod places;

use proptest::prelude::*;

use super::*;
use crate::diagnostics::{Severity, SourceMap};
use crate::policy::csharp::{Class, Context, EvalError, FaultKind, FromValue, LowestChance, Value};
use crate::policy::{ExistsAction, Operand, Response, SetBackend};
use crate::units::{Duration, StatusCode};

/// The walkthrough's policy: raw quotes and `&&` inside attributes, as published.
pub(super) const WALKTHROUGH: &str = r#"<!-- Retry count: one less than the number of backends -- so that each is tried. -->
<policies>
    <inbound>
        <base />
        <authentication-managed-identity resource="https://cognitiveservices.azure.com"
            output-token-variable-name="managed-id-access-token" ignore-error="false" />
        <set-header name="Authorization" exists-action="override">
            <value>@("Bearer " + (string)context.Variables["managed-id-access-token"])</value>
        </set-header>
        <set-backend-service backend-id="openai-backend-pool" />
    </inbound>
    <backend>
        <retry count="2" interval="0" first-fast-retry="true" condition="@(context.Response.StatusCode == 429 || (context.Response.StatusCode == 503 && !context.Response.StatusReason.Contains("Backend pool") && !context.Response.StatusReason.Contains("is temporarily unavailable")))">
            <forward-request buffer-request-body="true" />
        </retry>
    </backend>
    <outbound>
        <base />
    </outbound>
    <on-error>
        <base />
        <choose>
            <when condition="@(context.Response.StatusCode == 503)">
                <return-response>
                    <set-status code="503" reason="Service Unavailable" />
                </return-response>
            </when>
        </choose>
    </on-error>
</policies>
"#;

fn loaded(text: &str) -> Program {
    let mut diagnostics = Diagnostics::new();
    let program = load(SourceId(0), text, &mut diagnostics);
    assert!(diagnostics.is_empty(), "{:#?}", diagnostics.sorted());
    program.unwrap()
}

/// All problems as `code line:column [marked text] message | label | help`.
fn problems(text: &str) -> Vec<String> {
    let mut sources = SourceMap::new();
    let id = sources.add("policy.xml", text);
    let mut diagnostics = Diagnostics::new();
    let program = load(id, text, &mut diagnostics);
    assert_eq!(program.is_none(), diagnostics.has_errors());
    let shown = diagnostics.sorted().into_iter().map(|d| {
        let span = d.span.unwrap();
        let at = sources.position(span);
        let help = d.help.as_deref().map(|h| format!(" | {h}")).unwrap_or_default();
        let mark = sources.slice(span).lines().next().unwrap_or("");
        format!("{} {}:{} [{mark}] {} | {}{help}", d.code, at.line, at.column, d.message, d.label)
    });
    shown.collect()
}

fn inbound(body: &str) -> String {
    format!("<policies><inbound>{body}</inbound></policies>")
}

fn backend(body: &str) -> String {
    format!("<policies><backend>{body}</backend></policies>")
}

fn response(status: u16, reason: &'static str) -> Response {
    Response { reason: reason.into(), ..Response::plain(StatusCode::new(status).unwrap()) }
}

/// The value of an operand over a plain context.
fn eval<T: FromValue + Clone>(
    operand: &Operand<T>,
    response: Option<&Response>,
    variables: &[Option<Value>],
    names: &[Text],
) -> Result<T, EvalError> {
    let mut context = Context {
        response: response.cloned(),
        variables: variables.to_vec(),
        names: names.to_vec(),
        ..Context::default()
    };
    operand.eval(&mut context.scope(&mut LowestChance))
}

fn condition(program: &Program) -> &Operand<bool> {
    let Some(Op::Retry(retry)) = program.op(program.backend) else { panic!("no retry") };
    &retry.condition
}

#[test]
fn the_walkthrough_has_the_expected_layout() {
    let program = loaded(WALKTHROUGH);
    let shape: Vec<String> = program
        .ops
        .iter()
        .zip(&program.places)
        .map(|(op, place)| {
            let name = format!("{op:?}");
            let end = name.find(|c: char| !c.is_alphanumeric()).unwrap_or(name.len());
            format!("{} {} {}", place.section.name(), name.get(..end).unwrap(), place.path)
        })
        .collect();
    assert_eq!(
        shape,
        [
            "inbound ManagedIdentity authentication-managed-identity[1]",
            "inbound SetHeader set-header[1]",
            "inbound SetBackendService set-backend-service[1]",
            "inbound SectionEnd ",
            "backend Retry retry[1]",
            "backend ForwardRequest retry[1]/forward-request[1]",
            "backend RetryEnd retry[1]",
            "backend SectionEnd ",
            "outbound SectionEnd ",
            "on-error Branch choose[1]/when[1]",
            "on-error ReturnResponse choose[1]/when[1]/return-response[1]",
            "on-error Jump choose[1]/when[1]",
            "on-error SectionEnd ",
        ]
    );
    assert_eq!(
        (program.inbound, program.backend, program.outbound, program.on_error),
        (Pc(0), Pc(4), Pc(8), Pc(9))
    );
    let Some(Op::Retry(retry)) = program.op(Pc(4)) else { panic!("no retry") };
    assert_eq!(retry.end, Pc(7));
    assert!(matches!(retry.count, Operand::Literal(2)));
    assert!(matches!(retry.interval, Operand::Literal(Duration::ZERO)));
    assert!(matches!(retry.first_fast_retry, Operand::Literal(true)));
    assert!(matches!(program.op(Pc(6)), Some(Op::RetryEnd(Pc(4)))));
    assert!(matches!(program.op(Pc(9)), Some(Op::Branch { otherwise: Pc(12), .. })));
    assert!(matches!(program.op(Pc(11)), Some(Op::Jump(Pc(12)))));
    assert_eq!(program.variables, [Text::Static("managed-id-access-token")]);
    let (name, span) = &program.backend_references[0];
    assert_eq!(name.as_str(), "openai-backend-pool");
    assert_eq!(WALKTHROUGH.get(span.start as usize..span.end as usize).unwrap(), "openai-backend-pool");
}

#[test]
fn the_walkthrough_evaluates_as_described() {
    let program = loaded(WALKTHROUGH);
    for (status, reason, expected) in [
        (429, "Too Many Requests", true),
        (503, "Backend pool x is temporarily unavailable", false),
        (503, "Service Unavailable", true),
        (200, "OK", false),
    ] {
        let response = response(status, reason);
        let result = eval(condition(&program), Some(&response), &[], &[]);
        assert_eq!(result, Ok(expected), "{status} {reason}");
    }
    let error = eval(condition(&program), None, &[], &[]).unwrap_err();
    assert_eq!(error.kind, FaultKind::Exception(Class::NullReferenceException));
    let span = error.span.unwrap();
    assert_eq!(
        WALKTHROUGH.get(span.start as usize..span.end as usize).unwrap(),
        "context.Response.StatusCode"
    );

    let Some(Op::SetHeader(header)) = program.op(Pc(1)) else { panic!("no set-header") };
    let variables = [Some(Value::Str("tok".into()))];
    let value = eval(&header.values[0], None, &variables, &program.variables);
    assert_eq!(value.unwrap().as_str(), "Bearer tok");
    let error = eval(&header.values[0], None, &[None], &program.variables).unwrap_err();
    assert_eq!(error.kind, FaultKind::Exception(Class::KeyNotFoundException));
    let variables = [Some(Value::Int(1))];
    let error = eval(&header.values[0], None, &variables, &program.variables).unwrap_err();
    assert_eq!(error.kind, FaultKind::Exception(Class::InvalidCastException));
    assert_eq!(
        error.message.as_str(),
        "Unable to cast object of type 'System.Int32' to type 'System.String'."
    );
}

#[test]
fn absent_sections_and_base_are_the_default_scope() {
    for text in [
        "<policies/>",
        "<policies><inbound/></policies>",
        "\u{feff}<?xml version=\"1.0\"?>\r\n<policies>\r\n<on-error><base/></on-error><backend><base/></backend></policies>",
    ] {
        let program = loaded(text);
        assert_eq!(program.ops.len(), 5, "{text}");
        let Some(Op::ForwardRequest(forward)) = program.op(program.backend) else { panic!("{text}") };
        assert!(matches!(forward.timeout, Operand::Literal(d) if d == Duration::from_secs(300)));
        assert!(forward.buffer_response && !forward.buffer_request_body);
        assert!(program.place(program.backend).unwrap().span.is_none());
    }
    let program = loaded("<policies><backend/></policies>");
    assert!(matches!(program.op(program.backend), Some(Op::SectionEnd(Section::Backend))));
}

#[test]
fn both_spellings_of_an_expression_are_the_same() {
    for condition in [
        r#"condition="@(context.Response.StatusReason == "a && b" && 1 < 2)""#,
        r#"condition="@(context.Response.StatusReason == &quot;a &amp;&amp; b&quot; &amp;&amp; 1 &lt; 2)""#,
        r#"condition="@(context.Response.StatusReason == "a &amp;&amp; b" && 1 &lt; 2)""#,
        r#"condition='@(context.Response.StatusReason == "a && b" && 1 < 2)'"#,
        "condition = \" @(context.Response.StatusReason // it's \" here )\r\n == \"a && b\" /* ) */ && 1 < 2) \"",
        r#"condition="@{ return context.Response.StatusReason == @"a && b"; }""#,
    ] {
        let text = backend(&format!(r#"<retry interval="1"count="1" {condition}><base/></retry>"#));
        let program = loaded(&text);
        let response = response(200, "a && b");
        let result = eval(self::condition(&program), Some(&response), &[], &[]);
        assert_eq!(result, Ok(true), "{condition}");
    }
}

#[test]
fn element_text_may_be_expression_cdata_or_text_around_comments() {
    let program = loaded(&inbound(
        "<set-header name=\"x\"><!-- a -- b <value> --><value><![CDATA[@(\"a<b\" + 1)]]></value><value>a&amp;<!-- c -->b</value>\
         <value>\n  @(1 < 2 ? \"<yes>\" : \"no\")\n</value></set-header>",
    ));
    let Some(Op::SetHeader(header)) = program.op(Pc(0)) else { panic!() };
    let values: Vec<String> =
        header.values.iter().map(|v| eval(v, None, &[], &[]).unwrap().to_string()).collect();
    assert_eq!(values, ["a<b1", "a&b", "<yes>"]);
}

#[test]
fn attributes_become_what_they_say() {
    let program = loaded(&backend(
        r#"<retry condition="true" count="50" interval="1.5" delta="2" max-interval="@(10 + 5)" id="r">
             <choose>
               <when condition="@(context.Tracing)"><set-backend-service base-url="https://x" id="apim-generated-policy" /></when>
               <when condition="@((bool)context.Variables["flag"])"><set-variable name="n" value="-1" /></when>
               <otherwise><forward-request timeout-ms="@(1500)" buffer-response="false" http-version="2or1" follow-redirects="false" fail-on-error-status-code="true" /></otherwise>
             </choose>
           </retry>
           <set-status code="418" reason="" /><set-header name="a" exists-action="delete" />"#,
    ));
    let mut context = Context::default();
    let mut chance = LowestChance;
    let mut scope = context.scope(&mut chance);
    let Some(Op::Retry(retry)) = program.op(Pc(1)) else { panic!("{:?}", program.op(Pc(1))) };
    assert_eq!(program.place(Pc(1)).unwrap().policy_id.as_str(), "r");
    assert!(matches!(retry.interval, Operand::Literal(d) if d == Duration::from_millis(1500)));
    assert_eq!(retry.max_interval.as_ref().unwrap().eval(&mut scope), Ok(Duration::from_secs(15)));
    assert!(matches!(program.op(Pc(2)), Some(Op::Branch { otherwise: Pc(5), .. })));
    assert!(matches!(program.op(Pc(3)), Some(Op::SetBackendService(SetBackend::Url(_)))));
    assert!(matches!(program.op(Pc(4)), Some(Op::Jump(Pc(9)))));
    assert!(matches!(program.op(Pc(5)), Some(Op::Branch { otherwise: Pc(8), .. })));
    let Some(Op::SetVariable { value, .. }) = program.op(Pc(6)) else { panic!() };
    assert_eq!(value.eval(&mut scope), Ok(Value::Str("-1".into())));
    let Some(Op::ForwardRequest(forward)) = program.op(Pc(8)) else { panic!() };
    assert_eq!(forward.timeout.eval(&mut scope), Ok(Duration::from_millis(1500)));
    assert_eq!(
        program.place(Pc(8)).unwrap().path.as_str(),
        "retry[1]/choose[1]/otherwise[1]/forward-request[1]"
    );
    assert!(!forward.buffer_response);
    assert_eq!(retry.end, Pc(10));
    let Some(Op::SetHeader(header)) = program.op(Pc(11)) else { panic!() };
    assert_eq!(header.exists_action, ExistsAction::Delete);
}

#[test]
fn bodies_may_hold_elements() {
    let program = loaded(&inbound(
        "<return-response><set-status code=\"@(400 + 1)\" reason=\"No\" /><set-header name=\"a\"><value>1</value></set-header>\
         <set-body><error code=\"1\">x &amp; y</error></set-body></return-response>",
    ));
    let Some(Op::ReturnResponse(response)) = program.op(Pc(0)) else { panic!() };
    assert!(
        matches!(&response.body, Some(Operand::Literal(t)) if t.as_str() == "<error code=\"1\">x &amp; y</error>")
    );
    let code = eval(&response.status.as_ref().unwrap().0, None, &[], &[]);
    assert_eq!(code.map(StatusCode::get), Ok(401));
    assert_eq!(response.headers.len(), 1);
}

#[test]
fn policies_are_checked_with_clear_messages() {
    let retry = |attributes: &str| backend(&format!("<retry {attributes}><base/></retry>"));
    for (text, expected) in [
        (
            inbound("<sql-data-source/>"),
            "unsupported-policy 1:21 [sql-data-source] policy `sql-data-source` is not simulated | a request that gets here ends in an error | remove it from the copy that is simulated if it does not matter for routing",
        ),
        (
            inbound("<set-heade/>"),
            "unknown-policy 1:21 [set-heade] unknown policy `set-heade` | expected the name of a policy | did you mean `set-header`?",
        ),
        (
            inbound("<forward-request/>"),
            "misplaced-policy 1:21 [forward-request] `forward-request` is not allowed in inbound | allowed in backend",
        ),
        (
            inbound("hello <base/>"),
            "stray-text 1:20 [hello] text inside of `inbound` | expected elements only",
        ),
        (
            inbound("<choose/>"),
            "missing-element 1:21 [choose] `choose` has no `when` | expected `<when>` inside",
        ),
        (
            inbound("<choose><if/></choose>"),
            "unexpected-element 1:29 [if] `if` is not expected in `choose` | expected `when` or `otherwise`",
        ),
        (
            inbound("<set-backend-service/>"),
            "missing-attribute 1:21 [set-backend-service] `set-backend-service` needs `backend-id` or `base-url` | expected one of them in this tag",
        ),
        (
            inbound("<set-backend-service backend-id='a' base-url='b'/>"),
            "conflicting-attributes 1:56 [base-url] `set-backend-service` has both `backend-id` and `base-url` | expected only one of them",
        ),
        (
            inbound("<set-backend-service backend-ids='a' backend-id='a'/>"),
            "unknown-attribute 1:41 [backend-ids] `set-backend-service` has no attribute `backend-ids` | not an attribute of this element | did you mean `backend-id`?",
        ),
        (
            inbound("<set-backend-service backend-id='{{pool}}'/>"),
            "undefined-named-value 1:53 [{{pool}}] there is no named value `pool` | expected the name of a value that is given",
        ),
        (
            inbound("<set-variable name='a' value='@(1 < {{x-y}})'/>"),
            "undefined-named-value 1:56 [{{x-y}}] there is no named value `x-y` | expected the name of a value that is given",
        ),
        (
            inbound("<set-header name='Content-Length'><value>1</value></set-header>"),
            "invalid-value 1:38 [Content-Length] the header `Content-Length` cannot be set or removed | it belongs to the connection",
        ),
        (
            inbound("<set-header name='a'/>"),
            "missing-element 1:21 [set-header] `set-header` has no `value` | expected `<value>...</value>` inside",
        ),
        (
            inbound("<set-status code='99' reason=''/>"),
            "invalid-value 1:38 [99] `99` is not a value for `code` | expected a status code from 100 to 599",
        ),
        (
            retry("count='51' interval='0' condition='true'"),
            "invalid-value 1:34 [51] `51` is not a value for `count` | expected a whole number from 1 to 50",
        ),
        (
            retry("count='0' interval='0' condition='true'"),
            "invalid-value 1:34 [0] `0` is not a value for `count` | expected a whole number from 1 to 50",
        ),
        (
            retry("count='1' interval='-1' condition='true'"),
            "invalid-value 1:47 [-1] `-1` is not a value for `interval` | expected a number of seconds, 0 or more",
        ),
        (
            retry("count='1' condition='true'"),
            "missing-attribute 1:21 [retry] `retry` needs the attribute `interval` | expected `interval=\"...\"` in this tag",
        ),
        (
            retry("count='1' interval='1' condition='@(1)'"),
            "expression-type 1:61 [@(1)] `condition` cannot be of type `int` | expected a `bool`",
        ),
        (
            retry("count='1' interval='1' condition='yes'"),
            "invalid-value 1:61 [yes] `yes` is not a value for `condition` | expected `true` or `false`",
        ),
        (
            backend("<forward-request timeout='1' timeout-ms='1'/>"),
            "conflicting-attributes 1:49 [timeout-ms] `forward-request` has both `timeout` and `timeout-ms` | expected only one of them",
        ),
        (
            backend("<forward-request follow-redirects='true'/>"),
            "unsupported-policy 1:37 [follow-redirects] following redirects (`follow-redirects`) is not simulated | a request that gets here ends in an error | remove it from the copy that is simulated if it does not matter for routing",
        ),
        (
            backend("<forward-request buffer-response='@(true)'/>"),
            "invalid-value 1:54 [@(true)] `buffer-response` cannot be an expression | the service takes only a written value",
        ),
        (
            "<policies><inbund/></policies>".to_owned(),
            "unexpected-element 1:12 [inbund] `inbund` is not a section of a policy document | expected `inbound`, `backend`, `outbound` or `on-error` | did you mean `inbound`?",
        ),
        (
            "<policies><inbound/><inbound/></policies>".to_owned(),
            "duplicate-element 1:22 [inbound] a second `inbound` section | expected each section once",
        ),
        (
            "<fragment/>".to_owned(),
            "no-sections 1:2 [fragment] a fragment cannot be run alone | expected `<policies>` with sections | include it in a policy with `<include-fragment>`",
        ),
        (String::new(), "empty-document 1:1 [] this policy document is empty | expected `<policies>`"),
    ] {
        assert_eq!(problems(&text), [expected], "{text}");
    }
}

#[test]
fn malformed_documents_are_told_apart() {
    for (text, expected) in [
        (
            "<policies><inbound><base/></policies>",
            vec![
                "unclosed-element 1:11 [<inbound>] element `inbound` is never closed | expected `</inbound>` after this",
            ],
        ),
        (
            "<policies><inbound></inbund></policies>",
            vec!["wrong-end-tag 1:20 [</inbund>] `inbound` is closed by `</inbund>` | expected `</inbound>`"],
        ),
        (
            "<policies><inbound/></policies></x>",
            vec!["wrong-end-tag 1:32 [</x>] `</x>` closes nothing | no element is open here"],
        ),
        (
            "<policies><inbound>",
            vec![
                "unclosed-element 1:1 [<policies>] element `policies` is never closed | expected `</policies>` after this",
                "unclosed-element 1:11 [<inbound>] element `inbound` is never closed | expected `</inbound>` after this",
            ],
        ),
        (
            "<policies><inbound><set-variable name=\"a\" value=\"@(f(1)\" /></inbound></policies>",
            vec![
                "unbalanced-expression 1:51 [(] the expression that begins with `@(` does not end: `)` is missing | no `)` closes this",
            ],
        ),
        (
            "<policies><inbound><set-variable name=\"a\" value=\"@(f[1))\" /></inbound></policies>",
            vec!["unbalanced-expression 1:55 [)] `)` where `]` has to come first | expected `]`, found `)`"],
        ),
        (
            "<policies><inbound><set-variable name=\"a\" value=\"@(1) x\" /></inbound></policies>",
            vec![
                "text-after-expression 1:55 [x] more text after the end of an expression | expected the closing `\"` | an attribute is one expression or one text, never both",
            ],
        ),
        (
            "<policies><inbound><set-variable name=\"a value=\"b\" /></inbound></policies>",
            vec![
                "missing-quote 1:50 [\"] stray quote in a tag | expected an attribute or `>`; is a quote missing before this?",
            ],
        ),
        (
            "<policies><inbound><set-backend-service backend-id=\"a />\n<base/><set-variable name=\"b\" value=\"c\"/></inbound></policies>",
            vec![
                "missing-quote 1:52 [\"] the closing `\"` of this attribute is missing | expected a closing quote before the end of the tag",
            ],
        ),
        (
            "<policies><inbound>a < b<base/></inbound></policies>",
            vec![
                "stray-text 1:20 [a < b] text inside of `inbound` | expected elements only",
                "stray-bracket 1:22 [<] stray `<` | expected the name of an element | write `&lt;`, or put the code in `@(...)`",
            ],
        ),
        (
            "<policies><inbound <base/></inbound></policies>",
            vec!["malformed-xml 1:20 [<] the tag `<inbound` is not closed | expected `>`, found `<`"],
        ),
        (
            "<policies><!-- x </policies>",
            vec!["malformed-xml 1:11 [<!--] this comment never ends | expected `-->` somewhere after this"],
        ),
        (
            "<policies><inbound><base id=1 /></inbound></policies>",
            vec![
                "missing-quote 1:29 [1] the value of an attribute of `base` is not in quotes | expected a quote here",
            ],
        ),
        (
            "<policies><inbound><base id=\"1\" id=\"2\"/></inbound></policies>",
            vec!["duplicate-attribute 1:33 [id] `base` has attribute `id` twice | the second one"],
        ),
        (
            "<policies><inbound",
            vec![
                "malformed-xml 1:11 [<inbound] this tag never ends | expected `>`, found the end of the file",
            ],
        ),
        (
            "<policies></policies>x",
            vec!["stray-text 1:22 [x] text outside of the root element | expected an element"],
        ),
    ] {
        assert_eq!(problems(text), expected, "{text}");
    }
}

#[test]
fn several_problems_are_reported_at_once() {
    let found = problems(&inbound(
        "<set-variable name='a' value='@(context.Respons.StatusCode + context.Variables.Contains(\"x\"))'/>\n\
         <bse/>\n<set-header nme='x'><value>@(1 +)</value></set-header>",
    ));
    let codes: Vec<&str> = found.iter().map(|p| p.split(' ').next().unwrap()).collect();
    assert_eq!(
        codes,
        [
            "unknown-member",
            "wrong-arguments",
            "unknown-policy",
            "missing-attribute",
            "unknown-attribute",
            "expression-syntax"
        ]
    );
}

#[test]
fn nesting_is_bounded() {
    let deep = format!("<policies><inbound>{}", "<choose>".repeat(2000));
    assert!(problems(&deep)[0].starts_with("document-too-deep"));
    let retry = "<retry condition='true' count='1' interval='0'>";
    let nested = |n: usize| backend(&format!("{}<base/>{}", retry.repeat(n), "</retry>".repeat(n)));
    loaded(&nested(4));
    assert!(problems(&nested(5))[0].starts_with("document-too-deep"));
    let parens = |n: usize| {
        inbound(&format!("<set-variable name='a' value='@({}1{})'/>", "(".repeat(n), ")".repeat(n)))
    };
    loaded(&parens(150));
    assert!(problems(&parens(5000))[0].starts_with("expression-too-deep"));
    let chain = inbound(&format!("<set-variable name='a' value='@(1{})'/>", "+1".repeat(5000)));
    assert!(problems(&chain)[0].starts_with("expression-too-deep"));
    let long = inbound(&" ".repeat(1 << 20));
    assert!(problems(&long)[0].starts_with("document-too-large"));
}

/// Each of these takes time that grows with the square of its length if a search starts over and over.
#[test]
fn long_documents_of_one_pattern_end() {
    for pattern in
        ["<a b=\"@(", "<", "\\'", "@('\\'", "{{a", "<a ", "a=\"\" ", "$\"", "&", "</a>", "a.b<c.d<", "<!--"]
    {
        for prefix in ["", "<policies><inbound><set-variable name='a' value=\"@(", "<policies "] {
            let text = format!("{prefix}{}", pattern.repeat((1 << 18) / pattern.len()));
            let mut diagnostics = Diagnostics::new();
            assert!(load(SourceId(0), &text, &mut diagnostics).is_none(), "{prefix}{pattern}");
        }
    }
}

#[test]
fn warnings_do_not_stop_a_program() {
    let mut diagnostics = Diagnostics::new();
    let text = inbound("<set-backend-service base-url='https://x/'/>");
    assert!(load(SourceId(0), &text, &mut diagnostics).is_some());
    let sorted = diagnostics.sorted();
    assert_eq!((sorted.len(), sorted[0].severity), (1, Severity::Warning));
}

/// Pieces of documents, so that random texts reach the inner parts.
fn piece() -> impl Strategy<Value = String> {
    prop_oneof![
        prop::sample::select(vec![
            "<policies>",
            "</policies>",
            "<inbound>",
            "</inbound>",
            "<retry condition=\"@(",
            "\" count=\"1\">",
            "<set-variable name=\"a\" value=\"@(",
            ")\" />",
            "<value>@{ return ",
            ";}</value>",
            "<!--",
            "-->",
            "<![CDATA[",
            "]]>",
            "context.Response",
            ".StatusCode",
            "[\"x\"]",
            "&quot;",
            "&amp;",
            "&&",
            "'",
            "\"",
            "$\"{a}\"",
            "@\"",
            "(int)",
            "?.",
            "??",
            "1",
            "(",
            ")",
            "<",
            ">",
            "/>",
            "=",
            "{{x}}",
            "\u{feff}",
            "é",
            "\r\n",
            " ",
            "//",
            "/*",
        ])
        .prop_map(str::to_owned),
        "[ -~]{0,4}",
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn any_text_is_survived(pieces in prop::collection::vec(piece(), 0..40)) {
        let text = pieces.concat();
        let mut diagnostics = Diagnostics::new();
        let program = load(SourceId(0), &text, &mut diagnostics);
        prop_assert_eq!(program.is_none(), diagnostics.has_errors());
        for diagnostic in diagnostics.sorted() {
            let span = diagnostic.span.unwrap();
            prop_assert!(span.start <= span.end && span.end as usize <= text.len());
        }
    }

    #[test]
    fn any_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let text = String::from_utf8_lossy(&bytes);
        let mut diagnostics = Diagnostics::new();
        let program = load(SourceId(0), &text, &mut diagnostics);
        prop_assert_eq!(program.is_none(), diagnostics.has_errors());
    }

    #[test]
    fn a_damaged_policy_is_survived(at in 0..WALKTHROUGH.len(), length in 0..40_usize, with in piece()) {
        let end = (at + length).min(WALKTHROUGH.len());
        let text = format!("{}{with}{}", WALKTHROUGH.get(..at).unwrap(), WALKTHROUGH.get(end..).unwrap());
        let mut diagnostics = Diagnostics::new();
        let program = load(SourceId(0), &text, &mut diagnostics);
        prop_assert_eq!(program.is_none(), diagnostics.has_errors());
    }
}
