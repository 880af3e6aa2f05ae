using System.CommandLine;
using System.Globalization;
using Alignment.ModelCore.Adapters;
using Alignment.ModelCore.Architectures;
using Alignment.ModelCore.Checkpointing;

namespace Alignment.Suite.Commands;

/// <summary><c>align model show DIR</c>: family, sizes, dtypes, and whether the weights fit the configuration.</summary>
internal static class ModelShow
{
    public static Command Build()
    {
        var folder = ModelVerb.Folder();
        var tensors = new Option<bool>("--tensors") { Description = "List every tensor." };
        var command = new Command("show", "What a model folder holds, and whether its weights fit its config.json.") { folder, tensors };
        command.SetAction(parse =>
        {
            var exact = true;
            var code = ModelVerb.Guard(() => exact = Show(parse.GetValue(folder)!.FullName, parse.GetValue(tensors)));
            return code != 0 ? code : exact ? ExitCode.Done : ExitCode.No;
        });
        return command;
    }

    private static bool Show(string folder, bool tensors)
    {
        if (AdapterFolder.Is(folder))
        {
            ShowAdapter(folder, tensors);
            if (!File.Exists(Path.Combine(folder, "config.json")))
            {
                return true;
            }
        }

        var config = DecoderConfig.Load(folder);
        using var files = CheckpointFiles.Open(folder);
        var entries = files.Files.SelectMany(f => f.Entries.Values).ToList();
        Line("family", $"{config.Family} ({config.Json["architectures"]?[0]?.GetValue<string>() ?? "no architecture named"})");
        Line("head", config.Head == HeadKind.Language ? config.TiedEmbedding ? "language, tied to the embedding" : "language" : $"{(config.Head == HeadKind.Sequence ? "sequence" : "token")} classification, {config.LabelCount} labels");
        Line("vocabulary", Number(config.VocabularySize));
        Line("width", $"{config.Width}, MLP {config.MlpWidth} ({config.Activation})");
        Line("layers", $"{config.LayerCount}");
        Line("heads", $"{config.HeadCount} of size {config.HeadSize}, {config.KeyValueHeadCount} for keys and values");
        Line("positions", $"{Number(config.MaxPositions)}, {(config.Rope is { } r ? $"rotary {r.Type}, base {r.Theta.ToString("R", CultureInfo.InvariantCulture)}{(r.Factor != 1 ? $", factor {r.Factor}" : "")}" : "learned")}");
        if (config.SlidingWindow is { } window)
        {
            Line("window", $"{window} in {Enumerable.Range(0, config.LayerCount).Count(config.IsWindowed)} of {config.LayerCount} layers");
        }

        Line("tokens", $"begin {config.BosTokenId?.ToString() ?? "none"}, end {(config.EosTokenIds.Count == 0 ? "none" : string.Join(" ", config.EosTokenIds))}, pad {config.PadTokenId?.ToString() ?? "none"}");
        Line("dtype", $"{config.DType ?? "not named"}; on disk {string.Join(", ", entries.GroupBy(e => e.DType).Select(g => $"{g.Key} {g.Count()}"))}");
        Line("files", $"{files.Files.Count} ({Number(entries.Sum(e => e.Bytes))} bytes in {entries.Count} tensors)");
        var report = CheckpointReader.Inspect(folder, config, out var parameters);
        Line("parameters", Number(parameters));
        Line("keys", report.IsExact ? "every tensor fits" : "the weights do not fit config.json");
        if (report.Describe() is { Length: > 0 } details)
        {
            Console.WriteLine(details);
        }

        foreach (var e in tensors ? entries.OrderBy(e => e.Name, StringComparer.Ordinal) : Enumerable.Empty<SafeTensorsEntry>())
        {
            Console.WriteLine($"{e.DType,-5} [{string.Join(", ", e.Shape)}]  {e.Name}");
        }

        return report.IsExact;
    }

    private static void ShowAdapter(string folder, bool tensors)
    {
        var adapter = AdapterConfig.Load(folder);
        using var file = SafeTensorsFile.Open(Path.Combine(folder, AdapterFolder.Weights));
        Line("adapter", $"{adapter.Method} for {adapter.Task ?? "no task named"}, {Number(file.Entries.Values.Sum(e => e.Shape.Aggregate(1L, (n, s) => n * s)))} parameters in {file.Entries.Count} tensors");
        Line("base", adapter.Text("base_model_name_or_path") switch { null => "not named", AdapterFolder.Itself => "in the same folder", var path => path });
        if (adapter.Unknown.Count > 0)
        {
            Line("unknown", $"keys that have no effect here and are kept: {string.Join(", ", adapter.Unknown)}");
        }

        foreach (var e in tensors ? file.Entries.Values.OrderBy(e => e.Name, StringComparer.Ordinal) : Enumerable.Empty<SafeTensorsEntry>())
        {
            Console.WriteLine($"{e.DType,-5} [{string.Join(", ", e.Shape)}]  {e.Name}");
        }
    }

    private static void Line(string name, string value) => Console.WriteLine($"{name,-12}{value}");

    private static string Number(long n) => n.ToString("N0", CultureInfo.InvariantCulture);
}
