using Alignment.ModelCore.Architectures;
using Alignment.ModelCore.Checkpointing;
using Alignment.ModelCore.Data;
using Alignment.ModelCore.Data.Collators;
using Alignment.ModelCore.Diagnostics;
using Alignment.ModelCore.Losses;
using Alignment.ModelCore.Modules;
using Alignment.ModelCore.Training;
using static TorchSharp.torch;

namespace Alignment.RewardModeling.Recipes;

/// <summary>
/// A process reward model (Lightman et al. 2023): at the end of every step of an answer, is it right so far? Cross-entropy over two classes
/// at the steps' last tokens, divided by the labels of the whole optimiser step. A row longer than <c>max_length</c> loses its last steps;
/// a row left without a label is dropped and counted. Dropout is off.
/// </summary>
public static class ProcessRewardRecipe
{
    /// <summary>Trains on <paramref name="rows"/>; a language model at <c>options.Model</c> gets a new head from the seed.</summary>
    public static TrainingResult Run(ProcessRewardOptions options, IReadOnlyList<StepwiseRow> rows, TrainingFolders folders, IMetricsSink metrics, CancellationToken cancellation)
    {
        TrainingRun.Prepare(options, metrics);
        var encoder = RowEncoder.Load(options.Model);
        var format = new StepwiseRows(options.StepSeparator, options.MaxLength, options.MaxCompletionLength > 0 ? options.MaxCompletionLength : null, options.LastStepOnly);
        var examples = Labelled(options, encoder.Encode(rows, format), metrics);
        using var tuned = TunedModel.TokenClassifier(options);
        if (tuned.Model.Config is not { Head: HeadKind.Token, LabelCount: 2 })
        {
            throw new CheckpointException($"{options.Model}: a process reward model is a token classifier with two labels. Start from a language model, or from another process reward model.");
        }

        var inputs = new RunInputs(tuned.Trainable, options.Plan(examples.Select(e => e.Ids.Length)), DataDigest.Of(examples), FolderDigest.OfModel(options.Model));
        var heldOut = options.Evaluation.Data.Count > 0 ? Labelled(options, encoder.Encode(StepwiseReader.Read(options.Evaluation.Data), format), metrics) : HeldOut.SampleOf(examples);
        inputs = inputs.With(tuned, options, encoder, folders, new HeldOut(() => Measure(tuned.Model, heldOut, encoder.PadId, options.BatchSize), "eval_accuracy", DataDigest.Of(heldOut)));
        using var run = TrainingRun.Start(options, inputs, folders, metrics);
        Train(tuned.Model, examples, options, run, encoder.PadId, cancellation);
        var report = options.Heldout.Count > 0 ? Report(tuned.Model, Labelled(options, encoder.Encode(StepwiseReader.Read(options.Heldout), format), metrics), encoder.PadId, options.BatchSize, cancellation) : null;
        return run.Publish(tuned, "prm", options, inputs, folders, folder => report?.Save(folder));
    }

    /// <summary>The loop itself, on token ids.</summary>
    public static void Train(ScoringModel model, IReadOnlyList<StepwiseTokens> rows, ProcessRewardOptions options, TrainingRun run, int padId, CancellationToken cancellation)
    {
        while (run.Next(cancellation))
        {
            // 1. The rows of this step, and how many labels they have together.
            var step = run.MicroBatches.Select(m => m.Select(i => rows[i]).ToArray()).ToList();
            var labels = step.Sum(m => m.Sum(r => r.Count));
            var means = new StepMeans();
            foreach (var micro in step)
            {
                run.Backward(() =>
                {
                    // 2. Two scores at every position; 3. the labelled ones make the loss.
                    var (ids, marks) = Padded(micro, padId);
                    var result = ProcessRewardLoss.Compute(model.AllScores(ids), marks, Math.Max(1, labels), options.Regularisation.LabelSmoothing);
                    means.Add("accuracy", result.Accuracy.ToDouble());
                    return result.Loss;
                });
            }

            // 4. Clip, update, log, save when due.
            run.Update(step.Sum(m => m.Sum(r => (long)r.Ids.Length)), means.Values, () => RowsJson.Of(step.SelectMany(m => m)));
        }
    }

    /// <summary>Held-out steps: <c>eval_loss</c> and <c>eval_accuracy</c>, means over labelled steps.</summary>
    private static Dictionary<string, double> Measure(ScoringModel model, IReadOnlyList<StepwiseTokens> rows, int padId, int batchSize)
    {
        using var quiet = new EvalMode(model);
        using var none = no_grad();
        var (loss, right, labels) = (0.0, 0.0, rows.Sum(r => r.Count));
        foreach (var batch in rows.OrderBy(r => r.Ids.Length).Chunk(batchSize))
        {
            using var scope = NewDisposeScope();
            var (ids, marks) = Padded(batch, padId);
            var result = ProcessRewardLoss.Compute(model.AllScores(ids), marks, labels);
            (loss, right) = (loss + result.Loss.ToDouble(), right + (result.Accuracy.ToDouble() * batch.Sum(r => r.Count)));
        }

        return new(StringComparer.Ordinal) { ["eval_loss"] = loss, ["eval_accuracy"] = right / labels };
    }

    private static ProcessRewardReport Report(ScoringModel model, IReadOnlyList<StepwiseTokens> rows, int padId, int batchSize, CancellationToken cancellation)
    {
        using var quiet = new EvalMode(model);
        using var none = no_grad();
        var steps = new List<(bool Right, double Probability)>();
        foreach (var batch in rows.OrderBy(r => r.Ids.Length).Chunk(batchSize))
        {
            cancellation.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            var (ids, marks) = Padded(batch, padId);
            steps.AddRange(batch.SelectMany(r => r.Labels).Where(l => l != LogProbs.IgnoreIndex).Select(l => l == 1).Zip(ProcessRewardLoss.Compute(model.AllScores(ids), marks).StepProbabilities.ToDoubles()));
        }

        return ProcessRewardReport.Of(steps);
    }

    private static (Tensor Ids, Tensor Labels) Padded(StepwiseTokens[] rows, int padId)
    {
        var length = rows.Max(r => r.Ids.Length);
        long[] Pad(IEnumerable<long> values, int count, long with) => [.. values, .. Enumerable.Repeat(with, length - count)];
        return (tensor(rows.SelectMany(r => Pad(r.Ids.Select(i => (long)i), r.Ids.Length, padId)).ToArray(), [rows.Length, length]),
            tensor(rows.SelectMany(r => Pad(r.Labels, r.Labels.Length, LogProbs.IgnoreIndex)).ToArray(), [rows.Length, length]));
    }

    private static IReadOnlyList<StepwiseTokens> Labelled(ProcessRewardOptions options, IReadOnlyList<StepwiseTokens> rows, IMetricsSink metrics)
    {
        var kept = rows.Where(r => r.Count > 0).ToList();
        if (kept.Count < rows.Count)
        {
            metrics.Event(new(0, "rows_dropped", $"{rows.Count - kept.Count} of {rows.Count} rows were dropped: no step ends within {options.MaxLength} tokens"));
        }

        return kept.Count > 0 ? kept : throw new DataException([new("data", 0, null, "no row has a labelled step that fits.", $"Raise max_length (now {options.MaxLength}).")]);
    }
}
