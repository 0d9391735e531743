//! The signatures of `Enumerable`.

use super::super::super::value::Value;
use super::super::{Table, call, take};
use super::numbers::Number;
use super::pick::{Which, pick};
use super::{Class, choose, default, groups, make, numbers, order, pick, result, sets};

/// `Enumerable`
pub(super) const TABLE: Table = Table {
    class: Class::Enumerable,
    parameters: &[],
    rows: &[
        call(
            "static IEnumerable<T> Where<T>(this IEnumerable<T> source, Func<T, bool> predicate)",
            choose::keep,
        ),
        call(
            "static IEnumerable<T> Where<T>(this IEnumerable<T> source, Func<T, int, bool> predicate)",
            choose::keep_indexed,
        ),
        call(
            "static IEnumerable<R> Select<T, R>(this IEnumerable<T> source, Func<T, R> selector)",
            choose::select,
        ),
        call(
            "static IEnumerable<R> Select<T, R>(this IEnumerable<T> source, Func<T, int, R> selector)",
            choose::select_indexed,
        ),
        call(
            "static IEnumerable<R> SelectMany<T, R>(this IEnumerable<T> source, Func<T, IEnumerable<R>> selector)",
            choose::select_many,
        ),
        call(
            "static IEnumerable<R> SelectMany<T, R>(this IEnumerable<T> source, Func<T, int, \
             IEnumerable<R>> selector)",
            choose::select_many_indexed,
        ),
        call(
            "static IEnumerable<R> SelectMany<T, C, R>(this IEnumerable<T> source, Func<T, \
             IEnumerable<C>> collectionSelector, Func<T, C, R> resultSelector)",
            choose::select_many_pairs,
        ),
        call("static T First<T>(this IEnumerable<T> source)", |m, c| pick(m, c, Which::First, false, false)),
        call("static T First<T>(this IEnumerable<T> source, Func<T, bool> predicate)", |m, c| {
            pick(m, c, Which::First, false, true)
        }),
        call("static T FirstOrDefault<T>(this IEnumerable<T> source)", |m, c| {
            pick(m, c, Which::First, true, false)
        }),
        call("static T FirstOrDefault<T>(this IEnumerable<T> source, Func<T, bool> predicate)", |m, c| {
            pick(m, c, Which::First, true, true)
        }),
        call("static T FirstOrDefault<T>(this IEnumerable<T> source, T defaultValue)", |m, c| {
            pick(m, c, Which::First, true, false)
        }),
        call(
            "static T FirstOrDefault<T>(this IEnumerable<T> source, Func<T, bool> predicate, T defaultValue)",
            |m, c| pick(m, c, Which::First, true, true),
        ),
        call("static T Last<T>(this IEnumerable<T> source)", |m, c| pick(m, c, Which::Last, false, false)),
        call("static T Last<T>(this IEnumerable<T> source, Func<T, bool> predicate)", |m, c| {
            pick(m, c, Which::Last, false, true)
        }),
        call("static T LastOrDefault<T>(this IEnumerable<T> source)", |m, c| {
            pick(m, c, Which::Last, true, false)
        }),
        call("static T LastOrDefault<T>(this IEnumerable<T> source, Func<T, bool> predicate)", |m, c| {
            pick(m, c, Which::Last, true, true)
        }),
        call("static T LastOrDefault<T>(this IEnumerable<T> source, T defaultValue)", |m, c| {
            pick(m, c, Which::Last, true, false)
        }),
        call(
            "static T LastOrDefault<T>(this IEnumerable<T> source, Func<T, bool> predicate, T defaultValue)",
            |m, c| pick(m, c, Which::Last, true, true),
        ),
        call("static T Single<T>(this IEnumerable<T> source)", |m, c| {
            pick(m, c, Which::Single, false, false)
        }),
        call("static T Single<T>(this IEnumerable<T> source, Func<T, bool> predicate)", |m, c| {
            pick(m, c, Which::Single, false, true)
        }),
        call("static T SingleOrDefault<T>(this IEnumerable<T> source)", |m, c| {
            pick(m, c, Which::Single, true, false)
        }),
        call("static T SingleOrDefault<T>(this IEnumerable<T> source, Func<T, bool> predicate)", |m, c| {
            pick(m, c, Which::Single, true, true)
        }),
        call("static T SingleOrDefault<T>(this IEnumerable<T> source, T defaultValue)", |m, c| {
            pick(m, c, Which::Single, true, false)
        }),
        call(
            "static T SingleOrDefault<T>(this IEnumerable<T> source, Func<T, bool> predicate, T defaultValue)",
            |m, c| pick(m, c, Which::Single, true, true),
        ),
        call("static T ElementAt<T>(this IEnumerable<T> source, int index)", |m, c| {
            pick::element_at(m, c, false)
        }),
        call("static T ElementAtOrDefault<T>(this IEnumerable<T> source, int index)", |m, c| {
            pick::element_at(m, c, true)
        }),
        call("static int Count<T>(this IEnumerable<T> source)", |m, c| {
            pick::tally(m, c, false).map(take::count)
        }),
        call("static int Count<T>(this IEnumerable<T> source, Func<T, bool> predicate)", |m, c| {
            pick::tally(m, c, true).map(take::count)
        }),
        call("static long LongCount<T>(this IEnumerable<T> source)", |m, c| {
            pick::tally(m, c, false).map(long)
        }),
        call("static long LongCount<T>(this IEnumerable<T> source, Func<T, bool> predicate)", |m, c| {
            pick::tally(m, c, true).map(long)
        }),
        call("static bool Any<T>(this IEnumerable<T> source)", |m, c| {
            Ok(Value::Bool(pick::tally(m, c, false)? > 0))
        }),
        call("static bool Any<T>(this IEnumerable<T> source, Func<T, bool> predicate)", pick::any),
        call("static bool All<T>(this IEnumerable<T> source, Func<T, bool> predicate)", pick::all),
        call("static bool Contains<T>(this IEnumerable<T> source, T value)", pick::contains),
        call(
            "static bool Contains<T>(this IEnumerable<T> source, T value, StringComparer comparer)",
            pick::contains,
        ),
        call(
            "static bool SequenceEqual<T>(this IEnumerable<T> first, IEnumerable<T> second)",
            pick::sequence_equal,
        ),
        call(
            "static bool SequenceEqual<T>(this IEnumerable<T> first, IEnumerable<T> second, \
             StringComparer comparer)",
            pick::sequence_equal,
        ),
        call("static T Aggregate<T>(this IEnumerable<T> source, Func<T, T, T> func)", pick::aggregate),
        call(
            "static A Aggregate<T, A>(this IEnumerable<T> source, A seed, Func<A, T, A> func)",
            pick::aggregate_from,
        ),
        call(
            "static R Aggregate<T, A, R>(this IEnumerable<T> source, A seed, Func<A, T, A> func, \
             Func<A, R> resultSelector)",
            pick::aggregate_from,
        ),
        call("static int Sum(this IEnumerable<int> source)", |m, c| numbers::sum(m, c, Number::Int)),
        call("static int? Sum(this IEnumerable<int?> source)", |m, c| numbers::sum(m, c, Number::Int)),
        call("static long Sum(this IEnumerable<long> source)", |m, c| numbers::sum(m, c, Number::Long)),
        call("static long? Sum(this IEnumerable<long?> source)", |m, c| numbers::sum(m, c, Number::Long)),
        call("static float Sum(this IEnumerable<float> source)", |m, c| numbers::sum(m, c, Number::Float)),
        call("static float? Sum(this IEnumerable<float?> source)", |m, c| numbers::sum(m, c, Number::Float)),
        call("static double Sum(this IEnumerable<double> source)", |m, c| numbers::sum(m, c, Number::Double)),
        call("static double? Sum(this IEnumerable<double?> source)", |m, c| {
            numbers::sum(m, c, Number::Double)
        }),
        call("static decimal Sum(this IEnumerable<decimal> source)", |m, c| {
            numbers::sum(m, c, Number::Decimal)
        }),
        call("static decimal? Sum(this IEnumerable<decimal?> source)", |m, c| {
            numbers::sum(m, c, Number::Decimal)
        }),
        call("static int Sum<T>(this IEnumerable<T> source, Func<T, int> selector)", |m, c| {
            numbers::sum(m, c, Number::Int)
        }),
        call("static int? Sum<T>(this IEnumerable<T> source, Func<T, int?> selector)", |m, c| {
            numbers::sum(m, c, Number::Int)
        }),
        call("static long Sum<T>(this IEnumerable<T> source, Func<T, long> selector)", |m, c| {
            numbers::sum(m, c, Number::Long)
        }),
        call("static long? Sum<T>(this IEnumerable<T> source, Func<T, long?> selector)", |m, c| {
            numbers::sum(m, c, Number::Long)
        }),
        call("static float Sum<T>(this IEnumerable<T> source, Func<T, float> selector)", |m, c| {
            numbers::sum(m, c, Number::Float)
        }),
        call("static float? Sum<T>(this IEnumerable<T> source, Func<T, float?> selector)", |m, c| {
            numbers::sum(m, c, Number::Float)
        }),
        call("static double Sum<T>(this IEnumerable<T> source, Func<T, double> selector)", |m, c| {
            numbers::sum(m, c, Number::Double)
        }),
        call("static double? Sum<T>(this IEnumerable<T> source, Func<T, double?> selector)", |m, c| {
            numbers::sum(m, c, Number::Double)
        }),
        call("static decimal Sum<T>(this IEnumerable<T> source, Func<T, decimal> selector)", |m, c| {
            numbers::sum(m, c, Number::Decimal)
        }),
        call("static decimal? Sum<T>(this IEnumerable<T> source, Func<T, decimal?> selector)", |m, c| {
            numbers::sum(m, c, Number::Decimal)
        }),
        call("static double Average(this IEnumerable<int> source)", |m, c| {
            numbers::average(m, c, Number::Int, false)
        }),
        call("static double? Average(this IEnumerable<int?> source)", |m, c| {
            numbers::average(m, c, Number::Int, true)
        }),
        call("static double Average(this IEnumerable<long> source)", |m, c| {
            numbers::average(m, c, Number::Long, false)
        }),
        call("static double? Average(this IEnumerable<long?> source)", |m, c| {
            numbers::average(m, c, Number::Long, true)
        }),
        call("static float Average(this IEnumerable<float> source)", |m, c| {
            numbers::average(m, c, Number::Float, false)
        }),
        call("static float? Average(this IEnumerable<float?> source)", |m, c| {
            numbers::average(m, c, Number::Float, true)
        }),
        call("static double Average(this IEnumerable<double> source)", |m, c| {
            numbers::average(m, c, Number::Double, false)
        }),
        call("static double? Average(this IEnumerable<double?> source)", |m, c| {
            numbers::average(m, c, Number::Double, true)
        }),
        call("static decimal Average(this IEnumerable<decimal> source)", |m, c| {
            numbers::average(m, c, Number::Decimal, false)
        }),
        call("static decimal? Average(this IEnumerable<decimal?> source)", |m, c| {
            numbers::average(m, c, Number::Decimal, true)
        }),
        call("static double Average<T>(this IEnumerable<T> source, Func<T, int> selector)", |m, c| {
            numbers::average(m, c, Number::Int, false)
        }),
        call("static double? Average<T>(this IEnumerable<T> source, Func<T, int?> selector)", |m, c| {
            numbers::average(m, c, Number::Int, true)
        }),
        call("static double Average<T>(this IEnumerable<T> source, Func<T, long> selector)", |m, c| {
            numbers::average(m, c, Number::Long, false)
        }),
        call("static double? Average<T>(this IEnumerable<T> source, Func<T, long?> selector)", |m, c| {
            numbers::average(m, c, Number::Long, true)
        }),
        call("static float Average<T>(this IEnumerable<T> source, Func<T, float> selector)", |m, c| {
            numbers::average(m, c, Number::Float, false)
        }),
        call("static float? Average<T>(this IEnumerable<T> source, Func<T, float?> selector)", |m, c| {
            numbers::average(m, c, Number::Float, true)
        }),
        call("static double Average<T>(this IEnumerable<T> source, Func<T, double> selector)", |m, c| {
            numbers::average(m, c, Number::Double, false)
        }),
        call("static double? Average<T>(this IEnumerable<T> source, Func<T, double?> selector)", |m, c| {
            numbers::average(m, c, Number::Double, true)
        }),
        call("static decimal Average<T>(this IEnumerable<T> source, Func<T, decimal> selector)", |m, c| {
            numbers::average(m, c, Number::Decimal, false)
        }),
        call("static decimal? Average<T>(this IEnumerable<T> source, Func<T, decimal?> selector)", |m, c| {
            numbers::average(m, c, Number::Decimal, true)
        }),
        call("static T Min<T>(this IEnumerable<T> source)", |m, c| numbers::extreme(m, c, false, c.ty(0))),
        call("static R Min<T, R>(this IEnumerable<T> source, Func<T, R> selector)", |m, c| {
            numbers::extreme(m, c, false, c.ty(1))
        }),
        call("static T Max<T>(this IEnumerable<T> source)", |m, c| numbers::extreme(m, c, true, c.ty(0))),
        call("static R Max<T, R>(this IEnumerable<T> source, Func<T, R> selector)", |m, c| {
            numbers::extreme(m, c, true, c.ty(1))
        }),
        call(
            "static IOrderedEnumerable<T> OrderBy<T, K>(this IEnumerable<T> source, Func<T, K> keySelector)",
            |m, c| order::order_by(m, c, false),
        ),
        call(
            "static IOrderedEnumerable<T> OrderBy<T, K>(this IEnumerable<T> source, Func<T, K> \
             keySelector, StringComparer comparer)",
            |m, c| order::order_by(m, c, false),
        ),
        call(
            "static IOrderedEnumerable<T> OrderByDescending<T, K>(this IEnumerable<T> source, Func<T, \
             K> keySelector)",
            |m, c| order::order_by(m, c, true),
        ),
        call(
            "static IOrderedEnumerable<T> OrderByDescending<T, K>(this IEnumerable<T> source, Func<T, \
             K> keySelector, StringComparer comparer)",
            |m, c| order::order_by(m, c, true),
        ),
        call(
            "static IOrderedEnumerable<T> ThenBy<T, K>(this IOrderedEnumerable<T> source, Func<T, K> keySelector)",
            |m, c| order::then_by(m, c, false),
        ),
        call(
            "static IOrderedEnumerable<T> ThenBy<T, K>(this IOrderedEnumerable<T> source, Func<T, K> \
             keySelector, StringComparer comparer)",
            |m, c| order::then_by(m, c, false),
        ),
        call(
            "static IOrderedEnumerable<T> ThenByDescending<T, K>(this IOrderedEnumerable<T> source, \
             Func<T, K> keySelector)",
            |m, c| order::then_by(m, c, true),
        ),
        call(
            "static IOrderedEnumerable<T> ThenByDescending<T, K>(this IOrderedEnumerable<T> source, \
             Func<T, K> keySelector, StringComparer comparer)",
            |m, c| order::then_by(m, c, true),
        ),
        call("static IOrderedEnumerable<T> Order<T>(this IEnumerable<T> source)", |m, c| {
            order::order_self(m, c, false)
        }),
        call("static IOrderedEnumerable<T> OrderDescending<T>(this IEnumerable<T> source)", |m, c| {
            order::order_self(m, c, true)
        }),
        call(
            "static IEnumerable<IGrouping<K, T>> GroupBy<T, K>(this IEnumerable<T> source, Func<T, K> keySelector)",
            |m, c| groups::group_by(m, c, false, Class::IEnumerableOf),
        ),
        call(
            "static IEnumerable<IGrouping<K, T>> GroupBy<T, K>(this IEnumerable<T> source, Func<T, K> \
             keySelector, StringComparer comparer)",
            |m, c| groups::group_by(m, c, false, Class::IEnumerableOf),
        ),
        call(
            "static IEnumerable<IGrouping<K, V>> GroupBy<T, K, V>(this IEnumerable<T> source, Func<T, \
             K> keySelector, Func<T, V> elementSelector)",
            |m, c| groups::group_by(m, c, true, Class::IEnumerableOf),
        ),
        call(
            "static IEnumerable<R> GroupBy<T, K, R>(this IEnumerable<T> source, Func<T, K> \
             keySelector, Func<K, IEnumerable<T>, R> resultSelector)",
            |m, c| groups::group_results(m, c, false),
        ),
        call(
            "static IEnumerable<R> GroupBy<T, K, V, R>(this IEnumerable<T> source, Func<T, K> \
             keySelector, Func<T, V> elementSelector, Func<K, IEnumerable<V>, R> resultSelector)",
            |m, c| groups::group_results(m, c, true),
        ),
        call(
            "static ILookup<K, T> ToLookup<T, K>(this IEnumerable<T> source, Func<T, K> keySelector)",
            |m, c| groups::group_by(m, c, false, Class::ILookup),
        ),
        call(
            "static ILookup<K, V> ToLookup<T, K, V>(this IEnumerable<T> source, Func<T, K> \
             keySelector, Func<T, V> elementSelector)",
            |m, c| groups::group_by(m, c, true, Class::ILookup),
        ),
        call(
            "static IEnumerable<R> Join<T, U, K, R>(this IEnumerable<T> outer, IEnumerable<U> inner, \
             Func<T, K> outerKeySelector, Func<U, K> innerKeySelector, Func<T, U, R> resultSelector)",
            |m, c| groups::join(m, c, false),
        ),
        call(
            "static IEnumerable<R> GroupJoin<T, U, K, R>(this IEnumerable<T> outer, IEnumerable<U> \
             inner, Func<T, K> outerKeySelector, Func<U, K> innerKeySelector, Func<T, IEnumerable<U>, R> resultSelector)",
            |m, c| groups::join(m, c, true),
        ),
        call("static IEnumerable<T> Distinct<T>(this IEnumerable<T> source)", sets::distinct),
        call(
            "static IEnumerable<T> Distinct<T>(this IEnumerable<T> source, StringComparer comparer)",
            sets::distinct,
        ),
        call(
            "static IEnumerable<T> DistinctBy<T, K>(this IEnumerable<T> source, Func<T, K> keySelector)",
            sets::distinct_by,
        ),
        call("static IEnumerable<T> Union<T>(this IEnumerable<T> first, IEnumerable<T> second)", sets::union),
        call(
            "static IEnumerable<T> Union<T>(this IEnumerable<T> first, IEnumerable<T> second, \
             StringComparer comparer)",
            sets::union,
        ),
        call(
            "static IEnumerable<T> Intersect<T>(this IEnumerable<T> first, IEnumerable<T> second)",
            sets::intersect,
        ),
        call(
            "static IEnumerable<T> Intersect<T>(this IEnumerable<T> first, IEnumerable<T> second, \
             StringComparer comparer)",
            sets::intersect,
        ),
        call(
            "static IEnumerable<T> Except<T>(this IEnumerable<T> first, IEnumerable<T> second)",
            sets::except,
        ),
        call(
            "static IEnumerable<T> Except<T>(this IEnumerable<T> first, IEnumerable<T> second, \
             StringComparer comparer)",
            sets::except,
        ),
        call(
            "static IEnumerable<T> Concat<T>(this IEnumerable<T> first, IEnumerable<T> second)",
            choose::concat,
        ),
        call("static IEnumerable<T> Skip<T>(this IEnumerable<T> source, int count)", choose::skip),
        call("static IEnumerable<T> Take<T>(this IEnumerable<T> source, int count)", choose::limit),
        call("static IEnumerable<T> SkipLast<T>(this IEnumerable<T> source, int count)", choose::skip_last),
        call("static IEnumerable<T> TakeLast<T>(this IEnumerable<T> source, int count)", choose::take_last),
        call(
            "static IEnumerable<T> SkipWhile<T>(this IEnumerable<T> source, Func<T, bool> predicate)",
            |m, c| choose::skip_while(m, c, false),
        ),
        call(
            "static IEnumerable<T> SkipWhile<T>(this IEnumerable<T> source, Func<T, int, bool> predicate)",
            |m, c| choose::skip_while(m, c, true),
        ),
        call(
            "static IEnumerable<T> TakeWhile<T>(this IEnumerable<T> source, Func<T, bool> predicate)",
            |m, c| choose::take_while(m, c, false),
        ),
        call(
            "static IEnumerable<T> TakeWhile<T>(this IEnumerable<T> source, Func<T, int, bool> predicate)",
            |m, c| choose::take_while(m, c, true),
        ),
        call("static IEnumerable<T> Append<T>(this IEnumerable<T> source, T element)", choose::append),
        call("static IEnumerable<T> Prepend<T>(this IEnumerable<T> source, T element)", choose::prepend),
        call("static IEnumerable<T> Reverse<T>(this IEnumerable<T> source)", choose::reverse),
        call(
            "static IEnumerable<R> Zip<T, U, R>(this IEnumerable<T> first, IEnumerable<U> second, \
             Func<T, U, R> resultSelector)",
            choose::zip,
        ),
        call("static IEnumerable<T> DefaultIfEmpty<T>(this IEnumerable<T> source)", |m, c| {
            choose::default_if_empty(m, c, default(c.ty(0)))
        }),
        call(
            "static IEnumerable<T> DefaultIfEmpty<T>(this IEnumerable<T> source, T defaultValue)",
            |m, c| choose::default_if_empty(m, c, c.get(1).clone()),
        ),
        call("static IEnumerable<T> OfType<T>(this IEnumerable source)", choose::of_type),
        call("static IEnumerable<T> Cast<T>(this IEnumerable source)", choose::cast),
        call("static IEnumerable<T> AsEnumerable<T>(this IEnumerable<T> source)", |_, c| {
            Ok(c.get(0).clone())
        }),
        call("static List<T> ToList<T>(this IEnumerable<T> source)", make::to_list),
        call("static T[] ToArray<T>(this IEnumerable<T> source)", make::to_array),
        call("static HashSet<T> ToHashSet<T>(this IEnumerable<T> source)", make::to_set),
        call(
            "static HashSet<T> ToHashSet<T>(this IEnumerable<T> source, StringComparer comparer)",
            make::to_set,
        ),
        call(
            "static Dictionary<K, T> ToDictionary<T, K>(this IEnumerable<T> source, Func<T, K> keySelector)",
            |m, c| make::to_dictionary(m, c, false),
        ),
        call(
            "static Dictionary<K, T> ToDictionary<T, K>(this IEnumerable<T> source, Func<T, K> \
             keySelector, StringComparer comparer)",
            |m, c| make::to_dictionary(m, c, false),
        ),
        call(
            "static Dictionary<K, V> ToDictionary<T, K, V>(this IEnumerable<T> source, Func<T, K> \
             keySelector, Func<T, V> elementSelector)",
            |m, c| make::to_dictionary(m, c, true),
        ),
        call(
            "static Dictionary<K, V> ToDictionary<T, K, V>(this IEnumerable<T> source, Func<T, K> \
             keySelector, Func<T, V> elementSelector, StringComparer comparer)",
            |m, c| make::to_dictionary(m, c, true),
        ),
        call("static IEnumerable<int> Range(int start, int count)", make::range),
        call("static IEnumerable<T> Repeat<T>(T element, int count)", make::repeat),
        call("static IEnumerable<T> Empty<T>()", |m, c| result(m, c.ty(0), Vec::new())),
    ],
    denied: &["AsParallel", "AsQueryable"],
};

fn long(count: usize) -> Value {
    Value::Long(i64::try_from(count).unwrap_or(i64::MAX))
}
