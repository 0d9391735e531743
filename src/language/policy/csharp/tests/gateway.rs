//! Expressions over the gateway's objects, and what they come to: by the documentation of the members, the
//! context of `tests/oracle/context.json`, published test vectors, or by hand.

use super::super::testing::evaluate;

/// Checks rows of an expression, without `@(...)`, and its value; `!` stands before what it throws.
fn check(rows: &[(&str, &str)]) {
    let wrong = rows.iter().filter_map(|(text, expected)| {
        let found = evaluate(&format!("@({text})")).unwrap_or_else(|error| format!("!{error}"));
        (found != *expected).then(|| format!("{text}\n  want {expected}\n  have {found}"))
    });
    let wrong: Vec<String> = wrong.collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn members_of_context() {
    check(&[
        ("context.Api.Id", r#""chat-api""#),
        ("context.Api.Path", r#""chat/v1""#),
        ("context.Api.IsCurrentRevision", "true"),
        ("context.Api.SubscriptionKeyParameterNames.Header", r#""api-key""#),
        ("context.Api.SubscriptionKeyParameterNames.Query", r#""subscription-key""#),
        ("context.Api.ServiceUrl.Host", r#""backend.contoso.example""#),
        ("context.Api.ServiceUrl.Path", r#""/openai""#),
        ("context.Api.ServiceUrl.ToUri().Port", "8443"),
        ("context.Api.ServiceUrl.Query.Count", "0"),
        (r#"string.Join(",", context.Api.Protocols)"#, r#""https""#),
        ("context.Deployment.Gateway.Id", r#""managed""#),
        ("context.Deployment.Gateway.InstanceId", r#""instance-1""#),
        ("context.Deployment.Gateway.IsManaged", "true"),
        ("context.Deployment.Certificates.Count", "0"),
        (r#"context.Deployment.Certificates.ContainsKey("x")"#, "false"),
        (r#"context.Deployment.Certificates.GetValueOrDefault("x") == null"#, "true"),
        (
            r#"context.Deployment.Certificates["x"]"#,
            "!System.Collections.Generic.KeyNotFoundException: The given key 'x' was not present in the dictionary.",
        ),
        ("context.Deployment.SustainabilityInfo.CurrentCarbonIntensity == null", "true"),
        ("context.Elapsed.TotalSeconds", "1.5"),
        ("context.Elapsed < TimeSpan.FromSeconds(2)", "true"),
        ("context.Timestamp.Add(context.Elapsed) == DateTime.UtcNow", "true"),
        ("context.LastError.Scope", r#""api""#),
        ("context.LastError.Section", r#""backend""#),
        ("context.LastError?.Reason", r#""BackendConnectionFailure""#),
        ("context.Operation.UrlTemplate", r#""/deployments/{deployment-id}/chat/completions""#),
        ("context.Product.Apis.Count()", "1"),
        ("context.Product.Apis.First().Name", r#""Chat API""#),
        (r#"context.Product.Groups.Any(g => g.Id == "developers")"#, "true"),
        ("context.Product.State == ProductState.Published", "true"),
        ("context.Product.State.ToString()", r#""Published""#),
        ("context.Product.SubscriptionLimit > 4", "true"),
        ("context.Subscription.EndDate == null", "true"),
        ("context.Subscription.EndDate ?? DateTime.MaxValue", "9999-12-31T23:59:59.9999999"),
        ("context.Subscription.StartDate.Value.Year", "2025"),
        ("context.User.Groups.Select(g => g.Name)", r#"["Developers", "Beta Testers"]"#),
        ("context.User.Groups.Count()", "2"),
        ("context.User.Identities.First().Provider", r#""Basic""#),
        ("context.User.RegistrationDate.Month", "5"),
        ("context.User.Note", r#""""#),
        (r#"context.RequestId.ToString("N")"#, r#""6f9619ff8b864d01b42d00c04fc964ff""#),
        ("context.Tracing", "false"),
        ("context.Request.Certificate == null", "true"),
        ("context.Request.PrivateEndpointConnection == null", "true"),
        ("context.Request.IpAddress", r#""203.0.113.7""#),
    ]);
}

#[test]
fn headers_and_query() {
    check(&[
        (r#"context.Request.Headers["accept"]"#, r#"["application/json", "text/event-stream"]"#),
        (r#"context.Request.Headers["accept"].Length"#, "2"),
        (r#"context.Request.Headers.GetValueOrDefault("Accept")"#, r#""application/json,text/event-stream""#),
        (r#"context.Request.Headers.GetValueOrDefault("X-Empty", "none")"#, r#""""#),
        (r#"context.Request.Headers.GetValueOrDefault("X-None", "none")"#, r#""none""#),
        (r#"context.Request.Headers.GetValueOrDefault("X-None") ?? "null""#, r#""null""#),
        (
            r#"context.Request.Headers["X-None"]"#,
            "!System.Collections.Generic.KeyNotFoundException: The given key 'X-None' was not present in the dictionary.",
        ),
        (r#"context.Request.Headers.ContainsKey("x-priority")"#, "true"),
        ("context.Request.Headers.Count", "7"),
        (r#"context.Request.Headers.Where(h => h.Key.StartsWith("X-")).Count()"#, "3"),
        ("context.Request.Headers.Select(h => h.Key).First()", r#""Host""#),
        ("context.Request.Headers.First(h => h.Value.Length == 2).Key", r#""Accept""#),
        (r#"context.Request.Headers.Keys.Contains("Host")"#, "true"),
        ("context.Request.Headers.Values.Count()", "7"),
        (r#"context.Request.Headers.Any(h => h.Value.Contains("2"))"#, "true"),
        (r#"context.Response.Headers["set-cookie"][1]"#, r#""b=2""#),
        (r#"context.Response.Headers.GetValueOrDefault("Retry-After", "0").Length"#, "2"),
        (r#"context.Request.OriginalUrl.Query["tag"]"#, r#"["a", "b c"]"#),
        (r#"context.Request.OriginalUrl.Query.GetValueOrDefault("TAG")"#, r#""a,b c""#),
        (r#"context.Request.OriginalUrl.Query.GetValueOrDefault("empty", "x")"#, r#""""#),
        (r#"context.Request.OriginalUrl.Query.GetValueOrDefault("none", "x")"#, r#""x""#),
        ("context.Request.OriginalUrl.Query.Count", "3"),
        ("context.Request.OriginalUrl.QueryString", r#""?api-version=2024-10-21&tag=a&tag=b%20c&empty=""#),
        (r#"context.Request.Url.Query.ContainsKey("api-version")"#, "true"),
        (
            r#"context.Request.Url.Query.Select(q => q.Key + "=" + q.Value[0])"#,
            r#"["api-version=2024-10-21"]"#,
        ),
        (r#"context.Request.MatchedParameters["deployment-id"]"#, r#""gpt-4o""#),
        (r#"context.Request.MatchedParameters.GetValueOrDefault("none", "d")"#, r#""d""#),
        ("context.Request.MatchedParameters.Keys", r#"["deployment-id", "api-version"]"#),
        (
            r#"context.Request.MatchedParameters.ToDictionary(p => p.Key, p => p.Value.Length)["deployment-id"]"#,
            "6",
        ),
        (
            r#"context.Request.Url.Scheme + "://" + context.Request.Url.Host + ":" + context.Request.Url.Port"#,
            r#""https://backend.contoso.example:8443""#,
        ),
        ("context.Request.Url.ToUri().AbsolutePath", r#""/openai/deployments/gpt-4o/chat/completions""#),
        ("context.Request.OriginalUrl.ToUri().Segments.Length", "7"),
        (
            r#"$"{context.Request.OriginalUrl.Host}{context.Request.OriginalUrl.Path}""#,
            r#""gateway.contoso.example/chat/v1/deployments/gpt-4o/chat/completions""#,
        ),
    ]);
}

#[test]
fn variables_and_bodies() {
    check(&[
        (r#"context.Variables.GetValueOrDefault<int>("count")"#, "3"),
        (r#"context.Variables.GetValueOrDefault<int>("none")"#, "0"),
        (r#"context.Variables.GetValueOrDefault<int>("none", 7)"#, "7"),
        (r#"context.Variables.GetValueOrDefault("none", "x")"#, r#""x""#),
        (r#"context.Variables.GetValueOrDefault<bool>("flag", false)"#, "true"),
        (r#"context.Variables.GetValueOrDefault<string>("nothing", "x") == null"#, "true"),
        (
            r#"context.Variables.GetValueOrDefault<string>("count")"#,
            "!System.InvalidCastException: Unable to cast object of type 'System.Int32' to type 'System.String'.",
        ),
        (
            r#"context.Variables.GetValueOrDefault<long>("count")"#,
            "!System.InvalidCastException: Unable to cast object of type 'System.Int32' to type 'System.Int64'.",
        ),
        (
            r#"context.Variables.GetValueOrDefault<int>("text")"#,
            "!System.InvalidCastException: Unable to cast object of type 'System.String' to type 'System.Int32'.",
        ),
        (r#"context.Variables.GetValueOrDefault<int?>("none") == null"#, "true"),
        (r#"context.Variables.GetValueOrDefault<int?>("count").Value"#, "3"),
        (r#"context.Variables.GetValueOrDefault<object>("count")"#, "3"),
        (r#"context.Variables.GetValueOrDefault<JObject>("settings")["limit"].Value<int>()"#, "10"),
        (r#"context.Variables.GetValueOrDefault<JToken>("settings").HasValues"#, "true"),
        (r#"context.Variables.GetValueOrDefault<JArray>("backends").Count"#, "4"),
        (r#"context.Variables.GetValueOrDefault<IResponse>("other").StatusCode"#, "200"),
        (r#"context.Variables.GetValueOrDefault<DateTime>("when").Hour"#, "12"),
        (r#"context.Variables.GetValueOrDefault<string[]>("words").Length"#, "3"),
        (r#"context.Variables.GetValueOrDefault<IEnumerable<string>>("words").Last()"#, r#""gamma""#),
        (
            r#"((IResponse)context.Variables["other"]).Headers.GetValueOrDefault("content-type")"#,
            r#""application/json""#,
        ),
        (r#"((IResponse)context.Variables["other"]).StatusReason"#, r#""OK""#),
        (r#"((IResponse)context.Variables["other"]).Body.As<JObject>()["zones"].Count()"#, "3"),
        (r#"context.Variables.ContainsKey("Count")"#, "false"),
        ("context.Variables.Count", "13"),
        (r#"context.Variables.Keys.Contains("ratio")"#, "true"),
        ("context.Variables.Where(v => v.Value is string).Count()", "3"),
        ("context.Request.Body.As<string>(true).Length", "177"),
        (r#"context.Request.Body.As<JObject>(preserveContent: true)["model"]"#, r#"json(String):"gpt-4o""#),
        ("context.Request.Body.As<string>().Length + context.Request.Body.As<string>().Length", "177"),
        ("context.Request.Body.As<string>(true).Length + context.Request.Body.As<string>().Length", "354"),
        (
            "Encoding.UTF8.GetString(context.Response.Body.As<byte[]>(true)).Substring(0, 8)",
            r#""{\"error\"""#,
        ),
        ("context.Request.Body.As<JToken>(true).Type", "JTokenType.Object"),
        (
            "context.Request.Body.As<JArray>(true)",
            "!Newtonsoft.Json.JsonReaderException: Error reading JArray from JsonReader. Current JsonReader item is not an array: StartObject. Path '', line 1, position 1.",
        ),
        (
            "context.Request.Body.As<XElement>(true)",
            "!System.Xml.XmlException: Data at the root level is invalid. Line 1, position 1.",
        ),
        (
            "context.Request.Body.As<int>(true)",
            "!System.InvalidOperationException: The message body cannot be read as 'System.Int32'.",
        ),
        ("context.Request.Body.AsFormUrlEncodedContent(true).Count", "1"),
    ]);
}

#[test]
fn credentials() {
    check(&[
        (r#"context.Request.Headers.GetValueOrDefault("Authorization").AsBasic().UserId"#, r#""aladdin""#),
        (
            r#"context.Request.Headers.GetValueOrDefault("Authorization").AsBasic().Password"#,
            r#""open:sesame""#,
        ),
        (r#""Basic !".AsBasic() == null"#, "true"),
        (r#""Bearer x".AsBasic()?.UserId ?? "none""#, r#""none""#),
        (r#""dTpw".AsBasic() == null"#, "true"),
        (r#""basic dTpw".AsBasic().UserId"#, r#""u""#),
        (r#"context.Request.Headers.GetValueOrDefault("X-Token").AsJwt().Subject"#, r#""user-42""#),
        (r#"context.Request.Headers.GetValueOrDefault("X-Token").AsJwt().Algorithm"#, r#""HS256""#),
        (r#"context.Request.Headers.GetValueOrDefault("X-Token").AsJwt().Type"#, r#""JWT""#),
        (r#"context.Request.Headers.GetValueOrDefault("X-Token").AsJwt().Id"#, r#""abc-1""#),
        (r#"context.Request.Headers.GetValueOrDefault("X-Token").AsJwt().Audiences"#, r#"["chat", "embed"]"#),
        (
            r#"context.Request.Headers.GetValueOrDefault("X-Token").AsJwt().Claims["roles"]"#,
            r#"["reader", "writer"]"#,
        ),
        (
            r#"context.Request.Headers.GetValueOrDefault("X-Token").AsJwt().Claims.ContainsKey("none")"#,
            "false",
        ),
        (
            r#"context.Request.Headers.GetValueOrDefault("X-Token").AsJwt().ExpirationTime > DateTime.UtcNow"#,
            "true",
        ),
        (r#"context.Request.Headers.GetValueOrDefault("X-Token").AsJwt().NotBefore.Value.Year"#, "2023"),
        (r#""no.token.here".AsJwt() == null"#, "true"),
        (r#""".AsJwt() == null"#, "true"),
        (
            r#"BitConverter.ToString(Convert.FromBase64String("a8G+4i5An5bpPX4Rc5MXKg==").Encrypt("Aes", Convert.FromBase64String("K34VFiiu0qar9xWICc9PPA=="), Convert.FromBase64String("AAECAwQFBgcICQoLDA0ODw=="))).Substring(0, 23)"#,
            r#""76-49-AB-AC-81-19-B2-46""#,
        ),
        (
            r#"Encoding.UTF8.GetString(Encoding.UTF8.GetBytes("secret").Encrypt("Aes", new byte[32], new byte[16]).Decrypt("Aes", new byte[32], new byte[16]))"#,
            r#""secret""#,
        ),
        (
            r#"new byte[1].Encrypt("Aes", new byte[5], new byte[16])"#,
            "!System.Security.Cryptography.CryptographicException: Specified key is not a valid size for this algorithm.",
        ),
        (
            r#"new byte[1].Encrypt("Aes", new byte[16], new byte[5])"#,
            "!System.Security.Cryptography.CryptographicException: Specified initialization vector (IV) does not match the block size for this algorithm.",
        ),
        (
            r#"new byte[15].Decrypt("Aes", new byte[16], new byte[16])"#,
            "!System.Security.Cryptography.CryptographicException: The input data is not a complete block.",
        ),
    ]);
}

#[test]
fn addresses_and_web() {
    check(&[
        (r#"IPAddress.Parse("10.0.0.1").ToString()"#, r#""10.0.0.1""#),
        (r#"IPAddress.Parse("10.0.0.1").GetAddressBytes()"#, "0x0a000001"),
        (r#"IPAddress.Parse("::1").GetAddressBytes().Length"#, "16"),
        (r#"IPAddress.Parse("x")"#, "!System.FormatException: An invalid IP address was specified."),
        (r#"IPAddress.IsLoopback(IPAddress.Parse("127.0.0.1"))"#, "true"),
        (r#"IPAddress.IsLoopback(IPAddress.Parse("10.0.0.1"))"#, "false"),
        (r#"IPAddress.Parse("1.2.3.4").Equals(IPAddress.Parse("1.2.3.4"))"#, "true"),
        (r#"IPAddress.Parse("::ffff:1.2.3.4").MapToIPv4().ToString()"#, r#""1.2.3.4""#),
        ("new IPAddress(new byte[] { 1, 2, 3, 4 }).ToString()", r#""1.2.3.4""#),
        (r#""" + IPAddress.Loopback"#, r#""127.0.0.1""#),
        ("(int)HttpStatusCode.TooManyRequests", "429"),
        ("(HttpStatusCode)503 == HttpStatusCode.ServiceUnavailable", "true"),
        ("context.Response.StatusCode == (int)HttpStatusCode.TooManyRequests", "true"),
        (r#"WebUtility.UrlEncode("a b&c=é")"#, r#""a+b%26c%3D%C3%A9""#),
        (r#"WebUtility.UrlDecode("a+b%26c")"#, r#""a b&c""#),
        ("WebUtility.UrlDecode(null) == null", "true"),
        (r#"WebUtility.HtmlEncode("<a & 'b'>")"#, r#""&lt;a &amp; &#39;b&#39;&gt;""#),
        (r#"WebUtility.HtmlDecode("&lt;&eacute;&#65;&#x42;")"#, r#""<éAB""#),
        (r#"new Uri("https://a.example/x/../y?q=1").PathAndQuery"#, r#""/y?q=1""#),
        (r#"new Uri(new Uri("https://a.example/x/"), "y").ToString()"#, r#""https://a.example/x/y""#),
        (r#"Uri.EscapeDataString("a b/c")"#, r#""a%20b%2Fc""#),
        (r#"Uri.IsWellFormedUriString("https://a", UriKind.Absolute)"#, "true"),
        (
            r#"new Uri("x").Host"#,
            "!System.UriFormatException: Invalid URI: The format of the URI could not be determined.",
        ),
        (r#"new Uri("a/b", UriKind.Relative).IsAbsoluteUri"#, "false"),
        (
            r#"new Uri("a/b", UriKind.Relative).Host"#,
            "!System.InvalidOperationException: This operation is not supported for a relative URI.",
        ),
        (r#"new Uri("https://A.example/") == new Uri("https://a.example")"#, "true"),
        (r#"new Uri("https://a.example/b/c").GetLeftPart(UriPartial.Authority)"#, r#""https://a.example""#),
    ]);
}

#[test]
fn patterns() {
    check(&[
        (r#"Regex.Replace("a-b-c", "[a-c]", m => m.Value.ToUpper())"#, r#""A-B-C""#),
        (r#"Regex.Replace("x1y22", @"\d+", m => (int.Parse(m.Value) * 2).ToString())"#, r#""x2y44""#),
        (r#"Regex.Match("model=gpt-4o;", @"model=(?<m>[^;]+)").Groups["m"].Value"#, r#""gpt-4o""#),
        (r#"Regex.Match("abc", "x").Success"#, "false"),
        (r#"Regex.Match("abc", "x").Value"#, r#""""#),
        (r#"Regex.Matches("a1b22", @"\d+").Count"#, "2"),
        (r#"Regex.Matches("a1b22", @"\d+")[1].Index"#, "3"),
        (r#"Regex.Matches("a1b22", @"\d+").Cast<Match>().Select(m => m.Value)"#, r#"["1", "22"]"#),
        (r#"Regex.Match("ab", "(?<x>a)(b)").Groups[2].Value"#, r#""a""#),
        (r#"Regex.Match("ab", "(a)").Groups[9].Success"#, "false"),
        (r#"new Regex("A", RegexOptions.IgnoreCase).IsMatch("xa")"#, "true"),
        (r#"Regex.IsMatch("a\nb", "^b$", RegexOptions.Multiline)"#, "true"),
        (r#"Regex.IsMatch(context.Request.OriginalUrl.Path, @"/deployments/[^/]+/chat")"#, "true"),
        (
            r#"Regex.IsMatch("a", "(")"#,
            "!System.ArgumentException: Invalid pattern '(' at offset 1. Not enough )'s.",
        ),
        (
            r#"Regex.IsMatch(null, "a")"#,
            "!System.ArgumentNullException: Value cannot be null. (Parameter 'input')",
        ),
        (r#"string.Join("|", Regex.Split("a, b;c", @"[,;]\s*"))"#, r#""a|b|c""#),
        (r#"Regex.Match("key: value", @"^(\w+):\s*(.*)$").Result("$2=$1")"#, r#""value=key""#),
        (r#"Regex.Unescape(@"a\.b")"#, r#""a.b""#),
    ]);
}

#[test]
fn markup() {
    check(&[
        (r#"XElement.Parse("<a><b>1</b><b>2</b></a>").Elements("b").Sum(b => (int)b)"#, "3"),
        (r#"XElement.Parse("<a x='1'/>").Attribute("x").Value"#, r#""1""#),
        (r#"XElement.Parse("<a/>").Attribute("x")?.Value ?? "none""#, r#""none""#),
        (r#"XElement.Parse("<s:e xmlns:s='u'><s:b/></s:e>").Descendants().First().Name.LocalName"#, r#""b""#),
        (r#"XElement.Parse("<s:e xmlns:s='u'/>").Name.NamespaceName"#, r#""u""#),
        (r#"XElement.Parse("<a><b/></a>").ToString(SaveOptions.DisableFormatting)"#, r#""<a><b /></a>""#),
        (r#"XDocument.Parse("<a><b>x</b></a>").Root.Element("b").Value"#, r#""x""#),
        (r#"XElement.Parse("<a><b/></a>").Descendants().Any(d => d.Name == "b")"#, "true"),
        (
            r#"XElement.Parse("<a>").Name"#,
            "!System.Xml.XmlException: Unexpected end of file has occurred. The following elements are not closed: a. Line 1, position 4.",
        ),
        (
            r#"new XElement("r", context.Variables.GetValueOrDefault<JArray>("backends").Select(b => new XElement("b", (string)b["id"]))).Elements().Count()"#,
            "4",
        ),
        (r#"new XElement("a", new XAttribute("x", 1), "t").ToString()"#, r#""<a x=\"1\">t</a>""#),
        (r#"(string)XElement.Parse("<a/>").Element("b") == null"#, "true"),
        (r#"(int?)XElement.Parse("<a><n>5</n></a>").Element("n")"#, "5"),
        (r#"XElement.Parse("<a><!--c-->t</a>").Nodes().Count()"#, "2"),
        (
            r#"XElement.Parse("<a><b><c/></b></a>").Descendants("c").First().Ancestors().Select(x => x.Name.LocalName)"#,
            r#"["b", "a"]"#,
        ),
    ]);
}

#[test]
fn hashes() {
    check(&[
        (
            r#"BitConverter.ToString(SHA256.Create().ComputeHash(Encoding.UTF8.GetBytes("abc"))).Substring(0, 11)"#,
            r#""BA-78-16-BF""#,
        ),
        (
            r#"BitConverter.ToString(MD5.Create().ComputeHash(Encoding.UTF8.GetBytes("abc"))).Substring(0, 11)"#,
            r#""90-01-50-98""#,
        ),
        (
            r#"BitConverter.ToString(new SHA1Managed().ComputeHash(Encoding.UTF8.GetBytes("abc"))).Substring(0, 11)"#,
            r#""A9-99-3E-36""#,
        ),
        (
            r#"BitConverter.ToString(new HMACSHA256(Encoding.UTF8.GetBytes("Jefe")).ComputeHash(Encoding.UTF8.GetBytes("what do ya want for nothing?"))).Substring(0, 11)"#,
            r#""5B-DC-C1-46""#,
        ),
        ("SHA512.Create().HashSize", "512"),
        ("new HMACSHA512(new byte[3]).Key.Length", "3"),
        ("new HMACSHA256(new byte[0]).HashSize", "256"),
        (
            "SHA256.Create().ComputeHash((byte[])null)",
            "!System.ArgumentNullException: Value cannot be null. (Parameter 'buffer')",
        ),
        ("HashAlgorithmName.SHA256.Name", r#""SHA256""#),
        ("RandomNumberGenerator.Create() != null", "true"),
    ]);
}

/// Blocks, for what needs statements.
#[test]
fn blocks() {
    let rows = [
        ("string v; return context.Request.Headers.TryGetValue(\"none\", out var h) ? 1 : 2;", "2"),
        ("string[] h; context.Request.Headers.TryGetValue(\"Accept\", out h); return h.Length;", "2"),
        ("object v; return context.Variables.TryGetValue(\"count\", out v) ? v : null;", "3"),
        (
            "Jwt t; return context.Request.Headers.GetValueOrDefault(\"X-Token\").TryParseJwt(out t) ? t.Issuer : null;",
            "\"https://issuer.example/\"",
        ),
        ("BasicAuthCredentials c; return \"Basic dTpw\".TryParseBasic(out c) ? c.Password : null;", "\"p\""),
        (
            "IPAddress a; return IPAddress.TryParse(\"10.1.2.3\", out a) ? a.ToString() : null;",
            "\"10.1.2.3\"",
        ),
        ("Uri u; return Uri.TryCreate(\"/x\", UriKind.Absolute, out u);", "false"),
        ("context.Trace(\"seen\"); return 1;", "1"),
        ("var n = 0; foreach (var h in context.Request.Headers) { n += h.Value.Length; } return n;", "8"),
        (
            "var d = new XmlDocument(); d.LoadXml(\"<a><b i='1'>x</b></a>\"); return d.SelectSingleNode(\"//b[@i='1']\").InnerText;",
            "\"x\"",
        ),
        (
            "var e = XElement.Parse(\"<a><b/></a>\"); e.Element(\"b\").Value = \"2\"; e.SetAttributeValue(\"x\", 1); return e.ToString();",
            "\"<a x=\\\"1\\\">\\n  <b>2</b>\\n</a>\"",
        ),
        ("using (var h = SHA256.Create()) { return h.ComputeHash(new byte[0]).Length; }", "32"),
        (
            "var b = new byte[4]; using (var r = RandomNumberGenerator.Create()) { r.GetBytes(b); } return b.Length;",
            "4",
        ),
        (
            "try { return context.Request.Headers[\"none\"][0]; } catch (KeyNotFoundException) { return \"caught\"; }",
            "\"caught\"",
        ),
        (
            "try { return new Uri(\"x\").Host; } catch (UriFormatException e) { return e.Message.Length > 0; }",
            "true",
        ),
    ];
    let wrong = rows.iter().filter_map(|(text, expected)| {
        let found = evaluate(&format!("@{{ {text} }}")).unwrap_or_else(|error| format!("!{error}"));
        (found != *expected).then(|| format!("{text}\n  want {expected}\n  have {found}"))
    });
    let wrong: Vec<String> = wrong.collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn texts_put_together_of_constants_and_variables() {
    check(&[
        (r#"(string)context.Variables["name"]"#, r#""gpt-4o""#),
        (r#""Bearer " + (string)context.Variables["name"]"#, r#""Bearer gpt-4o""#),
        (r#"(string)context.Variables["name"] + "/" + (string)context.Variables["text"]"#, r#""gpt-4o/42""#),
        (r#""a" + (string)context.Variables["empty"]"#, r#""a""#),
        (r#""a" + (string)context.Variables["nothing"]"#, r#""a""#),
        (r#"(string)context.Variables["nothing"] == null"#, "true"),
        (
            r#""a" + (string)context.Variables["count"]"#,
            "!System.InvalidCastException: Unable to cast object of type 'System.Int32' to type 'System.String'.",
        ),
        (
            r#""a" + (string)context.Variables["absent"]"#,
            "!System.Collections.Generic.KeyNotFoundException: The given key 'absent' was not present in the dictionary.",
        ),
        (r#"(bool)context.Variables["flag"] && (int)context.Variables["count"] >= 3"#, "true"),
        (r#"!(bool)context.Variables["flag"] || context.Response == null"#, "false"),
        (
            r#"(int)context.Variables["text"] == 42"#,
            "!System.InvalidCastException: Unable to cast object of type 'System.String' to type 'System.Int32'.",
        ),
    ]);
}
