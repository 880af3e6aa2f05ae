using System.Globalization;
using Alignment.ModelCore.Data;
using Alignment.ModelCore.Diagnostics;

namespace Alignment.PolicyOptimization.Recipes;

/// <summary>The paper's advice on the two labels' weights (Ethayarajh et al. 2024, §4.2): λ_D·n_D ÷ λ_U·n_U within 1 to 4/3.</summary>
internal static class KtoBalance
{
    public static void Check(IReadOnlyList<LabelledCompletion> rows, KtoRecipeOptions options, IMetricsSink metrics)
    {
        int good = rows.Count(r => r.Label), bad = rows.Count - good;
        var ratio = options.DesirableWeight * good / (options.UndesirableWeight * bad);
        if (ratio is < 0.99 or > 1.34)
        {
            metrics.Event(new(0, "label_balance", string.Create(CultureInfo.InvariantCulture,
                $"{good} desirable and {bad} undesirable rows: desirable_weight·n ÷ undesirable_weight·n is {ratio:0.00}, advised 1 to 1.33; desirable_weight {options.UndesirableWeight * bad / good:0.###} gives 1")));
        }
    }
}
