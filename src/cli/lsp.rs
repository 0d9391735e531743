//! `poolproof lsp`: findings, pages of rules, what policies and attributes are for, and definitions, for editors.
//!
//! Everything that lies in the folders of the workspace belongs to one configuration, as for `validate`; what is
//! being edited counts as it stands in the editor. Each change asks all rules again: that takes some milliseconds.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use tower_lsp_server::jsonrpc::Result;
use tower_lsp_server::ls_types::{
    Diagnostic as Shown, DiagnosticRelatedInformation, DiagnosticSeverity, DidChangeTextDocumentParams,
    DidCloseTextDocumentParams, DidOpenTextDocumentParams, DidSaveTextDocumentParams, GotoDefinitionParams,
    GotoDefinitionResponse, Hover, HoverContents, HoverParams, HoverProviderCapability, InitializeParams,
    InitializeResult, Location, MarkupContent, MarkupKind, NumberOrString, OneOf, Position, Range,
    ServerCapabilities, ServerInfo, TextDocumentPositionParams, TextDocumentSyncCapability,
    TextDocumentSyncKind, Uri,
};
use tower_lsp_server::{Client, LanguageServer, LspService, Server as Transport};

use super::analysis::{Analysis, analyse_all};
use super::gather::{gather_with, shown};
use super::session::{Session, Stop};
use crate::diagnostics::{Severity, SourceId, SourceMap, Span};
use crate::reference::about;
use crate::rules::{Places, Told, show::page_markdown};

/// Serves one editor over standard input and output, until it ends.
pub(crate) fn serve(session: &Session) -> std::result::Result<(), Stop> {
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    let runtime = runtime.map_err(|error| session.internal(&error.to_string()))?;
    runtime.block_on(async {
        let (service, socket) = LspService::new(|client| Server { client, state: Mutex::default() });
        Transport::new(tokio::io::stdin(), tokio::io::stdout(), socket).serve(service).await;
    });
    Ok(())
}

struct Server {
    client: Client,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Folders of the workspace.
    folders: Vec<String>,
    /// What is being edited, by path.
    edited: BTreeMap<String, Arc<str>>,
    /// Files that have findings shown.
    marked: BTreeSet<String>,
    /// What was found last.
    last: Option<Arc<Seen>>,
}

/// A look at everything.
struct Seen {
    sources: SourceMap,
    analysis: Analysis,
}

impl Server {
    /// Looks at everything again and shows what is found.
    async fn look(&self) {
        let shown = {
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            let mut sources = SourceMap::new();
            let mut paths = state.folders.clone();
            // A file outside of the workspace is looked at with its folder.
            for path in state.edited.keys() {
                let is_inside = |folder: &String| Path::new(path).starts_with(folder);
                if !state.folders.iter().any(is_inside) {
                    paths.push(path.clone());
                }
            }
            let gathered = gather_with(&paths, &state.edited, &mut sources);
            let mut analysis = analyse_all(&gathered, &mut sources, None);
            let places = Places::new(&sources);
            analysis.told = places.in_files(&analysis.told);
            for (from, to) in &mut analysis.links {
                (*from, *to) = (places.in_file(*from), places.in_file(*to));
            }
            let mut by_file: BTreeMap<String, Vec<Shown>> = BTreeMap::new();
            for told in analysis.told.iter().filter(|told| told.suppressed.is_none()) {
                let Some(span) = told.diagnostic.span else { continue };
                by_file
                    .entry(sources.name(span.source).to_owned())
                    .or_default()
                    .push(show(told, span, &sources));
            }
            // Files that have become right are shown so.
            for path in std::mem::take(&mut state.marked) {
                by_file.entry(path).or_default();
            }
            let marked = by_file.iter().filter(|(_, all)| !all.is_empty());
            state.marked = marked.map(|(path, _)| path.clone()).collect();
            state.last = Some(Arc::new(Seen { sources, analysis }));
            by_file
        };
        for (path, diagnostics) in shown {
            if let Some(uri) = Uri::from_file_path(&path) {
                self.client.publish_diagnostics(uri, diagnostics, None).await;
            }
        }
    }

    fn edit(&self, uri: &Uri, text: Option<String>) {
        let Some(path) = path_of(uri) else { return };
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        match text {
            Some(text) => state.edited.insert(path, Arc::from(text)),
            None => state.edited.remove(&path),
        };
    }

    /// What was found last, and where in it a position of the editor is.
    fn at(&self, params: &TextDocumentPositionParams) -> Option<(Arc<Seen>, SourceId, usize)> {
        let seen = Arc::clone(self.state.lock().unwrap_or_else(PoisonError::into_inner).last.as_ref()?);
        let path = path_of(&params.text_document.uri)?;
        let source = seen.sources.ids().find(|id| seen.sources.name(*id) == path)?;
        let offset = offset(seen.sources.text(source), params.position)?;
        Some((seen, source, offset))
    }
}

impl LanguageServer for Server {
    async fn initialize(&self, params: InitializeParams) -> Result<InitializeResult> {
        let folders = params.workspace_folders.unwrap_or_default();
        let folders = folders.iter().filter_map(|folder| path_of(&folder.uri)).collect();
        self.state.lock().unwrap_or_else(PoisonError::into_inner).folders = folders;
        Ok(InitializeResult {
            capabilities: ServerCapabilities {
                text_document_sync: Some(TextDocumentSyncCapability::Kind(TextDocumentSyncKind::FULL)),
                hover_provider: Some(HoverProviderCapability::Simple(true)),
                definition_provider: Some(OneOf::Left(true)),
                ..ServerCapabilities::default()
            },
            server_info: Some(ServerInfo {
                name: "poolproof".to_owned(),
                version: Some(env!("CARGO_PKG_VERSION").to_owned()),
            }),
            ..InitializeResult::default()
        })
    }

    async fn shutdown(&self) -> Result<()> {
        Ok(())
    }

    async fn did_open(&self, params: DidOpenTextDocumentParams) {
        self.edit(&params.text_document.uri, Some(params.text_document.text));
        self.look().await;
    }

    async fn did_change(&self, params: DidChangeTextDocumentParams) {
        // Texts are sent as a whole: the last one counts.
        if let Some(change) = params.content_changes.into_iter().next_back() {
            self.edit(&params.text_document.uri, Some(change.text));
            self.look().await;
        }
    }

    async fn did_save(&self, _: DidSaveTextDocumentParams) {
        self.look().await;
    }

    async fn did_close(&self, params: DidCloseTextDocumentParams) {
        self.edit(&params.text_document.uri, None);
        self.look().await;
    }

    async fn hover(&self, params: HoverParams) -> Result<Option<Hover>> {
        let Some((seen, source, at)) = self.at(&params.text_document_position_params) else {
            return Ok(None);
        };
        let rules = seen
            .analysis
            .told
            .iter()
            .filter(|told| told.diagnostic.span.is_some_and(|span| contains(span, source, at)));
        let mut pages: Vec<String> = rules.filter_map(|told| told.rule).map(page_markdown).collect();
        let places = Places::new(&seen.sources);
        let is_at = |span: Span| contains(places.in_file(span), source, at);
        pages.extend(about(&seen.analysis.elements, &is_at));
        if pages.is_empty() {
            return Ok(None);
        }
        let contents = MarkupContent { kind: MarkupKind::Markdown, value: pages.join("\n\n---\n\n") };
        Ok(Some(Hover { contents: HoverContents::Markup(contents), range: None }))
    }

    async fn goto_definition(&self, params: GotoDefinitionParams) -> Result<Option<GotoDefinitionResponse>> {
        let Some((seen, source, at)) = self.at(&params.text_document_position_params) else {
            return Ok(None);
        };
        let found = seen.analysis.links.iter().find(|(from, _)| contains(*from, source, at));
        let place = found.and_then(|(_, to)| {
            let uri = Uri::from_file_path(seen.sources.name(to.source))?;
            Some(Location { uri, range: range(&seen.sources, *to) })
        });
        Ok(place.map(GotoDefinitionResponse::Scalar))
    }
}

/// The path as the files of the workspace are named.
fn path_of(uri: &Uri) -> Option<String> {
    Some(shown(&uri.to_file_path()?))
}

fn contains(span: Span, source: SourceId, at: usize) -> bool {
    span.source == source && (span.start as usize..=span.end as usize).contains(&at)
}

fn show(told: &Told, span: Span, sources: &SourceMap) -> Shown {
    let diagnostic = &told.diagnostic;
    let mut message = diagnostic.message.clone();
    for note in &diagnostic.notes {
        message.push('\n');
        message.push_str(note);
    }
    if let Some(help) = &diagnostic.help {
        message.push_str("\nhelp: ");
        message.push_str(help);
    }
    let related = diagnostic.places.iter().filter_map(|(place, label)| {
        let uri = Uri::from_file_path(sources.name(place.source))?;
        let location = Location { uri, range: range(sources, *place) };
        Some(DiagnosticRelatedInformation { location, message: label.clone() })
    });
    Shown {
        range: range(sources, span),
        severity: Some(match diagnostic.severity {
            Severity::Error => DiagnosticSeverity::ERROR,
            Severity::Warning => DiagnosticSeverity::WARNING,
            Severity::Info => DiagnosticSeverity::INFORMATION,
        }),
        code: Some(NumberOrString::String(diagnostic.code.to_owned())),
        source: Some("poolproof".to_owned()),
        message,
        related_information: Some(related.collect()),
        ..Shown::default()
    }
}

/// A span as lines and UTF-16 code units, both from 0.
fn range(sources: &SourceMap, span: Span) -> Range {
    let position = |at: u32| {
        let (line, character) = sources.utf16_position(span.source, at);
        Position { line, character }
    };
    Range { start: position(span.start), end: position(span.end) }
}

/// The byte that a position is at; one beyond the end of its line is the end of the line.
fn offset(text: &str, position: Position) -> Option<usize> {
    let mut begin = 0_usize;
    for _ in 0..position.line {
        begin = text.get(begin..)?.find('\n')?.saturating_add(begin).saturating_add(1);
    }
    let mut units = 0_u32;
    let mut at = begin;
    for c in text.get(begin..)?.chars() {
        if c == '\n' || units >= position.character {
            break;
        }
        units = units.saturating_add(if c.len_utf16() == 2 { 2 } else { 1 });
        at = at.saturating_add(c.len_utf8());
    }
    Some(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_utf_16() {
        let text = "a\r\n\u{1f600}é b\nlast";
        let mut sources = SourceMap::new();
        let source = sources.add("a", text);
        for (at, line, character) in
            [(0, 0, 0), (3, 1, 0), (7, 1, 2), (9, 1, 3), (12, 2, 0), (16, 2, 4), (99, 2, 4)]
        {
            let found = range(&sources, Span::new(source, at, at)).start;
            assert_eq!((found.line, found.character), (line, character), "{at}");
            if at <= text.len() {
                assert_eq!(offset(text, found), Some(at), "{at}");
            }
        }
        assert_eq!(offset(text, Position { line: 9, character: 0 }), None);
    }
}
