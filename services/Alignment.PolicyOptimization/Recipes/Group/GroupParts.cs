using Alignment.ModelCore.Losses;
using Alignment.ModelCore.Modules;
using Alignment.ModelCore.Rollouts;
using Alignment.ModelCore.Training;
using Alignment.PolicyOptimization.Recipes.Online;
using TorchSharp;

namespace Alignment.PolicyOptimization.Recipes.Group;

/// <summary>What the loop works with.</summary>
/// <param name="Reference">Needed while β is not 0.</param>
/// <param name="Greedy">ReMax: one response a prompt, always the best token.</param>
public sealed record GroupParts(CausalModel Policy, OnlineReference? Reference, IRolloutSource Rollouts, IRolloutSource? Greedy, ResponseScorer Scorer, GroupState State, int PadId);

/// <summary>What changes during a run besides weights: the entropy bonus.</summary>
public sealed class GroupState(GroupOptions options) : IDisposable
{
    private readonly NumberCell cell = new("online.group", options.EntropyCoefficient, double.NaN);

    /// <summary>For the saved state.</summary>
    public IReadOnlyList<(string Name, torch.Tensor Value)> Companions => [cell.State];

    /// <summary>The bonus's weight in this step.</summary>
    public double EntropyCoefficient => options.EntropyTarget is null ? options.EntropyCoefficient : Controller.Active;

    /// <summary>The weight as it is kept, active or not.</summary>
    public double Kept => cell.Values[0];

    private EntropyController Controller => new(cell.Values[0], options.EntropyTarget ?? 0, options.EntropyStep, LastEntropy: double.IsNaN(cell.Values[1]) ? null : cell.Values[1]);

    /// <summary>Takes in a step's mean entropy.</summary>
    public void Saw(double entropy)
    {
        if (options.EntropyTarget is not null && double.IsFinite(entropy))
        {
            var next = Controller.After(entropy);
            cell.Values = [next.Coefficient, entropy];
        }
    }

    public void Dispose() => cell.Dispose();
}
