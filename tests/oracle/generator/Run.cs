// Runs every case of one batch and writes one JSON object per case to the standard output.
using System;
using System.Globalization;
using System.IO;
using System.Reflection;
using System.Text;
using System.Threading;
using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

public static class Run
{
    public static int Main(string[] arguments)
    {
        Thread.CurrentThread.CurrentCulture = CultureInfo.InvariantCulture;
        Thread.CurrentThread.CurrentUICulture = CultureInfo.InvariantCulture;
        var context = File.ReadAllText(arguments[0], Encoding.UTF8);
        var output = new StreamWriter(Console.OpenStandardOutput(), new UTF8Encoding(false));
        foreach (var method in typeof(Cases).GetMethods(BindingFlags.Static | BindingFlags.NonPublic))
        {
            if (!method.Name.StartsWith("Case")) continue;
            var row = One(method, context);
            row["line"] = int.Parse(method.Name.Substring(4), CultureInfo.InvariantCulture);
            output.Write(row.ToString(Formatting.None) + "\n");
        }
        output.Flush();
        return 0;
    }

    // Sequences are made while they are rendered, so that may throw as well.
    private static JObject One(MethodInfo method, string context)
    {
        var call = (Func<Context, object>)Delegate.CreateDelegate(typeof(Func<Context, object>), method);
        try
        {
            var value = call(Context.Read(context));
            return new JObject { { "type", Render.Type(value) }, { "result", Render.Value(value) } };
        }
        catch (Exception thrown)
        {
            return new JObject { { "throws", thrown.GetType().FullName }, { "message", thrown.Message } };
        }
    }
}
