using Alignment.ModelCore.Configuration;
using Alignment.ModelCore.Training;

namespace Alignment.SupervisedFineTuning.Recipes.Meta;

/// <summary>Keys of meta fine-tuning: learning from many tasks how to do a new one from a few examples.</summary>
public sealed class MetaOptions : TrainingOptions
{
    public MetaOptions() => LearningRate = 1e-4;

    [Option("metaicl: answer after k demonstrations of the same task; reptile, fomaml: weights from which a few gradient steps suffice; multitask: the plain mixture alone.", Choices = "metaicl|reptile|fomaml|multitask")]
    public string Algorithm { get; init; } = "metaicl";

    [Option("Field of the data that names a row's task.")]
    public string TaskField { get; init; } = "task";

    [Option("Field that names a task's cluster: clusters are held out whole. Empty: each task is its own.", Source = "FLAN: clusters")]
    public string ClusterField { get; init; } = "";

    [Option("Share of the clusters that no training sees.", Min = 0, AboveMin = true, Max = 0.9)]
    public double UnseenShare { get; init; } = 0.2;

    [Option("Clusters that no training sees, by name, instead of a share.")]
    public IReadOnlyList<string> Unseen { get; init; } = [];

    [Option("T of the mixture: a task is drawn with p ∝ min(rows, cap)^(1/T). 1 is by size; large is equal shares.", Min = 1, Max = 1000, Source = "T5, FLAN")]
    public double Temperature { get; init; } = 2;

    [Option("Rows of a task that count for its share.", Min = 1, Unit = "rows", Source = "FLAN: 3000, MetaICL: 16384")]
    public int Cap { get; init; } = 16384;

    [Option("Rows or episodes drawn for an epoch; 0: as many as there are training rows.", Min = 0, Unit = "rows")]
    public int Draws { get; init; }

    [Option("metaicl: demonstrations before the answer that is learned.", Min = 1, Max = 256, Source = "MetaICL: 16")]
    public int Demonstrations { get; init; } = 4;

    [Option("metaicl: which answers are learned: the last one, or every one, each from the demonstrations before it, so that a row teaches every smaller number of them too.", Choices = "last|every", Source = "MetaICL: last")]
    public string DemonstrationLoss { get; init; } = "last";

    [Option("reptile, fomaml: gradient steps on a task.", Min = 1, Max = 1000, Unit = "steps", Source = "Reptile: 5 to 10")]
    public int InnerSteps { get; init; } = 4;

    [Option("reptile, fomaml: rows in such a step; also rows of fomaml's query.", Min = 1, Max = 65536, Unit = "rows")]
    public int InnerRows { get; init; } = 4;

    [Option("reptile, fomaml: learning rate on a task, in training and in the curve.", Min = 0, AboveMin = true, Max = 10)]
    public double InnerLearningRate { get; init; } = 1e-3;

    [Option("reptile, fomaml: optimiser on a task; adam has β₁ = 0, for its state does not live long.", Choices = "sgd|adam", Source = "Reptile: adam; MAML: sgd")]
    public string InnerOptimizer { get; init; } = "adam";

    [Option("Numbers of examples k of an unseen task that the curve shows.", Source = "0, 1, 4, 16")]
    public IReadOnlyList<double> Shots { get; init; } = [0, 1, 4, 16];

    [Option("Rows of each unseen task that are asked for each k.", Min = 1, Unit = "rows")]
    public int Queries { get; init; } = 16;

    [Option("Draws of the k examples; the curve gives mean and worst over them.", Min = 1, Max = 100, Source = "MetaICL: 5")]
    public int Seeds { get; init; } = 3;

    [Option("Also train the plain multi-task mixture with as many rows, and measure it the same way.")]
    public bool Baseline { get; init; } = true;

    /// <summary>Whether the k examples of an unseen task are learned by gradient steps rather than shown.</summary>
    internal bool Adapts => Algorithm is "reptile" or "fomaml";

    internal bool LearnsEveryAnswer => DemonstrationLoss == "every";

    /// <summary>Answers that one draw learns from.</summary>
    internal int AnswersPerDraw => Algorithm switch
    {
        "reptile" => InnerSteps * InnerRows,
        "fomaml" => (InnerSteps + 1) * InnerRows,
        _ => LearnsEveryAnswer ? Demonstrations + 1 : 1,
    };

    public override IEnumerable<string> Contradictions(IReadOnlySet<string> given)
    {
        foreach (var problem in base.Contradictions(given))
        {
            yield return problem;
        }

        if (given.Contains("unseen") && given.Contains("unseen_share"))
        {
            yield return "unseen and unseen_share are both set: each says which tasks are held out. Remove one.";
        }

        foreach (var key in new[] { "inner_steps", "inner_rows", "inner_learning_rate", "inner_optimizer" }.Where(k => given.Contains(k) && !Adapts))
        {
            yield return $"{key} needs algorithm: reptile or fomaml, and algorithm is {Algorithm}.";
        }

        foreach (var key in new[] { "demonstrations", "demonstration_loss" }.Where(k => given.Contains(k) && Algorithm != "metaicl"))
        {
            yield return $"{key} needs algorithm: metaicl, and algorithm is {Algorithm}.";
        }

        if (Shots.Any(s => s < 0 || s != Math.Floor(s) || s > 1024))
        {
            yield return "shots: each must be a whole number from 0 to 1024.";
        }
    }
}
