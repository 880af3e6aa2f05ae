using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using Alignment.ModelCore.Adapters;
using Alignment.ModelCore.Architectures;
using Alignment.ModelCore.Checkpointing;
using Alignment.ModelCore.Configuration;
using Alignment.ModelCore.Data;
using Alignment.ModelCore.Diagnostics;
using Alignment.ModelCore.Rollouts;
using Alignment.ModelCore.Training;
using Alignment.ModelCore.Training.Advice;
using Alignment.Text.Templates;
using Alignment.Text.Tokenization;

namespace Alignment.Suite.Commands.Training;

/// <summary>Runs one training method from the command line and turns every fault into a clear line and an exit code (<see cref="ExitCode"/>).</summary>
internal static class TrainingCommand
{
    public static int Run(ITrainMethod method, string? config, IReadOnlyList<string> sets, string? output, CancellationToken cancellation)
    {
        if (string.IsNullOrEmpty(output))
        {
            return Fail($"align train {method.Name}: --out DIR is missing: the folder for the checkpoint and the state to resume from.", ExitCode.Usage);
        }

        var folder = new RunFolder(output, config);
        try
        {
            Train(method, config, sets, folder, cancellation);
            if (RunTrial.Current is { } trial)
            {
                Console.WriteLine(JsonSerializer.Serialize(trial.Report, JsonSerializerOptions.Web));
            }

            return 0;
        }
        catch (Exception e)
        {
            // Not in a filter: that runs before the run is disposed of, which is what saves its state.
            folder.ForgetUnlessBegun();
            if (Explain(e, method.Name, output) is not { } fault)
            {
                throw;
            }

            return Fail(fault.Message, fault.Code);
        }
    }

    private static void Train(ITrainMethod method, string? config, IReadOnlyList<string> sets, RunFolder folder, CancellationToken cancellation)
    {
        var started = Stopwatch.GetTimestamp();
        var places = new Dictionary<string, string>(StringComparer.Ordinal);
        var keys = JobFile.Read(config, sets, places);
        var run = Prepared(method, keys, places);
        using var alone = folder.Claim(keys["model"]?.ToString());
        using var file = new JsonLinesMetrics(Path.Combine(folder.Path, "metrics.jsonl"));
        using var board = new TensorBoardMetrics(folder.Path, TimeProvider.System);
        var result = Named(keys, () => run(TrainingFolders.In(folder.Path), new CompositeMetrics(new ConsoleMetrics(LogEvery(keys)), file, board), cancellation));
        TrainingReport.Write(Path.Combine(folder.Path, "report.html"), method.Name, file.Path, keys, result, Stopwatch.GetElapsedTime(started));
        Say(result);
    }

    /// <summary>The binder sees keys, not lines.</summary>
    private static Func<TrainingFolders, IMetricsSink, CancellationToken, TrainingResult> Prepared(ITrainMethod method, System.Text.Json.Nodes.JsonObject keys, Dictionary<string, string> places)
    {
        try
        {
            return method.Prepare(keys);
        }
        catch (OptionsException e)
        {
            throw new OptionsException([.. e.Problems.Select(p => JobFile.Place(p, places))]);
        }
    }

    /// <summary>A recipe sees rows, not files: what is wrong with all of them is said of the files that the key data names.</summary>
    private static TrainingResult Named(System.Text.Json.Nodes.JsonObject keys, Func<TrainingResult> run)
    {
        try
        {
            return run();
        }
        catch (DataException e)
        {
            throw e.In(keys["data"] switch { System.Text.Json.Nodes.JsonArray several => [.. several.Select(f => f!.ToString())], { } one => [one.ToString()], _ => [] });
        }
    }

    /// <summary>What to tell the user; null: a fault of this program.</summary>
    private static (string Message, int Code)? Explain(Exception fault, string method, string output) => fault switch
    {
        AggregateException several => Explain(several.InnerExceptions[0], method, output),
        OptionsException e => (string.Join(Environment.NewLine, e.Problems.Select(p => $"align train {method}: {p}")), ExitCode.Usage),
        OutOfMemoryException or ExternalException when fault is OutOfMemoryException || fault.Message.Contains("can't allocate memory", StringComparison.Ordinal) =>
            ("Not enough memory. A smaller batch_size with more gradient_accumulation, an adapter (tuning.method: lora) or a quantised base (tuning.quantise: nf4_double) takes less; 'align advise --memory' finds settings that fit.", ExitCode.NoMemory),
        ExternalException when fault.Message.Contains("index out of range in self", StringComparison.Ordinal) =>
            ("A token id lies outside a model's vocabulary: a model named in the job (model, reference, reward_model, critic) has another tokenizer than the others. Name models of one family.", ExitCode.BadData),
        OperationCanceledException => ($"Stopped. {Saved(output)}", ExitCode.Interrupted),
        RewardException e => ($"{e.Message} {Saved(output)}", ExitCode.Unavailable),
        FileNotFoundException or DirectoryNotFoundException when !fault.Message.Contains(output, StringComparison.Ordinal) => ($"{fault.Message} Check the paths in the job file; they are relative to the folder the command runs in.", ExitCode.BadData),
        IOException or UnauthorizedAccessException => ($"{fault.Message} Check that {output} is writable and the disk has room, then run the same command again: it resumes.", ExitCode.CannotWrite),
        DataException or NonFiniteException or InvalidDataException or CheckpointException or SafeTensorsException or ArchitectureException or AdapterException or TokenizerException or TemplateException => (fault.Message, ExitCode.BadData),
        _ => null,
    };

    private static string Saved(string output) => Directory.Exists(Path.Combine(output, "state")) && Directory.EnumerateFiles(Path.Combine(output, "state")).Any(f => Path.GetFileName(f) != "lock")
        ? $"The state is saved in {Path.Combine(output, "state")}; the same command resumes." : "Nothing was saved yet; the same command starts again.";

    private static int LogEvery(System.Text.Json.Nodes.JsonObject keys) =>
        int.TryParse(keys["log_every"]?.ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out var n) && n > 0 ? n : 10;

    private static void Say(TrainingResult r)
    {
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{r.Steps} steps, {r.Tokens} tokens, final loss {r.FinalLoss:0.0000}{(r.DroppedSteps > 0 ? $", {r.DroppedSteps} steps dropped" : "")}, peak memory {RunMeters.PeakRss() / (1 << 20)} MB"));
        if (r.StoppedBy is not null)
        {
            Console.WriteLine($"ended by the guard {r.StoppedBy}");
        }

        Console.WriteLine($"checkpoint {r.Checkpoint}");
        Console.WriteLine($"digest sha256:{r.Digest}");
    }

    private static int Fail(string message, int code)
    {
        Console.Error.WriteLine(message);
        return code;
    }
}
