namespace Alignment.ModelCore.Data;

/// <summary>
/// Rows of general data for replay, neutral text and measurements: bare text is learned whole, prompts with answers and conversations on
/// the assistant's turns. Rows longer than the window keep their start.
/// </summary>
public static class GeneralRows
{
    /// <exception cref="DataException">A line is bad, or no row has a token to learn.</exception>
    public static IReadOnlyList<TokenRow> Read(IReadOnlyList<string> files, RowEncoder encoder, int maxLength, int most = int.MaxValue)
    {
        var rows = Encode(DocumentReader.Read(files).Take(most), encoder, maxLength);
        return rows.Count > 0 ? rows : throw new DataException([new(string.Join(", ", files), 0, null, "no row has a token to learn.", $"Raise max_length (now {maxLength}) or look at the rows.")]);
    }

    /// <summary>The same of documents that are there already; those without a token to learn are left out.</summary>
    public static IReadOnlyList<TokenRow> Encode(IEnumerable<Document> documents, RowEncoder encoder, int maxLength) =>
        [.. documents.Select(d => (d.Conversation is { } c ? encoder.Encode(c, "assistant") : TokenRow.Of([], encoder.Encode(d))).Truncate(maxLength, keepEnd: false)).Where(r => r.Targets > 0)];
}
