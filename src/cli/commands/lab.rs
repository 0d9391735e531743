//! `poolproof lab`: backends, gateway and clients of a scenario on real sockets of this machine, beside a simulation.
//!
//! Rules
//! - The gateway is `serve`, the backends are `mock`, the clients `drive`: nothing here decides anything.
//! - Every variant begins with everything fresh. Simulation and reality see the same traffic and the same draws; they
//!   differ in what sockets and schedulers take, and in the order of what happens at the same time.
//!
//! Exit codes: 0 done, 1 `--require-equal` and they differ too much, 2 it cannot be done.

use std::sync::Arc;

use super::super::args::Format;
use super::super::execute::execute_silently;
use super::super::exit_code::Exit;
use super::super::lab_args::LabArgs;
use super::super::load::Input;
use super::super::session::{Session, Stop};
use super::super::summarise::summarise;
use super::super::table::{Table, percent};
use super::serve::{keys_of, refuse_unsupported};
use crate::config::{Scenario, Variant};
use crate::drive::{Driven, Options as DriveOptions, drive};
use crate::mock::{DEFAULT_KEY, Mock, Options as MockOptions};
use crate::report::{Distribution, Summary};
use crate::serve::{BackendCount, BackendSetting, IdentitySource, Server, Settings, Timeouts};
use crate::sim::NoObserver;
use crate::wire::{Clock, Limits, Listening, stop_switch, told_to_end, unix_now_s};

/// Runs the laboratory.
pub(crate) fn lab(args: &LabArgs, session: &mut Session) -> Result<(), Stop> {
    let (scenario, variants) = chosen(args, session)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.map_err(|error| session.usage(&error.to_string()))?;
    if args.hold {
        let Some(variant) = variants.first() else { return Err(Stop(Exit::Unusable)) };
        let bench = runtime.block_on(Bench::start(variant, args)).map_err(|error| session.usage(&error))?;
        session.print(&held(&scenario, variant, &bench));
        runtime.block_on(told_to_end()).map_err(|error| session.usage(&error.to_string()))?;
        runtime.block_on(bench.stop());
        return Ok(());
    }
    let mut sides = Vec::new();
    for variant in &variants {
        let simulated =
            execute_silently(&scenario, variant).map_err(|error| session.internal(&error.to_string()))?;
        let bench = runtime.block_on(Bench::start(variant, args)).map_err(|error| session.usage(&error))?;
        if args.format == Format::Human {
            session.remark(&format!(
                "{} ({}): {:.0} s of the scenario on real sockets, {} times as fast as time ...\n",
                scenario.name, variant.name, simulated.duration_s, args.speed
            ));
        }
        let options = DriveOptions {
            target: bench.url.clone(),
            speed: args.speed,
            requests_at_once: 900,
            headers: Vec::new(),
        };
        let driven = drive(&Arc::new(variant.plan.clone()), &options, &mut NoObserver)
            .map_err(|error| session.usage(&error.to_string()))?;
        let counts = bench.server.counts();
        runtime.block_on(bench.stop());
        let real = summarise(&scenario, variant, &driven.result, &[]);
        sides.push(Side { variant, simulated, real, driven, counts });
    }
    match args.format {
        Format::Human => {
            for side in &sides {
                session.print(&side.human(&scenario));
            }
        }
        Format::Json => {
            let sides: Vec<serde_json::Value> = sides.iter().map(Side::json).collect();
            session.print_json(&serde_json::json!({ "scenario": scenario.name, "variants": sides }))?;
        }
    }
    let most = args.require_equal.map(|percent| f64::from(percent) / 100.0);
    let differs = most.is_some_and(|most| sides.iter().any(|side| side.difference() > most));
    if differs { Err(Stop(Exit::Finding)) } else { Ok(()) }
}

/// The scenario, and the variant that is wanted or all of them.
fn chosen(args: &LabArgs, session: &mut Session) -> Result<(Scenario, Vec<Variant>), Stop> {
    let input = Input::one(&args.scenario.inputs, "").map_err(|message| session.usage(&message))?;
    let wanted = args.scenario.variant.as_deref();
    let found = session.load_variant(&input, &args.scenario.overrides(), wanted);
    let found = found.map(|(scenario, variant)| {
        let all = wanted.is_none() && !scenario.variants.is_empty();
        let variants = if all { scenario.variants.clone() } else { vec![variant] };
        (scenario, variants)
    });
    for variant in found.iter().flat_map(|(_, variants)| variants) {
        refuse_unsupported(&variant.plan.gateway, session);
    }
    session.stop_if_unusable()?;
    found.ok_or(Stop(Exit::Unusable))
}

/// Gateway and backends at work.
struct Bench {
    server: Server,
    /// URL of the API.
    url: String,
    key: Option<String>,
    backends: Vec<(String, String)>,
    mock: crate::mock::Running,
    stop: crate::wire::Stop,
    serving: tokio::task::JoinHandle<bool>,
}

impl Bench {
    async fn start(variant: &Variant, args: &LabArgs) -> Result<Self, String> {
        let plan = Arc::new(variant.plan.clone());
        let options = MockOptions { speed: args.speed, ..MockOptions::default() };
        let mock = Mock::start(Arc::clone(&plan), options).await.map_err(|error| error.to_string())?;
        let spec = plan.gateway.revised(plan.gateway.pools().to_vec(), plan.gateway.semantics().clone());
        // Seconds of the scenario pass faster than those of the calendar: dates count from the start of this.
        let gateway = Arc::new(spec.map_err(|error| error.to_string())?.with_start(unix_now_s()));
        let backends: Vec<(String, String)> =
            mock.backends().iter().map(|at| (at.name.clone(), at.url.clone())).collect();
        let setting = |(name, url): &(String, String)| {
            let key = Some(DEFAULT_KEY.to_owned());
            (name.to_lowercase(), BackendSetting { url: Some(url.clone()), key })
        };
        let keys = keys_of(variant, &gateway);
        let settings = Settings {
            backends: backends.iter().map(setting).collect(),
            keys,
            is_faithful: false,
            tells_backend: true,
            identity: IdentitySource::Imds { url: mock.token_url() },
            body_limit: 32 * 1024 * 1024,
            concurrency: 10_000,
            timeouts: Timeouts::default(),
            trusted: Vec::new(),
            gateway,
        };
        let clock = Clock::starting_now(args.speed);
        let server = Server::new(settings, plan.seed, clock, None).map_err(|error| error.to_string())?;
        let address = args.listen;
        let listening = Listening::bind(address, Limits::default(), None).await;
        let listening = listening.map_err(|error| format!("cannot listen at {address}: {error}"))?;
        let address = listening.address().map_err(|error| error.to_string())?;
        let (stop, own) = (stop_switch(), server.clone());
        let switch = stop.clone();
        let serving = tokio::spawn(async move { own.run(listening, &switch).await });
        let path = plan.gateway.facts().api.path.as_str().trim_matches('/').to_owned();
        let key = plan
            .operation
            .headers
            .iter()
            .find(|header| header.name.eq_ignore_ascii_case(&plan.gateway.facts().api.key_header));
        Ok(Self {
            url: format!("http://{address}/{path}"),
            key: key.map(|header| header.value.to_text().to_string()),
            server,
            backends,
            mock,
            stop,
            serving,
        })
    }

    async fn stop(self) {
        self.stop.now();
        let _ = self.serving.await;
        self.mock.stop().await;
    }
}

fn held(scenario: &Scenario, variant: &Variant, bench: &Bench) -> String {
    let key = bench.key.as_deref().unwrap_or("(none is asked for)");
    let mut text = format!(
        "{} ({}) on real sockets, until Ctrl-C\n  API  {}\n  key  {key}\n",
        scenario.name, variant.name, bench.url
    );
    for (name, url) in &bench.backends {
        text.push_str(&format!("  {name} -> {url}\n"));
    }
    text
}

/// A variant as it was simulated, and as it came.
struct Side<'a> {
    variant: &'a Variant,
    simulated: Summary,
    real: Summary,
    driven: Driven,
    counts: Vec<BackendCount>,
}

impl Side<'_> {
    /// The largest difference of shares: of a backend's answers, or of good answers.
    fn difference(&self) -> f64 {
        let backends = self.simulated.backends.iter().zip(&self.real.backends);
        let shares = backends.map(|(then, now)| (then.share - now.share).abs());
        let good = (self.good(&self.simulated) - self.good(&self.real)).abs();
        shares.fold(good, f64::max)
    }

    #[expect(clippy::unused_self, reason = "one way to count for both sides")]
    fn good(&self, of: &Summary) -> f64 {
        if of.requests.arrivals == 0 {
            0.0
        } else {
            of.requests.answered_2xx as f64 / of.requests.arrivals as f64
        }
    }

    fn human(&self, scenario: &Scenario) -> String {
        let mut text = format!("\n{} ({})\n", scenario.name, self.variant.name);
        let mut table = Table::new(&["", "simulated", "real", "difference"]);
        let number = |name: &str, then: u64, now: u64| {
            let difference = i128::from(now) - i128::from(then);
            vec![name.to_owned(), then.to_string(), now.to_string(), format!("{difference:+}")]
        };
        table.row(number("requests", self.simulated.requests.arrivals, self.real.requests.arrivals));
        table.row(number(
            "answered 2xx",
            self.simulated.requests.answered_2xx,
            self.real.requests.answered_2xx,
        ));
        for (at, (then, now)) in self.simulated.backends.iter().zip(&self.real.backends).enumerate() {
            let difference = (now.share - then.share) * 100.0;
            table.row(vec![
                format!("{} answered", then.name),
                percent(then.share),
                percent(now.share),
                format!("{difference:+.1} points"),
            ]);
            if let Some(count) = self.counts.get(at) {
                table.row(number("  attempts", then.attempts, count.attempts));
                table.row(number("  429", then.throttled, count.throttled));
                table.row(number("  trips", then.trips, count.trips));
            }
        }
        let pairs = [("latency of 2xx, ms", &self.simulated.latency_ms, &self.real.latency_ms)];
        for (name, then, now) in pairs {
            let (Some(then), Some(now)) = (then, now) else { continue };
            let of = |d: &Distribution| [("p50", d.p50), ("p90", d.p90), ("p99", d.p99)];
            for ((word, then), (_, now)) in of(then).into_iter().zip(of(now)) {
                table.row(vec![
                    format!("{name}, {word}"),
                    format!("{then:.1}"),
                    format!("{now:.1}"),
                    format!("{:+.1}", now - then),
                ]);
            }
        }
        text.push_str(&table.render("  "));
        if self.driven.fell_behind() {
            text.push_str("  the client itself was late by more than 1 ms (p99): latencies say little\n");
        }
        text
    }

    fn json(&self) -> serde_json::Value {
        let counts: Vec<serde_json::Value> = self
            .counts
            .iter()
            .map(|count| {
                serde_json::json!({
                    "name": count.name, "attempts": count.attempts, "throttled": count.throttled,
                    "failures": count.failures, "trips": count.trips,
                })
            })
            .collect();
        serde_json::json!({
            "variant": self.variant.name,
            "simulated": self.simulated,
            "real": self.real,
            "gateway": counts,
            "largest_difference_of_shares": self.difference(),
            "client_fell_behind": self.driven.fell_behind(),
        })
    }
}
