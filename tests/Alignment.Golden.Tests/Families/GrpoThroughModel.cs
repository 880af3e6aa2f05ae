using Alignment.Golden.Tests.Harness;
using Alignment.ModelCore.Checkpointing;
using Alignment.ModelCore.Losses;
using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.Golden.Tests.Families;

/// <summary>The group losses with ids through the tiny models.</summary>
internal static class GrpoThroughModel
{
    internal static void Check(GoldenCase c)
    {
        var t = c.Tensors;
        foreach (var o in c.Json.GetProperty("cases").EnumerateArray())
        {
            using var scope = torch.NewDisposeScope();
            using var policy = CheckpointReader.LoadCausal(c.ModelFolder(c.Json.Text("model")), ScalarType.Float32);
            using var reference = CheckpointReader.LoadCausal(c.ModelFolder(c.Json.Text("ref_model")), ScalarType.Float32);
            var p = string.Create(System.Globalization.CultureInfo.InvariantCulture, $"temperature_{o.Number("temperature"):0.0}.");
            var temperature = o.Number("temperature");
            Tensor completion = t.Tensor("in.completion_ids"), mask = t.Tensor("in.completion_mask");
            var ids = torch.cat([t.Tensor("in.prompt_ids"), completion], 1);
            var attention = torch.cat([t.Tensor("in.prompt_mask"), mask], 1);
            var width = completion.shape[1];
            Tensor Rows(Tensor logits) => logits.narrow(1, ids.shape[1] - width - 1, width);
            var rows = Rows(policy.Forward(ids, attention, ModelCases.Positions(ids)));
            var logProbs = Kept(LogProbs.Selective(rows, completion, temperature), mask);
            var entropies = Kept(LogProbs.Entropy(rows, temperature), mask);
            Tensor refLogProbs;
            using (torch.no_grad())
            {
                refLogProbs = Kept(LogProbs.Selective(Rows(reference.Forward(ids, attention, ModelCases.Positions(ids))), completion, temperature), mask);
            }

            const double Values = 2e-5;
            LossCases.Near(p + "logps", logProbs, t.Doubles($"out.{p}logps"), Values);
            LossCases.Near(p + "ref_logps", refLogProbs, t.Doubles($"out.{p}ref_logps"), Values);
            LossCases.Near(p + "entropies", entropies, t.Doubles($"out.{p}entropies"), Values);
            var inputs = new GrpoInputs(logProbs, t.Tensor("in.advantages"), mask) { OldLogProbs = t.Tensor($"in.{p}old_logps"), RefLogProbs = refLogProbs, Entropies = entropies };
            var options = new GrpoOptions { Type = OptionNames.Parse<GrpoLossType>(c.Json.Text("loss_type")), Beta = c.Json.Number("beta"), Epsilon = c.Json.Number("epsilon") };
            var r = GrpoLoss.Compute(inputs, options, new(mask.sum().item<long>()));
            LossCases.Near(p + "loss", r.Loss, o.Number("loss"), c.Family.Tolerance("through_model_loss"));
            LossCases.Metrics(p, GrpoMetrics.Compute(inputs, options, r), o.GetProperty("metrics"), Values);
            r.Loss.backward();
            var gradients = policy.named_parameters().ToDictionary(x => x.name, x => x.parameter.Gradient());
            var tolerance = c.Family.Info.GetProperty("tolerance").EnumerateObject().First(x => x.Name.StartsWith("through_model_gradients", StringComparison.Ordinal)).Value.GetDouble();
            foreach (var g in o.GetProperty("gradients").EnumerateObject())
            {
                var actual = gradients[g.Name];
                var norm = g.Value.Number("l2");
                Expect.Close($"{p}{g.Name}", Math.Sqrt(actual.Sum(x => x * x)), norm, 0, tolerance);
                var first = g.Value.Numbers("first_8");
                Expect.Close($"{p}{g.Name}", actual[..first.Length], first, tolerance * norm);
            }
        }
    }

    private static Tensor Kept(Tensor values, Tensor mask) => values.masked_fill(mask.to_type(ScalarType.Bool).logical_not(), 0);
}
