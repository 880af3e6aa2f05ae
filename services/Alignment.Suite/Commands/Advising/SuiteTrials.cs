using System.Text.Json.Nodes;
using Alignment.ModelCore.Training;
using Alignment.ModelCore.Training.Advice;
using Alignment.SupervisedFineTuning.Advice;

namespace Alignment.Suite.Commands.Advising;

/// <summary>Every recipe under <c>align train</c>, tried in a process of its own.</summary>
internal sealed class SuiteTrials : IRunTrials
{
    private readonly IReadOnlyList<Training.ITrainMethod> methods = [.. TrainVerb.Methods().Where(m => m.Name != "pretrain")];

    public IReadOnlyList<string> Goals => [.. methods.Select(m => m.Name)];

    public TrainingOptions Defaults(string goal) => methods.Single(m => m.Name == goal).Defaults;

    public void CheckRows(string goal, IReadOnlyList<string> files, JsonObject set) => GoalRows.Check(goal, Defaults(goal), files, set);

    public void Check(string goal, JsonObject keys) => _ = methods.Single(m => m.Name == goal).Prepare(keys);

    public TrialReport? Run(string goal, JsonObject keys, TimeSpan budget) => TrialProcess.Run(goal, keys, budget);
}
