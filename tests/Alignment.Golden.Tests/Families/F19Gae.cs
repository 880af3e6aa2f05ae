using Alignment.Golden.Tests.Harness;
using Alignment.ModelCore.Advantages;
using static TorchSharp.torch;

namespace Alignment.Golden.Tests.Families;

public sealed class F19Gae : IGoldenCheck
{
    public string Family => "F19";

    public void Check(GoldenCase c)
    {
        switch (c.Name)
        {
            case "grid": Grid(c); break;
            case "identities": Identities(c); break;
            case "bootstrap": Bootstrap(c); break;
            case "nemo_decoupled": Decoupled(c); break;
            default: Whitened(c); break;
        }
    }

    private static void Compare(GoldenCase c, string name, Tensor actual)
    {
        LossCases.Near(name, actual, c.Tensors.Doubles(name), c.Family.Tolerance("all"));
    }

    private static void Grid(GoldenCase c)
    {
        var t = c.Tensors;
        Tensor rewards = t.Tensor("in.rewards"), values = t.Tensor("in.values");
        foreach (var o in c.Json.GetProperty("cases").EnumerateArray())
        {
            var key = o.Text("key");
            foreach (var (suffix, mask, r) in new[] { ("", t.Tensor("in.mask"), rewards), (".gap", t.Tensor("in.mask_gap"), rewards.mul(t.Tensor("in.mask_gap"))) })
            {
                foreach (var (name, masking) in new[] { ("plain", GaeMasking.Plain), ("verl", GaeMasking.Carry), ("openrlhf", GaeMasking.Zero) })
                {
                    var p = $"out.{key}{suffix}.{name}_";
                    if (!t.Has(p + "advantages"))
                    {
                        continue;
                    }

                    var g = Gae.Compute(r, values, mask, new(o.Number("gamma"), o.Number("lambda"), masking));
                    Compare(c, p + "advantages", g.Advantages);
                    Compare(c, p + "returns", g.Returns);
                    if (t.Has(p + "whitened"))
                    {
                        Compare(c, p + "whitened", Whitening.Whiten(g.Advantages, mask, WhiteningDialect.Verl));
                    }
                }
            }
        }
    }

    private static void Identities(GoldenCase c)
    {
        var t = c.Tensors;
        var gamma = c.Json.Number("gamma");
        Tensor rewards = t.Tensor("in.rewards"), values = t.Tensor("in.values");
        Compare(c, "out.lambda_0", Gae.Compute(rewards, values, null, new(gamma, 0, GaeMasking.Plain)).Advantages);
        Compare(c, "out.lambda_1", Gae.Compute(rewards, values, null, new(gamma, 1, GaeMasking.Plain)).Advantages);
        Compare(c, "out.return_to_go", Gae.ReturnsToGo(rewards, gamma));
    }

    private static void Bootstrap(GoldenCase c)
    {
        var t = c.Tensors;
        foreach (var o in c.Json.GetProperty("cases").EnumerateArray())
        {
            var options = new GaeOptions(o.Number("gamma"), o.Number("lambda"));
            foreach (var with in new[] { true, false })
            {
                var g = Gae.Bootstrapped(
                    t.Tensor("in.rewards"), t.Tensor("in.values"), t.Longs("in.lengths"), with ? t.Tensor("in.bootstrap_values") : null, with ? t.Tensor("in.truncated") : null, options);
                Compare(c, $"out.{o.Text("key")}.A_{(with ? "" : "no_")}bootstrap", g.Advantages);
                Compare(c, $"out.{o.Text("key")}.returns_{(with ? "" : "no_")}bootstrap", g.Returns);
            }
        }
    }

    private static void Decoupled(GoldenCase c)
    {
        var t = c.Tensors;
        foreach (var o in c.Json.GetProperty("cases").EnumerateArray())
        {
            var g = Gae.Decoupled(
                t.Tensor("in.rewards"), t.Tensor("in.values"), t.Tensor("in.mask"), o.Number("gamma"), o.Numbers("lambda_policy")[0], o.Number("lambda_value"), o.Number("alpha"));
            Compare(c, $"out.{o.Text("name")}.advantages", g.Advantages);
            Compare(c, $"out.{o.Text("name")}.returns", g.Returns);
        }
    }

    private static void Whitened(GoldenCase c)
    {
        Tensor a = c.Tensors.Tensor("in.advantages"), mask = c.Tensors.Tensor("in.mask");
        Compare(c, "out.trl", Whitening.Whiten(a, mask));
        Compare(c, "out.verl", Whitening.Whiten(a, mask, WhiteningDialect.Verl));
        Compare(c, "out.verl_keep_mean", Whitening.Whiten(a, mask, WhiteningDialect.Verl, shiftMean: false));
        Compare(c, "out.openrlhf", Whitening.Whiten(a, mask, WhiteningDialect.OpenRlhf));
        Compare(c, "out.openrlhf_without_std", Whitening.Whiten(a, mask, WhiteningDialect.OpenRlhf, scale: false));
    }
}
