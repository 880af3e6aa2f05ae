namespace Alignment.Ui.Visitors;

/// <summary>Who looks: name, language and theme, kept in cookies of this site alone.</summary>
internal sealed class Visitor(IHttpContextAccessor accessor)
{
    public const string NameCookie = "align.name";
    public const string LanguageCookie = "align.lang";
    public const string ThemeCookie = "align.theme";
    public const string KeysCookie = "align.keys";

    private HttpContext Context => accessor.HttpContext!;

    /// <summary>The annotator's handle, or null before they gave one.</summary>
    public string? Name => Context.Request.Cookies[NameCookie] is { Length: > 0 } name ? Uri.UnescapeDataString(name) : null;

    /// <summary><c>light</c>, <c>dark</c> or <c>system</c>.</summary>
    public string Theme => Context.Request.Cookies[ThemeCookie] is ("light" or "dark") and var theme ? theme : "system";

    /// <summary>Single-key shortcuts; people may switch them off (WCAG 2.1.4).</summary>
    public bool Keys => Context.Request.Cookies[KeysCookie] != "off";

    /// <summary>The chosen language tag, or null for the browser's.</summary>
    public string? Language => Context.Request.Cookies[LanguageCookie] is ("en" or "pt-BR") and var language ? language : null;

    public void Remember(string cookie, string value) => Context.Response.Cookies.Append(cookie, Uri.EscapeDataString(value), new CookieOptions
    {
        HttpOnly = true, SameSite = SameSiteMode.Strict, Secure = Context.Request.IsHttps, MaxAge = TimeSpan.FromDays(400), IsEssential = true,
    });

    public void Forget(string cookie) => Context.Response.Cookies.Delete(cookie);
}
