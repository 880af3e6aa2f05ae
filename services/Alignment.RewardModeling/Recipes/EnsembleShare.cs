using Alignment.ModelCore.Data;
using static TorchSharp.torch;

namespace Alignment.RewardModeling.Recipes;

/// <summary>Which rows a head of an ensemble learns from: decided by seed, head and row alone, so that a resumed run decides alike.</summary>
internal static class EnsembleShare
{
    /// <summary>(n) int64: places in the batch; all of them where the head would have none.</summary>
    public static Tensor Of(IReadOnlyList<int> rows, int head, RewardOptions options)
    {
        long[] all = [.. Enumerable.Range(0, rows.Count).Select(i => (long)i)];
        long[] mine = [.. all.Where(i => Takes(rows[(int)i], head, options))];
        return tensor(mine.Length > 0 ? mine : all);
    }

    /// <summary>Whether this head learns from this row.</summary>
    public static bool Takes(int row, int head, RewardOptions options) =>
        options.Heads == 1 || options.HeadShare >= 1 || new Shuffle(options.Seed + (1000L * (head + 1)), row).Permutation(100)[0] < options.HeadShare * 100;
}
