using System.Diagnostics;
using Alignment.ModelCore.Modules;
using static TorchSharp.torch;

namespace Alignment.ModelCore.Training.Advice;

/// <summary>Whether this processor gains from bfloat16 products over float32 weights, casts included: measured in about a tenth of a second.</summary>
internal static class ComputeSpeed
{
    /// <summary>A gain below this is not worth the lost digits.</summary>
    private const double WorthIt = 1.5;

    /// <summary>In narrower models the casts around the products cost what the products gain.</summary>
    private const int Narrow = 512;

    /// <summary>A value of the key <c>compute</c>.</summary>
    internal static string Preferred(ModelShape model) =>
        model.Config.Width >= Narrow && Gain(model.Config.Width, model.Config.MlpWidth) >= WorthIt ? "bfloat16" : "float32";

    private static double Gain(long width, long mlp)
    {
        using var scope = NewDisposeScope();
        using var none = no_grad();
        var x = randn([512, width]);
        var w = randn([mlp, width]);
        // Wrong products of some builds on old processors would be found here, not in a checkpoint.
        var ones = Projection.Product(x.sign().abs(), w.sign().abs(), null, ScalarType.BFloat16);
        return Math.Abs(ones[0, 0].to_type(ScalarType.Float32).item<float>() - width) > width * 0.01 ? 0 : Seconds(x, w, null) / Seconds(x, w, ScalarType.BFloat16);
    }

    private static double Seconds(Tensor x, Tensor w, ScalarType? type)
    {
        var best = double.MaxValue;
        for (var i = 0; i < 6; i++)
        {
            using var scope = NewDisposeScope();
            var start = Stopwatch.GetTimestamp();
            _ = Projection.Product(x, w, null, type);
            best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalSeconds);
        }

        return best;
    }
}
