using Alignment.ModelCore.Checkpointing;
using Alignment.ModelCore.Configuration;
using Alignment.ModelCore.Data;
using Alignment.ModelCore.Diagnostics;
using Alignment.ModelCore.Losses;
using Alignment.ModelCore.Modules;
using Alignment.ModelCore.Training;
using static TorchSharp.torch;

namespace Alignment.SupervisedFineTuning.Recipes;

/// <summary>
/// Supervised fine-tuning: cross-entropy on the tokens to be learned, divided by their number over the whole optimiser step, so that
/// gradient accumulation equals the larger batch. Rows longer than <c>max_length</c> lose one end; a row left without a token to learn
/// is dropped and counted.
/// </summary>
public static class SftRecipe
{
    /// <summary>Trains the checkpoint at <c>options.Model</c> on <paramref name="rows"/> and writes a new one.</summary>
    public static TrainingResult Run(SftOptions options, IReadOnlyList<SftRow> rows, TrainingFolders folders, IMetricsSink metrics, CancellationToken cancellation)
    {
        TrainingRun.Prepare(options, metrics);
        var encoder = RowEncoder.Load(options.Model);
        var own = encoder.Encode(rows, options.Learn);
        var examples = Examples(options, WithReplay(options, own, encoder, metrics), metrics);
        using var tuned = TunedModel.Causal(options);
        if (options.Packing != "none" && tuned.Model.Body.Prompt is not null)
        {
            throw new OptionsException([$"packing: {options.Packing} cannot go with the learned prompt in {options.Model}: packed rows would share it. Set packing: none."]);
        }

        var inputs = new RunInputs(tuned.Trainable, options.Plan(examples.Select(e => e.Ids.Length)), DataDigest.Of(examples), FolderDigest.OfModel(options.Model));
        var heldOut = options.Evaluation.Data.Count > 0 ? encoder.Encode(SftReader.Read(options.Evaluation.Data), options.Learn) : HeldOut.SampleOf(own);
        var measured = heldOut.Select(r => r.Truncate(options.MaxLength, options.Truncation == "keep_end")).Where(r => r.Targets > 0).ToList();
        inputs = inputs.With(tuned, options, encoder, folders, HeldOut.Of(tuned.Model, measured, encoder.PadId, options.BatchSize), mixesReplay: true);
        using var run = TrainingRun.Start(options, inputs, folders, metrics);
        Train(tuned.Model, examples, options, run, encoder.PadId, cancellation);
        return run.Publish(tuned, "sft", options, inputs, folders);
    }

    /// <summary>The loop itself, on rows of token ids.</summary>
    public static void Train(CausalModel model, IReadOnlyList<TokenRow> rows, SftOptions options, TrainingRun run, int padId, CancellationToken cancellation)
    {
        var variant = options.Loss == "dft" ? SftVariant.Dft : SftVariant.Nll;
        var smoothing = options.Regularisation.LabelSmoothing;
        model.Body.EmbeddingNoise = options.NeftuneAlpha;
        model.train();
        while (run.Next(cancellation))
        {
            // 1. The rows of this step, and how much they weigh together.
            var step = run.MicroBatches.Select(b => b.Select(i => rows[i]).ToArray()).ToList();
            var weight = step.Sum(m => m.Sum(r => r.Targets * r.Weight));
            var means = new StepMeans();

            // 2. Loss and gradient of each micro-batch: its sum over the step's denominator.
            foreach (var micro in step)
            {
                run.Backward(() =>
                {
                    var batch = TokenBatch.Of(micro, padId);
                    var hidden = model.Hidden(batch.InputIds, positionIds: batch.PositionIds);
                    var result = SftLoss.FromHidden(hidden, model.HeadWeight, null, batch.Labels, weight, batch.Weights, variant, labelSmoothing: smoothing);
                    means.Add("mean_token_accuracy", result.CorrectCount!.ToDouble() / batch.Targets);
                    if (run.Measures)
                    {
                        means.Add("entropy", MeanEntropy(model, hidden, batch.Labels));
                        means.Add("packing_efficiency", (double)batch.RealTokens / batch.InputIds.numel());
                    }

                    return result.Loss;
                });
            }

            // 3. Clip, update, 4. log, 5. save when due.
            run.Update(step.Sum(m => m.Sum(r => (long)r.Ids.Length)), means.Values, () => RowsJson.Of(step.SelectMany(m => m)));
        }

        model.eval();
    }

    /// <summary>The run's own rows, and general ones so that they are the chosen share of all.</summary>
    private static IReadOnlyList<TokenRow> WithReplay(SftOptions options, IReadOnlyList<TokenRow> own, RowEncoder encoder, IMetricsSink metrics)
    {
        var r = options.Regularisation;
        if (r.ReplayShare == 0)
        {
            return own;
        }

        var mixed = Replay.Mix(own, GeneralRows.Read(r.ReplayData, encoder, options.MaxLength), r.ReplayShare, options.Seed);
        metrics.Event(new(0, "replay", $"{mixed.Count - own.Count} general rows among {mixed.Count}"));
        return mixed;
    }

    /// <summary>Mean entropy in nats of the predictions at learned positions. hidden (B, T, D), labels (B, T).</summary>
    private static double MeanEntropy(CausalModel model, Tensor hidden, Tensor labels)
    {
        using var scope = NewDisposeScope();
        using var none = no_grad();
        var (statistics, mask) = HeadLogProbs.Shifted(hidden.detach(), model.HeadWeight.detach(), null, labels);
        return Masked.Mean(statistics.Entropy, mask).ToDouble();
    }

    /// <summary>Rows that fit: packed, or cut and without those that have nothing to learn.</summary>
    public static IReadOnlyList<TokenRow> Examples(SftOptions options, IReadOnlyList<TokenRow> encoded, IMetricsSink metrics)
    {
        if (options.Packing != "none")
        {
            return RowPacking.Pack(encoded, options);
        }

        var cut = encoded.Count(r => r.Ids.Length > options.MaxLength);
        var kept = encoded.Select(r => r.Truncate(options.MaxLength, options.Truncation == "keep_end")).Where(r => r.Targets > 0 && r.Weight > 0).ToList();
        if (cut > 0)
        {
            metrics.Event(new(0, "rows_truncated", $"{cut} of {encoded.Count} rows are longer than {options.MaxLength} tokens and were cut ({options.Truncation})"));
        }

        if (kept.Count < encoded.Count)
        {
            metrics.Event(new(0, "rows_dropped", $"{encoded.Count - kept.Count} of {encoded.Count} rows have nothing to learn within {options.MaxLength} tokens and were dropped"));
        }

        return kept.Count > 0 ? kept : throw new DataException([new("data", 0, null, "no row has a token to learn.", $"Raise max_length (now {options.MaxLength}) or look at the rows.")]);
    }
}
