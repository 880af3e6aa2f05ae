using System.Text.Json.Nodes;
using Alignment.ModelCore.Adapters.Layers;
using Alignment.ModelCore.Adapters.Parts;
using Alignment.ModelCore.Modules;
using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.ModelCore.Adapters;

/// <summary>How LoRA adapters become one (PEFT's <c>add_weighted_adapter</c>).</summary>
public enum Combination
{
    /// <summary>A = Σ sign(wᵢ)·√(|wᵢ|sᵢ)·Aᵢ, B = Σ √(|wᵢ|sᵢ)·Bᵢ: the rank stays, and cross terms appear.</summary>
    Linear,

    /// <summary>Factors side by side: exactly Σ wᵢ·sᵢ·BᵢAᵢ, of rank Σ rᵢ.</summary>
    Cat,

    /// <summary>The best approximation of Σ wᵢ·sᵢ·BᵢAᵢ whose rank is the largest of the ranks.</summary>
    Svd,
}

/// <summary>A weighted combination of LoRA adapters as a new adapter on the same base.</summary>
public static class WeightedAdapters
{
    public static AdapterSet Combine(nn.Module model, IReadOnlyList<AdapterSet> adapters, IReadOnlyList<double> weights, Combination how)
    {
        if (adapters.Count == 0 || adapters.Count != weights.Count)
        {
            throw new ArgumentException($"{adapters.Count} adapters and {weights.Count} weights: one weight for each adapter is needed, and at least one.");
        }

        using var scope = torch.NewDisposeScope();
        using var none = torch.no_grad();
        var layers = adapters.SelectMany((a, i) => Layers(a).Select(l => (l.Path, l.Projection, l.Layer, Weight: weights[i]))).GroupBy(l => l.Path, StringComparer.Ordinal);
        var parts = new List<AdapterPart>();
        var ranks = new JsonObject();
        foreach (var group in layers.OrderBy(g => g.Key, StringComparer.Ordinal))
        {
            var (a, b) = Factors(how, group.Key, [.. group.Select(l => (l.Layer, l.Weight))]);
            parts.Add(new ProjectionPart($"{ModuleNames.Root}{group.Key}.", group.First().Projection, new Lora(a, b, 1)));
            ranks[System.Text.RegularExpressions.Regex.Escape(group.Key)] = a.shape[0];
        }

        var largest = ranks.Max(r => r.Value!.GetValue<long>());
        return new(new AdapterConfig(new JsonObject
        {
            ["peft_type"] = "LORA", ["task_type"] = adapters[0].Config.Json["task_type"]?.DeepClone(), ["base_model_name_or_path"] = adapters[0].Config.Json["base_model_name_or_path"]?.DeepClone(),
            ["inference_mode"] = true, ["r"] = largest, ["lora_alpha"] = largest, ["lora_dropout"] = 0.0, ["bias"] = "none",
            ["fan_in_fan_out"] = adapters[0].Config.Flag("fan_in_fan_out"), ["target_modules"] = new JsonArray([.. parts.OfType<ProjectionPart>().Select(p => (JsonNode)p.Path)]),
            ["rank_pattern"] = ranks, ["alpha_pattern"] = ranks.DeepClone(),
        }), model, parts);
    }

    private static IEnumerable<(string Path, Projection Projection, Lora Layer)> Layers(AdapterSet adapter)
    {
        if (adapter.Parts.FirstOrDefault(p => p is not ProjectionPart { Layer: Lora { Decomposed: false, NeedsBias: false } }) is { } odd)
        {
            throw new AdapterException($"Only plain LoRA adapters of linear layers can be combined; one of these has {odd.Tensors[0].Key}.");
        }

        return adapter.Parts.Cast<ProjectionPart>().Select(p => (p.Path, p.Projection, (Lora)p.Layer));
    }

    private static (Tensor A, Tensor B) Factors(Combination how, string path, IReadOnlyList<(Lora Layer, double Weight)> layers)
    {
        if (how == Combination.Linear && layers.Select(l => l.Layer.A.shape[0]).Distinct().Count() > 1)
        {
            throw new AdapterException($"{path} has ranks {string.Join(", ", layers.Select(l => l.Layer.A.shape[0]))}; a linear combination needs equal ones. Use cat or svd.");
        }

        Tensor Sum(IEnumerable<Tensor> terms) => terms.Aggregate((x, y) => x.add(y));
        return how switch
        {
            Combination.Linear => (Sum(layers.Select(l => l.Layer.A.mul(Math.Sign(l.Weight) * Math.Sqrt(Math.Abs(l.Weight) * l.Layer.Scale)))),
                Sum(layers.Select(l => l.Layer.B.mul(Math.Sqrt(Math.Abs(l.Weight) * l.Layer.Scale))))),
            Combination.Cat => (torch.cat([.. layers.Select(l => l.Layer.A.mul(l.Weight * l.Layer.Scale))], 0), torch.cat([.. layers.Select(l => l.Layer.B)], 1)),
            _ => Truncated(Sum(layers.Select(l => l.Layer.Delta().mul(l.Weight))), layers.Max(l => l.Layer.A.shape[0])),
        };
    }

    private static (Tensor A, Tensor B) Truncated(Tensor delta, long rank)
    {
        var (u, s, v) = torch.linalg.svd(delta, fullMatrices: false);
        return (v.narrow(0, 0, rank), u.narrow(1, 0, rank).mul(s.narrow(0, 0, rank).unsqueeze(0)));
    }
}
