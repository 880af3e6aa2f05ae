using System.Text.Json;
using Alignment.Golden.Tests.Harness;
using Alignment.ModelCore.Checkpointing;
using Alignment.ModelCore.Losses;
using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.Golden.Tests.Families;

/// <summary>Process reward models over whole sequences.</summary>
internal static class ProcessRewardThroughModel
{
    internal static void Check(GoldenCase c)
    {
        var t = c.Tensors;
        var tolerance = c.Family.Tolerance("through_model");
        using var model = CheckpointReader.LoadScoring(c.ModelFolder(c.Json.Text("model")), ScalarType.Float64);
        Tensor ids = t.Tensor("in.input_ids"), labels = t.Tensor("in.labels");
        var logits = model.AllScores(ids, ModelCases.Explicit(t.Tensor("in.attention_mask")), ModelCases.Positions(ids));
        LossCases.Near("logits", logits, t.Doubles("out.logits"), tolerance);
        var r = ProcessRewardLoss.Compute(logits, labels);
        LossCases.Near("loss", r.Loss, c.Json.Number("loss"), tolerance);
        LossCases.Near("tokens", r.TokenLosses, c.Json.Numbers("token_losses"), tolerance);
        LossCases.Near("accuracy", r.Accuracy, c.Json.Number("accuracy"), tolerance);
        LossCases.Near("probabilities", r.StepProbabilities, c.Json.Numbers("step_probabilities"), tolerance);
        Expect.Equal("labels", r.TokenLosses.numel(), c.Json.GetProperty("labelled_positions").GetInt64());
        Accumulation(c.Json.GetProperty("accumulation"), logits, labels, tolerance);
        r.Loss.backward();
        ModelCases.Gradients("process reward", c, model, c.Json.GetProperty("gradients"));
    }

    private static void Accumulation(JsonElement a, Tensor logits, Tensor labels, double tolerance)
    {
        var expected = a.Numbers("losses");
        var i = 0;
        foreach (var rows in a.GetProperty("micro_batches").EnumerateArray())
        {
            var index = torch.tensor(rows.Numbers().Select(x => (long)x).ToArray());
            var part = ProcessRewardLoss.Compute(logits.index_select(0, index), labels.index_select(0, index), a.Number("num_items_in_batch"));
            LossCases.Near($"micro-batch {i}", part.Loss, expected[i++], tolerance);
        }
    }
}
