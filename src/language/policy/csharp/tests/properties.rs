//! Evaluation never panics and gives the same result twice.

use proptest::prelude::*;

use super::super::testing::outcome;

fn atom() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("1".to_owned()),
        Just("0".to_owned()),
        Just("2147483647".to_owned()),
        Just("3L".to_owned()),
        Just("1.5".to_owned()),
        Just("2.5m".to_owned()),
        Just("'c'".to_owned()),
        Just("\"text\"".to_owned()),
        Just("null".to_owned()),
        Just("true".to_owned()),
        Just("a".to_owned()),
        Just("s".to_owned()),
        Just("list".to_owned()),
        Just("context.Response".to_owned()),
        Just("context.Variables[\"count\"]".to_owned()),
    ]
}

fn expression() -> impl Strategy<Value = String> {
    atom().prop_recursive(5, 40, 3, |inner| {
        let op = prop::sample::select(vec![
            "+", "-", "*", "/", "%", "<<", ">>", "&", "|", "^", "==", "!=", "<", ">=", "&&", "||", "??",
        ]);
        let cast = prop::sample::select(vec![
            "int", "long", "string", "byte", "object", "int?", "double", "decimal", "bool",
        ]);
        let member = prop::sample::select(vec![
            "Length",
            "ToString()",
            "StatusCode",
            "Count",
            "First()",
            "Value",
            "HasValue",
        ]);
        prop_oneof![
            (inner.clone(), op, inner.clone()).prop_map(|(a, op, b)| format!("({a} {op} {b})")),
            (cast, inner.clone()).prop_map(|(ty, a)| format!("(({ty}){a})")),
            (inner.clone(), member.clone()).prop_map(|(a, m)| format!("{a}.{m}")),
            (inner.clone(), member).prop_map(|(a, m)| format!("{a}?.{m}")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("{a}[{b}]")),
            (inner.clone(), inner.clone(), inner.clone()).prop_map(|(a, b, c)| format!("({a} ? {b} : {c})")),
            inner.clone().prop_map(|a| format!("list.Select(x => {a}).ToList()")),
            inner.clone().prop_map(|a| format!("(!{a})")),
            inner.clone().prop_map(|a| format!("(-{a})")),
            inner.clone().prop_map(|a| format!("$\"<{{{a}}}>\"")),
            inner.prop_map(|a| format!("({a} is int)")),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn any_expression_ends_the_same_way_twice(text in expression()) {
        let text = format!("@{{ int a = 3; string s = null; var list = new List<int> {{ 1, 2 }}; return {text}; }}");
        prop_assert_eq!(outcome(&text), outcome(&text));
    }
}
