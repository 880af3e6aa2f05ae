namespace Alignment.Text.Tokenization.Models;

/// <summary>The scalars of a byte-pair model as <c>tokenizer.json</c> names them.</summary>
internal sealed record BytePairOptions
{
    public string? UnknownToken { get; init; }

    public string? ContinuingSubwordPrefix { get; init; }

    public string? EndOfWordSuffix { get; init; }

    public bool FuseUnknown { get; init; }

    public bool ByteFallback { get; init; }

    public bool IgnoreMerges { get; init; }
}
