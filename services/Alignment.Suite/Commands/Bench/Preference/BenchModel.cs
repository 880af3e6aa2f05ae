using Alignment.ModelCore.Architectures;
using Alignment.ModelCore.Data;
using Alignment.ModelCore.Modules;

namespace Alignment.Suite.Commands.Bench.Preference;

/// <summary>A random model and random rows of a given size, and the arithmetic that they need.</summary>
internal static class BenchModel
{
    public static CausalModel Create(BenchSize s) => CausalModel.Create(DecoderConfig.Parse($$"""
        {"model_type": "llama", "architectures": ["LlamaForCausalLM"], "vocab_size": {{s.Vocabulary}}, "hidden_size": {{s.Width}}, "intermediate_size": {{s.Width * 8 / 3 / 32 * 32}}, "num_hidden_layers": {{s.Layers}},
         "num_attention_heads": {{s.Width / 64}}, "num_key_value_heads": {{s.Width / 64}}, "max_position_embeddings": 4096, "rms_norm_eps": 1e-6, "rope_theta": 10000.0, "tie_word_embeddings": true}
        """), 7);

    /// <summary>Pairs whose prompt is <paramref name="prompt"/> tokens; answers differ in length by up to <paramref name="spread"/> of it.</summary>
    public static IReadOnlyList<TokenPair> Pairs(BenchSize s, int count, int prompt, int answer, double spread)
    {
        var random = new Random(11);
        int[] Ids(int n) => [.. Enumerable.Range(0, n).Select(_ => random.Next(3, s.Vocabulary))];
        int Length() => Math.Max(2, (int)(answer * (1 + (spread * ((2 * random.NextDouble()) - 1)))));
        return [.. Enumerable.Range(0, count).Select(_ => new TokenPair(Ids(prompt), Ids(Length()), Ids(Length())))];
    }

    /// <summary>Necessary FLOPs of forward and backward for these pairs, the prompt once: matrices 6 a weight and token, attention over what each token sees, the head on answers.</summary>
    public static double Flops(BenchSize s, IReadOnlyList<TokenPair> pairs) => pairs.Sum(p =>
        Body(s, p.Prompt.Length, p.Prompt.Length) + Body(s, p.Chosen.Length, p.Prompt.Length + p.Chosen.Length, p.Prompt.Length) + Body(s, p.Rejected.Length, p.Prompt.Length + p.Rejected.Length, p.Prompt.Length)
        + Head(s, p.Chosen.Length + p.Rejected.Length));

    /// <summary>The same for rows of supervised fine-tuning.</summary>
    public static double Flops(BenchSize s, IReadOnlyList<TokenRow> rows) => rows.Sum(r => Body(s, r.Ids.Length, r.Ids.Length) + Head(s, r.Targets));

    private static double Body(BenchSize s, int tokens, int end, int before = 0)
    {
        double mlp = s.Width * 8 / 3 / 32 * 32, weights = s.Layers * ((4.0 * s.Width * s.Width) + (3 * s.Width * mlp));

        // Token t sees t + 1 keys: twice a product over the width on the way there, twice that on the way back.
        var seen = ((double)end * (end + 1) / 2) - ((double)before * (before + 1) / 2);
        return (6 * weights * tokens) + (12 * s.Layers * s.Width * seen);
    }

    private static double Head(BenchSize s, int tokens) => 6.0 * s.Width * s.Vocabulary * tokens;
}
