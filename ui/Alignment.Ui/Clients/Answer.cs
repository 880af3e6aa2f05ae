namespace Alignment.Ui.Clients;

/// <summary>What a service said: a value, or a problem to show.</summary>
internal sealed record Answer<T>(T? Value, Problem? Problem)
    where T : class;

/// <summary>A refusal or an outage in words. <see cref="Unreachable"/> is the pages' own code for no answer at all.</summary>
public sealed record Problem(int Status, string Title, string? Detail, string? Code)
{
    public const string Unreachable = "unreachable";
}
