using Alignment.Golden.Tests.Harness;
using Alignment.ModelCore.Checkpointing;
using Alignment.ModelCore.Losses;
using Alignment.ModelCore.Modules;
using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.Golden.Tests.Families;

/// <summary>Reward models over whole sequences.</summary>
internal static class RewardThroughModel
{
    internal static void Check(GoldenCase c)
    {
        using var model = CheckpointReader.LoadScoring(c.ModelFolder(c.Json.Text("model")), ScalarType.Float64);
        var tolerance = c.Family.Tolerance("through_model");
        if (c.Json.TryGetProperty("batch_of_two_raises", out _))
        {
            Single(c, model, tolerance);
            return;
        }

        Tensor ids = c.Tensors.Tensor("in.input_ids"), attention = c.Tensors.Tensor("in.attention_mask");
        var positions = ScoringModel.PooledPositions(ids, (int)c.Json.Number("pad_token_id"));
        var scores = ScoringModel.Pool(model.AllScores(ids, attention, ModelCases.Positions(ids)), positions).squeeze(-1);
        if (c.Json.TryGetProperty("scores_right_padded_fp32", out var rightPadded))
        {
            LossCases.Near("scores", scores, c.Json.Numbers("scores_fp32"), tolerance);
            LossCases.Near("right-padded scores", scores, rightPadded.Numbers(), tolerance);
            return;
        }

        Expect.Equal<long>("pooled positions", positions.data<long>().ToArray(), c.Json.Ids("pooled_positions"));
        var half = ids.shape[0] / 2;
        Tensor chosen = scores.narrow(0, 0, half), rejected = scores.narrow(0, half, half);
        LossCases.Near("chosen", chosen, c.Json.Numbers("scores_chosen"), tolerance);
        LossCases.Near("rejected", rejected, c.Json.Numbers("scores_rejected"), tolerance);
        if (c.Tensors.Has("out.scores"))
        {
            LossCases.Near("scores", scores, c.Tensors.Doubles("out.scores"), tolerance);
        }

        var r = PairwiseRewardLoss.Compute(chosen, rejected, c.Json.Maybe("margins") is null ? null : c.Json.Vector("margins"), c.Json.Maybe("center_rewards_coefficient")?.Number());
        LossCases.Near("pairs", r.PairLosses, c.Json.Numbers("pair_losses"), tolerance);
        LossCases.Near("loss", r.Loss, c.Json.Number("loss"), tolerance);
        var metrics = new Dictionary<string, double>(PairwiseRewardLoss.Metrics(chosen, rejected)) { ["num_tokens"] = attention.sum().item<long>() };
        LossCases.Metrics("metrics", metrics, c.Json.GetProperty("metrics"), tolerance);
        r.Loss.backward();
        ModelCases.Gradients("reward", c, model, c.Json.GetProperty("gradients"), full: true);
    }

    /// <summary>Without a padding token the last position is taken, and a batch of several rows is refused.</summary>
    private static void Single(GoldenCase c, ScoringModel model, double tolerance)
    {
        var ids = torch.tensor(c.Json.Ids("input_ids"), ScalarType.Int64).unsqueeze(0);
        var score = ScoringModel.Pool(model.AllScores(ids), ScoringModel.PooledPositions(ids, null));
        LossCases.Near("score", score, c.Json.Number("score_fp32"), tolerance);
        try
        {
            ScoringModel.PooledPositions(torch.cat([ids, ids]), null);
        }
        catch (ArgumentException)
        {
            return;
        }
        catch (InvalidOperationException)
        {
            return;
        }

        throw new GoldenMismatchException("A batch of two without a padding token must be refused.");
    }
}
