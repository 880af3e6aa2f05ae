using System.Text.Json.Nodes;
using Alignment.ModelCore.Data;
using Alignment.ModelCore.Diagnostics;
using Alignment.ModelCore.Rollouts;
using Alignment.ModelCore.Training;
using Alignment.PolicyOptimization.Guards;
using Alignment.PolicyOptimization.Recipes.Online;
using static TorchSharp.torch;

namespace Alignment.PolicyOptimization.Recipes.OnlinePreference;

/// <summary>
/// Preference optimisation on answers that are sampled while training: online DPO (two answers of the policy), XPO (one against the reference's) and
/// Nash-MD (one against a geometric mixture's). Rewards or a judge say which answer is better. Log-probabilities are at temperature 1 whatever the
/// sampling temperature, as in TRL. Dropout is off everywhere.
/// </summary>
public static class OnlinePreferenceRecipe
{
    /// <summary>Trains the checkpoint at <c>options.Model</c> on <paramref name="rows"/> and writes a new one.</summary>
    /// <param name="name">The method's name for <c>training.json</c>.</param>
    public static TrainingResult Run(string name, OnlinePreferenceOptions options, IReadOnlyList<PromptRow> rows, TrainingFolders folders, IMetricsSink metrics, CancellationToken cancellation) =>
        Run(name, options, rows, () => RunRewards.Open(options), folders, metrics, cancellation);

    /// <summary>The same with rewards that are there already; they are disposed at the end.</summary>
    public static TrainingResult Run(
        string name, OnlinePreferenceOptions options, IReadOnlyList<PromptRow> rows, Func<RewardSet> openRewards, TrainingFolders folders, IMetricsSink metrics, CancellationToken cancellation)
    {
        TrainingRun.Prepare(options, metrics);
        var prompts = OnlinePrompts.Prepare(options, rows, metrics);
        using var rewards = openRewards();
        using var policy = TunedModel.Causal(options);
        using var reference = OnlineReference.Open(options, policy);
        var inputs = new RunInputs(policy.Trainable, options.Plan(prompts.Ids.Select(p => p.Length)), DataDigest.Of(prompts.Ids), OnlineDigest.Of(options))
            .With(policy, options, prompts.Encoder, folders, PromptEvaluation.Of(options, policy.Model, prompts.Encoder, rewards, metrics), rollouts: true);
        using var run = TrainingRun.Start(options, inputs, folders, metrics);
        run.Probe = PolicyProbe.Open(options, policy, prompts.Encoder, rewards);
        var sampling = options.Sampling(1, prompts.Encoder.EndTokenIds);
        var own = new TimedRollouts(new RolloutGenerator(policy.Model, prompts.Ids, sampling, prompts.Encoder.BytesOf), run.Clock);
        var other = PreferenceParts.Against(options, policy.Model, reference, prompts.Ids, sampling, prompts.Encoder.BytesOf);
        var scorer = new ResponseScorer(rewards, prompts.Rows, ids => prompts.Encoder.Decode(ids)) { Clock = run.Clock };
        reference.Clock = run.Clock;
        Train(new(policy.Model, reference, own, epoch => new TimedRollouts(other(epoch), run.Clock), scorer, prompts.Encoder.PadId), options, run, cancellation);
        return run.Publish(policy, name, options, inputs, folders);
    }

    /// <summary>The loop itself.</summary>
    public static void Train(PreferenceParts parts, OnlinePreferenceOptions options, TrainingRun run, CancellationToken cancellation)
    {
        run.Guards.HasKlCoefficient = true;
        while (run.Next(cancellation))
        {
            using var scope = NewDisposeScope();

            // 1. Two answers to each prompt; 2. score them; 3. the reference's log-probs.
            var batch = PreferenceBatch.Sample(parts, options, run, cancellation);

            // 4. Loss, this micro-batch's share of the step's mean; 5. gradient.
            var means = new StepMeans();
            means.Add(batch.Metrics);
            foreach (var micro in Enumerable.Range(0, batch.Pairs).Chunk(options.BatchSize))
            {
                run.Backward(() =>
                {
                    var part = batch.Take(micro);
                    var now = ResponseForward.LogProbs(parts.Policy, part.Trajectories, part.Width, parts.PadId);
                    var loss = PreferenceLosses.Compute(options, part, now, run.Epoch, run.Guards.KlScale, means);
                    return StepShare.Of(loss, micro.Length, batch.Pairs);
                });
            }

            // 6. Log; 7. checkpoint when due.
            run.Update(batch.Trajectories.Sum(t => (long)t.Length), means.Values, () => Describe(batch));
        }
    }

    private static JsonNode Describe(PreferenceBatch batch) => RowsJson.Of(batch.Trajectories.Select(t => TokenRow.Of(t.Prompt, t.Response)));
}
