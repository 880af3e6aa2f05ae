using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
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

/// <summary>Runs one training method from the command line and turns every fault into a clear line and an exit code (sysexits.h).</summary>
internal static class TrainingCommand
{
    private const int Usage = 64, BadData = 65, Unavailable = 69, CannotWrite = 73, NoMemory = 71, Interrupted = 130;

    public static int Run(ITrainMethod method, string? config, IReadOnlyList<string> sets, string? output, CancellationToken cancellation)
    {
        try
        {
            if (string.IsNullOrEmpty(output))
            {
                throw new OptionsException(["--out DIR is missing: the folder for the checkpoint and the state to resume from."]);
            }

            var keys = JobFile.Read(config, sets);
            var run = method.Prepare(keys);
            Directory.CreateDirectory(output);
            using var alone = Claim(output);
            using var file = new JsonLinesMetrics(Path.Combine(output, "metrics.jsonl"));
            using var board = new TensorBoardMetrics(output, TimeProvider.System);
            var result = run(TrainingFolders.In(output), new CompositeMetrics(new ConsoleMetrics(LogEvery(keys)), file, board), cancellation);
            TrainingReport.Write(Path.Combine(output, "report.html"), method.Name, file.Path, keys, result);
            Say(result);
            return 0;
        }
        catch (TrialEndedException e)
        {
            Console.WriteLine(JsonSerializer.Serialize(e.Report, JsonSerializerOptions.Web));
            return 0;
        }
        catch (OptionsException e)
        {
            return Fail(string.Join(Environment.NewLine, e.Problems.Select(p => $"align train {method.Name}: {p}")), Usage);
        }
        catch (DataException e)
        {
            return Fail(e.Message, BadData);
        }
        catch (Exception e) when (e is OutOfMemoryException || (e is ExternalException && e.Message.Contains("can't allocate memory", StringComparison.Ordinal)))
        {
            return Fail("Not enough memory. A smaller batch_size with more gradient_accumulation, an adapter (tuning.method: lora) or a quantised base (tuning.quantise: nf4_double) takes less; 'align advise --memory' finds settings that fit.", NoMemory);
        }
        catch (OperationCanceledException)
        {
            return Fail($"Stopped; the state is saved in {Path.Combine(output!, "state")}. The same command resumes.", Interrupted);
        }
        catch (RewardException e)
        {
            return Fail($"{e.Message} The state is saved in {Path.Combine(output!, "state")}; the same command resumes.", Unavailable);
        }
        catch (NonFiniteException e)
        {
            return Fail(e.Message, BadData);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Fail($"{e.Message} Check that {output} is writable and the disk has room, then run the same command again: it resumes.", CannotWrite);
        }
        catch (Exception e) when (e is InvalidDataException or CheckpointException or SafeTensorsException or ArchitectureException or TokenizerException or TemplateException)
        {
            return Fail(e.Message, BadData);
        }
    }

    /// <summary>Two runs in one folder would overwrite each other's state.</summary>
    private static FileStream Claim(string output)
    {
        var path = Path.Combine(Directory.CreateDirectory(Path.Combine(output, "state")).FullName, "lock");
        try
        {
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e) when (e is not (DirectoryNotFoundException or PathTooLongException))
        {
            throw new OptionsException([$"{output} is in use by another run. Choose another --out, or wait for it."]);
        }
    }

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
