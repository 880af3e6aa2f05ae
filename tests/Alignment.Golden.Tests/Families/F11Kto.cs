using System.Text.Json;
using Alignment.Golden.Tests.Harness;
using Alignment.ModelCore.Losses;
using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.Golden.Tests.Families;

public sealed class F11Kto : IGoldenCheck
{
    public string Family => "F11";

    public void Check(GoldenCase c)
    {
        switch (c.Name)
        {
            case "free-standing": FreeStanding(c); break;
            case "rotation": Rotation(c); break;
            case "start-values": StartValues(c); break;
            default: KtoThroughModel.Check(c); break;
        }
    }

    internal static KtoOptions Options(JsonElement o) =>
        new(OptionNames.Parse<KtoLossType>(o.Text("loss_type")), o.Number("beta"), o.Number("desirable_weight"), o.Number("undesirable_weight"));

    private static void FreeStanding(GoldenCase c)
    {
        double fp64 = c.Family.Tolerance("fp64"), grad = c.Family.Tolerance("grad_fp64");
        var i = 0;
        foreach (var o in c.Json.GetProperty("cases").EnumerateArray())
        {
            var x = c.Json.GetProperty("inputs").GetProperty(o.Text("inputs"));
            var policy = x.Leaf("policy_logps");
            var desirable = x.Vector("labels").to_type(ScalarType.Bool);
            var r = KtoLoss.Compute(policy, x.Vector("ref_logps"), desirable, x.Vector("policy_kl_logps"), x.Vector("ref_kl_logps"), Options(o));
            var what = $"cases[{i}] {o.Text("inputs")} {o.Text("loss_type")}";
            LossCases.Near($"{what} z0", r.Kl, o.Number("z0"), fp64);
            LossCases.Near($"{what} loss", r.Loss, o.Number("loss"), fp64);
            LossCases.Near($"{what} rows", r.RowLosses, c.Tensors.Row("out.row_losses", i), fp64);
            r.Loss.backward();
            LossCases.Near($"{what} gradient", policy.Gradient(), c.Tensors.Row("out.grad_policy_logps", i), grad);
            if (o.Maybe("metrics") is { } metrics)
            {
                LossCases.Metrics(what, KtoLoss.Metrics(r, policy, desirable), metrics, fp64);
            }

            i++;
        }
    }

    private static void Rotation(GoldenCase c)
    {
        var rows = c.Json.GetProperty("rows").EnumerateArray().ToList();
        var rotation = KtoLoss.Rotation(rows.Count, c.Json.GetProperty("batch_size").GetInt32());
        for (var i = 0; i < rows.Count; i++)
        {
            Expect.Equal<long>($"row {i}", rows[rotation[i]].Ids("completion_ids"), rows[i].Ids("KL_completion_ids"));
        }
    }

    private static void StartValues(GoldenCase c)
    {
        foreach (var o in c.Json.GetProperty("cases").EnumerateArray())
        {
            var desirable = o.Vector("labels").to_type(ScalarType.Bool);
            var logProbs = torch.arange(desirable.shape[0], ScalarType.Float64).neg();
            var r = KtoLoss.Compute(logProbs, logProbs, desirable, logProbs, logProbs, Options(o));
            LossCases.Near(o.Text("loss_type"), r.Loss, o.Number("loss"), c.Family.Tolerance("fp64"));
        }
    }
}
