//! Every file of the fuzz corpora, through the laws that the fuzz targets look for counterexamples of.

use std::fs;
use std::path::{Path, PathBuf};

#[path = "../../fuzz/laws.rs"]
mod laws;

fn corpus(target: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target);
    let mut paths: Vec<PathBuf> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    assert!(paths.len() >= 10, "{}: too few files to mean anything", folder.display());
    paths.into_iter().map(|path| (path.clone(), fs::read(path).unwrap())).collect()
}

/// Runs the law on each file; says which one breaks it.
fn check(target: &str, law: fn(&[u8])) {
    let broken: Vec<String> = corpus(target)
        .into_iter()
        .filter(|(_, bytes)| std::panic::catch_unwind(|| law(bytes)).is_err())
        .map(|(path, _)| path.display().to_string())
        .collect();
    assert!(broken.is_empty(), "broken by:\n{}", broken.join("\n"));
}

#[test]
fn documents_of_the_corpus_keep_the_laws() {
    check("document", laws::document);
}

#[test]
fn resources_of_the_corpus_keep_the_laws() {
    check("template", laws::template);
    check("bicep", laws::bicep);
    check("terraform", laws::terraform);
    check("resources", laws::resources);
}

#[test]
fn expressions_of_the_corpus_keep_the_laws() {
    check("expression", laws::expression);
}

#[test]
fn evaluations_of_the_corpus_keep_the_laws() {
    check("evaluator", laws::evaluator);
}
