namespace Alignment.ModelCore.Generation;

/// <summary>The rules that end a sequence besides stop strings.</summary>
public static class StoppingRules
{
    /// <summary>The last id is an end token; end tokens further back do not count.</summary>
    public static bool EndsWith(IReadOnlyList<int> ids, IReadOnlyList<int> eosTokenIds) => ids.Count > 0 && eosTokenIds.Contains(ids[^1]);

    public static bool IsFull(int length, int maxLength) => length >= maxLength;
}
