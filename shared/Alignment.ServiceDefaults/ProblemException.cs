namespace Alignment.ServiceDefaults;

/// <summary>A request that cannot be served, with what the caller must change; becomes RFC 9457 problem details.</summary>
/// <param name="status">HTTP status, 400–499.</param>
/// <param name="title">The fault in one sentence.</param>
/// <param name="detail">Field and remedy.</param>
/// <param name="code">Stable machine-readable code, kebab-case.</param>
public sealed class ProblemException(int status, string title, string detail, string code) : Exception($"{title} {detail}")
{
    public int Status => status;

    public string Title => title;

    public string Detail => detail;

    public string Code => code;
}
