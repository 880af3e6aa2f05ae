namespace Alignment.PolicyOptimization.Recipes;

/// <summary>
/// SimPO (Meng et al. 2024): CPO with loss simpo, no NLL, and the paper's scale β 2, γ 1; TRL's β of 0.1 is not a SimPO value.
/// With <c>alpha</c> above 0 it is AlphaPO (Gupta et al. 2025).
/// </summary>
public sealed class SimpoRecipeOptions : CpoRecipeOptions
{
    public SimpoRecipeOptions() => (Loss, Beta, SimpoGamma, CpoAlpha) = ("simpo", 2, 1, 0);

    public override string Recipe => "simpo";
}
