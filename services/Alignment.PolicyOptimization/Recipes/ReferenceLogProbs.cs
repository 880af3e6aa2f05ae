using System.Security.Cryptography;
using System.Text;
using Alignment.ModelCore.Checkpointing;
using Alignment.ModelCore.Modules;
using Alignment.ModelCore.Training;
using static TorchSharp.torch;

namespace Alignment.PolicyOptimization.Recipes;

/// <summary>
/// The reference's log-probabilities of every row, computed once and kept as a file named after the SHA-256 of what it depends on:
/// reference, rows, how they are summed. A later run on the same rows finds it and never loads the reference.
/// </summary>
public sealed class ReferenceLogProbs
{
    private readonly double[][] columns;

    private ReferenceLogProbs(double[][] columns) => this.columns = columns;

    /// <summary>One (B) for each column, for the rows at these indices.</summary>
    public Tensor[] Of(IReadOnlyList<int> rows, ScalarType dtype) => [.. columns.Select(c => tensor(rows.Select(i => c[i]).ToArray(), dtype))];

    /// <summary>Reads the artifact, or makes it with <paramref name="reference"/> (frozen, in evaluation mode).</summary>
    public static ReferenceLogProbs FindOrMake(string folder, string referenceDigest, ReferenceTask task, int batchSize, Func<CausalModel> reference, Action<string> say)
    {
        var path = Path.Combine(folder, $"reference-logprobs-{Key(referenceDigest, task)}.safetensors");
        if (!File.Exists(path))
        {
            say($"computing the reference log-probabilities of {task.Lengths.Count} rows, once");
            Make(path, task, batchSize, reference());
        }

        using var scope = NewDisposeScope();
        using var file = SafeTensorsFile.Open(path);
        return new([.. task.Columns.Select(c => file.Read(c).ToDoubles())]);
    }

    private static string Key(string reference, ReferenceTask task) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"2 {reference} {task.Digest} {string.Join(',', task.Columns)}")));

    private static void Make(string path, ReferenceTask task, int batchSize, CausalModel reference)
    {
        var columns = task.Columns.Select(_ => new double[task.Lengths.Count]).ToArray();
        using var none = no_grad();
        foreach (var batch in Enumerable.Range(0, task.Lengths.Count).OrderBy(i => task.Lengths[i]).Chunk(batchSize))
        {
            using var inner = NewDisposeScope();
            var scores = task.Score(reference, batch).ToDoubles();
            for (var c = 0; c < columns.Length; c++)
            {
                for (var i = 0; i < batch.Length; i++)
                {
                    columns[c][batch[i]] = scores[(c * batch.Length) + i];
                }
            }
        }

        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        using var scope = NewDisposeScope();
        SafeTensorsWriter.Write(path, [.. task.Columns.Select((c, i) => (c, tensor(columns[i])))]);
    }
}
