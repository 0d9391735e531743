//! Input that is wrong, hostile, or too large.

use proptest::prelude::*;

use crate::resources::eval::tests::styles::read;

const GOOD: &str = "resource \"azurerm_api_management_backend\" \"b\" {\n  name = \"b\"\n  api_management_name = \"a\"\n  url = \"https://b\"\n}\n";

fn codes(files: &[(&str, &str)]) -> Vec<String> {
    let (_, problems, _) = read(files);
    problems.iter().map(|problem| problem.split(':').next().unwrap_or_default().to_owned()).collect()
}

#[test]
fn problems_of_syntax_have_places_and_other_files_are_read() {
    for (text, place) in [
        ("resource \"x\" \"y\" {\n", "1"),
        ("resource \"x\" {\n  a = \n}\n", "2"),
        ("a = \"b\n", "1"),
        ("locals {\n  a = [1, 2\n}\n", "3"),
        ("locals {\n  a = <<EOT\n  x\n", "3"),
        ("locals {\n  a = \"${\"\n}\n", "2"),
        ("x {\n  min = 1 max = 2\n}\n", "2"),
        ("]\n", "1"),
        ("\u{e9}\u{e9} = = 1\n", "1"),
    ] {
        let (inventory, problems, _) = read(&[("a.tf", text), ("b.tf", GOOD)]);
        assert_eq!(problems.len(), 1, "{text}: {problems:?}");
        assert!(problems[0].starts_with(&format!("terraform-syntax {place}:")), "{text}: {problems:?}");
        assert_eq!(inventory.resources.len(), 1, "{text}");
        assert!(inventory.is_partial, "{text}");
    }
    // Cut off anywhere it does not panic.
    for end in 0..GOOD.len() {
        read(&[("a.tf", GOOD.get(..end).expect("it is ASCII"))]);
    }
    assert_eq!(codes(&[("a.tf", "")]), Vec::<String>::new());
    assert_eq!(codes(&[("a.tf", &GOOD.replace('\n', "\r\n"))]), Vec::<String>::new());
    assert_eq!(codes(&[("x.tfvars", "a = "), ("a.tf", GOOD)]), ["terraform-syntax 1"]);
    assert_eq!(codes(&[("plan.json", "{ \"terraform_version\": ")]), ["json-syntax 1"]);
}

#[test]
fn circles_are_told() {
    let named = |declarations: &str, name: &str| {
        format!(
            "{declarations}\nresource \"azurerm_api_management_backend\" \"b\" {{\n  name = {name}\n  api_management_name = \"a\"\n}}\n"
        )
    };
    for text in [
        named("locals {\n  a = local.b\n  b = local.a\n}", "local.a"),
        named("locals {\n  a = [for x in [1] : local.a]\n}", "local.a[0]"),
        named("", "azurerm_api_management_backend.b.name"),
        named("", "azurerm_api_management_backend.b.id"),
        named(
            "resource \"azapi_resource\" \"c\" {\n  name = azurerm_api_management_backend.b.name\n}",
            "azapi_resource.c.name",
        ),
    ] {
        let codes = codes(&[("main.tf", &text)]);
        assert!(
            !codes.is_empty() && codes.iter().all(|c| c.starts_with("circular-definition")),
            "{text}: {codes:?}"
        );
    }
    // Two that speak of each other's attributes are none.
    let fine = named(
        "resource \"azapi_resource\" \"c\" {\n  type = \"Microsoft.ApiManagement/service/apis@2024-05-01\"\n  name = \"c\"\n  location = azurerm_api_management_backend.b.name\n}",
        "azapi_resource.c.name",
    );
    assert_eq!(codes(&[("main.tf", &fine)]), Vec::<String>::new());
}

#[test]
fn what_would_take_too_long_is_cut_off() {
    let loops = |list: &str| {
        format!(
            "locals {{\n  x = {list}\n}}\nresource \"azurerm_api_management_backend\" \"b\" {{\n  for_each = toset(local.x)\n  name = each.key\n}}\n"
        )
    };
    for text in [
        loops("[for a in range(9999) : [for b in range(9999) : [for c in range(9999) : \"${a}${b}${c}\"]]]"),
        loops("range(99999)"),
        loops("[for i in range(10000) : join(\",\", range(10000))]"),
        loops("flatten([for i in range(10000) : range(10000)])"),
        "resource \"azurerm_api_management_backend\" \"b\" {\n  count = 1000000\n  name = count.index\n}\n"
            .to_owned(),
    ] {
        assert!(
            codes(&[("main.tf", &text)]).iter().any(|code| code.starts_with("evaluation-limit")),
            "{text}"
        );
    }
    // Each doubles the last.
    let mut doubling = "locals {\n  a0 = [1, 2]\n".to_owned();
    for i in 1..80 {
        doubling.push_str(&format!("  a{i} = [local.a{}, local.a{}]\n", i - 1, i - 1));
    }
    doubling.push_str("}\nresource \"azurerm_api_management_backend\" \"b\" {\n  name = jsonencode(local.a79)\n  url = join(\",\", flatten(local.a60))\n}\n");
    read(&[("main.tf", &doubling)]);
    // Modules that call modules.
    let call = |next: usize| {
        format!(
            "module \"a\" {{\n  source = \"../m{next}\"\n}}\nmodule \"b\" {{\n  source = \"../m{next}\"\n}}\n"
        )
    };
    let files: Vec<(String, String)> = (0..40).map(|i| (format!("m{i}/main.tf"), call(i + 1))).collect();
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    assert!(codes(&files).iter().any(|code| code.starts_with("evaluation-limit")));
}

#[test]
fn deep_nesting_ends() {
    let deep = |before: &str, open: &str, inside: &str, close: &str, count: usize| {
        format!("locals {{\n  a = {before}{}{inside}{}\n}}\n", open.repeat(count), close.repeat(count))
    };
    for count in [50, 200, 100_000] {
        for (open, inside, close) in [
            ("[", "1", "]"),
            ("(", "1", ")"),
            ("{ a = ", "1", " }"),
            ("!", "true", ""),
            ("-", "1", ""),
            ("1 + ", "1", ""),
            ("\"${", "1", "}\""),
            ("true ? 1 : ", "1", ""),
            ("upper(", "1", ")"),
            ("x[", "1", "]"),
            ("[for x in ", "[]", " : x]"),
            ("\"%{ if true }", "", "%{ endif }\""),
            ("x.a.", "a", ""),
            ("x[*].", "a", ""),
            ("<<A\n", "", "\nA\n"),
        ] {
            read(&[("main.tf", &(deep("", open, inside, close, count) + GOOD))]);
        }
        let blocks = format!("{}{}", "a {\n".repeat(count), "}\n".repeat(count));
        read(&[("main.tf", &blocks)]);
        let taken = format!(
            "resource \"azurerm_api_management_backend\" \"b\" {{\n  name = local.x{}\n}}\n",
            "[0]".repeat(count)
        );
        read(&[("main.tf", &taken)]);
    }
}

#[test]
fn long_chains_end() {
    let link = |body: &str| {
        let mut text =
            "locals {\n  x0 = \"a\"\n}\nresource \"azapi_resource\" \"r0\" {\n  name = \"a\"\n}\n".to_owned();
        for i in 1..400 {
            text.push_str(&body.replace("NEXT", &i.to_string()).replace("LAST", &(i - 1).to_string()));
        }
        text.push_str("resource \"azurerm_api_management_backend\" \"b\" {\n  name = \"${azapi_resource.r399.name}${local.x399}\"\n}\n");
        text
    };
    for body in [
        "resource \"azapi_resource\" \"rNEXT\" {\n  name = azapi_resource.rLAST.name\n}\n",
        "resource \"azapi_resource\" \"rNEXT\" {\n  count = 1\n  name = upper([for x in [1] : azapi_resource.rLAST[0].name][0])\n}\n",
        "resource \"azurerm_api_management_backend\" \"rNEXT\" {\n  name = azurerm_api_management_backend.rLAST.id\n}\nresource \"azapi_resource\" \"rNEXT\" {\n  for_each = toset([azurerm_api_management_backend.rNEXT.name])\n  name = each.key\n}\n",
        "locals {\n  xNEXT = merge({ a = local.xLAST }, { b = [for x in [local.xLAST] : x if x != null] })\n}\n",
        "locals {\n  xNEXT = templatefile(\"main.tf\", { a = local.xLAST })\n}\n",
    ] {
        read(&[("main.tf", &link(body))]);
    }
}

#[test]
#[expect(clippy::disallowed_methods, reason = "real time is what is measured")]
fn long_files_take_time_that_grows_no_faster() {
    let time = |count: usize| {
        let text = GOOD.repeat(count);
        let members: Vec<String> = (0..count).map(|i| format!("  k{i} = {{ a = [{i}, \"x\"] }}\n")).collect();
        let members = members.concat();
        let text = format!("{text}locals {{\n  all = {{\n{members}  }}\n}}\n");
        let start = std::time::Instant::now();
        read(&[("main.tf", &text)]);
        start.elapsed()
    };
    time(100);
    let (small, large) = (time(500), time(4_000));
    assert!(large < small * 40, "{small:?} and {large:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn any_pieces_are_survived(pieces in prop::collection::vec(prop::sample::select(PIECES), 0..60)) {
        let text = pieces.concat();
        read(&[("main.tf", &text), ("b/main.tf", GOOD), ("terraform.tfvars", &text)]);
        let wrapped = format!("locals {{\n  y = 1\n  x = {text}\n}}\n{}", GOOD.replace("\"https://b\"", "local.x"));
        read(&[("main.tf", &wrapped)]);
    }

    #[test]
    fn any_text_is_survived(text in ".{0,200}") {
        read(&[("main.tf", &text), ("x.tfvars", &text), ("plan.json", &format!("{{\"terraform_version\": {text}"))]);
    }
}

const PIECES: &[&str] = &[
    "resource \"azurerm_api_management_backend\" \"b\" {\n",
    "resource \"azapi_resource\" \"b\" {\n",
    "}\n",
    "{",
    "}",
    "[",
    "]",
    "(",
    ")",
    "\n",
    " = ",
    "\"",
    "${",
    "%{ if ",
    "%{ for x in ",
    "%{ endif }",
    "%{ endfor }",
    "<<EOT\n",
    "<<-EOT\n",
    "\nEOT\n",
    "local.x",
    "local.y",
    "var.x",
    "each.key",
    "count.index",
    "azapi_resource.b",
    "[*]",
    ".id",
    ".name",
    "[0]",
    "...",
    " ? ",
    " : ",
    " => ",
    "for k, v in ",
    " if ",
    ",",
    "1",
    "\"a\"",
    "null",
    "true",
    "toset(",
    "merge(",
    "jsonencode(",
    "jsondecode(",
    "lookup(",
    "try(",
    "range(",
    "format(\"%s\", ",
    "file(\"b/main.tf\")",
    "templatefile(\"main.tf\", {",
    "for_each = ",
    "count = ",
    "name = ",
    "type = \"Microsoft.ApiManagement/service/backends@2024-05-01\"\n",
    "body = ",
    "dynamic \"pool\" {\n",
    "content {\n",
    "module \"m\" {\n  source = \"./b\"\n",
    "variable \"x\" {\n",
    "type = object({ a = optional(string, \"x\") })\n",
    "default = ",
    "\u{e9}",
    "\r\n",
    "# c\n",
    "/*",
    "*/",
    "- ",
    "!",
    " == ",
    " && ",
    " + ",
    " / ",
];
