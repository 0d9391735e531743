//! Input that is wrong, hostile, or too large.

use proptest::prelude::*;

use super::styles::read;

fn codes(files: &[(&str, &str)]) -> Vec<String> {
    let (_, problems, _) = read(files);
    problems.iter().map(|problem| problem.split(':').next().unwrap_or_default().to_owned()).collect()
}

fn with_url(declarations: &str, url: &str) -> String {
    format!(
        "{declarations}\nresource b 'Microsoft.ApiManagement/service/backends@2024-05-01' = {{\n  name: 'apim/b'\n  properties: {{\n    url: {url}\n  }}\n}}\n"
    )
}

#[test]
fn problems_of_syntax_have_places_and_the_rest_is_read() {
    let good = with_url("", "'https://x/openai'");
    for (text, code) in [
        ("var a = \n", "bicep-syntax 1"),
        ("var a = 'b\n", "bicep-syntax 1"),
        ("var a = [1, 2\n", "bicep-syntax"),
        ("resource x = {\n}\n", "bicep-syntax 1"),
        ("param\n", "bicep-syntax 1"),
        ("var a = { b 1 }\n", "bicep-syntax 1"),
        ("var a = 'x${'\n", "bicep-syntax 1"),
        ("var a = ~\n", "bicep-syntax 1"),
    ] {
        let whole = format!("{text}{good}");
        let (inventory, problems, _) = read(&[("main.bicep", &whole)]);
        assert!(problems.iter().any(|p| p.starts_with(code)), "{text}: {problems:?}");
        if code.ends_with('1') {
            assert_eq!(inventory.resources.len(), 1, "{text}");
        }
        assert!(inventory.is_partial, "{text}");
    }
    assert_eq!(codes(&[("main.bicep", "/* x")]), ["bicep-syntax 1"]);
}

#[test]
fn circles_are_told() {
    assert_eq!(
        codes(&[("main.bicep", &with_url("var a = b\nvar b = '${a}'", "a"))]),
        ["circular-definition 2"]
    );
    assert_eq!(codes(&[("main.bicep", &with_url("", "b.properties.url"))]), ["evaluation-limit 5"]);
    let module = "module m 'main.bicep' = {\n  name: 'm'\n}\n";
    assert_eq!(codes(&[("main.bicep", module)]), ["circular-definition 1"]);
    let (a, b) = ("module m 'b.bicep' = {\n  name: 'm'\n}\n", "module m 'a.bicep' = {\n  name: 'm'\n}\n");
    assert_eq!(codes(&[("a.bicep", a), ("b.bicep", b)]), ["circular-definition 1"]);
    let parents = "resource a 'Microsoft.ApiManagement/service/backends@2024-05-01' = {\n  name: 'a'\n  parent: b\n}\nresource b 'Microsoft.ApiManagement/service/backends@2024-05-01' = {\n  name: 'b'\n  parent: a\n}\n";
    assert_eq!(codes(&[("main.bicep", parents)]).len(), 1);
}

#[test]
fn everything_is_bounded() {
    let deep = format!("var a = {}{}\n", "[".repeat(100_000), "]".repeat(100_000));
    assert!(!codes(&[("main.bicep", &deep)]).is_empty());
    let deep = format!("var a = {}1\n", "!".repeat(100_000));
    assert!(!codes(&[("main.bicep", &deep)]).is_empty());
    let deep = format!("var a = {}1\n", "1 + ".repeat(100_000));
    assert!(!codes(&[("main.bicep", &deep)]).is_empty());
    let deep = format!("var a = {}\n", "'${".repeat(50_000));
    assert!(!codes(&[("main.bicep", &deep)]).is_empty());
    let deep = format!("var a = b{}\n", ".c".repeat(50_000));
    assert!(!codes(&[("main.bicep", &deep)]).is_empty());
    let deep = format!(
        "{{ \"$schema\": \"deploymentTemplate.json#\", \"resources\": [], \"variables\": {{ \"a\": \"[{}\" }} }}",
        "concat(".repeat(50_000)
    );
    assert_eq!(codes(&[("main.json", &deep)]), Vec::<String>::new());
    // Doubling: texts, lists, objects.
    for value in
        ["'${a0}${a0}'", "concat(a0, a0)", "[a0, a0]", "{ a: a0, b: a0 }", "union({ a: a0 }, { b: a0 })"]
    {
        let start = if value.starts_with("concat") { "['x']" } else { "'xxxxxxxxxxxxxxxxxxxxxxxx'" };
        let mut text = format!("var a0 = {start}\n");
        for n in 1..60 {
            text.push_str(&format!("var a{n} = {}\n", value.replace("a0", &format!("a{}", n - 1))));
        }
        codes(&[("main.bicep", &with_url(&text, "a59 == a58 ? a59 : a58"))]);
    }
    let loops = with_url("var a = range(0, 10000)", "[for x in a: [for y in a: [for z in a: z]]]");
    assert_eq!(codes(&[("main.bicep", &loops)]).len(), 1);
    let reduce = with_url("", "reduce(range(0, 10000), [], (a, b) => [a])");
    codes(&[("main.bicep", &reduce)]);
    let many = "module m 'b.bicep' = [for i in range(0, 100): {\n  name: 'm'\n}]\n";
    let more = "module m 'c.bicep' = [for i in range(0, 100): {\n  name: 'm'\n}]\n";
    let last = with_url("", "'x'");
    assert_eq!(codes(&[("a.bicep", many), ("b.bicep", more), ("c.bicep", &last)]), ["evaluation-limit 1"]);
    let mut chain = String::from("var a0 = 1\n");
    for n in 1..500 {
        chain.push_str(&format!("var a{n} = a{} + 1\n", n - 1));
    }
    assert_eq!(codes(&[("main.bicep", &with_url(&chain, "a499"))]).len(), 1);
}

/// The service deploys 800 resources, in loops of 800 rounds: nothing that it takes comes to a bound.
#[test]
fn as_much_as_can_be_deployed_is_evaluated() {
    let backends = "var all = map(range(0, 800), i => map(range(0, 800), j => i + j))\nresource b 'Microsoft.ApiManagement/service/backends@2024-05-01' = [for i in range(0, 800): {\n  name: 'apim/b${i}'\n  properties: {\n    url: 'https://b${i}.example.com/${all[i][i]}'\n    protocol: 'http'\n  }\n}]\n";
    let (inventory, problems, _) = read(&[("main.bicep", backends)]);
    assert_eq!(problems, Vec::<String>::new());
    assert_eq!(inventory.resources.len(), 800);
    let module = "module m 'b.bicep' = [for i in range(0, 800): {\n  name: 'm${i}'\n}]\n";
    let inner = "module m 'c.bicep' = {\n  name: 'm'\n}\n";
    let last = with_url("", "'x'");
    assert_eq!(codes(&[("a.bicep", module), ("b.bicep", inner), ("c.bicep", &last)]), Vec::<String>::new());
    // Variables that are made of one another.
    let mut chain = String::from("var a0 = 'x'\n");
    for n in 1..64 {
        chain.push_str(&format!("var a{n} = '${{a{}}}y'\n", n - 1));
    }
    assert_eq!(codes(&[("main.bicep", &with_url(&chain, "a63"))]), Vec::<String>::new());
}

#[test]
fn undeclared_names_are_told_with_a_close_one() {
    let text = with_url("var endpoint = 'x'", "endpont");
    let (_, problems, _) = read(&[("main.bicep", &text)]);
    assert_eq!(
        problems,
        [
            "undeclared-name 5: the name `endpont` is not declared [expected a name that this template declares]"
        ]
    );
    // A file of which something could not be read may declare it there.
    let text = with_url("var endpoint = \n", "endpoint");
    assert_eq!(codes(&[("main.bicep", &text)]), ["bicep-syntax 1"]);
}

proptest! {
    #[test]
    fn any_bicep_is_survived(text in "[ \\n'${}()\\[\\]:=.?!,@a-c0-9|&<>+*/-]{0,80}|.{0,60}") {
        read(&[("main.bicep", &text), ("main.bicepparam", &text)]);
    }

    #[test]
    fn any_words_of_bicep_are_survived(words in proptest::collection::vec(prop_oneof![
        Just("param"), Just("var"), Just("resource"), Just("module"), Just("a"), Just("b"), Just("'x${a}'"), Just("="), Just("{"), Just("}"),
        Just("["), Just("]"), Just("for"), Just("in"), Just(":"), Just("if"), Just("("), Just(")"), Just("\n"), Just("'M.A/b@1'"), Just("?"),
        Just("."), Just("=>"), Just("'''"), Just("existing"), Just("parent"), Just("name"), Just("import"), Just("func"), Just("@"), Just("..."),
        Just("'Microsoft.ApiManagement/service/backends@2024-05-01'"), Just("'main.bicep'"), Just("1"), Just("properties"), Just("//x\n"), Just("range"),
    ], 0..60)) {
        read(&[("main.bicep", &words.join(" "))]);
    }

    #[test]
    fn any_expression_is_survived(text in "\\[[ a-c0-9'().,\\[\\]?-]{0,40}\\]|\\[(concat|if|parameters|variables)\\('[a-z]?'[),\\]]{0,5}") {
        let json = serde_json::json!({ "$schema": "deploymentTemplate.json#", "variables": { "a": text },
            "resources": [{ "type": "Microsoft.ApiManagement/service/backends", "name": text, "properties": { "url": "[variables('a')]", "copy": text } }] });
        read(&[("main.json", &json.to_string())]);
    }
}

#[test]
fn long_files_take_time_that_grows_no_faster() {
    for text in [
        "'${\n",
        "var a = '${\n",
        "(a,\n",
        "foo ( '${\n",
        "\n",
        "'a${'b${",
        "{ a: ",
        "param a {\n",
        "/*",
        "''' ",
        "x.y ? ",
        "@a\n",
        "var a = [\n",
        "resource a 'x@1' = {\n",
        "foo\n",
    ] {
        read(&[("main.bicep", &text.repeat(200_000))]);
    }
    let mut text = String::from("var a = {\n");
    for n in 0..20_000 {
        text.push_str(&format!("  a{n}: {n}\n"));
    }
    text.push_str("}\n");
    let url = "map(range(0, 9999), n => union(a, { 'b${n}': a['a${n}'] }))";
    let (inventory, problems, _) = read(&[("main.bicep", &with_url(&text, url))]);
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert!(inventory.is_partial);
}

#[test]
fn the_deepest_that_is_accepted_fits_the_stack() {
    for (open, close) in [
        ("(", ")"),
        ("[", "]"),
        ("{ a: ", " }"),
        ("if(true, ", ", 1)"),
        ("[for x in [1]: ", "]"),
        ("map([1], x => ", ")"),
        ("'${", "}'"),
        ("!", ""),
        ("true ? ", " : 1"),
        ("reduce([1], 0, (a, b) => ", ")"),
        ("f(", ")"),
        ("1 + (", ")"),
    ] {
        for levels in [10, 30, 45, 90, 94, 95, 96, 97] {
            let nested = format!("{}1{}", open.repeat(levels), close.repeat(levels));
            let text =
                format!("func f(a int) int => a\nvar v0 = {nested}\nvar v1 = {}", nested.replace('1', "v0"));
            read(&[("main.bicep", &with_url(&text, &nested.replace('1', "v1")))]);
        }
    }
    for levels in [30, 60, 90, 95, 96] {
        let nested = format!("[{}1{}]", "if(true(), ".repeat(levels), ", 1)".repeat(levels));
        let json = serde_json::json!({ "$schema": "deploymentTemplate.json#", "variables": { "a": nested, "b": nested.replace(" 1)", " variables('a'))") },
            "resources": [{ "type": "Microsoft.ApiManagement/service/backends", "name": "a/b", "properties": { "url": "[variables('b')]" } }] });
        read(&[("main.json", &json.to_string())]);
    }
    let mut parents = String::new();
    for n in 0..300 {
        parents.push_str(&format!(
            "resource r{n} 'Microsoft.ApiManagement/service/backends@2024-05-01' = {{\n  name: 'r'\n  parent: r{}\n}}\n",
            n + 1
        ));
    }
    read(&[("main.bicep", &parents)]);
}
