using Alignment.ModelCore.Checkpointing;
using Alignment.ModelCore.Data;
using Alignment.ModelCore.Diagnostics;
using Alignment.ModelCore.Modules;
using Alignment.ModelCore.Training;
using Alignment.Text.Tokenization;

namespace Alignment.SupervisedFineTuning.Recipes;

/// <summary>
/// A new small language model from text: tokenizer, weights from a seed, next-token loss on every token. Documents are joined with
/// their end token between them and cut into rows of <c>max_length</c>, so that nothing is padded and nothing is lost but a tail
/// shorter than two tokens.
/// </summary>
public static class PretrainRecipe
{
    public static TrainingResult Run(PretrainOptions options, IReadOnlyList<Document> documents, TrainingFolders folders, IMetricsSink metrics, CancellationToken cancellation)
    {
        TrainingRun.Prepare(options, metrics);
        var start = StartingModel.TokenizerFolder(options, documents, folders.State, cancellation);
        var rows = Rows(options, documents, RowEncoder.Load(start));
        using var model = CausalModel.Create(StartingModel.Config(options, Tokenizer.Load(start)), (ulong)options.Seed);
        var inputs = new RunInputs(model.Trainable(), options.Plan(rows.Select(r => r.Ids.Length)), DataDigest.Of(rows), FolderDigest.OfModel(start)) { IsNewModel = true };
        if (options.Regularisation.Dropout is { } dropout)
        {
            model.SetDropout(dropout);
        }

        if (options.Evaluation.Data.Count > 0)
        {
            var heldOut = Rows(options, DocumentReader.Read(options.Evaluation.Data), RowEncoder.Load(start));
            inputs = inputs.WithEvaluation(options, folders, HeldOut.Of(model, heldOut, padId: 0, options.BatchSize));
        }

        using var run = TrainingRun.Start(options, inputs, folders, metrics);
        SftRecipe.Train(model, rows, new SftOptions { Regularisation = options.Regularisation }, run, padId: 0, cancellation);
        return run.Publish(folders, folder =>
        {
            CheckpointWriter.Save(model, folder, new SaveOptions { CopyFilesFrom = start, DType = options.SaveType });
            TrainingRecord.Write(folder, "pretrain", options, inputs, run);
        });
    }

    private static List<TokenRow> Rows(PretrainOptions options, IReadOnlyList<Document> documents, RowEncoder encoder)
    {
        // Shuffled once, so that a row does not hold only neighbours of one file.
        var order = options.Order == "sequential" ? [.. Enumerable.Range(0, documents.Count)] : new Shuffle(options.Seed, -1).Permutation(documents.Count);
        var encoded = order.AsParallel().AsOrdered().Select(i => encoder.Encode(documents[i])).ToArray();
        return [.. encoded.SelectMany(ids => ids).Chunk(options.MaxLength).Where(c => c.Length > 1).Select(c => TokenRow.Of([], c))];
    }
}
