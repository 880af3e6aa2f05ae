using System.Text.Json;
using System.Text.Json.Serialization;
using TorchSharp;

namespace Alignment.Golden.Tests.Harness;

/// <summary>What became of one case.</summary>
public sealed record GoldenOutcome(string Family, string Case, string State, string? Message);

/// <summary>One family's totals; the JSON file of <c>align test golden --json</c> is an array of these.</summary>
public sealed record GoldenTotals(
    [property: JsonPropertyName("family")] string Family,
    [property: JsonPropertyName("cases")] int Cases,
    [property: JsonPropertyName("passed")] int Passed,
    [property: JsonPropertyName("failed")] int Failed,
    [property: JsonPropertyName("unsupported")] int Unsupported);

/// <summary>Runs the checks over a fixtures folder.</summary>
public static class GoldenRun
{
    public static IReadOnlyDictionary<string, IGoldenCheck> Checks { get; } = typeof(GoldenRun).Assembly.GetTypes()
        .Where(t => t is { IsAbstract: false, IsInterface: false } && typeof(IGoldenCheck).IsAssignableFrom(t))
        .Select(t => (IGoldenCheck)Activator.CreateInstance(t)!)
        .ToDictionary(c => c.Family, StringComparer.Ordinal);

    static GoldenRun() => ModelCore.Native.TorchRuntime.EnsureLoaded();

    public static GoldenOutcome Run(GoldenCase c)
    {
        if (!Checks.TryGetValue(c.Family.Id, out var check))
        {
            return new(c.Family.Id, c.Name, "unsupported", "no check for this family yet");
        }

        try
        {
            using var scope = torch.NewDisposeScope();
            check.Check(c);
            return new(c.Family.Id, c.Name, "passed", null);
        }
        catch (UnsupportedCaseException e)
        {
            return new(c.Family.Id, c.Name, "unsupported", e.Message);
        }
        catch (Exception e)
        {
            return new(c.Family.Id, c.Name, "failed", e is GoldenMismatchException ? e.Message : $"{e.GetType().Name}: {e.Message.Split('\n')[0]} {e.StackTrace?.Split('\n').FirstOrDefault(l => l.Contains(".cs:line", StringComparison.Ordinal))?.Trim()}");
        }
    }

    /// <summary>The command line: <c>--golden [--fixtures DIR] [--json FILE] [--family FNN[,FNN…]]</c>. Returns the exit code.</summary>
    public static int Execute(string[] args)
    {
        string? Option(string name) => Array.IndexOf(args, name) is var i and >= 0 && i + 1 < args.Length ? args[i + 1] : null;
        torch.set_num_threads(1);
        var only = Option("--family")?.Split(',');
        var totals = new List<GoldenTotals>();
        var troubles = new List<GoldenOutcome>();
        Console.WriteLine($"{"family",-34}{"cases",7}{"passed",8}{"failed",8}{"unsupported",13}");
        foreach (var family in GoldenFamily.ReadAll(Option("--fixtures") ?? Fixtures.Folder).Where(f => only is null || only.Contains(f.Id)))
        {
            var outcomes = family.Cases.Select(Run).ToList();
            int Count(string state) => outcomes.Count(o => o.State == state);
            var t = new GoldenTotals(family.Id, outcomes.Count, Count("passed"), Count("failed"), Count("unsupported"));
            totals.Add(t);
            troubles.AddRange(outcomes.Where(o => o.State != "passed"));
            Console.WriteLine($"{family.Id + " " + family.Title,-34}{t.Cases,7}{t.Passed,8}{t.Failed,8}{t.Unsupported,13}");
        }

        foreach (var o in troubles)
        {
            Console.WriteLine($"{o.State}: {o.Family}/{o.Case}: {o.Message}");
        }

        if (Option("--json") is { } file)
        {
            File.WriteAllText(file, JsonSerializer.Serialize(totals, JsonSerializerOptions.Web));
        }

        Console.WriteLine($"{totals.Sum(t => t.Passed)} passed, {totals.Sum(t => t.Failed)} failed, {totals.Sum(t => t.Unsupported)} unsupported");
        return totals.Any(t => t.Failed > 0) ? 1 : 0;
    }
}
