using System.Diagnostics;
using System.Globalization;
using Alignment.ModelCore.Adapters;
using Alignment.ModelCore.Checkpointing;
using Alignment.ModelCore.Training;
using static TorchSharp.torch;

namespace Alignment.Suite.Commands.Bench.Peft;

/// <summary>How long it takes until another adapter acts on the same base: with nothing loaded, and with its folder read.</summary>
internal sealed class AdapterSwitching : IPeftMeasurement
{
    private const double Bound = 5;

    public string Name => "switching";

    public int Order => 20;

    public (object Numbers, bool Passed) Measure(PeftTask task, IReadOnlyList<string>? only, Action<string> say, CancellationToken cancellation)
    {
        say("switching adapters");
        using var scope = NewDisposeScope();
        using var none = no_grad();
        using var model = CheckpointReader.LoadCausal(task.Start, ScalarType.Float32);
        using var bank = new AdapterBank();
        foreach (var (name, method) in new[] { ("first", "lora"), ("second", "dora"), ("third", "ia3"), ("fourth", "prefix") })
        {
            bank.Add(name, AdapterBuilder.Create(model, AdapterBuilder.Configure(new TuningOptions { Method = method }, model.Config), 1));
        }

        var folder = Path.Combine(task.Work, "adapter");
        AdapterFolder.Save(bank["first"], folder);
        var names = bank.Names.ToList();
        // The first switch to each kind compiles its code.
        var switches = Enumerable.Range(0, 41).Select(i => Milliseconds(() => bank.Activate(names[i % names.Count]))).Skip(names.Count).Order().ToList();
        bank.Activate();
        var loads = Enumerable.Range(0, 5).Select(_ => Milliseconds(() => AdapterFolder.Load(model, folder).Dispose())).Order().ToList();
        var (median, worst, load) = (switches[switches.Count / 2], switches[^1], loads[loads.Count / 2]);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"switching an adapter: {median:0.000} ms (worst {worst:0.000}; bound {Bound} ms); reading one from its folder: {load:0.0} ms"));
        return (new { switch_ms = median, worst_ms = worst, load_ms = load, bound_ms = Bound }, median <= Bound);
    }

    private static double Milliseconds(Action action)
    {
        var watch = Stopwatch.StartNew();
        action();
        return watch.Elapsed.TotalMilliseconds;
    }
}
