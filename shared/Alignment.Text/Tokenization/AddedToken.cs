namespace Alignment.Text.Tokenization;

/// <summary>A token found in the text before the model sees it.</summary>
public sealed record AddedToken
{
    public required int Id { get; init; }

    public required string Content { get; init; }

    /// <summary>Only where no word character touches it.</summary>
    public bool SingleWord { get; init; }

    /// <summary>Takes the blanks before it.</summary>
    public bool StripLeft { get; init; }

    /// <summary>Takes the blanks after it.</summary>
    public bool StripRight { get; init; }

    /// <summary>Looked for in the normalised text, in its own normalised form.</summary>
    public bool Normalized { get; init; }

    /// <summary>Left out of decoded text when special tokens are skipped.</summary>
    public bool Special { get; init; }
}
