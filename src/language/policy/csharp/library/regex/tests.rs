//! Expected values: what .NET gives (made with mono, whose matcher is .NET's).

use super::super::super::Class;
use super::super::super::heap::Object;
use super::super::super::machine::Machine;
use super::super::super::value::Value;
use super::super::testing::{run, shown, with};
use super::compiled::Compiled;

/// All matches as `index:[group,group,...]`, `-` for a group without success.
fn matches(machine: &mut Machine<'_, '_>, input: &str, pattern: &str, options: i32) -> String {
    let signature = "static MatchCollection Matches(string input, string pattern, RegexOptions options)";
    let options = Value::Enum(Class::RegexOptions, options);
    let arguments = [Value::from(input.to_owned()), Value::from(pattern.to_owned()), options];
    let found = match run(machine, Class::Regex, signature, &arguments, &[]) {
        Ok(found) => found,
        Err(fault) => return fault.message().to_string(),
    };
    let Some(Object::Match(collection)) = machine.object(&found) else { panic!() };
    let mut out = Vec::new();
    for found in collection.parts.clone() {
        let Some(Object::Match(found)) = machine.object(&found) else { panic!() };
        let group = |place: &Option<super::Place>| match place {
            Some(place) => found.input.get(place.start..place.end).unwrap_or("?").to_owned(),
            None => "-".to_owned(),
        };
        let groups: Vec<String> = found.groups.iter().map(group).collect();
        out.push(format!("{}:[{}]", found.place.unwrap().index, groups.join(",")));
    }
    out.join(" ")
}

#[test]
fn matches_are_those_of_dotnet() {
    let cases = [
        ("abc", "a*", 0, "0:[a] 1:[] 2:[] 3:[]"),
        ("aab", "a*", 0, "0:[aa] 2:[] 3:[]"),
        ("foo bar", r"(\w+) (?<x>\w+)", 0, "0:[foo bar,foo,bar]"),
        ("k1=v1;k2=v2", r"(?<k>\w+)=(\w+)", 0, "0:[k1=v1,v1,k1] 6:[k2=v2,v2,k2]"),
        ("line1\nline2\n", r"^line\d$", 0, ""),
        ("line1\nline2\n", "line2$", 0, "6:[line2]"),
        ("line1\nline2", "line1$", 0, ""),
        ("x\n", r"x\Z", 0, "0:[x]"),
        ("x\n", r"x\z", 0, ""),
        ("aXbX", "(?i)x", 0, "1:[X] 3:[X]"),
        ("aAbB", "a(?i:a)b", 0, "0:[aAb]"),
        ("abab", r"(ab)\1", 0, "0:[abab,ab]"),
        ("2024-01-02", r"(?<y>\d{4})-(?<m>\d\d)", 0, "0:[2024-01,2024,01]"),
        ("a.b", r"a\.b", 0, "0:[a.b]"),
        ("é_1", r"\w+", 0, "0:[é_1]"),
        ("a b", r"a\ b", 0, "0:[a b]"),
        ("]", "[]]", 0, "0:[]]"),
        ("a]", "[^]]", 0, "0:[a]"),
        ("bcdfg aei", "[a-z-[aeiou]]+", 0, "0:[bcdfg]"),
        ("a-b", r"[a\-b]+", 0, "0:[a-b]"),
        ("a-b", "[-a]+", 0, "0:[a-]"),
        ("x{y", "x{y", 0, "0:[x{y]"),
        ("aaa", "a{2}", 0, "0:[aa]"),
        ("aaa", "a{2,}?", 0, "0:[aa]"),
        ("a{,2}", "a{,2}", 0, "0:[a{,2}]"),
        ("foobar", "foo(?=bar)", 0, "0:[foo]"),
        ("foobaz", "foo(?!bar)", 0, "0:[foo]"),
        ("1a2", "(?<=1)a", 0, "1:[a]"),
        ("1a2", "(?<!1)a", 0, ""),
        ("aab", "(?>a+)b", 0, "0:[aab]"),
        ("ab", "(a)|(b)", 0, "0:[a,a,-] 1:[b,-,b]"),
        ("ab12", r"(?<n>[a-z])|(?<n>\d)", 0, "0:[a,a] 1:[b,b] 2:[1,1] 3:[2,2]"),
        ("a#b", "a#b", 0, "0:[a#b]"),
        ("\u{a0}", r"\s", 0, "0:[\u{a0}]"),
        ("tel: 5", r"\btel\b", 0, "0:[tel]"),
        ("A", r"\x41", 0, "0:[A]"),
        ("A", r"\u0041", 0, "0:[A]"),
        ("\u{1}", r"\cA", 0, "0:[\u{1}]"),
        ("aa", "(?<1>a)(?<2>a)", 0, "0:[aa,a,a]"),
        ("xay", "(x)(?<n>a)(y)", 0, "0:[xay,x,y,a]"),
        ("😀a", "a", 0, "2:[a]"),
        ("a&&b", "[&]+", 0, "1:[&&]"),
        ("a~~b", "[~~]+", 0, "1:[~~]"),
        ("<a>", r"<(\w)>", 0, "0:[<a>,a]"),
        ("ab\ncd", "a.*d", 0, ""),
        ("αβ", r"\p{IsGreek}+", 0, "0:[αβ]"),
        ("aB", r"\P{Lu}+", 0, "0:[a]"),
        ("abc", "(?:)", 0, "0:[] 1:[] 2:[] 3:[]"),
        ("Bearer x.y", r"^Bearer\s+(?<t>[^\s]+)$", 0, "0:[Bearer x.y,x.y]"),
        ("aaa", "(a)*", 0, "0:[aaa,a] 3:[,-]"),
        ("key", r"(?'q'k)\k'q'?", 0, "0:[k,k]"),
        ("a", "(b)?a", 0, "0:[a,-]"),
        ("a\nb\n", "^.$", 2, "0:[a] 2:[b]"),
        ("a\n", "^", 2, "0:[] 2:[]"),
        ("a\nb", "a.b", 16, "0:[a\nb]"),
        ("ab", "a b # c", 32, "0:[ab]"),
        ("ab", "(a)(?<q>b)", 4, "0:[ab,b]"),
        ("ÀÉ", "àé", 1, "0:[ÀÉ]"),
        ("é1", r"\w+", 256, "1:[1]"),
        ("aaaaaaaaaaaaaaaaaaaaaaaab", "(a+)+b", 0, "0:[aaaaaaaaaaaaaaaaaaaaaaaab,aaaaaaaaaaaaaaaaaaaaaaaa]"),
        ("a-z", r"[\d-z]+", 0, "1:[-z]"),
    ];
    with(|machine| {
        for (input, pattern, options, expected) in cases {
            assert_eq!(matches(machine, input, pattern, options), expected, "{pattern} on {input}");
        }
    });
}

#[test]
fn bad_patterns_are_told_as_by_dotnet() {
    let cases = [
        ("(", "Not enough )'s."),
        ("a)", "Too many )'s."),
        ("*a", "Quantifier '*' following nothing."),
        ("a**", "Nested quantifier '*'."),
        ("[a", "Unterminated [] set."),
        ("[b-a]", "[x-y] range in reverse order."),
        ("\\", "Illegal \\ at end of pattern."),
        (r"\_", r"Unrecognized escape sequence \_."),
        (r"\1", "Reference to undefined group number 1."),
        (r"\k<x>", "Reference to undefined group name 'x'."),
        ("(?<0>a)", "Capture number cannot be zero."),
        ("a{3,1}", "Illegal {x,y} with x > y."),
        ("(?z)", "Unrecognized grouping construct."),
        (r"\p{Foo}", "Unknown property 'Foo'."),
        (r"\p", r"Incomplete \p{X} character escape."),
        (r"\xZZ", "Insufficient or invalid hexadecimal digits."),
        ("(?#", "Unterminated (?#...) comment."),
        ("a{2}{3}", "Nested quantifier '{'."),
        ("a+?+", "Nested quantifier '+'."),
        ("(?<1a>x)", "Invalid group name: Group names must begin with a word character."),
        (r"\c", "Missing control character."),
    ];
    with(|machine| {
        for (pattern, expected) in cases {
            let told = matches(machine, "", pattern, 0);
            assert!(told.starts_with(&format!("Invalid pattern '{pattern}' at offset ")), "{told}");
            assert!(told.ends_with(expected), "{told}");
        }
    });
}

#[test]
fn replacements_are_those_of_dotnet() {
    let cases = [
        ("John Smith", r"(\w+) (\w+)", "$2, $1", "Smith, John"),
        ("abc", "b", "[$&$`$'$$$_]", "a[bac$abc]c"),
        ("abc", "(?<q>b)", "${q}${q}${z}$5", "abb${z}$5c"),
        ("abc", "", "-", "-a-b-c-"),
        ("abc", "x*", "-", "-a-b-c-"),
        ("ab", "(a)(b)?", "$2$+$10$0", "bb$10ab"),
        ("a1b22", r"\d+", "<$0>", "a<1>b<22>"),
        ("x", "x", "$", "$"),
        ("x", "(x)", "$1a $11 ${1}1", "xa $11 x1"),
        ("abc", "q", "-", "abc"),
    ];
    with(|machine| {
        for (input, pattern, replacement, expected) in cases {
            let signature = "static string Replace(string input, string pattern, string replacement)";
            let arguments = [input.into(), pattern.into(), replacement.into()];
            let found = run(machine, Class::Regex, signature, &arguments, &[]);
            assert_eq!(shown(found), expected, "{pattern} on {input}");
        }
    });
}

#[test]
fn splits_are_those_of_dotnet() {
    let cases = [
        ("a1b2c", r"\d", "a|b|c"),
        ("a1b2c", r"(\d)", "a|1|b|2|c"),
        ("abc", "", "|a|b|c|"),
        ("abc", "x", "abc"),
        (",a,", ",", "|a|"),
    ];
    with(|machine| {
        for (input, pattern, expected) in cases {
            let signature = "static string[] Split(string input, string pattern)";
            let found = run(machine, Class::Regex, signature, &[input.into(), pattern.into()], &[]).unwrap();
            let Some(Object::Array { items, .. }) = machine.object(&found) else { panic!() };
            let items: Vec<String> = items.iter().map(|item| shown(Ok(item.clone()))).collect();
            assert_eq!(items.join("|"), expected);
        }
    });
}

#[test]
fn texts_are_escaped_and_back() {
    assert_eq!(
        super::escape::escape("a.b*c?d+e(f)g[h]i{j}k^l$m|n\\o#p q\tr\n-"),
        r"a\.b\*c\?d\+e\(f\)g\[h]i\{j}k\^l\$m\|n\\o\#p\ q\tr\n-"
    );
    assert_eq!(super::escape::unescape(r"a\.b\n\x41\u0042\101\ \-").unwrap(), "a.b\nABA -");
    assert_eq!(super::escape::unescape("a\\").unwrap(), "a");
    assert!(super::escape::unescape(r"\y").is_err());
}

#[test]
fn groups_are_numbered_as_by_dotnet() {
    with(|machine| {
        let compiled = Compiled::get(machine, &"(?<b>x)(y)(?<5>z)(?<a>w)".into(), 0).unwrap();
        let names: Vec<&str> = compiled.groups().iter().map(|group| group.name.as_str()).collect();
        assert_eq!(names, ["0", "1", "b", "a", "5"]);
    });
}

#[test]
fn endless_backtracking_runs_out_of_steps() {
    with(|machine| {
        let input = "a".repeat(60);
        let told = matches(machine, &input, r"^(?:(a+)\1?)+$(?<!a)", 0);
        assert!(told.contains("backtracked too often") || told.contains("too many steps"), "{told}");
        assert!(machine.steps_left < 20_000_000);
    });
}

#[test]
fn costs_do_not_depend_on_what_was_compiled_before() {
    let cost = || {
        with(|machine| {
            let before = machine.steps_left;
            matches(machine, "some text with 42", r"(?<number>\d+)(?=$)", 0);
            before - machine.steps_left
        })
    };
    assert_eq!(cost(), cost());
}

proptest::proptest! {
    #[test]
    fn any_pattern_is_searched_or_refused(
        pattern in "[a-c\\[\\](){}*+?|^$.\\\\dwbkx<>=!:1-3,-]{0,16}",
        input in "[a-c1\\n é😀]{0,12}",
    ) {
        with(|machine| {
            matches(machine, &input, &pattern, 0);
        });
    }
}
