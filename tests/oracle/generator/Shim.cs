// What the gateway offers to an expression, with the fixed values of context.json.
//
// Only the members below exist: an expression that names another one is refused by the compiler.
// Names and types follow the public reference of policy expressions; the behaviour of the few
// gateway-only methods (GetValueOrDefault, As, AsBasic, AsJwt) is written down in README.md.
using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text;
using System.Xml.Linq;
using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

public interface IUrl
{
    string Scheme { get; }
    string Host { get; }
    string Port { get; }
    string Path { get; }
    string QueryString { get; }
    IReadOnlyDictionary<string, string[]> Query { get; }
    Uri ToUri();
}

public interface IMessageBody
{
    T As<T>(bool preserveContent = false);
    IDictionary<string, IList<string>> AsFormUrlEncodedContent(bool preserveContent = false);
}

public interface IRequest
{
    string Method { get; }
    IUrl Url { get; }
    IUrl OriginalUrl { get; }
    string IpAddress { get; }
    IReadOnlyDictionary<string, string[]> Headers { get; }
    IReadOnlyDictionary<string, string> MatchedParameters { get; }
    IMessageBody Body { get; }
}

public interface IResponse
{
    int StatusCode { get; }
    string StatusReason { get; }
    IReadOnlyDictionary<string, string[]> Headers { get; }
    IMessageBody Body { get; }
}

public interface ILastError
{
    string Source { get; }
    string Reason { get; }
    string Message { get; }
    string Scope { get; }
    string Section { get; }
    string Path { get; }
    string PolicyId { get; }
}

public interface IGroup { string Id { get; } string Name { get; } }

public interface IUserIdentity { string Id { get; } string Provider { get; } }

public interface IUser
{
    string Id { get; }
    string Email { get; }
    string FirstName { get; }
    string LastName { get; }
    string Note { get; }
    DateTime RegistrationDate { get; }
    IEnumerable<IGroup> Groups { get; }
    IEnumerable<IUserIdentity> Identities { get; }
}

public interface ISubscription
{
    string Id { get; }
    string Name { get; }
    string Key { get; }
    string PrimaryKey { get; }
    string SecondaryKey { get; }
    DateTime CreatedDate { get; }
    DateTime? StartDate { get; }
    DateTime? EndDate { get; }
}

public enum ProductState { NotPublished, Published }

public interface IProduct
{
    string Id { get; }
    string Name { get; }
    ProductState State { get; }
    bool ApprovalRequired { get; }
    bool SubscriptionRequired { get; }
    int? SubscriptionLimit { get; }
    IEnumerable<IGroup> Groups { get; }
}

public interface ISubscriptionKeyParameterNames { string Header { get; } string Query { get; } }

public interface IApi
{
    string Id { get; }
    string Name { get; }
    string Path { get; }
    string Revision { get; }
    string Version { get; }
    bool IsCurrentRevision { get; }
    IUrl ServiceUrl { get; }
    IEnumerable<string> Protocols { get; }
    ISubscriptionKeyParameterNames SubscriptionKeyParameterNames { get; }
}

public interface IOperation
{
    string Id { get; }
    string Name { get; }
    string Method { get; }
    string UrlTemplate { get; }
}

public interface IGateway { string Id { get; } bool IsManaged { get; } }

public interface IDeployment
{
    string Region { get; }
    string ServiceName { get; }
    string ServiceId { get; }
    string GatewayId { get; }
    IGateway Gateway { get; }
}

public sealed class BasicAuthCredentials
{
    public string UserId { get; internal set; }
    public string Password { get; internal set; }
}

public sealed class Jwt
{
    public string Algorithm { get; internal set; }
    public string Type { get; internal set; }
    public string Issuer { get; internal set; }
    public string Subject { get; internal set; }
    public string Id { get; internal set; }
    public IEnumerable<string> Audiences { get; internal set; }
    public DateTime? NotBefore { get; internal set; }
    public DateTime? ExpirationTime { get; internal set; }
    public IReadOnlyDictionary<string, string[]> Claims { get; internal set; }
}

public sealed class Context
{
    public IRequest Request { get; private set; }
    public IResponse Response { get; private set; }
    public IReadOnlyDictionary<string, object> Variables { get; private set; }
    public ILastError LastError { get; private set; }
    public ISubscription Subscription { get; private set; }
    public IUser User { get; private set; }
    public IProduct Product { get; private set; }
    public IApi Api { get; private set; }
    public IOperation Operation { get; private set; }
    public IDeployment Deployment { get; private set; }
    public Guid RequestId { get; private set; }
    public DateTime Timestamp { get; private set; }
    public TimeSpan Elapsed { get; private set; }
    public bool Tracing { get; private set; }

    public void Trace(string message) { }

    // A new context for every case: bodies are read once and JSON values can be changed.
    public static Context Read(string text)
    {
        var root = Values.Parse(text);
        var variables = new Dictionary<string, object>();
        foreach (var variable in ((JObject)root["variables"]).Properties())
            variables[variable.Name] = Values.Variable(variable.Value);
        return new Context
        {
            Request = new Request((JObject)root["request"]),
            Response = new Response((JObject)root["response"]),
            Variables = variables,
            LastError = new LastError((JObject)root["lastError"]),
            Subscription = new Subscription((JObject)root["subscription"]),
            User = new User((JObject)root["user"]),
            Product = new Product((JObject)root["product"]),
            Api = new Api((JObject)root["api"]),
            Operation = new Operation((JObject)root["operation"]),
            Deployment = new Deployment((JObject)root["deployment"]),
            RequestId = Guid.Parse((string)root["requestId"]),
            Timestamp = Values.Date(root["timestamp"]),
            Elapsed = TimeSpan.Parse((string)root["elapsed"], CultureInfo.InvariantCulture),
            Tracing = (bool)root["tracing"],
        };
    }
}

internal static class Values
{
    // Dates stay texts, as they are in the file.
    public static JObject Parse(string text)
    {
        var settings = new JsonSerializerSettings { DateParseHandling = DateParseHandling.None };
        return JsonConvert.DeserializeObject<JObject>(text, settings);
    }

    public static DateTime Date(JToken token)
    {
        return DateTime.Parse((string)token, CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind);
    }

    public static DateTime? DateOrNull(JToken token)
    {
        return (string)token == null ? (DateTime?)null : Date(token);
    }

    public static IReadOnlyDictionary<string, string[]> Many(JToken token)
    {
        var found = new Dictionary<string, string[]>(StringComparer.OrdinalIgnoreCase);
        foreach (var property in ((JObject)token).Properties())
            found[property.Name] = property.Value.Select(value => (string)value).ToArray();
        return found;
    }

    public static IReadOnlyDictionary<string, string> One(JToken token)
    {
        var found = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var property in ((JObject)token).Properties())
            found[property.Name] = (string)property.Value;
        return found;
    }

    public static object Variable(JToken token)
    {
        var value = token["value"];
        switch ((string)token["type"])
        {
            case "null": return null;
            case "System.Int32": return (int)value;
            case "System.Int64": return (long)value;
            case "System.Double": return (double)value;
            case "System.Boolean": return (bool)value;
            case "System.String": return (string)value;
            case "System.String[]": return value.Select(item => (string)item).ToArray();
            case "System.DateTime": return Date(value);
            case "Newtonsoft.Json.Linq.JObject": return JObject.Parse(value.ToString(Formatting.None));
            case "Newtonsoft.Json.Linq.JArray": return JArray.Parse(value.ToString(Formatting.None));
            case "IResponse": return new Response((JObject)value);
            default: throw new InvalidOperationException("context.json has a variable of type " + token["type"]);
        }
    }

    public static IEnumerable<IGroup> Groups(JToken token)
    {
        return token.Select(one => (IGroup)new Group {
            Id = (string)one["id"], Name = (string)one["name"] }).ToList();
    }
}

internal sealed class Url : IUrl
{
    private readonly Uri uri;

    public Url(string text) { uri = new Uri(text); }

    public string Scheme { get { return uri.Scheme; } }
    public string Host { get { return uri.Host; } }
    public string Port { get { return uri.Port.ToString(CultureInfo.InvariantCulture); } }
    public string Path { get { return uri.AbsolutePath; } }
    public string QueryString { get { return uri.Query; } }
    public Uri ToUri() { return uri; }
    public override string ToString() { return uri.ToString(); }

    public IReadOnlyDictionary<string, string[]> Query
    {
        get
        {
            var found = new Dictionary<string, string[]>(StringComparer.OrdinalIgnoreCase);
            foreach (var pair in Form.Pairs(uri.Query.TrimStart('?')))
                found[pair.Key] = found.ContainsKey(pair.Key)
                    ? found[pair.Key].Concat(new[] { pair.Value }).ToArray()
                    : new[] { pair.Value };
            return found;
        }
    }
}

internal static class Form
{
    public static IEnumerable<KeyValuePair<string, string>> Pairs(string text)
    {
        foreach (var part in text.Split(new[] { '&' }, StringSplitOptions.RemoveEmptyEntries))
        {
            var at = part.IndexOf('=');
            var name = at < 0 ? part : part.Substring(0, at);
            var value = at < 0 ? "" : part.Substring(at + 1);
            yield return new KeyValuePair<string, string>(Decode(name), Decode(value));
        }
    }

    private static string Decode(string text) { return System.Net.WebUtility.UrlDecode(text); }
}

internal sealed class Body : IMessageBody
{
    private readonly string text;

    public Body(string text) { this.text = text; }

    public T As<T>(bool preserveContent = false)
    {
        object value;
        if (typeof(T) == typeof(string)) value = text;
        else if (typeof(T) == typeof(byte[])) value = Encoding.UTF8.GetBytes(text);
        else if (typeof(T) == typeof(JObject)) value = JObject.Parse(text);
        else if (typeof(T) == typeof(JArray)) value = JArray.Parse(text);
        else if (typeof(T) == typeof(JToken)) value = JToken.Parse(text);
        else if (typeof(T) == typeof(XElement)) value = XElement.Parse(text);
        else if (typeof(T) == typeof(XDocument)) value = XDocument.Parse(text);
        else throw new InvalidOperationException("a body cannot be read as " + typeof(T).FullName);
        return (T)value;
    }

    public IDictionary<string, IList<string>> AsFormUrlEncodedContent(bool preserveContent = false)
    {
        var found = new Dictionary<string, IList<string>>();
        foreach (var pair in Form.Pairs(text))
        {
            if (!found.ContainsKey(pair.Key)) found[pair.Key] = new List<string>();
            found[pair.Key].Add(pair.Value);
        }
        return found;
    }
}

internal sealed class Request : IRequest
{
    public string Method { get; private set; }
    public IUrl Url { get; private set; }
    public IUrl OriginalUrl { get; private set; }
    public string IpAddress { get; private set; }
    public IReadOnlyDictionary<string, string[]> Headers { get; private set; }
    public IReadOnlyDictionary<string, string> MatchedParameters { get; private set; }
    public IMessageBody Body { get; private set; }

    public Request(JObject json)
    {
        Method = (string)json["method"];
        Url = new Url((string)json["url"]);
        OriginalUrl = new Url((string)json["originalUrl"]);
        IpAddress = (string)json["ip"];
        Headers = Values.Many(json["headers"]);
        MatchedParameters = Values.One(json["matchedParameters"]);
        Body = new Body((string)json["body"]);
    }
}

internal sealed class Response : IResponse
{
    public int StatusCode { get; private set; }
    public string StatusReason { get; private set; }
    public IReadOnlyDictionary<string, string[]> Headers { get; private set; }
    public IMessageBody Body { get; private set; }

    public Response(JObject json)
    {
        StatusCode = (int)json["status"];
        StatusReason = (string)json["reason"];
        Headers = Values.Many(json["headers"]);
        Body = new Body((string)json["body"]);
    }
}

internal sealed class LastError : ILastError
{
    public string Source { get; private set; }
    public string Reason { get; private set; }
    public string Message { get; private set; }
    public string Scope { get; private set; }
    public string Section { get; private set; }
    public string Path { get; private set; }
    public string PolicyId { get; private set; }

    public LastError(JObject json)
    {
        Source = (string)json["source"];
        Reason = (string)json["reason"];
        Message = (string)json["message"];
        Scope = (string)json["scope"];
        Section = (string)json["section"];
        Path = (string)json["path"];
        PolicyId = (string)json["policyId"];
    }
}

internal sealed class Group : IGroup
{
    public string Id { get; internal set; }
    public string Name { get; internal set; }
}

internal sealed class UserIdentity : IUserIdentity
{
    public string Id { get; internal set; }
    public string Provider { get; internal set; }
}

internal sealed class User : IUser
{
    public string Id { get; private set; }
    public string Email { get; private set; }
    public string FirstName { get; private set; }
    public string LastName { get; private set; }
    public string Note { get; private set; }
    public DateTime RegistrationDate { get; private set; }
    public IEnumerable<IGroup> Groups { get; private set; }
    public IEnumerable<IUserIdentity> Identities { get; private set; }

    public User(JObject json)
    {
        Id = (string)json["id"];
        Email = (string)json["email"];
        FirstName = (string)json["firstName"];
        LastName = (string)json["lastName"];
        Note = (string)json["note"];
        RegistrationDate = Values.Date(json["registrationDate"]);
        Groups = Values.Groups(json["groups"]);
        Identities = json["identities"].Select(one => (IUserIdentity)new UserIdentity {
            Id = (string)one["id"], Provider = (string)one["provider"] }).ToList();
    }
}

internal sealed class Subscription : ISubscription
{
    public string Id { get; private set; }
    public string Name { get; private set; }
    public string Key { get; private set; }
    public string PrimaryKey { get; private set; }
    public string SecondaryKey { get; private set; }
    public DateTime CreatedDate { get; private set; }
    public DateTime? StartDate { get; private set; }
    public DateTime? EndDate { get; private set; }

    public Subscription(JObject json)
    {
        Id = (string)json["id"];
        Name = (string)json["name"];
        Key = (string)json["key"];
        PrimaryKey = (string)json["primaryKey"];
        SecondaryKey = (string)json["secondaryKey"];
        CreatedDate = Values.Date(json["createdDate"]);
        StartDate = Values.DateOrNull(json["startDate"]);
        EndDate = Values.DateOrNull(json["endDate"]);
    }
}

internal sealed class Product : IProduct
{
    public string Id { get; private set; }
    public string Name { get; private set; }
    public ProductState State { get; private set; }
    public bool ApprovalRequired { get; private set; }
    public bool SubscriptionRequired { get; private set; }
    public int? SubscriptionLimit { get; private set; }
    public IEnumerable<IGroup> Groups { get; private set; }

    public Product(JObject json)
    {
        Id = (string)json["id"];
        Name = (string)json["name"];
        State = (ProductState)Enum.Parse(typeof(ProductState), (string)json["state"]);
        ApprovalRequired = (bool)json["approvalRequired"];
        SubscriptionRequired = (bool)json["subscriptionRequired"];
        SubscriptionLimit = (int?)json["subscriptionLimit"];
        Groups = Values.Groups(json["groups"]);
    }
}

internal sealed class KeyNames : ISubscriptionKeyParameterNames
{
    public string Header { get; internal set; }
    public string Query { get; internal set; }
}

internal sealed class Api : IApi
{
    public string Id { get; private set; }
    public string Name { get; private set; }
    public string Path { get; private set; }
    public string Revision { get; private set; }
    public string Version { get; private set; }
    public bool IsCurrentRevision { get; private set; }
    public IUrl ServiceUrl { get; private set; }
    public IEnumerable<string> Protocols { get; private set; }
    public ISubscriptionKeyParameterNames SubscriptionKeyParameterNames { get; private set; }

    public Api(JObject json)
    {
        Id = (string)json["id"];
        Name = (string)json["name"];
        Path = (string)json["path"];
        Revision = (string)json["revision"];
        Version = (string)json["version"];
        IsCurrentRevision = (bool)json["isCurrentRevision"];
        ServiceUrl = new Url((string)json["serviceUrl"]);
        Protocols = json["protocols"].Select(one => (string)one).ToList();
        var names = json["subscriptionKeyParameterNames"];
        SubscriptionKeyParameterNames = new KeyNames {
            Header = (string)names["header"], Query = (string)names["query"] };
    }
}

internal sealed class Operation : IOperation
{
    public string Id { get; private set; }
    public string Name { get; private set; }
    public string Method { get; private set; }
    public string UrlTemplate { get; private set; }

    public Operation(JObject json)
    {
        Id = (string)json["id"];
        Name = (string)json["name"];
        Method = (string)json["method"];
        UrlTemplate = (string)json["urlTemplate"];
    }
}

internal sealed class Gateway : IGateway
{
    public string Id { get; internal set; }
    public bool IsManaged { get; internal set; }
}

internal sealed class Deployment : IDeployment
{
    public string Region { get; private set; }
    public string ServiceName { get; private set; }
    public string ServiceId { get; private set; }
    public string GatewayId { get; private set; }
    public IGateway Gateway { get; private set; }

    public Deployment(JObject json)
    {
        Region = (string)json["region"];
        ServiceName = (string)json["serviceName"];
        ServiceId = (string)json["serviceId"];
        GatewayId = (string)json["gatewayId"];
        var gateway = json["gateway"];
        Gateway = new Gateway { Id = (string)gateway["id"], IsManaged = (bool)gateway["isManaged"] };
    }
}

public static class GatewayExtensions
{
    public static T GetValueOrDefault<T>(this IReadOnlyDictionary<string, object> variables, string name)
    {
        return GetValueOrDefault(variables, name, default(T));
    }

    // A value of another type is an invalid cast, not the default; so is a null for a value type.
    public static T GetValueOrDefault<T>(
        this IReadOnlyDictionary<string, object> variables, string name, T defaultValue)
    {
        object value;
        if (!variables.TryGetValue(name, out value)) return defaultValue;
        if (value is T || (value == null && default(T) == null)) return (T)value;
        var found = value == null ? "null" : value.GetType().FullName;
        throw new InvalidCastException(
            "Unable to cast object of type '" + found + "' to type '" + typeof(T).FullName + "'.");
    }

    public static string GetValueOrDefault(
        this IReadOnlyDictionary<string, string[]> many, string name, string defaultValue = null)
    {
        string[] values;
        return many.TryGetValue(name, out values) ? string.Join(",", values) : defaultValue;
    }

    public static string GetValueOrDefault(
        this IReadOnlyDictionary<string, string> one, string name, string defaultValue = null)
    {
        string value;
        return one.TryGetValue(name, out value) ? value : defaultValue;
    }

    public static BasicAuthCredentials AsBasic(this string text)
    {
        BasicAuthCredentials found;
        return TryParseBasic(text, out found) ? found : null;
    }

    public static bool TryParseBasic(this string text, out BasicAuthCredentials found)
    {
        found = null;
        if (text == null || !text.StartsWith("Basic ", StringComparison.OrdinalIgnoreCase)) return false;
        string plain;
        try { plain = Encoding.UTF8.GetString(Convert.FromBase64String(text.Substring(6).Trim())); }
        catch (FormatException) { return false; }
        var at = plain.IndexOf(':');
        if (at < 0) return false;
        found = new BasicAuthCredentials { UserId = plain.Substring(0, at), Password = plain.Substring(at + 1) };
        return true;
    }

    public static Jwt AsJwt(this string text)
    {
        Jwt found;
        return TryParseJwt(text, out found) ? found : null;
    }

    // The signature is not looked at.
    public static bool TryParseJwt(this string text, out Jwt found)
    {
        found = null;
        if (text == null) return false;
        if (text.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase)) text = text.Substring(7).Trim();
        var parts = text.Split('.');
        if (parts.Length != 3) return false;
        try
        {
            var header = Values.Parse(Part(parts[0]));
            var claims = Values.Parse(Part(parts[1]));
            var many = new Dictionary<string, string[]>();
            foreach (var claim in claims.Properties())
                many[claim.Name] = claim.Value is JArray
                    ? claim.Value.Select(one => one.ToString()).ToArray()
                    : new[] { claim.Value.ToString() };
            found = new Jwt
            {
                Algorithm = (string)header["alg"],
                Type = (string)header["typ"],
                Issuer = (string)claims["iss"],
                Subject = (string)claims["sub"],
                Id = (string)claims["jti"],
                Audiences = many.ContainsKey("aud") ? many["aud"] : new string[0],
                NotBefore = Instant(claims["nbf"]),
                ExpirationTime = Instant(claims["exp"]),
                Claims = many,
            };
            return true;
        }
        catch (FormatException) { return false; }
        catch (JsonException) { return false; }
    }

    private static string Part(string text)
    {
        var plain = text.Replace('-', '+').Replace('_', '/');
        while (plain.Length % 4 != 0) plain += "=";
        return Encoding.UTF8.GetString(Convert.FromBase64String(plain));
    }

    private static DateTime? Instant(JToken token)
    {
        if (token == null) return null;
        return new DateTime(1970, 1, 1, 0, 0, 0, DateTimeKind.Utc).AddSeconds((long)token);
    }
}
