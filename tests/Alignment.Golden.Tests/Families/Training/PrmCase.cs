using Alignment.Golden.Tests.Harness;
using Alignment.ModelCore.Data;
using Alignment.ModelCore.Losses;
using Alignment.RewardModeling.Recipes;

namespace Alignment.Golden.Tests.Families.Training;

/// <summary>Process reward models.</summary>
internal sealed class PrmCase : ITrainingCase
{
    public string Trainer => "prm";

    public IReadOnlyDictionary<string, string?> Keys { get; } = new Dictionary<string, string?>(StringComparer.Ordinal)
    {
        ["train_on_last_step_only"] = "last_step_only", ["step_separator"] = "step_separator", ["separator_id"] = null, ["max_completion_length"] = "max_completion_length",
    };

    public TrainedCase Run(TrainingFixture f)
    {
        var options = f.Options<ProcessRewardOptions>();
        using var tuned = f.TunedScoring(options, "process_reward");
        var format = new ProcessRewardFormat([f.Configuration.Int("separator_id")], null, options.LastStepOnly, options.MaxCompletionLength > 0 ? options.MaxCompletionLength : null, options.MaxLength);
        var rows = !f.In.Has("raw_rows") ? [.. f.Rows.Select(r => new StepwiseTokens(r.Ints("input_ids"), [.. r.Ints("labels").Select(l => (long)l)]))] : f.In.Items("raw_rows").Select(r => StepwiseTokens.Of(
            ProcessRewardLabels.Build(r.Ints("prompt_ids"), [.. r.Items("step_ids").Select(s => s.Ints())], [.. r.Items("step_labels").Select(l => l.GetBoolean())], format))).ToList();
        foreach (var (mine, theirs) in rows.Zip(f.Rows))
        {
            Expect.Equal<int>("input ids", mine.Ids, theirs.Ints("input_ids"));
            Expect.Equal<long>("labels", mine.Labels, [.. theirs.Ints("labels").Select(l => (long)l)]);
        }

        return f.Train(options, tuned.Trainable, rows.Select(r => r.Ids.Length), run => ProcessRewardRecipe.Train(tuned.Model, rows, options, run, 0, CancellationToken.None));
    }
}
