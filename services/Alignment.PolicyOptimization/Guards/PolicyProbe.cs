using Alignment.ModelCore.Configuration;
using Alignment.ModelCore.Data;
using Alignment.ModelCore.Modules;
using Alignment.ModelCore.Rollouts;
using Alignment.ModelCore.Training;
using Alignment.ModelCore.Training.Guards;
using Alignment.PolicyOptimization.Rewards;
using static TorchSharp.torch;

namespace Alignment.PolicyOptimization.Guards;

/// <summary>
/// Asks the policy on a held-out set while it trains: it answers the prompts, gold and proxy score the answers, and the reference says how
/// far it has moved. Where the set holds pairs that people judged and no gold is named, gold is how often the policy ranks them as people
/// did, and the proxy its own mean margin. Answers come from the same random stream every time, so that only the weights differ.
/// </summary>
public sealed class PolicyProbe : IRunProbe
{
    private readonly TunedModel<CausalModel> policy;
    private readonly ProbeReference reference;
    private readonly AnswerProbe answers;
    private readonly JudgedPairs? pairs;
    private readonly (IRewardSource? Gold, RewardSet? Proxy, bool OwnsProxy) rewards;

    private PolicyProbe(TunedModel<CausalModel> policy, ProbeReference reference, AnswerProbe answers, JudgedPairs? pairs, (IRewardSource? Gold, RewardSet? Proxy, bool OwnsProxy) rewards) =>
        (this.policy, this.reference, this.answers, this.pairs, this.rewards) = (policy, reference, answers, pairs, rewards);

    /// <summary>The probe that the section <c>guards</c> asks for, or null.</summary>
    /// <param name="policy">With its starting weights, which are the reference.</param>
    /// <param name="optimised">The run's own rewards: the proxy where none is named. Not disposed here.</param>
    /// <exception cref="OptionsException">Gold is neither named nor to be had from pairs.</exception>
    public static PolicyProbe? Open(TrainingOptions options, TunedModel<CausalModel> policy, RowEncoder encoder, RewardSet? optimised = null)
    {
        var o = options.Guards;
        if (o.ProbeEvery == 0)
        {
            return null;
        }

        var rows = PromptReader.Read(o.ProbeData).Take(o.ProbeRows).ToList();
        IRewardSource? gold = null;
        ProbeReference? reference = null;
        try
        {
            gold = o.Gold.Length == 0 ? null : RewardSources.Open(o.Gold, new(), options.Model);
            var proxy = o.Proxy.Length == 0 ? optimised : new RewardSet([new(RewardSources.Open(o.Proxy, new(), options.Model))]);
            reference = ProbeReference.Of(options.Model, policy);
            JudgedPairs? pairs = null;
            if (gold is null || proxy is null)
            {
                pairs = rows.TrueForAll(r => r.Line.ContainsKey("chosen")) ? JudgedPairs.Of(encoder, PreferenceReader.Read(o.ProbeData).Take(o.ProbeRows), reference)
                    : throw new OptionsException([$"guards.{(gold is null ? "gold" : "proxy")} is missing: {o.ProbeData} holds no pairs, so nothing says what is {(gold is null ? "good" : "optimised")}."]);
            }

            return new(policy, reference, new(rows, encoder, options.Seed, o.ProbeTokens), pairs, (gold, proxy, o.Proxy.Length > 0));
        }
        catch
        {
            gold?.Dispose();
            reference?.Dispose();
            throw;
        }
    }

    public IReadOnlyDictionary<string, double> Measure()
    {
        using var scope = NewDisposeScope();
        using var none = no_grad();
        using var quiet = new EvalMode(policy.Model);
        var generator = get_rng_state();
        try
        {
            var measured = answers.Of(policy.Model, reference);
            var judged = pairs?.Of(policy.Model);
            return new Dictionary<string, double>(measured.Values)
            {
                [ProbeMetrics.Gold] = rewards.Gold is { } gold ? Mean(RewardScores.Of(gold, measured.Items)) : judged!.Value.Accuracy,
                [ProbeMetrics.Proxy] = rewards.Proxy is { } proxy ? Mean(proxy.Score(measured.Items, CancellationToken.None).Sums()) : judged!.Value.Margin,
            };
        }
        finally
        {
            set_rng_state(generator);
        }
    }

    public void Dispose()
    {
        rewards.Gold?.Dispose();
        if (rewards.OwnsProxy)
        {
            rewards.Proxy?.Dispose();
        }

        reference.Dispose();
    }

    /// <summary>Of those that could be scored.</summary>
    private static double Mean(IEnumerable<double> scores) => scores.Where(s => !double.IsNaN(s)).DefaultIfEmpty(double.NaN).Average();
}
