using Alignment.ModelCore.Adapters;
using Alignment.ModelCore.Architectures;
using Alignment.ModelCore.Modules;
using static TorchSharp.torch;

namespace Alignment.ModelCore.Checkpointing;

/// <summary>
/// Loads Hugging Face model folders. Missing, unexpected or mismatched tensors are errors that name them all; weights go from the file
/// into the tensors that stay, never through a second copy. A PEFT folder opens as its base with the adapter on it.
/// </summary>
public static class CheckpointReader
{
    /// <summary>A language model in <paramref name="dtype"/> (null: as stored).</summary>
    public static CausalModel LoadCausal(string folder, ScalarType? dtype = null) => LoadCausal(folder, dtype, out _);

    public static CausalModel LoadCausal(string folder, ScalarType? dtype, out LoadReport report) => LoadCausal(folder, new LoadOptions { DType = dtype }, out report);

    public static CausalModel LoadCausal(string folder, LoadOptions options, out LoadReport report)
    {
        if (!options.WithoutAdapter && AdapterFolder.Is(folder))
        {
            return AdapterOpening.Causal(folder, options, out report);
        }

        var config = DecoderConfig.Load(folder);
        if (config.Head != HeadKind.Language)
        {
            throw new CheckpointException($"{folder}: config.json names {config.Json["architectures"]?[0]}, a classification model without a language head.");
        }

        return Load(folder, config, options, (c, s) => new CausalModel(c, s), out report);
    }

    /// <summary>A classification model in <paramref name="dtype"/> (null: as stored).</summary>
    public static ScoringModel LoadScoring(string folder, ScalarType? dtype = null) => LoadScoring(folder, new LoadOptions { DType = dtype }, out _);

    public static ScoringModel LoadScoring(string folder, LoadOptions options, out LoadReport report, HeadKind newHeadKind = HeadKind.Sequence)
    {
        if (!options.WithoutAdapter && AdapterFolder.Is(folder))
        {
            return AdapterOpening.Scoring(folder, options, out report);
        }

        var config = DecoderConfig.Load(folder);
        if (config.Head == HeadKind.Language)
        {
            if (options.NewHeadSeed is null)
            {
                throw new CheckpointException($"{folder}: config.json names {config.Json["architectures"]?[0]?.GetValue<string>() ?? "no architecture"}, which has no classification head: it is no reward model. 'align train reward' makes one of it.");
            }

            config = config with { Head = newHeadKind, LabelCount = options.NewHeadLabels ?? (newHeadKind == HeadKind.Sequence ? 1 : 2) };
        }

        return Load(folder, config, options, (c, s) => new ScoringModel(c, s), out report);
    }

    /// <summary>What a load would find, from the headers alone: no weights are read.</summary>
    /// <param name="parameters">Parameters in memory, tied ones once.</param>
    public static LoadReport Inspect(string folder, DecoderConfig config, out long parameters)
    {
        using var files = CheckpointFiles.Open(folder);
        RefuseTooManyLayers(folder, config, files);
        var source = new CheckpointParameters(files, config, ScalarType.Float32, null, headersOnly: true);
        using nn.Module model = config.Head == HeadKind.Language ? new CausalModel(config, source) : new ScoringModel(config, source);
        parameters = source.Elements;
        return source.Report();
    }

    private static T Load<T>(string folder, DecoderConfig config, LoadOptions options, Func<DecoderConfig, ParameterSource, T> build, out LoadReport report)
        where T : nn.Module
    {
        using var files = CheckpointFiles.Open(folder);
        RefuseTooManyLayers(folder, config, files);
        var dtype = options.DType ?? StoredType(config, files);
        using var newHead = options.NewHeadSeed is { } seed ? new FreshParameters(config, seed, dtype) : null;
        var source = new CheckpointParameters(files, config, dtype, newHead, quantise: options.Quantise);
        var model = build(config, source);
        report = source.Report();
        if (!report.IsExact)
        {
            model.Dispose();
            throw new CheckpointException($"{folder}: the weights do not fit config.json.\n{report.Describe()}");
        }

        return model;
    }

    // Each layer has several tensors. Without this, a wrong number keeps building layers until memory ends.
    private static void RefuseTooManyLayers(string folder, DecoderConfig config, CheckpointFiles files)
    {
        var tensors = files.Names.Count();
        if (config.LayerCount > tensors)
        {
            throw new CheckpointException($"{folder}: the weights do not fit config.json, which names {config.LayerCount} layers: the files hold {tensors} tensors in all.");
        }
    }

    private static ScalarType StoredType(DecoderConfig config, CheckpointFiles files)
    {
        if (config.DType is { } named)
        {
            return SafeTensorsTypes.ParseDType(named);
        }

        var first = files.Files.SelectMany(f => f.Entries.Values).FirstOrDefault(e => e.DType is "F32" or "F16" or "BF16" or "F64");
        return first is null ? ScalarType.Float32 : SafeTensorsTypes.ToScalarType(first.DType);
    }
}
