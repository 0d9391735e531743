//! Types as written.

use super::super::classes::Class;
use super::super::library::signature::classes_named;
use super::super::syntax::{TypeKind, TypePart, TypeSyntax};
use super::super::types::Type;
use super::{Bind, Binder, Reported};
use crate::diagnostics::{Diagnostic, Span};
use crate::policy::closest;

/// Classes and namespaces that .NET has and policy expressions may not use ("policy expressions" page).
const REFUSED: &[&str] = &[
    "Activator",
    "AppDomain",
    "Assembly",
    "Attribute",
    "BackgroundWorker",
    "BigInteger",
    "BinaryReader",
    "BinaryWriter",
    "Buffer",
    "CancellationToken",
    "CancellationTokenSource",
    "ConcurrentDictionary",
    "Console",
    "ConfigurationManager",
    "CultureInfo",
    "DataTable",
    "Debug",
    "Delegate",
    "Directory",
    "DirectoryInfo",
    "Dns",
    "Environment",
    "EventArgs",
    "Expression",
    "File",
    "FileInfo",
    "FileStream",
    "GC",
    "GZipStream",
    "DeflateStream",
    "HttpClient",
    "HttpContext",
    "HttpRequestMessage",
    "HttpResponseMessage",
    "HttpUtility",
    "HttpWebRequest",
    "ILogger",
    "Interlocked",
    "JsonDocument",
    "JsonElement",
    "JsonNode",
    "JsonSerializer",
    "JsonTextReader",
    "Lazy",
    "LinkedList",
    "MailMessage",
    "Marshal",
    "MethodInfo",
    "Monitor",
    "Mutex",
    "NameValueCollection",
    "Parallel",
    "Path",
    "Process",
    "Semaphore",
    "SmtpClient",
    "Socket",
    "SortedList",
    "Span",
    "SqlConnection",
    "Stopwatch",
    "Stream",
    "StreamReader",
    "StreamWriter",
    "Task",
    "TcpClient",
    "Thread",
    "ThreadPool",
    "Timer",
    "Trace",
    "UdpClient",
    "UriBuilder",
    "ValueTask",
    "WebClient",
    "WebRequest",
    "XPathDocument",
    "XmlSerializer",
    "XmlTextReader",
    "XslCompiledTransform",
    "AesManaged",
    "RijndaelManaged",
    "Utf8JsonReader",
    "Registry",
    "StringInfo",
    "TextInfo",
];

/// Namespaces that can lead a name.
const NAMESPACES: &[&str] = &[
    "System",
    "System.Collections",
    "System.Collections.Generic",
    "System.Linq",
    "System.Text",
    "System.Text.RegularExpressions",
    "System.Net",
    "System.Security",
    "System.Security.Cryptography",
    "System.Security.Cryptography.X509Certificates",
    "System.Xml",
    "System.Xml.Linq",
    "System.IO",
    "System.Globalization",
    "System.Runtime",
    "System.Runtime.CompilerServices",
    "Newtonsoft",
    "Newtonsoft.Json",
    "Newtonsoft.Json.Linq",
    "System.Threading",
    "System.Threading.Tasks",
    "System.Net.Http",
    "System.Text.Json",
    "System.Diagnostics",
    "System.Reflection",
    "System.Web",
    "System.Data",
    "System.Numerics",
    "System.Collections.Concurrent",
    "System.Collections.Specialized",
    "System.Net.Sockets",
    "System.Net.Mail",
    "System.Linq.Expressions",
    "System.ComponentModel",
    "Microsoft",
    "Microsoft.Win32",
    "Microsoft.Azure",
    "Microsoft.CSharp",
    "System.Runtime.InteropServices",
    "System.IdentityModel",
    "System.IdentityModel.Tokens",
    "System.IdentityModel.Tokens.Jwt",
    "System.Buffers",
    "System.Timers",
    "System.IO.Compression",
    "System.Xml.XPath",
    "System.Xml.Serialization",
    "System.Xml.Xsl",
];

/// Whether `name` is a namespace.
pub(super) fn is_namespace(name: &str) -> bool {
    NAMESPACES.contains(&name)
}

/// Whether `name` is a type that .NET has and the service refuses.
pub(super) fn is_refused(name: &str) -> bool {
    REFUSED.contains(&name)
}

impl Binder<'_> {
    /// The type that is written; `var` is [`Type::Unknown`].
    pub(super) fn ty(&mut self, syntax: &TypeSyntax) -> Bind<Type> {
        self.enter(syntax.span)?;
        let found = self.ty_inner(syntax);
        self.leave();
        found
    }

    fn ty_inner(&mut self, syntax: &TypeSyntax) -> Bind<Type> {
        match &syntax.kind {
            TypeKind::Var => Ok(Type::Unknown),
            TypeKind::Nullable(inner) => {
                let of = self.ty(inner)?;
                if of.is_value_type() && of.nullable_of().is_none() {
                    Ok(of.nullable())
                } else if matches!(of, Type::Unknown) {
                    Ok(of)
                } else {
                    self.fail(
                        "type-mismatch",
                        syntax.span,
                        format!("`{of}` takes null already"),
                        "`?` goes with value types only in C# 7",
                    )
                }
            }
            TypeKind::Array(inner, 1) => Ok(Type::array(self.ty(inner)?)),
            TypeKind::Array(..) => self.unsupported(syntax.span, "an array of several dimensions"),
            TypeKind::Tuple(items) => {
                let items: Vec<Type> = items.iter().map(|(ty, _)| self.ty(ty)).collect::<Bind<_>>()?;
                Ok(Type::generic(Class::ValueTuple, items))
            }
            TypeKind::Named(parts) => self.named_type(parts, syntax.span),
        }
    }

    fn named_type(&mut self, parts: &[TypePart], span: Span) -> Bind<Type> {
        let Some((last, path)) = parts.split_last() else { return Err(Reported) };
        if path.is_empty() {
            match last.name.text.as_str() {
                "dynamic" => return Ok(Type::Unknown),
                "void" => return Ok(Type::Void),
                _ => {}
            }
        }
        let arguments: Vec<Type> = last.arguments.iter().map(|ty| self.ty(ty)).collect::<Bind<_>>()?;
        let prefix: Vec<&str> = path.iter().map(|part| part.name.text.as_str()).collect();
        let prefix = prefix.join(".");
        match Self::class_named(&prefix, &last.name.text, arguments.len()) {
            Some(class) => Ok(class_type(class, arguments)),
            None => self.unknown_type(&last.name.text, span),
        }
    }

    /// The class with this name and number of type arguments.
    pub(super) fn class_named(prefix: &str, name: &str, count: usize) -> Option<Class> {
        let fits = |class: &Class| {
            let arity = class.arity();
            let takes = arity == count || (arity == 9 && (count > 0 || *class == Class::Action));
            takes && (prefix.is_empty() || class.namespace() == prefix)
        };
        let static_of_generic = |class: &Class| {
            count == 0 && class.arity() == 9 && (prefix.is_empty() || class.namespace() == prefix)
        };
        let named = classes_named(name);
        let found = named.iter().find(|class| fits(class));
        found.or_else(|| named.iter().find(|class| static_of_generic(class))).copied()
    }

    /// Reports a type that is not there.
    pub(super) fn unknown_type<T>(&mut self, name: &str, span: Span) -> Bind<T> {
        if is_refused(name) {
            self.diagnostics.push(
                Diagnostic::error(
                    "type-not-allowed",
                    span,
                    format!("policy expressions may not use the type `{name}`"),
                )
                .label("not among the types that the service allows"),
            );
            return Err(Reported);
        }
        let known: Vec<&str> = Class::ALL.iter().flat_map(|class| [class.name(), class.keyword()]).collect();
        let mut problem =
            Diagnostic::error("unknown-type", span, format!("unknown type `{name}`")).label("no such type");
        if let Some(meant) = closest(name, known).filter(|meant| *meant != name) {
            problem = problem.help(format!("did you mean `{meant}`?"));
        }
        self.diagnostics.push(problem);
        Err(Reported)
    }
}

/// `class<arguments>`; `Nullable<T>` is `T?`.
pub(super) fn class_type(class: Class, arguments: Vec<Type>) -> Type {
    if arguments.is_empty() { Type::Plain(class) } else { Type::generic(class, arguments) }
}
