using System.CommandLine;
using System.Globalization;
using Alignment.ModelCore.Adapters;
using Alignment.ModelCore.Checkpointing;
using Alignment.ModelCore.Data;
using Alignment.ModelCore.Modules;
using Alignment.ModelCore.Quantization;
using Alignment.ModelCore.Training;
using static TorchSharp.torch;

namespace Alignment.Suite.Commands;

/// <summary><c>align model merge BASE ADAPTER --out DIR</c> and <c>align model unmerge MERGED ADAPTER --out DIR</c>, each with a numeric check.</summary>
internal static class ModelMerge
{
    private const double DenseBound = 1e-2;

    public static Command Build()
    {
        var (from, adapter, output, dtype) = (Folder("base", "The base's folder; it may hold 4-bit or 8-bit weights."), Folder("adapter", "The adapter's PEFT folder."), Output(), ModelVerb.DType("Dtype of the weights on disk. Default: as the base has them."));
        var quantise = new Option<string?>("--quantise") { Description = "Hold the base in this form first: nf4, nf4_double or int8. Merging restores each weight, adds the adapter and rounds again." };
        quantise.AcceptOnlyFromAmong("nf4", "nf4_double", "int8");
        var command = new Command("merge", "Fold an adapter into its base and write a full checkpoint. Prints how far the merged model is from the base with the adapter on.") { from, adapter, output, dtype, quantise };
        command.SetAction(parse => ModelVerb.Guard(() => Merge(parse.GetValue(from)!.FullName, parse.GetValue(adapter)!.FullName, parse.GetValue(output)!.FullName, ModelVerb.ParseDType(parse.GetValue(dtype)), parse.GetValue(quantise))));
        return command;
    }

    public static Command BuildUnmerge()
    {
        var (from, adapter, output, dtype) = (Folder("merged", "The folder of a checkpoint that an adapter was merged into."), Folder("adapter", "The adapter's PEFT folder."), Output(), ModelVerb.DType("Dtype of the weights on disk. Default: as they are."));
        var reference = new Option<DirectoryInfo?>("--base") { Description = "The base, to say how far the result is from it." };
        var command = new Command("unmerge", "Take an adapter out of a merged checkpoint. The base comes back up to rounding.") { from, adapter, output, dtype, reference };
        command.SetAction(parse => ModelVerb.Guard(() => Unmerge(parse.GetValue(from)!.FullName, parse.GetValue(adapter)!.FullName, parse.GetValue(output)!.FullName, ModelVerb.ParseDType(parse.GetValue(dtype)), parse.GetValue(reference)?.FullName)));
        return command;
    }

    private static void Merge(string from, string adapterFolder, string output, ScalarType? dtype, string? quantise)
    {
        Empty(output);
        var stored = DTypeOf(from);
        using var model = Open(from, quantise is null ? null : QuantisationFormat.Named(quantise), adapterFolder);
        using var adapter = AdapterFolder.Load(model, adapterFolder, ScalarType.Float32);
        using var none = no_grad();
        RefuseNotFinite(model, adapter, from, adapterFolder);
        SayOtherBase(from, adapterFolder);
        var ids = Probe(model);
        var off = Off(adapter, () => Answers(model, ids));
        var on = Answers(model, ids);
        var lossy = adapter.MergeIsLossy;
        adapter.Merge();
        var merged = Answers(model, ids);
        Report("adapter's effect", "max |Δlogit| between base and base with adapter", Largest(on, off));
        Report("merge check", "max |Δlogit| between adapter on and merged", Largest(on, merged));
        if (lossy)
        {
            Report("requantised", "relative L2 difference of the logits", Relative(merged, on));
        }

        // Written so that NaN fails too. Rounding again has no bound; what it gives must still be numbers.
        if (!(Largest(on, merged) <= (lossy ? double.MaxValue : DenseBound)))
        {
            throw new InvalidDataException($"The merged model differs from the base with the adapter by {Largest(on, merged).ToString("G3", CultureInfo.InvariantCulture)}; nothing was written.");
        }

        Save(model, output, new SaveOptions { CopyFilesFrom = from, DType = dtype ?? stored });
        Console.WriteLine($"{output}: {Directory.EnumerateFiles(output).Count()} files.");
    }

    private static void Unmerge(string from, string adapterFolder, string output, ScalarType? dtype, string? reference)
    {
        Empty(output);
        var stored = DTypeOf(from);
        using var model = Open(from, null, adapterFolder);
        using var adapter = AdapterFolder.Load(model, adapterFolder, ScalarType.Float32);
        using var none = no_grad();
        RefuseNotFinite(model, adapter, from, adapterFolder);
        var ids = Probe(model);
        adapter.Disable();
        var merged = Answers(model, ids);
        adapter.Subtract();
        var bare = Answers(model, ids);
        adapter.Enable();
        Report("unmerge check", "max |Δlogit| between merged and unmerged with the adapter on", Largest(merged, Answers(model, ids)));
        adapter.Disable();
        if (reference is not null)
        {
            using var other = Open(reference, null, adapterFolder);
            Report("against the base", "max |Δlogit| between unmerged and base", Largest(bare, Answers(other, ids)));
        }

        Save(model, output, new SaveOptions { CopyFilesFrom = from, DType = dtype ?? stored });
        Console.WriteLine($"{output}: {Directory.EnumerateFiles(output).Count()} files.");
    }

    private static nn.Module Open(string folder, QuantisationFormat? format, string adapterFolder)
    {
        var options = new LoadOptions { DType = ScalarType.Float32, Quantise = format, WithoutAdapter = true };
        // A reward adapter may lie on a language model; its score comes with it.
        return AdapterOpening.ScoresOf(adapterFolder) is { } labels
            ? CheckpointReader.LoadScoring(folder, options with { NewHeadSeed = 0, NewHeadLabels = labels.Labels }, out _, labels.Kind)
            : CheckpointReader.LoadCausal(folder, options, out _);
    }

    private static void Save(nn.Module model, string output, SaveOptions options)
    {
        if (model is CausalModel causal)
        {
            CheckpointWriter.Save(causal, output, options);
        }
        else
        {
            CheckpointWriter.Save((ScoringModel)model, output, options);
        }
    }

    private static ScalarType DTypeOf(string folder)
    {
        using var files = CheckpointFiles.Open(folder);
        return files.Files.SelectMany(f => f.Entries.Values).Where(e => e.DType is "F32" or "F16" or "BF16" or "F64").GroupBy(e => e.DType).OrderByDescending(g => g.Sum(e => e.Bytes))
            .Select(g => SafeTensorsTypes.ToScalarType(g.Key)).FirstOrDefault(ScalarType.Float32);
    }

    // Ids from everywhere in the vocabulary, the same at every call.
    private static Tensor Probe(nn.Module model)
    {
        var config = model switch { CausalModel c => c.Config, ScoringModel s => s.Config, _ => throw new NotSupportedException() };
        var shuffle = new Shuffle(1, 0).Permutation(config.VocabularySize);
        var length = Math.Min(32, config.MaxPositions);
        return tensor(Enumerable.Range(0, 4 * length).Select(i => (long)shuffle[i % shuffle.Length]).ToArray()).view(4, length);
    }

    private static Tensor Answers(nn.Module model, Tensor ids) => model is CausalModel causal ? causal.Forward(ids) : ((ScoringModel)model).AllScores(ids);

    private static T Off<T>(AdapterSet adapter, Func<T> ask)
    {
        adapter.Disable();
        var answer = ask();
        adapter.Enable();
        return answer;
    }

    // One such number spreads to every answer, and a check by differences cannot see it.
    private static void RefuseNotFinite(nn.Module model, AdapterSet adapter, string from, string adapterFolder)
    {
        var own = adapter.Tensors.Select(t => t.Value.Handle).ToHashSet();
        var all = adapter.Tensors.Select(t => (Folder: adapterFolder, Name: t.Key, Value: (Tensor)t.Value))
            .Concat(model.named_parameters().Where(p => !own.Contains(p.parameter.Handle)).Select(p => (Folder: from, Name: p.name, Value: (Tensor)p.parameter)));
        foreach (var (folder, name, value) in all.Where(t => t.Value.is_floating_point()))
        {
            using var scope = NewDisposeScope();
            if (!value.isfinite().all().item<bool>())
            {
                throw new InvalidDataException($"{folder}: {name} holds numbers that are not finite (NaN or infinity); nothing was written.");
            }
        }
    }

    private static void SayOtherBase(string from, string adapterFolder)
    {
        var name = AdapterConfig.Load(adapterFolder).Text("base_model_name_or_path");
        if (string.IsNullOrEmpty(name) || name == AdapterFolder.Itself)
        {
            return;
        }

        var own = Path.TrimEndingDirectorySeparator(Path.GetFullPath(from));
        var places = new[] { Path.GetFullPath(Path.Combine(adapterFolder, name)), Path.GetFullPath(name) }.Select(Path.TrimEndingDirectorySeparator).ToList();
        // A name that is no folder here, such as one of a hub, is compared by its last part.
        if (!places.Contains(own, StringComparer.Ordinal) && (places.Any(Directory.Exists) || Path.GetFileName(places[1]) != Path.GetFileName(own)))
        {
            Console.WriteLine($"Note: {AdapterConfig.FileName} names the base {name}, and this one is {from}. An adapter fits only the weights that it was trained on.");
        }
    }

    private static double Largest(Tensor a, Tensor b) => a.sub(b).abs().max().ToDouble();

    private static double Relative(Tensor a, Tensor b) => a.sub(b).square().sum().sqrt().ToDouble() / b.square().sum().sqrt().ToDouble();

    private static void Report(string name, string what, double value) => Console.WriteLine($"{name,-18}{value.ToString("0.###E+0", CultureInfo.InvariantCulture),-12}{what}");

    private static void Empty(string output)
    {
        if (Directory.Exists(output) && Directory.EnumerateFileSystemEntries(output).Any())
        {
            throw new InvalidDataException($"{output} is not empty; name a new folder.");
        }

        if (File.Exists(output))
        {
            throw new IOException($"--out {output} is a file. Name a folder.");
        }

        try
        {
            // Better refused now than after the work; what fails later leaves no folder behind.
            var existed = Directory.Exists(output);
            Directory.CreateDirectory(output);
            File.WriteAllBytes(Path.Combine(output, ".write"), []);
            File.Delete(Path.Combine(output, ".write"));
            if (!existed)
            {
                Directory.Delete(output);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"--out {output} cannot be written: {e.Message}", e);
        }
    }

    private static Argument<DirectoryInfo> Folder(string name, string help) => new(name) { Description = help };

    private static Option<DirectoryInfo> Output() => new("--out") { Description = "The new folder; must not hold anything yet.", Required = true };
}
