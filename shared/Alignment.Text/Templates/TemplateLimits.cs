namespace Alignment.Text.Templates;

/// <summary>What one rendering may use. A template is foreign code: it gets bounds, not trust.</summary>
public sealed record TemplateLimits
{
    /// <summary>Evaluated nodes plus loop iterations; default 20 million.</summary>
    public long MaxSteps { get; init; } = 20_000_000;

    /// <summary>UTF-16 units of the longest string and items of the longest list; default 16 million.</summary>
    public long MaxValueLength { get; init; } = 16_000_000;

    /// <summary>Characters and items made during the whole rendering, together; default 256 million.</summary>
    public long MaxAllocated { get; init; } = 256_000_000;

    /// <summary>Nested macro calls and recursive loops; default 200, below the reference's own recursion limit.</summary>
    public int MaxCallDepth { get; init; } = 200;

    public static TemplateLimits Default { get; } = new();
}
