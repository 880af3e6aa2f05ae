using Alignment.Golden.Tests.Harness;
using Alignment.ModelCore.Data;
using Alignment.ModelCore.Diagnostics;
using Alignment.SupervisedFineTuning.Recipes;

namespace Alignment.Golden.Tests.Families.Training;

/// <summary>Supervised fine-tuning.</summary>
internal sealed class SftCase : ITrainingCase
{
    public string Trainer => "sft";

    public IReadOnlyDictionary<string, string?> Keys { get; } = new Dictionary<string, string?>(StringComparer.Ordinal)
    {
        ["loss_type"] = "loss", ["truncation_mode"] = "truncation", ["packing_strategy"] = "packing", ["packing"] = null, ["completion_only_loss"] = null,
    };

    public TrainedCase Run(TrainingFixture f)
    {
        if (!f.Flag("packing"))
        {
            f.Keys.Remove("packing");
        }

        var options = f.Options<SftOptions>();
        using var tuned = f.Tuned(options);
        var all = !f.Flag("completion_only_loss");
        var rows = f.Rows.Select(r => new TokenRow(TrainingFixture.Ids(r, "input_ids"),
            all ? [.. TrainingFixture.Ids(r, "input_ids").Select(_ => true)] : [.. TrainingFixture.Ids(r, "completion_mask").Select(x => x == 1)])).ToList();
        var examples = SftRecipe.Examples(options, rows, new MemoryMetrics());
        if (f.In.TryGetProperty("packed_rows", out var packed))
        {
            Expect.Equal("packed rows", examples.Count, packed.GetArrayLength());
            foreach (var (mine, theirs) in examples.Zip(packed.EnumerateArray()))
            {
                Expect.Equal<int>("packed ids", mine.Ids, TrainingFixture.Ids(theirs, "input_ids"));
            }
        }

        return f.Train(options, tuned.Trainable, examples.Select(e => e.Ids.Length), run => SftRecipe.Train(tuned.Model, examples, options, run, 0, CancellationToken.None));
    }
}
