use super::*;
use crate::diagnostics::SourceId;

#[test]
fn smoke() {
    for text in [
        "@(context.Response.StatusCode == 429 || (context.Response.StatusCode == 503 && !context.Response.StatusReason.Contains(\"Backend pool\")))",
        "@(context.Response != null && ((Int32)context.Variables[\"remainingBackends\"]) > 0)",
        "@(context.Variables.GetValueOrDefault<int>(\"x\", 0) < 3 ? new JObject { { \"a\", 1 }, }.ToString() : \"\")",
        "@{ var x = new List<int>(); foreach (var y in z?[0]?.Foo ?? w) { if (y > 3 && y is int n) { x.Add(n); } else continue; } for (int i = 0, j = 1; i < 10; i++, j--) { } return $\"{x.Count,5:N2} {{}} {d[\"a\"]}\"; }",
        "@{ int F(int a) => a + 1; (var a, var b) = t; var (c, d) = t; int[] q = { 1, 2 }; try { F(2); } catch (Exception e) when (e != null) { throw; } finally { } switch (x) { case 1: case int k when k > 2: break; default: return 1; } using (var h = new HMACSHA256(key)) { return Convert.ToBase64String(h.ComputeHash(b)); } }",
        "@((string)context.Variables[\"a\"] + (a) + (b)c - (int)-1 >> 2 >= 3)",
        "@(int.TryParse(s, out var n) ? n : (x as int?) ?? -2147483648)",
        "@(list.Where((x, i) => x != null).Select(x => new { x.Name, y = 1, z?.Foo }).ToDictionary<string, int>(delegate (int q) { return q; }))",
    ] {
        let raw = RawText::verbatim(SourceId(0), text);
        let mut d = Diagnostics::new();
        let tree = parse(&raw, &mut d);
        assert!(tree.is_some(), "{text}\n{:#?}", d.sorted());
    }
}
