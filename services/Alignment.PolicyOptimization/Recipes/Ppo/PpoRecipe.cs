using Alignment.ModelCore.Data;
using Alignment.ModelCore.Diagnostics;
using Alignment.ModelCore.Rollouts;
using Alignment.ModelCore.Training;
using Alignment.PolicyOptimization.Guards;
using Alignment.PolicyOptimization.Recipes.Online;
using static TorchSharp.torch;

namespace Alignment.PolicyOptimization.Recipes.Ppo;

/// <summary>
/// Proximal policy optimisation (Schulman et al. 2017; for language models Ziegler et al. 2019, Ouyang et al. 2022): a critic of its own, generalised
/// advantages, clipped updates of policy and critic by one optimiser, KL to a reference. One step of the run is one batch of prompts with all its
/// passes. Dropout is off everywhere.
/// </summary>
public static class PpoRecipe
{
    /// <summary>Trains the checkpoint at <c>options.Model</c> on <paramref name="rows"/> with the rewards the options name, and writes a new one.</summary>
    public static TrainingResult Run(PpoOptions options, IReadOnlyList<PromptRow> rows, TrainingFolders folders, IMetricsSink metrics, CancellationToken cancellation) =>
        Run(options, rows, () => RunRewards.Open(options), folders, metrics, cancellation);

    /// <summary>The same with rewards that are there already; they are disposed at the end.</summary>
    public static TrainingResult Run(PpoOptions options, IReadOnlyList<PromptRow> rows, Func<RewardSet> openRewards, TrainingFolders folders, IMetricsSink metrics, CancellationToken cancellation)
    {
        TrainingRun.Prepare(options, metrics);
        var prompts = OnlinePrompts.Prepare(options, rows, metrics);
        using var rewards = openRewards();
        using var policy = TunedModel.Causal(options);
        using var critic = PpoCritic.Open(options, policy.Model);
        using var reference = OnlineReference.Open(options, policy);
        using var state = new PpoState(options);
        var inputs = Inputs(options, policy.Trainable, critic.Trainable, prompts.Ids.Select(p => p.Length), state, DataDigest.Of(prompts.Ids), OnlineDigest.Of(options, options.Critic));
        inputs = inputs.With(policy, options, prompts.Encoder, folders, PromptEvaluation.Of(options, policy.Model, prompts.Encoder, rewards, metrics), rollouts: true);
        using var run = TrainingRun.Start(options, inputs, folders, metrics);
        run.Probe = PolicyProbe.Open(options, policy, prompts.Encoder, rewards);
        var generator = new TimedRollouts(new RolloutGenerator(policy.Model, prompts.Ids, options.Sampling(options.SamplesPerPrompt, prompts.Encoder.EndTokenIds), prompts.Encoder.BytesOf), run.Clock);
        var scorer = new ResponseScorer(rewards, prompts.Rows, ids => prompts.Encoder.Decode(ids)) { Clock = run.Clock };
        reference.Clock = run.Clock;
        Train(new(policy.Model, critic.Model, reference, generator, scorer, state, prompts.Encoder.EndTokenIds, prompts.Encoder.PadId), options, run, cancellation);
        critic.Save(Directory.CreateDirectory(Path.Combine(folders.State, "critic")).FullName);
        return run.Publish(policy, "ppo", options, inputs, folders);
    }

    /// <summary>What the loop's run is started with.</summary>
    public static RunInputs Inputs(PpoOptions options, IReadOnlyList<(string Name, Tensor Value)> policy, IReadOnlyList<(string Name, Tensor Value)> critic, IEnumerable<int> promptLengths, PpoState state, string data, string model) =>
        new(policy, options.Plan(promptLengths), data, model)
        {
            Modules = [new("critic", [.. critic.Select(p => ("critic." + p.Name, p.Value))], options.CriticRateScale)], Companions = state.Companions,
        };

    /// <summary>The loop itself.</summary>
    public static void Train(PpoParts parts, PpoOptions options, TrainingRun run, CancellationToken cancellation)
    {
        run.Guards.HasKlCoefficient = options.KlCoefficient > 0;
        while (run.Next(cancellation))
        {
            using var scope = NewDisposeScope();

            // 1. Roll out the step's prompts.
            var trajectories = parts.Rollouts.Sample(run.BatchesDone, [.. run.MicroBatches.SelectMany(m => m)], run.StepsDone, cancellation);

            // 2. Score; 3. shape rewards; 4. advantages.
            parts.State.Scale = run.Guards.KlScale;
            var coefficient = parts.State.KlCoefficient;
            var batch = PpoBatch.Of(parts, options, trajectories, cancellation);

            // 5. Optimise: passes over shuffled mini-batches, one update each.
            var metrics = new PpoMetrics(options);
            var size = (trajectories.Count + options.MiniBatches - 1) / options.MiniBatches;
            var updates = Enumerable.Range(0, options.PpoEpochs)
                .SelectMany(e => parts.Order(options.Seed, (run.BatchesDone * options.PpoEpochs) + e, trajectories.Count).Chunk(size)).ToList();
            for (var u = 0; u < updates.Count; u++)
            {
                PpoUpdates.Backward(parts, options, batch, updates[u], coefficient, run, metrics);
                if (u < updates.Count - 1)
                {
                    run.UpdateWithin(() => Describe(trajectories));
                }
            }

            // 6. Log; 7. checkpoint when due.
            var kl = batch.Shaped.Kl.sum().ToDouble() / trajectories.Count;
            parts.State.Take(batch.RawScores, kl);
            run.Update(trajectories.Sum(t => (long)t.Length), metrics.Of(parts, batch, coefficient, run.LearningRate), () => Describe(trajectories));
        }
    }

    private static System.Text.Json.Nodes.JsonNode Describe(IReadOnlyList<Trajectory> trajectories) => RowsJson.Of(trajectories.Select(t => TokenRow.Of(t.Prompt, t.Response)));
}
