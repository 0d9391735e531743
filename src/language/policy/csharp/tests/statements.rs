//! Statements, lambdas, flow and static checks, with results that follow from the C# specification.

use super::super::testing::{Outcome, compile, evaluate, outcome};
use super::super::{Options, Variables};
use crate::diagnostics::{Diagnostics, SourceId};
use crate::policy::scan::RawText;

#[track_caller]
fn gives(text: &str, expected: &str) {
    assert_eq!(evaluate(text), Ok(expected.to_owned()), "{text}");
}

#[track_caller]
fn refused(text: &str, code: &str) {
    match outcome(text) {
        Outcome::Refused(problems) => {
            assert!(
                problems.iter().any(|problem| problem.starts_with(&format!("{code}:"))),
                "{text}: {problems:?}"
            );
        }
        other => panic!("{text}: {other:?}"),
    }
}

#[test]
fn loops_and_locals() {
    gives("@{ int a = 1; for (int i = 0; i < 3; i++) { a += i; } return a; }", "4");
    gives("@{ var s = \"\"; foreach (var c in new[] { \"a\", \"b\" }) { s += c; } return s; }", "\"ab\"");
    gives("@{ int n = 0; while (true) { n++; if (n > 4) { break; } if (n == 2) continue; } return n; }", "5");
    gives("@{ int n = 0; do { n += 2; } while (n < 5); return n; }", "6");
    gives("@{ int[] a = new int[3]; a[1] = 5; a[1]++; a[2] += a[1]--; return a[1] * 10 + a[2]; }", "56");
    gives("@{ int x = 5; int y = x++ + ++x; return y; }", "12");
    gives("@{ byte b = 250; b += 10; return (int)b; }", "4");
}

#[test]
fn lambdas_capture_and_recurse() {
    gives("@{ int k = 2; Func<int, int> f = x => x * k; k = 3; return f(5); }", "15");
    gives(
        "@{ Func<int, Func<int, int>> add = a => b => a + b; var p = add(1); var q = add(10); return p(5) + q(5); }",
        "21",
    );
    gives("@{ int Fact(int n) => n <= 1 ? 1 : n * Fact(n - 1); return Fact(10); }", "3628800");
    gives(
        "@{ int Fib(int n) { if (n < 2) { return n; } var a = Fib(n - 1); return a + Fib(n - 2); } return Fib(12); }",
        "144",
    );
    gives("@{ Action<int> none = x => { }; none(3); return 1; }", "1");
}

#[test]
fn exceptions_are_caught_by_class_and_guard() {
    gives("@{ int zero = 0; try { return 1 / zero; } catch (DivideByZeroException) { return -1; } }", "-1");
    gives(
        "@{ string s = null; int n = 0; try { n = s.Length; } catch (Exception) { n = 7; } finally { n *= 2; } return n; }",
        "14",
    );
    gives(
        "@{ int[] a = { 1 }; try { return a[3]; } catch (IndexOutOfRangeException e) when (a.Length > 5) { return 1; } catch { return 2; } }",
        "2",
    );
    let error = evaluate("@{ int i = 0; while (true) { i++; } return 1; }");
    assert!(error.unwrap_err().starts_with("Steps:"));
    let error = evaluate("@{ int F(int n) => F(n + 1); return F(0); }");
    assert!(error.unwrap_err().starts_with("Depth:"));
}

#[test]
fn patterns_and_switch() {
    gives("@{ object o = 5; if (o is int n && n > 3) { return n; } return 0; }", "5");
    gives(
        "@{ object o = \"x\"; switch (o) { case int n: return 1; case string s when s == \"y\": return 2; case string s: return 3; default: return 4; } }",
        "3",
    );
    gives(
        "@{ int x = 2; switch (x) { case 1: case 2: x = 10; break; default: x = 20; break; } return x; }",
        "10",
    );
    gives("@{ object o = null; return o is null; }", "true");
}

#[test]
fn tuples_come_apart_and_are_copied() {
    gives("@{ var (a, b) = (1, \"x\"); return b + a; }", "\"x1\"");
    gives("@{ var t = (a: 1, b: 2); var u = t; u.a = 9; return t.a * 10 + u.a; }", "19");
    gives("@{ int a = 1, b = 2; (a, b) = (b, a); return a * 10 + b; }", "21");
}

#[test]
fn what_csharp_refuses_is_refused() {
    refused("@{ int x; return x; }", "unassigned-variable");
    refused("@{ int x; if (true == false) { x = 1; } return x; }", "unassigned-variable");
    refused("@{ if (context.Response == null) { return 1; } }", "missing-return");
    refused("@{ int a = 1; int a = 2; return a; }", "name-taken");
    refused("@(1 == \"1\")", "wrong-operands");
    refused("@(2147483647 + 1)", "constant-overflow");
    refused("@(1 / 0)", "constant-overflow");
    refused("@{ int x = 1L; return x; }", "type-mismatch");
    refused("@(contxt.Response)", "unknown-name");
    refused("@(new HttpClient())", "type-not-allowed");
    refused("@(System.IO.File.Exists(\"x\"))", "type-not-allowed");
    refused("@(new Lisst<int>())", "unknown-type");
    refused("@(context.Response.Status)", "unknown-member");
    refused("@{ switch (1) { case 1: int x = 2; default: return 3; } }", "case-falls-through");
    refused("@{ 1 + 2; return 3; }", "expression-syntax");
    refused("@{ foreach (var n in new[] { 1 }) { n = 2; } return 1; }", "not-assignable");
    refused("@(5 as string)", "invalid-cast");
    refused(
        "@{ try { return 1; } catch (Exception) { return 2; } catch (FormatException) { return 3; } }",
        "unreachable-catch",
    );
    refused("@{ switch (1) { case 1: return 1; case 1: return 2; } return 3; }", "duplicate-case");
}

#[test]
fn long_chains_are_not_deep() {
    for (link, unit) in [(" + ", "x"), (" && ", "(x > 0)"), (" || ", "(x < 0)"), (" + ", "\"a\"")] {
        let chain = vec![unit; 400].join(link);
        let text = format!("@{{ int x = 1; return {chain}; }}");
        let worker = std::thread::Builder::new().stack_size(2 << 20);
        let found = worker.spawn(move || evaluate(&text)).unwrap().join().unwrap();
        assert!(found.is_ok(), "{link}: {:?}", found.map(|s| s.len()));
    }
}

#[test]
fn a_cast_of_a_literal_variable_is_warned_about() {
    let mut variables = Variables::new();
    let only_text = [("n".to_owned(), "line 4 sets it to `3`".to_owned())];
    let options = Options { only_text: std::sync::Arc::new(only_text.into()), ..Options::default() };
    let mut codes = |text: &str| {
        let mut diagnostics = Diagnostics::new();
        let raw = RawText::verbatim(SourceId(0), text);
        let found = super::super::Expression::compile_with(&raw, &mut variables, &options, &mut diagnostics);
        assert!(found.is_some(), "{text}: {diagnostics:?}");
        diagnostics.sorted().iter().map(|d| d.code).collect::<Vec<_>>()
    };
    assert_eq!(codes("@((int)context.Variables[\"n\"] > 3)"), ["cast-always-fails"]);
    assert!(codes("@((string)context.Variables[\"n\"] == \"3\")").is_empty());
}

#[test]
fn unguarded_uses_of_the_response_are_known() {
    let find = |text: &str| {
        let mut diagnostics = Diagnostics::new();
        let found = compile(text, &mut Variables::new(), &mut diagnostics).unwrap();
        (found.reads_response(), found.dereferences_response_unguarded().is_some())
    };
    assert_eq!(find("@(context.Response.StatusCode == 429)"), (true, true));
    assert_eq!(find("@(context.Response != null && context.Response.StatusCode == 429)"), (true, false));
    assert_eq!(find("@(context.Response?.StatusCode == 429)"), (true, false));
    assert_eq!(find("@(1 + 1)"), (false, false));
}
