using System.Text.Json.Nodes;
using Alignment.ModelCore.Configuration;
using Alignment.ModelCore.Data;
using Alignment.ModelCore.Training;
using Alignment.ModelCore.Training.Advice;
using Alignment.SupervisedFineTuning.Recipes;

namespace Alignment.SupervisedFineTuning.Advice;

/// <summary>What this service knows by itself: its own recipe, and no process to try it in.</summary>
internal sealed class FormulaOnly : IRunTrials
{
    public IReadOnlyList<string> Goals => ["sft"];

    public TrainingOptions Defaults(string goal) => new SftOptions();

    public void CheckRows(string goal, IReadOnlyList<string> files, JsonObject set) => SftReader.Read(files);

    public void Check(string goal, JsonObject keys) => OptionBinder.Bind<SftOptions>(keys);

    public TrialReport? Run(string goal, JsonObject keys, TimeSpan budget) => null;
}
