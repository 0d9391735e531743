//! The functions, each in an expression of a template. Expected values are those that the documentation of the
//! template language gives, or that follow from it.

use super::styles::read;
use crate::resources::Kind;
use crate::tree::json::{Node, Value};

/// What an expression of a template gives, as JSON.
fn arm(expression: &str) -> String {
    let text = serde_json::json!({
        "$schema": "deploymentTemplate.json#",
        "parameters": { "unknown": { "type": "string" }, "list": { "type": "array" } },
        "variables": { "object": { "one": 1, "two": "b", "three": [1, 2] }, "names": ["a", "b"] },
        "functions": [{ "namespace": "my", "members": { "name": {
            "parameters": [{ "name": "x", "type": "string" }], "output": { "type": "string", "value": "[concat('<', parameters('x'), '>')]" } } } }],
        "resources": [{ "type": "Microsoft.ApiManagement/service/backends", "name": "apim/b", "apiVersion": "1",
            "properties": { "url": expression, "id": expression } }]
    });
    value_of(&[("main.json", &text.to_string())])
}

/// What an expression of Bicep gives, as JSON.
fn bicep(expression: &str) -> String {
    let text = format!(
        "param unknown string\nparam list array\nvar object = {{\n  one: 1\n  two: 'b'\n  three: [1, 2]\n}}\nvar names = ['a', 'b']\n\
         func name(x string, n int?) string => '<${{x}}>'\n\
         resource b 'Microsoft.ApiManagement/service/backends@2024-05-01' = {{\n  name: 'apim/b'\n  properties: {{\n    url: {expression}\n  }}\n}}\n"
    );
    value_of(&[("main.bicep", &text)])
}

fn value_of(files: &[(&str, &str)]) -> String {
    let (inventory, problems, _) = read(files);
    if let Some(problem) = problems.first() {
        return problem.clone();
    }
    let found = inventory.of(Kind::Backend).next().expect("a backend");
    let url = found.properties().and_then(|properties| properties.get("url"));
    url.map_or_else(|| "none".to_owned(), json)
}

fn json(node: &Node) -> String {
    match &node.value {
        Value::Null => "null".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Number(text) => text.clone(),
        Value::Text(text) => format!("'{text}'"),
        Value::Array(elements) => format!("[{}]", elements.iter().map(json).collect::<Vec<_>>().join(",")),
        Value::Object(members) => {
            let each = members.iter().map(|member| format!("{}:{}", member.name, json(&member.value)));
            format!("{{{}}}", each.collect::<Vec<_>>().join(","))
        }
        Value::Unknown(_) => "?".to_owned(),
    }
}

#[test]
fn functions_of_templates() {
    for (expression, expected) in [
        ("plain [text]", "'plain [text]'"),
        ("[[kept]", "'[kept]'"),
        ("[concat('a', 'it''s', 1)]", "'ait's1'"),
        ("[concat(variables('names'), createArray('c'))]", "['a','b','c']"),
        ("[format('{0}-{1}/{0} {{x}}', 'a', 2)]", "'a-2/a {x}'"),
        ("[format('{0:N0}', 2)]", "?"),
        ("[toUpper(first(variables('names')))]", "'A'"),
        ("[last('abc')]", "'c'"),
        ("[length(variables('object').three)]", "2"),
        ("[length('abc')]", "3"),
        ("[variables('object')['two']]", "'b'"),
        ("[variables('object').three[1]]", "2"),
        ("[variables('object').?four]", "null"),
        ("[tryGet(variables('object'), 'three', 0)]", "1"),
        ("[if(equals(variables('object').one, 1), 'yes', 'no')]", "'yes'"),
        ("[if(equals(parameters('unknown'), 'x'), 'same', 'same')]", "'same'"),
        ("[if(equals(parameters('unknown'), 'x'), 'a', 'b')]", "?"),
        ("[parameters('unknown')]", "?"),
        ("[concat(parameters('unknown'), '/x')]", "?"),
        ("[last(split(concat(parameters('unknown'), '/x'), '/'))]", "'x'"),
        ("[and(false(), equals(parameters('unknown'), 'x'))]", "false"),
        ("[or(true(), equals(parameters('unknown'), 'x'))]", "true"),
        ("[coalesce(null(), 'a')]", "'a'"),
        (
            "[union(createObject('a', 1, 'b', createObject('c', 1)), createObject('b', createObject('d', 2)))]",
            "{a:1,b:{c:1,d:2}}",
        ),
        ("[union(createArray(1, 2), createArray(2, 3))]", "[1,2,3]"),
        ("[intersection(createArray(1, 2), createArray(2, 3))]", "[2]"),
        ("[range(2, 3)]", "[2,3,4]"),
        ("[skip(createArray(1, 2, 3), 1)]", "[2,3]"),
        ("[take('abc', 2)]", "'ab'"),
        ("[contains('abc', 'b')]", "true"),
        ("[contains(variables('object'), 'TWO')]", "true"),
        ("[empty('')]", "true"),
        ("[substring('abcdef', 1, 2)]", "'bc'"),
        ("[replace('a.b.c', '.', '-')]", "'a-b-c'"),
        ("[split('a,b;c', createArray(',', ';'))]", "['a','b','c']"),
        ("[join(createArray('a', 'b'), '-')]", "'a-b'"),
        ("[indexOf('abcABC', 'C')]", "2"),
        ("[lastIndexOf('abcABC', 'c')]", "5"),
        ("[startsWith('Abc', 'aB')]", "true"),
        ("[trim('  a ')]", "'a'"),
        ("[padLeft(7, 3, '0')]", "'007'"),
        ("[uriComponent('a b/c')]", "'a%20b%2Fc'"),
        ("[uri('https://x.y/a/b', 'c')]", "'https://x.y/a/c'"),
        ("[add(1, mul(2, 3))]", "7"),
        ("[div(7, 2)]", "3"),
        ("[div(7, 0)]", "?"),
        ("[mod(7, 4)]", "3"),
        ("[max(1, 5, 3)]", "5"),
        ("[min(createArray(4, 2))]", "2"),
        ("[int('12')]", "12"),
        ("[string(12)]", "'12'"),
        ("[bool('true')]", "true"),
        ("[json('{\"a\": [1, null]}')]", "{a:[1,null]}"),
        ("[array('x')]", "['x']"),
        ("[items(createObject('b', 1, 'a', 2))]", "[{key:'a',value:2},{key:'b',value:1}]"),
        ("[flatten(createArray(createArray(1), createArray(2, 3)))]", "[1,2,3]"),
        ("[shallowMerge(createArray(createObject('a', 1), createObject('a', 2)))]", "{a:2}"),
        ("[map(createArray(1, 2), lambda('x', add(lambdaVariables('x'), 1)))]", "[2,3]"),
        ("[filter(createArray(1, 2), lambda('x', greater(lambdaVariables('x'), 1)))]", "[2]"),
        (
            "[reduce(createArray(1, 2, 3), 0, lambda('a', 'b', add(lambdaVariables('a'), lambdaVariables('b'))))]",
            "6",
        ),
        (
            "[sort(createArray(2, 1), lambda('a', 'b', less(lambdaVariables('a'), lambdaVariables('b'))))]",
            "[1,2]",
        ),
        ("[toObject(createArray('a'), lambda('x', lambdaVariables('x')), lambda('x', 1))]", "{a:1}"),
        ("[my.name('x')]", "'<x>'"),
        ("[reference('x').properties.y]", "?"),
        ("[resourceGroup().location]", "?"),
        ("[uniqueString('x')]", "?"),
        ("[lessOrEquals('a', 'b')]", "true"),
        ("[not(true())]", "false"),
    ] {
        assert_eq!(arm(expression), expected, "{expression}");
    }
}

#[test]
fn expressions_of_bicep() {
    for (expression, expected) in [
        ("'a${1}b${'c${true}'}'", "'a1bcTrue'"),
        ("'it\\'s \\${x} \\u{41}\\n'", "'it's ${x} A\n'"),
        ("'''\na ${b}\n'''", "'a ${b}\n'"),
        ("$'''a ${1} b'''", "'a 1 b'"),
        ("1 + 2 * 3 - 4 / 2", "5"),
        ("-(3) % 2", "-1"),
        ("!(1 > 2) && 1 <= 1 || false", "true"),
        ("'A' =~ 'a' && 'a' != 'b' && !('a' !~ 'A')", "true"),
        ("object.two", "'b'"),
        ("object['two']", "'b'"),
        ("object.?four ?? 'x'", "'x'"),
        ("object.?four.?five", "null"),
        ("object.three[?5]", "null"),
        ("object.three[^1]", "2"),
        ("object!.two!", "'b'"),
        ("names[1]", "'b'"),
        ("true ? 'a' : 'b'", "'a'"),
        ("false\n      ? 'a'\n      : names[0] == 'a'\n        ? 'c' : 'd'", "'c'"),
        ("[\n  ...names\n  'c'\n  -1\n]", "['a','b','c',-1]"),
        ("{ ...object, two: 'c' }", "{one:1,two:'c',three:[1,2]}"),
        ("{\n  'a-b': 1\n  '${names[0]}': 2\n}", "{a-b:1,a:2}"),
        ("[for (n, i) in names: '${n}${i}']", "['a0','b1']"),
        ("[for n in names: if (n == 'b') { n: n }]", "[{n:'b'}]"),
        ("[for n in list: n]", "?"),
        ("map(names, n => toUpper(n))", "['A','B']"),
        ("map(range(0, 2), (n, i) => n + i)", "[0,2]"),
        ("sort([3, 1, 2], (a, b) => a < b)", "[1,2,3]"),
        ("join(map(names, n => '${n}!'), ',')", "'a!,b!'"),
        ("toObject(names, n => n, n => 1)", "{a:1,b:1}"),
        ("name('x', 1)", "'<x>'"),
        ("sys.concat('a', 'b')", "'ab'"),
        ("any(1)", "1"),
        ("(unknown == 'x') ? 'a' : 'a'", "'a'"),
        ("'${unknown}-a'", "?"),
        ("unknown", "?"),
        ("b.name", "'apim/b'"),
        ("length(names) > 1 ? format('{0}', 'z') : null", "'z'"),
    ] {
        assert_eq!(bicep(expression), expected, "{expression}");
    }
}

#[test]
fn ids_keep_what_is_known() {
    let id = |expression: &str| {
        let text = serde_json::json!({
            "$schema": "deploymentTemplate.json#", "parameters": { "apim": { "type": "string" } },
            "resources": [{ "type": "Microsoft.ApiManagement/service/backends", "name": "apim/b", "apiVersion": "1",
                "properties": { "pool": { "services": [{ "id": expression }] } } }]
        });
        let (inventory, problems, _) = read(&[("main.json", &text.to_string())]);
        assert_eq!(problems, Vec::<String>::new());
        let found = inventory.of(Kind::Backend).next().expect("a backend").clone();
        let members = found.properties().and_then(|p| p.get("pool")?.get("services")?.elements()?.first());
        members.and_then(|member| member.get("id")).map_or(String::new(), json)
    };
    let base = "/subscriptions/{subscription}/resourceGroups/{resourceGroup}/providers/Microsoft.ApiManagement/service";
    for (expression, expected) in [
        (
            "[resourceId('Microsoft.ApiManagement/service/backends', 'a', 'x')]",
            format!("'{base}/a/backends/x'"),
        ),
        (
            "[resourceId('rg', 'Microsoft.ApiManagement/service/backends', 'a', 'x')]",
            format!("'{base}/a/backends/x'"),
        ),
        (
            "[resourceId(subscription().id, 'rg', 'Microsoft.ApiManagement/service/backends', parameters('apim'), 'x')]",
            format!("'{base}/{{apim}}/backends/x'"),
        ),
        ("[concat('/backends/', 'x')]", "'/backends/x'".to_owned()),
        ("[format('{0}/backends/x', reference('apim').id)]", "'{reference.id}/backends/x'".to_owned()),
    ] {
        assert_eq!(id(expression), expected, "{expression}");
    }
}
