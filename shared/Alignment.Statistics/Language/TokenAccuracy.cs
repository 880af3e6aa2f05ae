namespace Alignment.Statistics.Language;

/// <summary>How many of a text's scored tokens the model ranked first.</summary>
public readonly record struct TextHits(int Correct, int Tokens);

/// <summary>Share of tokens that the model ranks first.</summary>
public static class TokenAccuracy
{
    /// <summary>Over all tokens: long texts weigh more.</summary>
    public static double Micro(IReadOnlyList<TextHits> texts) => texts.Sum(t => (double)t.Correct) / texts.Sum(t => (double)t.Tokens);

    /// <summary>Mean of the texts' own shares.</summary>
    public static double Macro(IReadOnlyList<TextHits> texts) => texts.Average(t => t.Correct / (double)t.Tokens);
}
