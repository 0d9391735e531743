//! Running the program in a folder of its own, and reading what it wrote.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tempfile::TempDir;

/// The names of the walkthrough's backends, in the order of its pool.
pub(crate) const REGIONS: [&str; 3] = ["openai-eastus", "openai-westus", "openai-swedencentral"];
pub(crate) const EAST: &str = REGIONS[0];
pub(crate) const WEST: &str = REGIONS[1];
pub(crate) const SWEDEN: &str = REGIONS[2];

/// The folder of the package.
pub(crate) fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The program under test.
pub(crate) fn binary() -> PathBuf {
    std::env::var_os("POOLPROOF_BIN").map_or_else(|| env!("CARGO_BIN_EXE_poolproof").into(), PathBuf::from)
}

/// How a call of the program ended.
#[derive(Debug)]
pub(crate) struct Done {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Done {
    /// The same, if it ended well.
    #[track_caller]
    pub(crate) fn ok(self) -> Self {
        assert_eq!(self.code, 0, "{}\n{}", self.err, self.out);
        self
    }
}

/// Calls the program in `folder`.
pub(crate) fn call(folder: &Path, args: &[&str]) -> Done {
    let output = Command::new(binary()).args(args).current_dir(folder).output().unwrap();
    Done {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// A folder for one test.
pub(crate) struct Work {
    folder: TempDir,
    scenario: &'static str,
}

impl Work {
    pub(crate) fn empty() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), scenario: "walkthrough" }
    }

    /// With copies of the walkthrough's files.
    pub(crate) fn walkthrough() -> Self {
        Self::scenario("walkthrough")
    }

    /// With copies of the files of one of our scenarios.
    pub(crate) fn scenario(name: &'static str) -> Self {
        let work = Self { scenario: name, ..Self::empty() };
        for file in ["scenario.json", "policy.xml", "backends.json"] {
            let text = fs::read_to_string(root().join("scenarios").join(name).join(file)).unwrap();
            work.write(file, &text);
        }
        work
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn read(&self, name: &str) -> String {
        let path = self.path().join(name);
        fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub(crate) fn exists(&self, name: &str) -> bool {
        self.path().join(name).exists()
    }

    /// Puts `to` in the place of the first `from`, which must be there.
    #[track_caller]
    pub(crate) fn replace(&self, name: &str, from: &str, to: &str) {
        let text = self.read(name);
        assert!(text.contains(from), "`{from}` is not in {name}");
        self.write(name, &text.replacen(from, to, 1));
    }

    /// Edits the scenario as JSON.
    pub(crate) fn edit(&self, edit: impl FnOnce(&mut Value)) {
        let mut scenario: Value = serde_json::from_str(&self.read("scenario.json")).unwrap();
        edit(&mut scenario);
        self.write("scenario.json", &serde_json::to_string_pretty(&scenario).unwrap());
    }

    pub(crate) fn call(&self, args: &[&str]) -> Done {
        call(self.path(), args)
    }

    /// `run scenario.json` or `compare scenario.json` into `out` without charts, with these arguments.
    #[track_caller]
    pub(crate) fn simulate(&self, verb: &str, more: &[&str]) -> Done {
        let mut args = vec![verb, "scenario.json", "--no-charts", "--out", "out"];
        args.extend(more);
        self.call(&args).ok()
    }

    /// Rows of a table of a run.
    pub(crate) fn rows<Row: DeserializeOwned>(&self, variant: &str, table: &str) -> Vec<Row> {
        read_rows(&self.path().join("out").join(self.scenario).join(variant).join(table))
    }

    /// The requests of a run in order of arrival; the file has them in the order in which they ended.
    pub(crate) fn requests(&self, variant: &str) -> Vec<Request> {
        let mut requests: Vec<Request> = self.rows(variant, "requests.csv");
        requests.sort_by_key(|r| r.request);
        requests
    }

    pub(crate) fn summary(&self, variant: &str) -> Value {
        serde_json::from_str(&self.read(&format!("out/{}/{variant}/summary.json", self.scenario))).unwrap()
    }

    /// Every file below `name` with its content.
    pub(crate) fn files(&self, name: &str) -> BTreeMap<String, Vec<u8>> {
        files(&self.path().join(name))
    }
}

/// A row of `requests.csv`, as far as tests look at it.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub(crate) struct Request {
    pub(crate) request: u64,
    pub(crate) arrival_s: f64,
    pub(crate) outcome: String,
    pub(crate) status: Option<u16>,
    pub(crate) backend: String,
    pub(crate) attempts: u64,
    pub(crate) path: String,
    pub(crate) latency_ms: Option<f64>,
    pub(crate) prompt_tokens: u64,
    pub(crate) completion_tokens: u64,
    pub(crate) counted_tokens: Option<u64>,
}

impl Request {
    /// Who was asked and what came back, in order: `("openai-eastus", "429 token limit")`.
    pub(crate) fn steps(&self) -> Vec<(&str, &str)> {
        self.path
            .split(" > ")
            .filter_map(|step| {
                let (who, rest) = step.split_once(':')?;
                Some((who, rest.split('(').next().unwrap()))
            })
            .collect()
    }
}

/// A row of `trips.csv`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub(crate) struct Trip {
    pub(crate) backend: String,
    pub(crate) start_s: f64,
    pub(crate) end_s: f64,
    pub(crate) effective_s: f64,
}

/// All rows of a CSV file.
pub(crate) fn read_rows<Row: DeserializeOwned>(path: &Path) -> Vec<Row> {
    let mut reader = csv::Reader::from_path(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    reader.deserialize().map(Result::unwrap).collect()
}

/// Every file below `folder` with its content, by relative name with `/`.
pub(crate) fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    fn walk(folder: &Path, prefix: &str, found: &mut BTreeMap<String, Vec<u8>>) {
        for entry in fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            let name = format!("{prefix}{}", entry.file_name().into_string().unwrap());
            if entry.file_type().unwrap().is_dir() {
                // What is built or found beside a package of its own.
                if ["target", "artifacts"].contains(&entry.file_name().to_str().unwrap()) {
                    continue;
                }
                walk(&entry.path(), &format!("{name}/"), found);
            } else {
                found.insert(name, fs::read(entry.path()).unwrap());
            }
        }
    }
    let mut found = BTreeMap::new();
    walk(folder, "", &mut found);
    found
}

/// A public trace, if the folder with traces is there; says so where it is not.
pub(crate) fn public_trace(file: &str) -> Option<PathBuf> {
    let folder =
        std::env::var_os("POOLPROOF_TRACES").map_or_else(|| root().join("../shared/data"), PathBuf::from);
    let path = folder.join(file);
    if path.exists() {
        return Some(path.canonicalize().unwrap());
    }
    println!("skipped: {} is not there (POOLPROOF_TRACES names the folder of traces)", path.display());
    None
}

/// A number in JSON by a path of names.
#[track_caller]
pub(crate) fn number(json: &Value, path: &[&str]) -> u64 {
    let mut at = json;
    for name in path {
        at = &at[*name];
    }
    at.as_u64().unwrap_or_else(|| panic!("{path:?} is {at}"))
}
