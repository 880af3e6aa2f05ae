using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Alignment.ModelCore.Configuration;
using Alignment.ModelCore.Training.Advice;

namespace Alignment.Suite.Commands.Advising;

/// <summary>A trial in a process of its own, as the run will be: its peak of memory is then the run's, and one that the system kills harms nobody.</summary>
internal static class TrialProcess
{
    /// <summary>Longer than this a trial is not worth waiting for.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    /// <summary>Exit codes of a run that said so, and of one that the system ended.</summary>
    private const int NoMemory = 71, Killed = 137;

    /// <returns>Null when the trial failed or took too long: the caller has to do without.</returns>
    /// <exception cref="OptionsException">The recipe refuses the job.</exception>
    /// <exception cref="InvalidDataException">The recipe refuses the data or a model.</exception>
    public static TrialReport? Run(string method, JsonObject keys, TimeSpan budget)
    {
        var folder = Directory.CreateTempSubdirectory("alignment-trial-").FullName;
        try
        {
            var job = Path.Combine(folder, "job.yaml");
            File.WriteAllText(job, AdvisedSettings.Yaml(keys));
            return Run(method, job, Path.Combine(folder, "out"), budget);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static TrialReport? Run(string method, string job, string output, TimeSpan budget)
    {
        var start = new ProcessStartInfo("dotnet")
        {
            ArgumentList = { typeof(TrialProcess).Assembly.Location, "train", method, "--config", job, "--out", output, "--trial", budget.TotalSeconds.ToString(CultureInfo.InvariantCulture) },
            RedirectStandardOutput = true, RedirectStandardError = true,
        };
        var started = Stopwatch.GetTimestamp();
        using var process = Process.Start(start)!;
        var text = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(Patience))
        {
            process.Kill(entireProcessTree: true);
            return null;
        }

        var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        var last = text.Result.Split('\n', StringSplitOptions.RemoveEmptyEntries).LastOrDefault();
        return process.ExitCode switch
        {
            0 when last?.StartsWith('{') == true => JsonSerializer.Deserialize<TrialReport>(last, JsonSerializerOptions.Web)! with { ProcessSeconds = seconds },
            64 => throw new OptionsException([.. errors.Result.Split('\n', StringSplitOptions.RemoveEmptyEntries)]),
            65 => throw new InvalidDataException(errors.Result.Trim()),
            NoMemory or Killed => TrialReport.OutOfMemory,
            _ => null,
        };
    }
}
