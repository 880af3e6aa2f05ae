namespace Alignment.ModelCore.Configuration;

/// <summary>Finds which key a mistyped one was probably meant to be: a key is known by its last part, and its section may be wrong or missing.</summary>
internal static class NearestKey
{
    /// <summary>Beginnings of this many letters are no accident: tuning.targets is tuning.target_modules.</summary>
    private const int Telling = 5;

    public static string? Of(string name, IReadOnlyCollection<string> known)
    {
        var last = Last(name);
        if (known.FirstOrDefault(k => Last(k) == last) is { } elsewhere)
        {
            return elsewhere;
        }

        var siblings = known.Where(k => last.Length < name.Length && k.StartsWith(name[..^last.Length], StringComparison.Ordinal)).ToList();
        return ByLast(last, siblings) ?? siblings.FirstOrDefault(k => Shared(last, Last(k)) >= Telling) ?? Nearest(name, last, known);
    }

    private static string? Nearest(string name, string last, IReadOnlyCollection<string> known)
    {
        var (whole, part) = (NearestName.Of(name, known), ByLast(last, known));
        return part is not null && (whole is null || NearestName.Distance(last, Last(part)) < NearestName.Distance(name, whole)) ? part : whole;
    }

    private static string? ByLast(string last, IReadOnlyCollection<string> keys) => NearestName.Of(last, keys.Select(Last)) is { } found ? keys.First(k => Last(k) == found) : null;

    private static int Shared(string a, string b) => a.Zip(b).TakeWhile(p => p.First == p.Second).Count();

    private static string Last(string key) => key[(key.LastIndexOf('.') + 1)..];
}
