using System.Globalization;

namespace Alignment.Ui.Visitors;

/// <summary>English or Brazilian Portuguese: the visitor's choice, else the browser's wish (any <c>pt</c> is pt-BR), else English.</summary>
internal sealed class VisitorCulture(RequestDelegate next)
{
    public static readonly IReadOnlyList<string> Languages = ["en", "pt-BR"];

    public async Task InvokeAsync(HttpContext context)
    {
        var culture = CultureInfo.GetCultureInfo(Choose(context.Request.Cookies[Visitor.LanguageCookie], context.Request.Headers.AcceptLanguage.ToString()));
        CultureInfo.CurrentCulture = CultureInfo.CurrentUICulture = culture;
        context.Response.Headers.ContentLanguage = culture.Name;
        context.Response.Headers.Vary = "Accept-Language, Cookie";
        await next(context);
    }

    internal static string Choose(string? chosen, string accept)
    {
        if (chosen is not null && Languages.Contains(chosen))
        {
            return chosen;
        }

        var wishes = accept.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            .Select(w => w.Split(";q=", 2))
            .Select(w => (Tag: w[0], Quality: w.Length == 2 && double.TryParse(w[1], NumberStyles.Float, CultureInfo.InvariantCulture, out var q) ? q : 1))
            .OrderByDescending(w => w.Quality);
        foreach (var (tag, _) in wishes)
        {
            if (tag.StartsWith("pt", StringComparison.OrdinalIgnoreCase))
            {
                return "pt-BR";
            }

            if (tag.StartsWith("en", StringComparison.OrdinalIgnoreCase))
            {
                return "en";
            }
        }

        return "en";
    }
}
