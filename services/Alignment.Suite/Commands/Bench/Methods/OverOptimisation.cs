using System.Globalization;
using System.Text.Json.Nodes;
using Alignment.ModelCore.Training.Guards;

namespace Alignment.Suite.Commands.Bench.Methods;

/// <summary>What one run of the section showed.</summary>
/// <param name="Guard">off, or roll_back.</param>
/// <param name="Curve">Proxy and gold on the held-out prompts as the run went, and its KL.</param>
/// <param name="Steps">Steps done.</param>
/// <param name="StoppedBy">The guard that ended the run, or null.</param>
/// <param name="StartGold">Gold of the starting point.</param>
/// <param name="FinalGold">Gold of the checkpoint that was written.</param>
internal sealed record OverOptimisedRun(string Guard, IReadOnlyList<ProbePoint> Curve, int Steps, string? StoppedBy, double StartGold, double FinalGold);

internal sealed record ProbePoint(int Step, double Proxy, double Gold, double Kl);

/// <summary>
/// One run against a reward that stands badly for the rubric, without the guard of proxy against gold and with it. Without, the proxy
/// rises to the end while gold falls; with it, the run ends and comes back to the weights that were best.
/// </summary>
internal sealed class OverOptimisation(BenchPaths paths, Action<string> say)
{
    private const string Method = "rloo";

    // The checkpoint is measured on other answers than the probe that chose it.
    private const double Noise = 0.02;

    /// <returns>Both runs; whether they showed what they should.</returns>
    public (IReadOnlyList<OverOptimisedRun> Runs, bool Shown) Make(CancellationToken cancellation)
    {
        using var scorer = new PolicyScorer(paths);
        var start = scorer.Of(paths.Start, 1).MeanGold;
        OverOptimisedRun off = Run("off", start, scorer, cancellation), on = Run("roll_back", start, scorer, cancellation);
        Print(off, on);
        var peak = off.Curve.MaxBy(p => p.Gold)!;
        var last = off.Curve[^1];
        return ([off, on], last.Proxy > peak.Proxy && last.Gold < peak.Gold && on.StoppedBy == "proxy_gold_gap" && on.FinalGold > off.FinalGold && on.FinalGold >= start - Noise);
    }

    private OverOptimisedRun Run(string guard, double start, PolicyScorer scorer, CancellationToken cancellation)
    {
        var folder = paths.Run("over-optimisation-" + guard, 1);
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }

        var job = new MethodSettings(Method, Method, File.ReadAllText(Path.Combine(BenchPaths.Sample, "over-optimisation.yaml"))).Write(paths, folder);
        string[] patience = guard == "off" ? [] : ["--set", "guards.gold_tolerance=0.01", "--set", "guards.gold_patience=2"];
        ChildProcess.Run(["train", Method, "--config", job, "--set", $"guards.proxy_gold_gap={guard}", .. patience, "--set", "seed=1", "--out", folder], cancellation);
        var lines = File.ReadLines(Path.Combine(folder, "metrics.jsonl")).Select(l => JsonNode.Parse(l)!.AsObject()).ToList();
        var curve = lines.Select(l => (Step: l, Values: (string?)l["event"] == "probe" ? l["values"]!.AsObject() : l)).Where(l => l.Values.ContainsKey(ProbeMetrics.Gold)).Select(l => new ProbePoint(l.Step["step"]!.GetValue<int>(), Number(l.Values, ProbeMetrics.Proxy), Number(l.Values, ProbeMetrics.Gold), Number(l.Values, ProbeMetrics.KlPerSequence))).ToList();
        var record = JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "training.json")))!;
        var run = new OverOptimisedRun(guard, curve, record["steps"]!.GetValue<int>(), (string?)record["stopped_by"], start, scorer.Of(folder, 1).MeanGold);
        say(string.Create(CultureInfo.InvariantCulture, $"over-optimisation, guard {guard}: {run.Steps} steps, gold {start:0.000} → {run.FinalGold:0.000}"));
        return run;
    }

    private static double Number(JsonObject line, string name) => line[name]?.GetValue<double>() ?? double.NaN;

    private static void Print(OverOptimisedRun off, OverOptimisedRun on)
    {
        Console.WriteLine();
        Console.WriteLine("Over-optimisation: a reward for greeting and brevity, on held-out prompts");
        List<IReadOnlyList<string>> table = [["step", "proxy", "gold", "KL", "", "proxy, guarded", "gold, guarded"]];
        foreach (var p in off.Curve)
        {
            var g = on.Curve.FirstOrDefault(x => x.Step == p.Step);
            table.Add([p.Step.ToString(CultureInfo.InvariantCulture), Three(p.Proxy), Three(p.Gold), Three(p.Kl), "", g is null ? "" : Three(g.Proxy), g is null ? "" : Three(g.Gold)]);
        }

        BenchTable.Print(table);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"guard off: {off.Steps} steps, gold {off.StartGold:0.000} at the start, {off.FinalGold:0.000} at the end"));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"guard on:  {(on.StoppedBy is null ? "never fired" : $"ended by {on.StoppedBy} after step {on.Steps}")}, gold {on.FinalGold:0.000} in the checkpoint"));
    }

    private static string Three(double value) => value.ToString("0.000", CultureInfo.InvariantCulture);
}
