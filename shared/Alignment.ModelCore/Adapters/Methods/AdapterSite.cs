using Alignment.ModelCore.Adapters.Parts;
using Alignment.ModelCore.Architectures;
using Alignment.ModelCore.Modules;
using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.ModelCore.Adapters.Methods;

/// <summary>What a method works on: the model, the settings, the tensors of a file or a source of random numbers, and the parts made so far.</summary>
internal sealed class AdapterSite(nn.Module model, DecoderConfig decoder, AdapterConfig config, IReadOnlyDictionary<string, Tensor>? given, Generator? generator)
{
    private readonly HashSet<string> used = new(StringComparer.Ordinal);

    public nn.Module Model => model;

    public DecoderConfig Decoder => decoder;

    public Decoder Body => model switch { CausalModel c => c.Body, ScoringModel s => s.Body, _ => throw new NotSupportedException(model.GetType().Name) };

    public AdapterConfig Config => config;

    /// <summary>Whether parameters start anew.</summary>
    public bool IsFresh => given is null;

    /// <summary>For fresh parameters.</summary>
    public Generator Generator => generator!;

    public List<AdapterPart> Parts { get; } = [];

    /// <summary>model_type in config.json.</summary>
    public string Family => decoder.Json["model_type"]?.ToString() ?? decoder.Family;

    /// <summary>Modules by path, the root left out.</summary>
    public IReadOnlyList<(string Path, nn.Module Module)> Modules { get; } = [.. model.named_modules().Where(m => m.name.Length > 0).DistinctBy(m => m.module).Select(m => (m.name, m.module))];

    /// <summary>The dtype that fresh parameters take: that of the base, float32 where it is quantised.</summary>
    public ScalarType DType => Body.EmbeddingWeight.dtype is ScalarType.Float64 or ScalarType.BFloat16 or ScalarType.Float16 ? Body.EmbeddingWeight.dtype : ScalarType.Float32;

    /// <summary>Whether the path is a head's.</summary>
    public bool IsHead(string path) => !path.StartsWith(decoder.Names.Body + ".", StringComparison.Ordinal) && path != decoder.Names.Body;

    /// <summary>Whether the file has this tensor.</summary>
    public bool Has(string key) => given?.ContainsKey(key) == true;

    /// <summary>A tensor of the file, its shape checked; −1 is any size.</summary>
    public Tensor Take(string key, params long[] shape)
    {
        var tensor = given!.GetValueOrDefault(key) ?? throw new AdapterException($"adapter_model.safetensors has no tensor {key}, which adapter_config.json asks for.");
        used.Add(key);
        return tensor.dim() == shape.Length && tensor.shape.Zip(shape).All(s => s.Second < 0 || s.First == s.Second) ? tensor
            : throw new AdapterException($"adapter_model.safetensors: {key} is [{string.Join(", ", tensor.shape)}]; the model and adapter_config.json want [{string.Join(", ", shape.Select(s => s < 0 ? "any" : s.ToString(System.Globalization.CultureInfo.InvariantCulture)))}].");
    }

    /// <summary>Uniform in ±bound.</summary>
    public Tensor Uniform(double bound, params long[] shape) => torch.rand(shape, dtype: DType, generator: Generator).mul(2 * bound).sub(bound);

    /// <summary>N(0, deviation²).</summary>
    public Tensor Normal(double deviation, params long[] shape) => torch.randn(shape, dtype: DType, generator: Generator).mul(deviation);

    /// <summary>Names a file's tensors that no part has taken.</summary>
    public void CheckAllUsed()
    {
        var odd = given?.Keys.Where(k => !used.Contains(k)).Order(StringComparer.Ordinal).ToList() ?? [];
        if (odd.Count > 0)
        {
            throw new AdapterException($"adapter_model.safetensors has {odd.Count} tensors for which the model and adapter_config.json have no place: {string.Join(", ", odd.Take(8))}{(odd.Count > 8 ? ", …" : "")}.");
        }
    }
}
