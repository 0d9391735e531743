//! What stands at the other end of side calls: a table of scripted answers.
//!
//! The first entry that fits answers. A URL that none fits cannot be reached: the call fails at once, and the
//! gateway's event says so.

use crate::gateway::{SideAnswer, SideRequest};
use crate::policy::{Body, HeaderValue, Response, Text};
use crate::units::{Duration, StatusCode};

/// One scripted answer.
#[derive(Clone, Debug)]
pub struct Endpoint {
    /// What the URL begins with, in any case.
    pub url_prefix: Text,
    /// HTTP method; `None`: every one.
    pub method: Option<Text>,
    /// Status of the answer.
    pub status: StatusCode,
    /// Headers of the answer.
    pub headers: Vec<(Text, Text)>,
    /// Body of the answer; `None`: there is none.
    pub body: Option<Text>,
    /// Time until it arrives.
    pub latency: Duration,
}

impl Endpoint {
    /// Whether it answers requests of `method` for the absolute URL `url`.
    pub fn answers(&self, method: &str, url: &str) -> bool {
        let prefix = self.url_prefix.as_bytes();
        let begins = url.as_bytes().get(..prefix.len()).is_some_and(|u| u.eq_ignore_ascii_case(prefix));
        begins && self.method.as_ref().is_none_or(|own| own.eq_ignore_ascii_case(method))
    }

    /// What it answers.
    pub fn response(&self) -> Response {
        let mut response = Response::plain(self.status);
        for (name, value) in &self.headers {
            response.headers.append(name.clone(), HeaderValue::Text(value.clone()));
        }
        response.body = self.body.clone().map_or(Body::Absent, Body::Text);
        response
    }
}

/// Who answers `request`, if anybody.
pub(super) fn find<'e>(endpoints: &'e [Endpoint], request: &SideRequest) -> Option<&'e Endpoint> {
    endpoints.iter().find(|endpoint| endpoint.answers(&request.method, &request.url))
}

/// The answer to `request`.
pub(super) fn answer(endpoints: &[Endpoint], request: &SideRequest) -> SideAnswer {
    find(endpoints, request).map_or(SideAnswer::Failed, |found| SideAnswer::Response(found.response()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Headers;

    #[test]
    fn the_first_that_fits_answers() {
        let endpoint = |prefix: &'static str, method: Option<&'static str>, status| Endpoint {
            url_prefix: prefix.into(),
            method: method.map(Text::from),
            status: StatusCode::new(status).unwrap(),
            headers: vec![("x".into(), "1".into())],
            body: Some("{}".into()),
            latency: Duration::ZERO,
        };
        let table = [
            endpoint("https://a.example/health", Some("GET"), 204),
            endpoint("https://A.example", None, 500),
        ];
        let status = |method: &'static str, url: &'static str| {
            let request = SideRequest {
                method: method.into(),
                url: url.into(),
                headers: Headers::default(),
                body: Body::Absent,
                timeout: Duration::ZERO,
                one_way: false,
            };
            match answer(&table, &request) {
                SideAnswer::Response(response) => response.status.get(),
                _ => 0,
            }
        };
        assert_eq!(status("get", "https://a.example/health?x=1"), 204);
        assert_eq!(status("POST", "https://a.example/health"), 500);
        assert_eq!(status("GET", "https://a.exampl"), 0);
        assert_eq!(status("GET", "https://b.example/"), 0);
    }
}
