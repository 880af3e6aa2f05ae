using Alignment.ModelCore.Losses;
using Alignment.ModelCore.Training;
using TorchSharp;

namespace Alignment.PolicyOptimization.Recipes;

/// <summary>
/// δ of <c>bco_pair</c> as TRL 0.9 and LLaMA-Factory have it: the mean of the micro-batches' mean rewards β·s, each weighing 1, the one in
/// hand included. It lives in a tensor, so that a run's state holds it.
/// </summary>
public sealed class RunningDelta : IDisposable
{
    private readonly NumberCell cell = new("dpo.bco_delta", 0, 0);

    /// <summary>For the saved state.</summary>
    public (string Name, torch.Tensor Value) Saved => cell.State;

    /// <summary>Takes a micro-batch in and returns δ with it. Numbers that are not finite leave no trace, like the step that is then dropped.</summary>
    public double Add(DpoInputs inputs, double beta)
    {
        using var scope = torch.NewDisposeScope();
        var rewards = torch.cat([inputs.PolicyChosen.detach().sub(inputs.ReferenceChosen), inputs.PolicyRejected.detach().sub(inputs.ReferenceRejected)]).ToDoubles();
        var now = new BatchMean(cell.Values[0], (long)cell.Values[1]);
        if (rewards.All(double.IsFinite))
        {
            now = now.Add(beta * rewards.Average());
            cell.Values = [now.Mean, now.Batches];
        }

        return now.Mean;
    }

    public void Dispose() => cell.Dispose();
}
