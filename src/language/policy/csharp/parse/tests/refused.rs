//! What is refused: the kind of problem, and its place between the marks `«` and `»`.

use super::{NamedValues, read};
use crate::diagnostics::Diagnostics;

/// Problems of syntax.
const SYNTAX: &[&str] = &[
    // The whole.
    "«@()»",
    "«@( )»",
    "«@{}»",
    "«@{ // nothing\n}»",
    "@(a«;»)",
    "@(f(a)«;» )",
    "@(«return» a;)",
    "@(«return» a)",
    "@(«var» x = 1)",
    "@(«if» (a) { })",
    "@(a «b»)",
    "@(a«,» b)",
    // Operands and operators.
    "@(a +«»)",
    "@(a + «*» b)",
    "@(a => b =>«»)",
    "@(«==» a)",
    "@(a == «==» b)",
    "@(a && «||» b)",
    "@(a ? b«»)",
    "@(a ? b : «»)",
    "@(a ?? «»)",
    "@(!«»)",
    "@(a.«»)",
    "@(a«.1»)",
    "@(a?.«»)",
    "@(a.«class»)",
    "@(a.b.«if» == 1)",
    "@((«)»)",
    "@((a «b»))",
    "@(f(a «b»))",
    "@(f(a,«)»)",
    "@(f(«,»a))",
    "@(a[«]»)",
    "@(«(a: 1)»)",
    "@(«1» = a)",
    "@(a = «b == c» = d)",
    "@(«f()» = 1)",
    "@(«a?.b» = 1)",
    "@(«a + b» += 1)",
    "@(1 + «throw» a)",
    "@(f(«throw» a))",
    "@(int«»)",
    "@(int «x»)",
    "@(f(string«)»)",
    "@(a is«»)",
    "@(a as«»)",
    "@(a as «1»)",
    "@(typeof(«1»))",
    "@(default(«)»)",
    "@(nameof(«1»))",
    "@(nameof(«a + b»))",
    "@(new «1»)",
    "@(new Foo«»)",
    "@(new Foo«.»)",
    "@(new int[]«»)",
    "@(new Foo { A = 1, «2» })",
    "@(new Foo { [1] = 2, «3» })",
    "@(new Foo { A = «}»)",
    "@(new Foo { a «b» })",
    "@(new Foo { { «}» })",
    "@(new { «f()» })",
    "@(new { «1 + 2» })",
    "@(f((a, int «b») => a))",
    "@(x => «»)",
    "@((«1», 2) => a)",
    "@(«case»)",
    // Characters.
    "@(a «#» b)",
    "@(a «$» b)",
    "@(a «\\» b)",
    "@(«@»(a))",
    "@(a «`»b«`»)",
    "@(a «§» b)",
    "@(a«\u{200b}» b)",
    "@(f(«“»a”))",
    "@(f(«‘»a’))",
    "@(«„»a“ + 1)",
    // Literals.
    "@(«12ab»)",
    "@(«1_»)",
    "@(«1__0_»)",
    "@(«0x»)",
    "@(«0b2»)",
    "@(«99999999999999999999»)",
    "@(«1e999»)",
    "@(«1e99f»)",
    "@(«99999999999999999999999999999999m»)",
    "@(«1.5L»)",
    "@(«0xFFm1»)",
    "@(\"a«\\q»\")",
    "@(\"a«\\u12»\")",
    "@(\"«\\x»g\")",
    "@(\"«\\U00110000»\")",
    "@('«\\q»')",
    // Interpolated strings.
    "@($\"{«}»\")",
    "@($\"a «}»\")",
    "@($\"{a «b»}\")",
    "@($\"{a ? b«:c»}\")",
    "@($\"{a«:»}\")",
    "@($\"{a«:N2 »}\")",
    "@($\"«\\u007b»\")",
    "@($\"{a +«}»\")",
    // Statements.
    "@{ return 1«» }",
    "@{ var x = 1«» return x; }",
    "@{ var x = f()«»\n  if (x) { return 1; } return 2; }",
    "@{ x = 1«» }",
    "@{ break«» }",
    "@{ «a»; }",
    "@{ «a» }",
    "@{ «a == 1»; return 1; }",
    "@{ «a + b»; return 1; }",
    "@{ «\"a\"» }",
    "@{ «else» { } }",
    "@{ «catch» { } }",
    "@{ if «a» { return 1; } }",
    "@{ if (a) «var» x = 1; return x; }",
    "@{ try { f(); } «return» 1; }",
    "@{ do { f(); } «return» 1; }",
    "@{ foreach (var x «of» y) { } return 1; }",
    "@{ foreach («x» in y) { } return 1; }",
    "@{ for (var i = 0«)» { } return 1; }",
    "@{ for (var i = 0; i < 3«)» { } return 1; }",
    "@{ switch (a) { «return» 1; } return 2; }",
    "@{ switch (a) { case 1: «}» return 2; }",
    "@{ const «x» = 1; return x; }",
    "@{ var «class» = 1; return 1; }",
    "@{ int x «int» y; return 1; }",
    "@{ List<int> x = «{» 1 }; return x; }",
    "@{ return a «b»; }",
    "@{ return «=» a; }",
    "@{ int F(a«)» { return 1; } return F(1); }",
];

/// What C# has since version 8, or what policies do without.
const UNSUPPORTED: &[&str] = &[
    "@(a «switch» { 1 => 2, _ => 3 })",
    "@(a «??=» b)",
    "@(a[«^»1])",
    "@(a[1«..»3])",
    "@(a[«..»3])",
    "@(a«..»)",
    "@(a is «not» null)",
    "@(a is «not» string s)",
    "@(a is 1 «or» 2)",
    "@(a is string «or» int)",
    "@(a is «>» 5)",
    "@(a is «{» Length: 5 })",
    "@(a«!».b)",
    "@(f(a«!»))",
    "@(«\"\"\"»a\"\"\")",
    "@(\"a\"«u8»)",
    "@(new«(»1))",
    "@(f(new «(»)))",
    "@(«[»1, 2])",
    "@(f(«static» x => x))",
    "@(a «with» { B = 1 })",
    "@($\"{a«\n»}\")",
    "@{ using «System».Linq; return 1; }",
    "@{ using «var» x = f(); return x; }",
    "@{ «record» A(int B); return 1; }",
    "@{ «class» A { } return 1; }",
    "@{ «goto» a; }",
    "@{ «a»: return 1; }",
    "@{ «yield» return 1; }",
    "@{ foreach («var» (a, (b, c)) in d) { } return 1; }",
    "@{ «unsafe» { return 1; } }",
    "@{ «static» int F() => 1; return F(); }",
    "@{ «async» Task F() { } return 1; }",
    "@{ var x = «await» f(); return x; }",
    "@{ «await» f(); return 1; }",
    "@{ «var» (a, (b, c)) = d; return a; }",
    "@{ switch (a) { case «_»: return 1; } }",
    "@{ switch (a) { case «>» 1: return 1; default: return 2; } }",
    "@{ int F(int a «=» 1) => a; return F(); }",
    "@{ T «F»<T>(T a) => a; return F(1); }",
    "@{ int F(«out» int a) { a = 1; return 1; } return 1; }",
    "@{ int[,] a = «{» { 1 } }; return a; }",
    "@{ «ref» int a = ref b; return a; }",
    "@{ return 1;\n«#region» x\n }",
    "@(f(«async» x => x))",
    "@(«async» () => x)",
    "@(new Foo { [1] = 2, «A = 1» })",
    "@(«this».a)",
    "@(«base».a)",
    "@(«stackalloc» int[3])",
    "@(a«->»b)",
    "@(f(«in» a))",
    "@(typeof(List«<»>))",
    "@(new int«[»,] { { 1 } })",
    "@(new[] { «{» 1 } })",
];

/// Brackets that do not match.
const UNBALANCED: &[&str] = &[
    "@«(»a",
    "@(a«]»",
    "@(f(a«]»",
    "@(a[b«)»]",
    "@(«\"»a)",
    "@(a + «/»* )",
    "@{ if (a { return 1; } «}»",
    "@{ f(a«}»",
    "@{ f(a)«)»; return 1; }",
    "@(a == «@»\"b)",
];

/// Several problems at once.
const SEVERAL: &[&str] = &[
    "@{ var x = a «b»; var y = c «d»; return x; }",
    "@{ if (a «b») { f(c «d»); } else { g(e «f»); } return 1; }",
    "@{ if (a «b») { } else if (c «d») { } return e «f»; }",
    "@{ var x = «;» return a is «not» null; }",
    "@{ x «??=» 1; y«!».f(); return z[«^»1]; }",
    "@{ var x = new { «f()» }; var y = «;» return y; }",
    "@{ list.Where(x => { return x «y»; }); z «1»; }",
    "@{ switch (a) { case 1: return b «c»; case 2: return d «e»; } }",
    "@{ try { f(a «b»); } catch (Exception e) { g(c «d»); } }",
    "@(\"«\\q»\" + «1_» + a «b»)",
    "@{ for (var i = 0; i «j»; i++) { f(a «b»); } return 1«» }",
    "@{ «a»; «b»; «c»; «d»; «e»; «f»; «g»; «h»; i; j; }",
];

/// The code without its marks, and the places between them.
fn unmarked(text: &str) -> (String, Vec<(usize, usize)>) {
    let (mut code, mut places, mut start) = (String::new(), Vec::new(), 0);
    for c in text.chars() {
        match c {
            '«' => start = code.len(),
            '»' => places.push((start, code.len())),
            _ => code.push(c),
        }
    }
    (code, places)
}

/// Text with marks at the problems of this code.
fn marked(code: &str, diagnostics: &Diagnostics) -> String {
    let mut text = code.to_owned();
    for d in diagnostics.sorted().iter().rev() {
        let span = d.span.unwrap();
        text.insert(span.end as usize, '»');
        text.insert(span.start as usize, '«');
    }
    text
}

fn assert_refused(cases: &[&str], expected: &[&str]) {
    let mut wrong = Vec::new();
    for text in cases {
        let (code, places) = unmarked(text);
        let (tree, diagnostics) = read(&code, NamedValues::Refuse);
        let found: Vec<(usize, usize)> = diagnostics
            .sorted()
            .iter()
            .map(|d| (d.span.unwrap().start as usize, d.span.unwrap().end as usize))
            .collect();
        let kinds_fit =
            expected.is_empty() || diagnostics.sorted().iter().all(|d| expected.contains(&d.code));
        if found != places || !kinds_fit || tree.is_some() {
            let told: Vec<_> = diagnostics.sorted().iter().map(|d| (d.code, d.message.clone())).collect();
            wrong.push((*text, marked(&code, &diagnostics), told));
        }
    }
    assert!(wrong.is_empty(), "{} {wrong:#?}", wrong.len());
}

#[test]
fn what_is_no_csharp_is_refused() {
    assert!(SYNTAX.len() >= 80);
    assert_refused(SYNTAX, &["expression-syntax"]);
}

#[test]
fn what_is_newer_is_named() {
    assert_refused(UNSUPPORTED, &["newer-syntax", "unsupported-expression"]);
}

#[test]
fn brackets_have_to_match() {
    assert_refused(UNBALANCED, &["unbalanced-expression"]);
}

#[test]
fn several_problems_are_told_at_once() {
    assert_refused(SEVERAL, &[]);
}

#[test]
fn the_frame_of_an_expression_is_checked() {
    for (text, code) in [
        ("@(a", "unbalanced-expression"),
        ("@(a]", "unbalanced-expression"),
        ("@(\"a)", "unbalanced-expression"),
        ("a", "expression-syntax"),
        ("", "expression-syntax"),
        ("@(a) b", "text-after-expression"),
        ("@(a)@(b)", "text-after-expression"),
        ("@(a == {{b}})", "named-value"),
        ("@(\"{{b}}\")", "named-value"),
    ] {
        let (tree, diagnostics) = read(text, NamedValues::Refuse);
        let codes: Vec<&str> = diagnostics.sorted().iter().map(|d| d.code).collect();
        assert_eq!((codes, tree.is_none()), (vec![code], true), "{text}");
    }
}

#[test]
fn messages_say_what_was_expected_and_help() {
    let told = |text: &str| {
        let (_, diagnostics) = read(text, NamedValues::Refuse);
        let d = diagnostics.sorted()[0].clone();
        (d.message, d.label, d.help.unwrap_or_default())
    };
    for (text, message, label, help) in [
        ("@(a b)", "expected an operator or the end of the expression, found `b`", "", ""),
        ("@(a;)", "`;` inside of `@( ... )`", "expected the end", "leave `;` out"),
        ("@{ return 1 }", "`;` is missing", "expected `;`", "ends with `;`"),
        ("@()", "this expression is empty", "expected a value", ""),
        ("@(return a)", "`return` begins a statement", "expected a value", "@{ ... }"),
        ("@(“a”)", "`“` is a typographic quote", "expected `\"`", "straight quote"),
        ("@(a is not null)", "`is not` needs C# 9", "not part of C# 7", "x != null"),
        ("@(a ??= b)", "the operator `??=` needs C# 8", "not part of C# 7", "a = a ?? b"),
        ("@(a switch { })", "a `switch` expression needs C# 8", "not part of C# 7", "`?:`"),
        ("@(a.class)", "`class` is a keyword of C#", "the name of a member", "@class"),
        ("@{ a == 1; }", "the value of this is not used", "expected a call", "write `return`"),
        ("@(1 = a)", "nothing can be assigned to this", "expected a variable", "`==` compares"),
    ] {
        let (found_message, found_label, found_help) = told(text);
        assert_eq!(found_message, message, "{text}");
        assert!(found_label.contains(label), "{text}: {found_label}");
        assert!(found_help.contains(help), "{text}: {found_help}");
    }
}
