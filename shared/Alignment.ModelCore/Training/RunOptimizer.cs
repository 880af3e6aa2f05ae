using Alignment.ModelCore.Optimization;

namespace Alignment.ModelCore.Training;

/// <summary>The optimiser that <c>optimizer</c> names. Weight decay goes on matrices only.</summary>
internal static class RunOptimizer
{
    internal const string Names = "adamw|adamw_8bit|adafactor|lion|muon|rmsprop|sgd";

    public static IOptimizer Create(TrainingOptions o, IReadOnlyList<TrainedModule> modules)
    {
        IReadOnlyList<ParameterGroup> groups = [.. modules.SelectMany(m => ParameterGroup.DecayMatricesOnly(m.Trainable, o.WeightDecay).Select(g => g with { LearningRateScale = m.LearningRateScale }))];
        var adam = new AdamOptions(o.AdamBeta1, o.AdamBeta2, o.AdamEpsilon);
        return o.Optimizer switch
        {
            "adamw" => new AdamW(groups, adam),
            "adamw_8bit" => new AdamW8Bit(groups, adam),
            "adafactor" => new TransformersAdafactor(groups, new(RelativeStep: false, ScaleParameter: false)),
            "lion" => new Lion(groups, o.AdamBeta1, o.AdamBeta2 == 0.999 ? 0.99 : o.AdamBeta2),
            "rmsprop" => new RmsProp(groups, new(Momentum: o.Momentum ?? 0)),
            "sgd" => new Sgd(groups, new(Momentum: o.Momentum ?? 0)),
            "muon" => Muon(groups, adam, o.Momentum ?? .95),
            _ => throw new ArgumentException($"Unknown optimizer '{o.Optimizer}'."),
        };
    }

    // Embeddings and heads are tables of rows, not maps between spaces: they stay with AdamW (Jordan et al. 2024).
    private static SplitOptimizer Muon(IReadOnlyList<ParameterGroup> groups, AdamOptions adam, double momentum)
    {
        static bool Turns(string name, TorchSharp.torch.Tensor p) => p.dim() == 2 && !name.Contains("embed", StringComparison.Ordinal) && !name.Contains("head", StringComparison.Ordinal)
            && !name.Contains("wte", StringComparison.Ordinal) && !name.Contains("wpe", StringComparison.Ordinal) && !name.Contains("score", StringComparison.Ordinal);
        IReadOnlyList<ParameterGroup> Where(bool turns) => [.. groups.Select(g => g with { Parameters = [.. g.Parameters.Where(p => Turns(p.Name, p.Parameter) == turns)] })];
        return new(new Muon(Where(true), new MuonOptions(Momentum: momentum, Rate: MuonRate.MatchRmsAdamw)), new AdamW(Where(false), adam));
    }
}
