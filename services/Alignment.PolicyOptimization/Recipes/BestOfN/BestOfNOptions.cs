using Alignment.ModelCore.Configuration;
using Alignment.PolicyOptimization.Recipes.Online;

namespace Alignment.PolicyOptimization.Recipes.BestOfN;

/// <summary>Keys of best-of-n and rejection-sampling fine-tuning.</summary>
public sealed class BestOfNOptions : OnlineOptions
{
    public BestOfNOptions()
    {
        LearningRate = 2e-5;
        MaxNewTokens = 128;
        LongAnswers = "drop";
        Evaluation = new();
    }

    [Option("n: answers sampled for each prompt.", Min = 2, Max = 1024, Unit = "answers", Source = "TRL's BestOfNSampler: 4; Llama 2: 10 to 100")]
    public int SamplesPerPrompt { get; init; } = 8;

    [Option("Which answers are learned from: the best one, the top_k best, all of min_score and above, or each with probability exp((score − best)/rejection_beta).", Choices = "best|top_k|threshold|rejection", Source = "Llama 2, RAFT: best; RSO: rejection")]
    public string Keep { get; init; } = "best";

    [Option("top_k: how many of each prompt's answers.", Min = 1, Unit = "answers")]
    public int TopAnswers { get; init; } = 2;

    [Option("threshold: the least score.")]
    public double MinScore { get; init; }

    [Option("rejection: β; accepted answers follow π·exp(score/β), what DPO with this β aims at.", Min = 0, AboveMin = true, Source = "RSO: 0.5")]
    public double RejectionBeta { get; init; } = 0.5;

    [Option("Answers that were cut at max_new_tokens: never learn from them, or treat them like others.", Choices = "drop|keep")]
    public string LongAnswers { get; init; }

    [Option("Prompts whose answers all have the same score teach nothing about better and worse: leave them out.")]
    public bool DropEqual { get; init; } = true;

    protected override string? NothingToSmooth => null;

    public override IEnumerable<string> Contradictions(IReadOnlySet<string> given)
    {
        foreach (var problem in base.Contradictions(given))
        {
            yield return problem;
        }

        foreach (var (key, keep) in new[] { ("top_answers", "top_k"), ("min_score", "threshold"), ("rejection_beta", "rejection") })
        {
            if (given.Contains(key) && Keep != keep)
            {
                yield return $"{key} needs keep: {keep}, and keep is {Keep}.";
            }
        }

        if (Keep == "threshold" && !given.Contains("min_score"))
        {
            yield return "keep: threshold needs min_score.";
        }

        if (Keep == "top_k" && TopAnswers > SamplesPerPrompt)
        {
            yield return $"top_answers ({TopAnswers}) exceeds samples_per_prompt ({SamplesPerPrompt}).";
        }
    }
}
