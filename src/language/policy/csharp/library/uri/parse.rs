//! Taking a URI apart the way .NET does.
//!
//! Crates for URLs follow the living standard of browsers, which decodes, escapes and folds otherwise; what
//! an expression sees here must be what .NET shows, down to `%2f` staying lower case while `%41` becomes `A`.

use super::escape::{canonical, unescape};

/// An absolute URI in canonical parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Uri {
    /// Lower case.
    pub scheme: String,
    /// `user:password`, or empty.
    pub user: String,
    /// Lower case; an IPv6 address in brackets; empty where the scheme has none.
    pub host: String,
    /// The port, the scheme's own if none is written; `None`: neither.
    pub port: Option<u32>,
    /// Escaped; begins with `/` when there is a host.
    pub path: String,
    /// Empty, or from `?` on.
    pub query: String,
    /// Empty, or from `#` on.
    pub fragment: String,
    /// Whether `//` follows the scheme.
    pub has_authority: bool,
}

/// Why a text is no absolute URI, in the words of `UriFormatException`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Problem {
    /// Nothing there.
    Empty,
    /// No scheme: a relative reference perhaps.
    NoScheme,
    /// A scheme of other characters than it may have.
    BadScheme,
    /// A scheme that needs `//`, without it.
    BadAuthority,
    /// No host, or one of other characters than it may have.
    BadHost,
    /// A port that is none.
    BadPort,
}

impl Problem {
    /// The message.
    pub const fn message(self) -> &'static str {
        match self {
            Self::Empty => "Invalid URI: The URI is empty.",
            Self::NoScheme => "Invalid URI: The format of the URI could not be determined.",
            Self::BadScheme => "Invalid URI: The URI scheme is not valid.",
            Self::BadAuthority => "Invalid URI: The Authority/Host could not be parsed.",
            Self::BadHost => "Invalid URI: The hostname could not be parsed.",
            Self::BadPort => "Invalid URI: Invalid port specified.",
        }
    }
}

/// Port of a scheme; `None` where it has none.
pub(super) fn default_port(scheme: &str) -> Option<u32> {
    Some(match scheme {
        "http" | "ws" => 80,
        "https" | "wss" => 443,
        "ftp" => 21,
        "ldap" => 389,
        "net.tcp" => 808,
        _ => return None,
    })
}

/// Schemes that are nothing without a host.
fn needs_host(scheme: &str) -> bool {
    matches!(scheme, "http" | "https" | "ws" | "wss" | "ftp")
}

impl Uri {
    /// The parts of an absolute URI.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        if text.is_empty() {
            return Err(Problem::Empty);
        }
        let text = text.trim_matches([' ', '\t', '\r', '\n']);
        let (scheme, rest) = text.split_once(':').ok_or(Problem::NoScheme)?;
        if scheme.is_empty() || scheme.contains(['/', '?', '#', '\\', ' ']) {
            return Err(Problem::NoScheme);
        }
        let starts_well = scheme.starts_with(|c: char| c.is_ascii_alphabetic());
        if !starts_well || !scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c)) {
            return Err(Problem::BadScheme);
        }
        if scheme.len() == 1 {
            return Self::drive(scheme, rest);
        }
        let scheme = scheme.to_ascii_lowercase();
        let rest = if needs_host(&scheme) { rest.replacen("\\\\", "//", 1) } else { rest.to_owned() };
        match rest.strip_prefix("//") {
            Some(rest) => Self::with_authority(scheme, rest),
            None if needs_host(&scheme) => Err(Problem::BadAuthority),
            None => {
                let (path, query, fragment) = split(&rest);
                Ok(Self {
                    scheme,
                    user: String::new(),
                    host: String::new(),
                    port: None,
                    path: canonical(path),
                    query: canonical(query),
                    fragment: canonical(fragment),
                    has_authority: false,
                })
            }
        }
    }

    /// `c:\path`
    fn drive(letter: &str, rest: &str) -> Result<Self, Problem> {
        if !rest.starts_with(['/', '\\']) {
            return Err(Problem::NoScheme);
        }
        Ok(Self {
            scheme: "file".to_owned(),
            user: String::new(),
            host: String::new(),
            port: None,
            path: format!("/{letter}:{}", compressed(&canonical(&rest.replace('\\', "/")))),
            query: String::new(),
            fragment: String::new(),
            has_authority: true,
        })
    }

    fn with_authority(scheme: String, rest: &str) -> Result<Self, Problem> {
        let end = rest.find(['/', '?', '#', '\\']).unwrap_or(rest.len());
        let (authority, rest) = rest.split_at_checked(end).unwrap_or((rest, ""));
        let (user, host_and_port) = match authority.rsplit_once('@') {
            Some((user, host)) => (canonical(user), host),
            None => (String::new(), authority),
        };
        let (host, port) = split_port(host_and_port)?;
        if host.is_empty() && needs_host(&scheme) {
            return Err(Problem::BadHost);
        }
        let host = checked_host(host)?;
        let port = match port {
            Some(port) => Some(port),
            None => default_port(&scheme),
        };
        let (path, query, fragment) = split(rest);
        let path = compressed(&canonical(&path.replace('\\', "/")));
        let path = if path.is_empty() { "/".to_owned() } else { path };
        Ok(Self {
            scheme,
            user,
            host,
            port,
            path,
            query: canonical(query),
            fragment: canonical(fragment),
            has_authority: true,
        })
    }

    /// Whether the port is the scheme's own, or there is none.
    pub fn is_default_port(&self) -> bool {
        self.port == default_port(&self.scheme)
    }

    /// `host:port`, the port only where it is not the scheme's own.
    pub fn authority(&self) -> String {
        match self.port {
            Some(port) if !self.is_default_port() => format!("{}:{port}", self.host),
            _ => self.host.clone(),
        }
    }

    /// Everything before the path.
    pub fn left(&self) -> String {
        let slashes = if self.has_authority { "//" } else { "" };
        let user = if self.user.is_empty() { String::new() } else { format!("{}@", self.user) };
        format!("{}:{slashes}{user}{}", self.scheme, self.authority())
    }

    /// `AbsoluteUri`
    pub fn absolute(&self) -> String {
        format!("{}{}{}{}", self.left(), self.path, self.query, self.fragment)
    }

    /// `ToString()`: what can be shown without another meaning is.
    pub fn display(&self) -> String {
        let shown = |part: &str| unescape(part, false);
        format!("{}{}{}{}", self.left(), shown(&self.path), shown(&self.query), shown(&self.fragment))
    }

    /// `reference`, relative to this (RFC 3986, 5.2).
    pub fn resolve(&self, reference: &str) -> Result<Self, Problem> {
        let reference = reference.trim();
        if reference.is_empty() {
            return Ok(self.clone());
        }
        match Self::parse(reference) {
            Ok(absolute) => return Ok(absolute),
            Err(Problem::NoScheme | Problem::Empty) => {}
            Err(problem) => return Err(problem),
        }
        if let Some(rest) = reference.strip_prefix("//") {
            return Self::with_authority(self.scheme.clone(), rest);
        }
        let (path, query, fragment) = split(reference);
        let mut resolved = self.clone();
        fragment.clone_into(&mut resolved.fragment);
        if path.is_empty() {
            if !query.is_empty() {
                resolved.query = canonical(query);
            }
            resolved.fragment = canonical(fragment);
            return Ok(resolved);
        }
        let path = path.replace('\\', "/");
        let merged = if path.starts_with('/') {
            path
        } else {
            let folder = self.path.rsplit_once('/').map_or("", |(folder, _)| folder);
            format!("{folder}/{path}")
        };
        resolved.path = compressed(&canonical(&merged));
        resolved.query = canonical(query);
        resolved.fragment = canonical(fragment);
        Ok(resolved)
    }

    /// `Segments`: the path cut after each `/`.
    pub fn segments(&self) -> Vec<String> {
        self.path.split_inclusive('/').map(str::to_owned).collect()
    }
}

/// Path, query from `?` on, fragment from `#` on.
fn split(text: &str) -> (&str, &str, &str) {
    let hash = text.find('#').unwrap_or(text.len());
    let (text, fragment) = text.split_at_checked(hash).unwrap_or((text, ""));
    let mark = text.find('?').unwrap_or(text.len());
    let (path, query) = text.split_at_checked(mark).unwrap_or((text, ""));
    (path, query, fragment)
}

fn split_port(host: &str) -> Result<(&str, Option<u32>), Problem> {
    let after_bracket = host.rfind(']').unwrap_or(0);
    let Some(colon) = host.rfind(':').filter(|colon| *colon >= after_bracket) else {
        return Ok((host, None));
    };
    let (name, port) = host.split_at_checked(colon).unwrap_or((host, ""));
    let port = port.trim_start_matches(':');
    if port.is_empty() {
        return Ok((name, None));
    }
    let number = port.parse::<u16>().map_err(|_| Problem::BadPort)?;
    if !port.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Problem::BadPort);
    }
    Ok((name, Some(u32::from(number))))
}

fn checked_host(host: &str) -> Result<String, Problem> {
    if let Some(inner) = host.strip_prefix('[') {
        let inner = inner.strip_suffix(']').ok_or(Problem::BadHost)?;
        let address: std::net::Ipv6Addr = inner.parse().map_err(|_| Problem::BadHost)?;
        return Ok(format!("[{address}]"));
    }
    let is_good = |c: char| c.is_alphanumeric() || "-._".contains(c);
    if !host.chars().all(is_good) || host.starts_with('.') || host.contains("..") {
        return Err(Problem::BadHost);
    }
    Ok(host.to_lowercase())
}

/// The path without `.` and `..` segments.
fn compressed(path: &str) -> String {
    if !path.contains("/.") {
        return path.to_owned();
    }
    let mut kept: Vec<&str> = Vec::new();
    let segments: Vec<&str> = path.split('/').skip(1).collect();
    let last = segments.len().saturating_sub(1);
    for (at, segment) in segments.iter().enumerate() {
        match *segment {
            "." => {}
            ".." => {
                kept.pop();
            }
            segment => {
                kept.push(segment);
                continue;
            }
        }
        if at == last {
            kept.push("");
        }
    }
    format!("/{}", kept.join("/"))
}
