using System.Text.Json.Nodes;
using Alignment.ModelCore.Data;
using Alignment.ModelCore.Forgetting;
using Alignment.ModelCore.Losses;
using static TorchSharp.torch;

namespace Alignment.ModelCore.Training.Extensions;

/// <summary>KL divergence from the starting checkpoint on neutral text, a few rows an update, as an extension of a run. Dropout is off for it.</summary>
internal sealed class BaseKlPenalty(LanguageView view, IReadOnlyList<TokenRow> rows, RegularisationOptions options, long seed) : IRunExtension
{
    private readonly KlDirection direction = OptionNames.Parse<KlDirection>(options.KlBaseDirection);
    private long seen;

    public string Name => "kl_base";

    public string DataDigest { get; } = Data.DataDigest.Of(rows);

    public double AddGradient(int ownRows, StepMeans metrics)
    {
        using var scope = NewDisposeScope();
        using var quiet = view.Quiet();
        var taken = Replay.Take(rows, seen, options.KlBaseRows, seed);
        seen += taken.Count;
        var (mine, theirs, mask) = view.Logits(taken);
        var kl = NeutralKl.Mean(mine, theirs, mask, direction, options.KlBaseTemperature, scaleByT2: true);
        var weighted = kl.Times(options.KlBaseWeight);
        weighted.backward();
        metrics.Add("regularisation/kl_base", kl.ToDouble());
        return weighted.ToDouble();
    }

    public JsonObject Save() => new() { ["seen"] = seen };

    public void Restore(JsonObject state) => seen = state["seen"]!.GetValue<long>();

    public void Dispose() => view.Dispose();
}
