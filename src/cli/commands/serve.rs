//! `poolproof serve`: forward real requests as the gateway would.
//!
//! Exit codes: 0 ended when asked to, 1 requests under way had to be cut off, 2 it cannot serve this.

use std::collections::BTreeMap;
use std::fs::File;
use std::sync::Arc;
use std::time::Duration as Real;

use super::super::exit_code::Exit;
use super::super::laboratory::keys_of;
use super::super::load::Input;
use super::super::serve_args::{LogFormArg, LogLevelArg, ServeArgs};
use super::super::session::{Session, Stop};
use crate::config::{Overrides, Variant};
use crate::diagnostics::{Diagnostic, Severity};
use crate::gateway::GatewaySpec;
use crate::policy::Op;
use crate::serve::{
    BackendSetting, BadDestination, Destination, IdentitySource, Journal, JournalHeader, KeyRing, Log,
    LogForm, LogLevel, News, Observing, Running, Settings, Timeouts, serve as serve_until, trusted_in,
};
use crate::units::Duration;
use crate::wire::{Limits, system_seed, unix_now_s};

/// What stands at the token endpoint of a virtual machine in Azure.
const IMDS: &str = "http://169.254.169.254/metadata/identity/oauth2/token";

/// Serves until a signal.
pub(crate) fn serve(args: &ServeArgs, session: &mut Session) -> Result<(), Stop> {
    let variant = variant(args, session).map_err(|message| session.usage(&message))?;
    session.stop_if_unusable()?;
    let variant = variant.ok_or(Stop(Exit::Unusable))?;
    let start_unix_s = unix_now_s();
    let first = settings(args, &variant, start_unix_s).map_err(|message| session.usage(&message))?;
    let mut observing = observing(args).map_err(|message| session.usage(&message))?;
    let seed = args.seed.unwrap_or_else(system_seed);
    let journal = match &args.decision_log {
        None => None,
        Some(path) => {
            let file = File::create(path)
                .map_err(|error| session.usage(&format!("`{}`: {error}", path.display())))?;
            Some(Journal::new(file, &JournalHeader { hash: variant.hash.clone(), seed, start_unix_s }))
        }
    };
    let log = Log::start(form(args.log), level(args.log_level));
    observing.log = observing.logs_requests.then(|| log.clone());
    let running = Running {
        listen: args.listen,
        admin: args.admin,
        limits: Limits {
            connections: args.connections as usize,
            drain_time: real(args.drain),
            stall_time: real(args.idle),
            ..Limits::default()
        },
        tls: args.tls_cert.clone().zip(args.tls_key.clone()),
        threads: args.threads as usize,
        seed,
        observing,
    };
    let banner = banner(args, &first, &variant);
    let mut files = Watched::new(session);
    let reload = |is_wanted: bool| {
        (files.changed() || is_wanted).then(|| {
            let mut fresh = Session::default();
            let result =
                variant_again(args, &mut fresh).and_then(|variant| settings(args, &variant, start_unix_s));
            files = Watched::new(&fresh);
            result
        })
    };
    let scheme = if args.tls_cert.is_some() { "https" } else { "http" };
    let done =
        serve_until(&running, first, journal, reload, |news| say(&news, scheme, &variant.name, &banner));
    let ended = match done {
        Ok(true) => {
            tracing::info!(text = "", clean = true, "ended");
            Ok(())
        }
        Ok(false) => {
            tracing::error!(text = "some requests had to be cut off\n", clean = false, "ended");
            Err(Stop(Exit::Finding))
        }
        Err(error) => {
            log.flush();
            Err(session.usage(&error.to_string()))
        }
    };
    log.flush();
    ended
}

/// Says in the log what happens: with a text for people, and as an event with fields.
fn say(news: &News, scheme: &str, variant: &str, banner: &str) {
    match news {
        News::Started(at) => {
            let admin = at.admin.map(|admin| format!("http://{admin}"));
            let operators = admin.as_ref().map_or(String::new(), |admin| format!(", operators at {admin}"));
            let address = format!("{scheme}://{}", at.address);
            let text = format!("{banner}serving at {address}{operators}\n");
            tracing::info!(text, address, admin, variant, "started");
        }
        News::Reloaded => tracing::info!(text = "read the files again: in force from now on\n", "reloaded"),
        News::Refused(problem) => {
            let text = format!("the files cannot be used as they are now, nothing changes:\n{problem}\n");
            tracing::warn!(text, problem, "reload refused");
        }
        News::Ending => tracing::info!(text = "ending: what is under way is answered\n", "ending"),
    }
}

fn form(wanted: Option<LogFormArg>) -> LogForm {
    match wanted {
        None | Some(LogFormArg::Text) => LogForm::Text,
        Some(LogFormArg::Json) => LogForm::Json,
    }
}

fn level(wanted: Option<LogLevelArg>) -> LogLevel {
    match wanted {
        Some(LogLevelArg::Error) => LogLevel::Error,
        Some(LogLevelArg::Warn) => LogLevel::Warn,
        None | Some(LogLevelArg::Info) => LogLevel::Info,
        Some(LogLevelArg::Debug) => LogLevel::Debug,
        Some(LogLevelArg::Trace) => LogLevel::Trace,
    }
}

/// Who is told what happens.
fn observing(args: &ServeArgs) -> Result<Observing, String> {
    Ok(Observing {
        events: destination("--events-to", args.events_to.as_deref(), Destination::new)?,
        traces: destination("--otlp", args.otlp.as_deref(), Destination::for_traces)?,
        logs_requests: args.log.is_some() || args.log_level.is_some(),
        log: None,
        is_tls: args.tls_cert.is_some(),
    })
}

/// The URL of an option, which may be a secret and is not repeated.
fn destination(
    option: &str,
    given: Option<&str>,
    read: fn(&str) -> Result<Destination, BadDestination>,
) -> Result<Option<Destination>, String> {
    let Some(given) = given else { return Ok(None) };
    let is_named = given.starts_with("env:") || given.starts_with("file:");
    let url = if is_named { secret(given)? } else { given.to_owned() };
    read(&url).map(Some).map_err(|problem| format!("`{option}`: {problem}"))
}

/// The variant that is served. `None`: it cannot be; the problems are kept.
fn variant(args: &ServeArgs, session: &mut Session) -> Result<Option<Variant>, String> {
    let input = Input::one(&args.inputs, "one gateway is served: ")?;
    let overrides = Overrides { set: args.set.clone(), ..Overrides::default() };
    let found = session.load_variant(&input, &overrides, args.variant.as_deref());
    let variant = found.map(|(_, variant)| variant);
    if let Some(variant) = &variant {
        refuse_unsupported(&variant.plan.gateway, session);
    }
    Ok(variant)
}

/// Policies that are not run would let requests pass as if they were not there.
pub(crate) fn refuse_unsupported(gateway: &GatewaySpec, session: &mut Session) {
    let program = gateway.program();
    for (op, place) in program.ops.iter().zip(&program.places) {
        if matches!(op, Op::Unsupported) {
            session.diagnostics.push(
                Diagnostic::error(
                    "unsupported-policy",
                    place.span,
                    format!("`{}` cannot be served: it is not run here", place.policy),
                )
                .label("every request that reaches it would fail"),
            );
        }
    }
}

/// The same of the files as they are now. What is wrong with them comes back as text.
fn variant_again(args: &ServeArgs, session: &mut Session) -> Result<Variant, String> {
    let found = variant(args, session)?;
    let errors = session.diagnostics.sorted().into_iter().filter(|d| d.severity == Severity::Error);
    let told: Vec<String> = errors
        .map(|problem| match problem.span {
            Some(span) => {
                let at = session.sources.position(span);
                let name = session.sources.name(span.source);
                format!("  {name}:{}:{}: {}", at.line, at.column, problem.message)
            }
            None => format!("  {}", problem.message),
        })
        .collect();
    found.filter(|_| told.is_empty()).ok_or_else(|| told.join("\n"))
}

/// What is served, of a scenario and arguments.
fn settings(args: &ServeArgs, variant: &Variant, start_unix_s: u64) -> Result<Settings, String> {
    let plan = &variant.plan;
    let spec = plan.gateway.revised(plan.gateway.pools().to_vec(), plan.gateway.semantics().clone());
    let gateway = Arc::new(spec.map_err(|error| error.to_string())?.with_start(start_unix_s));
    let mut backends: BTreeMap<String, BackendSetting> = BTreeMap::new();
    for (name, url) in &args.backend {
        backends.entry(name.to_lowercase()).or_default().url = Some(url.clone());
    }
    for (name, source) in &args.key {
        let key = secret(source)?;
        if name == "*" {
            for entity in gateway.backends() {
                let own = backends.entry(entity.name.to_lowercase()).or_default();
                own.key.get_or_insert_with(|| key.clone());
            }
        } else {
            backends.entry(name.to_lowercase()).or_default().key = Some(key);
        }
    }
    let mut trusted = Vec::new();
    for path in &args.backend_ca {
        trusted.extend(trusted_in(path).map_err(|error| error.to_string())?);
    }
    Ok(Settings {
        keys: keys(args, variant, &gateway)?,
        backends,
        is_faithful: args.faithful,
        tells_backend: args.tell_backend,
        identity: identity(args.identity.as_deref())?,
        body_limit: (args.body_limit as usize).saturating_mul(1_024),
        concurrency: args.concurrency as usize,
        timeouts: Timeouts { idle: real(args.idle), ..Timeouts::default() },
        trusted,
        gateway,
    })
}

/// The keys of the scenario's clients, and those of arguments.
fn keys(args: &ServeArgs, variant: &Variant, gateway: &GatewaySpec) -> Result<KeyRing, String> {
    if args.open {
        return Ok(KeyRing::default());
    }
    let mut ring = keys_of(&variant.plan, gateway);
    for source in &args.subscription_key {
        ring.add(&secret(source)?, None);
    }
    Ok(ring)
}

/// The secret that `env:VARIABLE` or `file:PATH` names.
fn secret(source: &str) -> Result<String, String> {
    if let Some(name) = source.strip_prefix("env:") {
        let value = std::env::var(name).map_err(|_| format!("the variable `{name}` is not set"))?;
        return Some(value).filter(|v| !v.is_empty()).ok_or(format!("the variable `{name}` is empty"));
    }
    if let Some(path) = source.strip_prefix("file:") {
        let text = std::fs::read_to_string(path).map_err(|error| format!("`{path}`: {error}"))?;
        return Some(text.trim().to_owned()).filter(|t| !t.is_empty()).ok_or(format!("`{path}` is empty"));
    }
    Err("a secret is named as `env:VARIABLE` or `file:PATH`, so that no list of processes shows it"
        .to_owned())
}

fn identity(source: Option<&str>) -> Result<IdentitySource, String> {
    let of_app = || {
        let url = std::env::var("IDENTITY_ENDPOINT").ok()?;
        let secret = std::env::var("IDENTITY_HEADER").ok()?;
        Some(IdentitySource::AppService { url, secret })
    };
    let imds = || IdentitySource::Imds { url: IMDS.to_owned() };
    match source {
        None => Ok(of_app().unwrap_or_else(imds)),
        Some("none") => Ok(IdentitySource::None),
        Some("imds") => Ok(imds()),
        Some("app-service") => {
            of_app().ok_or("`IDENTITY_ENDPOINT` and `IDENTITY_HEADER` are not both set".to_owned())
        }
        Some(url) if url.starts_with("http://") || url.starts_with("https://") => {
            Ok(IdentitySource::Imds { url: url.to_owned() })
        }
        Some(other) => Ok(IdentitySource::Fixed { token: secret(other)? }),
    }
}

fn banner(args: &ServeArgs, settings: &Settings, variant: &Variant) -> String {
    let path = settings.gateway.facts().api.path.as_str().trim_matches('/').to_owned();
    let mut text = format!("gateway of `{}`, variant {}\n", args.inputs.join(" "), variant.name);
    for entity in settings.gateway.backends() {
        let own = settings.backends.get(&entity.name.to_lowercase());
        let url = own.and_then(|own| own.url.as_deref()).unwrap_or(&entity.url);
        let key = if own.is_some_and(|own| own.key.is_some()) { ", with a key of its own" } else { "" };
        text.push_str(&format!("  {} -> {url}{key}\n", entity.name));
    }
    let key = match (settings.keys.is_open(), args.faithful) {
        (true, _) => "no subscription key is asked for",
        (false, true) => "subscription keys are asked for and go on to backends (--faithful)",
        (false, false) => {
            "subscription keys are asked for and stay here; API Management sends them on unless a policy deletes them \
             (--faithful)"
        }
    };
    text.push_str(&format!("  API /{path}; {key}\n"));
    text
}

fn real(time: Duration) -> Real {
    Real::from_nanos(time.as_nanos())
}

/// The files that were read, as they were.
struct Watched(Vec<(String, Option<std::time::SystemTime>)>);

impl Watched {
    fn new(session: &Session) -> Self {
        Self(session.sources.names().map(|name| (name.to_owned(), changed_at(name))).collect())
    }

    fn changed(&self) -> bool {
        self.0.iter().any(|(name, at)| changed_at(name) != *at)
    }
}

fn changed_at(path: &str) -> Option<std::time::SystemTime> {
    std::fs::metadata(path).and_then(|meta| meta.modified()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_named_and_never_given() {
        assert!(secret("s3cret").unwrap_err().contains("env:VARIABLE"));
        assert!(secret("env:POOLPROOF_NOT_SET").unwrap_err().contains("not set"));
        assert!(secret("file:/nowhere/at/all").unwrap_err().contains("/nowhere"));
    }

    #[test]
    fn urls_of_options_are_not_repeated() {
        let of = |url: &str| destination("--otlp", Some(url), Destination::for_traces);
        for bad in ["ftp://h/s3cret", "s3cret", "http://u:s3cret@h/", "http://"] {
            let told = of(bad).unwrap_err();
            assert!(told.starts_with("`--otlp`: ") && !told.contains("s3cret"), "{told}");
        }
        assert!(of("env:POOLPROOF_NOT_SET").unwrap_err().contains("not set"));
        assert!(of("http://h").is_ok() && destination("--otlp", None, Destination::new) == Ok(None));
    }

    #[test]
    fn identities_are_named() {
        assert_eq!(identity(Some("none")), Ok(IdentitySource::None));
        assert_eq!(identity(Some("imds")), Ok(IdentitySource::Imds { url: IMDS.to_owned() }));
        assert!(identity(Some("t0ken")).is_err());
    }
}
