//! Functions, operators and texts, each by the text that an expression gives.

use crate::resources::eval::tests::styles::read;
use crate::resources::{Kind, backend};

/// The URL that an expression gives to a backend; the reason in brackets when it is unknown.
fn url(expression: &str) -> String {
    let text = format!(
        "variable \"unknown\" {{}}\nvariable \"set\" {{\n  default = \"set\"\n}}\nlocals {{\n  list = [\"b\", \"a\", \"b\"]\n  map = {{ x = 1, y = \"two\" }}\n  n = 7\n}}\n\
         resource \"azurerm_api_management_backend\" \"b\" {{\n  name = \"b\"\n  api_management_name = \"apim\"\n  url = {expression}\n}}\n"
    );
    let (inventory, problems, _) = read(&[("main.tf", &text)]);
    assert_eq!(problems, Vec::<String>::new(), "{expression}");
    let found = inventory.of(Kind::Backend).next().expect("a backend");
    let node = found.properties().and_then(|properties| properties.get("url"));
    match node.map(|node| &node.value) {
        Some(crate::tree::json::Value::Text(text)) => text.clone(),
        Some(crate::tree::json::Value::Number(text)) => format!("number {text}"),
        Some(crate::tree::json::Value::Bool(flag)) => format!("flag {flag}"),
        Some(crate::tree::json::Value::Unknown(why)) => format!("[{why}]"),
        Some(other) => format!("{other:?}"),
        None => {
            assert!(backend(found).single().expect("single").url.is_absent());
            "absent".to_owned()
        }
    }
}

#[test]
fn known_values_are_computed() {
    for (expression, expected) in [
        (r#""a${1}b${true}""#, "a1btrue"),
        (r#""$${x} %%{y}""#, "${x} %{y}"),
        (r#""${"only"}""#, "only"),
        (r#""\u0041\n""#, "A\n"),
        ("<<EOT\n<a>\nb\n</a>\nEOT", "<a>\nb\n</a>\n"),
        ("<<-EOT\n    a\n      b\n    EOT", "a\n  b\n"),
        (r#""%{ if var.set == "set" }yes%{ else }no%{ endif }""#, "yes"),
        (r#""%{ if 1 == 2 }yes%{ endif }x""#, "x"),
        (r#""%{ for x in local.list }<${x}>%{ endfor }""#, "<b><a><b>"),
        (r#""%{ for k, v in local.map ~}  ${k}=${v};  %{~ endfor }""#, "x=1;y=two;"),
        (r#""a ${~ "b" ~} c""#, "abc"),
        ("1 + 2 * 3 - 4 % 3", "number 6"),
        ("-local.n + 8 / 2", "number -3"),
        ("!(1 > 2) && (1 <= 1 || false)", "flag true"),
        (r#""1" == 1"#, "flag false"),
        ("null == null", "flag true"),
        ("local.map != {}", "flag true"),
        ("local.map.x == 1 ? local.map[\"y\"] : \"no\"", "two"),
        ("local.list[1]", "a"),
        ("local.list.0", "b"),
        (r#"join("-", local.list)"#, "b-a-b"),
        (r#"join("-", [for i, x in local.list : "${i}${x}" if x != "a"])"#, "0b-2b"),
        (r#"join(",", [for k, v in local.map : k])"#, "x,y"),
        (r#"{ for k, v in local.map : v => k }["two"]"#, "y"),
        (r#"join(",", { for i, x in local.list : x => i... }["b"])"#, "0,2"),
        (r#"[{ n = { m = "deep" } }].*.n.m[0]"#, "deep"),
        (r#"join(",", [{ n = ["x"] }, { n = ["y"] }][*].n[0])"#, "x,y"),
        (r#"join(",", "text"[*])"#, "text"),
        ("length(null[*])", "number 0"),
        (r#"join(",", sort(local.list))"#, "a,b,b"),
        (r#"join(",", distinct(local.list))"#, "b,a"),
        (r#"join(",", toset(local.list))"#, "a,b"),
        (r#"join(",", reverse(local.list))"#, "b,a,b"),
        (r#"join(",", concat(local.list, ["c"]))"#, "b,a,b,c"),
        (r#"join(",", setunion(["c"], local.list))"#, "a,b,c"),
        (r#"join(",", setsubtract(local.list, ["a"]))"#, "b"),
        (r#"join(",", setintersection(local.list, ["a"]))"#, "a"),
        (r#"join(",", flatten([["a", ["b"]], "c"]))"#, "a,b,c"),
        (r#"join(",", compact(["a", "", null, "b"]))"#, "a,b"),
        (r#"join(",", range(3))"#, "0,1,2"),
        (r#"join(",", range(1, 7, 3))"#, "1,4"),
        (r#"join(",", range(2, 0))"#, "2,1"),
        (r#"join(",", slice(local.list, 1, 3))"#, "a,b"),
        (r#"join(",", keys(local.map))"#, "x,y"),
        (r#"join(",", values(local.map))"#, "1,two"),
        (r#"join(",", [for x in zipmap(["k"], ["v"]) : x])"#, "v"),
        (r#"join(",", formatlist("%s-%d", local.list, 5))"#, "b-5,a-5,b-5"),
        (r#"concat([["x"], local.list]...)[3]"#, "b"),
        (r#"merge({ a = "1" }, null, { a = "2" }).a"#, "2"),
        (r#"merge([{ a = "1" }, { b = "2" }]...).b"#, "2"),
        (r#"lookup(local.map, "z", "default")"#, "default"),
        ("element(local.list, 4)", "a"),
        (r#"index(local.list, "a")"#, "number 1"),
        (r#"contains(local.list, "a")"#, "flag true"),
        (r#"one(["x"])"#, "x"),
        (r#"coalesce(null, "", "x")"#, "x"),
        (r#"try(local.map.zz, local.list[9], "fallback")"#, "fallback"),
        ("can(local.map.zz.a)", "flag false"),
        ("can(local.map.x)", "flag true"),
        (r#"format("%s %d %05d %v %q %%", "a", 1, 42, true, "q")"#, "a 1 00042 true \"q\" %"),
        (r#"upper("a")"#, "A"),
        (r#"lower("A")"#, "a"),
        (r#"join("|", split("/", "a/b"))"#, "a|b"),
        (r#"replace("a-b-c", "-", "_")"#, "a_b_c"),
        (r#"trimprefix("https://x", "https://")"#, "x"),
        (r#"trimsuffix("x/", "/")"#, "x"),
        (r#"trimspace("  x ")"#, "x"),
        (r#"trim("--x-", "-")"#, "x"),
        (r#"chomp("x\n\n")"#, "x"),
        (r#"indent(2, "a\nb")"#, "a\n  b"),
        (r#"substr("hello", 1, 3)"#, "ell"),
        (r#"substr("hello", 1, -1)"#, "ello"),
        (r#"startswith("Hello", "hello")"#, "flag false"),
        (r#"endswith("hello", "lo")"#, "flag true"),
        ("tostring(5)", "5"),
        (r#"tonumber("5") + 1"#, "number 6"),
        (r#"tobool("true")"#, "flag true"),
        ("min(3, 1, 2) + max([3, 9]...)", "number 10"),
        ("abs(-3) + ceil(2) + floor(1)", "number 6"),
        (r#"length("abc") + length(local.list) + length(local.map)"#, "number 8"),
        (r#"jsondecode("{\"a\": [1, \"x\"]}").a[1]"#, "x"),
        (r#"jsonencode({ a = [1, "x", null, true] })"#, r#"{"a":[1,"x",null,true]}"#),
        ("jsondecode(jsonencode({ a = local.n })).a", "number 7"),
        ("alltrue([true, true]) && anytrue([false, true])", "flag true"),
        ("sum([1, 2, 3])", "number 6"),
        ("null", "absent"),
        (r#"var.set == null ? "no" : var.set"#, "set"),
        (r#"basename("a/b.xml")"#, "b.xml"),
        (r#"dirname("a/b.xml")"#, "a"),
        (r#"nonsensitive("x")"#, "x"),
    ] {
        assert_eq!(url(expression), expected, "{expression}");
    }
}

#[test]
fn what_only_the_deployment_knows_is_unknown() {
    let unknown = "[no value is known of the variable `var.unknown`]";
    let partly = "[a part of it is known only when deployed]";
    for (expression, expected) in [
        ("var.unknown", unknown),
        (r#""${var.unknown}""#, unknown),
        (r#""https://${var.unknown}""#, partly),
        (r#"try(var.unknown.x, "fallback")"#, unknown),
        ("can(var.unknown.x)", unknown),
        ("upper(var.unknown)", unknown),
        (r#"replace("a", "/b+/", "c")"#, "[`replace` is known only when deployed]"),
        ("timestamp()", "[`timestamp` is known only when deployed]"),
        (r#"provider::azapi::x("a")"#, "[`provider::azapi::x` is known only when deployed]"),
        ("terraform.workspace", "[`terraform.workspace` is known only when deployed]"),
        (r#"file("gone.xml")"#, "[the content of `gone.xml`, which is not among the files]"),
        ("azurerm_api_management_backend.b.title", "[only the deployed resource has it]"),
        (r#"var.unknown ? "same" : "same""#, "same"),
        (r#"var.unknown ? "a" : "b""#, "[a condition that only the deployment knows decides it]"),
        (r#"startswith("https://${var.unknown}", "http:")"#, "flag false"),
        (r#"endswith("${var.unknown}-east", "east")"#, "flag true"),
        (r#"endswith("${var.unknown}st", "east")"#, "[`endswith` is known only when deployed]"),
        ("concat([\"x\"], var.unknown)[0]", unknown),
        (r#"max("x"...)"#, "[it is not a list]"),
        ("3 / 2", "[`/` is known only when deployed]"),
    ] {
        assert_eq!(url(expression), expected, "{expression}");
    }
}

#[test]
fn functions_that_do_not_exist_are_told() {
    let told = |expression: &str| {
        let text =
            format!("resource \"azurerm_api_management_backend\" \"b\" {{\n  name = {expression}\n}}\n");
        read(&[("main.tf", &text)]).1
    };
    assert!(told("joinn(\",\", [])")[0].starts_with("unknown-function 2: there is no function `joinn`"));
    for fine in ["lookup()", "join()", "file()", "provider::x::y(1)", "somethingquitenew(1)", "element([])"] {
        assert_eq!(told(fine), Vec::<String>::new(), "{fine}");
    }
}
