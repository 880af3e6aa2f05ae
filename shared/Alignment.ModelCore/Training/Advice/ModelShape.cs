using Alignment.ModelCore.Adapters;
using Alignment.ModelCore.Architectures;
using Alignment.ModelCore.Checkpointing;

namespace Alignment.ModelCore.Training.Advice;

/// <summary>The sizes of a checkpoint that its costs follow from, read from its headers.</summary>
/// <param name="Parameters">In memory, tied ones once.</param>
/// <param name="Linear">Of these, in the linear layers of the body: what quantisation and adapters reach.</param>
/// <param name="RankUnit">Parameters of a LoRA of rank 1 on all linear layers: Σ (in + out).</param>
/// <param name="IsAdapter">The folder holds an adapter over a base, whose parameters then do not learn.</param>
/// <param name="LargestLinear">Elements of the largest linear layer.</param>
public sealed record ModelShape(DecoderConfig Config, long Parameters, long Linear, long RankUnit, long LargestLinear, bool IsAdapter = false)
{
    public static ModelShape Read(string folder)
    {
        var config = AdapterOpening.ConfigOf(folder);
        var weights = Weights(folder);
        CheckpointReader.Inspect(weights, DecoderConfig.Load(weights), out var parameters);
        long d = config.Width, f = config.MlpWidth, q = (long)config.HeadCount * config.HeadSize, kv = (long)config.KeyValueHeadCount * config.HeadSize;
        var gates = config.Names.Gate is null ? 1 : 2;
        var layers = new List<(long In, long Out)> { (d, q), (d, kv), (d, kv), (q, d), (f, d) };
        layers.AddRange(Enumerable.Repeat((d, f), gates));
        return new(config, parameters, config.LayerCount * layers.Sum(l => l.In * l.Out), config.LayerCount * layers.Sum(l => l.In + l.Out), layers.Max(l => l.In * l.Out), weights != folder);
    }

    /// <summary>An adapter goes into its base before training begins: the base has the sizes.</summary>
    private static string Weights(string folder) =>
        !AdapterFolder.Is(folder) || AdapterOpening.HomeOf(folder) is var home && home == Path.GetFullPath(folder) ? folder : Weights(AdapterOpening.HomeOf(folder));

    /// <summary>A name for a person: family and millions of parameters.</summary>
    public string Describe() => FormattableString.Invariant($"{Config.Family}, {Parameters / 1e6:0.##} M parameters, {Config.LayerCount} layers of width {Config.Width}, vocabulary {Config.VocabularySize}");
}
