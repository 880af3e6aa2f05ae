using Alignment.ModelCore.Architectures;
using Alignment.ModelCore.Checkpointing;
using Alignment.ModelCore.Modules;

namespace Alignment.ModelCore.Adapters;

/// <summary>Opens a PEFT folder as a model: the base that adapter_config.json names, with the adapter on it.</summary>
public static class AdapterOpening
{
    internal static CausalModel Causal(string folder, LoadOptions options, out LoadReport report)
    {
        var (home, how) = Base(folder, options);
        var model = CheckpointReader.LoadCausal(home, how, out report);
        try
        {
            model.Adapter = Settle(model.Adapter, home);
            model.Adapter = AdapterFolder.Load(model, folder, model.DType);
            return model;
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    /// <summary>A base without a head gets one, which the adapter's file must fill: a score is never left at random.</summary>
    internal static ScoringModel Scoring(string folder, LoadOptions options, out LoadReport report)
    {
        var config = AdapterConfig.Load(folder);
        var (labels, kind) = HeadOf(folder, config);
        var (home, how) = Base(folder, options);
        var model = CheckpointReader.LoadScoring(home, how with { NewHeadSeed = 0, NewHeadLabels = labels }, out report, kind);
        try
        {
            model.Adapter = Settle(model.Adapter, home);
            if (report.Initialised.Count > 0 && labels is null)
            {
                throw new CheckpointException($"{folder}: its base has no classification head, and {AdapterFolder.Weights} holds none (…score.weight).");
            }

            model.Adapter = AdapterFolder.Load(model, folder, model.DType);
            return model;
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    /// <summary>The base's folder: as written, or relative to the adapter's own.</summary>
    public static string BaseOf(string folder)
    {
        var name = AdapterConfig.Load(folder).Text("base_model_name_or_path")
            ?? throw new AdapterException($"{Path.Combine(folder, AdapterConfig.FileName)}: base_model_name_or_path is not set, so that the base is unknown.");
        foreach (var candidate in new[] { Path.GetFullPath(Path.Combine(folder, name)), Path.GetFullPath(name) }.Where(c => File.Exists(Path.Combine(c, "config.json")) || AdapterFolder.Is(c)))
        {
            if (candidate.TrimEnd('/') != Path.GetFullPath(folder).TrimEnd('/'))
            {
                return candidate;
            }
        }

        throw new AdapterException($"{Path.Combine(folder, AdapterConfig.FileName)}: base_model_name_or_path is '{name}', and no model lies there. Set it to the base's folder.");
    }

    /// <summary>The full path of the folder that an adapter's base is loaded from: its own where both lie together.</summary>
    public static string HomeOf(string folder) => Path.GetFullPath(AdapterConfig.Load(folder).Text("base_model_name_or_path") == AdapterFolder.Itself ? folder : BaseOf(folder));

    /// <summary>Where a model's tokenizer lies: in its folder, or, where an adapter came without one, in its base's.</summary>
    public static string FilesOf(string folder) => File.Exists(Path.Combine(folder, "tokenizer.json")) || !AdapterFolder.Is(folder) || File.Exists(Path.Combine(folder, "config.json")) ? folder : FilesOf(BaseOf(folder));

    /// <summary>The configuration of the model that a folder opens as.</summary>
    public static DecoderConfig ConfigOf(string folder)
    {
        if (!AdapterFolder.Is(folder) || File.Exists(Path.Combine(folder, "config.json")))
        {
            return DecoderConfig.Load(folder);
        }

        var config = ConfigOf(BaseOf(folder));
        return ScoresOf(folder) is { } head ? config with { Head = head.Kind, LabelCount = head.Labels ?? config.LabelCount } : config;
    }

    /// <summary>What an adapter for a classification model says of its head; null: it is for a language model.</summary>
    public static (int? Labels, HeadKind Kind)? ScoresOf(string folder) => AdapterConfig.Load(folder).Task is "SEQ_CLS" or "TOKEN_CLS" ? HeadOf(folder, AdapterConfig.Load(folder)) : null;

    private static (string Folder, LoadOptions Options) Base(string folder, LoadOptions options) => AdapterConfig.Load(folder).Text("base_model_name_or_path") == AdapterFolder.Itself
        ? (folder, options with { WithoutAdapter = true }) : (BaseOf(folder), options);

    // A base that is an adapter's folder itself: its adapter becomes part of the weights.
    private static AdapterSet? Settle(AdapterSet? under, string home)
    {
        if (under?.CannotMerge is { } reason)
        {
            throw new AdapterException($"{home}: this base has an adapter that cannot be merged ({reason}), so that no other can lie on it.");
        }

        under?.Merge();
        under?.Dispose();
        return null;
    }

    private static (int? Labels, HeadKind Kind) HeadOf(string folder, AdapterConfig config)
    {
        using var file = SafeTensorsFile.Open(Path.Combine(folder, AdapterFolder.Weights));
        var head = file.Entries.FirstOrDefault(e => e.Key.EndsWith(".score.weight", StringComparison.Ordinal) || e.Key.EndsWith(".classifier.weight", StringComparison.Ordinal));
        return (head.Value is null ? null : (int)head.Value.Shape[0], config.Task == "TOKEN_CLS" ? HeadKind.Token : HeadKind.Sequence);
    }
}
