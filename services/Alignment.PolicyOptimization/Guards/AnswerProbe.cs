using Alignment.ModelCore.Data;
using Alignment.ModelCore.Modules;
using Alignment.ModelCore.Rollouts;
using Alignment.ModelCore.Training;
using Alignment.ModelCore.Training.Guards;
using static TorchSharp.torch;

namespace Alignment.PolicyOptimization.Guards;

/// <summary>A policy's answers to fixed prompts at temperature 1, and how far they lie from a reference.</summary>
/// <param name="Items">The answers for reward sources, those to one prompt beside each other.</param>
/// <param name="Values">KL per sequence and per token (mean log π − log π_ref of the answers), mean length.</param>
public sealed record MeasuredAnswers(IReadOnlyList<RewardItem> Items, IReadOnlyDictionary<string, double> Values);

/// <summary>Lets policies answer the same prompts with the same random numbers.</summary>
/// <param name="answers">To each prompt.</param>
public sealed class AnswerProbe(IReadOnlyList<PromptRow> rows, RowEncoder encoder, long seed, int maxNewTokens, int answers = 1)
{
    private const int ForwardBatch = 32;
    private readonly List<int[]> prompts = [.. rows.Select(encoder.EncodePrompt)];

    public MeasuredAnswers Of(CausalModel policy, ProbeReference reference)
    {
        var sampling = new SamplingOptions(answers, maxNewTokens, [.. encoder.EndTokenIds.Order()], seed);
        var trajectories = new RolloutGenerator(policy, prompts, sampling).Sample(0, [.. Enumerable.Range(0, prompts.Count)], 0, CancellationToken.None);
        var items = trajectories.Select(t => new RewardItem(rows[t.Row].Messages, encoder.Decode(t.Response), t.Prompt, t.Response, t.Ended, rows[t.Row].Line)).ToList();
        double tokens = trajectories.Sum(t => t.Response.Length), kl = LogProbs(policy, trajectories) - reference.Use(m => LogProbs(m, trajectories));
        return new(items, new Dictionary<string, double>
        {
            [ProbeMetrics.KlPerSequence] = kl / trajectories.Count, [ProbeMetrics.KlPerToken] = kl / tokens, [ProbeMetrics.Length] = tokens / trajectories.Count,
        });
    }

    /// <summary>Σ log p over all answer tokens.</summary>
    private double LogProbs(CausalModel model, IReadOnlyList<Trajectory> trajectories)
    {
        using var none = no_grad();
        return trajectories.OrderBy(t => t.Length).Chunk(ForwardBatch).Sum(chunk =>
        {
            using var scope = NewDisposeScope();
            return ResponseForward.LogProbs(model, chunk, ResponseForward.Width(chunk), encoder.PadId).LogProbs.sum().ToDouble();
        });
    }
}
