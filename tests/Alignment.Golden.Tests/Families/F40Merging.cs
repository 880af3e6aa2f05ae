using System.Text.Json;
using Alignment.Golden.Tests.Harness;
using Alignment.ModelCore.Merging;
using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.Golden.Tests.Families;

/// <summary>The merges of F40: every method on every tensor of the checkpoints it names.</summary>
internal static class F40Merging
{
    internal static void Check(GoldenCase c)
    {
        var rel = c.Family.Tolerance("fp64_rel");
        var names = c.Json.GetProperty("tensors").EnumerateObject().Select(t => t.Name).ToList();
        foreach (var m in c.Json.Items("cases"))
        {
            using var scope = torch.NewDisposeScope();
            var of = m.GetProperty("of").EnumerateArray().Select(x => x.GetString()!).ToList();
            var order = m.Has("order") ? m.GetProperty("order").EnumerateArray().Select(x => x.GetString()!).ToList() : names;
            var whole = m.Text("method") == "slerp_whole"
                ? order.Zip(WeightMerging.SlerpWhole([.. order.Select(n => c.Tensors.Tensor($"in.{of[0]}.{n}"))], [.. order.Select(n => c.Tensors.Tensor($"in.{of[1]}.{n}"))], m.Number("t"))).ToDictionary(x => x.First, x => x.Second)
                : null;
            foreach (var name in names)
            {
                var actual = whole?[name] ?? Merge(c, m, of, name);
                Expect.Close($"{m.Text("key")} {name}", actual, c.Tensors, $"out.{m.Text("key")}.{name}", rel, rel);
            }
        }
    }

    private static Tensor Merge(GoldenCase c, JsonElement m, List<string> of, string name)
    {
        var start = c.Tensors.Tensor($"in.base.{name}");
        var all = of.Select(k => c.Tensors.Tensor($"in.{k}.{name}")).ToList();
        double[] weights = m.Has("weights") ? m.Numbers("weights") : [];
        double T() => m.Number("t");
        double Density() => m.Number("density");
        double Scale() => m.Number("scale");
        var sign = m.Maybe("sign")?.GetString() switch
        {
            "total" or null => TiesSign.Total,
            "frequency" => TiesSign.Frequency,
            var other => throw new UnsupportedCaseException($"TIES sign {other}"),
        };
        var dialect = m.Maybe("dialect")?.GetString() switch
        {
            "peft" or null => TiesDialect.Peft,
            "weighted" => TiesDialect.Weighted,
            var other => throw new UnsupportedCaseException($"TIES dialect {other}"),
        };
        List<Tensor> Dropped() => [.. of.Select((k, i) => DareMerging.Drop(all[i].sub(start), c.Tensors.Tensor($"in.mask.{k}.{name}"), Density()))];
        return m.Text("method") switch
        {
            "linear" => WeightMerging.Linear(all[0], all[1], T()),
            "average" => WeightMerging.Average(all),
            "slerp" => WeightMerging.Slerp(all[0], all[1], T()),
            "task_arithmetic" or "task_negation" => WeightMerging.TaskArithmetic(start, all, weights, Scale()),
            "ties" => TiesMerging.Merge(start, all, weights, Density(), Scale(), sign, dialect),
            "dare_linear" => DareMerging.Linear(start, Dropped(), weights, Scale()),
            "dare_ties" => DareMerging.Ties(start, Dropped(), weights, Scale(), sign, dialect),
            var other => throw new UnsupportedCaseException($"merge {other}"),
        };
    }
}
