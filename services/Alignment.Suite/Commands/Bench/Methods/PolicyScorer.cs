using Alignment.ModelCore.Checkpointing;
using Alignment.ModelCore.Data;
using Alignment.ModelCore.Rollouts;
using Alignment.ModelCore.Training.Guards;
using Alignment.PolicyOptimization.Guards;
using Alignment.PolicyOptimization.Rewards;
using static TorchSharp.torch;

namespace Alignment.Suite.Commands.Bench.Methods;

/// <summary>A policy on the held-out prompts.</summary>
/// <param name="Gold">For each prompt the rubric's score of each answer.</param>
/// <param name="Proxy">The same by the reward model.</param>
/// <param name="Kl">From the starting point, nats per answer.</param>
/// <param name="Cases">What each prompt asks, whatever its wording: language and intent.</param>
internal sealed record PolicyScores(IReadOnlyList<double[]> Gold, IReadOnlyList<double[]> Proxy, double Kl, IReadOnlyList<string> Cases)
{
    public double MeanGold => Gold.Average(g => g.Average());

    public double MeanProxy => Proxy.Average(p => p.Average());
}

/// <summary>Lets policies answer the held-out prompts and scores them: with the rubric, which no method saw, and with the reward model.</summary>
internal sealed class PolicyScorer(BenchPaths paths) : IDisposable
{
    /// <summary>To each prompt: with one alone, chance in sampling hides most of what was learned.</summary>
    public const int Answers = 4;

    private const int MaxTokens = 96;
    private readonly ProbeReference start = ProbeReference.Frozen(CheckpointReader.LoadCausal(paths.Start, ScalarType.Float32));
    private readonly IReadOnlyList<PromptRow> rows = PromptReader.Read(BenchPaths.HeldOut);
    private readonly IRewardSource gold = RewardSources.Open($"rubric:{BenchPaths.Rubric}", new(), paths.Start);
    private readonly RewardModelSource proxy = RewardModelSource.Load(paths.Reward, paths.Start);

    /// <param name="folder">A checkpoint.</param>
    /// <param name="seed">Of the answers.</param>
    public PolicyScores Of(string folder, long seed)
    {
        using var scope = NewDisposeScope();
        using var none = no_grad();
        using var policy = CheckpointReader.LoadCausal(folder, ScalarType.Float32);
        policy.eval();
        var measured = new AnswerProbe(rows, RowEncoder.Load(paths.Start), seed, MaxTokens, Answers).Of(policy, start);
        return new(ByPrompt(gold, measured), ByPrompt(proxy, measured), measured.Values[ProbeMetrics.KlPerSequence], [.. rows.Select(r => $"{r.Line["language"]} {r.Line["intent"]}")]);
    }

    public void Dispose()
    {
        start.Dispose();
        gold.Dispose();
        proxy.Dispose();
    }

    private static List<double[]> ByPrompt(IRewardSource source, MeasuredAnswers measured) => [.. RewardScores.Of(source, measured.Items).Chunk(Answers)];
}
