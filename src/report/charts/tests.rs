//! What holds for every picture: nothing overlaps, nothing leaves the page, bytes repeat.

use proptest::prelude::*;

use super::scene::{Scene, Shape};
use super::*;
use crate::report::{RequestRow, RunStamp, TimelineRow, TripRow};

fn stamp() -> RunStamp {
    RunStamp { schema: 1, scenario_hash: "0123456789abcdef".into(), seed: 42, version: "0.1.0".into() }
}

/// Numbers that look random and are the same everywhere (Knuth's MMIX generator).
struct Noise(u64);

impl Noise {
    /// From 0 to 1.
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// A whole number below `end`.
    fn below(&mut self, end: usize) -> usize {
        self.next();
        usize::try_from(self.0 >> 33).unwrap() % end
    }
}

fn name(at: usize, long: bool) -> String {
    let region = ["eastus2", "swedencentral", "westus3", "uksouth", "francecentral"][at % 5];
    if long {
        format!("aoai-production-{region}-gpt-4o-<&\"'>-standard-deployment-{at:02}")
    } else {
        format!("{region}-{at}")
    }
}

/// A run in which the first backend trips now and then, the rest take over and some requests fail.
fn run(backends: usize, requests: u64, end_s: f64, long: bool) -> RunView {
    let mut noise = Noise(7);
    let names: Vec<String> = (0..backends).map(|at| name(at, long)).collect();
    let trips: Vec<TripRow> = (0..backends * 2)
        .filter(|at| at % 3 != 2)
        .map(|at| {
            let start_s = end_s * noise.next();
            let effective_s = end_s * (0.01 + 0.15 * noise.next());
            TripRow {
                backend: names[at % backends].clone(),
                instance: u32::try_from(at % 2).unwrap(),
                start_s,
                end_s: start_s + effective_s,
                configured_s: 60.0,
                effective_s,
                why: "Retry-After accepted".into(),
                cause: "429, failure 1 of 1 in 5m".into(),
                run: stamp().column(),
            }
        })
        .collect();
    let points = (0..requests)
        .map(|request| {
            let arrival_s = end_s * request as f64 / requests as f64;
            let tripped = |backend: usize| {
                trips
                    .iter()
                    .any(|t| t.backend == names[backend] && t.start_s <= arrival_s && arrival_s < t.end_s)
            };
            let wanted = if backends == 0 {
                0
            } else {
                {
                    let most = noise.below(backends) + 1;
                    noise.below(most)
                }
            };
            let backend = (wanted..backends).chain(0..wanted).find(|at| requests > 5000 || !tripped(*at));
            let luck = noise.next();
            let latency =
                300.0 + 900.0 * noise.next() * noise.next() + if luck < 0.02 { 2500.0 } else { 0.0 };
            let (backend, status, latency_ms) = match backend {
                None => (None, Some(503), Some(1.5)),
                Some(_) if luck > 0.985 => (None, Some(429), Some(2.0)),
                Some(at) if luck > 0.96 => (Some(at), Some(500), Some(latency / 3.0)),
                Some(_) if luck > 0.955 => (None, None, None),
                Some(at) => (Some(at), Some(200), Some(latency)),
            };
            let backend = backend.map(|at| u16::try_from(at).unwrap());
            RequestPoint { request, arrival_s, latency_ms, backend, status }
        })
        .collect();
    RunView {
        title: if long { "spillover <&\"'> ".repeat(20) } else { "two regions & a PTU".into() },
        stamp: stamp(),
        backends: names,
        requests: points,
        timeline: Vec::new(),
        trips,
        end_s,
    }
}

fn variants(count: usize, backends: usize, long: bool) -> Vec<VariantView> {
    let mut noise = Noise(11);
    (0..count)
        .map(|at| {
            let weights: Vec<f64> = (0..backends).map(|_| 0.1 + noise.next()).collect();
            let success_share = 0.7 + 0.29 * noise.next();
            let sum: f64 = weights.iter().sum();
            let refused = 1.0 - success_share;
            let p50 = 300.0 + 400.0 * noise.next();
            VariantView {
                name: if long {
                    format!("variant <&\"'> with retry, breaker and priorities {at}")
                } else {
                    format!("variant {at}")
                },
                stamp: stamp(),
                shares: weights
                    .iter()
                    .enumerate()
                    .map(|(b, w)| (name(b, long), w / sum * success_share))
                    .collect(),
                success_share,
                client_429_share: refused * 0.6,
                client_5xx_share: refused * 0.3,
                latency_ms_p50: Some(p50),
                latency_ms_p95: Some(p50 * 3.0),
                latency_ms_p99: Some(p50 * 12.0),
                replications: 1,
                success_range: None,
                latency_ranges: [None; 3],
            }
        })
        .collect()
}

fn scenes(view: &RunView) -> Vec<(&'static str, Scene)> {
    vec![
        ("response_time", response_time::compose(view).unwrap()),
        ("traffic_share", traffic_share::compose(view).unwrap()),
        ("breakers", breakers::compose(view).unwrap()),
    ]
}

fn check(name: &str, scene: &Scene) {
    let (width, height) = (f64::from(scene.width), f64::from(scene.height));
    for (at, text) in scene.texts.iter().enumerate() {
        let a = text.bounds;
        assert!(
            a.0 >= 0.0 && a.1 >= 0.0 && a.2 <= width && a.3 <= height,
            "{name}: `{}` leaves the page: {a:?}",
            text.content
        );
        for other in scene.texts.iter().skip(at + 1) {
            let b = other.bounds;
            let apart = a.2 <= b.0 || b.2 <= a.0 || a.3 <= b.1 || b.3 <= a.1;
            assert!(apart, "{name}: `{}` {a:?} touches `{}` {b:?}", text.content, other.content);
        }
    }
    for shape in &scene.shapes {
        let (x0, y0, x1, y1) = match *shape {
            Shape::Rect { area, .. } => (area.x0, area.y0, area.x1, area.y1),
            Shape::Dot { x, y, radius, .. } => (x - radius, y - radius, x + radius, y + radius),
        };
        assert!(x0 <= x1 && y0 <= y1, "{name}: {shape:?}");
        assert!(x0 >= 0.0 && y0 >= 0.0 && x1 <= width && y1 <= height, "{name}: {shape:?} leaves the page");
    }
}

#[test]
fn texts_never_overlap_and_nothing_leaves_the_page() {
    for backends in [1, 3, 8, 9, 10, 30, 100] {
        for long in [false, true] {
            for requests in [1, 40, 3000] {
                for (name, scene) in scenes(&run(backends, requests, 600.0, long)) {
                    check(&format!("{name} with {backends} backends, {requests} requests"), &scene);
                }
            }
            for count in [1, 2, 5, 20, 60] {
                let scene = comparison::compose("demo", &variants(count, backends, long)).unwrap();
                check(&format!("comparison of {count} with {backends} backends"), &scene);
            }
        }
    }
}

#[test]
fn horizons_from_nothing_to_a_month() {
    for end_s in [0.0, 0.001, 1.0, 59.9, 181.0, 3600.0, 86_400.0, 2_592_000.0] {
        for (name, scene) in scenes(&run(3, 500, end_s, false)) {
            check(&format!("{name} over {end_s} s"), &scene);
        }
    }
}

#[test]
fn runs_in_which_nothing_happens() {
    let empty = RunView { requests: Vec::new(), trips: Vec::new(), ..run(3, 1, 60.0, false) };
    let nobody = RunView { backends: Vec::new(), ..empty.clone() };
    for view in [empty, nobody] {
        for (name, scene) in scenes(&view) {
            check(name, &scene);
            let said = scene.texts.iter().any(|t| t.content.starts_with("no "));
            assert!(said, "{name} does not say that it is empty");
        }
    }
}

#[test]
fn runs_in_which_everything_fails_or_is_the_same() {
    let mut failed = run(3, 200, 60.0, false);
    for point in &mut failed.requests {
        *point = RequestPoint { backend: None, status: None, latency_ms: None, ..*point };
    }
    let mut same = run(3, 200, 60.0, false);
    for point in &mut same.requests {
        point.latency_ms = Some(500.0);
    }
    let mut instant = same.clone();
    for point in &mut instant.requests {
        point.latency_ms = Some(0.0);
    }
    for view in [failed, same, instant] {
        for (name, scene) in scenes(&view) {
            check(name, &scene);
        }
    }
}

#[test]
fn numbers_without_a_place_are_errors() {
    for bad in [f64::NAN, f64::INFINITY, -1.0, 1e300] {
        let good = run(2, 10, 60.0, false);
        let mut view = good.clone();
        view.requests[3].latency_ms = Some(bad);
        assert!(matches!(response_time(&view), Err(ChartError::NotDrawable { what: "response time", .. })));
        let mut view = good.clone();
        view.requests[3].arrival_s = bad;
        assert!(traffic_share(&view).is_err() && response_time(&view).is_err());
        let mut view = good.clone();
        view.trips[0].end_s = bad;
        assert!(breakers(&view).is_err());
        let view = RunView { end_s: bad, ..good };
        assert!(breakers(&view).is_err() && traffic_share(&view).is_err() && response_time(&view).is_err());
        let mut compared = variants(2, 2, false);
        compared[1].latency_ms_p95 = Some(bad);
        assert!(comparison("demo", &compared).is_err());
    }
    assert_eq!(comparison("demo", &[]), Err(ChartError::NoVariants));
    let mut compared = variants(1, 2, false);
    compared[0].client_429_share = 0.9;
    assert!(matches!(comparison("demo", &compared), Err(ChartError::Shares { .. })));
}

#[test]
fn the_same_data_gives_the_same_bytes() {
    let view = run(10, 2000, 600.0, true);
    for chart in [response_time, traffic_share, breakers] {
        assert_eq!(chart(&view), chart(&view));
    }
    let compared = variants(3, 4, false);
    assert_eq!(comparison("demo", &compared), comparison("demo", &compared));
}

/// Both formats carry the run, and the SVG is a well-formed document that needs nothing else.
#[test]
fn files_are_complete() {
    let view = run(3, 100, 60.0, true);
    let charts = [
        response_time(&view),
        traffic_share(&view),
        breakers(&view),
        comparison("demo", &variants(2, 3, true)),
    ];
    for chart in charts {
        let chart = chart.unwrap();
        let mut reader = quick_xml::Reader::from_str(&chart.svg);
        let (mut depth, mut texts) = (0_i32, 0);
        loop {
            match reader.read_event().unwrap() {
                quick_xml::events::Event::Start(tag) => {
                    depth += 1;
                    texts += i32::from(tag.name().as_ref() == "text");
                    assert!(tag.attributes().all(|a| a.is_ok()));
                }
                quick_xml::events::Event::End(_) => depth -= 1,
                quick_xml::events::Event::Eof => break,
                _ => {}
            }
        }
        assert_eq!((depth, texts), (0, 0), "{}", chart.name);
        for part in [
            "<title",
            "<desc",
            "<metadata>",
            "scenario-hash=\"0123456789abcdef\"",
            "seed=\"42\"",
            "&lt;&amp;&quot;&apos;&gt;",
        ] {
            assert!(chart.svg.contains(part), "{} lacks {part}", chart.name);
        }
        assert!(!chart.svg.contains("font-family") && !chart.svg.contains("NaN"));

        let mut reader = png::Decoder::new(std::io::Cursor::new(&chart.png)).read_info().unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        let frame = reader.next_frame(&mut pixels).unwrap();
        assert_eq!((frame.width, frame.color_type), (1200, png::ColorType::Rgb));
        assert!(pixels.iter().any(|p| *p != 255), "{} is blank", chart.name);
        let text = &reader.info().uncompressed_latin1_text;
        assert!(text.iter().any(|t| t.text == "v1-0123456789abcdef-s42-0.1.0"), "{}", chart.name);
    }
}

#[test]
fn a_backend_has_one_colour_in_all_pictures() {
    let mut view = run(3, 300, 600.0, false);
    for (trip, backend) in view.trips.iter_mut().zip(&view.backends) {
        trip.backend.clone_from(backend);
    }
    for (name, scene) in scenes(&view) {
        for slot in 0..3 {
            let fill = palette::LIGHT.slots[slot].fill;
            let drawn = scene.shapes.iter().any(|s| matches!(s, Shape::Rect { fill: f, .. } if *f == fill));
            assert!(drawn, "{name} lacks the colour of backend {slot}");
        }
    }
}

#[test]
fn tables_become_a_view() {
    let row = |request: u64, backend: &str, status: Option<u16>| RequestRow {
        request,
        arrival_s: request as f64,
        instance: 0,
        outcome: "answered".into(),
        status,
        backend: backend.into(),
        url: String::new(),
        attempts: 1,
        path: String::new(),
        latency_ms: status.map(|_| 5.0),
        ttft_ms: None,
        wait_ms: None,
        prompt_tokens: 0,
        completion_tokens: 0,
        counted_tokens: None,
        run: stamp().column(),
    };
    let interval = TimelineRow {
        start_s: 0.0,
        length_s: 10.0,
        backend: "b".into(),
        admitted: 0,
        throttled: 0,
        failed: 0,
        answered: 0,
        counted_tokens: 0,
        window_fill_max: 0.0,
        tripped_share: 0.0,
        breaker: "closed".into(),
        run: stamp().column(),
    };
    let requests = [row(0, "a", Some(200)), row(1, "b", Some(200)), row(2, "", Some(503))];
    let view = RunView::from_tables("t", stamp(), requests, vec![interval], Vec::new()).unwrap();
    // The timeline names b first; it also ends after the last arrival.
    assert_eq!(view.backends, ["b", "a"]);
    assert_eq!(view.requests.iter().map(|p| p.backend).collect::<Vec<_>>(), [Some(1), Some(0), None]);
    assert!((view.end_s - 10.0).abs() < 1e-12);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn any_run_can_be_composed(
        backends in 0_usize..14,
        points in proptest::collection::vec((0.0_f64..1e6, proptest::option::of(0.0_f64..1e7),
            proptest::option::of(0_u16..20), proptest::option::of(0_u16..1000)), 0..60),
        trips in proptest::collection::vec((0_usize..14, 0_u32..7, 0.0_f64..1e6, 0.0_f64..1e6), 0..40),
        end_s in 0.0_f64..1e6,
        title in "\\PC{0,80}",
        cause in "(?s).{0,40}",
    ) {
        let mut view = run(backends.max(1), 1, end_s, false);
        view.title = title;
        view.backends.truncate(backends);
        view.requests = points.iter().enumerate().map(|(at, (arrival_s, latency_ms, backend, status))| RequestPoint {
            request: at as u64, arrival_s: *arrival_s, latency_ms: *latency_ms, backend: *backend, status: *status,
        }).collect();
        view.trips = trips.iter().map(|(at, instance, start_s, effective_s)| TripRow {
            backend: name(*at, false), instance: *instance, start_s: *start_s, end_s: start_s + effective_s,
            configured_s: 1.0, effective_s: *effective_s, why: String::new(), cause: cause.clone(), run: String::new(),
        }).collect();
        for (name, scene) in scenes(&view) {
            check(name, &scene);
        }
    }
}

/// A million requests take about half a second even without full optimisation; the limit in release is 2 s.
#[test]
fn a_million_requests() {
    let view = run(10, 1_000_000, 86_400.0, false);
    for chart in [response_time, traffic_share, breakers] {
        assert!(chart(&view).unwrap().svg.len() < 1_000_000);
    }
}

/// Writes pictures to look at: `cargo test --lib pictures_to_look_at -- --ignored`.
#[test]
#[ignore = "for people: writes files to the temporary directory"]
fn pictures_to_look_at() {
    let folder = std::env::temp_dir().join("poolproof-charts");
    std::fs::create_dir_all(&folder).unwrap();
    let save = |stem: &str, chart: Result<Chart, ChartError>| {
        let chart = chart.unwrap();
        std::fs::write(folder.join(format!("{}-{stem}.png", chart.name)), chart.png).unwrap();
        std::fs::write(folder.join(format!("{}-{stem}.svg", chart.name)), chart.svg).unwrap();
    };
    for (stem, backends, requests, end_s, long) in [
        ("01", 1, 30, 60.0, false),
        ("03", 3, 80, 600.0, false),
        ("08", 8, 500, 600.0, false),
        ("10", 10, 4000, 3600.0, false),
        ("30", 30, 100_000, 86_400.0, true),
    ] {
        let view = run(backends, requests, end_s, long);
        save(stem, response_time(&view));
        save(stem, traffic_share(&view));
        save(stem, breakers(&view));
    }
    save("01", comparison("demo", &variants(1, 1, false)));
    save("03", comparison("demo", &variants(4, 3, false)));
    save("10", comparison("demo", &variants(8, 10, false)));
    save("30", comparison("demo", &variants(20, 30, true)));
    println!("{}", folder.display());
}
