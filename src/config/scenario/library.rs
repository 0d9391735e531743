//! The files that a scenario names, each read once however many variants name it.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::super::arm::{Resource, read_resources};
use super::super::files::{FileError, Files, MAX_FILE_BYTES, beside};
use super::super::hash::Fingerprint;
use super::super::json::{Node, parse, shorten};
use super::super::latencies::{Latencies, read_latencies};
use super::policies::Policy;
use crate::diagnostics::{Diagnostic, Diagnostics, SourceId, SourceMap, Span};
use crate::resources::{Form, TextFile, detect};
use crate::workload::{Trace, unpack};

/// A file in its lowered form and the hash of its bytes.
#[derive(Clone, Debug)]
pub(crate) struct Loaded<T> {
    /// `None` when it could not be used; the reason has been told.
    pub(crate) content: Option<T>,
    pub(crate) hash: [u8; 32],
}

/// Reads and keeps files.
pub(crate) struct Library<'a> {
    files: &'a dyn Files,
    pub(crate) sources: &'a mut SourceMap,
    scenario_path: String,
    /// By what the tree says of them.
    pub(super) policies: BTreeMap<String, Loaded<Policy>>,
    resources: BTreeMap<Vec<String>, ReadResources>,
    traces: BTreeMap<String, Loaded<Arc<Trace>>>,
    latencies: BTreeMap<String, Loaded<Arc<Latencies>>>,
    chunks: BTreeMap<String, Loaded<Arc<[Chunk]>>>,
}

/// The backends of files that belong together, and the hash of each file.
type ReadResources = (Option<Vec<Resource>>, Vec<[u8; 32]>);

/// The files of one client of ServeGen.
#[derive(Clone, Debug)]
pub(super) struct Chunk {
    /// Its windows: where they are from, and the text.
    pub(super) rates: (SourceId, Arc<str>),
    /// Its sizes.
    pub(super) sizes: Node,
}

/// Clients in a folder at most.
const MOST_CHUNKS: u32 = 10_000;

impl<'a> Library<'a> {
    pub(crate) fn new(files: &'a dyn Files, sources: &'a mut SourceMap, scenario_path: &str) -> Self {
        Self {
            files,
            sources,
            scenario_path: scenario_path.to_owned(),
            policies: BTreeMap::new(),
            resources: BTreeMap::new(),
            traces: BTreeMap::new(),
            latencies: BTreeMap::new(),
            chunks: BTreeMap::new(),
        }
    }

    /// The scenario file itself.
    pub(crate) fn scenario(&mut self, diagnostics: &mut Diagnostics) -> Option<Node> {
        let help = "name a scenario file such as `scenarios/walkthrough/scenario.json`";
        self.root("scenario", help, diagnostics)
    }

    /// The file that names all others, called `what` in messages.
    pub(crate) fn root(&mut self, what: &str, help: &str, diagnostics: &mut Diagnostics) -> Option<Node> {
        let path = self.scenario_path.clone();
        let bytes = match self.files.read(&path) {
            Ok(bytes) => bytes,
            Err(error) => {
                let message = format!("cannot read the {what} `{path}`: {error}");
                diagnostics.push(Diagnostic::error("missing-file", None, message).help(help));
                return None;
            }
        };
        let (source, text) = self.text(&path, bytes, diagnostics)?;
        parse(source, &text, diagnostics)
    }

    /// The backend resources in the files that these fields name, read together, and the hash of each file.
    /// `None` when one of them cannot be used.
    pub(crate) fn resources(
        &mut self,
        nodes: &[Node],
        diagnostics: &mut Diagnostics,
    ) -> (Option<Vec<Resource>>, Vec<[u8; 32]>) {
        let named = |node: &Node| node.text().map(|path| beside(&self.scenario_path, path));
        let paths: Vec<String> = nodes.iter().filter_map(named).collect();
        if let Some(known) = self.resources.get(&paths) {
            return known.clone();
        }
        let mut hashes = Vec::new();
        let mut files = Vec::new();
        for (node, path) in nodes.iter().filter(|node| node.text().is_some()).zip(&paths) {
            let Some(bytes) = self.named_file(path, "resources", node, diagnostics) else { continue };
            hashes.push(hash(&bytes));
            if let Some((source, text)) = self.text(path, bytes, diagnostics) {
                let form = detect(path, &text).unwrap_or(Form::Plain);
                files.push(TextFile { path: Arc::from(path.as_str()), source, text, form });
            }
        }
        let are_all_there = files.len() == nodes.len();
        let read = read_resources(&files, diagnostics).filter(|_| are_all_there);
        let loaded = (read, hashes);
        self.resources.insert(paths, loaded.clone());
        loaded
    }

    /// The trace that the field at `node` names.
    pub(crate) fn trace(&mut self, node: &Node, diagnostics: &mut Diagnostics) -> Option<Loaded<Arc<Trace>>> {
        let path = beside(&self.scenario_path, node.text()?);
        if let Some(known) = self.traces.get(&path) {
            return Some(known.clone());
        }
        let bytes = self.named_file(&path, "trace", node, diagnostics)?;
        let content = read_trace(&path, &bytes, self.sources, diagnostics).map(Arc::new);
        let loaded = Loaded { content, hash: hash(&bytes) };
        self.traces.insert(path, loaded.clone());
        Some(loaded)
    }

    /// The clients in the folder that the field at `node` names, up to the first number without files.
    pub(super) fn chunks(
        &mut self,
        node: &Node,
        diagnostics: &mut Diagnostics,
    ) -> Option<Loaded<Arc<[Chunk]>>> {
        let folder = beside(&self.scenario_path, node.text()?);
        if let Some(known) = self.chunks.get(&folder) {
            return Some(known.clone());
        }
        let mut print = Fingerprint::default();
        let mut chunks = Some(Vec::new());
        for number in 0..MOST_CHUNKS {
            let path = |rest: &str| format!("{}/chunk-{number}-{rest}", folder.trim_end_matches('/'));
            let (rates, sizes) = (path("trace.csv"), path("dataset.json"));
            if number > 0 && self.files.read(&rates) == Err(FileError::NotFound) {
                break;
            }
            let both = (
                self.named_file(&rates, "folder", node, diagnostics)?,
                self.named_file(&sizes, "folder", node, diagnostics)?,
            );
            print.part(&both.0).part(&both.1);
            let chunk = self.text(&rates, both.0, diagnostics).and_then(|rates| {
                let (source, text) = self.text(&sizes, both.1, diagnostics)?;
                Some(Chunk { rates, sizes: parse(source, &text, diagnostics)? })
            });
            match (&mut chunks, chunk) {
                (Some(all), Some(chunk)) => all.push(chunk),
                (all, _) => *all = None,
            }
        }
        let loaded = Loaded { content: chunks.map(Arc::from), hash: print.finish() };
        self.chunks.insert(folder, loaded.clone());
        Some(loaded)
    }

    /// The measured calls in the file that the field at `node` names.
    pub(super) fn latencies(
        &mut self,
        node: &Node,
        diagnostics: &mut Diagnostics,
    ) -> Option<Loaded<Arc<Latencies>>> {
        let path = beside(&self.scenario_path, node.text()?);
        if let Some(known) = self.latencies.get(&path) {
            return Some(known.clone());
        }
        let bytes = self.named_file(&path, "samples", node, diagnostics)?;
        let hash = hash(&bytes);
        let text = self.text(&path, bytes, diagnostics);
        let content = text.and_then(|(source, text)| read_latencies(source, &text, diagnostics));
        let loaded = Loaded { content: content.map(Arc::new), hash };
        self.latencies.insert(path, loaded.clone());
        Some(loaded)
    }

    /// The text that the field `field` at `node` names, and the hash of its bytes.
    pub(super) fn named_text(
        &mut self,
        field: &str,
        node: &Node,
        diagnostics: &mut Diagnostics,
    ) -> Option<(SourceId, Arc<str>, [u8; 32])> {
        let path = beside(&self.scenario_path, node.text()?);
        let bytes = self.named_file(&path, field, node, diagnostics)?;
        let hash = hash(&bytes);
        let (source, text) = self.text(&path, bytes, diagnostics)?;
        Some((source, text, hash))
    }

    /// Whether there is a file where `node` says; tells it when there is none.
    pub(crate) fn is_there(&self, field: &str, node: &Node, diagnostics: &mut Diagnostics) -> Option<String> {
        let path = beside(&self.scenario_path, node.text()?);
        self.named_file(&path, field, node, diagnostics).map(|_| path)
    }

    fn named_file(
        &self,
        path: &str,
        field: &str,
        node: &Node,
        diagnostics: &mut Diagnostics,
    ) -> Option<Vec<u8>> {
        if node.text().is_none_or(str::is_empty) {
            // The checker has told it.
            return None;
        }
        match self.files.read(path) {
            Ok(bytes) => Some(bytes),
            Err(error) => {
                let message = format!("cannot read `{}`, which `{field}` names: {error}", shorten(path));
                diagnostics.push(
                    Diagnostic::error("missing-file", node.mark(), message)
                        .label("expected the path of a file, relative to the file that names it"),
                );
                None
            }
        }
    }

    /// The bytes as text without a byte order mark, as a source.
    fn text(
        &mut self,
        path: &str,
        bytes: Vec<u8>,
        diagnostics: &mut Diagnostics,
    ) -> Option<(SourceId, Arc<str>)> {
        match String::from_utf8(bytes) {
            Ok(text) => {
                let text: Arc<str> = Arc::from(text.strip_prefix('\u{feff}').unwrap_or(&text));
                Some((self.sources.add(path, Arc::clone(&text)), text))
            }
            Err(error) => {
                let at = error.utf8_error().valid_up_to();
                let valid = error.as_bytes().get(..at).unwrap_or_default();
                let shown = String::from_utf8_lossy(valid).into_owned();
                let source = self.sources.add(path, shown);
                diagnostics.push(
                    Diagnostic::error("not-utf8", Span::new(source, at, at), "the file is not UTF-8 text")
                        .label("expected UTF-8 from here on")
                        .help("save the file as UTF-8"),
                );
                None
            }
        }
    }
}

/// The trace in a file, packed or not. Places are those of the unpacked text.
pub(crate) fn read_trace(
    path: &str,
    bytes: &[u8],
    sources: &mut SourceMap,
    diagnostics: &mut Diagnostics,
) -> Option<Trace> {
    let (content, error) = unpack(bytes, MAX_FILE_BYTES);
    let text = String::from_utf8_lossy(&content).into_owned();
    let end = text.len();
    let source = sources.add(path, text);
    if let Some(error) = error {
        diagnostics.push(
            Diagnostic::error("trace-gzip", Span::new(source, end, end), error.to_string())
                .label(format!("nothing can be read after byte {} of the unpacked text", content.len()))
                .help("copy or download the file again"),
        );
        return None;
    }
    Trace::parse(&content, source, diagnostics)
}

fn hash(bytes: &[u8]) -> [u8; 32] {
    Fingerprint::default().part(bytes).finish()
}
