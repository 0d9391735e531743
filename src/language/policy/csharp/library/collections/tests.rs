//! Members that are younger than the compiler behind `tests/oracle`, and dictionaries against a model.

use super::super::super::testing::evaluate;

#[test]
fn younger_members() {
    let rows = [
        (r#"@(new Dictionary<string, int> { { "a", 1 } }.TryAdd("a", 2))"#, "false"),
        (r#"@{ var d = new Dictionary<string, int>(); d.TryAdd("a", 2); return d; }"#, r#"{"a": 2}"#),
        (
            r#"@{ var d = new Dictionary<string, int> { { "a", 1 } }; int n; d.Remove("a", out n); return n; }"#,
            "1",
        ),
        ("@{ var q = new Queue<int>(); int n; return q.TryDequeue(out n); }", "false"),
        ("@{ var q = new Queue<int>(new[] { 4 }); int n; q.TryPeek(out n); return n; }", "4"),
        ("@{ var s = new Stack<int>(new[] { 4, 5 }); int n; s.TryPop(out n); return n; }", "5"),
    ];
    for (text, expected) in rows {
        assert_eq!(evaluate(text).as_deref(), Ok(expected), "{text}");
    }
}

proptest::proptest! {
    /// Counting words in a dictionary gives what an ordered map gives.
    #[test]
    fn dictionaries_count(words in proptest::collection::vec("[a-c]{1,2}", 0..30)) {
        let list = words.iter().map(|word| format!("\"{word}\"")).collect::<Vec<_>>().join(", ");
        let text = format!(
            "@{{ var d = new SortedDictionary<string, int>(); foreach (var w in new string[] {{ {list} }}) \
             {{ d[w] = d.ContainsKey(w) ? d[w] + 1 : 1; }} \
             return string.Join(\",\", d.Select(p => p.Key + p.Value)); }}"
        );
        let mut counts = std::collections::BTreeMap::new();
        for word in &words {
            *counts.entry(word.as_str()).or_insert(0) += 1;
        }
        let expected = counts.iter().map(|(word, n)| format!("{word}{n}")).collect::<Vec<_>>().join(",");
        proptest::prop_assert_eq!(evaluate(&text), Ok(format!("\"{expected}\"")));
    }
}
