using System.Globalization;
using System.Net;

namespace Alignment.Suite.Demo.Reporting;

/// <summary>Text in English and Portuguese side by side; the page's style sheet shows one of them.</summary>
internal static class Bilingual
{
    private static readonly CultureInfo English = CultureInfo.GetCultureInfo("en-US");

    private static readonly CultureInfo Portuguese = CultureInfo.GetCultureInfo("pt-BR");

    public static string Say(string english, string portuguese) => Spans("span", Escape(english), Escape(portuguese));

    /// <summary>The same for text inside SVG.</summary>
    public static string SvgText(string english, string portuguese) => Spans("tspan", Escape(english), Escape(portuguese));

    public static string Number(double value, string format, string element = "span") =>
        double.IsNaN(value) ? "–" : Spans(element, value.ToString(format, English), value.ToString(format, Portuguese));

    public static string Escape(string text) => WebUtility.HtmlEncode(text);

    private static string Spans(string element, string english, string portuguese) => english == portuguese
        ? english
        : $"<{element} lang=\"en\">{english}</{element}><{element} lang=\"pt-BR\">{portuguese}</{element}>";
}
