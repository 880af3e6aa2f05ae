namespace Alignment.Feedback;

/// <summary>One page of a list; <paramref name="Next"/> goes into <c>after</c> (or <c>before</c>) for the following one, null at the end.</summary>
internal sealed record Page<T>(IReadOnlyList<T> Data, bool HasMore, string? Next)
{
    public const int DefaultLimit = 50;
    public const int MaximumLimit = 500;

    /// <param name="rows">One more row than asked for, when there is one.</param>
    public static Page<T> Of(IReadOnlyList<T> rows, int limit, Func<T, string> key)
    {
        var data = rows.Take(limit).ToList();
        var more = rows.Count > limit;
        return new Page<T>(data, more, more ? key(data[^1]) : null);
    }
}
