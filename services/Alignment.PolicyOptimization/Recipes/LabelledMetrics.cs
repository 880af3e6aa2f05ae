using Alignment.ModelCore.Data;
using Alignment.ModelCore.Training;
using static TorchSharp.torch;

namespace Alignment.PolicyOptimization.Recipes;

/// <summary><c>rewards/*</c> and <c>logps/*</c> by label: keys of an absent label are absent, the margin needs both.</summary>
internal static class LabelledMetrics
{
    public static Dictionary<string, double> Rewards(Tensor rewards, Tensor logProbs, IReadOnlyList<LabelledCompletion> rows)
    {
        var metrics = new Dictionary<string, double>();
        double[] r = rewards.ToDoubles(), l = logProbs.ToDoubles();
        foreach (var (name, label) in new[] { ("chosen", true), ("rejected", false) })
        {
            var mine = Enumerable.Range(0, rows.Count).Where(i => rows[i].Label == label).ToList();
            if (mine.Count > 0)
            {
                metrics[$"rewards/{name}"] = mine.Average(i => r[i]);
                metrics[$"logps/{name}"] = mine.Average(i => l[i]);
            }
        }

        if (metrics.TryGetValue("rewards/chosen", out var chosen) && metrics.TryGetValue("rewards/rejected", out var rejected))
        {
            metrics["rewards/margins"] = chosen - rejected;
        }

        return metrics;
    }
}
