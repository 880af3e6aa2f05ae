using System.Diagnostics;
using System.Globalization;
using System.Xml.Linq;

namespace Alignment.Suite.Testing;

/// <summary>Runs every test executable, two at a time, one test at a time in each, and adds up their own result files.</summary>
internal static class TestRun
{
    public static async Task<int> ExecuteAsync(string folder, string? only, CancellationToken cancel)
    {
        var assemblies = Directory.GetDirectories(folder, "Alignment.*.Tests").Select(d => Assembly(folder, Path.GetFileName(d)))
            .Where(File.Exists).Where(a => only is null || Path.GetFileName(a).Contains(only, StringComparison.OrdinalIgnoreCase))
            .OrderByDescending(a => a.Contains("EndToEnd", StringComparison.Ordinal) || a.Contains("Golden", StringComparison.Ordinal)).ThenBy(a => a, StringComparer.Ordinal).ToList();
        if (assemblies.Count == 0)
        {
            await Console.Error.WriteLineAsync($"align: no test project named like '{only}' was built under {folder}.");
            return Commands.ExitCode.Usage;
        }

        var results = new List<ProjectResult>();
        await Parallel.ForEachAsync(assemblies, new ParallelOptions { MaxDegreeOfParallelism = 2, CancellationToken = cancel }, async (assembly, token) =>
        {
            var result = await RunOneAsync(assembly, token);
            lock (results)
            {
                results.Add(result);
                Print(result);
            }
        });
        var failed = results.Sum(r => r.Failed);
        Console.WriteLine($"{results.Sum(r => r.Passed)} passed, {failed} failed, {results.Sum(r => r.Skipped)} skipped");
        return failed > 0 || results.Sum(r => r.Passed) == 0 ? 1 : 0;
    }

    public static string Assembly(string folder, string project) => Path.Combine(folder, project, "release", project + ".dll");

    private static async Task<ProjectResult> RunOneAsync(string assembly, CancellationToken cancel)
    {
        var name = Path.GetFileNameWithoutExtension(assembly);
        var file = Path.Combine(Path.GetTempPath(), $"{name}-{Environment.ProcessId}.xml");
        var start = new ProcessStartInfo("dotnet") { ArgumentList = { assembly, "-noLogo", "-noColor", "-parallelMode", "none", "-result-xml", file }, RedirectStandardOutput = true, RedirectStandardError = true };
        var clock = Stopwatch.StartNew();
        using var process = Process.Start(start)!;
        using var kill = cancel.Register(() => process.Kill(entireProcessTree: true));
        var output = process.StandardOutput.ReadToEndAsync(cancel);
        var error = process.StandardError.ReadToEndAsync(cancel);
        await process.WaitForExitAsync(cancel);
        var text = await output + await error;
        if (!File.Exists(file))
        {
            return new(name, 0, 1, 0, clock.Elapsed, [$"{name} ended with code {process.ExitCode} and no result:\n{text}"], []);
        }

        var tests = XDocument.Load(file).Descendants("test").ToList();
        File.Delete(file);
        int Count(string state) => tests.Count(t => (string?)t.Attribute("result") == state);
        var failures = tests.Where(t => (string?)t.Attribute("result") == "Fail").Select(t => $"{(string?)t.Attribute("name")}\n  {t.Element("failure")?.Element("message")?.Value.Trim()}\n  {t.Element("failure")?.Element("stack-trace")?.Value.Trim()}").ToList();
        if (process.ExitCode != 0 && failures.Count == 0 && tests.Count > 0)
        {
            failures.Add($"{name} ended with code {process.ExitCode}:\n{text}");
        }

        return new(name, Count("Pass"), failures.Count, Count("Skip"), clock.Elapsed, failures,
            [.. tests.Where(t => (string?)t.Attribute("result") == "Skip").Select(t => $"{(string?)t.Attribute("name")}: {t.Element("reason")?.Value}")]);
    }

    private static void Print(ProjectResult r)
    {
        Console.WriteLine($"{(r.Failed > 0 ? "✗" : "✓")} {r.Name,-44} {r.Passed,5} passed {r.Failed,3} failed {r.Skipped,3} skipped {r.Time.TotalSeconds.ToString("F1", CultureInfo.InvariantCulture),7} s");
        foreach (var f in r.Failures)
        {
            Console.WriteLine(f);
        }

        foreach (var reason in r.Skips.GroupBy(s => s[(s.IndexOf(": ", StringComparison.Ordinal) + 2)..]).Take(10))
        {
            Console.WriteLine($"    skipped {reason.Count()}: {reason.Key}");
        }
    }

    private sealed record ProjectResult(string Name, int Passed, int Failed, int Skipped, TimeSpan Time, IReadOnlyList<string> Failures, IReadOnlyList<string> Skips);
}
