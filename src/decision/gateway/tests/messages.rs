//! What policies do to messages, and that nothing else does.

use super::driver::{Rig, by_priority, policy, response};

fn inbound(actions: &str) -> Rig {
    let inbound = format!(r#"<set-backend-service backend-id="p" />{actions}"#);
    Rig::new(by_priority(1, &policy(&inbound, "<base />", "", "")))
}

#[test]
fn set_header_does_what_its_action_says() {
    // The client sent `api-key: key` and twice `x-twice`.
    for (action, name, before, after) in [
        ("override", "X-Twice", Some("1,2"), Some("new")),
        ("override", "x-none", None, Some("new")),
        ("skip", "X-Twice", Some("1,2"), Some("1,2")),
        ("skip", "x-none", None, Some("new")),
        ("append", "X-Twice", Some("1,2"), Some("1,2,new")),
        ("append", "x-none", None, Some("new")),
        ("delete", "X-TWICE", Some("1,2"), None),
        ("delete", "x-none", None, None),
    ] {
        let value = if action == "delete" { "" } else { "<value>new</value>" };
        let element = format!(r#"<set-header name="{name}" exists-action="{action}">{value}</set-header>"#);
        let mut plain = inbound("");
        plain.start(0);
        assert_eq!(plain.sent_header(0, name).as_deref(), before, "{action} {name}");
        let mut rig = inbound(&element);
        rig.start(0);
        assert_eq!(rig.sent_header(0, name).as_deref(), after, "{action} {name}");
        assert_eq!(rig.sent_header(0, "api-key").as_deref(), Some("key"), "others stay");
    }
}

#[test]
fn set_header_takes_several_values_and_replaces_by_default() {
    let mut rig = inbound(
        r#"<set-header name="x-twice"><value>a</value><value>@("b" + context.Request.Method)</value></set-header>"#,
    );
    rig.start(0);
    assert_eq!(rig.sent_header(0, "x-twice").as_deref(), Some("a,bPOST"));
}

#[test]
fn an_appended_header_grows_with_every_attempt() {
    let body = r#"<retry count="2" interval="0" condition="true">
        <set-header name="x-try" exists-action="append"><value>again</value></set-header>
        <forward-request buffer-request-body="true" /></retry>"#;
    let mut rig =
        Rig::new(by_priority(1, &policy(r#"<set-backend-service backend-id="p" />"#, body, "", "")));
    rig.start(0);
    rig.status(0, 404);
    rig.status(0, 404);
    assert_eq!(rig.sent_header(0, "x-try").as_deref(), Some("again,again,again"));
}

#[test]
fn response_headers_pass_untouched() {
    let headers =
        [("x-ms-region", "East US"), ("Retry-After", "7"), ("Set-Cookie", "a"), ("Set-Cookie", "b")];
    let mut rig = inbound("");
    rig.start(0);
    rig.answer(0, response(200, &headers));
    let seen: Vec<(String, String)> = rig
        .exchange(0)
        .response()
        .unwrap()
        .headers
        .iter()
        .map(|h| (h.name.to_string(), h.value.to_text().to_string()))
        .collect();
    let sent: Vec<(String, String)> =
        headers.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
    assert_eq!(seen, sent);
}

#[test]
fn outbound_headers_go_to_the_response_and_inbound_ones_do_not() {
    let mark = |value: &str| format!(r#"<set-header name="x-mark"><value>{value}</value></set-header>"#);
    let inbound = format!(r#"<set-backend-service backend-id="p" />{}"#, mark("in"));
    let mut rig = Rig::new(by_priority(1, &policy(&inbound, "<base />", &mark("out"), "")));
    rig.start(0);
    rig.status(0, 200);
    assert_eq!(rig.sent_header(0, "x-mark").as_deref(), Some("in"));
    assert_eq!(rig.header(0, "x-mark").as_deref(), Some("out"));
}

#[test]
fn return_response_keeps_nothing_of_the_old_response() {
    let outbound = r#"<return-response><set-status code="200" reason="Fine" />
        <set-header name="x-new"><value>1</value></set-header><set-body>text</set-body></return-response>"#;
    let inbound = r#"<set-backend-service backend-id="p" />"#;
    let mut rig = Rig::new(by_priority(1, &policy(inbound, "<base />", outbound, "")));
    rig.start(0);
    let answer = response(429, &[("Retry-After", "9"), ("x-ms-region", "East US")]);
    assert_eq!(rig.answer(0, answer), "abort 1; respond 200 gateway; answered");
    let response = rig.exchange(0).response().unwrap();
    assert_eq!((response.reason.as_str(), response.headers.iter().count()), ("Fine", 1));
    assert_eq!(rig.header(0, "Retry-After"), None);
}

#[test]
fn return_response_in_inbound_never_calls_a_backend() {
    let mut rig = inbound(r#"<return-response><set-status code="202" reason="Later" /></return-response>"#);
    assert_eq!(rig.start(0), "respond 202 gateway; answered");
    assert_eq!(rig.exchange(0).attempts(), 0);
}

#[test]
fn set_status_changes_the_status_and_keeps_the_body_of_the_backend() {
    let outbound = r#"<set-status code="299" reason="Odd" />"#;
    let inbound = r#"<set-backend-service backend-id="p" />"#;
    let mut rig = Rig::new(by_priority(1, &policy(inbound, "<base />", outbound, "")));
    rig.start(0);
    assert_eq!(rig.answer(0, response(200, &[("x-a", "1")])), "respond 299 b0#1");
    assert_eq!(rig.header(0, "x-a").as_deref(), Some("1"));
    assert_eq!(rig.body_end(0), "answered");
}

#[test]
fn choose_takes_the_first_branch_that_holds() {
    for (status, expected) in [(200, 201), (404, 202), (429, 203)] {
        let outbound = r#"<choose>
            <when condition="@(context.Response.StatusCode == 200)"><set-status code="201" reason="a" /></when>
            <when condition="@(context.Response.StatusCode == 404)"><set-status code="202" reason="b" /></when>
            <otherwise><set-status code="203" reason="c" /></otherwise></choose>"#;
        let inbound = r#"<set-backend-service backend-id="p" />"#;
        let mut rig = Rig::new(by_priority(1, &policy(inbound, "<base />", outbound, "")));
        rig.start(0);
        assert_eq!(rig.status(0, status), format!("respond {expected} b0#1"));
    }
}
