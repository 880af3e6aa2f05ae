using Alignment.ModelCore.Modules;
using static TorchSharp.torch;

namespace Alignment.PolicyOptimization.Recipes;

/// <summary>What a method asks of its reference about its rows.</summary>
/// <param name="Digest">Identifies the rows and everything else, but the model, that the numbers depend on.</param>
/// <param name="Columns">Names of the numbers of one row.</param>
/// <param name="Lengths">Tokens of each row: rows of about equal length are scored together.</param>
/// <param name="Score">A model and B row indices → (columns, B).</param>
public sealed record ReferenceTask(string Digest, IReadOnlyList<string> Columns, IReadOnlyList<int> Lengths, Func<CausalModel, IReadOnlyList<int>, Tensor> Score);
