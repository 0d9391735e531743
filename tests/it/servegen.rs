//! Client descriptions of ServeGen as traffic: a public pool against what was computed of it elsewhere.

use std::fs;
use std::io::Read as _;

use flate2::read::GzDecoder;
use serde_json::json;

use crate::support::{Work, number, public_trace};

/// The files of an unpacked archive: names, and bytes.
fn files_of_tar(tar: &[u8]) -> Vec<(String, Vec<u8>)> {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim_matches(['\0', ' ']).to_owned();
    let (mut found, mut at) = (Vec::new(), 0);
    while let Some(header) = tar.get(at..at + 512).filter(|header| header[0] != 0) {
        let size = usize::from_str_radix(&text(&header[124..136]), 8).unwrap();
        let body = at + 512;
        // Plain files only.
        if matches!(header[156], b'0' | 0) {
            found.push((text(&header[..100]), tar[body..body + size].to_vec()));
        }
        at = body + size.div_ceil(512) * 512;
    }
    found
}

#[test]
fn a_public_pool_has_the_clients_rates_and_sizes_that_were_computed_of_it() {
    let Some(path) = public_trace("servegen_deepseek-r1.tar.gz") else { return };
    let mut tar = Vec::new();
    GzDecoder::new(&fs::read(path).unwrap()[..]).read_to_end(&mut tar).unwrap();
    let work = Work::walkthrough();
    for (name, bytes) in files_of_tar(&tar) {
        work.write(&name, std::str::from_utf8(&bytes).unwrap());
    }
    work.edit(|scenario| {
        scenario["traffic"] = json!({ "kind": "servegen", "folder": "deepseek-r1", "scale": 0.05 });
        scenario["output"] = json!({ "requests": true });
        for backend in scenario["backends"].as_object_mut().unwrap().values_mut() {
            backend["standard"] = json!({ "tpm": 1_000_000_000, "rpm": 1_000_000 });
        }
    });
    work.simulate("run", &["--variant", "round-robin"]);
    let summary = work.summary("round-robin");
    // 16.0 requests a second over a day, a twentieth of them; the variation is that of bursty clients.
    let all = number(&summary, &["requests", "arrivals"]) as f64;
    assert!((all / (16.0 * 86_400.0 * 0.05) - 1.0).abs() < 0.05, "{all}");
    let clients = summary["clients"].as_array().unwrap();
    assert_eq!(clients.len(), 73);
    let mut requests: Vec<u64> = clients.iter().map(|client| number(client, &["requests"])).collect();
    requests.sort_unstable();
    let top = requests.last().copied().unwrap() as f64 / all;
    assert!((0.26..0.32).contains(&top), "29 % come from one client: {top}");
    let ten = requests.iter().rev().take(10).sum::<u64>() as f64 / all;
    assert!((0.65..0.71).contains(&ten), "68 % come from ten: {ten}");
    let rows = work.requests("round-robin");
    let mean = |of: fn(&crate::support::Request) -> u64| rows.iter().map(of).sum::<u64>() as f64 / all;
    let (prompt, completion) = (mean(|r| r.prompt_tokens), mean(|r| r.completion_tokens));
    assert!((prompt / 1_268.0 - 1.0).abs() < 0.05, "{prompt}");
    assert!((completion / 1_527.0 - 1.0).abs() < 0.05, "{completion}");
}
