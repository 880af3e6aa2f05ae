namespace Alignment.Golden.Tests.Families.Training;

/// <summary>How one method's fixtures run through the product's recipe. One file a method, found by reflection.</summary>
internal interface ITrainingCase
{
    /// <summary>The fixtures' <c>trainer</c> begins with this, case ignored: <c>dpo</c> is DPOTrainer and dpo-aot. The longest match wins.</summary>
    string Trainer { get; }

    /// <summary>The trainer's own arguments as the recipe's keys; null for one that the case reads itself or that says what the recipe does anyway.</summary>
    IReadOnlyDictionary<string, string?> Keys { get; }

    /// <summary>Runs the recipe's loop on the fixture's rows.</summary>
    TrainedCase Run(TrainingFixture fixture);
}
