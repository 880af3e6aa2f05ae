using System.Text.Json;
using Alignment.Golden.Tests.Harness;
using Alignment.ModelCore.Optimization;

namespace Alignment.Golden.Tests.Families;

/// <summary>The product's optimiser for a case's name and options; the part of the name after the algorithm is only a label.</summary>
internal static class OptimiserCases
{
    internal static IOptimizer Create(string name, JsonElement o, IReadOnlyList<ParameterGroup> groups)
    {
        double[] Betas() => o.Numbers("betas");
        AdamOptions Adam(AdamForm form) => new(Betas()[0], Betas()[1], o.Number("eps"), o.Flag("amsgrad"), form);
        return name switch
        {
            _ when name.StartsWith("adamw", StringComparison.Ordinal) => new AdamW(groups, Adam(AdamForm.Decoupled)),
            _ when name.StartsWith("tf-adam", StringComparison.Ordinal) => new AdamW(groups, Adam(AdamForm.TensorFlow)),
            _ when name.StartsWith("adam", StringComparison.Ordinal) && !name.StartsWith("adaf", StringComparison.Ordinal) => new AdamW(groups, Adam(AdamForm.L2)),
            _ => throw new UnsupportedCaseException($"optimiser {name}"),
        };
    }
}
