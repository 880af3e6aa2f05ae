using System.Text.Json.Nodes;
using Alignment.Golden.Tests.Harness;
using Alignment.ModelCore.Adapters;
using Alignment.ModelCore.Adapters.Prompts;
using Alignment.ModelCore.Modules;
using static TorchSharp.torch;

namespace Alignment.Golden.Tests.Families;

/// <summary>How adapters begin.</summary>
internal static class F24Start
{
    public static void Lora(GoldenCase c)
    {
        using var model = F24PeftForward.Open(c);
        var path = c.Json.GetProperty("module").GetString()!;
        var target = (Projection)model.named_modules().First(m => m.name == path).module;
        var whole = target.Dense().detach().clone();
        var ids = arange(1, 9, ScalarType.Int64).view(1, -1);
        var before = ((CausalModel)model).Forward(ids).detach();
        using var adapter = AdapterBuilder.Create(model, new(new JsonObject
        {
            ["peft_type"] = "LORA", ["r"] = c.Json.Int("r"), ["lora_alpha"] = c.Json.Number("lora_alpha"), ["target_modules"] = new JsonArray(path), ["init_lora_weights"] = c.Json.GetProperty("init_lora_weights").GetString(),
        }), 1);
        var tolerance = c.Json.Number("tolerance");
        var a = adapter.Tensors.Single(t => t.Key.EndsWith("lora_A.weight", StringComparison.Ordinal)).Value;
        var b = adapter.Tensors.Single(t => t.Key.EndsWith("lora_B.weight", StringComparison.Ordinal)).Value;
        var rest = target.Dense().detach();
        Expect.Close("delta", whole.sub(rest), c.Tensors, "out.delta", tolerance);
        Expect.Close("delta of the factors", b.mm(a).mul(c.Json.Number("scaling")), c.Tensors, "out.delta", tolerance);
        Expect.Close("residual", rest, c.Tensors, "out.residual", tolerance);
        Expect.Close("row norms of A", a.square().sum([1L]).sqrt(), c.Tensors, "out.a_row_norms", tolerance);
        Expect.Close("column norms of B", b.square().sum([0L]).sqrt(), c.Tensors, "out.b_column_norms", tolerance);
        Expect.Close("delta norm", whole.sub(rest).square().sum().sqrt().item<double>(), c.Json.Number("delta_norm"), tolerance);
        Expect.Close("residual norm", rest.square().sum().sqrt().item<double>(), c.Json.Number("residual_norm"), tolerance);
        Expect.Close("logits", Expect.Values(((CausalModel)model).Forward(ids)), Expect.Values(before), tolerance);
        if (c.Json.Has("singular_values"))
        {
            var values = c.Json.Numbers("singular_values");
            Expect.Close("singular values", Expect.Values(linalg.svdvals(whole)).AsSpan(0, values.Length), values, tolerance);
        }
    }

    public static void Prompt(GoldenCase c)
    {
        using var model = (CausalModel)F24PeftForward.Open(c);
        foreach (var one in c.Json.Items("cases"))
        {
            var tokens = one.Int("num_virtual_tokens");
            switch (one.GetProperty("init").GetString())
            {
                case "TEXT":
                    var rows = PromptStart.FromText(one.Ints("text_token_ids"), tokens);
                    Expect.Equal<long>("rows", rows, [.. one.Ints("out.embedding_rows").Select(r => (long)r)]);
                    break;
                case "SAMPLE_VOCAB":
                    var table = model.Body.EmbeddingWeight;
                    using (var adapter = AdapterBuilder.Create(model, new(new JsonObject { ["peft_type"] = "PROMPT_TUNING", ["num_virtual_tokens"] = tokens, ["prompt_tuning_init"] = "SAMPLE_VOCAB" }), 3))
                    {
                        var start = adapter.Tensors.Single().Value;
                        Expect.Equal("rows that are in the table", start.unsqueeze(1).eq(table.unsqueeze(0)).all(-1).any(-1).sum().item<long>(), tokens);
                    }

                    break;
                default:
                    throw new UnsupportedCaseException("prompt start " + one.GetProperty("init"));
            }
        }
    }
}
