using Alignment.ModelCore.Checkpointing;
using Alignment.ModelCore.Data;
using Alignment.ModelCore.Training;
using static TorchSharp.torch;

namespace Alignment.RewardModeling.Recipes;

/// <summary>How often a reward model orders held-out pairs as people did.</summary>
/// <param name="Accuracy">Mean share of votes that agree with the model's order; a tie of scores counts one half. 0 to 1.</param>
/// <param name="Ceiling">The same for the majority's own order: no model can do better on these votes.</param>
/// <param name="MajorityAccuracy">Share of pairs that the model orders as the majority did.</param>
/// <param name="Count">Pairs.</param>
public sealed record RewardAccuracy(double Accuracy, double Ceiling, double MajorityAccuracy, int Count)
{
    private const int BatchSize = 32;

    /// <summary>Scores every pair of a preference file. A row's <c>p_win</c> (share of votes for chosen) is 1 where it is missing.</summary>
    public static RewardAccuracy Measure(string modelFolder, string file, CancellationToken ct)
    {
        var rows = PreferenceReader.Read(file);
        var shares = rows.Select(r => double.IsNaN(r.VoteShare) ? 1 : r.VoteShare).ToArray();
        var encoder = RowEncoder.Load(modelFolder);
        var pairs = encoder.Encode(rows);
        using var model = CheckpointReader.LoadScoring(modelFolder, new LoadOptions { DType = ScalarType.Float32 }, out _);
        using var inference = inference_mode();
        double agree = 0, majority = 0;
        for (var start = 0; start < pairs.Count; start += BatchSize)
        {
            ct.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            var batch = pairs.Skip(start).Take(BatchSize).ToArray();
            var (chosen, rejected) = RewardRecipe.Scores(model, batch, encoder.PadId);
            var margins = chosen.sub(rejected).ToDoubles();
            for (var i = 0; i < batch.Length; i++)
            {
                var right = margins[i] > 0 ? 1 : margins[i] < 0 ? 0 : 0.5;
                majority += right;
                agree += (right * shares[start + i]) + ((1 - right) * (1 - shares[start + i]));
            }
        }

        var n = Math.Max(1, pairs.Count);
        return new(agree / n, shares.Select(s => Math.Max(s, 1 - s)).DefaultIfEmpty(1).Average(), majority / n, pairs.Count);
    }
}
