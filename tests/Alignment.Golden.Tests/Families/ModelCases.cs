using System.Text.Json;
using Alignment.Golden.Tests.Harness;
using Alignment.ModelCore.Checkpointing;
using Alignment.ModelCore.Losses;
using Alignment.ModelCore.Modules;
using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.Golden.Tests.Families;

/// <summary>A tiny causal model in double precision, its per-token statistics and the comparison of its gradients.</summary>
internal sealed class ModelCases(GoldenCase c, string model) : IDisposable
{
    private readonly CausalModel causal = CheckpointReader.LoadCausal(c.ModelFolder(model), ScalarType.Float64);

    internal double Value => c.Family.Tolerance("through_model");

    /// <summary>(B, T, V), every position counted from 0 as transformers does with right padding.</summary>
    internal Tensor Logits(Tensor ids, Tensor attentionMask) => causal.Forward(ids, Explicit(attentionMask), Positions(ids));

    internal (Tensor LogProbs, Tensor Mask) Scored(Tensor ids, Tensor attentionMask, Tensor labels) => LogProbs.Shifted(Logits(ids, attentionMask), labels);

    internal void ZeroGradients() => causal.zero_grad();

    internal void Gradients(string what, JsonElement expected, bool full = false) => Gradients(what, c, causal, expected, full);

    public void Dispose() => causal.Dispose();

    /// <summary>
    /// (B, T) → (B, T, T). Some of TRL's numbers average over padding, too; the model leaves padded positions to themselves unless the mask is given for every query.
    /// </summary>
    internal static Tensor Explicit(Tensor mask) => mask.unsqueeze(1).expand(mask.shape[0], mask.shape[1], mask.shape[1]);

    internal static Tensor Positions(Tensor ids) => torch.arange(ids.shape[1], ScalarType.Int64).unsqueeze(0).expand(ids.shape);

    /// <summary>Norm and first eight values of every parameter, the global norm, and whole gradients where <c>out.grad.*</c> are meant.</summary>
    internal static void Gradients(string what, GoldenCase c, nn.Module module, JsonElement expected, bool full = false)
    {
        var tolerance = c.Family.Tolerance("through_model_grad");
        var actual = module.named_parameters().ToDictionary(p => p.name, p => p.parameter.Gradient());
        LossCases.Near($"{what} global norm", Math.Sqrt(actual.Values.Sum(g => g.Sum(x => x * x))), expected.Number("global_norm"), tolerance);
        if (expected.Maybe("parameters") is { } parameters)
        {
            foreach (var p in parameters.EnumerateObject())
            {
                LossCases.Wrong(!actual.TryGetValue(p.Name, out var g), $"{what}: no parameter {p.Name}");
                LossCases.Near($"{what} {p.Name} norm", Math.Sqrt(g!.Sum(x => x * x)), p.Value.Number("norm"), tolerance);
                var first = p.Value.Numbers("first8");
                LossCases.Near($"{what} {p.Name}", g![..first.Length], first, tolerance);
            }
        }

        foreach (var name in c.Tensors.Names.Where(n => full && n.StartsWith("out.grad.", StringComparison.Ordinal)))
        {
            LossCases.Near($"{what} {name}", actual[name["out.grad.".Length..]], c.Tensors.Doubles(name), tolerance);
        }
    }
}
