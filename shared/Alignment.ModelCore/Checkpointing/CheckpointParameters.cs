using Alignment.ModelCore.Architectures;
using Alignment.ModelCore.Modules;
using Alignment.ModelCore.Quantization;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Alignment.ModelCore.Checkpointing;

/// <summary>
/// Parameters read straight from files. Shapes are compared before memory is taken; what does not fit is collected, so that the report
/// names everything that is wrong at once.
/// </summary>
internal sealed class CheckpointParameters(CheckpointFiles files, DecoderConfig config, ScalarType dtype, ParameterSource? newHead, bool headersOnly = false, QuantisationFormat? quantise = null) : ParameterSource
{
    private readonly HashSet<string> used = new(StringComparer.Ordinal);
    private readonly List<string> missing = [];
    private readonly List<string> mismatched = [];
    private readonly List<string> initialised = [];

    /// <summary>Elements asked for.</summary>
    public long Elements { get; private set; }

    public override Parameter Get(string name, long[] shape, Initialisation initialisation)
    {
        Elements += shape.Aggregate(1L, (a, b) => a * b);
        var stored = Resolve(name);
        if (stored is null)
        {
            if (newHead is not null && IsHead(name))
            {
                initialised.Add(name);
                return newHead.Get(name, shape, initialisation);
            }

            missing.Add(name);
            return Own(torch.empty([0], dtype));
        }

        used.Add(stored);
        var file = files.Find(stored)!;
        var entry = file.Entries[stored];
        if (!entry.Shape.AsSpan().SequenceEqual(shape))
        {
            mismatched.Add($"{stored} is [{string.Join(", ", entry.Shape)}], the configuration asks for [{string.Join(", ", shape)}]");
            return Own(torch.empty([0], dtype));
        }

        if (headersOnly)
        {
            return Own(torch.empty([0], dtype));
        }

        var tensor = torch.empty(shape, dtype);
        file.ReadInto(stored, tensor);
        return Own(tensor);
    }

    /// <summary>A layer that the files hold quantised, or that is to be quantised: read, coded and freed before the next one.</summary>
    public override IWeightStore? Store(string path, long outFeatures, long inFeatures, bool transposed)
    {
        if (IsStoredQuantised(path))
        {
            Elements += outFeatures * inFeatures;
            return headersOnly ? Skip(path) : ReadQuantised(path, outFeatures, inFeatures);
        }

        var name = Resolve(path + ".weight");
        long[] shape = transposed ? [inFeatures, outFeatures] : [outFeatures, inFeatures];
        if (quantise is null || headersOnly || IsHead(path) || name is null || !files.Find(name)!.Entries[name].Shape.AsSpan().SequenceEqual(shape))
        {
            return null;
        }

        used.Add(name);
        Elements += outFeatures * inFeatures;
        using var scope = torch.NewDisposeScope();
        // One buffer for all layers: a tensor made and freed for each would leave the heap full of holes.
        using var buffer = ScratchBuffers.Rent(outFeatures * inFeatures, dtype);
        var dense = buffer.Buffer.narrow(0, 0, outFeatures * inFeatures).view(shape);
        files.Find(name)!.ReadInto(name, dense);
        return quantise.Quantise(transposed ? dense.t() : dense);
    }

    public LoadReport Report()
    {
        var unexpected = new List<string>();
        var ignored = new List<string>();
        foreach (var name in files.Names.Where(n => !used.Contains(n)).Order(StringComparer.Ordinal))
        {
            (IsIgnorable(name) ? ignored : unexpected).Add(name);
        }

        return new(missing, unexpected, mismatched, ignored, initialised);
    }

    /// <summary>The stored name: as asked, or without the body's prefix, as the first public files were written.</summary>
    private string? Resolve(string name)
    {
        var prefix = config.Names.Body + ".";
        return files.Find(name) is not null ? name
            : name.StartsWith(prefix, StringComparison.Ordinal) && files.Find(name[prefix.Length..]) is not null ? name[prefix.Length..]
            : null;
    }

    private bool IsStoredQuantised(string path) =>
        Resolve(path + ".SCB") is not null || BitsAndBytesLayout.StateSuffixes.Any(s => Resolve($"{path}.{s}") is not null);

    private QuantisedWeight ReadQuantised(string path, long outFeatures, long inFeatures)
    {
        using var scope = torch.NewDisposeScope();
        Tensor? Find(string suffix)
        {
            if (Resolve($"{path}.{suffix}") is not { } name)
            {
                return null;
            }

            used.Add(name);
            return files.Find(name)!.Read(name);
        }

        var weight = BitsAndBytesLayout.Read(Find)!;
        if (weight.OutFeatures == outFeatures && weight.InFeatures == inFeatures)
        {
            return weight;
        }

        mismatched.Add($"{path}.weight is quantised from [{weight.OutFeatures}, {weight.InFeatures}], the configuration asks for [{outFeatures}, {inFeatures}]");
        return weight;
    }

    private AbsentWeight Skip(string path)
    {
        foreach (var suffix in BitsAndBytesLayout.Suffixes)
        {
            if (Resolve($"{path}.{suffix}") is { } name)
            {
                used.Add(name);
            }
        }

        return new AbsentWeight();
    }

    private bool IsHead(string name) => !name.StartsWith(config.Names.Body + ".", StringComparison.Ordinal);

    private bool IsIgnorable(string name)
    {
        if (config.Names.IgnoredSuffixes.Any(s => name.EndsWith(s, StringComparison.Ordinal)))
        {
            return true;
        }

        var head = config.Names.LanguageHead + ".weight";
        // Older writers stored a tied head too; a language head is dropped on purpose where a new classification head was asked for.
        return name == head && ((config.Head == HeadKind.Language && config.TiedEmbedding && EqualsEmbedding(name)) || newHead is not null);
    }

    private bool EqualsEmbedding(string head)
    {
        var embedding = Resolve($"{config.Names.Body}.{config.Names.Embedding}.weight");
        if (embedding is null)
        {
            return false;
        }

        return SafeTensorsFile.SameContents(files.Find(head)!, head, files.Find(embedding)!, embedding);
    }

    /// <summary>Stands where only headers were read.</summary>
    private sealed class AbsentWeight : IWeightStore
    {
        public Tensor Linear(Tensor input, Tensor? bias) => throw new InvalidOperationException("Only the headers of this checkpoint were read.");

        public Tensor Dense(ScalarType dtype) => throw new InvalidOperationException("Only the headers of this checkpoint were read.");

        public IWeightStore Requantise(Tensor dense) => throw new InvalidOperationException("Only the headers of this checkpoint were read.");

        public void Dispose()
        {
        }
    }
}
