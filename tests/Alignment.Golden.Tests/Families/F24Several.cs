using Alignment.Golden.Tests.Harness;
using Alignment.ModelCore.Adapters;
using Alignment.ModelCore.Modules;
using static TorchSharp.torch;

namespace Alignment.Golden.Tests.Families;

/// <summary>Several adapters on one base: each alone, none, together, row by row, combined.</summary>
internal static class F24Several
{
    public static void Check(GoldenCase c)
    {
        using var model = (CausalModel)F24PeftForward.Open(c);
        using var none = no_grad();
        using var bank = new AdapterBank();
        foreach (var a in c.Json.GetProperty("adapters").EnumerateObject())
        {
            bank.Add(a.Name, AdapterBuilder.Attach(model, F24Adapter.Config(a.Value, "LORA"), F24Adapter.Tensors(c, $"in.adapter.{a.Name}.", model.DType)));
        }

        double[] weights = c.Json.Has("weights") ? c.Json.Numbers("weights") : [];
        string[] names = [.. c.Json.GetProperty("adapters").EnumerateObject().Select(a => a.Name)];
        Tensor? first = null;
        foreach (var output in c.Json.GetProperty("outputs").EnumerateObject())
        {
            var expected = "out.logits." + output.Name;
            switch (output.Name)
            {
                case var one when names.Contains(one):
                    bank.Activate(one);
                    Compare(c, model, expected);
                    first ??= F24PeftForward.Logits(c, model, out _);
                    break;
                case "disabled":
                    bank.Activate();
                    Compare(c, model, expected);
                    break;
                case "both":
                    bank.Activate(names);
                    Compare(c, model, expected);
                    Merged(c, model, bank, names, expected);
                    break;
                case "mixed_batch":
                    using (bank.ByRow(Rows(output.Value.GetString()!, names)))
                    {
                        Compare(c, model, expected);
                    }

                    break;
                case "weighted_linear" or "weighted_cat" or "weighted_svd":
                    bank.Activate();
                    using (WeightedAdapters.Combine(model, [.. names.Select(n => bank[n])], weights, Enum.Parse<Combination>(output.Name["weighted_".Length..], ignoreCase: true)))
                    {
                        Compare(c, model, expected);
                    }

                    break;
                default:
                    throw new UnsupportedCaseException(output.Name);
            }
        }

        bank.Activate(names[0]);
        Expect.Close("switched back", Expect.Values(F24PeftForward.Logits(c, model, out _)), Expect.Values(first!), 0);
    }

    private static void Merged(GoldenCase c, CausalModel model, AdapterBank bank, string[] names, string expected)
    {
        bank.Activate();
        foreach (var name in names)
        {
            bank[name].Merge();
        }

        Compare(c, model, expected);
        foreach (var name in names.Reverse())
        {
            bank[name].Unmerge();
            bank[name].Disable();
        }
    }

    // "row 0 by 'brief', row 1 by no adapter, row 2 by 'helpful' in one forward pass"
    private static string?[] Rows(string sentence, string[] names) => [.. sentence.Split(',').Select(part => Array.Find(names, n => part.Contains($"'{n}'", StringComparison.Ordinal)))];

    private static void Compare(GoldenCase c, CausalModel model, string expected)
    {
        var logits = F24PeftForward.Logits(c, model, out var mask);
        F24PeftForward.Compare(c, expected, logits, expected, mask, c.Family.Tolerance("logits_abs"));
    }
}
