//! Members that are younger than the compiler behind `tests/oracle`; expectations are from the reference
//! of .NET 8 and worked out by hand.

use super::super::super::testing::evaluate;

#[test]
fn younger_queries() {
    let rows = [
        ("@(new[] { 1, 2, 3 }.TakeLast(2))", "[2, 3]"),
        ("@(new[] { 1, 2, 3 }.SkipLast(2))", "[1]"),
        ("@(new[] { 1, 2 }.TakeLast(5))", "[1, 2]"),
        ("@(new[] { 1 }.Append(2).Prepend(0))", "[0, 1, 2]"),
        ("@(new[] { 1, 1, 2 }.ToHashSet().Count)", "2"),
        (r#"@(new[] { "a", "A" }.ToHashSet(StringComparer.OrdinalIgnoreCase).Count)"#, "1"),
        (r#"@(new[] { "aa", "b", "cc" }.DistinctBy(s => s.Length))"#, r#"["aa", "b"]"#),
        ("@(new[] { 3, 1, 2 }.Order())", "[1, 2, 3]"),
        ("@(new[] { 3, 1, 2 }.OrderDescending())", "[3, 2, 1]"),
        ("@(new int[0].FirstOrDefault(7))", "7"),
        ("@(new[] { 1 }.LastOrDefault(n => n > 1, 9))", "9"),
        ("@(new[] { 1 }.SingleOrDefault(n => n > 1, 9))", "9"),
    ];
    for (text, expected) in rows {
        assert_eq!(evaluate(text).as_deref(), Ok(expected), "{text}");
    }
}

proptest::proptest! {
    /// Sorting by one key and then by another is sorting by both, and elements with equal keys stay in order.
    #[test]
    fn sorting_is_stable(numbers in proptest::collection::vec(0..40_i32, 0..30)) {
        let list = numbers.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        let text = format!("@(new int[] {{ {list} }}.OrderBy(n => n % 3).ThenByDescending(n => n % 5))");
        let mut sorted = numbers.clone();
        sorted.sort_by_key(|n| (n % 3, std::cmp::Reverse(n % 5)));
        proptest::prop_assert_eq!(evaluate(&text), Ok(format!("{sorted:?}")));
    }

    /// Groups keep every element once, in the order of the first of each key.
    #[test]
    fn groups_lose_nothing(numbers in proptest::collection::vec(0..40_i32, 0..30)) {
        let list = numbers.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        let text = format!("@(new int[] {{ {list} }}.GroupBy(n => n % 4).SelectMany(g => g))");
        let mut keys: Vec<i32> = Vec::new();
        for n in &numbers {
            if !keys.contains(&(n % 4)) {
                keys.push(n % 4);
            }
        }
        let grouped: Vec<i32> =
            keys.iter().flat_map(|key| numbers.iter().copied().filter(move |n| n % 4 == *key)).collect();
        proptest::prop_assert_eq!(evaluate(&text), Ok(format!("{grouped:?}")));
    }
}
