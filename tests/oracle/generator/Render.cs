// The value of an expression as one line of text, and the name of its type.
//
// README.md says the same rules in words: a test in another language repeats them.
using System;
using System.Collections;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;
using System.Xml.Linq;
using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

public static class Render
{
    private static readonly CultureInfo Invariant = CultureInfo.InvariantCulture;

    public static string Value(object value)
    {
        if (value == null) return "null";
        if (value is string) return Quote((string)value, '"');
        if (value is char) return Quote(value.ToString(), '\'');
        if (value is bool) return (bool)value ? "true" : "false";
        if (value is double) return Number((double)value);
        if (value is float) return Number((float)value);
        if (value is decimal) return ((decimal)value).ToString(Invariant) + "m";
        if (value is DateTime) return ((DateTime)value).ToString("o", Invariant);
        if (value is DateTimeOffset) return ((DateTimeOffset)value).ToString("o", Invariant);
        if (value is TimeSpan) return ((TimeSpan)value).ToString("c", Invariant);
        if (value is Guid) return ((Guid)value).ToString("D");
        if (value is Enum) return value.GetType().Name + "." + value;
        if (value is byte[]) return "0x" + string.Concat(((byte[])value).Select(one => one.ToString("x2")));
        if (value is JToken) return "json(" + ((JToken)value).Type + "):" + ((JToken)value).ToString(Formatting.None);
        if (value is XNode) return "xml:" + ((XNode)value).ToString(SaveOptions.DisableFormatting);
        if (value is XAttribute) return "xml:" + value;
        if (value is Exception) return Type(value) + ": " + ((Exception)value).Message;
        if (value is Type) return ((Type)value).FullName;
        if (value is IDictionary) return Pairs((IDictionary)value);
        var type = value.GetType();
        if (IsAnonymous(type)) return "{ " + Members(value, type.GetProperties().Select(one => one.Name), true) + " }";
        if (Is(type, typeof(KeyValuePair<,>))) return Members(value, new[] { "Key", "Value" }, false);
        if (IsTuple(type)) return "(" + Items(TupleItems(value)) + ")";
        var grouping = Interface(type, typeof(IGrouping<,>));
        var key = grouping == null ? "" : Value(grouping.GetProperty("Key").GetValue(value, null)) + " => ";
        if (value is IEnumerable) return key + "[" + Items((IEnumerable)value) + "]";
        if (value is IFormattable) return ((IFormattable)value).ToString(null, Invariant);
        return value.ToString();
    }

    public static string Type(object value)
    {
        if (value == null) return "null";
        var type = value.GetType();
        if (IsAnonymous(type)) return "anonymous";
        if (Interface(type, typeof(IGrouping<,>)) != null) return "IGrouping";
        if (!(value is IEnumerable) || value is string || value is JToken || value is XObject) return Name(type);
        return type.IsArray || Collections.Contains(type.IsGenericType ? type.GetGenericTypeDefinition() : type)
            ? Name(type)
            : "IEnumerable";
    }

    // Other sequences are made on the way, and their classes are nobody's business.
    private static readonly System.Type[] Collections =
    {
        typeof(List<>), typeof(Dictionary<,>), typeof(HashSet<>), typeof(Queue<>), typeof(Stack<>),
        typeof(SortedDictionary<,>), typeof(SortedSet<>), typeof(LinkedList<>),
    };

    private static string Name(Type type)
    {
        if (type.IsArray) return Name(type.GetElementType()) + "[]";
        if (IsAnonymous(type)) return "anonymous";
        var plain = (type.Namespace == null ? "" : type.Namespace + ".") + type.Name.Split('`')[0];
        if (!type.IsGenericType) return plain;
        return plain + "<" + string.Join(", ", type.GetGenericArguments().Select(Name)) + ">";
    }

    private static string Pairs(IDictionary value)
    {
        var parts = new List<string>();
        foreach (DictionaryEntry entry in value) parts.Add(Value(entry.Key) + ": " + Value(entry.Value));
        return "{" + string.Join(", ", parts) + "}";
    }

    private static string Members(object value, IEnumerable<string> names, bool named)
    {
        var type = value.GetType();
        var parts = names.Select(name =>
            (named ? name + " = " : "") + Value(type.GetProperty(name).GetValue(value, null)));
        return string.Join(named ? ", " : ": ", parts);
    }

    private static string Items(IEnumerable values)
    {
        return string.Join(", ", values.Cast<object>().Select(Value));
    }

    private static IEnumerable<object> TupleItems(object value)
    {
        var type = value.GetType();
        for (var at = 1; at <= 7; at++)
        {
            var property = type.GetProperty("Item" + at);
            var field = type.GetField("Item" + at);
            if (property != null) yield return property.GetValue(value, null);
            else if (field != null) yield return field.GetValue(value);
            else yield break;
        }
    }

    private static bool IsTuple(Type type)
    {
        return type.IsGenericType && type.Namespace == "System"
            && (type.Name.StartsWith("Tuple`") || type.Name.StartsWith("ValueTuple`"));
    }

    private static bool IsAnonymous(Type type)
    {
        return type.Name.Contains("Anon") && type.IsDefined(typeof(CompilerGeneratedAttribute), false);
    }

    private static bool Is(Type type, Type generic)
    {
        return type.IsGenericType && type.GetGenericTypeDefinition() == generic;
    }

    private static Type Interface(Type type, Type generic)
    {
        return type.GetInterfaces().FirstOrDefault(one => Is(one, generic));
    }

    // JSON's escapes, with the given mark; a lone surrogate is escaped, all else stands for itself.
    public static string Quote(string text, char mark)
    {
        var built = new StringBuilder().Append(mark);
        for (var at = 0; at < text.Length; at++)
        {
            var one = text[at];
            if (one == mark || one == '\\') built.Append('\\').Append(one);
            else if (one == '\n') built.Append("\\n");
            else if (one == '\r') built.Append("\\r");
            else if (one == '\t') built.Append("\\t");
            else if (one == '\b') built.Append("\\b");
            else if (one == '\f') built.Append("\\f");
            else if (char.IsHighSurrogate(one) && at + 1 < text.Length && char.IsLowSurrogate(text[at + 1]))
                built.Append(one).Append(text[++at]);
            else if (one < ' ' || char.IsSurrogate(one)) built.Append("\\u").Append(((int)one).ToString("x4"));
            else built.Append(one);
        }
        return built.Append(mark).ToString();
    }

    private static string Number(double value)
    {
        if (double.IsNaN(value)) return "NaN";
        if (double.IsInfinity(value)) return value > 0 ? "Infinity" : "-Infinity";
        var sign = BitConverter.DoubleToInt64Bits(value) < 0 ? "-" : "";
        for (var digits = 1; ; digits++)
        {
            var text = Math.Abs(value).ToString("E" + (digits - 1), Invariant);
            double read;
            double.TryParse(text, NumberStyles.Float, Invariant, out read);
            if (digits == 17 || read == Math.Abs(value)) return sign + Shortest(text, 15);
        }
    }

    private static string Number(float value)
    {
        if (float.IsNaN(value)) return "NaN";
        if (float.IsInfinity(value)) return value > 0 ? "Infinity" : "-Infinity";
        var sign = BitConverter.DoubleToInt64Bits(value) < 0 ? "-" : "";
        for (var digits = 1; ; digits++)
        {
            var text = Math.Abs(value).ToString("E" + (digits - 1), Invariant);
            float read;
            float.TryParse(text, NumberStyles.Float, Invariant, out read);
            if (digits == 9 || read == Math.Abs(value)) return sign + Shortest(text, 7);
        }
    }

    // From "d.dddE+ppp" to the form of today's .NET: plain unless the point is far off.
    private static string Shortest(string text, int precision)
    {
        var at = text.IndexOf('E');
        var digits = text.Substring(0, at).Replace(".", "").TrimEnd('0');
        if (digits == "") return "0";
        var point = int.Parse(text.Substring(at + 1), NumberStyles.AllowLeadingSign, Invariant) + 1;
        if (point > Math.Max(digits.Length, precision) || point < -3)
        {
            var power = point - 1;
            return digits.Substring(0, 1) + (digits.Length > 1 ? "." + digits.Substring(1) : "")
                + "E" + (power < 0 ? "-" : "+") + Math.Abs(power).ToString("00", Invariant);
        }
        if (point <= 0) return "0." + new string('0', -point) + digits;
        if (point >= digits.Length) return digits + new string('0', point - digits.Length);
        return digits.Substring(0, point) + "." + digits.Substring(point);
    }
}
