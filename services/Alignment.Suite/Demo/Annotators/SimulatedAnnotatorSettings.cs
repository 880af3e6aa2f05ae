namespace Alignment.Suite.Demo.Annotators;

/// <summary>How the simulated annotators err; printed with the report, so that nobody takes them for oracles.</summary>
internal sealed record SimulatedAnnotatorSettings
{
    /// <summary>How many there are. Each judges every task, so the project asks for as many judgements a task. Default 3.</summary>
    public int Annotators { get; init; } = 3;

    /// <summary>Chance that a judgement is careless: a ranking at random. Default .05.</summary>
    public double ErrorRate { get; init; } = 0.05;

    /// <summary>Added to the score of the answer shown first. Default .03 on the rubric's scale of 0 to 1.</summary>
    public double PositionBias { get; init; } = 0.03;

    /// <summary>Standard deviation of what each annotator's taste adds to each answer. Default .08.</summary>
    public double Disagreement { get; init; } = 0.08;

    /// <summary>Answers this close to the best of their group are a tie. Default .04.</summary>
    public double TieMargin { get; init; } = 0.04;
}
