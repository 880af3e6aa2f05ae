using System.Text.Json;
using Alignment.Golden.Tests.Harness;
using Alignment.ModelCore.Losses;
using Alignment.ModelCore.Optimization;

namespace Alignment.Golden.Tests.Families;

/// <summary>The product's optimiser for a case's name and options; the part of the name after the algorithm is only a label.</summary>
internal static class OptimiserCases
{
    internal static IOptimizer Create(string name, JsonElement o, IReadOnlyList<ParameterGroup> groups)
    {
        bool Is(string start) => name == start || name.StartsWith(start + "-", StringComparison.Ordinal);
        double[] Betas() => o.Numbers("betas");
        AdamOptions Adam(AdamForm form) => new(Betas()[0], Betas()[1], o.Number("eps"), o.Flag("amsgrad"), form);
        return name switch
        {
            "adamw8bit" => new AdamW8Bit(groups, Adam(AdamForm.Decoupled), (int)o.Number("block", 256)),
            _ when Is("adamw") => new AdamW(groups, Adam(AdamForm.Decoupled)),
            _ when Is("tf-adam") => new AdamW(groups, Adam(AdamForm.TensorFlow)),
            _ when Is("adam") => new AdamW(groups, Adam(AdamForm.L2)),
            _ when Is("sgd") => new Sgd(groups, new(o.Number("momentum", 0), o.Number("dampening", 0), o.Flag("nesterov"))),
            _ when Is("rmsprop") => new RmsProp(groups, new(o.Number("alpha", .99), o.Number("eps", 1e-8), o.Number("momentum", 0), o.Flag("centered"))),
            _ when Is("lion") => new Lion(groups, Betas()[0], Betas()[1]),
            _ when Is("muon") => new Muon(groups, Muon(o)),
            _ when Is("adafactor-torch") => new Adafactor(groups, new(o.Number("beta2_decay"), First(o), o.GetProperty("eps")[1].Number(), o.Number("d"))),
            _ when Is("adafactor-transformers") => new TransformersAdafactor(groups, new(
                o.GetProperty("eps")[0].Number(), o.GetProperty("eps")[1].Number(), o.Number("clip_threshold"), o.Number("decay_rate"), o.Maybe("beta1")?.Number(),
                o.Flag("scale_parameter"), o.Flag("relative_step"), o.Flag("warmup_init"))),
            _ => throw new UnsupportedCaseException($"optimiser {name}"),
        };
    }

    private static double? First(JsonElement o) => o.GetProperty("eps")[0] is { ValueKind: not JsonValueKind.Null } e ? e.Number() : null;

    private static MuonOptions Muon(JsonElement o)
    {
        var ns = o.Numbers("ns_coefficients");
        return new(o.Number("momentum"), o.Flag("nesterov"), (int)o.Number("ns_steps"), OptionNames.Parse<MuonRate>(o.Text("adjust_lr_fn")), ns[0], ns[1], ns[2], o.Number("eps"));
    }
}
