using Alignment.ModelCore.Modules;

namespace Alignment.ModelCore.Generation;

/// <summary>
/// Keeps what one conversation has computed, so that the next prompt pays only for what it adds. For one prompt and one sequence at a
/// time, with one model; not thread-safe.
/// </summary>
public sealed class PrefixCache : IDisposable
{
    private KeyValueCache? cache;
    private List<int> ids = [];
    private long learned;

    /// <summary>Tokens of the last prompt that were not computed again.</summary>
    public int Reused { get; private set; }

    public void Dispose() => cache?.Dispose();

    /// <summary>A cache that holds the first <see cref="Reused"/> tokens of the prompt and has room for the rest.</summary>
    internal KeyValueCache Prepare(CausalModel model, IReadOnlyList<int> prompt, int newTokens)
    {
        learned = model.Body.Prompt?.Length ?? 0;
        var needed = learned + prompt.Count + newTokens;
        if (cache is null || cache.Capacity < needed)
        {
            cache?.Dispose();
            cache = new(model.Config, 1, Math.Max(256, 2 * needed), model.DType);
            ids = [];
        }

        // The last token is always computed: its logits are wanted.
        var common = 0;
        while (common < Math.Min(ids.Count, prompt.Count - 1) && ids[common] == prompt[common])
        {
            common++;
        }

        Reused = common;
        cache.Truncate(common == 0 ? 0 : learned + common);
        return cache;
    }

    /// <summary>Remembers which tokens the cache holds now.</summary>
    internal void Record(IEnumerable<int> tokens) => ids = [.. tokens.Take((int)Math.Max(0, (cache?.Length ?? 0) - learned))];
}
