using System.Globalization;
using Alignment.ModelCore.Checkpointing;
using Alignment.ModelCore.Data;
using Alignment.ModelCore.Diagnostics;
using Alignment.ModelCore.Losses;
using Alignment.ModelCore.Modules;
using Alignment.ModelCore.Training;
using static TorchSharp.torch;

namespace Alignment.PolicyOptimization.Recipes;

/// <summary>
/// BCO's underlying-distribution matching: desirable and undesirable rows may have prompts of different kinds, and then the loss would
/// learn the prompts. A classifier on prompt embeddings (mean of a model's final hidden states over the prompt) gives the ratio by which
/// undesirable rows are weighted.
/// </summary>
internal static class PromptWeights
{
    /// <summary>A weight for each row, or null when <c>udm</c> is off. <paramref name="tuned"/> still has its starting weights.</summary>
    public static double[]? Of(BcoRecipeOptions options, TunedModel<CausalModel> tuned, IReadOnlyList<LabelledRow> rows, IReadOnlyList<LabelledCompletion> answers, int padId, IMetricsSink metrics)
    {
        if (!options.Udm)
        {
            return null;
        }

        using var other = options.UdmModel.Length == 0 ? null : CheckpointReader.LoadCausal(options.UdmModel, ScalarType.Float32);
        using var off = other is null && tuned.HoldsBase ? tuned.AsBase() : null;

        // Another model has another tokenizer, and its own idea of the prompts.
        var prompts = other is null ? [.. answers.Select(a => a.Prompt)] : rows.Select(r => RowEncoder.Load(options.UdmModel).EncodePrompt(r.Prompt)).ToArray();
        if (prompts.Length != answers.Count)
        {
            throw new DataException([new("data", 0, null, "udm_model needs every prompt to fit into max_length.", $"Raise max_length (now {options.MaxLength}), or leave udm_model empty.")]);
        }

        var embeddings = Embed(other ?? tuned.Model, prompts, options.BatchSize, padId);
        bool[] labels = [.. answers.Select(a => a.Label)];
        var sample = new Shuffle(options.Seed, -2).Permutation(answers.Count).Take(options.UdmPrompts).ToArray();
        var classifier = PromptClassifier.Fit([.. sample.Select(i => embeddings[i])], [.. sample.Select(i => labels[i])]);
        var weights = classifier.Weights(embeddings, labels, options.UdmMinRatio, options.UdmMaxRatio);
        metrics.Event(new(0, "udm", string.Create(CultureInfo.InvariantCulture,
            $"prompt classifier on {sample.Length} prompts; undesirable rows weigh {weights.Where((_, i) => !labels[i]).Average():0.00} on average ({weights.Min():0.00} to {weights.Max():0.00})")));
        return weights;
    }

    private static double[][] Embed(CausalModel model, IReadOnlyList<int[]> prompts, int batchSize, int padId)
    {
        var embeddings = new double[prompts.Count][];
        using var none = no_grad();
        foreach (var batch in Enumerable.Range(0, prompts.Count).OrderBy(i => prompts[i].Length).Chunk(batchSize))
        {
            using var scope = NewDisposeScope();
            var rows = TokenBatch.Of([.. batch.Select(i => TokenRow.Of(prompts[i], []))], padId);
            var hidden = model.Hidden(rows.InputIds);
            for (var i = 0; i < batch.Length; i++)
            {
                embeddings[batch[i]] = hidden[i].narrow(0, 0, prompts[batch[i]].Length).mean([0L]).ToDoubles();
            }
        }

        return embeddings;
    }
}
