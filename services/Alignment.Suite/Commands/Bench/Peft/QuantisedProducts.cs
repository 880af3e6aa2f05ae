using System.Diagnostics;
using Alignment.ModelCore.Quantization;
using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.Suite.Commands.Bench.Peft;

/// <summary>Speed of x·Wᵀ with W in NF4 over that of the same product with W in bfloat16.</summary>
internal static class QuantisedProducts
{
    public static IEnumerable<SpeedRow> Measure(bool quick)
    {
        foreach (var tokens in quick ? new[] { 256 } : [256, 512, 1024])
        {
            yield return new($"NF4 product, {tokens} tokens, speed over bfloat16", Ratio(2048, 5632, tokens), 0.6, false, "×");
        }
    }

    private static double Ratio(long inFeatures, long outFeatures, long tokens)
    {
        using var scope = torch.NewDisposeScope();
        using var none = torch.no_grad();
        var dense = torch.randn(outFeatures, inFeatures);
        using var quantised = QuantisationFormat.Named("nf4_double").Quantise(dense);
        var half = dense.to_type(ScalarType.BFloat16);
        var x = torch.randn(tokens, inFeatures).to_type(ScalarType.BFloat16);
        double product = double.MaxValue, restored = double.MaxValue;
        for (var i = 0; i < 12; i++)
        {
            product = Math.Min(product, Seconds(() => nn.functional.linear(x, half)));
            restored = Math.Min(restored, Seconds(() => quantised.Linear(x, null)));
        }

        return product / restored;
    }

    private static double Seconds(Func<Tensor> work)
    {
        using var scope = torch.NewDisposeScope();
        var start = Stopwatch.GetTimestamp();
        work();
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }
}
