//! Modules import only downwards, and the decision core touches nothing of the outside.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::support::root;

/// Modules by tier. A module may import those of lower tiers only.
const TIERS: &[&[&str]] = &[
    &["units", "semantics", "diagnostics", "random"],
    &["policy", "backend", "workload", "metrics", "tree"],
    &["gateway", "resources", "wording"],
    &["sim", "report", "suite", "rules", "export", "reference", "verify", "wire"],
    &["config", "explain", "contrast", "serve", "mock", "drive"],
    &["cli"],
];

/// Exceptions within the lowest tier: who may import whom.
const ALLOWED_BESIDE: &[(&str, &str)] = &[("diagnostics", "units"), ("random", "units")];

/// What the decision core must not mention.
const FOREIGN_TO_GATEWAY: &[&str] =
    &["f32", "f64", "async", "Instant", "SystemTime", "std::fs", "std::net", "std::thread", "std::io"];

#[test]
fn modules_import_only_downwards() {
    let mut problems = Vec::new();
    let mut seen = 0;
    let all = sources();
    let tests = test_places(&all);
    for file in &all {
        if tests.iter().any(|place| file.starts_with(place)) {
            continue;
        }
        let Some(module) = top_module(file) else { continue };
        let text = fs::read_to_string(root().join("src").join(file)).unwrap();
        let found = violations(&module, depth(file), &text);
        problems.extend(found.into_iter().map(|problem| format!("src/{}: {problem}", file.display())));
        seen += 1;
    }
    assert!(seen > 100, "the files were not found");
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn every_module_has_a_tier() {
    let roots = [
        "src/lib.rs",
        "src/checker/lib.rs",
        "src/decision/lib.rs",
        "src/forward/lib.rs",
        "src/language/lib.rs",
        "src/world/lib.rs",
    ]
    .map(|lib| fs::read_to_string(root().join(lib)).unwrap());
    let modules: BTreeSet<&str> = roots
        .iter()
        .flat_map(|lib| lib.lines())
        .filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';'))
        .collect();
    let tiered: BTreeSet<&str> = TIERS.iter().flat_map(|tier| tier.iter().copied()).collect();
    assert_eq!(modules, tiered);
}

#[test]
fn the_checker_finds_what_it_is_for() {
    for (module, depth, text, expected) in [
        ("gateway", 2, "use crate::policy::Text;", None),
        ("gateway", 2, "use crate::{units::Tokens, semantics::Semantics};", None),
        ("gateway", 2, "use crate::backend::Deployment;", Some("backend")),
        ("gateway", 2, "use crate::{units::Tokens, workload::{Sizes, Trace}};", Some("workload")),
        ("gateway", 2, "fn f() { crate::random::draw() }", Some("random")),
        ("gateway", 2, "use super::super::sim::run;", Some("sim")),
        ("gateway", 2, "use super::breaker::Breaker;", None),
        ("gateway", 1, "use super::config::Scenario;", Some("config")),
        ("gateway", 2, "let x: f64 = 1.0;", Some("f64")),
        ("gateway", 2, "use std::time::Instant;", Some("Instant")),
        ("gateway", 2, "let now = std::time::Instant::now();", Some("Instant")),
        ("gateway", 2, "async fn f() {}", Some("async")),
        ("gateway", 2, "std::fs::read(x)", Some("std::fs")),
        ("gateway", 2, "let std_fs = asynchronous;", None),
        ("gateway", 2, "// crate::sim and f64 in a comment", None),
        ("gateway", 2, "let text = \"crate::sim f64\";", None),
        (
            "gateway",
            2,
            "#[cfg(test)]\nmod tests {\n    use crate::sim::run;\n    fn f() { if a { b } }\n}",
            None,
        ),
        ("gateway", 2, "#[cfg(test)]\nuse crate::sim::run;\nuse crate::cli::main;", Some("cli")),
        ("units", 2, "use crate::semantics::Semantics;", Some("semantics")),
        ("random", 2, "use crate::units::RequestId;", None),
        ("random", 2, "use crate::diagnostics::Span;", Some("diagnostics")),
        ("policy", 2, "use crate::backend::TokenCost;", Some("backend")),
        ("sim", 2, "use crate::report::Summary;", Some("report")),
        ("sim", 2, "use crate::gateway::Gateway;\nlet x: f64 = 0.0;", None),
        ("config", 2, "use crate::cli::main;", Some("cli")),
        ("cli", 2, "use crate::config::Scenario;", None),
    ] {
        let found = violations(module, depth, text);
        match expected {
            None => assert_eq!(found, Vec::<String>::new(), "{text}"),
            Some(name) => {
                assert_eq!(found.len(), 1, "{text}: {found:?}");
                assert!(found[0].contains(name), "{text}: {found:?}");
            }
        }
    }
}

/// What is wrong with the imports of a file of `module` that lies `depth` modules deep (1: `src/x/mod.rs`).
fn violations(module: &str, depth: usize, text: &str) -> Vec<String> {
    let code = without_tests(&without_text(text));
    let mut problems = Vec::new();
    for imported in imports(&code, depth) {
        if imported != module && !may_import(module, &imported) {
            problems.push(format!("`{module}` must not import `{imported}`"));
        }
    }
    if module == "gateway" {
        for foreign in FOREIGN_TO_GATEWAY {
            if mentions(&code, foreign) {
                problems.push(format!("`gateway` must not mention `{foreign}`"));
            }
        }
    }
    problems
}

fn tier(module: &str) -> Option<usize> {
    TIERS.iter().position(|tier| tier.contains(&module))
}

fn may_import(module: &str, imported: &str) -> bool {
    // The decision core is kept from these by name too, wherever they may move.
    if module == "gateway" && ["backend", "workload", "random"].contains(&imported) {
        return false;
    }
    match (tier(module), tier(imported)) {
        (Some(own), Some(other)) => other < own || ALLOWED_BESIDE.contains(&(module, imported)),
        _ => false,
    }
}

/// Top modules that are named in `crate::` paths, or in `super::` paths that lead out of the own one.
fn imports(code: &str, depth: usize) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (at, _) in code.match_indices("crate::") {
        if starts_word(code, at) {
            collect(&code[at + "crate::".len()..], &mut found);
        }
    }
    for (at, _) in code.match_indices("super::") {
        if !starts_word(code, at) || code[..at].ends_with("super::") {
            continue;
        }
        let mut rest = &code[at..];
        let mut ups = 0;
        while let Some(after) = rest.strip_prefix("super::") {
            rest = after;
            ups += 1;
        }
        if ups >= depth {
            collect(rest, &mut found);
        }
    }
    found
}

/// The first names of `a::b` or of `{a::b, c::{d, e}}`.
fn collect(path: &str, found: &mut BTreeSet<String>) {
    let Some(group) = path.strip_prefix('{') else {
        let name: String = path.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
        found.insert(name);
        return;
    };
    let mut level = 0;
    let mut start = Some(0);
    for (at, c) in group.char_indices() {
        match c {
            '{' => level += 1,
            '}' if level == 0 => break,
            '}' => level -= 1,
            ',' if level == 0 => start = Some(at + 1),
            c if !c.is_whitespace() && level == 0 => {
                if let Some(begin) = start.take() {
                    collect(group[begin..].trim_start(), found);
                }
            }
            _ => {}
        }
    }
}

fn starts_word(code: &str, at: usize) -> bool {
    !code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == '$')
}

fn mentions(code: &str, word: &str) -> bool {
    code.match_indices(word).any(|(at, _)| {
        let after = &code[at + word.len()..];
        starts_word(code, at) && !after.starts_with(|c: char| c.is_alphanumeric() || c == '_')
    })
}

/// The code without comments and with empty strings.
fn without_text(text: &str) -> String {
    let mut code = String::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        if rest.starts_with("//") {
            rest = &rest[rest.find('\n').unwrap_or(rest.len())..];
        } else if rest.starts_with("/*") {
            rest = &rest[rest.find("*/").map_or(rest.len(), |end| end + 2)..];
        } else if let Some(hashes) = raw_string(rest) {
            let close = format!("\"{}", "#".repeat(hashes));
            let body = &rest[hashes + 2..];
            rest = &body[body.find(&close).map_or(body.len(), |end| end + close.len())..];
            code.push_str("\"\"");
        } else if c == '"' {
            let mut end = 1;
            let bytes = rest.as_bytes();
            while end < bytes.len() && bytes[end] != b'"' {
                end += if bytes[end] == b'\\' { 2 } else { 1 };
            }
            rest = &rest[(end + 1).min(rest.len())..];
            code.push_str("\"\"");
        } else if let Some(length) = char_literal(rest) {
            rest = &rest[length..];
            code.push_str("' '");
        } else {
            code.push(c);
            rest = &rest[c.len_utf8()..];
        }
    }
    code
}

/// The number of `#` if a raw string begins here.
fn raw_string(rest: &str) -> Option<usize> {
    let body = rest.strip_prefix('r')?;
    let hashes = body.len() - body.trim_start_matches('#').len();
    body[hashes..].starts_with('"').then_some(hashes)
}

/// The length of a character literal that begins here; lifetimes are none.
fn char_literal(rest: &str) -> Option<usize> {
    let body = rest.strip_prefix('\'')?;
    let mut chars = body.char_indices();
    let (_, first) = chars.next()?;
    if first == '\\' {
        return body[2..].find('\'').map(|end| end + 4);
    }
    let (at, second) = chars.next()?;
    (second == '\'').then_some(at + 2)
}

/// The code without items behind `#[cfg(test)]`.
pub(crate) fn without_tests(code: &str) -> String {
    const MARK: &str = "#[cfg(test)]";
    let mut kept = String::new();
    let mut rest = code;
    while let Some(at) = rest.find(MARK) {
        kept.push_str(&rest[..at]);
        rest = &rest[at + MARK.len()..];
        let end = rest.find([';', '{']).unwrap_or(rest.len());
        if !rest[end..].starts_with('{') {
            rest = rest.get(end + 1..).unwrap_or("");
            continue;
        }
        let mut level = 0;
        let close = rest[end..].char_indices().find(|(_, c)| {
            level += match c {
                '{' => 1,
                '}' => -1,
                _ => 0,
            };
            level == 0
        });
        rest = close.map_or("", |(close, _)| &rest[end + close + 1..]);
    }
    kept + rest
}

/// All source files, relative to `src`.
pub(crate) fn sources() -> Vec<PathBuf> {
    let names = crate::support::files(&root().join("src")).into_keys();
    names.map(PathBuf::from).filter(|p| p.extension().is_some_and(|e| e == "rs")).collect()
}

/// The files, and folders of files, of modules that are declared behind `#[cfg(test)]`.
pub(crate) fn test_places(all: &[PathBuf]) -> Vec<PathBuf> {
    let mut places = Vec::new();
    for parent in all {
        let text = fs::read_to_string(root().join("src").join(parent)).unwrap();
        if !text.contains("#[cfg(test)]") {
            continue;
        }
        let folder = folder_of_children(parent);
        for module in test_modules(&without_text(&text)) {
            places.push(folder.join(format!("{module}.rs")));
            places.push(folder.join(module));
        }
    }
    places
}

/// Names of modules declared as `#[cfg(test)] mod name;`.
fn test_modules(code: &str) -> Vec<String> {
    let declarations = code.split("#[cfg(test)]").skip(1);
    let name = |text: &str| {
        let (name, _) = text.trim_start().strip_prefix("mod ")?.split_once(';')?;
        (!name.contains('{')).then(|| name.trim().to_owned())
    };
    declarations.filter_map(name).collect()
}

/// Where the files of a file's child modules are.
pub(crate) fn folder_of_children(file: &Path) -> PathBuf {
    let stem = file.file_stem().unwrap().to_str().unwrap();
    if ["mod", "lib", "main"].contains(&stem) {
        file.parent().unwrap().to_path_buf()
    } else {
        file.with_extension("")
    }
}

/// Folders that are packages of their own.
const PACKAGES: &[&str] = &["checker", "decision", "forward", "language", "world"];

/// The file below the root of its package.
fn in_package(file: &Path) -> &Path {
    PACKAGES.iter().find_map(|package| file.strip_prefix(package).ok()).unwrap_or(file)
}

fn top_module(file: &Path) -> Option<String> {
    let first = in_package(file).components().next()?.as_os_str().to_str()?;
    (!["lib.rs", "main.rs"].contains(&first)).then(|| first.trim_end_matches(".rs").to_owned())
}

fn depth(file: &Path) -> usize {
    folder_of_children(in_package(file)).components().count()
}
