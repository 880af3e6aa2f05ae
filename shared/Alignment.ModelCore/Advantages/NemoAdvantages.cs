using Alignment.ModelCore.Losses;
using static TorchSharp.torch;

namespace Alignment.ModelCore.Advantages;

/// <summary>NeMo-RL's group advantages: with a leave-one-out baseline the deviation, too, is that of the other members.</summary>
public static class NemoAdvantages
{
    /// <summary>The baseline and the Bessel-corrected deviation that each row is compared with.</summary>
    public static (double[] Baseline, double[] Deviation) Baselines(double[] rewards, IReadOnlyList<int> index, bool leaveOneOut)
    {
        double[] mean = new double[rewards.Length], std = new double[rewards.Length];
        foreach (var group in Statistics.Groups(index))
        {
            foreach (var i in group)
            {
                var others = group.Where(j => !leaveOneOut || j != i).Select(j => rewards[j]).ToList();
                mean[i] = others.Count == 0 ? 0 : others.Average();
                std[i] = Statistics.NanStd(others) is var s && double.IsNaN(s) ? 0 : s;
            }
        }

        return (mean, std);
    }

    /// <summary>r − baseline, divided by (std + 1e-6) only where std &gt; 0.</summary>
    public static double[] Grpo(double[] rewards, IReadOnlyList<int> index, bool leaveOneOut, bool normalize)
    {
        var (mean, std) = Baselines(rewards, index, leaveOneOut);
        return [.. rewards.Select((r, i) => normalize && std[i] > 0 ? (r - mean[i]) / (std[i] + 1e-6) : r - mean[i])];
    }

    /// <summary>GDPO: per-reward advantages, weighted sum, z-score over the batch (Bessel's correction, no epsilon).</summary>
    public static double[] Gdpo(IReadOnlyList<double[]> rewards, double[] weights, IReadOnlyList<int> index, bool leaveOneOut, bool normalize)
    {
        var sum = new double[index.Count];
        for (var k = 0; k < rewards.Count; k++)
        {
            var a = Grpo(rewards[k], index, leaveOneOut, normalize);
            for (var i = 0; i < sum.Length; i++)
            {
                sum[i] += weights[k] * a[i];
            }
        }

        double mean = sum.Average(), std = Statistics.NanStd(sum);
        return [.. sum.Select(s => (s - mean) / std)];
    }

    /// <summary>REINFORCE++: optional group baseline, minus coefficient·KL per token, normalised over the batch's tokens.</summary>
    /// <param name="kl">(N, T) or null.</param>
    public static Tensor ReinforcePlusPlus(double[] rewards, IReadOnlyList<int> index, Tensor mask, bool minusBaseline, Tensor? kl = null, double klCoefficient = 0)
    {
        var shaped = minusBaseline ? Grpo(rewards, index, leaveOneOut: false, normalize: false) : rewards;
        var tokens = TokenAdvantages.Spread(shaped, ones_like(mask));
        tokens = kl is null ? tokens : tokens.Minus(kl.Times(klCoefficient));
        return Whitening.Whiten(tokens, mask, WhiteningDialect.OpenRlhf);
    }
}
