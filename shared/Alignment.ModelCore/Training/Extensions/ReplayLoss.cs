using System.Text.Json.Nodes;
using Alignment.ModelCore.Data;
using Alignment.ModelCore.Losses;
using static TorchSharp.torch;

namespace Alignment.ModelCore.Training.Extensions;

/// <summary>
/// Replay for recipes whose own rows are not text to imitate: the token mean of −log p over general rows, as many as keep their share among
/// all rows seen, added with a weight (the pretraining term of Ouyang et al. 2022, eq. 2).
/// </summary>
internal sealed class ReplayLoss(LanguageView view, IReadOnlyList<TokenRow> rows, double share, double weight, long seed) : IRunExtension
{
    private long own;
    private long seen;

    public string Name => "replay";

    public string DataDigest { get; } = Data.DataDigest.Of(rows);

    public double AddGradient(int ownRows, StepMeans metrics)
    {
        var taken = Replay.Take(rows, seen, Replay.Due(own, ownRows, share), seed);
        (own, seen) = (own + ownRows, seen + taken.Count);
        if (taken.Count == 0)
        {
            return 0;
        }

        using var scope = NewDisposeScope();
        var loss = view.Loss(taken).Loss;
        var weighted = loss.Times(weight);
        weighted.backward();
        metrics.Add("regularisation/replay_loss", loss.ToDouble());
        return weighted.ToDouble();
    }

    public JsonObject Save() => new() { ["own"] = own, ["seen"] = seen };

    public void Restore(JsonObject state) => (own, seen) = (state["own"]!.GetValue<long>(), state["seen"]!.GetValue<long>());

    public void Dispose() => view.Dispose();
}
