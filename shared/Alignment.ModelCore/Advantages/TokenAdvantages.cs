using Alignment.ModelCore.Losses;
using static TorchSharp.torch;

namespace Alignment.ModelCore.Advantages;

/// <summary>From one number a completion to one a token, and the estimators that work on token rewards. Masks (B, T), true keeps.</summary>
public static class TokenAdvantages
{
    /// <summary>The row's number on each of its tokens, 0 elsewhere. (B), (B, T) → (B, T) float64.</summary>
    public static Tensor Spread(double[] perRow, Tensor mask) => tensor(perRow, ScalarType.Float64).unsqueeze(-1).Times(mask.to_type(ScalarType.Float64));

    /// <summary>The row's number on its last kept token. (B), (B, T) → (B, T) float64.</summary>
    public static Tensor OnLastToken(double[] perRow, Tensor mask)
    {
        var width = mask.shape[1];
        var last = mask.to_type(ScalarType.Float64).Times(arange(1, width + 1, ScalarType.Float64)).argmax(-1);
        return zeros(mask.shape, ScalarType.Float64).scatter_add_(-1, last.unsqueeze(-1), tensor(perRow, ScalarType.Float64).unsqueeze(-1));
    }

    /// <summary>
    /// REINFORCE++ (Hu 2025): discounted return-to-go of token rewards, carried over masked tokens, whitened over the batch (verl).
    /// </summary>
    public static GaeResult ReinforcePlusPlus(Tensor tokenRewards, Tensor mask, double gamma, WhiteningDialect dialect = WhiteningDialect.Verl)
    {
        var returns = Gae.ReturnsToGo(tokenRewards, gamma, mask).Times(mask.to_type(tokenRewards.dtype));
        return new(Whitening.Whiten(returns, mask, dialect).Times(mask.to_type(returns.dtype)), returns);
    }

    /// <summary>REINFORCE++ baseline: r − group mean, spread over the tokens, whitened over those of the whole batch (verl).</summary>
    public static Tensor ReinforcePlusPlusBaseline(double[] rewards, IReadOnlyList<int> index, Tensor mask, WhiteningDialect dialect = WhiteningDialect.Verl)
    {
        var spread = Spread(OutcomeAdvantages.Grpo(rewards, index, scale: false), mask);
        return Whitening.Whiten(spread, mask, dialect).Times(mask.to_type(ScalarType.Float64));
    }

    /// <summary>ReMax (Li et al. 2024, eq. 6): return-to-go minus the reward of the greedy sample.</summary>
    public static GaeResult ReMax(Tensor tokenRewards, double[] greedyRewards, Tensor mask)
    {
        var returns = Gae.ReturnsToGo(tokenRewards.Times(mask.to_type(tokenRewards.dtype)), 1);
        return new(returns.Minus(Spread(greedyRewards, mask)), returns);
    }

    /// <summary>GDPO (verl): the GRPO advantage of every reward, weighted sum, whitened over tokens.</summary>
    public static Tensor Gdpo(IReadOnlyList<double[]> rewards, double[] weights, IReadOnlyList<int> index, Tensor mask)
    {
        var sum = new double[index.Count];
        for (var k = 0; k < rewards.Count; k++)
        {
            var a = OutcomeAdvantages.Grpo(rewards[k], index);
            for (var i = 0; i < sum.Length; i++)
            {
                sum[i] += weights[k] * a[i];
            }
        }

        return Whitening.Whiten(Spread(sum, mask), mask, WhiteningDialect.Verl).Times(mask.to_type(ScalarType.Float64));
    }
}
