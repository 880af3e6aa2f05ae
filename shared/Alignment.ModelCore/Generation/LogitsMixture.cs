using Alignment.ModelCore.Modules;

namespace Alignment.ModelCore.Generation;

/// <summary>
/// A second model that has a say in every token: log_softmax(c·z_partner + (1 − c)·z), the geometric mixture of Nash-MD (Munos et al. 2024).
/// </summary>
/// <param name="Partner">Same vocabulary.</param>
/// <param name="Coefficient">c, 0 … 1.</param>
/// <param name="AsPartner">Where the partner is inside the first model (an adapter's base): switches to it until disposed.</param>
public sealed record LogitsMixture(CausalModel Partner, double Coefficient, Func<IDisposable>? AsPartner = null);
