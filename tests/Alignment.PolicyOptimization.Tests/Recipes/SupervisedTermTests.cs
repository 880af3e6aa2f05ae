using Alignment.ModelCore.Data;
using Alignment.ModelCore.Native;
using Alignment.ModelCore.Training;
using Alignment.PolicyOptimization.Recipes;
using static TorchSharp.torch;

namespace Alignment.PolicyOptimization.Tests.Recipes;

/// <summary>Label smoothing of the cross-entropy that CPO, ORPO and DPO's loss sft put on chosen answers.</summary>
public sealed class SupervisedTermTests
{
    public SupervisedTermTests() => TorchRuntime.EnsureLoaded();

    // torch's own cross_entropy with label_smoothing is the other implementation.
    [Theory]
    [InlineData(AnswerLayout.Separate)]
    [InlineData(AnswerLayout.Shared)]
    public void ChosenNll_Smoothed_EqualsTorchCrossEntropyWithItsGradient(AnswerLayout layout)
    {
        using var scope = NewDisposeScope();
        using var model = TinyPolicy.Create(ScalarType.Float64);
        var pairs = TinyPolicy.Pairs();
        PairLogProbs.Of(model, pairs, 0, new(layout, LabelSmoothing: 0.2)).ChosenNll().backward();
        var own = Gradient(model);
        var nll = PairLogProbs.Of(model, pairs, 0, new(layout, LabelSmoothing: 0.2)).ChosenNll().ToDouble();

        var logits = new List<Tensor>();
        var targets = new List<long>();
        foreach (var p in pairs)
        {
            var ids = p.Prompt.Concat(p.Chosen).Select(i => (long)i).ToArray();
            logits.Add(model.Forward(tensor(ids).unsqueeze(0))[0].narrow(0, p.Prompt.Length - 1, p.Chosen.Length));
            targets.AddRange(p.Chosen.Select(i => (long)i));
        }

        var expected = nn.functional.cross_entropy(cat([.. logits]), tensor(targets.ToArray()), label_smoothing: 0.2);
        expected.backward();
        Assert.Equal(expected.ToDouble(), nll, 1e-9);
        Assert.All(own.Zip(Gradient(model)), x => Assert.Equal(x.First, x.Second, 1e-9));
    }

    private static double[] Gradient(nn.Module model)
    {
        var all = cat([.. model.parameters().Where(p => p.grad is not null).Select(p => p.grad!.flatten().clone())]).ToDoubles();
        model.zero_grad();
        return all;
    }
}
