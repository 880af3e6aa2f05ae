namespace Alignment.Statistics.Language;

/// <summary>Negative log-likelihood (nats) of one text and how many tokens were scored.</summary>
public readonly record struct TextLikelihood(double NegativeLogLikelihood, long Tokens);

/// <summary>Perplexity of a corpus from the likelihoods of its texts.</summary>
public static class Perplexity
{
    /// <summary>Σ nll / Σ tokens, in nats: the average is over tokens, not texts.</summary>
    public static double MeanNegativeLogLikelihood(IEnumerable<TextLikelihood> texts)
    {
        double nll = 0;
        long tokens = 0;
        foreach (var t in texts)
        {
            nll += t.NegativeLogLikelihood;
            tokens += t.Tokens;
        }

        return nll / tokens;
    }

    /// <summary>exp of <see cref="MeanNegativeLogLikelihood"/>.</summary>
    public static double OfTokens(IEnumerable<TextLikelihood> texts) => Math.Exp(MeanNegativeLogLikelihood(texts));

    /// <summary>Mean of the texts' own perplexities; short texts weigh as much as long ones.</summary>
    public static double MeanOfTexts(IEnumerable<TextLikelihood> texts) => texts.Average(t => Math.Exp(t.NegativeLogLikelihood / t.Tokens));

    /// <summary>Bits per token.</summary>
    public static double BitsPerToken(IEnumerable<TextLikelihood> texts) => MeanNegativeLogLikelihood(texts) / Math.Log(2);

    /// <summary>−Σ log₂ p / bytes: comparable between tokenizers.</summary>
    public static double BitsPerByte(IEnumerable<TextLikelihood> texts, long bytes) => texts.Sum(t => t.NegativeLogLikelihood) / Math.Log(2) / bytes;
}
