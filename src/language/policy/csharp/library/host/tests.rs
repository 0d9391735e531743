//! The objects of the gateway against what the documentation says of them.

use super::super::super::Class;
use super::super::super::heap::Object;
use super::super::super::machine::Machine;
use super::super::super::types::Type;
use super::super::super::value::{Host, TimeSpan, Value};
use super::super::testing::{run, shown, with, with_facts};
use crate::policy::{Api, Body, Facts};

fn get(machine: &mut Machine<'_, '_>, class: Class, signature: &str, this: Host) -> String {
    shown(run(machine, class, signature, &[Value::Host(this)], &[]))
}

#[test]
fn times_count_from_the_run_start() {
    with(|machine| {
        let context = [Value::Host(Host::Context)];
        let elapsed =
            run(machine, Class::IProxyRequestContext, "TimeSpan Elapsed { get; }", &context, &[]).unwrap();
        assert_eq!(elapsed, Value::TimeSpan(TimeSpan(15_000_000)));
        let at =
            run(machine, Class::IProxyRequestContext, "DateTime Timestamp { get; }", &context, &[]).unwrap();
        // 2023-11-14T22:13:21Z
        assert_eq!(at, super::super::arguments::utc(638_355_968_010_000_000));
    });
}

#[test]
fn request_ids_look_random_and_repeat() {
    with(|machine| {
        let id = |machine: &mut Machine<'_, '_>| {
            let context = [Value::Host(Host::Context)];
            run(machine, Class::IProxyRequestContext, "Guid RequestId { get; }", &context, &[]).unwrap()
        };
        let Value::Guid(first) = id(machine) else { panic!() };
        assert_eq!((first >> 76) & 0xf, 4, "version");
        assert_eq!((first >> 62) & 3, 2, "variant");
        assert_eq!(id(machine), Value::Guid(first));
        machine.scope.request_id = 8;
        assert_ne!(id(machine), Value::Guid(first));
    });
}

#[test]
fn headers_ignore_case_and_join_their_values() {
    with(|machine| {
        let headers = Value::Host(Host::RequestHeaders);
        let mut ask = |signature: &str, arguments: &[Value]| {
            let mut all = vec![headers.clone()];
            all.extend_from_slice(arguments);
            shown(run(machine, Class::IHeaders, signature, &all, &[]))
        };
        let default = "string GetValueOrDefault(string headerName, string defaultValue)";
        assert_eq!(ask(default, &["ACCEPT".into(), "none".into()]), "text/plain,text/html");
        assert_eq!(ask(default, &["missing".into(), "none".into()]), "none");
        assert_eq!(ask("string GetValueOrDefault(string headerName)", &["missing".into()]), "null");
        assert_eq!(ask("bool ContainsKey(string key)", &["x-one".into()]), "true");
        assert_eq!(ask("int Count { get; }", &[]), "2");
        assert_eq!(
            ask("string[] this[string key] { get; }", &["nope".into()]),
            "Exception(KeyNotFoundException): The given key 'nope' was not present in the dictionary."
        );
        assert_eq!(
            ask("bool ContainsKey(string key)", &[Value::Null]),
            "Exception(ArgumentNullException): Value cannot be null. (Parameter 'key')"
        );
        let pairs = super::pairs(machine, &headers).unwrap();
        assert_eq!(pairs.len(), 2);
        let Some(Object::Pair { entry, .. }) = machine.object(&pairs[0]) else { panic!() };
        assert_eq!(entry.0, "Accept".into());
        let Some(Object::Array { items, .. }) = machine.object(&entry.1) else { panic!() };
        assert_eq!(*items, ["text/plain".into(), "text/html".into()]);
    });
}

#[test]
fn urls_are_put_together() {
    let facts = Facts {
        api: Api {
            path: "chat/v1".into(),
            service_url: Some("https://b.example:8443/openai/".into()),
            ..Facts::default().api
        },
        ..Facts::default()
    };
    with_facts(&facts, |machine| {
        let text = "string ToString()";
        let query = "?api-version=1&tag=a&tag=b%20c&empty=&plus=x+y";
        assert_eq!(
            get(machine, Class::IUrl, text, Host::OriginalUrl),
            format!("https://apim.azure-api.net/chat/v1/deployments/gpt-4o/chat{query}")
        );
        let path = "string Path { get; }";
        assert_eq!(get(machine, Class::IUrl, path, Host::Url), "/openai/deployments/gpt-4o/chat");
        assert_eq!(get(machine, Class::IUrl, "string QueryString { get; }", Host::Url), query);
        assert_eq!(get(machine, Class::IUrl, "int Port { get; }", Host::Url), "443");
        let service = run(machine, Class::IApi, "IUrl ServiceUrl { get; }", &[Value::Host(Host::Api)], &[]);
        let service = service.unwrap();
        assert_eq!(shown(run(machine, Class::IUrl, text, &[service], &[])), "https://b.example:8443/openai/");
    });
}

#[test]
fn query_parameters_are_decoded() {
    with(|machine| {
        let query = Value::Host(Host::Query);
        let signature = "string GetValueOrDefault(string queryParameterName)";
        for (name, expected) in
            [("tag", "a,b c"), ("TAG", "a,b c"), ("empty", ""), ("plus", "x y"), ("missing", "null")]
        {
            let value = run(machine, Class::IQuery, signature, &[query.clone(), name.into()], &[]);
            assert_eq!(shown(value), expected, "{name}");
        }
    });
}

#[test]
fn variables_are_given_as_they_are_or_not_at_all() {
    let typed = "T GetValueOrDefault<T>(string variableName, T defaultValue)";
    let cases = [
        ("count", Type::INT, "3"),
        ("count", Type::INT.nullable(), "3"),
        ("count", Type::OBJECT, "3"),
        (
            "count",
            Type::LONG,
            "Exception(InvalidCastException): Unable to cast object of type 'System.Int32' to type \
             'System.Int64'.",
        ),
        (
            "count",
            Type::STRING,
            "Exception(InvalidCastException): Unable to cast object of type 'System.Int32' to type \
             'System.String'.",
        ),
        ("name", Type::STRING, "text"),
        ("nothing", Type::STRING, "null"),
        ("unset", Type::STRING, "default"),
        ("Count", Type::STRING, "default"),
        ("response", Type::Plain(Class::IResponse), "Ref(Ref(0))"),
    ];
    with(|machine| {
        for (name, ty, expected) in cases {
            let arguments = [Value::Host(Host::Variables), name.into(), "default".into()];
            let value = run(machine, Class::IVariables, typed, &arguments, std::slice::from_ref(&ty));
            assert_eq!(shown(value), expected, "{name} as {ty}");
        }
        let plain = "T GetValueOrDefault<T>(string variableName)";
        let arguments = [Value::Host(Host::Variables), "unset".into()];
        assert_eq!(shown(run(machine, Class::IVariables, plain, &arguments, &[Type::INT])), "0");
        assert_eq!(
            get(machine, Class::IVariables, "int Count { get; }", Host::Variables),
            "4",
            "variables without a value do not count"
        );
    });
}

#[test]
fn a_body_is_read_once_unless_it_is_preserved() {
    let signature = "T As<T>(bool preserveContent = false)";
    with(|machine| {
        let read = |machine: &mut Machine<'_, '_>, preserve: bool, ty: Type| {
            let arguments = [Value::Host(Host::RequestBody), Value::Bool(preserve)];
            shown(run(machine, Class::IMessageBody, signature, &arguments, &[ty]))
        };
        assert_eq!(read(machine, true, Type::STRING), "{\"a\":1}");
        assert_eq!(read(machine, false, Type::STRING), "{\"a\":1}");
        assert_eq!(machine.scope.request.body, Body::Consumed);
        assert_eq!(read(machine, true, Type::STRING), "");
        machine.scope.request.body = Body::Opaque;
        assert!(read(machine, true, Type::STRING).contains("not modelled"));
        assert!(read(machine, true, Type::INT).contains("cannot be read as 'System.Int32'"));
        machine.scope.request.body = Body::Absent;
        assert_eq!(get(machine, Class::IRequest, "IMessageBody Body { get; }", Host::Request), "null");
    });
}

#[test]
fn responses_in_variables_have_the_same_members() {
    with(|machine| {
        let stored = machine.scope.variables[4].clone().unwrap();
        for (this, code, after) in [(Value::Host(Host::Response), "429", "17"), (stored, "200", "null")] {
            let this = [this];
            assert_eq!(shown(run(machine, Class::IResponse, "int StatusCode { get; }", &this, &[])), code);
            let headers = run(machine, Class::IResponse, "IHeaders Headers { get; }", &this, &[]).unwrap();
            let arguments = [headers, "Retry-After".into()];
            let signature = "string GetValueOrDefault(string headerName)";
            assert_eq!(shown(run(machine, Class::IHeaders, signature, &arguments, &[])), after);
        }
    });
}

#[test]
fn tokens_and_credentials_are_read() {
    // Header {"alg":"HS256","typ":"JWT"}, claims {"iss":"me","aud":["a","b"],"n":1,"exp":1900000000}.
    let token = "Bearer eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.\
                 eyJpc3MiOiJtZSIsImF1ZCI6WyJhIiwiYiJdLCJuIjoxLCJleHAiOjE5MDAwMDAwMDB9.c2ln";
    with(|machine| {
        let class = Class::GatewayExtensions;
        let jwt = run(machine, class, "static Jwt AsJwt(this string input)", &[token.into()], &[]).unwrap();
        let jwt = [jwt];
        assert_eq!(shown(run(machine, Class::Jwt, "string Algorithm { get; }", &jwt, &[])), "HS256");
        assert_eq!(shown(run(machine, Class::Jwt, "string Issuer { get; }", &jwt, &[])), "me");
        assert_eq!(shown(run(machine, Class::Jwt, "string Subject { get; }", &jwt, &[])), "null");
        // 2030-03-17T17:46:40Z
        let expires = run(machine, Class::Jwt, "DateTime? ExpirationTime { get; }", &jwt, &[]).unwrap();
        assert_eq!(expires, super::super::arguments::utc(640_355_968_000_000_000));
        let audiences =
            run(machine, Class::Jwt, "IEnumerable<string> Audiences { get; }", &jwt, &[]).unwrap();
        let Some(Object::Array { items, .. }) = machine.object(&audiences) else { panic!() };
        assert_eq!(*items, ["a".into(), "b".into()]);
        let none = run(machine, class, "static Jwt AsJwt(this string input)", &["x.y.z".into()], &[]);
        assert_eq!(shown(none), "null");
        let signature = "static bool TryParseBasic(this string input, out BasicAuthCredentials result)";
        let tried = run(machine, class, signature, &["Basic dTpw".into(), Value::Null], &[]);
        assert_eq!(shown(tried), "true");
        let Some((1, credentials)) = machine.outs.pop() else { panic!() };
        let class = Class::BasicAuthCredentials;
        assert_eq!(shown(run(machine, class, "string Password { get; }", &[credentials], &[])), "p");
    });
}

#[test]
fn what_is_absent_is_null() {
    with(|machine| {
        for (signature, is_null) in [
            ("ILastError LastError { get; }", true),
            ("IProduct Product { get; }", true),
            ("IUser User { get; }", true),
            ("ISubscription Subscription { get; }", false),
            ("IResponse Response { get; }", false),
        ] {
            let value = get(machine, Class::IProxyRequestContext, signature, Host::Context);
            assert_eq!(value == "null", is_null, "{signature}");
        }
        machine.scope.response = None;
        let signature = "IResponse Response { get; }";
        assert_eq!(get(machine, Class::IProxyRequestContext, signature, Host::Context), "null");
    });
}
