using System.Text.Json.Nodes;
using Alignment.Golden.Tests.Harness;
using Alignment.ModelCore.Training;
using static TorchSharp.torch;

namespace Alignment.Golden.Tests.Families.Training;

/// <summary>Runs the product's recipes on the rows of a fixture: its trainer's arguments become a job file's keys.</summary>
internal static class TrainingCases
{
    private static readonly IReadOnlyList<ITrainingCase> Methods =
    [
        .. typeof(ITrainingCase).Assembly.GetTypes().Where(t => t is { IsClass: true, IsAbstract: false } && typeof(ITrainingCase).IsAssignableFrom(t))
            .Select(t => (ITrainingCase)Activator.CreateInstance(t)!).OrderByDescending(m => m.Trainer.Length),
    ];

    /// <summary>Runs the case in <paramref name="dtype"/>; <paramref name="overrides"/> wins over its configuration.</summary>
    public static TrainedCase Run(GoldenCase c, ScalarType dtype, params (string Key, JsonNode Value)[] overrides)
    {
        var trainer = c.Json.GetProperty("trainer").GetString()!;
        var method = Methods.FirstOrDefault(m => trainer.StartsWith(m.Trainer, StringComparison.OrdinalIgnoreCase)) ?? throw new UnsupportedCaseException($"no recipe for {trainer} yet");
        var folder = Directory.CreateTempSubdirectory("golden").FullName;
        try
        {
            using var scope = NewDisposeScope();
            return method.Run(new TrainingFixture(c, dtype, TrainingFolders.In(folder), FixtureKeys.Of(c, method.Keys, overrides)));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
