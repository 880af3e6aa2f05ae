using static TorchSharp.torch;

namespace Alignment.ModelCore.Losses;

/// <summary>One chunk of logits z = cap(scale·(h·Wᵀ + b)) / T and the way back from ∂/∂z to ∂/∂(h·Wᵀ + b).</summary>
internal static class HeadLogits
{
    /// <summary>hidden (n, D), weight (V, D), bias (V) or null → z (n, V) in float32 or float64.</summary>
    internal static Tensor Compute(Tensor hidden, Tensor weight, Tensor? bias, HeadOptions options)
    {
        var z = nn.functional.linear(hidden, weight, bias);
        z = z.dtype == ScalarType.Float64 ? z : z.to_type(ScalarType.Float32);
        z = options.LogitScale == 1 ? z : z.Times(options.LogitScale);
        if (options.Softcap is { } cap)
        {
            z = z.Over(cap).tanh().Times(cap);
        }

        return options.Temperature == 1 ? z : z.Over(options.Temperature);
    }

    /// <summary>∂/∂z (n, V) → ∂/∂(h·Wᵀ + b), in the dtype of the matrix products.</summary>
    internal static Tensor Backward(Tensor gradZ, Tensor z, HeadOptions options, ScalarType dtype)
    {
        var g = options.Temperature == 1 ? gradZ : gradZ.Over(options.Temperature);
        if (options.Softcap is { } cap)
        {
            var tanh = z.Times(options.Temperature / cap);
            g = g.Times(1.0.From(tanh.Squared()));
        }

        g = options.LogitScale == 1 ? g : g.Times(options.LogitScale);
        return g.dtype == dtype ? g : g.to_type(dtype);
    }
}
