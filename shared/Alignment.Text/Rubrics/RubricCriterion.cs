using System.Text.Json.Serialization;
using System.Text.RegularExpressions;

namespace Alignment.Text.Rubrics;

/// <summary>One value of the house and the rule that checks it. <c>kind</c> in the JSON chooses the rule.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(CourtesyCriterion), "courtesy")]
[JsonDerivedType(typeof(FactsCriterion), "facts")]
[JsonDerivedType(typeof(LengthCriterion), "length")]
[JsonDerivedType(typeof(ForbiddenPatternsCriterion), "forbidden_patterns")]
public abstract record RubricCriterion
{
    public required string Id { get; init; }

    /// <summary>Weight in the total. Default 1.</summary>
    public double Weight { get; init; } = 1;

    /// <summary>What the criterion asks, per language, for people.</summary>
    public IReadOnlyDictionary<string, string> Meaning { get; init; } = new Dictionary<string, string>();

    /// <summary>The mark of an answer that is not empty, 0 … 1.</summary>
    public abstract double Mark(RubricQuestion question, string answer);

    private protected static bool HasWord(string text, string word) =>
        Regex.IsMatch(text, $@"(?<![\p{{L}}\p{{N}}]){Regex.Escape(word)}(?![\p{{L}}\p{{N}}])", RegexOptions.CultureInvariant);

    private protected static IReadOnlyList<string> Of(IReadOnlyDictionary<string, IReadOnlyList<string>> lists, string language) =>
        lists.TryGetValue(language, out var list) ? list : throw new ArgumentException($"The rubric has no lists for language '{language}', only for {string.Join(", ", lists.Keys)}.");
}

/// <summary>1 when one of the phrases of courtesy is there and none of the forbidden ones; letter case is ignored.</summary>
public sealed record CourtesyCriterion : RubricCriterion
{
    public required IReadOnlyDictionary<string, IReadOnlyList<string>> RequireAny { get; init; }

    public required IReadOnlyDictionary<string, IReadOnlyList<string>> Forbid { get; init; }

    public override double Mark(RubricQuestion question, string answer)
    {
        bool Contains(string phrase) => answer.Contains(phrase, StringComparison.OrdinalIgnoreCase);
        return Of(RequireAny, question.Language).Any(Contains) && !Of(Forbid, question.Language).Any(Contains) ? 1 : 0;
    }
}

/// <summary>Share of the question's facts found; 0 when a word of the exclusive list that is not a fact is named as well.</summary>
public sealed record FactsCriterion : RubricCriterion
{
    public IReadOnlyDictionary<string, IReadOnlyList<string>> Exclusive { get; init; } = new Dictionary<string, IReadOnlyList<string>>();

    public override double Mark(RubricQuestion question, string answer)
    {
        var contradicted = Exclusive.Count > 0 && Of(Exclusive, question.Language).Except(question.Facts, StringComparer.Ordinal).Any(w => HasWord(answer, w));
        return contradicted ? 0 : Found(question, answer);
    }

    internal static double Found(RubricQuestion question, string answer) =>
        question.Facts.Count == 0 ? 1 : (double)question.Facts.Count(f => HasWord(answer, f)) / question.Facts.Count;
}

/// <summary>1 up to <see cref="FullMarksWords"/> words, falling in a straight line to 0 at <see cref="NoMarksWords"/>.</summary>
public sealed record LengthCriterion : RubricCriterion
{
    public required int FullMarksWords { get; init; }

    public required int NoMarksWords { get; init; }

    public override double Mark(RubricQuestion question, string answer)
    {
        var words = answer.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Length;
        return Math.Clamp((double)(NoMarksWords - words) / (NoMarksWords - FullMarksWords), 0, 1);
    }
}

/// <summary>1 when no pattern matches, else 0. Patterns are .NET regular expressions, letter case ignored.</summary>
public sealed record ForbiddenPatternsCriterion : RubricCriterion
{
    // A hostile answer must not stall the scorer, nor a busy machine fail it: the limit counts the time in which others run.
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    public required IReadOnlyList<string> Patterns { get; init; }

    public override double Mark(RubricQuestion question, string answer) =>
        Patterns.Any(p => Regex.IsMatch(answer, p, RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, Limit)) ? 0 : 1;
}
