using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Alignment.ModelCore.Configuration;
using static TorchSharp.torch;

namespace Alignment.ModelCore.Training;

/// <summary>
/// <c>training.json</c> in every checkpoint made here: recipe, settings, digests of data and parent, steps and tokens. No paths and no
/// times, so that the same run gives the same file.
/// </summary>
public static class TrainingRecord
{
    public const string FileName = "training.json";

    private static readonly JsonSerializerOptions Readable = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static void Write(string folder, string recipe, TrainingOptions options, RunInputs inputs, TrainingRun run, JsonObject? more = null)
    {
        var settings = OptionBinder.Describe(options);
        foreach (var key in RunIdentity.MayDiffer)
        {
            settings.Remove(key);
        }

        var record = new JsonObject
        {
            ["recipe"] = recipe, ["options"] = settings, ["data_sha256"] = inputs.DataDigest, ["parent_sha256"] = inputs.ModelDigest,
            ["steps"] = run.StepsDone, ["tokens"] = run.Tokens, ["dropped_steps"] = run.DroppedSteps, ["trainable_parameters"] = inputs.Trainable.Sum(t => t.Value.numel()), ["threads"] = get_num_threads(),
        };
        if (run.Guards.StoppedBy is { } guard)
        {
            record["stopped_by"] = guard;
        }

        foreach (var (key, value) in run.Records.Concat(more ?? []))
        {
            record[key] = value?.DeepClone();
        }

        File.WriteAllText(Path.Combine(folder, FileName), JsonSerializer.Serialize(record, Readable) + "\n");
    }
}
