using System.Text.Json;
using System.Text.Json.Nodes;
using Alignment.ModelCore.Checkpointing;
using Alignment.ModelCore.Modules;
using Alignment.ModelCore.Training.Advice;
using Alignment.Suite.Commands.Bench.Methods;
using Alignment.Suite.Commands.Bench.Peft;

namespace Alignment.Suite.Commands.Bench.Advice;

/// <summary>A run to be estimated and then made.</summary>
internal sealed record AdviceCase(string Name, string Goal, AdviceRequest Request, AdvisedSettings Settings)
{
    private const long Memory = 8L << 30;

    /// <summary>Full training, LoRA and LoRA over NF4, SFT and DPO, few and more rows at once; the sample's model and a random one of 26 M parameters.</summary>
    public static IEnumerable<AdviceCase> All(string work, bool quick)
    {
        var small = Path.Combine(BenchPaths.Sample, "base");
        var mid = Path.Combine(work, "mid");
        using (var model = CausalModel.Create(Shapes.Llama(width: 512, mlp: 1408, layers: 8), 1))
        {
            CheckpointWriter.Save(model, mid, new() { CopyFilesFrom = small });
        }

        var pairs = Path.Combine(work, "pairs.jsonl");
        File.WriteAllLines(pairs, Pairs());
        var (many, few) = quick ? (60, 10) : (400, 60);
        foreach (var (folder, name, steps) in new[] { (small, "sample", many), (mid, "26 M", few) })
        {
            yield return Case("sft", folder, name, steps, "full", "none", 16, pairs);
            yield return Case("sft", folder, name, steps, "full", "none", 2, pairs);
            yield return Case("sft", folder, name, steps, "lora", "none", 8, pairs);
            yield return Case("sft", folder, name, steps, "lora", "nf4_double", 4, pairs);
            yield return Case("dpo", folder, name, steps / 2, "full", "none", 4, pairs);
            yield return Case("dpo", folder, name, steps / 2, "lora", "none", 8, pairs);
        }
    }

    private static AdviceCase Case(string goal, string folder, string name, int steps, string method, string quantise, int batch, string pairs) => new(
        $"{name}, {goal}, {(quantise == "none" ? method : "lora over " + quantise)}, {batch} rows", goal,
        new(folder, [goal == "sft" ? Path.Combine(BenchPaths.Sample, "sft.jsonl") : pairs], Memory, goal, steps), new(method, 16, quantise, "float32", batch, 1, 256, 1e-4));

    /// <summary>Each answer of the sample against that of another row.</summary>
    private static IEnumerable<string> Pairs()
    {
        var rows = File.ReadLines(Path.Combine(BenchPaths.Sample, "sft.jsonl")).Take(400).Select(l => JsonNode.Parse(l)!["messages"]!.AsArray()).ToList();
        return rows.Select((r, i) => JsonSerializer.Serialize(new
        {
            prompt = r.Take(r.Count - 1), chosen = new[] { r[^1] }, rejected = new[] { rows[(i + 7) % rows.Count][^1] },
        }));
    }
}
