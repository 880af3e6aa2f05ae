using System.Text.Json.Nodes;
using Alignment.ModelCore.Data;
using Alignment.ModelCore.Diagnostics;
using Alignment.ModelCore.Losses;
using Alignment.ModelCore.Rollouts;
using Alignment.ModelCore.Training;
using Alignment.PolicyOptimization.Guards;
using Alignment.PolicyOptimization.Recipes.Online;
using static TorchSharp.torch;

namespace Alignment.PolicyOptimization.Recipes.Group;

/// <summary>
/// Policy gradients without a critic: the responses to one prompt are each other's baseline. GRPO (Shao et al. 2024) and its descendants, RLOO
/// (Ahmadian et al. 2024), REINFORCE++ (Hu 2025) and ReMax (Li et al. 2024) are settings of this one loop: an estimator of advantages, a loss, and
/// where the KL is charged. One sampling serves one optimiser step, or several. Dropout is off everywhere.
/// </summary>
public static class GroupRecipe
{
    /// <summary>Trains the checkpoint at <c>options.Model</c> on <paramref name="rows"/> with the rewards the options name, and writes a new one.</summary>
    /// <param name="name">The method's name for <c>training.json</c>.</param>
    public static TrainingResult Run(string name, GroupOptions options, IReadOnlyList<PromptRow> rows, TrainingFolders folders, IMetricsSink metrics, CancellationToken cancellation) =>
        Run(name, options, rows, () => RunRewards.Open(options), folders, metrics, cancellation);

    /// <summary>The same with rewards that are there already; they are disposed at the end.</summary>
    public static TrainingResult Run(
        string name, GroupOptions options, IReadOnlyList<PromptRow> rows, Func<RewardSet> openRewards, TrainingFolders folders, IMetricsSink metrics, CancellationToken cancellation)
    {
        TrainingRun.Prepare(options, metrics);
        var prompts = OnlinePrompts.Prepare(options, rows, metrics);
        using var rewards = openRewards();
        using var policy = TunedModel.Causal(options);
        using var reference = options.Beta > 0 ? OnlineReference.Open(options, policy) : null;
        using var state = new GroupState(options);
        var inputs = Inputs(options, policy.Trainable, prompts.Ids.Select(p => p.Length), state, DataDigest.Of(prompts.Ids), OnlineDigest.Of(options));
        inputs = inputs with { Companions = [.. inputs.Companions, .. options.ReferenceSyncSteps > 0 ? reference!.Weights : []] };
        inputs = inputs.With(policy, options, prompts.Encoder, folders, PromptEvaluation.Of(options, policy.Model, prompts.Encoder, rewards, metrics), rollouts: true);
        using var run = TrainingRun.Start(options, inputs, folders, metrics);
        run.Probe = PolicyProbe.Open(options, policy, prompts.Encoder, rewards);
        IRolloutSource Generator(SamplingOptions sampling) => new TimedRollouts(new RolloutGenerator(policy.Model, prompts.Ids, sampling, prompts.Encoder.BytesOf), run.Clock);
        reference?.Clock = run.Clock;
        var sampling = options.Sampling(options.SamplesPerPrompt, prompts.Encoder.EndTokenIds);
        var greedy = options.Advantages == "remax" ? Generator(sampling with { SamplesPerPrompt = 1, Temperature = 0 }) : null;
        var scorer = new ResponseScorer(rewards, prompts.Rows, ids => prompts.Encoder.Decode(ids)) { Clock = run.Clock };
        Train(new(policy.Model, reference, Generator(sampling), greedy, scorer, state, prompts.Encoder.PadId), options, run, cancellation);
        return run.Publish(policy, name, options, inputs, folders);
    }

    /// <summary>What the loop's run is started with: the plan deals out prompts, several steps share one sampling.</summary>
    public static RunInputs Inputs(GroupOptions options, IReadOnlyList<(string Name, Tensor Value)> policy, IEnumerable<int> promptLengths, GroupState state, string data, string model)
    {
        var plan = new BatchPlan([.. promptLengths], new(options.PromptsPerBatch, 1, options.Epochs, 0, options.Seed, options.Order == "sequential", options.LengthPool));
        return new(policy, plan, data, model) { StepsPerBatch = options.StepsPerBatch, Companions = state.Companions };
    }

    /// <summary>The loop itself.</summary>
    public static void Train(GroupParts parts, GroupOptions options, TrainingRun run, CancellationToken cancellation)
    {
        run.Guards.HasKlCoefficient = options.Beta > 0;
        GroupBatch? batch = null;
        try
        {
            while (run.Next(cancellation))
            {
                // 1. Roll out; 2. score; 3. shape rewards; 4. advantages: once for all steps of a sampling.
                var first = run.StepOfBatch == 0;
                if (first)
                {
                    batch?.Dispose();
                    batch = null;
                    batch = GroupBatch.Sample(parts, options, run, cancellation);
                }

                // 5. Optimise on this step's share of the responses.
                var means = new StepMeans();
                var rows = RowsOf(options, run, batch!.Trajectories.Count);
                foreach (var micro in rows.Chunk(options.BatchSize))
                {
                    run.Backward(() => Loss(parts, options, run, batch, micro, rows.Length, means));
                }

                // 6. Log, the sampling's numbers once; 7. checkpoint when due, with the reference that may have moved.
                run.BeforeSave = MovingReference.After(run.StepsDone + 1, options.ReferenceSyncSteps, options.ReferenceMixupAlpha, parts.Reference?.Weights ?? [], parts.Policy);
                parts.State.Saw(means.Values.GetValueOrDefault("entropy", double.NaN));
                var metrics = new Dictionary<string, double>(first ? batch.Metrics : new Dictionary<string, double>());
                foreach (var (name, value) in means.Values)
                {
                    metrics[name] = value;
                }

                run.Update(first ? batch.Trajectories.Sum(t => (long)t.Length) : 0, metrics, () => Describe(batch, rows));
            }
        }
        finally
        {
            batch?.Dispose();
        }
    }

    /// <summary>The responses of this step: a part of the sampling, in its order or shuffled anew in each pass where it is cut.</summary>
    private static int[] RowsOf(GroupOptions options, TrainingRun run, int count)
    {
        var (pass, part) = (run.StepOfBatch / options.GenerationSteps, run.StepOfBatch % options.GenerationSteps);
        var order = options.Order == "sequential" || options.GenerationSteps == 1
            ? [.. Enumerable.Range(0, count)] : new Shuffle(options.Seed, (run.BatchesDone * options.Iterations) + pass).Permutation(count);
        var parts = order.Chunk((count + options.GenerationSteps - 1) / options.GenerationSteps).ToList();
        return parts[Math.Min(part, parts.Count - 1)];
    }

    private static Tensor Loss(GroupParts parts, GroupOptions options, TrainingRun run, GroupBatch batch, int[] micro, int stepRows, StepMeans means)
    {
        var trajectories = micro.Select(i => batch.Trajectories[i]).ToList();
        var now = ResponseForward.LogProbs(parts.Policy, trajectories, batch.Width, parts.PadId, GroupBatch.Head(options), layout: GroupBatch.LayoutOf(options, trajectories));
        var inputs = batch.Inputs(micro, now);
        var share = (double)micro.Length / stepRows;
        if (options.Loss == "rloo")
        {
            return Rloo(options, inputs, share, means);
        }

        // Equal micro-batches: the loss divides by their number itself. A shorter last one gets its share by rows.
        var count = (stepRows + options.BatchSize - 1) / options.BatchSize;
        var loss = options.ToLoss(options.Beta * run.Guards.KlScale, parts.State.EntropyCoefficient);
        var result = GrpoLoss.Compute(inputs, loss, new(batch.Items, count, count * options.GenerationSteps));
        means.Add(GrpoMetrics.Compute(inputs, loss, result));
        means.Add("policy_loss", result.PolicyLoss.ToDouble() * count);
        if (options.EntropyTarget is not null)
        {
            means.Add("entropy_coef", parts.State.Kept);
        }

        if (result.Kl is { } kl)
        {
            means.Add("kl_per_token", Masked.Mean(kl, inputs.CompletionMask).ToDouble());
            means.Add("kl_per_sequence", Masked.RowSums(kl, inputs.CompletionMask).mean().ToDouble());
        }

        var ofStep = loss.Type is GrpoLossType.Dapo or GrpoLossType.Cispo or GrpoLossType.Vespo ? 1 : share * count;
        return ofStep == 1 ? result.Loss : result.Loss.mul(tensor(ofStep, result.Loss.dtype));
    }

    private static Tensor Rloo(GroupOptions options, GrpoInputs inputs, double share, StepMeans means)
    {
        var old = inputs.OldLogProbs is null ? null : Masked.RowSums(inputs.OldLogProbs, inputs.CompletionMask);
        var result = RlooLoss.Compute(inputs.LogProbs, old, inputs.Advantages, inputs.CompletionMask, options.Epsilon, options.EpsilonHigh);
        var mask = inputs.CompletionMask.to_type(inputs.LogProbs.dtype);
        var metrics = new Dictionary<string, double> { ["entropy"] = Masked.Mean(inputs.Entropies!.detach(), mask).ToDouble() };
        GrpoMetrics.Clipping(metrics, result.Ratio, inputs.Advantages.unsqueeze(-1), mask, options.Epsilon, options.EpsilonHigh ?? options.Epsilon);
        means.Add(metrics);
        return result.Loss.mul(tensor(share, result.Loss.dtype));
    }

    private static JsonNode Describe(GroupBatch batch, int[] rows) => RowsJson.Of(rows.Select(i => batch.Trajectories[i]).Select(t => TokenRow.Of(t.Prompt, t.Response)));
}
