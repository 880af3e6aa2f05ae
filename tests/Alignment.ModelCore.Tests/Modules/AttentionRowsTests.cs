using Alignment.ModelCore.Architectures;
using Alignment.ModelCore.Modules;
using Alignment.ModelCore.Training;
using static TorchSharp.torch;

namespace Alignment.ModelCore.Tests.Modules;

public sealed class AttentionRowsTests
{
    private const string Small = """ "vocab_size": 40, "hidden_size": 16, "intermediate_size": 24, "num_hidden_layers": 2, "num_attention_heads": 4, "max_position_embeddings": 64, "pad_token_id": 0, "initializer_range": 0.5""";
    private static readonly int[][] Lengths = [[7, 5, 9, 1], [3, 19], [22]];

    [Theory]
    [InlineData("""{"model_type": "llama", "num_key_value_heads": 2,""")]
    [InlineData("""{"model_type": "mistral", "num_key_value_heads": 4, "sliding_window": 6,""")]
    [InlineData("""{"model_type": "qwen3", "num_key_value_heads": 1, "head_dim": 8, "use_sliding_window": true, "sliding_window": 4, "layer_types": ["sliding_attention", "full_attention"],""")]
    [InlineData("""{"model_type": "gpt2", "n_embd": 16, "n_layer": 2, "n_head": 4, "n_positions": 64, "n_inner": 24,""")]
    public void Forward_PackedDocuments_EqualEachAloneWithItsGradient(string family)
    {
        using var scope = NewDisposeScope();
        using var model = CausalModel.Create(DecoderConfig.Parse(family + Small + "}"), 3, ScalarType.Float64);
        var ids = randint(1, 40, [3, 22], ScalarType.Int64);
        var positions = tensor(Lengths.SelectMany(r => r).SelectMany(n => Enumerable.Range(0, n)).Select(i => (long)i).ToArray(), [3, 22]);
        var weights = randn([3, 22, 40], ScalarType.Float64);
        var (packed, packedGradient) = Measure(model, () => model.Forward(ids, null, positions), weights);
        var alone = cat([.. Lengths.Select((row, b) => cat([.. Cut(row).Select(d => model.Forward(ids[b].narrow(0, d.Start, d.Count).unsqueeze(0)))], 1))]);
        var (each, eachGradient) = Measure(model, () => alone, weights);
        Close(each, packed);
        Close(eachGradient, packedGradient);
    }

    [Fact]
    public void Forward_SharedPrompt_EqualsTheDenseMaskWithItsGradient()
    {
        using var scope = NewDisposeScope();
        using var model = CausalModel.Create(TinyModels.Llama(), 3, ScalarType.Float64);
        var ids = randint(1, 40, [2, 12], ScalarType.Int64);
        long[] positions = [0, 1, 2, 3, 4, 3, 4, 5, 6, 3, 0, 1, .. Enumerable.Range(0, 12).Select(i => (long)i)];
        // Prompt of 3 with answers of 2, 4 and 1 tokens, two tokens of padding; and a row that is one text.
        var rows = AttentionRows.Of([[new(0, 3), new(3, 2)], [new(0, 3), new(5, 4)], [new(0, 3), new(9, 1)], [new(10, 2)], [new(12, 12)]], 2, 12);
        var places = tensor(positions, [2, 12]);
        var weights = randn([2, 12, 40], ScalarType.Float64);
        var (inRows, gradient) = Measure(model, () => model.Head(model.Hidden(ids, null, places, rows: rows)), weights);
        var (dense, denseGradient) = Measure(model, () => model.Forward(ids, rows.Visible(), places), weights);
        Close(dense, inRows);
        Close(denseGradient, gradient);
    }

    [Fact]
    public void Visible_SharedPrompt_HidesAnswersFromEachOther()
    {
        using var scope = NewDisposeScope();
        var rows = AttentionRows.Of([[new(0, 1), new(1, 1)], [new(0, 1), new(2, 1)]], 1, 3);
        Assert.Equal([true, true, true, true, true, false, true, false, true], rows.Visible().data<bool>().ToArray());
    }

    [Fact]
    public void Documents_OneInEachRow_NeedNoRows()
    {
        using var scope = NewDisposeScope();
        Assert.Null(AttentionRows.Documents(tensor([0L, 1, 2, 5, 6, 7], [2, 3])));
        Assert.Equal(2, AttentionRows.Documents(tensor([0L, 1, 0, 5, 6, 7], [2, 3]))!.Longest - 1);
    }

    [Fact]
    public void Of_TokenWithoutText_IsRefused()
    {
        using var scope = NewDisposeScope();
        Assert.Throws<ArgumentException>(() => AttentionRows.Of([[new(0, 2)]], 1, 3));
    }

    private static IEnumerable<TokenSpan> Cut(int[] lengths) => lengths.Select((n, i) => new TokenSpan(lengths.Take(i).Sum(), n));

    private static (double[] Values, double[] Gradient) Measure(CausalModel model, Func<Tensor> forward, Tensor weights)
    {
        model.zero_grad();
        var logits = forward();
        logits.mul(weights).sum().backward();
        return (logits.ToDoubles(), [.. model.parameters().SelectMany(p => p.grad!.ToDoubles())]);
    }

    private static void Close(double[] expected, double[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        Assert.True(expected.Zip(actual).All(x => Math.Abs(x.First - x.Second) <= 1e-11 * Math.Max(1, Math.Abs(x.First))), $"{expected.Zip(actual).Max(x => Math.Abs(x.First - x.Second))}");
    }
}
