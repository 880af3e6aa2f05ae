using Alignment.ModelCore.Generation;
using Alignment.ModelCore.Modules;
using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.ModelCore.Tests.Generation;

public sealed class SequenceGeneratorTests
{
    private static readonly IReadOnlyList<int>[] Prompts = [[1, 5, 7], [2], [9, 9, 4, 11, 3, 8]];

    [Fact]
    public void Generate_Sampling_PromptsResultDoesNotDependOnItsBatch()
    {
        torch.set_num_threads(1);
        using var model = CausalModel.Create(TinyModels.Llama(), 11, ScalarType.Float64);
        var options = new GenerationOptions { Sample = true, Temperature = 0.9, TopP = 0.95, MaxNewTokens = 12, Sequences = 2, Seed = 5, EosTokenIds = [3] };
        var together = Run(model, Prompts, options);
        for (var p = 0; p < Prompts.Length; p++)
        {
            var alone = Run(model, [Prompts[p]], options);
            Assert.Equal(alone.Select(s => string.Join(',', s.Ids)), together.Where(s => s.Prompt == p).Select(s => string.Join(',', s.Ids)));
        }

        Assert.NotEqual(string.Join(',', together[0].Ids), string.Join(',', together[1].Ids));
        Assert.NotEqual(Flat(together), Flat(Run(model, Prompts, options with { Seed = 6 })));
    }

    [Fact]
    public void Generate_SamePromptTwice_TwoDifferentSamples()
    {
        using var model = CausalModel.Create(TinyModels.Llama(), 11);
        var result = Run(model, [[1, 5, 7], [1, 5, 7]], new() { Sample = true, MaxNewTokens = 16, Seed = 5 });
        Assert.NotEqual(string.Join(',', result[0].Ids), string.Join(',', result[1].Ids));
    }

    [Fact]
    public void Generate_LogProbs_EqualThoseOfOnePassOverTheWholeText()
    {
        torch.set_num_threads(1);
        using var scope = torch.NewDisposeScope();
        using var model = CausalModel.Create(TinyModels.Llama(), 11);
        var result = Run(model, Prompts, new() { Sample = true, MaxNewTokens = 8, Seed = 5 });
        foreach (var s in result)
        {
            var ids = Prompts[s.Prompt].Concat(s.Ids).Select(i => (long)i).ToArray();
            var all = model.Forward(torch.tensor(ids).view(1, -1)).log_softmax(-1);
            for (var i = 0; i < s.Ids.Count; i++)
            {
                Assert.Equal(all[0, Prompts[s.Prompt].Count + i - 1, s.Ids[i]].item<float>(), s.LogProbs[i], 1e-4f);
            }
        }
    }

    [Fact]
    public void Generate_Callback_SeesEveryTokenOnceAndInOrder()
    {
        using var model = CausalModel.Create(TinyModels.Llama(), 11);
        var seen = new List<GeneratedToken>();
        var result = Run(model, Prompts, new() { Sample = true, MaxNewTokens = 20, Seed = 5, EosTokenIds = [3, 4, 5, 6, 7] }, seen.Add);
        foreach (var s in result)
        {
            Assert.Equal(s.Ids, seen.Where(t => t.Prompt == s.Prompt && t.Index == s.Index).Select(t => t.Id));
        }

        Assert.Equal(result.Sum(s => s.Ids.Count), seen.Count);
        Assert.Equal(result.Count, seen.Count(t => t.Last));
    }

    [Fact]
    public void Generate_Canceled_Stops()
    {
        using var model = CausalModel.Create(TinyModels.Llama(), 11);
        using var source = new CancellationTokenSource();
        var count = 0;
        Assert.Throws<OperationCanceledException>(() => new SequenceGenerator(model).Generate([[1]], new() { MaxNewTokens = 50 }, _ =>
        {
            if (++count == 3)
            {
                source.Cancel();
            }
        }, source.Token));
        Assert.Equal(3, count);
    }

    [Fact]
    public void Generate_StopString_EndsWithItAndSaysWhich()
    {
        using var model = CausalModel.Create(TinyModels.Llama(), 11);
        var free = Run(model, [[1, 5, 7]], new() { MaxNewTokens = 8 })[0];
        ReadOnlyMemory<byte> Letter(int id) => new[] { (byte)('A' + id) };
        var stop = string.Concat(free.Ids.Skip(2).Take(2).Select(i => (char)('A' + i)));
        var stopped = Run(model, [[1, 5, 7]], new() { MaxNewTokens = 8, StopStrings = [stop] }, bytesOf: Letter)[0];
        Assert.Equal((StopReason.StopString, stop), (stopped.Reason, stopped.StopString));
        Assert.Equal(free.Ids.Take(stopped.Ids.Count), stopped.Ids);
    }

    [Fact]
    public void Generate_BeamsWithStopString_EndsABeamLikeAnEndTokenDoes()
    {
        using var model = CausalModel.Create(TinyModels.Llama(), 11);
        ReadOnlyMemory<byte> Letter(int id) => new[] { (byte)('A' + id) };
        var free = Run(model, [[1, 5, 7]], new() { MaxNewTokens = 8, Beams = 3 })[0];
        var id = free.Ids[3];
        var ended = Run(model, [[1, 5, 7]], new() { MaxNewTokens = 8, Beams = 3, Sequences = 3, EosTokenIds = [id] });
        var stopped = Run(model, [[1, 5, 7]], new() { MaxNewTokens = 8, Beams = 3, Sequences = 3, StopStrings = [((char)('A' + id)).ToString()] }, bytesOf: Letter);
        Assert.Equal(Flat(ended), Flat(stopped));
        Assert.Equal(ended.Select(s => s.Score), stopped.Select(s => s.Score));
        Assert.Contains(stopped, s => s.Reason == StopReason.StopString);
    }

    [Fact]
    public void Generate_BeamSampling_DrawsBySeedAndStaysNearTheBestWhenCold()
    {
        torch.set_num_threads(1);
        using var model = CausalModel.Create(TinyModels.Llama(), 11, ScalarType.Float64);
        var options = new GenerationOptions { MaxNewTokens = 8, Beams = 3, Sequences = 2, Sample = true, Seed = 5, EosTokenIds = [3] };
        var drawn = Run(model, Prompts, options);
        Assert.Equal(Flat(drawn), Flat(Run(model, Prompts, options)));
        Assert.NotEqual(Flat(drawn), Flat(Run(model, Prompts, options with { Seed = 6 })));
        Assert.Equal(Flat([.. drawn.Where(s => s.Prompt == 2)]), Flat(Run(model, [Prompts[2]], options)));
        Assert.All(drawn, s => Assert.True(s.Score <= 0));
        // Almost at zero a draw is the best candidates, whatever the seed.
        var cold = Run(model, Prompts, options with { Temperature = 1e-4, Seed = 1 });
        Assert.Equal(Flat(Run(model, Prompts, options with { Temperature = 1e-4, Seed = 2 }).Where(s => s.Index == 0).ToList()), Flat(cold.Where(s => s.Index == 0).ToList()));
    }

    [Fact]
    public void Generate_Returned_LeavesNoTensorBehind()
    {
        using var model = CausalModel.Create(TinyModels.Llama(), 11);
        Run(model, Prompts, new() { MaxNewTokens = 3 });
        var before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        Run(model, Prompts, new() { MaxNewTokens = 9, Sequences = 3, Sample = true });
        Assert.Equal(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
    }

    [Fact]
    public void Generate_PrefixCache_SameTextAndOnlyTheNewPartComputed()
    {
        torch.set_num_threads(1);
        using var model = CausalModel.Create(TinyModels.Llama(), 11, ScalarType.Float64);
        using var prefix = new PrefixCache();
        var generator = new SequenceGenerator(model);
        var options = new GenerationOptions { MaxNewTokens = 6 };
        IReadOnlyList<int> prompt = [1, 5, 7];
        for (var turn = 0; turn < 3; turn++)
        {
            var fresh = Run(model, [prompt], options)[0].Ids;
            Assert.Equal(fresh, generator.Generate([prompt], options, null, TestContext.Current.CancellationToken, prefix)[0].Ids);
            Assert.Equal(turn == 0 ? 0 : prompt.Count - 3, prefix.Reused);
            prompt = [.. prompt, .. fresh, 8, 9];
        }

        Assert.Equal(Run(model, [[1, 5, 9, 4]], options)[0].Ids, generator.Generate([[1, 5, 9, 4]], options, null, TestContext.Current.CancellationToken, prefix)[0].Ids);
        Assert.Equal(2, prefix.Reused);
    }

    [Fact]
    public void Generate_IdOutsideVocabulary_RefusedByName()
    {
        using var model = CausalModel.Create(TinyModels.Llama(), 11);
        Assert.Contains("vocabulary of 40", Assert.Throws<ArgumentException>(() => Run(model, [[40]], new())).Message, StringComparison.Ordinal);
    }

    private static IReadOnlyList<GeneratedSequence> Run(CausalModel model, IReadOnlyList<IReadOnlyList<int>> prompts, GenerationOptions options, Action<GeneratedToken>? onToken = null, Func<int, ReadOnlyMemory<byte>>? bytesOf = null) =>
        new SequenceGenerator(model, bytesOf).Generate(prompts, options, onToken, TestContext.Current.CancellationToken);

    private static string Flat(IReadOnlyList<GeneratedSequence> sequences) => string.Join(';', sequences.Select(s => string.Join(',', s.Ids)));
}
