using Alignment.ModelCore.Data;
using Alignment.ModelCore.Diagnostics;
using Alignment.ModelCore.Losses;
using Alignment.ModelCore.Modules;
using Alignment.ModelCore.Training;
using Alignment.PolicyOptimization.Guards;
using static TorchSharp.torch;

namespace Alignment.PolicyOptimization.Recipes;

/// <summary>
/// Kahneman–Tversky optimisation on answers that carry one label each. The KL term z₀ is estimated in every micro-batch from prompts
/// joined with the answers of other rows; the joining is fixed before the first step, so that the reference's numbers can be computed
/// once. Dropout is off.
/// </summary>
public static class KtoRecipe
{
    /// <summary>Trains the checkpoint at <c>options.Model</c> on <paramref name="rows"/> and writes a new one.</summary>
    public static TrainingResult Run(KtoRecipeOptions options, IReadOnlyList<LabelledRow> rows, TrainingFolders folders, IMetricsSink metrics, CancellationToken cancellation)
    {
        TrainingRun.Prepare(options, metrics);
        var encoder = RowEncoder.Load(options.Model);
        var answers = LabelledRows.Fit(encoder.Encode(rows), options.MaxLength, metrics);
        LabelledRows.NeedBothLabels(answers, "KTO");
        KtoBalance.Check(answers, options, metrics);
        var examples = KtoExample.Join(answers, options);
        using var tuned = TunedModel.Causal(options);
        var digests = ReferenceDigests.Of(options);
        using var reference = Reference.Create(options, tuned, digests.Reference, Task(options, examples, encoder.PadId), folders, metrics);
        var inputs = new RunInputs(tuned.Trainable, options.Plan(examples.Select(e => e.Length)), DataDigest.Of(answers), digests.ToString());
        inputs = inputs.With(tuned, options, encoder, folders, LabelledPreference.HeldOut(tuned.Model, options, answers, encoder, metrics));
        using var run = TrainingRun.Start(options, inputs, folders, metrics);
        run.Probe = PolicyProbe.Open(options, tuned, encoder);
        Train(tuned.Model, reference, examples, options, run, encoder.PadId, cancellation);
        return run.Publish(tuned, "kto", options, inputs, folders);
    }

    /// <summary>What the reference is asked: the log-probability of each answer, and of the one its prompt is joined with.</summary>
    public static ReferenceTask Task(KtoRecipeOptions options, IReadOnlyList<KtoExample> examples, int padId)
    {
        var joined = options.UsesKl;
        return new($"{DataDigest.Of(examples.Select(e => e.Row))} {(joined ? DataDigest.Of(examples.Select(e => e.Row with { Completion = e.Other })) : "")}",
            joined ? ["completion", "mismatched"] : ["completion"], [.. examples.Select(e => e.Length)],
            (model, rows) =>
            {
                var batch = rows.Select(i => examples[i]).ToArray();
                return joined ? stack([Sums(model, batch, padId, joined: false), Sums(model, batch, padId, joined: true)]) : Sums(model, batch, padId, joined: false).unsqueeze(0);
            });
    }

    /// <summary>The loop itself, on token ids.</summary>
    public static void Train(CausalModel policy, Reference reference, IReadOnlyList<KtoExample> examples, KtoRecipeOptions options, TrainingRun run, int padId, CancellationToken cancellation)
    {
        var lossOptions = options.ToLoss();
        while (run.Next(cancellation))
        {
            // 1. The rows of this step.
            var step = run.MicroBatches;
            var count = step.Sum(m => m.Length);
            var means = new StepMeans();
            foreach (var indices in step)
            {
                var micro = indices.Select(i => examples[i]).ToArray();
                run.Backward(() =>
                {
                    // 2. Policy log-probs of the answers and, without gradient, of the mismatched ones; 3. the reference's.
                    var now = AnswerLogProbs.Of(policy, [.. micro.Select(e => new PromptAnswers(e.Row.Prompt, [e.Row.Completion]))], padId, statistics: run.Measures);
                    var sums = SequenceLogProbs.Sum(now.Tokens.LogProbs, now.Mask);
                    var mismatched = options.UsesKl ? WithoutGradient(() => Sums(policy, micro, padId, joined: true)) : null;
                    var theirs = reference.Of(indices, sums.dtype);

                    // 4. Loss: this micro-batch's share of the step's mean.
                    var desirable = tensor(micro.Select(e => e.Row.Label).ToArray());
                    var result = KtoLoss.Compute(sums, theirs[0], desirable, mismatched, options.UsesKl ? theirs[1] : null, lossOptions);
                    means.Add(KtoLoss.Metrics(result, sums, desirable));
                    if (run.Measures)
                    {
                        means.Add(KtoLoss.TokenMetrics(now.Tokens.MeanLogits, now.Tokens.Entropy, now.Mask, desirable));
                        means.Add("packing_efficiency", now.Filled);
                    }

                    return StepShare.Of(result.Loss, micro.Length, count);
                });
            }

            // 5. Clip, update, log, save when due.
            StartingReference.Check(run, options.Reference, means);
            run.Update(step.Sum(m => m.Sum(i => (long)examples[i].Row.Length)), means.Values, () => RowsJson.Of(step.SelectMany(m => m).Select(i => examples[i].Row)));
        }
    }

    /// <summary>(B): log-probability of each row's answer, or of the one that its prompt is joined with.</summary>
    private static Tensor Sums(CausalModel model, IReadOnlyList<KtoExample> rows, int padId, bool joined)
    {
        var scored = AnswerLogProbs.Of(model, [.. rows.Select(e => new PromptAnswers(e.Row.Prompt, [joined ? e.Other : e.Row.Completion]))], padId, statistics: false);
        return SequenceLogProbs.Sum(scored.Tokens.LogProbs, scored.Mask);
    }

    private static Tensor WithoutGradient(Func<Tensor> compute)
    {
        using var none = no_grad();
        return compute();
    }
}
