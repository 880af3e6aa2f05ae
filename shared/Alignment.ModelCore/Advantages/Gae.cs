using Alignment.ModelCore.Losses;
using static TorchSharp.torch;

namespace Alignment.ModelCore.Advantages;

/// <summary>What a masked slot (tool output, observation, padding) does to the recursion.</summary>
public enum GaeMasking
{
    /// <summary>Nothing: every slot counts (TRL's PPO, which zeroes values beyond the response beforehand).</summary>
    Plain,

    /// <summary>The next value and the running advantage are carried across it (verl, NeMo-RL). The default: tool tokens then cost nothing.</summary>
    Carry,

    /// <summary>Rewards and values are multiplied by the mask first, so the advantage decays through it (OpenRLHF).</summary>
    Zero,
}

/// <param name="Gamma">Discount; 1 in every library.</param>
/// <param name="Lambda">λ; TRL and torchtune .95, OpenRLHF and verl 1.</param>
public sealed record GaeOptions(double Gamma = 1, double Lambda = .95, GaeMasking Masking = GaeMasking.Carry);

/// <param name="Advantages">(B, T).</param>
/// <param name="Returns">(B, T): advantages + values.</param>
public sealed record GaeResult(Tensor Advantages, Tensor Returns);

/// <summary>
/// Generalised advantage estimation (Schulman et al. 2016, eq. 16): δₜ = rₜ + γV_{t+1} − Vₜ, Aₜ = δₜ + γλA_{t+1}. Computed in double, returned in the rewards' dtype.
/// </summary>
public static class Gae
{
    /// <param name="rewards">(B, T), per token.</param>
    /// <param name="values">(B, T).</param>
    /// <param name="mask">(B, T), true keeps; null keeps all.</param>
    /// <param name="lambdas">(B), one λ a row instead of the option's.</param>
    public static GaeResult Compute(Tensor rewards, Tensor values, Tensor? mask, GaeOptions options, double[]? lambdas = null)
    {
        long rows = rewards.shape[0], width = rewards.shape[1];
        double[] r = rewards.Doubles(), v = values.Doubles();
        var m = mask?.Doubles();
        var advantages = new double[r.Length];
        for (var b = 0; b < rows; b++)
        {
            double next = 0, running = 0, lambda = lambdas?[b] ?? options.Lambda;
            for (var i = (int)((b + 1) * width) - 1; i >= b * width; i--)
            {
                var keep = m?[i] ?? 1;
                var (reward, value) = options.Masking == GaeMasking.Zero ? (r[i] * keep, v[i] * keep) : (r[i], v[i]);
                var advantage = reward + (options.Gamma * next) - value + (options.Gamma * lambda * running);
                (next, running) = options.Masking == GaeMasking.Carry
                    ? ((value * keep) + ((1 - keep) * next), (advantage * keep) + ((1 - keep) * running))
                    : (value, advantage);
                advantages[i] = running;
            }
        }

        var a = Like(advantages, rewards);
        var baseline = options.Masking == GaeMasking.Zero && mask is not null ? values.Times(mask.to_type(values.dtype)) : values;
        return new(a, a.Plus(baseline.detach()));
    }

    /// <summary>
    /// Rows of different lengths; where a row was cut by the length limit, the value after its last token stands in for the 0 of a finished one.
    /// Slots beyond a row's length are 0.
    /// </summary>
    /// <param name="bootstrapValues">(B), used where <paramref name="truncated"/> is true; null: never bootstrap.</param>
    public static GaeResult Bootstrapped(Tensor rewards, Tensor values, long[] lengths, Tensor? bootstrapValues, Tensor? truncated, GaeOptions options)
    {
        var width = (int)rewards.shape[1];
        double[] r = rewards.Doubles(), v = values.Doubles();
        double[]? last = bootstrapValues?.Doubles(), cut = truncated?.Doubles();
        var advantages = new double[r.Length];
        var returns = new double[r.Length];
        for (var b = 0; b < lengths.Length; b++)
        {
            var next = last is not null && cut is not null && cut[b] != 0 ? last[b] : 0;
            var running = 0.0;
            for (var i = (b * width) + (int)lengths[b] - 1; i >= b * width; i--)
            {
                running = r[i] + (options.Gamma * next) - v[i] + (options.Gamma * options.Lambda * running);
                (advantages[i], returns[i], next) = (running, running + v[i], v[i]);
            }
        }

        return new(Like(advantages, rewards), Like(returns, rewards));
    }

    /// <summary>
    /// NeMo-RL: one λ for the policy's advantages (zero where masked), another for the value targets. <paramref name="lengthAdaptive"/> = α
    /// makes the policy's λ = clip(1 − 1/max(1, α·length), 0, 1) per row (VAPO, Yue et al. 2025, eq. 8).
    /// </summary>
    public static GaeResult Decoupled(Tensor rewards, Tensor values, Tensor mask, double gamma, double lambdaPolicy, double lambdaValue, double lengthAdaptive = 0)
    {
        double[]? lambdas = lengthAdaptive > 0
            ? [.. mask.to_type(ScalarType.Float64).SumLast().Doubles().Select(n => Math.Clamp(1 - (1 / Math.Max(1, lengthAdaptive * n)), 0, 1))]
            : null;
        var policy = Compute(rewards, values, mask, new(gamma, lambdaPolicy), lambdas);
        var value = Compute(rewards, values, mask, new(gamma, lambdaValue));
        return new(policy.Advantages.Times(mask.to_type(rewards.dtype)), value.Returns);
    }

    /// <summary>Σ_{k ≥ t} γ^{k−t}·rₖ over all slots. (B, T) → (B, T).</summary>
    public static Tensor ReturnsToGo(Tensor rewards, double gamma, Tensor? mask = null)
    {
        var none = zeros(rewards.shape, rewards.dtype);
        return Compute(rewards, none, mask, new(gamma, 1, mask is null ? GaeMasking.Plain : GaeMasking.Carry)).Advantages;
    }

    internal static Tensor Like(double[] values, Tensor other) => tensor(values, ScalarType.Float64).reshape(other.shape).to_type(other.dtype).to(other.device);
}
