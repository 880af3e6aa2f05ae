using Alignment.ModelCore.Generation;
using Alignment.ModelCore.Modules;
using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.ModelCore.Tests.Adapters;

public sealed class LearnedPromptTests : IDisposable
{
    private readonly DisposeScope scope = torch.NewDisposeScope();

    public static TheoryData<string> Prompts => AdapterCases.Prompts;

    public void Dispose() => scope.Dispose();

    [Theory]
    [MemberData(nameof(Prompts))]
    public void Forward_PaddedRows_EqualEachRowAlone(string words)
    {
        foreach (var model in new[] { AdapterCases.Model(), AdapterCases.Gpt2() })
        {
            using (model)
            using (var adapter = AdapterCases.Moved(model, words))
            {
                using var none = no_grad();
                var alone = model.Forward(tensor(new long[] { 5, 6, 7 }).view(1, 3));
                var left = model.Forward(tensor(new long[] { 1, 2, 3, 4, 5, 0, 0, 5, 6, 7 }).view(2, 5), tensor(new long[] { 1, 1, 1, 1, 1, 0, 0, 1, 1, 1 }).view(2, 5));
                var right = model.Forward(tensor(new long[] { 1, 2, 3, 4, 5, 5, 6, 7, 0, 0 }).view(2, 5));
                Assert.True(alone[0].allclose(left[1].narrow(0, 2, 3), 1e-10, 1e-10));
                Assert.True(alone[0].allclose(right[1].narrow(0, 0, 3), 1e-10, 1e-10));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Prompts))]
    public void Generate_BatchOfPrompts_IsGreedyOverWholeForwardPasses(string words)
    {
        using var model = AdapterCases.Model(ScalarType.Float32);
        using var adapter = AdapterCases.Moved(model, words);
        IReadOnlyList<int>[] prompts = [[1, 2, 3, 4], [9, 8], [5]];
        var answers = new SequenceGenerator(model).Generate(prompts, new GenerationOptions { MaxNewTokens = 6 }, cancellationToken: TestContext.Current.CancellationToken);
        foreach (var (prompt, answer) in prompts.Zip(answers))
        {
            Assert.Equal(Greedy(model, prompt, 6), answer.Ids);
        }
    }

    // The prefix of a conversation is used again; the learned prompt before it must not be written twice.
    [Theory]
    [MemberData(nameof(Prompts))]
    public void Generate_NextTurnOfAConversation_EqualsAFreshCall(string words)
    {
        using var model = AdapterCases.Model(ScalarType.Float32);
        using var adapter = AdapterCases.Moved(model, words);
        var generator = new SequenceGenerator(model);
        var options = new GenerationOptions { MaxNewTokens = 4 };
        using var prefix = new PrefixCache();
        var first = generator.Generate([[1, 2, 3]], options, cancellationToken: TestContext.Current.CancellationToken, prefix: prefix)[0].Ids;
        int[] turn = [1, 2, 3, .. first, 7, 8];
        var second = generator.Generate([turn], options, cancellationToken: TestContext.Current.CancellationToken, prefix: prefix)[0].Ids;
        Assert.True(prefix.Reused > 3);
        Assert.Equal(Greedy(model, turn, 4), second);
    }

    [Theory]
    [MemberData(nameof(Prompts))]
    public void Generate_Beams_RunWithThePrompt(string words)
    {
        using var model = AdapterCases.Model(ScalarType.Float32);
        using var adapter = AdapterCases.Moved(model, words);
        Assert.Equal(4, new SequenceGenerator(model).Generate([[1, 2], [3, 4, 5]], new GenerationOptions { MaxNewTokens = 3, Beams = 2, Sequences = 2 }, cancellationToken: TestContext.Current.CancellationToken).Count);
    }

    [Fact]
    public void Hidden_PackedRows_AreRefused()
    {
        using var model = AdapterCases.Model();
        using var adapter = AdapterCases.Moved(model, "prompt virtual_tokens=2");
        var e = Assert.Throws<NotSupportedException>(() => model.Hidden(AdapterCases.Ids(), positionIds: tensor(new long[] { 0, 1, 2, 0, 1, 2, 0, 1, 0, 1, 2, 3 }).view(2, 6)));
        Assert.Contains("packing: none", e.Message, StringComparison.Ordinal);
    }

    // Keys of sampled tokens at positions 0 … n − 1: the fresh model is the base with some tokens before the text.
    [Fact]
    public void Fresh_PrefixFromActivations_IsTheBaseAfterSomeTokens()
    {
        using var model = AdapterCases.Model();
        using var none = no_grad();
        using var generator = new Generator(7);
        var before = randint(model.Config.VocabularySize, [1, 3], ScalarType.Int64, generator: generator);
        var expected = model.Forward(cat([before, AdapterCases.Ids().narrow(0, 0, 1)], 1)).narrow(1, 3, 6);
        using var adapter = AdapterCases.Fresh(model, "prefix virtual_tokens=3");
        Assert.True(expected.allclose(model.Forward(AdapterCases.Ids().narrow(0, 0, 1)), 1e-9, 1e-9));
        Assert.Null(adapter.Config.Json["init_weights"]);
    }

    private static List<int> Greedy(CausalModel model, IReadOnlyList<int> prompt, int count)
    {
        using var none = no_grad();
        var ids = prompt.Select(i => (long)i).ToList();
        for (var i = 0; i < count; i++)
        {
            ids.Add(model.Forward(tensor(ids.ToArray()).unsqueeze(0))[0, -1].argmax().item<long>());
        }

        return [.. ids.Skip(prompt.Count).Select(i => (int)i)];
    }
}
