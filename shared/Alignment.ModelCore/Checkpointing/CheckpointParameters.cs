using Alignment.ModelCore.Architectures;
using Alignment.ModelCore.Modules;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Alignment.ModelCore.Checkpointing;

/// <summary>
/// Parameters read straight from files. Shapes are compared before memory is taken; what does not fit is collected, so that the report
/// names everything that is wrong at once.
/// </summary>
internal sealed class CheckpointParameters(CheckpointFiles files, DecoderConfig config, ScalarType dtype, ParameterSource? newHead, bool headersOnly = false) : ParameterSource
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
}
