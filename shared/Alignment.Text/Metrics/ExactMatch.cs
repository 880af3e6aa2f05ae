using System.Text.RegularExpressions;

namespace Alignment.Text.Metrics;

/// <summary>Whether a text is one of its references.</summary>
public static partial class ExactMatch
{
    private const string Punctuation = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";

    public static bool Of(string hypothesis, IReadOnlyList<string> references, Func<string, string>? form = null) =>
        references.Any(r => string.Equals(form is null ? r : form(r), form is null ? hypothesis : form(hypothesis), StringComparison.Ordinal));

    /// <summary>SQuAD's form: lower case, without ASCII punctuation and the words a, an, the, single blanks.</summary>
    public static string Normalise(string text) =>
        string.Join(' ', NGrams.Words(Articles().Replace(string.Concat(text.ToLowerInvariant().Where(c => !Punctuation.Contains(c, StringComparison.Ordinal))), " ")));

    [GeneratedRegex(@"\b(a|an|the)\b")]
    private static partial Regex Articles();
}
