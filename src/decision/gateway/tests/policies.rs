//! Policies beyond routing, through the whole pipeline.

use std::sync::Arc;

use super::driver::{Rig, by_priority, code, head, policy, response};
use crate::gateway::RequestHead;
use crate::policy::{Body, Facts, Header, HeaderValue, Text};

const TARGET: &str = r#"<set-backend-service backend-id="p" />"#;
const PASSED: &str = "forward 1 b0";

fn rig(inbound: &str, outbound: &str) -> Rig {
    let on_error = r#"<set-header name="x-reason"><value>@(context.LastError.Reason)</value></set-header>
        <set-header name="x-source"><value>@(context.LastError.Source)</value></set-header>"#;
    Rig::new(by_priority(1, &policy(&format!("{TARGET}{inbound}"), "<base />", outbound, on_error)))
}

/// A request with a method, a path, headers and a body.
fn request(
    method: &'static str,
    path: &'static str,
    headers: &[(&'static str, &'static str)],
) -> RequestHead {
    let headers = headers.iter().map(|(name, value)| Header {
        name: Text::Static(name),
        value: HeaderValue::Text(Text::Static(value)),
    });
    RequestHead {
        method: method.into(),
        path: path.into(),
        headers: Some(headers.collect()),
        body: Body::Text("{\"a\":\"x\"}".into()),
        ..head(0)
    }
}

fn from(address: &'static str) -> RequestHead {
    let facts = Facts { ip_address: address.into(), ..Facts::default() };
    RequestHead { facts: Some(Arc::new(facts)), ..head(0) }
}

fn sent_body(rig: &Rig) -> &Body {
    &rig.exchange(0).request().body
}

fn body(rig: &Rig) -> String {
    match &rig.exchange(0).response().unwrap().body {
        Body::Text(text) => text.to_string(),
        other => format!("{other:?}"),
    }
}

#[test]
fn the_request_is_rewritten() {
    for (element, path) in [
        ("<set-query-parameter name='b'><value>2</value></set-query-parameter>", "/c/7/x?a=1&b=2"),
        (
            "<set-query-parameter name='a' exists-action='skip'><value>2</value></set-query-parameter>",
            "/c/7/x?a=1",
        ),
        ("<set-query-parameter name='a' exists-action='delete'/>", "/c/7/x"),
        (
            "<set-query-parameter name='a' exists-action='@(\"append\")'><value>2</value><value>3</value></set-query-parameter>",
            "/c/7/x?a=1&a=2&a=3",
        ),
        ("<rewrite-uri template='/new/{id}'/>", "/new/7?a=1"),
        ("<rewrite-uri template='/new' copy-unmatched-params='false'/>", "/new"),
        ("<rewrite-uri template='/new?b={a}'/>", "/new?b=1"),
        ("<rewrite-uri template='@(\"/n\" + context.Request.Method)'/>", "/nPOST?a=1"),
    ] {
        let mut rig = rig(element, "");
        let mut facts = Facts { matched_parameters: vec![("id".into(), "7".into())], ..Facts::default() };
        facts.api.path = "api".into();
        let head = RequestHead { facts: Some(Arc::new(facts)), ..request("POST", "/c/7/x?a=1", &[]) };
        assert_eq!(rig.start_with(0, &head), PASSED, "{element}");
        assert_eq!(rig.exchange(0).request().path.as_str(), path, "{element}");
    }
    let mut facts = Facts::default();
    facts.operation.url_template = "/c/{kind}/{id}".into();
    let head = RequestHead { facts: Some(Arc::new(facts)), ..request("POST", "/c/7/x?a=1", &[]) };
    let mut matched = rig("<rewrite-uri template='/{id}/{kind}'/>", "");
    matched.start_with(0, &head);
    assert_eq!(matched.exchange(0).request().path.as_str(), "/x/7?a=1");
    let mut rig = rig("<set-method>put</set-method>", "");
    rig.start(0);
    assert_eq!(rig.exchange(0).request().method.as_str(), "PUT");
}

#[test]
fn bodies_are_written_and_converted() {
    for (element, expected) in [
        ("<set-body>new</set-body>", "new"),
        ("<set-body>@(context.Request.Method)</set-body>", "POST"),
        ("<set-body><x><y>1</y></x></set-body>", "<x><y>1</y></x>"),
        ("<set-body template='liquid'>[{{ body.a }}]</set-body>", "[x]"),
        ("<find-and-replace from='a' to='bb'/>", "{\"bb\":\"x\"}"),
        ("<json-to-xml apply='always' consider-accept-header='false'/>", "<Document><a>x</a></Document>"),
        ("<json-to-xml apply='always'/>", "{\"a\":\"x\"}"),
        ("<json-to-xml apply='content-type-json' consider-accept-header='false'/>", "{\"a\":\"x\"}"),
        (
            "<set-body><r><a>1</a></r></set-body><xml-to-json kind='direct' apply='always' consider-accept-header='false'/>",
            "{\"r\":{\"a\":\"1\"}}",
        ),
    ] {
        let mut rig = rig(element, "");
        assert_eq!(rig.start_with(0, &request("POST", "/x", &[])), PASSED, "{element}");
        assert_eq!(*sent_body(&rig), Body::Text(expected.into()), "{element}");
    }
    let mut rig = rig("", "<set-body>@(\"s\" + context.Response.StatusCode)</set-body>");
    rig.start(0);
    assert_eq!(rig.status(0, 200), "respond 200 b0#1");
    assert_eq!(body(&rig), "s200");
}

#[test]
fn a_body_that_a_policy_writes_can_be_sent_again() {
    let backend = r#"<retry count="1" interval="0" condition="true"><set-body>again</set-body>
        <forward-request /></retry>"#;
    let mut rig = Rig::new(by_priority(1, &policy(TARGET, backend, "", "")));
    assert_eq!(rig.start(0), "forward 1 b0");
    assert_eq!(rig.status(0, 404), "abort 1; forward 2 b0");
}

#[test]
fn headers_follow_their_action() {
    for (element, expected) in [
        (
            "<set-header name='x-twice'><value>@(context.Request.Headers.GetValueOrDefault(\"x-twice\",\"\") + \"!\")</value></set-header>",
            "1,2!",
        ),
        ("<set-header name='x-twice' exists-action='@(\"append\")'><value>3</value></set-header>", "1,2,3"),
        ("<set-header name='x-twice' exists-action='@(\"skip\")'><value>3</value></set-header>", "1,2"),
        ("<set-header name='x-twice'><value>a</value><value>b</value></set-header>", "a,b"),
    ] {
        let mut rig = rig(element, "");
        rig.start(0);
        assert_eq!(rig.sent_header(0, "x-twice").as_deref(), Some(expected), "{element}");
    }
    let mut rig = rig("<set-header name='x' exists-action='@(\"never\")'><value>3</value></set-header>", "");
    assert_eq!(rig.start(0), "respond 500 gateway; answered");
    let cookies = "<set-header name='Set-Cookie'><value>a</value><value>b</value></set-header>";
    let mut rig = self::rig("", cookies);
    rig.start(0);
    rig.status(0, 200);
    assert_eq!(rig.exchange(0).response().unwrap().headers.values("set-cookie").count(), 2);
}

#[test]
fn the_last_header_of_return_response_wins() {
    let mut rig = rig(
        "<return-response><set-header name='a'><value>1</value></set-header>
         <set-header name='A'><value>2</value></set-header>
         <set-header name='b' exists-action='append'><value>3</value></set-header>
         <set-header name='b' exists-action='append'><value>4</value></set-header></return-response>",
        "",
    );
    assert_eq!(rig.start(0), "respond 200 gateway; answered");
    assert_eq!(rig.header(0, "a").as_deref(), Some("2"));
    assert_eq!(rig.header(0, "b").as_deref(), Some("3,4"));
}

#[test]
fn mock_response_ends_the_pipeline() {
    let mut rig = rig("<mock-response status-code='202' content-type='text/x'/>", "");
    assert_eq!(rig.start(0), "respond 202 gateway; answered");
    assert_eq!(rig.header(0, "content-type").as_deref(), Some("text/x"));
}

const CORS: &str =
    "<cors allow-credentials='true'><allowed-origins><origin>https://a.example/</origin></allowed-origins>
    <allowed-methods preflight-result-max-age='60'><method>GET</method><method>PUT</method></allowed-methods>
    <allowed-headers><header>x-a</header></allowed-headers>
    <expose-headers><header>x-b</header></expose-headers></cors>";

#[test]
fn preflights_are_answered() {
    for (origin, method, headers, is_allowed) in [
        ("https://a.example", "PUT", "X-A", true),
        ("https://A.example", "get", "", true),
        ("https://a.example", "DELETE", "", false),
        ("https://a.example", "PUT", "x-a,x-z", false),
        ("https://b.example", "PUT", "", false),
    ] {
        let mut rig = rig(CORS, "");
        let asked = [
            ("Origin", origin),
            ("Access-Control-Request-Method", method),
            ("Access-Control-Request-Headers", headers),
        ];
        assert_eq!(rig.start_with(0, &request("OPTIONS", "/x", &asked)), "respond 200 gateway; answered");
        let allowed = rig.header(0, "Access-Control-Allow-Origin");
        assert_eq!(allowed.as_deref(), is_allowed.then_some(origin), "{origin} {method} {headers}");
        assert_eq!(rig.header(0, "Access-Control-Max-Age").as_deref(), is_allowed.then_some("60"));
        assert_eq!(rig.header(0, "Access-Control-Allow-Methods").as_deref(), is_allowed.then_some("GET,PUT"));
        assert_eq!(
            rig.header(0, "Access-Control-Allow-Credentials").as_deref(),
            is_allowed.then_some("true")
        );
    }
}

#[test]
fn headers_are_allowed_where_there_are_any() {
    let asked = [("Origin", "https://a.example"), ("Access-Control-Request-Method", "PUT")];
    let none = CORS.replace("<allowed-headers><header>x-a</header></allowed-headers>", "");
    let any = CORS.replace("<header>x-a</header>", "<header>*</header>");
    for (policy, allowed) in [(CORS, Some("x-a")), (&none, None), (&any, None)] {
        let mut rig = rig(policy, "");
        assert_eq!(rig.start_with(0, &request("OPTIONS", "/x", &asked)), "respond 200 gateway; answered");
        assert_eq!(rig.header(0, "Access-Control-Allow-Origin").as_deref(), Some("https://a.example"));
        assert_eq!(rig.header(0, "Access-Control-Allow-Headers").as_deref(), allowed, "{policy}");
    }
}

#[test]
fn requests_of_other_origins_get_headers_or_nothing() {
    let start = |method, origin: &'static str, policy: &str| {
        let mut rig = rig(policy, "");
        let done = rig.start_with(0, &request(method, "/x", &[("Origin", origin)]));
        (rig, done)
    };
    let (mut allowed, done) = start("GET", "https://a.example", CORS);
    assert_eq!(done, PASSED);
    allowed.answer(0, response(404, &[]));
    assert_eq!(allowed.header(0, "Access-Control-Allow-Origin").as_deref(), Some("https://a.example"));
    assert_eq!(allowed.header(0, "Access-Control-Expose-Headers").as_deref(), Some("x-b"));
    assert_eq!(start("GET", "https://b.example", CORS).1, "respond 200 gateway; answered");
    assert_eq!(start("POST", "https://b.example", CORS).1, PASSED);
    let lenient = CORS.replace("<cors", "<cors terminate-unmatched-request='false'");
    let (mut passed, done) = start("GET", "https://b.example", &lenient);
    assert_eq!(done, PASSED);
    passed.status(0, 200);
    assert_eq!(passed.header(0, "Access-Control-Allow-Origin"), None);
    let mut plain = rig(CORS, "");
    assert_eq!(plain.start(0), PASSED);
    let any = CORS.replace("https://a.example/", "*");
    for (policy, expected) in [(any.replace("'true'", "'false'"), "*"), (any, "https://b.example")] {
        let mut rig = start("GET", "https://b.example", &policy).0;
        rig.status(0, 200);
        assert_eq!(rig.header(0, "Access-Control-Allow-Origin").as_deref(), Some(expected));
    }
}

#[test]
fn a_later_cors_is_asked_where_an_earlier_one_lets_pass() {
    let lenient = CORS.replace("<cors", "<cors terminate-unmatched-request='false'");
    let other = CORS.replace("a.example", "b.example");
    let asked = [("Origin", "https://b.example"), ("Access-Control-Request-Method", "PUT")];
    for (policies, allowed) in [
        (format!("{lenient}{other}"), Some("https://b.example")),
        (format!("{CORS}{other}"), None),
        (lenient, None),
    ] {
        let mut rig = rig(&policies, "");
        assert_eq!(rig.start_with(0, &request("OPTIONS", "/x", &asked)), "respond 200 gateway; answered");
        assert_eq!(rig.header(0, "Access-Control-Allow-Origin").as_deref(), allowed, "{policies}");
    }
}

#[test]
fn check_header_refuses() {
    let check = |ignore: &str, values: &str| {
        format!(
            "<check-header name='api-key' failed-check-httpcode='418' failed-check-error-message='no \"key\"' ignore-case='{ignore}'>{values}</check-header>"
        )
    };
    for (element, expected) in [
        (check("false", "<value>key</value>"), PASSED),
        (check("true", "<value>KEY</value>"), PASSED),
        (check("false", ""), PASSED),
        (check("false", "<value>KEY</value>"), "respond 418 gateway; answered"),
        (check("false", "<value>x</value>").replace("api-key", "x-none"), "respond 418 gateway; answered"),
    ] {
        let mut rig = rig(&element, "");
        assert_eq!(rig.start(0), expected, "{element}");
        if expected != PASSED {
            assert_eq!(body(&rig), r#"{"statusCode":418,"message":"no \"key\""}"#);
            let reason = if element.contains("x-none") { "HeaderNotFound" } else { "HeaderValueNotAllowed" };
            assert_eq!(rig.header(0, "x-reason").as_deref(), Some(reason));
            assert_eq!(rig.header(0, "x-source").as_deref(), Some("check-header"));
        }
    }
}

#[test]
fn ip_filter_refuses() {
    let filter = |action| {
        format!(
            "<ip-filter action='{action}'><address>10.0.0.1</address><address-range from='2001:db8::1' to='2001:db8::9'/></ip-filter>"
        )
    };
    for (action, address, reason) in [
        ("allow", "10.0.0.1", None),
        ("allow", "2001:db8::5", None),
        ("allow", "10.0.0.2", Some("CallerIpNotAllowed")),
        ("forbid", "10.0.0.2", None),
        ("forbid", "10.0.0.1", Some("CallerIpBlocked")),
        ("allow", "nobody", Some("FailedToParseCallerIP")),
    ] {
        let mut rig = rig(&filter(action), "");
        let expected = if reason.is_some() { "respond 403 gateway; answered" } else { PASSED };
        assert_eq!(rig.start_with(0, &from(address)), expected, "{action} {address}");
        assert_eq!(rig.header(0, "x-reason").as_deref(), reason, "{action} {address}");
    }
}

/// The example of jwt.io.
const TOKEN: &str = "Bearer eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lIiwiaWF0IjoxNTE2MjM5MDIyfQ.SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c";

#[test]
fn validate_jwt_refuses() {
    let rules = |attributes: &str, children: &str| {
        format!(
            "<validate-jwt header-name='Authorization' require-expiration-time='false' {attributes}>
             <issuer-signing-keys><key>eW91ci0yNTYtYml0LXNlY3JldA==</key></issuer-signing-keys>{children}</validate-jwt>"
        )
    };
    let claim = |value: &str| {
        format!("<required-claims><claim name='name'><value>{value}</value></claim></required-claims>")
    };
    for (element, token, reason) in [
        (rules("", ""), TOKEN, None),
        (rules("require-scheme='Bearer'", ""), TOKEN, None),
        (rules("require-scheme='Other'", ""), TOKEN, Some("TokenNotPresent")),
        (rules("", ""), "", Some("TokenNotPresent")),
        (rules("", &claim("John Doe")), TOKEN, None),
        (rules("", &claim("Jane Doe")), TOKEN, Some("TokenClaimValueNotAllowed")),
        (rules("", ""), "Bearer a.b.c", Some("JwtInvalid")),
        (rules("", "").replace("'false'", "'true'"), TOKEN, Some("JwtInvalid")),
    ] {
        let mut rig = rig(&element, "");
        let head = request("POST", "/x", &[("Authorization", token)]);
        let expected = if reason.is_some() { "respond 401 gateway; answered" } else { PASSED };
        assert_eq!(rig.start_with(0, &head), expected, "{element}");
        assert_eq!(rig.header(0, "x-reason").as_deref(), reason, "{element}");
    }
    let unverified = "<validate-jwt header-name='Authorization' require-expiration-time='false' output-token-variable-name='t'>
        <openid-config url='https://x'/></validate-jwt>
        <set-header name='x-token'><value>@(((Jwt)context.Variables[\"t\"]).Claims[\"name\"][0])</value></set-header>";
    let mut rig = rig(unverified, "");
    assert_eq!(rig.start_with(0, &request("POST", "/x", &[("Authorization", TOKEN)])), PASSED);
    assert_eq!(rig.told(), "trace validate-jwt: the signature of the token was not verified");
    assert_eq!(rig.sent_header(0, "x-token").as_deref(), Some("John Doe"));
}

#[test]
fn credentials_are_written() {
    let mut basic = rig("<authentication-basic username='Aladdin' password='open sesame'/>", "");
    basic.start(0);
    let expected = Some("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
    assert_eq!(basic.sent_header(0, "Authorization").as_deref(), expected);
    let context = "<get-authorization-context provider-id='p' authorization-id='a' context-variable-name='v' ignore-error='IGNORE'/>";
    assert_eq!(rig(&context.replace("IGNORE", "true"), "").start(0), PASSED);
    let mut failed = rig(&context.replace("IGNORE", "false"), "");
    assert_eq!(failed.start(0), "respond 500 gateway; answered");
}

#[test]
fn what_watches_is_evaluated_and_changes_nothing() {
    let mut traced = rig("<trace source='s'><message>@(context.Request.Method)</message></trace>", "");
    assert_eq!(traced.start(0), PASSED);
    assert_eq!(traced.told(), "trace s: POST");
    for element in [
        "<emit-metric name='m'><dimension name='d' value='@(context.Variables[\"none\"].ToString())'/></emit-metric>",
        "<log-to-eventhub logger-id='l'>@((string)context.Variables[\"none\"])</log-to-eventhub>",
        "<trace source='s'>@((string)context.Variables[\"none\"])</trace>",
    ] {
        let mut rig = rig(element, "");
        assert_eq!(rig.start(0), "respond 500 gateway; answered", "{element}");
        assert_eq!(rig.header(0, "x-reason").as_deref(), Some("ExpressionValueEvaluationFailure"));
    }
    for element in [
        "<llm-content-safety backend-id='b'/>",
        "<proxy url='http://x'/>",
        "<validate-content unspecified-content-type-action='prevent' max-size='1' size-exceeded-action='prevent'/>",
    ] {
        assert_eq!(rig(element, "").start(0), PASSED, "{element}");
    }
}

#[test]
fn responses_are_wrapped_and_redirected() {
    let mut answer = response(200, &[]);
    answer.body = Body::Text("see https://b0.example/openai/x".into());
    for (outbound, expected) in [
        ("<redirect-content-urls/>", "see https://apim.azure-api.net/openai/x"),
        ("<jsonp callback-parameter-name='cb'/>", "f(see https://b0.example/openai/x)"),
    ] {
        let mut rig = rig("", outbound);
        rig.start_with(0, &request("GET", "/x?cb=f", &[]));
        rig.answer(0, answer.clone());
        assert_eq!(body(&rig), expected);
    }
    for (name, is_valid) in
        [("1-f", false), ("f-1", false), (".f", false), ("_f", true), ("$f.g_2$", true), ("f9", true)]
    {
        let mut rig = rig("", "<jsonp callback-parameter-name='cb'/>");
        let head = RequestHead { path: format!("/x?cb={name}").into(), ..request("GET", "/x", &[]) };
        rig.start_with(0, &head);
        rig.answer(0, answer.clone());
        let reason = rig.header(0, "x-reason");
        assert_eq!(reason.as_deref(), (!is_valid).then_some("CallbackParameterInvalid"), "{name}");
        assert_eq!(rig.exchange(0).response().map(|r| r.status), Some(code(200)));
    }
}
