namespace Alignment.Text.Tokenization.Models;

/// <summary>Tokens and their ids; memory grows with the number of tokens, never with the largest id.</summary>
internal sealed class Vocabulary
{
    private readonly Dictionary<string, int> ids;
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> spans;
    private readonly string?[] byId = [];
    private readonly Dictionary<int, string>? sparse;

    public Vocabulary(Dictionary<string, int> ids)
    {
        this.ids = ids;
        spans = ids.GetAlternateLookup<ReadOnlySpan<char>>();
        var largest = -1;
        foreach (var id in ids.Values)
        {
            largest = Math.Max(largest, id);
        }

        if (largest > (2L * ids.Count) + 4096)
        {
            sparse = new(ids.Count);
            foreach (var (token, id) in ids)
            {
                sparse[id] = token;
            }

            return;
        }

        byId = new string?[largest + 1];
        foreach (var (token, id) in ids)
        {
            byId[id] = token;
        }
    }

    public int Count => ids.Count;

    public IReadOnlyDictionary<string, int> Ids => ids;

    public int? Id(string token) => ids.TryGetValue(token, out var id) ? id : null;

    public bool TryGet(ReadOnlySpan<char> token, out int id) => spans.TryGetValue(token, out id);

    public string? Token(int id) => sparse is not null ? sparse.GetValueOrDefault(id) : (uint)id < (uint)byId.Length ? byId[id] : null;
}
