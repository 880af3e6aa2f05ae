using Alignment.Golden.Tests.Harness;
using Alignment.ModelCore.Forgetting;
using static TorchSharp.torch;

namespace Alignment.Golden.Tests.Families;

/// <summary>The network p(c|x) = softmax(W2·tanh(W1·x + b1) + b2) of F40: its Fisher information and the penalties on it.</summary>
internal static class F40Fisher
{
    private static readonly string[] Names = ["w1", "b1", "w2", "b2"];

    internal static void Check(GoldenCase c)
    {
        var (t, rel) = (c.Tensors, c.Family.Tolerance("fp64_rel"));
        Tensor x = t.Tensor("in.x"), y = t.Tensor("in.y");
        var n = (int)y.shape[0];
        var anchors = Named(t, "in.anchor.", true);
        Tensor LogProbs(int i) => nn.functional.log_softmax(Logits(anchors, x.narrow(0, i, 1)), -1).select(0, 0);
        Tensor OfLabel(int i) => LogProbs(i).select(0, y[i].item<long>());
        var fishers = new Dictionary<string, IReadOnlyList<Tensor>>
        {
            ["empirical"] = DiagonalFisher.Empirical(anchors, n, OfLabel),
            ["exact"] = DiagonalFisher.Exact(anchors, n, LogProbs),
            ["batch_squared"] = DiagonalFisher.BatchSquared(anchors, n, OfLabel),
        };
        var old = Named(t, "in.fisher_old.", false);
        fishers["online"] = [.. fishers["empirical"].Select((f, i) => DiagonalFisher.Online(old[i], f, c.Json.Number("gamma")))];
        Covered(c, "out.fisher.", fishers.Keys);
        foreach (var (kind, fisher) in fishers)
        {
            Compare(c, $"out.fisher.{kind}.", fisher, rel);
        }

        foreach (var output in c.Json.GetProperty("outputs").EnumerateObject())
        {
            Penalty(c, output.Name, fishers.TryGetValue(output.Name, out var f) ? f : throw new UnsupportedCaseException($"Fisher {output.Name}"), anchors, (x, y), output.Value, rel);
        }
    }

    private static void Penalty(GoldenCase c, string kind, IReadOnlyList<Tensor> fisher, List<Tensor> anchors, (Tensor X, Tensor Y) data, System.Text.Json.JsonElement expected, double rel)
    {
        var theta = Named(c.Tensors, "in.theta.", true);
        var penalty = QuadraticPenalties.Ewc(theta, [.. anchors.Select(a => a.detach())], fisher, c.Json.Number("lambda"));
        Expect.Close($"{kind} penalty", Expect.Values(penalty), [expected.Number("ewc_penalty")], 0, rel);
        penalty.backward();
        Compare(c, $"out.ewc_grad.{kind}.", [.. theta.Select(p => p.grad!)], rel);
        foreach (var p in theta)
        {
            p.grad = null;
        }

        var task = nn.functional.cross_entropy(Logits(theta, data.X), data.Y);
        Expect.Close($"{kind} task loss", Expect.Values(task), [expected.Number("task_loss")], 0, rel);
        Expect.Close($"{kind} total", Expect.Values(task)[0] + Expect.Values(penalty)[0], expected.Number("total"), 0, rel);
        task.backward();
        Compare(c, "out.task_grad.", [.. theta.Select(p => p.grad!)], rel);
    }

    internal static void L2Sp(GoldenCase c)
    {
        var inputs = c.Family.Cases.FirstOrDefault(x => x.Name == c.Json.Text("inputs_from_case"))?.Tensors ?? throw new UnsupportedCaseException("the case that inputs come from is missing");
        string[] Keys(string name) => [.. c.Json.GetProperty(name).EnumerateArray().Select(x => x.GetString()!)];
        List<Tensor> Of(string prefix, IEnumerable<string> names, bool learns) => [.. names.Select(n => inputs.Tensor(prefix + n).requires_grad_(learns))];
        string[] shared = Keys("shared"), added = Keys("new");
        var (theta, fresh) = (Of("in.theta.", shared, true), Of("in.theta.", added, true));
        var penalty = QuadraticPenalties.L2Sp(theta, Of("in.anchor.", shared, false), fresh, c.Json.Number("alpha"), c.Json.Number("beta"));
        var rel = c.Family.Tolerance("fp64_rel");
        Expect.Close("penalty", Expect.Values(penalty), [c.Json.Number("penalty")], 0, rel);
        penalty.backward();
        foreach (var (name, p) in shared.Concat(added).Zip(theta.Concat(fresh)))
        {
            Expect.Close($"gradient {name}", p.grad!, c.Tensors, "out.grad." + name, rel, rel);
        }
    }

    private static Tensor Logits(List<Tensor> p, Tensor x) => nn.functional.linear(nn.functional.linear(x, p[0], p[1]).tanh(), p[2], p[3]);

    private static List<Tensor> Named(FixtureTensors t, string prefix, bool learns) => [.. Names.Select(n => t.Tensor(prefix + n).requires_grad_(learns))];

    private static void Compare(GoldenCase c, string prefix, IReadOnlyList<Tensor> actual, double rel)
    {
        foreach (var (name, value) in Names.Zip(actual))
        {
            Expect.Close(prefix + name, value, c.Tensors, prefix + name, rel, rel);
        }
    }

    private static void Covered(GoldenCase c, string prefix, IEnumerable<string> known)
    {
        var strange = c.Tensors.Names.Where(n => n.StartsWith(prefix, StringComparison.Ordinal)).Select(n => n[prefix.Length..].Split('.')[0]).Except(known).FirstOrDefault();
        if (strange is not null)
        {
            throw new UnsupportedCaseException($"{prefix}{strange}");
        }
    }
}
