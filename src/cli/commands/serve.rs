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
use super::super::serve_args::ServeArgs;
use super::super::session::{Session, Stop};
use crate::config::{Overrides, Variant};
use crate::diagnostics::{Diagnostic, Severity};
use crate::gateway::GatewaySpec;
use crate::policy::Op;
use crate::serve::{
    BackendSetting, IdentitySource, Journal, JournalHeader, KeyRing, News, Running, Settings, Timeouts,
    serve as serve_until, trusted_in,
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
    let seed = args.seed.unwrap_or_else(system_seed);
    let journal = match &args.decision_log {
        None => None,
        Some(path) => {
            let file = File::create(path)
                .map_err(|error| session.usage(&format!("`{}`: {error}", path.display())))?;
            Some(Journal::new(file, &JournalHeader { hash: variant.hash.clone(), seed, start_unix_s }))
        }
    };
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
    let mut tell = |news: News| match news {
        News::Started(at) => {
            let scheme = if args.tls_cert.is_some() { "https" } else { "http" };
            let admin = at.admin.map_or(String::new(), |admin| format!(", operators at http://{admin}"));
            session.remark(&format!("{banner}serving at {scheme}://{}{admin}\n", at.address));
        }
        News::Reloaded => session.remark("read the files again: in force from now on\n"),
        News::Refused(problem) => {
            session
                .remark(&format!("the files cannot be used as they are now, nothing changes:\n{problem}\n"));
        }
        News::Ending => session.remark("ending: what is under way is answered\n"),
    };
    match serve_until(&running, first, journal, reload, &mut tell) {
        Ok(true) => Ok(()),
        Ok(false) => {
            session.remark("some requests had to be cut off\n");
            Err(Stop(Exit::Finding))
        }
        Err(error) => Err(session.usage(&error.to_string())),
    }
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
    fn identities_are_named() {
        assert_eq!(identity(Some("none")), Ok(IdentitySource::None));
        assert_eq!(identity(Some("imds")), Ok(IdentitySource::Imds { url: IMDS.to_owned() }));
        assert!(identity(Some("t0ken")).is_err());
    }
}
