using Alignment.ModelCore.Architectures;
using Alignment.ModelCore.Data;
using Alignment.ModelCore.Generation;
using Alignment.ModelCore.Modules;
using Alignment.ModelCore.Rollouts;
using Alignment.PolicyOptimization.Recipes.Online;
using static TorchSharp.torch;

namespace Alignment.Suite.Commands.Bench.Preference;

/// <summary>
/// Tokens a second of rollouts, the reward model's scores included, over those of plain generation of the same tokens in the same batch: with several answers to a
/// prompt (GRPO, RLOO) and with one (PPO). Both sides take turns round by round; each side's fastest round counts, in processor seconds.
/// </summary>
internal sealed class OnlineSpeed(BenchSize size) : IDisposable
{
    private const int Sequences = 16;
    private readonly CausalModel policy = BenchModel.Create(size);
    private readonly List<int[]> prompts = [.. BenchModel.Pairs(size, Sequences, size.Prompt, 2, 0).Select(p => p.Prompt)];
    private readonly RewardSet rewards = new([new(new RewardModelSource(Scorer(size), 0))]);

    public IEnumerable<BenchLine> Measure(CancellationToken cancellation)
    {
        yield return Line("group_rollouts_over_generation", 4, cancellation);
        yield return Line("ppo_rollouts_over_generation", 1, cancellation);
    }

    public void Dispose()
    {
        policy.Dispose();
        rewards.Dispose();
    }

    private BenchLine Line(string name, int samples, CancellationToken cancellation)
    {
        // No token ends an answer: both sides generate the same number.
        int[] rows = [.. Enumerable.Range(0, Sequences / samples)];
        double generation = double.PositiveInfinity, rollouts = double.PositiveInfinity, tokens = (double)Sequences * size.Answer;
        var source = new RolloutGenerator(policy, prompts, new(samples, size.Answer, [], 1, Sequences));
        var scorer = new ResponseScorer(rewards, [.. prompts.Select(_ => PromptRow.Of("-"))], _ => "");
        var plain = new GenerationOptions { MaxNewTokens = size.Answer, Sample = true, Sequences = samples, Seed = 1 };
        for (var round = 0; round <= size.Rounds; round++)
        {
            generation = Math.Min(generation, Seconds(() => new SequenceGenerator(policy).Generate([.. rows.Select(r => prompts[r])], plain, cancellationToken: cancellation)));
            rollouts = Math.Min(rollouts, Seconds(() => scorer.Score(source.Sample(round, rows, 0, cancellation), cancellation)));
        }

        return new(name, generation / rollouts, "≥ 0.6", generation / rollouts >= .6, new Dictionary<string, double>
        {
            ["generation_tokens_per_second"] = tokens / generation, ["rollout_tokens_per_second"] = tokens / rollouts, ["sequences"] = Sequences, ["samples_per_prompt"] = samples,
        });
    }

    private static double Seconds(Action work)
    {
        using var scope = NewDisposeScope();
        var before = Environment.CpuUsage.TotalTime;
        work();
        return (Environment.CpuUsage.TotalTime - before).TotalSeconds;
    }

    /// <summary>A reward model of the policy's size.</summary>
    private static ScoringModel Scorer(BenchSize s)
    {
        using var like = BenchModel.Create(s);
        return ScoringModel.Create(like.Config with { Head = HeadKind.Sequence, LabelCount = 1, PadTokenId = 0 }, 8);
    }
}
