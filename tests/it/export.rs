//! Writing scenarios as what can be deployed, and taking it in again.

use std::collections::BTreeMap;
use std::fs;

use serde_json::Value;

use crate::support::{Done, Work, files, root};

/// Forms that are written and read back.
const ALL: [&str; 4] = ["bicep", "arm", "terraform", "apiops"];

/// All files of one of our scenarios.
fn scenario(name: &'static str) -> Work {
    let work = Work::empty();
    for (file, bytes) in files(&root().join("scenarios").join(name)) {
        if !file.contains('/') {
            work.write(&file, std::str::from_utf8(&bytes).unwrap());
        }
    }
    work
}

fn names() -> Vec<&'static str> {
    let entries = fs::read_dir(root().join("scenarios")).unwrap();
    let paths = entries.map(|e| e.unwrap().path()).filter(|path| path.join("scenario.json").exists());
    let mut names: Vec<String> = paths.map(|p| p.file_name().unwrap().to_str().unwrap().to_owned()).collect();
    names.sort();
    names.into_iter().map(|name| &*name.leak()).collect()
}

/// How often each rule finds something, suppressed or not.
fn findings(done: &Done) -> BTreeMap<String, usize> {
    let document: Value =
        serde_json::from_str(&done.out).unwrap_or_else(|e| panic!("{e}\n{}\n{}", done.out, done.err));
    let mut counts = BTreeMap::new();
    for finding in document["findings"].as_array().unwrap() {
        *counts.entry(finding["code"].as_str().unwrap().to_owned()).or_default() += 1;
    }
    counts
}

fn validate(work: &Work, path: &str) -> BTreeMap<String, usize> {
    findings(&work.call(&["validate", path, "--format", "json", "--info", "--fail-on", "never"]).ok())
}

/// `requests.csv` of the first half minute of `file`, without the name of the run, which tells files apart.
fn first_requests(work: &Work, file: &str, out: &str, more: &[&str]) -> Vec<String> {
    let mut args = vec!["run", file, "--no-charts", "--out", out, "--set", "horizon=30s"];
    args.extend(["--set", "output.warmup=null", "--set", "output.requests=true"]);
    args.extend(more);
    work.call(&args).ok();
    let tables = work.files(out).into_iter().filter(|(name, _)| name.ends_with("requests.csv"));
    let tables: Vec<String> = tables.map(|(_, bytes)| String::from_utf8(bytes).unwrap()).collect();
    let [table] = tables.as_slice() else { panic!("{file}: {} tables", tables.len()) };
    let rows: Vec<String> =
        table.lines().map(|row| row.rsplit_once(',').map_or(row, |(rest, _)| rest).to_owned()).collect();
    assert!(rows.len() > 5, "{file}: {} rows", rows.len());
    rows
}

fn path_in(folder: &str, path: &Value) -> Value {
    Value::from(format!("{folder}/{}", path.as_str().unwrap()))
}

/// The scenario with policy and resources of what was imported into `folder`.
fn with_imported(work: &Work, folder: &str) -> String {
    let imported: Value = serde_json::from_str(&work.read(&format!("{folder}/scenario.json"))).unwrap();
    let mut scenario: Value = serde_json::from_str(&work.read("scenario.json")).unwrap();
    let resources = imported["resources"].as_array().unwrap();
    scenario["policy"] = path_in(folder, &imported["policy"]);
    scenario["resources"] = resources.iter().map(|path| path_in(folder, path)).collect();
    // Priorities and weights are those of the exported resources now.
    let fields = scenario.as_object_mut().unwrap();
    fields.remove("variants");
    fields.remove("pools");
    scenario.to_string()
}

#[test]
fn every_scenario_is_written_in_every_form_and_read_again() {
    for name in names() {
        let work = scenario(name);
        let before = validate(&work, "scenario.json");
        let expected = first_requests(&work, "scenario.json", "base", &[]);
        for form in ALL {
            let done =
                work.call(&["export", "scenario.json", "--to", form, "--out", form, "--api", "chat"]).ok();
            assert!(done.out.contains(&format!("poolproof validate {form}")), "{}", done.out);
            assert_eq!(done.err, "", "{name} {form}");
            let after = validate(&work, form);
            for (code, count) in &after {
                assert!(
                    count <= before.get(code).unwrap_or(&0),
                    "{name} {form}: {code} in {after:?}, {before:?}"
                );
            }
            let folder = format!("again-{form}");
            work.call(&["import", form, "--out", &folder]).ok();
            let file = format!("{form}.json");
            work.write(&file, &with_imported(&work, &folder));
            let found = first_requests(&work, &file, &format!("out-{form}"), &[]);
            assert!(found == expected, "{name} {form}: other requests");
        }
    }
}

#[test]
fn a_variant_is_written_as_it_runs() {
    let work = scenario("walkthrough");
    for variant in ["priority", "weighted"] {
        let expected =
            first_requests(&work, "scenario.json", &format!("run-{variant}"), &["--variant", variant]);
        for form in ALL {
            let out = format!("{variant}-{form}");
            work.call(&["export", "scenario.json", "--variant", variant, "--to", form, "--out", &out]).ok();
            let folder = format!("again-{out}");
            work.call(&["import", &out, "--out", &folder]).ok();
            work.write("v.json", &with_imported(&work, &folder));
            let found = first_requests(&work, "v.json", &format!("out-{out}"), &[]);
            assert!(found == expected, "{out}: other requests");
        }
    }
    // Edits of the command line are written too.
    let set = "pools.openai-backend-pool.openai-westus.weight=77";
    work.call(&[
        "export",
        "scenario.json",
        "--variant",
        "weighted",
        "--set",
        set,
        "--to",
        "bicep",
        "--out",
        "x",
    ])
    .ok();
    assert!(work.read("x/main.bicep").contains("weight: 77"), "{}", work.read("x/main.bicep"));
    // The strategies of `compare`, where a scenario has no variants.
    work.edit(|scenario| {
        scenario.as_object_mut().unwrap().remove("variants");
    });
    work.call(&["export", "scenario.json", "--variant", "priority", "--to", "apiops", "--out", "y"]).ok();
    let pool = work.read("y/backends/openai-backend-pool/backendInformation.json");
    assert!(pool.contains("\"priority\": 3"), "{pool}");
}

#[test]
fn policies_of_all_scopes_fragments_and_named_values_come_back() {
    let work = scenario("walkthrough");
    work.write(
        "all.xml",
        "<policies><inbound><base /></inbound><backend><forward-request /></backend></policies>",
    );
    work.write(
        "f.xml",
        "<fragment><include-fragment fragment-id=\"inner\" /><set-header name=\"x\"><value>{{who}}</value></set-header></fragment>",
    );
    work.write("g.xml", "<fragment><set-variable name=\"a\" value=\"@(&quot;it's&quot;)\" /></fragment>");
    work.replace("policy.xml", "<base />", "<base /><include-fragment fragment-id=\"outer\" />");
    work.edit(|scenario| {
        scenario["policy"] = serde_json::json!({ "global": "all.xml", "api": "policy.xml" });
        scenario["fragments"] = serde_json::json!({ "outer": "f.xml", "inner": "g.xml" });
        scenario["namedValues"] = serde_json::json!({ "who": "it's [me] ${x}" });
    });
    for form in ALL {
        let done = work.call(&["export", "scenario.json", "--to", form, "--out", form]).ok();
        assert!(done.out.contains("note: named values"), "{}", done.out);
        let folder = format!("again-{form}");
        work.call(&["import", form, "--out", &folder]).ok();
        let imported: Value = serde_json::from_str(&work.read(&format!("{folder}/scenario.json"))).unwrap();
        assert_eq!(imported["name"], folder.as_str(), "it is called as its folder");
        let is_to_rename = done.out.contains("note: rename the folders called `NAME`");
        assert_eq!(is_to_rename, form == "apiops", "{}", done.out);
        assert_eq!(imported["namedValues"]["who"], "it's [me] ${x}", "{form}");
        for (field, key, original) in [
            ("policy", "global", "all.xml"),
            ("policy", "api", "policy.xml"),
            ("fragments", "outer", "f.xml"),
            ("fragments", "inner", "g.xml"),
        ] {
            let path =
                imported[field][key].as_str().unwrap_or_else(|| panic!("{form} {field} {key}: {imported}"));
            assert_eq!(work.read(&format!("{folder}/{path}")), work.read(original), "{form} {field} {key}");
        }
        // Once more gives the same files.
        let again = format!("{form}-again");
        work.call(&["export", &format!("{folder}/scenario.json"), "--to", form, "--out", &again]).ok();
        let without_title = |written: &str| {
            let all = work.files(written).into_iter();
            let text = |bytes: Vec<u8>| {
                String::from_utf8(bytes).unwrap().replace(&format!("`{folder}`"), "`walkthrough`")
            };
            all.map(|(name, bytes)| (name, text(bytes))).collect::<BTreeMap<_, _>>()
        };
        assert_eq!(without_title(&again), without_title(form), "{form}");
    }
}

#[test]
fn the_format_of_policies_is_kept() {
    let work = scenario("walkthrough");
    let escaped = work.read("policy.xml").replace("&& !", "&amp;&amp; !");
    work.write("policy.xml", &escaped.replace("Contains(\"", "Contains(&quot;").replace("\")", "&quot;)"));
    work.edit(|scenario| scenario["policyFormat"] = "xml".into());
    for form in ALL {
        let done = work.call(&["export", "scenario.json", "--to", form, "--out", form]);
        assert_eq!(done.code, 0, "{}", done.err);
        let folder = format!("again-{form}");
        work.call(&["import", form, "--out", &folder]).ok();
        let imported: Value = serde_json::from_str(&work.read(&format!("{folder}/scenario.json"))).unwrap();
        // A folder of APIOps has one format only, which is told.
        assert_eq!(done.out.contains("note: the publisher deploys policies as rawxml"), form == "apiops");
        let expected = if form == "apiops" { Value::Null } else { "xml".into() };
        assert_eq!(imported["policyFormat"], expected, "{form}");
    }
}

#[test]
fn what_is_in_the_way_stays_and_nothing_is_half_written() {
    let work = scenario("walkthrough");
    let export = |more: &[&str]| {
        let mut args = vec!["export", "scenario.json", "--to", "bicep", "--out", "out"];
        args.extend(more);
        work.call(&args)
    };
    export(&[]).ok();
    // The same once more is no conflict.
    export(&[]).ok();
    work.write("out/main.bicep", "// mine");
    let done = export(&["--variant", "priority"]);
    assert_eq!(done.code, 2);
    assert!(done.err.contains("out/main.bicep` exists already and differs"), "{}", done.err);
    assert!(done.err.contains("--force"), "{}", done.err);
    assert_eq!(work.read("out/main.bicep"), "// mine");
    export(&["--force"]).ok();
    assert!(work.read("out/main.bicep").contains("resource apim"));
    // A file where the folder should be.
    let before = work.files("");
    let done = work.call(&["export", "scenario.json", "--to", "apiops", "--out", "policy.xml"]);
    assert_eq!(done.code, 2);
    assert!(done.err.contains("policy.xml"), "{}", done.err);
    assert_eq!(work.files(""), before);
}

#[test]
fn bad_input_is_told_and_nothing_is_written() {
    let work = scenario("walkthrough");
    let before = work.files("");
    for (args, expected) in [
        (&["export", "scenario.json", "--to", "pulumi", "--out", "o"][..], "invalid value 'pulumi'"),
        (&["export", "scenario.json", "--out", "o"], "--to"),
        (&["export", "gone.json", "--to", "arm", "--out", "o"], "cannot read the scenario `gone.json`"),
        (&["export", "policy.xml", "--to", "arm", "--out", "o"], "policy.xml"),
        (&["export", "scenario.json", "--to", "arm", "--out", "o", "--variant", "no"], "no variant `no`"),
        (&["export", "scenario.json", "--to", "arm", "--out", "o", "--set", "seed=x"], "seed"),
        (
            &["export", "scenario.json", "--to", "apiops", "--out", "o", "--api", "../x"],
            "`../x` cannot be the name",
        ),
    ] {
        let done = work.call(args);
        assert_eq!(done.code, 2, "{args:?}: {}", done.err);
        assert!(done.err.contains(expected), "{args:?}: {}", done.err);
        assert_eq!(work.files(""), before, "{args:?}");
    }
}

#[test]
fn the_json_says_what_was_written() {
    let work = scenario("walkthrough");
    let done =
        work.call(&["export", "scenario.json", "--to", "terraform", "--out", "o", "--format", "json"]).ok();
    let told: Value = serde_json::from_str(&done.out).unwrap();
    assert_eq!(told["files"], serde_json::json!(["main.tf", "variables.tf", "policy.xml"]));
    assert_eq!(told["apiVersion"], "2024-05-01");
    assert_eq!(told["commands"].as_array().unwrap().len(), 2);
}
