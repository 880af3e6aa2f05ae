using Microsoft.AspNetCore.Http.HttpResults;

namespace Alignment.Feedback;

/// <summary>Collects what is wrong with a request, so that one answer names every field and its remedy.</summary>
internal sealed class Faults
{
    private readonly List<FieldFault> faults = [];

    public bool Any => faults.Count > 0;

    public Faults Check(bool fine, string field, string remedy)
    {
        if (!fine)
        {
            faults.Add(new FieldFault(field, remedy));
        }

        return this;
    }

    public Faults Text(string? value, string field, int maximum, bool required = true) => Check(
        value is null ? !required : value.Length <= maximum && (!required || !string.IsNullOrWhiteSpace(value)),
        field, required ? $"Give 1 to {maximum} characters." : $"Give at most {maximum} characters.");

    public Faults Range(long value, string field, long low, long high) => Check(value >= low && value <= high, field, $"Give a whole number from {low} to {high}; {value} was sent.");

    public ProblemHttpResult ToProblem(string title) => TypedResults.Problem(string.Join(' ', faults.Select(f => $"{f.Field}: {f.Remedy}")), statusCode: 422, title: title,
        extensions: new Dictionary<string, object?> { ["code"] = "invalid", ["errors"] = faults });

    public static ProblemHttpResult Conflict(string code, string title, string remedy) => Problem(409, code, title, remedy);

    public static ProblemHttpResult Missing(string what, string id) => Problem(404, "not-found", $"There is no {what} '{id}'.", "Check the id; GET /feedback/projects lists the projects.");

    public static ProblemHttpResult Problem(int status, string code, string title, string remedy) => TypedResults.Problem(remedy, statusCode: status, title: title,
        extensions: new Dictionary<string, object?> { ["code"] = code });

    internal sealed record FieldFault(string Field, string Remedy);
}
