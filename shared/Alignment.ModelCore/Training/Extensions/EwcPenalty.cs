using Alignment.ModelCore.Checkpointing;
using Alignment.ModelCore.Configuration;
using Alignment.ModelCore.Data;
using Alignment.ModelCore.Diagnostics;
using Alignment.ModelCore.Forgetting;
using static TorchSharp.torch;

namespace Alignment.ModelCore.Training.Extensions;

/// <summary>
/// Elastic weight consolidation as an extension of a run. The Fisher information is the empirical one of the starting weights on the rows
/// that must not be forgotten, one row an example; it is kept as <c>fisher.safetensors</c> beside the state, for resuming and for later runs.
/// </summary>
internal sealed class EwcPenalty(StartingWeights weights, LanguageView view, IReadOnlyList<TokenRow> rows, string given, double lambda, string folder, string modelDigest) : IRunExtension
{
    private const string FileName = "fisher.safetensors", Key = "fisher_of";
    private List<Tensor> fisher = [];

    public string Name => "ewc";

    public string DataDigest { get; } = rows.Count > 0 ? Data.DataDigest.Of(rows) : given.Length > 0 ? FileDigest(given) : "";

    public void Start(IMetricsSink sink)
    {
        weights.Keep();
        var source = $"{modelDigest}:{DataDigest}";
        var path = given.Length > 0 ? given : Path.Combine(folder, FileName);
        if (given.Length == 0 && Digest(path) != source)
        {
            Make(path, source);
            sink.Event(new(0, "fisher", $"Fisher information of {weights.Trainable.Count} parameters from {rows.Count} rows: {path}"));
        }

        using var file = SafeTensorsFile.Open(path);
        var missing = weights.Trainable.Where(t => !file.Entries.TryGetValue(t.Name, out var e) || !e.Shape.SequenceEqual(t.Value.shape)).Select(t => t.Name).ToList();
        if (missing.Count > 0)
        {
            throw new OptionsException([$"regularisation.ewc_fisher: {path} has no Fisher information for {string.Join(", ", missing.Take(3))}{(missing.Count > 3 ? $" and {missing.Count - 3} more" : "")}. It must come from a run that trained the same parameters."]);
        }

        fisher = [.. weights.Trainable.Select(t => file.Read(t.Name).to_type(t.Value.dtype).DetachFromDisposeScope())];
    }

    public double AddGradient(int ownRows, StepMeans metrics)
    {
        var sum = 0.0;
        for (var i = 0; i < weights.Trainable.Count; i++)
        {
            using var scope = NewDisposeScope();
            var term = QuadraticPenalties.Ewc([weights.Trainable[i].Value], [weights.Values[i]], [fisher[i]], lambda);
            term.backward();
            sum += term.ToDouble();
        }

        metrics.Add("regularisation/ewc", sum);
        return sum;
    }

    public void Dispose()
    {
        weights.Dispose();
        foreach (var f in fisher)
        {
            f.Dispose();
        }
    }

    private void Make(string path, string source)
    {
        using var scope = NewDisposeScope();
        using var quiet = view.Quiet();
        var made = DiagonalFisher.Empirical([.. weights.Trainable.Select(t => t.Value)], rows.Count, i => view.Loss([rows[i]], 1).Loss.neg());
        Directory.CreateDirectory(folder);
        SafeTensorsWriter.Write(path, weights.Trainable.Select((t, i) => (t.Name, made[i])), metadata: new Dictionary<string, string> { ["format"] = "pt", [Key] = source });
    }

    private static string? Digest(string path)
    {
        if (!File.Exists(path))
        {
            return null;
        }

        using var file = SafeTensorsFile.Open(path);
        return file.Header.Metadata?.GetValueOrDefault(Key);
    }

    private static string FileDigest(string path)
    {
        if (!File.Exists(path))
        {
            throw new OptionsException([$"regularisation.ewc_fisher: {path} does not exist. Name the state/fisher.safetensors of an earlier run, or set ewc_data."]);
        }

        using var stream = File.OpenRead(path);
        return Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(stream));
    }
}
