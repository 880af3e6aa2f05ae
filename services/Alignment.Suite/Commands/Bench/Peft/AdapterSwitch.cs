using System.Diagnostics;
using Alignment.ModelCore.Adapters;
using Alignment.ModelCore.Modules;
using Alignment.ModelCore.Training;
using TorchSharp;

namespace Alignment.Suite.Commands.Bench.Peft;

/// <summary>From one adapter to another on the same base.</summary>
internal static class AdapterSwitch
{
    public static SpeedRow Measure()
    {
        using var scope = torch.NewDisposeScope();
        using var model = CausalModel.Create(Shapes.Llama(256, 704, 24), 1);
        var config = AdapterBuilder.Configure(new TuningOptions { Method = "lora" }, model.Config);
        using var first = AdapterBuilder.Create(model, config, 1);
        first.Disable();
        using var second = AdapterBuilder.Create(model, config, 2);
        var times = new List<double>();
        for (var i = 0; i < 51; i++)
        {
            var (off, on) = i % 2 == 0 ? (second, first) : (first, second);
            var start = Stopwatch.GetTimestamp();
            off.Disable();
            on.Enable();
            times.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        }

        return new("switching between two LoRAs on 24 layers", times.Order().ElementAt(times.Count / 2), 5, true, "ms");
    }
}
