using Alignment.ModelCore.Data;
using Alignment.ModelCore.Modules;
using Alignment.ModelCore.Native;
using Alignment.ModelCore.Training;
using Alignment.PolicyOptimization.Recipes;
using static TorchSharp.torch;

namespace Alignment.PolicyOptimization.Tests.Recipes;

public sealed class PairLayoutTests
{
    public PairLayoutTests() => TorchRuntime.EnsureLoaded();

    [Theory]
    [InlineData("")]
    [InlineData(""", "sliding_window": 6, "use_sliding_window": true""")]
    [InlineData(""", "attention_bias": true""")]
    public void Of_SharedPrompt_EqualsSeparateRowsWithItsGradient(string more)
    {
        using var model = TinyPolicy.Create(ScalarType.Float64, more);
        var pairs = TinyPolicy.Pairs();
        var separate = Measure(model, pairs, AnswerLayout.Separate);
        var shared = Measure(model, pairs, AnswerLayout.Shared);
        Close(separate.Values, shared.Values);
        Close(separate.Gradient, shared.Gradient);
    }

    [Fact]
    public void Of_SharedPrompts_ComputeEachPromptOnce()
    {
        using var scope = NewDisposeScope();
        var pairs = TinyPolicy.Pairs();
        var shared = AnswerBatch.Of([.. pairs.Select(p => p.Answers)], 0, AnswerLayout.Shared);
        var separate = AnswerBatch.Of([.. pairs.Select(p => p.Answers)], 0, AnswerLayout.Separate);
        var necessary = pairs.Sum(p => p.Answers.SharedLength);
        Assert.InRange(shared.InputIds.numel(), necessary, necessary * 1.2);
        Assert.True(separate.InputIds.numel() > necessary * 1.5);
    }

    [Fact]
    public void Of_PromptScored_CountsEachPromptTokenOnce()
    {
        using var scope = NewDisposeScope();
        using var model = TinyPolicy.Create(ScalarType.Float64);
        var pairs = TinyPolicy.Pairs();
        var separate = PairLogProbs.Of(model, pairs, 0, new(AnswerLayout.Separate, ScorePrompt: true));
        var shared = PairLogProbs.Of(model, pairs, 0, new(AnswerLayout.Shared, ScorePrompt: true));
        Assert.Equal(pairs.Sum(p => p.Prompt.Length - 1), separate.PromptLogProbs!.shape[0]);
        Close(separate.PromptLogProbs!.ToDoubles(), shared.PromptLogProbs!.ToDoubles());
    }

    private static (double[] Values, double[] Gradient) Measure(CausalModel model, IReadOnlyList<TokenPair> pairs, AnswerLayout layout)
    {
        using var scope = NewDisposeScope();
        var now = PairLogProbs.Of(model, pairs, 0, new(layout, LdAlpha: 0.5));
        now.Sums.mul(linspace(-1, 1, now.Sums.shape[0], ScalarType.Float64)).sum().backward();
        double[] gradient = [.. model.parameters().SelectMany(p => p.grad!.ToDoubles())];
        model.zero_grad();
        return ([.. now.Sums.ToDoubles(), .. now.Tokens.Entropy.ToDoubles()], gradient);
    }

    private static void Close(double[] expected, double[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (var i = 0; i < expected.Length; i++)
        {
            Assert.Equal(expected[i], actual[i], 1e-12 * Math.Max(1, Math.Abs(expected[i])));
        }
    }
}
